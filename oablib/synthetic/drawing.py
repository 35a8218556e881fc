"""Tools with which cohort and country are drawn: codes, ranks, shares, margins and patterns."""

import string
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Rules: TypeAlias = dict[str, Any]
Frame: TypeAlias = pd.DataFrame

UNKNOWN = ("mother", "father", "both")
"""Whose education is unknown: the patterns of figure 2.2.3 after "both known"."""

BRINS = 100 * 26**2  # as many as there are codes


def brin_code(number: int) -> str:
    """Code of a school, such as 01AB; number: 0 to BRINS - 1."""
    letters = string.ascii_uppercase
    return f"{number // 676:02d}{letters[number // 26 % 26]}{letters[number % 26]}"


def standard(column: pd.Series) -> pd.Series:
    """A column with mean 0 and standard deviation 1."""
    return (column - column.mean()) / column.std()


def keys(published: Rules, listing: str) -> list[str]:
    """Category keys in published order; the code of a key is its position, from 1."""
    return [category["key"] for category in published[listing]]


def by_rank(score: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Codes 1..k for scores (n,), lowest first, whose shares are `shares` (k,) to one child."""
    last = np.rint(np.cumsum(shares) / np.sum(shares) * len(score))
    codes = np.empty(len(score), dtype=int)
    codes[np.argsort(score, kind="stable")] = np.searchsorted(
        last, np.arange(len(score)), side="right"
    )
    return codes + 1


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


def unknown_odds(children: Frame, *, drivers: Sequence[str], rule: Rules) -> NDArray[np.float64]:
    """Odds (n, 3) of the patterns UNKNOWN against "both known", by what is observed of a child.

    drivers: columns that count in standard deviations. rule: pattern -> slopes of the drivers and
    of `foreign`, whether the child's origin is not the Netherlands.
    """
    observed = pd.DataFrame({name: standard(children[name]) for name in drivers})
    observed = observed.assign(foreign=(children["origin"] != 1) * 1.0)
    slopes = pd.DataFrame({pattern: rule[pattern] for pattern in UNKNOWN})
    return np.exp(observed.to_numpy() @ slopes.loc[observed.columns].to_numpy())


def draw_patterns(
    rng: np.random.Generator, odds: NDArray[np.float64], *, target: NDArray[np.float64]
) -> NDArray[np.int64]:
    """What is unknown of n children, (n,): 0 nothing, 1 mother, 2 father, 3 both.

    odds: as from `unknown_odds`; target: shares (4,) that the patterns have in expectation.
    """
    chances = with_margin(odds, target=target)
    return (rng.random((len(odds), 1)) > np.cumsum(chances, axis=1)).sum(axis=1)


def with_margin(odds: NDArray[np.float64], *, target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chances (n, 4) proportional to (1, odds) whose mean is target: iterative proportions."""
    chances = np.column_stack([np.ones(len(odds)), odds])
    scale = target / target.sum()
    # 50 rounds leave margins correct to 1e-10; each round costs microseconds.
    for _ in range(50):
        chances /= chances.sum(axis=1, keepdims=True)
        chances *= scale / chances.mean(axis=0)
    return chances / chances.sum(axis=1, keepdims=True)
