"""The validation study from its first replication to its report in reports/validation."""

from pathlib import Path

from oablib import delivery, params, params_run, processes, run, run_place, stage
from oablib.errors import IncompleteRunError
from oablib.run import Job, Options
from oablib.validation import mice, settings, study
from oablib.validation.settings import Settings

NAME = "validation"


def execute(options: Options, *, workers: int = 0, so_far: bool = False) -> Path:
    """Compute what is missing, write rows and report; return the path of index.html.

    workers: processes, 0 for one a processor. so_far: compute nothing, report what is there.
    Raises IncompleteRunError when it was interrupted (what is done is kept), nothing is there,
    or the report is being written already; EnvironmentFault without the notebook or when a package
    is not as the project asks; and what the notebook raised on purpose.
    """
    run_place.fail_if_unfit()
    chosen = settings.load()
    folder = params.root() / params.WORK / NAME / "replications"
    if not so_far:
        with processes.at(options.scheduler):
            _compute(chosen, folder=folder, workers=workers, progress=options.level != "quiet")
    stages = stage.load(study=NAME)
    with run_place.opened(NAME, level=options.level, scheduler=options.scheduler) as place:
        rows = study.write(chosen, folder=folder, out=place.space.attempt / "rows")
        given = delivery.of_files(rows)
        extra = {path.name: path for path in rows}
        return run.make(_job(chosen), stages, given, options, place, extra=extra)


def _compute(chosen: Settings, *, folder: Path, workers: int, progress: bool) -> None:
    if not mice.version():
        print("R or its package mice was not found: the replications of mice are left out.")
    try:
        study.run(chosen, folder=folder, workers=workers, progress=progress)
    except KeyboardInterrupt:
        raise IncompleteRunError(
            "The study was interrupted; what is done is kept. `oab validate` goes on with it."
        ) from None


def _job(chosen: Settings) -> Job:
    told = {
        "title": "Validation study",
        "model": chosen.model,
        "n": max(batch.n for batch in chosen.batches),
        "seed": chosen.master_seed,
        "imputations": chosen.imputations,
        "iterations": chosen.iterations,
    }
    made = params_run.given(NAME, told, place="params/rules/validation.yaml")
    return Job(made.parameters, made.origins, study=NAME)
