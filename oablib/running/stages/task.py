"""A stage as a task that needs nothing but what it holds: here, or on another machine.

It runs in a folder with the rules, files and tables that its notebook declares and no others, so
that a result cannot depend on anything that its key does not know.
"""

import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from oablib.base.errors import IncompleteRunError
from oablib.protocol.roles import ROLES_ONLY
from oablib.running import workspace
from oablib.workers import cluster, processes

PRIVATE, RESULTS, EXECUTED = "private", "results", "executed.ipynb"


@dataclass(frozen=True, slots=True)
class StageTask:
    """A notebook and all that it may read.

    notebook: its source, as JSON. values: its parameters. files: place in the folder -> file.
    writes: tables it must write; may_write: tables it may write beside them. scheduler: address
    of a Dask scheduler for what the notebook computes in parallel, empty for none. roles_only: of
    the run's model the notebook may ask for the roles of columns alone.
    """

    stem: str
    notebook: str
    values: Mapping[str, str | int | float]
    files: Mapping[str, Path]
    writes: frozenset[str]
    may_write: frozenset[str]
    scheduler: str = ""
    roles_only: bool = False


@dataclass(frozen=True, slots=True)
class Packed:
    """A task whose files travel with it."""

    task: StageTask
    contents: Mapping[str, bytes]


def execute(task: StageTask, folder: Path) -> float:
    """Run the stage; leave its tables and its executed notebook in `folder`, which is made.

    Returns the seconds that the kernel spent in cells. Raises what the notebook raised on
    purpose, and IncompleteRunError when a cell did not run, a table is absent or one is there
    that was not declared.
    """
    import nbformat  # with papermill two seconds to import, which only a stage that runs needs

    from oablib.running.kernels import execute as kernel

    place = folder.resolve()
    _lay_out(task, place)
    notebook = kernel.execute(
        nbformat.reads(task.notebook, as_version=4),
        stem=task.stem,
        values=task.values,
        environment=_environment(task, place),
        folder=place,
    )
    _fail_if_cell_did_not_run(notebook, stem=task.stem)
    spent = kernel.seconds_in_cells(notebook)
    notebook.metadata.pop("papermill", None)
    _keep_only_what_was_made(task, place)
    _fail_if_tables_are_not_as_declared(task, place)
    nbformat.write(notebook, place / EXECUTED)
    return spent


def pack(task: StageTask) -> Packed:
    """Take the files along, for a machine that cannot reach them."""
    return Packed(task, {place: path.read_bytes() for place, path in task.files.items()})


def execute_packed(packed: Packed) -> tuple[dict[str, bytes], float]:
    """Run a packed task in a private folder of its own; what it made, and seconds in cells."""
    cluster.leave_slot()  # the stage may ask for the slot that it would otherwise hold
    _keep_kernels_warm()
    with tempfile.TemporaryDirectory(prefix="oab-") as name:
        given, made = Path(name, "given"), Path(name, "made")
        for place, content in packed.contents.items():
            path = given / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        files = {place: given / place for place in packed.contents}
        spent = execute(replace(packed.task, files=files), made)
        paths = [path for path in made.rglob("*") if path.is_file()]
        return {path.relative_to(made).as_posix(): path.read_bytes() for path in paths}, spent


@cache
def _keep_kernels_warm() -> ExitStack:
    """Once for each worker, and as long as it lives."""
    from oablib.running.kernels import execute as kernel

    stack = ExitStack()
    stack.enter_context(kernel.warm())
    return stack


def unpack(contents: Mapping[str, bytes], folder: Path) -> None:
    """Write what a packed task made into `folder`."""
    for place in (PRIVATE, RESULTS):
        (folder / place).mkdir(parents=True)
    for place, content in contents.items():
        (folder / place).write_bytes(content)


def _environment(task: StageTask, folder: Path) -> dict[str, str]:
    """Variables that say where the kernel is, and where its tables and temporary files go."""
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
    for place, path in task.files.items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        workspace.link(path, target)


def _keep_only_what_was_made(task: StageTask, folder: Path) -> None:
    for place in task.files:
        (folder / place).unlink()
    for path in folder.iterdir():
        if path.name not in (PRIVATE, RESULTS):
            shutil.rmtree(path)


def _fail_if_cell_did_not_run(notebook: Any, *, stem: str) -> None:
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if cell.execution_count is None:
            raise IncompleteRunError(f"{stem}: cell {number} did not run.")
        if any(output.output_type == "error" for output in cell.outputs):
            raise IncompleteRunError(f"{stem}: cell {number} shows an error.")


def _fail_if_tables_are_not_as_declared(task: StageTask, folder: Path) -> None:
    written = {path.stem for place in (PRIVATE, RESULTS) for path in (folder / place).iterdir()}
    absent, undeclared = task.writes - written, written - task.writes - task.may_write
    if absent:
        raise IncompleteRunError(f"{task.stem} promises tables it did not write: {sorted(absent)}.")
    if undeclared:
        raise IncompleteRunError(
            f"{task.stem} wrote tables that its metadata do not declare: {sorted(undeclared)}. "
            "Name them in oab.writes."
        )
