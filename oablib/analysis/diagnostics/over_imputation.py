"""Known values are hidden and imputed as if they had been unknown, to see if they are found."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import imputation
from oablib.statistics.imputation import Rule, checks, variables
from oablib.statistics.imputation.variables import Variable
from oablib.statistics.sem.results.solution import Z_95

# The true value and 19 draws are exchangeable when the imputation is right, so that it is the
# lowest or highest of the 20 in one case of ten: the range of the draws then covers 90 %.
DRAWS = 19
SHARE = 0.1  # of the known cells of a variable: enough to judge, too few to distort what is learned
BINS = 10

COVERAGE = ["variable", "hidden", "nominal", "coverage", "ci_lower", "ci_upper"]
CALIBRATION = ["variable", "code", "hidden", "known", "value", "se", "ci_lower", "ci_upper", "z"]


@showable()
@dataclass(frozen=True, slots=True, repr=False)
class OverImputed:
    """What became of known cells that were hidden; both tables are empty when nothing was unknown.

    coverage: variable, hidden (cells), nominal and coverage (fractions), ci_lower, ci_upper (95 %
    interval of coverage, by Wilson). A cell counts as covered when its rank among the draws, by
    outcome score for levels and with ties broken at random, is neither the lowest nor the highest.
    calibration: variable, code (level, or middle of one of ten bins), hidden (cells), known (share
    of them that truly has it), value (share of their draws), se, ci_lower, ci_upper (of value, to
    be held against known) and z, their difference in se. All but hidden and z are fractions.
    """

    coverage: pd.DataFrame
    calibration: pd.DataFrame


def over_impute(
    frame: pd.DataFrame,
    *,
    model: Model,
    table: Table,
    rule: Rule,
    iterations: int,
    seed: int,
    share: float = SHARE,
    draws: int = DRAWS,
) -> OverImputed:
    """Hide a random `share` of the known cells of each imputed variable and impute them.

    Cells are hidden completely at random, at the same time for all variables in which anything is
    unknown. Coverage and ranks: Honaker, King & Blackwell (2011, J. Stat. Softw. 45(7), section
    4.3); Talts et al. (2018, arXiv 1804.06788). Raises ImputationError as imputation.impute does.
    """
    frame = checks.as_read(frame, model=model, table=table)
    imputed = variables.read(frame, model=model, table=table)
    imputed = tuple(each for each in imputed if each.unknown.any())
    if not imputed:
        return OverImputed(pd.DataFrame(columns=COVERAGE), pd.DataFrame(columns=CALIBRATION))
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(4,)))
    hidden = {each.name: _some(~each.unknown, share=share, rng=rng) for each in imputed}
    fewer = frame.assign(
        **{name: frame[name].astype(float).mask(rows) for name, rows in hidden.items()}
    )
    cells = imputation.impute(
        fewer, model=model, table=table, rule=rule, m=draws, iterations=iterations, seed=seed
    ).cells
    coverage, calibration = [], []
    for variable in imputed:
        name, rows = variable.name, hidden[variable.name]
        truth = frame.loc[rows, name].to_numpy(float)
        drawn = _drawn(cells, name, child=frame.loc[rows, "child"])
        coverage.append(_coverage(variable, truth, drawn, rng=rng))
        known = frame[name].dropna().astype(float)
        calibration.append(_calibration(variable, truth, drawn, known=known))
    return OverImputed(
        pd.DataFrame(coverage, columns=COVERAGE),
        pd.concat(calibration, ignore_index=True)[CALIBRATION],
    )


def binned(values: NDArray, *, known: pd.Series) -> NDArray:
    """Numbers as middles of ten bins of equal width over the range of the known ones."""
    edges = np.linspace(known.min(), known.max(), BINS + 1)
    middles = np.round((edges[1:] + edges[:-1]) / 2, 1)
    bins = np.searchsorted(edges, values, side="right") - 1
    return middles[np.clip(bins, 0, BINS - 1)]


def ranks(truth: NDArray, drawn: NDArray, *, rng: np.random.Generator) -> NDArray:
    """Number of draws below the truth, equal ones counted at random; shape (n,), 0 to draws.

    truth (n,), drawn (n, draws). Uniform when truth and draws are exchangeable.
    """
    below = (drawn < truth[:, None]).sum(axis=1)
    equal = (drawn == truth[:, None]).sum(axis=1)
    return below + rng.integers(equal + 1)


def wilson(share: float, *, n: int) -> tuple[float, float]:
    """95 % interval of a share of n cases (Wilson, 1927, J. Am. Stat. Assoc. 22:209)."""
    shrink = 1 + Z_95**2 / n
    middle = (share + Z_95**2 / (2 * n)) / shrink
    half = Z_95 / shrink * np.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n**2))
    return float(middle - half), float(middle + half)


def _some(rows: NDArray, *, share: float, rng: np.random.Generator) -> NDArray:
    known = np.flatnonzero(rows)
    chosen = np.zeros(len(rows), dtype=bool)
    chosen[rng.choice(known, max(round(share * len(known)), 1), replace=False)] = True
    return chosen


def _drawn(cells: pd.DataFrame, name: str, *, child: pd.Series) -> NDArray:
    """Draws of hidden cells, shape (cells, draws), rows as `child`."""
    rows = cells[cells["variable"] == name]
    wide = rows.pivot(index="child", columns="imputation", values="value")
    return wide.loc[child].to_numpy(float)


def _coverage(
    variable: Variable, truth: NDArray, drawn: NDArray, *, rng: np.random.Generator
) -> tuple[object, ...]:
    rank = ranks(_scored(variable, truth), _scored(variable, drawn), rng=rng)
    n, draws = drawn.shape
    share = float(((rank > 0) & (rank < draws)).mean())
    return variable.name, n, (draws - 1) / (draws + 1), share, *wilson(share, n=n)


def _scored(variable: Variable, values: NDArray) -> NDArray:
    """One number per value: the mean outcome of a level, or the number itself."""
    if variable.codes is None:
        return values
    return variable.score(np.searchsorted(variable.codes, values))


def _calibration(
    variable: Variable, truth: NDArray, drawn: NDArray, *, known: pd.Series
) -> pd.DataFrame:
    if variable.codes is None:
        truth, drawn = binned(truth, known=known), binned(drawn, known=known)
    codes = np.unique(known if variable.codes is not None else np.append(drawn, truth))
    chance = np.stack([(drawn == code).mean(axis=1) for code in codes], axis=1)
    miss = chance - np.equal.outer(truth, codes)
    # Cells are taken to be independent: what they share, the coefficients drawn, varies little.
    se = np.sqrt((miss**2).sum(axis=0)) / len(truth)
    value, gap = chance.mean(axis=0), miss.mean(axis=0)
    return pd.DataFrame(
        {
            "variable": variable.name,
            "code": codes,
            "hidden": len(truth),
            "known": value - gap,
            "value": value,
            "se": se,
            "ci_lower": np.maximum(value - Z_95 * se, 0.0),
            "ci_upper": np.minimum(value + Z_95 * se, 1.0),
            "z": gap / np.where(se > 0, se, np.nan),
        }
    )
