"""All splits of one cohort, and their spread."""

from dataclasses import dataclass
from functools import partial
from operator import itemgetter

import numpy as np
import pandas as pd

from oablib.analysis.prediction import register
from oablib.analysis.prediction import splits as of_split
from oablib.analysis.prediction.methods import ALL
from oablib.analysis.prediction.settings import Rules
from oablib.analysis.prediction.splits import Setting
from oablib.base.errors import EstimationError, InputError
from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import imputation
from oablib.workers import processes
from oablib.workers.threads import single_thread

MEASURES = (
    "r2", "r2_score", "slope", "sensitivity", "ppv", "found", "school_correlation", "school_rmse",
    "r2_training",
)  # fmt: skip
FEWEST_SCHOOLS = 10  # with fewer a test part is one or two schools, and says nothing


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Prediction:
    """How good out-of-sample prediction is.

    splits: split, method, population, n and the measures, one row each. summary: method,
    population, splits (that could be estimated), n (mean children), and for each measure its mean
    and, as <measure>_sd, its standard deviation over splits.
    Measures: r2, of the outcome by the analysis model; r2_score, of what intelligence leaves of
    the outcome, by the score; slope of that on the score; sensitivity and ppv of the lowest share
    by score for the lowest share by what was observed, both of all children of the test part, and
    found, the share of the population that is in the first; school_correlation and school_rmse of
    means of schools; r2_training, of the outcome in the training part.
    populations: "known", children whose education is known; "register", the same with the
    register's pattern laid over them and filled without tests; "all", as delivered and filled.
    calibration: by, code, n (mean), predicted, observed (means over splits, points), difference
    (observed less predicted) and its sd over splits.
    waves: tested_on, with the measures of a model learned from all other waves; empty without.
    """

    splits: pd.DataFrame
    summary: pd.DataFrame
    calibration: pd.DataFrame
    waves: pd.DataFrame


@single_thread()
def predict(
    cohort: pd.DataFrame,
    *,
    model: Model,
    table: Table,
    rules: Rules,
    splits: int,
    seed: int,
    workers: int = 1,
    unknown_outcome: str = imputation.KEPT,
) -> Prediction:
    """Split the schools of a cohort `splits` times; unknown values are NaN.

    The training part is imputed on its own, with its tests; children to be predicted are known as
    registers know them, and have both tests. unknown_outcome: as of imputation.analysed. The same
    seed gives the same splits. workers: see processes.each.
    Raises InputError for fewer than 10 schools; EstimationError when the model could be learned
    in no split; ImputationError when the children to be predicted cannot be filled.
    """
    schools = cohort[model.cluster].nunique()
    if schools < FEWEST_SCHOOLS:
        raise InputError(
            f"The cohort has {schools} schools; expected {FEWEST_SCHOOLS} or more, to learn from "
            "some and predict the others."
        )
    fill = partial(register.fill, model=model, table=table, rules=rules, seed=seed)
    delivered = fill(cohort)
    laid = delivered
    if register.applies(model, rules=rules):
        laid = fill(register.lay(cohort, model=model, rules=rules, seed=seed))
    setting = Setting(cohort, delivered, laid, model, table, rules, seed, unknown_outcome)
    task = partial(of_split.by_school, setting)
    results = sorted(processes.each(task, range(splits), workers=workers), key=itemgetter(0))
    rows = pd.concat([split.rows for _, split in results], ignore_index=True)
    _fail_if_nothing_was_learned(rows)
    groups = pd.concat([split.groups for _, split in results], ignore_index=True)
    names = ["split", "method", "population", "n", *MEASURES, "failed"]
    return Prediction(
        splits=rows[[name for name in names if name in rows]],
        summary=summarised(rows),
        calibration=calibration(groups),
        waves=_waves(setting, first=splits),
    )


def summarised(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation over splits; see Prediction.summary."""
    worked = rows[rows["failed"] == ""]
    grouped = worked.groupby(["method", "population"], sort=False)
    table = pd.DataFrame({"splits": grouped.size(), "n": grouped["n"].mean()})
    for name in (each for each in MEASURES if each in worked):
        table[name] = grouped[name].mean()
        table[f"{name}_sd"] = grouped[name].std()
    return table.reset_index()


def calibration(groups: pd.DataFrame) -> pd.DataFrame:
    """Means over splits, weighted by children; see Prediction.calibration."""
    keys = ["by", "code"]
    weighted = groups.assign(
        predicted=groups["predicted"] * groups["n"],
        observed=groups["observed"] * groups["n"],
        difference=groups["observed"] - groups["predicted"],
    )
    grouped = weighted.groupby(keys, sort=False)
    total = grouped["n"].sum()
    table = pd.DataFrame(
        {
            "n": grouped["n"].mean(),
            "predicted": grouped["predicted"].sum() / total,
            "observed": grouped["observed"].sum() / total,
            "sd": grouped["difference"].std(),
        }
    )
    table.insert(3, "difference", table["observed"] - table["predicted"])
    order = {by: number for number, by in enumerate(dict.fromkeys(groups["by"]))}
    return table.reset_index().sort_values(
        keys, key=lambda column: column.map(order) if column.name == "by" else column,
        ignore_index=True,
    )  # fmt: skip


def _waves(setting: Setting, *, first: int) -> pd.DataFrame:
    """Each wave predicted from all others."""
    waves = setting.model.waves(setting.cohort).astype(str).to_numpy()
    names = sorted(np.unique(waves))
    if len(names) < 2:
        return pd.DataFrame(columns=["tested_on", "method", "population", "n", *MEASURES])
    parts = []
    for number, wave in enumerate(names, start=first):
        split = of_split.evaluated(setting, waves == wave, number=number)
        parts.append(split.rows.assign(tested_on=wave))
    rows = pd.concat(parts, ignore_index=True)
    shown = [name for name in MEASURES if name in rows]
    return rows.loc[rows["failed"] == "", ["tested_on", "method", "population", "n", *shown]]


def _fail_if_nothing_was_learned(rows: pd.DataFrame) -> None:
    failed = rows.loc[rows["method"] == ALL, "failed"]
    if (failed != "").all():
        raise EstimationError(
            f"In all {len(failed)} splits the model could not be learned: {failed.iloc[0]}. Take "
            "more children, or merge categories in the codebook."
        )
