"""The validation study from its first replication to its report in reports/validation."""

from pathlib import Path

from oablib import params
from oablib.base.errors import IncompleteRunError, ParameterError
from oablib.base.files import sha256, text_digest
from oablib.params import run as params_run
from oablib.running import delivery, rule_files, run
from oablib.running import place as run_place
from oablib.running.delivery import FOLDER, Delivery
from oablib.running.run import Job, Options
from oablib.running.stages import declared
from oablib.studies import changes
from oablib.studies.validation import methods, settings, study
from oablib.studies.validation.settings import Settings
from oablib.workers import processes

NAME = "validation"
STUDIED_WITH = ("rules/validation", "rules/imputation", "rules/weighting", *rule_files.DRAWN_WITH)


def validate(options: Options, *, workers: int = 0, so_far: bool = False) -> Path:
    """Compute what is missing, write rows and report; return the path of index.html.

    workers: processes, 0 for one a processor. so_far: compute nothing, report what is there.
    Raises IncompleteRunError when it was interrupted (what is done is kept), nothing is there,
    or the report is being written already; EnvironmentFault without the notebook or when a package
    is not as the project asks; and what the notebook raised on purpose.
    """
    run_place.fail_if_unfit()
    rule_files.fail_if_any_is_unfit(STUDIED_WITH)
    chosen = settings.load()
    folder = params.root() / params.WORK / NAME / "replications"
    if not so_far:
        with processes.at(options.scheduler):
            _compute(chosen, folder=folder, workers=workers, progress=options.level != "quiet")
    stages = declared.load(study=NAME)
    with run_place.opened(NAME, level=options.level, scheduler=options.scheduler) as place:
        rows = study.write(chosen, folder=folder, out=place.space.attempt / "rows")
        given = delivery.of_files(rows)
        extra = {path.name: path for path in rows}
        return run.make(_validation_job(chosen), stages, given, options, place, extra=extra)


def _compute(chosen: Settings, *, folder: Path, workers: int, progress: bool) -> None:
    if not methods.version():
        print("R or its package mice was not found: the replications of mice are left out.")
    try:
        study.run(chosen, folder=folder, workers=workers, progress=progress)
    except KeyboardInterrupt:
        raise IncompleteRunError(
            "The study was interrupted; what is done is kept. `oab validate` goes on with it."
        ) from None


def _validation_job(chosen: Settings) -> Job:
    told = {
        "title": "Validation study",
        "model": chosen.model,
        "n": max(batch.n for batch in chosen.batches),
        "seed": chosen.master_seed,
        "imputations": chosen.imputations,
        "iterations": chosen.iterations,
    }
    made = params_run.given(NAME, told, origin="params/rules/validation.yaml")
    return Job(made.parameters, made.origins, study=NAME)


STUDY = "changes"
_DIGITS = 12


def compare(before: str, after: str, options: Options) -> Path:
    """Compare reports/<before> with reports/<after>; return the path of the new report.

    Raises ParameterError for a name that can be no report or two that are one, InputError when a
    report is not there, and as run.execute does.
    """
    for name in (before, after):
        params.fail_if_name_is_unfit(name)
    if before == after:
        raise ParameterError(f"Both names are {before!r}; expected two reports to compare.")
    run_place.fail_if_unfit()
    given = _delivery(before, after)
    job = _comparison_job(before, after, data=_data(given))
    with run_place.opened(job.parameters.run, level=options.level) as place:
        return run.make(job, declared.load(study=STUDY), given, options, place)


def report_name(before: str, after: str) -> str:
    """Name of the report; a digest stands in where both names would be too long for one."""
    name = f"{after}_beside_{before}"
    if params.RUN_NAME.fullmatch(name):
        return name
    return f"changes_{text_digest(name)[:_DIGITS]}"


def _delivery(before: str, after: str) -> Delivery:
    files, digests = {}, {}
    for side, name in (("before", before), ("after", after)):
        for place, path in changes.files(params.root() / "reports" / name).items():
            files[f"{FOLDER}/{side}/{place}"] = path
            digests[f"{side}/{place}"] = sha256(path)
    return Delivery(FOLDER, files, digests, ("before/manifest.json", "after/manifest.json"))


def _data(given: Delivery) -> str:
    """Synthetic where both reports are, so that the page says so."""
    sides = [given.files[f"{FOLDER}/{side}/manifest.json"].parent for side in ("before", "after")]
    told = {changes.manifest(side)["parameters"]["data"] for side in sides}
    return "synthetic" if told == {"synthetic"} else "reports"


def _comparison_job(before: str, after: str, *, data: str) -> Job:
    title = f"What changed from {before} to {after}"
    name = report_name(before, after)
    made = params_run.given(name, {"title": title, "data": data}, origin="command line")
    return Job(made.parameters, made.origins, study=STUDY)
