"""The validation study from its first replication to its report in reports/validation."""

import time
from pathlib import Path

from oablib import params, provenance, render, run, workspace
from oablib.errors import EnvironmentFault, IncompleteRunError
from oablib.params import RunParameters
from oablib.validation import mice, settings, study
from oablib.validation.settings import Settings

NAME = "validation"
STEM = "90_validation"


def execute(*, workers: int = 0, so_far: bool = False, progress: bool = True) -> Path:
    """Compute what is missing, write rows and report; return the path of index.html.

    workers: processes, 0 for one a processor. so_far: compute nothing, report what is there.
    Raises IncompleteRunError when it was interrupted (what is done is kept), nothing is there,
    or the report is being written already; EnvironmentFault without the notebook or pandoc; and
    what the notebook raised on purpose.
    """
    render.fail_if_pandoc_is_absent()
    chosen = settings.load()
    folder = params.root() / workspace.WORK / NAME / "replications"
    start = time.perf_counter()
    if not so_far:
        _compute(chosen, folder=folder, workers=workers, progress=progress)
    return _report(chosen, folder=folder, seconds={"study": time.perf_counter() - start})


def _compute(chosen: Settings, *, folder: Path, workers: int, progress: bool) -> None:
    if not mice.version():
        print("R or its package mice was not found: the replications of mice are left out.")
    try:
        study.run(chosen, folder=folder, workers=workers, progress=progress)
    except KeyboardInterrupt:
        raise IncompleteRunError(
            "The study was interrupted; what is done is kept. `oab validate` goes on with it."
        ) from None


def _report(chosen: Settings, *, folder: Path, seconds: dict[str, float]) -> Path:
    """Rows, tables, page and manifest become reports/validation in one step."""
    notebook = params.root() / "notebooks" / f"{STEM}.ipynb"
    if not notebook.is_file():
        raise EnvironmentFault(f"The folder notebooks lacks {notebook.name}.")
    told = RunParameters(
        run=NAME,
        title="Validation study",
        model=chosen.model,
        n=max(batch.n for batch in chosen.batches),
        seed=chosen.master_seed,
        imputations=chosen.imputations,
        iterations=chosen.iterations,
    )
    with workspace.opened(NAME) as space:
        written = study.write(chosen, folder=folder, out=space.publish)
        executed = run.execute_stage(notebook, told, data=_shown(written[0]), space=space)
        made_from = provenance.gather(told, inputs=written)
        run.render_stages([executed], made_from, space=space)
        run.write_manifest(made_from, seconds=seconds, space=space)
        return space.put_in_place() / "index.html"


def _shown(path: Path) -> str:
    """The path from the project's folder, as the notebook is given it."""
    return str(path.relative_to(params.root()))
