"""What was promised of the default method, and what was found."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from oablib.studies.validation import selection
from oablib.studies.validation.performance import chosen, performance
from oablib.studies.validation.settings import Settings

# A share of 95 % of found values lies within so many Monte Carlo errors of what many more
# replications would give.
SURE = 1.96
VERDICTS = ("met", "missed", "missed by chance?")


def verdicts(rows: pd.DataFrame, *, settings: Settings) -> pd.DataFrame:
    """One row per promise and quantity, of the default method in the first batch.

    promise, name; lower, upper: bounds; found, mce: what was found with its Monte Carlo error;
    reference: the same of complete data; verdict: "met", "missed", or "missed by chance?" where
    the bound lies within 1.96 Monte Carlo errors. Percentages but for the bias of the school mean.
    """
    batch = settings.batches[0]
    own = rows[(rows["world"] == batch.world) & (rows["n"] == batch.n)]
    parts = [*_of_effects(own, settings), *_of_values(own, settings), *_of_paths(own, settings)]
    table = pd.concat([part.reset_index(drop=True) for part in parts], ignore_index=True)
    return table.assign(verdict=_judged(table))


def failed(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of `verdicts` that were not met."""
    return table[table["verdict"] != VERDICTS[0]]


def _of_effects(rows: pd.DataFrame, settings: Settings) -> Iterator[pd.DataFrame]:
    limits = settings.criteria
    table = performance(chosen(rows, "direct", "two-step"), reference=settings.reference)
    context = table["name"].str.startswith("school_mean_")
    least = limits["percent_bias"]
    yield _beside(
        table[~context & (table["truth"] != 0)], ("percent_bias", "percent_mce"), settings
    ).assign(promise="bias of direct effects, %", lower=-least, upper=least)
    least = limits["bias_of_school_mean"]
    yield _beside(table[context], ("bias", "bias_mce"), settings).assign(
        promise="bias of the school mean's effect, points", lower=-least, upper=least
    )
    yield _beside(_percent(table), ("coverage", "coverage_mce"), settings).assign(
        promise="coverage of direct effects, %", **_range(limits["coverage"])
    )


def _of_values(rows: pd.DataFrame, settings: Settings) -> Iterator[pd.DataFrame]:
    table = performance(chosen(rows, "value"), reference=settings.reference)
    lower = settings.criteria["coverage_of_scale_values"]
    yield _beside(_percent(table), ("coverage", "coverage_mce"), settings).assign(
        promise="coverage of scale values, %", lower=lower, upper=100.0
    )


def _of_paths(rows: pd.DataFrame, settings: Settings) -> Iterator[pd.DataFrame]:
    table = selection.false_positives(rows)
    robust = table[table["rule"] == "robust index"]
    in_percent = robust.assign(rate=100 * robust["rate"], mce=100 * robust["mce"])
    yield _beside(in_percent, ("rate", "mce"), settings).assign(
        promise="robust modification indices of null paths, %",
        **_range(settings.criteria["false_positives"]),
    )


def _beside(table: pd.DataFrame, columns: tuple[str, str], settings: Settings) -> pd.DataFrame:
    """name, found, mce of the default method, and reference: found of complete data."""
    value, error = columns
    own = table[table["method"] == settings.default].set_index("name")
    whole = table[table["method"] == settings.reference].set_index("name")
    numbers = {"found": own[value], "mce": own[error], "reference": whole[value]}
    return pd.DataFrame(numbers).loc[own.index].reset_index()


def _percent(table: pd.DataFrame) -> pd.DataFrame:
    shares = ["coverage", "coverage_mce"]
    return table.assign(**{name: 100 * table[name] for name in shares})


def _range(bounds: Sequence[float]) -> dict[str, float]:
    return dict(zip(("lower", "upper"), bounds, strict=True))


def _judged(table: pd.DataFrame) -> np.ndarray:
    beyond = np.maximum(table["lower"] - table["found"], table["found"] - table["upper"])
    near = beyond <= SURE * table["mce"]
    return np.select([beyond <= 0, near], [VERDICTS[0], VERDICTS[2]], VERDICTS[1])
