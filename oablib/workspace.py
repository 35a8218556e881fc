"""The private folder of a run, its lock, and the one step that puts finished reports in place."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from oablib import params
from oablib.errors import IncompleteRunError

WORK = ".work"
"""Folder of the project for what nobody but its owner may read."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """Folders of one attempt at a run.

    work: the run's private folder, which stays; private, executed: this attempt's tables with rows
    of persons and its notebooks, which move there at the end; publish: becomes reports/<run>.
    """

    run: str
    work: Path
    attempt: Path

    @property
    def private(self) -> Path:
        """Folder of the tables that hold persons."""
        return self.attempt / "private"

    @property
    def executed(self) -> Path:
        """Folder of the executed notebooks."""
        return self.attempt / "executed"

    @property
    def publish(self) -> Path:
        """Folder of what will be handed on."""
        return self.attempt / "publish"

    @property
    def tables(self) -> Path:
        """Folder of the results tables."""
        return self.publish / "tables"

    def environment(self) -> dict[str, str]:
        """Tell a kernel where the project is and where its tables and temporary files go."""
        return {
            "OAB_ROOT": str(params.root()),
            "OAB_PRIVATE": str(self.private),
            "OAB_RESULTS": str(self.tables),
            "TMPDIR": str(self.attempt / "tmp"),
            # Settings and start-up files of this user's own IPython would change what a run does.
            "IPYTHONDIR": str(self.attempt / "ipython"),
        }

    def put_in_place(self) -> Path:
        """Exchange reports/<run> for what was made, keep the private rest, return the folder."""
        target, previous = _target(self.run), self.work / "previous"
        target.parent.mkdir(exist_ok=True)
        _make_readable(self.publish)
        try:
            if target.exists():
                target.rename(previous)
            self.publish.rename(target)
        except BaseException:
            if previous.exists() and not target.exists():
                previous.rename(target)
            raise
        shutil.rmtree(previous, ignore_errors=True)
        for table in self.private.iterdir():
            table.replace(self.work / table.name)
        shutil.rmtree(self.work / "executed", ignore_errors=True)
        self.executed.rename(self.work / "executed")
        return target


@contextmanager
def opened(run: str) -> Iterator[Workspace]:
    """Hold the run's lock and give a fresh workspace, removed at the end whatever the end is.

    New files are readable by their owner alone as long as it is open.
    Raises IncompleteRunError when the run is already running.
    """
    with _private_files(), _locked(run) as work:
        _clear_leftovers(work, run=run)
        space = Workspace(run, work, work / f"attempt-{uuid.uuid4().hex[:8]}")
        try:
            for folder in (space.private, space.executed, space.tables, space.attempt / "tmp"):
                folder.mkdir(parents=True)
            yield space
        finally:
            shutil.rmtree(space.attempt, ignore_errors=True)


def _target(run: str) -> Path:
    return params.root() / "reports" / run


@contextmanager
def _private_files() -> Iterator[None]:
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def _locked(run: str) -> Iterator[Path]:
    resting = params.root() / WORK
    work = resting / run
    work.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in (resting, work):
        folder.chmod(0o700)
    lock = FileLock(resting / f"{run}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise IncompleteRunError(
            f"Run {run!r} is already running; wait until it has ended, or start another run."
        ) from None
    try:
        yield work
    finally:
        lock.release()


def _clear_leftovers(work: Path, *, run: str) -> None:
    """Undo what a killed run left; between its two renames the earlier report is in `previous`."""
    previous = work / "previous"
    if previous.exists() and not _target(run).exists():
        previous.rename(_target(run))
    for folder in (previous, *work.glob("attempt-*")):
        shutil.rmtree(folder, ignore_errors=True)


def _make_readable(folder: Path) -> None:
    """Give a report the usual permissions; it is made to be handed on."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
