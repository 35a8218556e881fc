"""The validation study from its first replication to its report in reports/validation."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oablib import params
from oablib.base.errors import IncompleteRunError, ParameterError
from oablib.base.files import sha256, text_digest
from oablib.params import run as params_run
from oablib.running import delivery, publication, rule_files, run, workspace
from oablib.running import session as run_session
from oablib.running.delivery import FOLDER, Delivery
from oablib.running.run import Job, Options
from oablib.running.stages import declared
from oablib.studies import changes
from oablib.studies.validation import methods, settings, study
from oablib.studies.validation.settings import Settings
from oablib.workers import processes

NAME = "validation"
STUDIED_WITH = (
    *("rules/validation", "rules/imputation", "rules/jackknife", "rules/weighting"),
    *rule_files.DRAWN_WITH,
)


def validate(options: Options, *, workers: int = 0, so_far: bool = False) -> Path:
    """Compute what is missing, write rows and report; return the path of index.html.

    workers: processes, 0 for one a processor. so_far: compute nothing, report what is there.
    Raises IncompleteRunError when it was interrupted (what is done is kept), nothing is there,
    or the report is being written already; EnvironmentFault without the notebook or when a package
    is not as the project asks; and what the notebook raised on purpose.
    """
    run_session.fail_if_unfit()
    rule_files.fail_if_any_is_unfit(STUDIED_WITH)
    chosen = settings.load()
    folder = params.root() / params.WORK / NAME / "replications"
    if not so_far:
        with workspace.private_files(), processes.at(options.scheduler):
            _compute(chosen, folder=folder, workers=workers, progress=options.level != "quiet")
    stages = declared.load(study=NAME)
    with run_session.opened(
        NAME, stages, level=options.level, scheduler=options.scheduler
    ) as session:
        rows = study.write(chosen, folder=folder, out=session.workspace.attempt / "rows")
        extra = {path.name: path for path in rows}
        made = delivery.of_files(rows)
        return run.make(_validation_job(chosen), stages, made, options, session, extra=extra)


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
    values = {
        "title": "Validation study",
        "title_nl": "Validatieonderzoek",
        "model": chosen.model,
        "n": max(batch.n for batch in chosen.batches),
        "seed": chosen.master_seed,
        "imputations": chosen.imputations,
        "iterations": chosen.iterations,
    }
    made = params_run.given(NAME, values, origin="params/rules/validation.yaml")
    return Job(made.parameters, made.origins, study=NAME)


STUDY = "changes"
_DIGITS = 12
_MANIFESTS = tuple(f"{FOLDER}/{side}/manifest.json" for side in ("before", "after"))


def compare(before: str, after: str, options: Options) -> Path:
    """Compare reports/<before> with reports/<after>; return the path of the new report.

    Raises ParameterError for a name that can be no report or two that are one, InputError when a
    report is not there, and as run.execute does.
    """
    for name in (before, after):
        params.fail_if_name_is_unfit(name)
    if before == after:
        raise ParameterError(f"Both names are {before!r}; expected two reports to compare.")
    run_session.fail_if_unfit()
    reports = _delivery(before, after)
    job = _comparison_job(before, after, reports)
    stages = declared.load(study=STUDY)
    with run_session.opened(job.parameters.run, stages, level=options.level) as session:
        return run.make(job, stages, reports, options, session)


def report_name(before: str, after: str) -> str:
    """Name of the report; a digest where both names would be too long."""
    name = f"{after}_beside_{before}"
    if params.RUN_NAME.fullmatch(name):
        return name
    return f"changes_{text_digest(name)[:_DIGITS]}"


def _delivery(before: str, after: str) -> Delivery:
    files = {
        f"{FOLDER}/{side}/{name}": path
        for side, report in (("before", before), ("after", after))
        for name, path in changes.files(params.root() / "reports" / report).items()
    }
    digests = {name: sha256(path) for name, path in files.items()}
    return Delivery(FOLDER, files, digests, tuple(name for name in files if name in _MANIFESTS))


def _comparison_job(before: str, after: str, delivery: Delivery) -> Job:
    """The job of the comparison; its data are synthetic where those of both reports are.

    Names of variables come from the codebook and the model of the later report, and from the model
    of the earlier one where it has the same codebook, as far as the project still has them.
    """
    folders = [delivery.files[name].parent for name in _MANIFESTS]
    manifests = [changes.manifest(folder) for folder in folders]
    one, other = (manifest["parameters"] for manifest in manifests)
    named = {"codebook": other["codebook"], "model": other["model"]}
    if one["model"] != other["model"] and one["codebook"] == other["codebook"]:
        named["variants"] = one["model"]
    known = {name: value for name, value in named.items() if _is_known(name, value)}
    values = {
        "title": f"What changed from {before} to {after}",
        "title_nl": f"Wat er veranderde van {before} naar {after}",
        "data": publication.SYNTHETIC if all(map(_is_drawn, manifests)) else "reports",
        **known,
    }
    made = params_run.given(report_name(before, after), values, origin="command line")
    return Job(made.parameters, made.origins, study=STUDY)


def _is_drawn(manifest: Mapping[str, Any]) -> bool:
    """Whether no part of a report is about delivered data."""
    stated = {"data": manifest["parameters"]["data"] == publication.SYNTHETIC}
    return all(manifest.get("drawn", stated).values())


def _is_known(parameter: str, value: str) -> bool:
    return value in params.names(params.KINDS[parameter])
