"""Draws that several parts of the country share."""

import numpy as np
from numpy.typing import NDArray


def highest(score: NDArray[np.float64], *, count: int) -> NDArray[np.bool_]:
    """The `count` highest of n scores, (n,).

    With Gumbel noise in the scores this is a draw without replacement whose odds are exp(score).
    """
    chosen = np.zeros(len(score), dtype=bool)
    if count > 0:
        chosen[np.argpartition(score, len(score) - count)[len(score) - count :]] = True
    return chosen


def redrawn(
    rng: np.random.Generator, noise: NDArray[np.float64], *, share: float
) -> NDArray[np.float64]:
    """Gumbel noise (n,) of which a share is drawn anew: what decides another year's choice."""
    return np.where(rng.random(len(noise)) < share, rng.gumbel(size=len(noise)), noise)


def whole_parts(weights: NDArray[np.float64], *, total: int) -> NDArray[np.int64]:
    """Whole numbers (k,) that sum to `total`, as near to the weights' shares as can be.

    Largest remainders: those with the largest fractions get one more.
    """
    exact = weights / weights.sum() * total
    parts = np.floor(exact).astype(np.int64)
    more = np.argsort(parts - exact, kind="stable")[: total - parts.sum()]
    parts[more] += 1
    return parts
