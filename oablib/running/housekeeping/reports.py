"""Look after what runs leave behind: compare a report with its manifest, clear the work folder."""

import shutil
from pathlib import Path

from oablib import params
from oablib.base.errors import IncompleteRunError, InputError
from oablib.base.wording import did_you_mean
from oablib.running import publication, workspace
from oablib.running.stages import cache as stage_cache

ONLY_BY_NAME = frozenset({"validation"})
"""Private folders with more than an hour of computation in them: cleared only when named."""


def verify(run: str) -> int:
    """Compare reports/<run> with its manifest; number of files that agree.

    Raises InputError when there is no such report, IncompleteRunError listing what differs.
    """
    params.fail_if_name_is_unfit(run)
    report = params.root() / "reports" / run
    try:
        differences = publication.differences(report)
    except KeyError:
        raise InputError(
            f"reports/{run} holds no manifest that can be read. Make it with `oab run {run}`."
        ) from None
    if differences:
        lines = "\n  ".join(differences)
        raise IncompleteRunError(
            f"reports/{run} is not what its manifest says, {len(differences)} of its files:\n  "
            f"{lines}\nMake it anew with `oab run {run}`."
        )
    return sum(path.is_file() for path in report.rglob("*")) - 1


def clean(runs: list[str]) -> dict[str, int]:
    """Remove the private folders of runs; when none is named, of all but ONLY_BY_NAME.

    The kept results of stages go with the latter. Returns bytes set free, by name. Reports stay.
    Raises InputError for a run without private folder, IncompleteRunError for one that is running.
    """
    for run in runs:
        params.fail_if_name_is_unfit(run)
        if not workspace.of(run).is_dir():
            there = [path.name for path in _work_folders()]
            raise InputError(f"Run {run!r} has no private folder{did_you_mean(run, there)}")
    named = runs or [path.name for path in _work_folders() if path.name not in ONLY_BY_NAME]
    freed = {run: workspace.clean(run) for run in named}
    if not runs:
        cache = params.root() / stage_cache.CACHE
        freed["kept results"] = workspace.size_of(cache)
        shutil.rmtree(cache, ignore_errors=True)
    return freed


def _work_folders() -> list[Path]:
    folder = params.root() / params.WORK
    return [path for path in sorted(folder.glob("[a-z0-9]*")) if path.is_dir()]
