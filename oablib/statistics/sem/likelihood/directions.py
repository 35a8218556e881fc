"""What linear restrictions leave: directions along equalities, and the room within limits.

Along equalities theta = origin + basis z. Each equality gives up one parameter, which becomes a
function of those that stay. What equalities determine alone is exact, without rounding, and its row
of the basis is zero.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

# Share of the largest entry below which elimination has left rounding.
ROUNDING = 1e-13
# The same for what is left of a row that depends on others.
DEPENDENT = 1e-11


@dataclass(frozen=True, slots=True, eq=False)
class Directions:
    """origin: one solution of the equalities, shape (s,); basis: (s, q), of full rank."""

    origin: NDArray
    basis: NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """rows theta >= floors; rows of shape (r, k), standardised units, each about of length 1."""

    rows: NDArray
    floors: NDArray

    def slack(self, theta: NDArray) -> NDArray:
        """What is left to each limit, shape (r,); below 0 where it is broken."""
        return self.rows @ theta - self.floors

    def snapped(self, theta: NDArray) -> NDArray:
        """Parameters with those exactly on a limit of their own that are so but for rounding."""
        single = (self.rows != 0).sum(axis=1) == 1
        result = theta.copy()
        for row in np.flatnonzero(single & (np.abs(self.slack(theta)) < ROUNDING)):
            number = np.flatnonzero(self.rows[row])[0]
            result[number] = self.floors[row] / self.rows[row, number]
        return result

    def are_met(self, theta: NDArray) -> bool:
        """Whether no limit is broken by more than rounding."""
        return bool((self.slack(theta) >= -ROUNDING).all())


def least_move(rows: NDArray, slack: NDArray) -> NDArray:
    """The smallest x with rows x + slack >= 0, shape (q,); rows (r, q), slack (r,).

    Lawson & Hanson (1974, Solving Least Squares Problems, ch. 23, problem LDP).
    """
    left = np.concatenate([rows.T, -slack[None]])
    right = np.zeros(len(left))
    right[-1] = 1.0
    rest = left @ nnls(left, right)[0] - right
    return -rest[:-1] / rest[-1]


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
