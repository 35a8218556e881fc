"""Codes of schools and boards: made up, in the form of real ones."""

import string

import numpy as np
from numpy.typing import NDArray

LETTERS = string.ascii_uppercase
BRINS = 100 * len(LETTERS) ** 2
BOARD_CODES = (10_000, 100_000)  # five digits


def brin_codes(rng: np.random.Generator, *, count: int) -> list[str]:
    """Different codes of two digits and two letters, such as 01AB."""
    return [
        f"{number // 676:02d}{LETTERS[number // 26 % 26]}{LETTERS[number % 26]}"
        for number in rng.choice(BRINS, count, replace=False)
    ]


def board_codes(rng: np.random.Generator, *, count: int) -> list[str]:
    """Different codes of five digits."""
    low, high = BOARD_CODES
    return [str(low + number) for number in rng.choice(high - low, count, replace=False)]


def site_codes(brin: NDArray[np.int64], *, codes: list[str]) -> list[str]:
    """Codes of sites, such as 01AB00; brin: (n,) row in `codes`, equal for sites of one BRIN.

    Sites of a BRIN are numbered from 00 in the order in which they stand.
    """
    numbers: dict[int, int] = {}
    ids = []
    for row in brin.tolist():
        number = numbers.get(row, 0)
        numbers[row] = number + 1
        ids.append(f"{codes[row]}{number:02d}")
    return ids


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
