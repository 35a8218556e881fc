"""A report of what changed between two reports: `oab compare BEFORE AFTER`."""

from pathlib import Path

from oablib import changes, params, params_run, run, run_place, stage
from oablib.delivery import FOLDER, Delivery
from oablib.digest import sha256, text_digest
from oablib.errors import ParameterError
from oablib.run import Job, Options

STUDY = "changes"
_DIGITS = 12


def execute(before: str, after: str, options: Options) -> Path:
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
    job = _job(before, after, data=_data(given))
    with run_place.opened(job.parameters.run, level=options.level) as place:
        return run.make(job, stage.load(study=STUDY), given, options, place)


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


def _job(before: str, after: str, *, data: str) -> Job:
    title = f"What changed from {before} to {after}"
    name = report_name(before, after)
    made = params_run.given(name, {"title": title, "data": data}, place="command line")
    return Job(made.parameters, made.origins, study=STUDY)
