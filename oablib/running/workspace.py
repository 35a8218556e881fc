"""The private folder of a run, its lock, and the step that publishes finished reports."""

import os
import shutil
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from oablib import params
from oablib.base import files
from oablib.base.errors import IncompleteRunError

TABLE_FOLDERS = ("private", "results")
PID = "pid"
"""In a run's private folder while it runs: the number of the process that holds its lock."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """Folders of one attempt at a run.

    work: the run's private folder, which stays; attempt: what is under way, gone at the end;
    publish: becomes reports/<run>.
    """

    run: str
    work: Path
    attempt: Path

    @property
    def publish(self) -> Path:
        """Folder of what will be handed on."""
        return self.attempt / "publish"

    @property
    def report(self) -> Path:
        """Folder of finished reports."""
        return params.root() / "reports" / self.run

    def put_in_place(self) -> Path:
        """Exchange reports/<run> for what was made, and return the folder.

        It is moved beside reports/<run> first, which may be on another disk. Killed between the
        two renames, the earlier report is found again by the next start.
        """
        ready, previous = _beside(self.report)
        files.shared_folder(self.report.parent)
        shutil.rmtree(ready, ignore_errors=True)
        try:
            _move(self.publish, ready)
            _make_readable(ready)
            files.sync_all()
            with suppress(FileNotFoundError):
                self.report.rename(previous)
            ready.rename(self.report)
            files.sync(self.report.parent)
        except BaseException:
            if previous.exists() and not self.report.exists():
                previous.rename(self.report)
            shutil.rmtree(ready, ignore_errors=True)
            raise
        shutil.rmtree(previous, ignore_errors=True)
        return self.report


@contextmanager
def opened(run: str) -> Iterator[Workspace]:
    """Hold the run's lock and give a fresh workspace, removed at the end whatever the end is.

    New files are readable by their owner alone as long as it is open.
    Raises IncompleteRunError when the run is already running.
    """
    with private_files(), locked(run) as work:
        space = Workspace(run, work, work / f"attempt-{uuid.uuid4().hex[:8]}")
        _clear_leftovers(space)
        try:
            space.publish.mkdir(parents=True)
            yield space
        finally:
            shutil.rmtree(space.attempt, ignore_errors=True)


def of(run: str) -> Path:
    """The private folder of a run, whether or not it is there."""
    return params.root() / params.WORK / run


def clear_tables(work: Path) -> None:
    """Remove the tables that notebooks opened by hand find, if there are any."""
    for folder in TABLE_FOLDERS:
        shutil.rmtree(work / folder, ignore_errors=True)
        (work / folder).mkdir()


def show_tables(tables: Mapping[str, Path], *, work: Path) -> None:
    """Put tables where notebooks opened by hand find them: private/cohort.parquet -> file."""
    for name, path in tables.items():
        # Removed first: what is written into a second name of a file changes the file.
        (work / name).unlink(missing_ok=True)
        link(path, work / name)


def link(path: Path, target: Path) -> None:
    """Give a file a second name where the file system can, else copy it."""
    try:
        os.link(path.resolve(), target)
    except OSError:
        shutil.copyfile(path, target)


def clean(run: str, *, keep: Collection[str] = (), first: Iterable[Path] = ()) -> int:
    """Remove what is in the private folder of a run but `keep`; bytes that this set free.

    The folder goes as well when nothing stays. first: folders elsewhere that go before it.
    Raises IncompleteRunError when the run is running.
    """
    with locked(run) as work:
        here = [path for path in work.iterdir() if path.name not in (*keep, PID)]
        size = remove([*first, *here])
    if not list(work.iterdir()):
        work.rmdir()
        (params.root() / params.WORK / f"{run}.lock").unlink(missing_ok=True)
    return size


def remove(paths: Sequence[Path]) -> int:
    """Remove files and folders; bytes that this set free."""
    size = sum(map(size_of, paths))
    for path in paths:
        with suppress(FileNotFoundError):  # another process may be removing the same
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return size


def size_of(path: Path) -> int:
    """Bytes of a file, or of all in a folder; those with a second name elsewhere count in part."""
    states = [each.stat() for each in (path, *path.rglob("*")) if each.is_file()]
    return sum(state.st_size // max(state.st_nlink, 1) for state in states)


def _beside(report: Path) -> tuple[Path, Path]:
    """Names beside a report that no run can have."""
    return report.with_name(f".{report.name}.new"), report.with_name(f".{report.name}.previous")


def _move(source: Path, target: Path) -> None:
    """Rename, or copy file by file to another disk: the error of a copy then names its file."""
    with suppress(OSError):
        source.rename(target)
        return
    for path in (source, *sorted(source.rglob("*"))):
        if path.is_dir():
            (target / path.relative_to(source)).mkdir()
        else:
            shutil.copyfile(path, target / path.relative_to(source))


@contextmanager
def private_files() -> Iterator[None]:
    """Let only their owner read what is written in a block."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def locked(run: str) -> Iterator[Path]:
    """Hold the lock of a run for a block; gives its private folder, which is made.

    Raises IncompleteRunError when the run is already running.
    """
    work = of(run)
    resting = work.parent
    for folder in (resting, work):
        files.private_folder(folder)
    lock, holder = FileLock(resting / f"{run}.lock", timeout=0), work / PID
    try:
        lock.acquire()
    except Timeout:
        with suppress(OSError):
            run += f" (process {holder.read_text(encoding='ascii')})"
        raise IncompleteRunError(
            f"Run {run} is already running; wait until it has ended, or start another run."
        ) from None
    try:
        holder.write_text(str(os.getpid()), encoding="ascii")
        yield work
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _clear_leftovers(space: Workspace) -> None:
    """Undo what a killed run left; between its two renames the earlier report is beside."""
    ready, previous = _beside(space.report)
    if previous.exists() and not space.report.exists():
        previous.rename(space.report)
    for folder in (ready, previous, *space.work.glob("attempt-*")):
        shutil.rmtree(folder, ignore_errors=True)


def _make_readable(folder: Path) -> None:
    """Give a report the usual permissions; it is made to be handed on."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(files.READABLE_FOLDER if path.is_dir() else files.READABLE)
