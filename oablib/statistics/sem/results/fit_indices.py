"""CFI, TLI and RMSEA from the chi2 of a model and of its baseline (lavaan 0.6-14, fitMeasures).

factor, base_factor: scaling factors of the two chi2, which stay unscaled themselves. Indices with
factors are the robust ones. NaN goes through: where a factor is not defined, neither is the index.
"""

import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, chndtr

# Ends of the 90 % interval of RMSEA (Browne & Cudeck, 1992, Sociol. Methods Res. 21:230).
UPPER_TAIL, LOWER_TAIL = 0.05, 0.95


def cfi(
    chi2: float, df: int, base: float, base_df: int, *, factor: float = 1, base_factor: float = 1
) -> float:
    """Bentler (1990, Psychol. Bull. 107:238); robust: Brosseau-Liard & Savalei (2014).

    Multivar. Behav. Res. 49:460.
    """
    excess, excess_base = chi2 - factor * df, base - base_factor * base_df
    if math.isnan(excess + excess_base):
        return math.nan
    worst = max(excess, excess_base, 0.0)
    return 1 - max(excess, 0.0) / worst if worst > 0 else 1.0


def tli(
    chi2: float, df: int, base: float, base_df: int, *, factor: float = 1, base_factor: float = 1
) -> float:
    """Tucker & Lewis (1973, Psychometrika 38:1); robust: Brosseau-Liard & Savalei (2014).

    1 for a saturated model.
    """
    excess, excess_base = chi2 - factor * df, base - base_factor * base_df
    if math.isnan(excess + excess_base):
        return math.nan
    worst = excess_base * df
    return 1 - excess * base_df / worst if worst else 1.0


def rmsea(chi2: float, df: float, n: int, groups: int, *, factor: float = 1) -> float:
    """Steiger & Lind (1980), with n, not n - 1, times the root of the number of groups.

    0 for a saturated model. Robust: Brosseau-Liard, Savalei & Li (2012, Multivar. Behav. Res.
    47:904).
    """
    return 0.0 if df == 0 else _size(chi2 - factor * df, df, n, groups)


def rmsea_interval(
    chi2: float, df: float, n: int, groups: int, *, factor: float = 1
) -> tuple[float, float]:
    """Ends of the 90 % interval. chi2: scaled already where there is a factor.

    As in lavaan both ends are 0 where df is below 1, as fractional df can be.
    """
    if df < 1:
        return 0.0, 0.0
    if math.isnan(chi2 + df + factor):
        return math.nan, math.nan
    lower, upper = (
        _size(factor * _noncentrality(chi2, df, tail), df, n, groups)
        for tail in (LOWER_TAIL, UPPER_TAIL)
    )
    return lower, upper


def rmsea_below(
    limit: float, chi2: float, df: float, n: int, groups: int, *, factor: float = 1
) -> float:
    """Chance of a smaller chi2 if `limit` were the true RMSEA; chi2 as in `rmsea_interval`."""
    return float(chndtr(chi2, df, n * df * limit**2 / groups / factor)) if df > 0 else math.nan


def _size(excess: float, df: float, n: int, groups: int) -> float:
    return float(np.sqrt(np.maximum(excess, 0.0) / (df * n) * groups))


def _noncentrality(chi2: float, df: float, tail: float) -> float:
    """Non-centrality at which chi2 lies at this quantile; 0 when none does."""
    if chdtrc(df, chi2) > 1 - tail:
        return 0.0
    highest = max(chi2, 1.0) * 10 + 100
    return float(brentq(lambda nc: chndtr(chi2, df, nc) - tail, 0.0, highest, xtol=1e-10))
