"""The criteria for the default method, and whether the study confirms them."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from oablib.studies.validation import selection
from oablib.studies.validation.performance import chosen, performance
from oablib.studies.validation.settings import Settings

# 95 % of results lie within so many Monte Carlo errors of what many more replications would give.
SURE = 1.96
VERDICTS = ("met", "missed", "missed_by_chance")


def verdicts(rows: pd.DataFrame, *, settings: Settings) -> pd.DataFrame:
    """One row per criterion and quantity, of the default method in the first batch.

    criterion, as in the rules; name; lower, upper: bounds; found, mce: the result with its Monte
    Carlo error; reference: the same of complete data; verdict: "met", "missed", or
    "missed_by_chance" where the bound lies within 1.96 Monte Carlo errors. Percentages but for the
    bias of the school mean.
    """
    batch = settings.batches[0]
    first = rows[(rows["world"] == batch.world) & (rows["n"] == batch.n)]
    table = pd.concat(_results(first, settings=settings), ignore_index=True)
    return table.assign(verdict=_judged(table))


def _results(rows: pd.DataFrame, *, settings: Settings) -> Iterator[pd.DataFrame]:
    """name, found, mce, reference, criterion, lower and upper of each criterion in turn."""
    limits, reference = settings.criteria, settings.reference
    direct = performance(chosen(rows, "direct", "two-step"), reference=reference)
    values = performance(chosen(rows, "value"), reference=reference)
    added = selection.false_positives(rows)
    context = direct["name"].str.startswith("school_mean_")
    effects, mean = direct[~context & (direct["truth"] != 0)], direct[context]
    robust = added[added["rule"] == "robust index"]
    bias, points = limits["percent_bias"], limits["bias_of_school_mean"]
    # Columns of the result and its error, and what they are multiplied by.
    percent, plain = ("percent_bias", "percent_mce", 1), ("bias", "bias_mce", 1)
    share, rate = ("coverage", "coverage_mce", 100), ("rate", "mce", 100)
    criteria = (
        ("percent_bias", effects, percent, (-bias, bias)),
        ("bias_of_school_mean", mean, plain, (-points, points)),
        ("coverage", direct, share, limits["coverage"]),
        ("coverage_of_scale_values", values, share, (limits["coverage_of_scale_values"], 100.0)),
        ("false_positives", robust, rate, limits["false_positives"]),
    )
    for criterion, table, (value, error, scale), (lower, upper) in criteria:
        judged = table[table["method"] == settings.default].set_index("name")
        whole = table[table["method"] == reference].set_index("name")
        numbers = {"found": judged[value], "mce": judged[error], "reference": whole[value]}
        part = (scale * pd.DataFrame(numbers)).loc[judged.index].reset_index()
        yield part.assign(criterion=criterion, lower=lower, upper=upper)


def _judged(table: pd.DataFrame) -> np.ndarray:
    beyond = np.maximum(table["lower"] - table["found"], table["found"] - table["upper"])
    near = beyond <= SURE * table["mce"]
    return np.select([beyond <= 0, near], [VERDICTS[0], VERDICTS[2]], VERDICTS[1])
