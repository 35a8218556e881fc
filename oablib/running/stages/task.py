"""A stage as a task that needs nothing but what it holds: here, or on another machine.

It runs in a folder with the rules, files and tables that its notebook declares and no others, so
that a result cannot depend on anything that its key does not know.
"""

import atexit
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from oablib.base.errors import IncompleteRunError
from oablib.protocol.roles import ROLES_ONLY
from oablib.render import outputs
from oablib.running import workspace
from oablib.running.kernels import execute as kernel
from oablib.running.kernels.execute import Kernels
from oablib.workers import cluster, processes

PRIVATE, RESULTS, EXECUTED = "private", "results", "executed.ipynb"


@dataclass(frozen=True, slots=True)
class StageTask:
    """A notebook and all that it may read.

    notebook: its source, as JSON. values: its parameters. files: path in the folder -> file, or
    its content for a machine that cannot reach it. writes: tables it must write; may_write: tables
    it may write beside them. scheduler: address of a Dask scheduler for what the notebook computes
    in parallel, empty for none. kernels: how its kernel starts. roles_only: of the run's model the
    notebook may ask for the roles of columns alone.
    """

    stem: str
    notebook: str
    values: Mapping[str, str | int | float]
    files: Mapping[str, Path | bytes]
    writes: frozenset[str]
    may_write: frozenset[str]
    scheduler: str = ""
    kernels: Kernels = "forked"
    roles_only: bool = False


class Times(NamedTuple):
    """Seconds of a stage, from the start of its work to the end, and those in its cells."""

    seconds: float
    in_cells: float


def execute(task: StageTask, folder: Path) -> Times:
    """Run the stage; leave its tables and its executed notebook in `folder`, which is made.

    Raises what the notebook raised on purpose; IncompleteRunError when a cell did not run, a table
    is absent or one is there that was not declared; DisclosureError when a cell shows anything but
    exhibits and texts of oablib.report.
    """
    import nbformat  # with papermill two seconds to import, which only a stage that runs needs

    began = time.perf_counter()
    folder = folder.resolve()
    _lay_out(task, folder)
    notebook = kernel.execute(
        nbformat.reads(task.notebook, as_version=4),
        stem=task.stem,
        values=task.values,
        environment=_environment(task, folder),
        folder=folder,
        kernels=task.kernels,
    )
    _fail_if_cell_did_not_run(notebook, stem=task.stem)
    outputs.release(notebook, stem=task.stem)
    _keep_only_what_was_made(task, folder)
    _fail_if_tables_are_not_as_declared(task, folder)
    nbformat.write(notebook, folder / EXECUTED)
    return Times(time.perf_counter() - began, kernel.seconds_in_cells(notebook))


def packed(task: StageTask) -> StageTask:
    """The task with the content of its files, for a machine that cannot reach them."""
    files = {
        name: content if isinstance(content, bytes) else content.read_bytes()
        for name, content in task.files.items()
    }
    return replace(task, files=files)


def execute_packed(task: StageTask) -> tuple[dict[str, bytes], Times]:
    """Run a packed task in a private folder of its own; what it made, path -> content."""
    cluster.leave_slot()  # the stage may ask for the slot that it would otherwise hold
    _keep_kernels_open(task.kernels)
    with tempfile.TemporaryDirectory(prefix="oab-") as name:
        folder = Path(name, "stage")
        times = execute(task, folder)
        paths = [path for path in folder.rglob("*") if path.is_file()]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}, times


@cache
def _keep_kernels_open(kernels: Kernels) -> ExitStack:
    """Once for each worker, and as long as it lives."""
    stack = ExitStack()
    stack.enter_context(kernel.opened(kernels))
    atexit.register(stack.close)
    return stack


def unpack(contents: Mapping[str, bytes], folder: Path) -> None:
    """Write what a packed task made into `folder`."""
    for name in (PRIVATE, RESULTS):
        (folder / name).mkdir(parents=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def _environment(task: StageTask, folder: Path) -> dict[str, str]:
    """Variables that say where the kernel finds its files, and where its own go."""
    variables = {processes.SCHEDULER: task.scheduler} if task.scheduler else {}
    variables |= {ROLES_ONLY: "yes"} if task.roles_only else {}
    return variables | {
        "OAB_ROOT": str(folder),
        "OAB_PRIVATE": str(folder / PRIVATE),
        "OAB_RESULTS": str(folder / RESULTS),
        "TMPDIR": str(folder / "tmp"),
        # Settings and start-up files of this user's own IPython would change what a run does.
        "IPYTHONDIR": str(folder / "ipython"),
    }


def _lay_out(task: StageTask, folder: Path) -> None:
    for name in (PRIVATE, RESULTS, "tmp", "params", "notebooks"):
        (folder / name).mkdir(parents=True, mode=0o700)
    for name, content in task.files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            target.write_bytes(content)
        else:
            workspace.link(content, target)


def _keep_only_what_was_made(task: StageTask, folder: Path) -> None:
    for name in task.files:
        (folder / name).unlink()
    for path in folder.iterdir():
        if path.name not in (PRIVATE, RESULTS):
            shutil.rmtree(path)


def _fail_if_cell_did_not_run(notebook: Any, *, stem: str) -> None:
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code" and cell.source.strip() and cell.execution_count is None:
            raise IncompleteRunError(f"{stem}: cell {number} did not run.")


def _fail_if_tables_are_not_as_declared(task: StageTask, folder: Path) -> None:
    written = {path.stem for name in (PRIVATE, RESULTS) for path in (folder / name).iterdir()}
    absent, undeclared = task.writes - written, written - task.writes - task.may_write
    if absent:
        raise IncompleteRunError(f"{task.stem} promises tables it did not write: {sorted(absent)}.")
    if undeclared:
        raise IncompleteRunError(
            f"{task.stem} wrote tables that its metadata do not declare: {sorted(undeclared)}. "
            "Name them in oab.writes."
        )
