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
