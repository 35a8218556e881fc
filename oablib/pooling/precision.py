"""How far pooled results depend on the m imputations that happened to be drawn."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from oablib.errors import PoolingError
from oablib.sem.table import Z_95

# A jackknife leaves m - 1 imputations, and variance between imputations needs two of them.
FEWEST_FOR_JACKKNIFE = 3


def monte_carlo_error(between: NDArray, *, m: int) -> NDArray:
    """Standard deviation of a pooled estimate over sets of m imputations: sqrt(between / m).

    NaN when m is 1. Royston, Carlin & White (2009, Stata J 9:252).
    """
    return np.sqrt(between / m) if m > 1 else np.full(between.shape, np.nan)


def jackknife_error(statistic: Callable[[NDArray], NDArray], *, m: int) -> NDArray:
    """Monte Carlo error of any pooled statistic, by leaving out each imputation in turn.

    statistic: gives the statistic, shape (k,), for the numbers of the imputations used. The error
    is the root of (m - 1)/m times the sum of squared deviations of the m values from their mean
    (Royston, Carlin & White, 2009). NaN when m is below 3.
    """
    everything = np.arange(m)
    if m < FEWEST_FOR_JACKKNIFE:
        return np.full(statistic(everything).shape, np.nan)
    values = np.array([statistic(np.delete(everything, left_out)) for left_out in everything])
    return np.sqrt((m - 1) * values.var(axis=0))


def recommended_imputations(fmi: NDArray, *, m: int, cv: float) -> NDArray:
    """Imputations after which a standard error would vary by `cv` (a fraction) at most.

    1 + (f / cv)^2 / 2, rounded up, with f the upper end of the 95 % interval of fmi, which on the
    logit scale has the standard error sqrt(2/m) (von Hippel, 2020, Sociol Methods Res 49:699;
    Stata's and R's how_many_imputations). NaN when m is 1. From few imputations f is rough: the
    author starts with 20. Raises PoolingError for a cv that is not above 0.
    """
    if not cv > 0:
        raise PoolingError(f"cv is {cv}; expected a fraction above 0, such as 0.05.")
    if m == 1:
        return np.full(fmi.shape, np.nan)
    upper = expit(logit(fmi) + Z_95 * np.sqrt(2 / m))
    return np.ceil(1 + (upper / cv) ** 2 / 2)
