"""Where a run works while it runs: its private folder, its kernels, its log and its memory."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from oablib import params
from oablib.base import files
from oablib.base.errors import EnvironmentFault, IncompleteRunError
from oablib.running import workspace
from oablib.running.kernels.execute import Kernels
from oablib.running.progress import Level, Progress
from oablib.running.stages import schedule
from oablib.running.stages.cache import Entry
from oablib.running.stages.schedule import Engine
from oablib.running.workspace import Workspace
from oablib.workers import installed

LOG, LAST, ATTEMPT = "run.log", "last.json", "last_attempt.json"


@dataclass(frozen=True, slots=True)
class Place:
    """A run's private folder, what executes its stages, and what it says."""

    space: Workspace
    engine: Engine
    progress: Progress


def fail_if_unfit() -> None:
    """Raise EnvironmentFault, before any work, when this environment cannot make reports."""
    installed.fail_if_unfit()
    from oablib.render import pandoc as render_pandoc  # after its package is known to be there

    render_pandoc.fail_if_absent()


@contextmanager
def opened(
    run: str, *, level: Level, scheduler: str = "", kernels: Kernels = "forked"
) -> Iterator[Place]:
    """The place of a run, for a block; faults of machine and keyboard become ours.

    Raises IncompleteRunError when the run is interrupted or already running, EnvironmentFault
    when a file cannot be read or written.
    """
    try:
        with (
            workspace.opened(run) as space,
            _log(space, level=level) as progress,
            _attempt(space, progress),
            schedule.engine(scheduler=scheduler, kernels=kernels) as engine,
        ):
            yield Place(space, engine, progress)
    except KeyboardInterrupt:
        raise IncompleteRunError(
            f"Run {run!r} was interrupted; earlier reports are as they were, and finished stages "
            "are kept. Start it again with the same command."
        ) from None
    except OSError as error:
        name = Path(str(error.filename)).name if error.filename else "a file"
        raise EnvironmentFault(
            f"Run {run!r} could not read or write {name}: {error.strerror}. "
            "Check free space and permissions; earlier reports are as they were."
        ) from None


def remember(entries: Mapping[str, Entry], *, space: Workspace) -> None:
    """Keep what the stages were made from and how long they took."""
    told = {
        stem: {"seconds": entry.record.seconds, "components": dict(entry.record.components)}
        for stem, entry in entries.items()
    }
    part = space.attempt / LAST
    part.write_text(json.dumps(_last(space.work) | told), encoding="utf-8")
    part.replace(space.work / LAST)


def last_components(work: Path) -> dict[str, dict[str, str]]:
    """Stem -> what the stage was made from in the last run."""
    return {stem: told["components"] for stem, told in _last(work).items()}


@contextmanager
def _log(space: Workspace, *, level: Level) -> Iterator[Progress]:
    """Progress whose log file also tells how a run ended that did not end well."""
    expected = {stem: told["seconds"] for stem, told in _last(space.work).items()}
    progress = Progress(space.work / LOG, level=level, expected=expected)
    try:
        yield progress
    except BaseException as error:
        with suppress(OSError):
            progress.detail(f"stopped with {type(error).__name__}")
        raise
    finally:
        progress.close()


@contextmanager
def _attempt(space: Workspace, progress: Progress) -> Iterator[None]:
    """Keep how this attempt ends, and tell it on the front page when that is news."""
    path = space.work / ATTEMPT
    failed_before = _is_failure(path)
    try:
        yield
    except BaseException:
        told = {"finished": False, "stage": progress.under_way, "when": _now()}
        with suppress(OSError):  # of a full disk; what stopped the run is what is to be told
            _write(path, told)
            publish_front_page()
        raise
    _write(path, {"finished": True, "stage": "", "when": _now()})
    if failed_before:
        publish_front_page()


def publish_front_page() -> None:
    """Write the page over all runs anew."""
    from oablib.render import (
        front_page,  # its templates take a moment, and most repeats need no page
    )

    front_page.write(params.root() / "reports")


def _is_failure(path: Path) -> bool:
    try:
        return not json.loads(path.read_text(encoding="utf-8"))["finished"]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _write(path: Path, told: Mapping) -> None:
    with files.at(path) as part:
        part.write_text(json.dumps(told), encoding="utf-8")


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="minutes")


def _last(work: Path) -> dict[str, dict]:
    try:
        told = json.loads((work / LAST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
