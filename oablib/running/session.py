"""What a run has while it runs: its private folder, its kernels, its log and its memory."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from oablib import params
from oablib.base import files
from oablib.base.errors import EnvironmentFault, IncompleteRunError
from oablib.running import workspace
from oablib.running.housekeeping import cleaning
from oablib.running.kernels.execute import Kernels
from oablib.running.progress import Level, Progress
from oablib.running.stages import schedule
from oablib.running.stages.cache import Entry
from oablib.running.stages.declared import Stage
from oablib.running.stages.schedule import Engine
from oablib.running.workspace import Workspace
from oablib.workers import installed

LOG, LAST, ATTEMPT = "run.log", "last.json", "last_attempt.json"


@dataclass(frozen=True, slots=True)
class Session:
    """The private folder of a run, what executes its stages, and what it says."""

    workspace: Workspace
    engine: Engine
    progress: Progress


def fail_if_unfit() -> None:
    """Raise EnvironmentFault, before any work, when this environment cannot make reports."""
    installed.fail_if_unfit()
    from oablib.render import pandoc  # after its package is known to be there

    pandoc.fail_if_absent()


@contextmanager
def opened(
    run: str,
    stages: Sequence[Stage],
    *,
    level: Level,
    scheduler: str = "",
    kernels: Kernels = "forked",
) -> Iterator[Session]:
    """The session of a run, for a block; errors of machine and keyboard become ours.

    stages: those that it may have to execute. What has expired is removed first. Raises
    ParameterError for a fault of the rules about that, IncompleteRunError when the run is
    interrupted or already running, EnvironmentFault when a file cannot be read or written.
    """
    try:
        with (
            workspace.opened(run) as space,
            _attempt(space, level=level) as progress,
            schedule.engine(stages, scheduler=scheduler, kernels=kernels) as engine,
        ):
            for each in cleaning.remove_expired():
                progress.say(f"Expired: {each}")
            yield Session(space, engine, progress)
    except KeyboardInterrupt:
        raise IncompleteRunError(
            f"Run {run!r} was interrupted; earlier reports are as they were, and finished stages "
            "are kept. Start it again with the same command."
        ) from None
    except OSError as error:
        raise EnvironmentFault(
            f"Run {run!r} could not read or write {files.name_in(error)}: {error.strerror}. "
            "Check free space and permissions; earlier reports are as they were."
        ) from None


def remember(entries: Mapping[str, Entry], *, work: Path) -> None:
    """Keep what the stages were made from and how long they took."""
    made = {
        stem: {"seconds": entry.seconds, "components": dict(entry.components)}
        for stem, entry in entries.items()
    }
    files.write(work / LAST, json.dumps(files.read_json(work / LAST) | made))


def last_components(work: Path) -> dict[str, dict[str, str]]:
    """Stem -> what the stage was made from in the last run."""
    return {stem: made["components"] for stem, made in files.read_json(work / LAST).items()}


@contextmanager
def _attempt(space: Workspace, *, level: Level) -> Iterator[Progress]:
    """Progress of an attempt; how it ends is kept, and shown on the front page when it is news."""
    path = space.work / ATTEMPT
    failed_before = files.read_json(path).get("finished") is False
    last = files.read_json(space.work / LAST)
    expected = {stem: made["seconds"] for stem, made in last.items()}
    progress = Progress(space.work / LOG, level=level, expected=expected)
    try:
        yield progress
    except BaseException as error:
        with suppress(OSError):  # of a full disk; what stopped the run is what is to be said
            progress.detail(f"stopped with {type(error).__name__}")
            _note(path, finished=False, stage=progress.under_way)
            publish_front_page()
        raise
    finally:
        progress.close()
    _note(path, finished=True, stage="")
    if failed_before:
        publish_front_page()


def _note(path: Path, *, finished: bool, stage: str) -> None:
    when = datetime.now().astimezone().isoformat(timespec="minutes")
    files.write(path, json.dumps({"finished": finished, "stage": stage, "when": when}))


def publish_front_page() -> None:
    """Write the page over all runs anew."""
    from oablib.render import front_page  # its templates take a moment, and few runs need it

    front_page.write(params.root() / "reports")
