"""The criteria for the default method, and whether the study confirms them."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from oablib.studies.validation import selection
from oablib.studies.validation.performance import chosen, drawn, performance
from oablib.studies.validation.settings import Settings

# 95 % of results lie within so many Monte Carlo errors of what many more replications would give.
SURE = 1.96
DECIDES = "combined D2"  # of selection.path_tests, on paths from scaled variables
GIVEN = " given "  # between a variable and the category of another that it is given
VERDICTS = ("met", "missed", "missed_by_chance")


def verdicts(rows: pd.DataFrame, *, settings: Settings) -> pd.DataFrame:
    """One row per world, n, criterion and quantity, of the default method.

    criterion, as in the rules; name; lower, upper: bounds; found, mce: the result with its Monte
    Carlo error; reference: the same of complete data, NaN for what is drawn; verdict: "met",
    "missed", or "missed_by_chance" where the bound lies within 1.96 Monte Carlo errors. Percentages
    but for the bias of the school mean, and for drawn education, in points.
    """
    cells = rows.loc[rows["method"] == settings.default, ["world", "n"]].drop_duplicates()
    parts = []
    for world, n in cells.itertuples(index=False):
        here = rows[(rows["world"] == world) & (rows["n"] == n)]
        table = pd.concat(_results(here, world=world, settings=settings), ignore_index=True)
        parts.append(table.assign(world=world, n=n, verdict=_judged(table)))
    return pd.concat(parts, ignore_index=True)


def _results(rows: pd.DataFrame, *, world: str, settings: Settings) -> Iterator[pd.DataFrame]:
    """name, found, mce, reference, criterion, lower and upper of each criterion in turn."""
    limits, reference = settings.criteria, settings.reference
    direct = performance(chosen(rows, "direct", "jackknife"), reference=reference)
    values = performance(chosen(rows, "value"), reference=reference)
    context = direct["name"].str.startswith("school_mean_")
    effects, mean = direct[~context & (direct["truth"] != 0)], direct[context]
    bias, points = limits["percent_bias"], limits["bias_of_school_mean"]
    # Columns of the result and its error, and what they are multiplied by.
    percent, plain = ("percent_bias", "percent_mce", 1), ("bias", "bias_mce", 1)
    share, rate = ("coverage", "coverage_mce", 100), ("rate", "mce", 100)
    criteria = (
        ("percent_bias", effects, percent, (-bias, bias)),
        ("bias_of_school_mean", mean, plain, (-points, points)),
        ("coverage", direct, share, limits["coverage"]),
        ("coverage_of_scale_values", values, share, (limits["coverage_of_scale_values"], 100.0)),
        ("false_positives", _null_paths(rows, world=world, settings=settings), rate,
         limits["false_positives"]),
        ("drawn_minus_true", _drawn(rows), ("mean", "mce", 1),
         (-limits["drawn_minus_true"], limits["drawn_minus_true"])),
    )  # fmt: skip
    for criterion, table, (value, error, scale), (lower, upper) in criteria:
        judged = table[table["method"] == settings.default].set_index("name")
        whole = table[table["method"] == reference].set_index("name")
        numbers = {"found": judged[value], "mce": judged[error], "reference": whole[value]}
        part = (scale * pd.DataFrame(numbers)).loc[judged.index].reset_index()
        yield part.assign(criterion=criterion, lower=lower, upper=upper)


def _null_paths(rows: pd.DataFrame, *, world: str, settings: Settings) -> pd.DataFrame:
    """How often each null path is found by the test that decides on it."""
    added, path = selection.false_positives(rows), settings.added_path
    robust = added[(added["rule"] == "robust index") & (added["name"] != path)]
    if not settings.worlds[world].lacks(path):
        return robust
    tests = selection.path_tests(rows, path=path)
    return pd.concat([tests[tests["test"] == DECIDES].assign(name=path), robust])


def _drawn(rows: pd.DataFrame) -> pd.DataFrame:
    """Drawn minus true education; name: parent and origin, as report.validation.Names reads it."""
    table = drawn(rows)
    return table.assign(name=table["name"] + GIVEN + "origin=" + table["origin"])


def _judged(table: pd.DataFrame) -> np.ndarray:
    beyond = np.maximum(table["lower"] - table["found"], table["found"] - table["upper"])
    near = beyond <= SURE * table["mce"]
    return np.select([beyond <= 0, near], [VERDICTS[0], VERDICTS[2]], VERDICTS[1])
