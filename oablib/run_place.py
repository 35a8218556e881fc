"""Where a run works while it runs: its private folder, its kernels, its log and its memory."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from oablib import installed, schedule, workspace
from oablib.errors import EnvironmentFault, IncompleteRunError
from oablib.progress import Level, Progress
from oablib.schedule import Engine
from oablib.stage_cache import Entry
from oablib.workspace import Workspace

LOG, LAST = "run.log", "last.json"


@dataclass(frozen=True, slots=True)
class Place:
    """A run's private folder, what executes its stages, and what it says."""

    space: Workspace
    engine: Engine
    progress: Progress


def fail_if_unfit() -> None:
    """Raise EnvironmentFault, before any work, when this environment cannot make reports."""
    installed.fail_if_unfit()
    from oablib import render_pandoc  # after its package is known to be there

    render_pandoc.fail_if_absent()


@contextmanager
def opened(run: str, *, level: Level, scheduler: str = "") -> Iterator[Place]:
    """The place of a run, for a block; faults of machine and keyboard become ours.

    Raises IncompleteRunError when the run is interrupted or already running, EnvironmentFault
    when a file cannot be read or written.
    """
    try:
        with (
            workspace.opened(run) as space,
            _log(space, level=level) as progress,
            schedule.engine(scheduler) as engine,
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
    """Keep what the stages were made from and how long they took, and their tables at hand."""
    told = {
        stem: {"seconds": entry.record.seconds, "components": dict(entry.record.components)}
        for stem, entry in entries.items()
    }
    part = space.attempt / LAST
    part.write_text(json.dumps(_last(space.work) | told), encoding="utf-8")
    part.replace(space.work / LAST)
    workspace.show_tables([entry.tables() for entry in entries.values()], work=space.work)


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


def _last(work: Path) -> dict[str, dict]:
    try:
        told = json.loads((work / LAST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
