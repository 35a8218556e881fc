"""Directions that linear equalities leave: theta = origin + basis z.

Each equality gives up one parameter, which becomes a function of those that stay. What equalities
determine alone is exact, without rounding, and its row of the basis is zero.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Share of the largest entry below which elimination has left rounding.
ROUNDING = 1e-13
# The same for what is left of a row that depends on others.
DEPENDENT = 1e-11


@dataclass(frozen=True, slots=True, eq=False)
class Directions:
    """origin: one solution of the equalities, shape (s,); basis: (s, q), of full rank."""

    origin: NDArray
    basis: NDArray


def of_equalities(rows: NDArray, constants: NDArray) -> Directions:
    """Solve rows theta + constants = 0; rows (m, s) of rank m, constants (m,).

    Gauss-Jordan elimination, each time of the largest entry (Golub & Van Loan, 2013, section 3.4).
    Raises LinAlgError where one row depends on the others.
    """
    left = np.concatenate([rows, -constants[:, None]], axis=1)
    size = np.abs(rows).max(initial=0.0)
    m, s = rows.shape
    open_rows, given_up = list(range(m)), np.zeros(m, dtype=int)
    for _ in range(m):
        entries = np.abs(left[open_rows, :s])
        place, column = np.unravel_index(np.argmax(entries), entries.shape)
        if entries[place, column] <= DEPENDENT * size:
            raise np.linalg.LinAlgError("one row depends on the others")
        row = open_rows.pop(int(place))
        given_up[row] = column
        left[row] /= left[row, column]
        others = np.arange(m) != row
        left[others] -= np.outer(left[others, column], left[row])
        left[others, column] = 0.0
    left[:, :s][np.abs(left[:, :s]) < ROUNDING * size] = 0.0
    kept = np.setdiff1d(np.arange(s), given_up)
    basis, origin = np.zeros((s, len(kept))), np.zeros(s)
    basis[kept, np.arange(len(kept))] = 1.0
    basis[given_up], origin[given_up] = -left[:, kept], left[:, s]
    return Directions(origin, basis)
