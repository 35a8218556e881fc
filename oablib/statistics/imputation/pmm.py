"""Predictive mean matching: a value is taken from a child whose prediction is near."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular

from oablib.base.errors import ImputationError
from oablib.statistics.imputation.predictors import View
from oablib.statistics.imputation.variables import Variable

RIDGE = 1e-5  # share of each diagonal element that is added to X'X; mice's ls.meth = "ridge"


class Pmm:
    """Bayesian linear regression of the score and type-1 matching on `donors` nearest children.

    Known cells are predicted with the estimate, unknown ones with a draw from the posterior (type
    1); one of the nearest known cells gives its value (Little, 1988; Van Buuren, 2018, Flexible
    Imputation of Missing Data, 2nd ed., algorithm 3.3). Levels are regressed and matched by their
    scores, one dimension for all of them.
    """

    name = "pmm"

    def __init__(self, variable: Variable, *, donors: int) -> None:
        self._variable, self._donors = variable, donors
        known = int((~variable.unknown).sum())
        if not 1 <= donors <= known:
            raise ImputationError(
                f"{variable.name}: {donors} donors were asked of {known} known values; set donors "
                f"in params/rules/imputation.yaml to 1 to {known}."
            )

    def draw(self, view: View, values: NDArray, *, rng: np.random.Generator) -> NDArray:
        """Values of donors for the unknown cells."""
        unknown, x = self._variable.unknown, view.columns().matrix
        known, y = x[~unknown], self._variable.score(values[~unknown])
        estimate, drawn = coefficients(known, y, rng=rng)
        rows = nearest(known @ estimate, x[unknown] @ drawn, donors=self._donors, rng=rng)
        return values[~unknown][rows]


def coefficients(x: NDArray, y: NDArray, *, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    """Least squares and a draw from its posterior under flat priors, both (p,).

    x (n, p), y (n,). A column of zeros, as of a category that no known child has, gets 0 and the
    error of a single child. Source: Van Buuren (2018), algorithm 3.1; mice's .norm.draw.
    """
    square = x.T @ x
    size = np.diag(square)
    square[np.diag_indices_from(square)] += np.where(size > 0, RIDGE * size, 1.0)
    factor = cho_factor(square, lower=True)
    estimate = cho_solve(factor, x.T @ y)
    left = y - x @ estimate
    # At least one degree of freedom, as mice's.
    sigma = np.sqrt(left @ left / rng.chisquare(max(len(y) - x.shape[1], 1)))
    spread = solve_triangular(factor[0], rng.standard_normal(x.shape[1]), lower=True, trans="T")
    return estimate, estimate + sigma * spread


def nearest(
    donors_at: NDArray, targets: NDArray, *, donors: int, rng: np.random.Generator
) -> NDArray:
    """For each target one of the `donors` nearest donors at random, shape as targets.

    donors_at (n,), targets (t,): predictions. Returns row numbers of donors_at; donors with equal
    predictions count in random order.
    """
    mixed = rng.permutation(len(donors_at))
    order = mixed[np.argsort(donors_at[mixed], kind="stable")]
    ladder = donors_at[order]
    middle = np.searchsorted(ladder, targets)
    # The nearest k are neighbours in order; they move up while the next is nearer than the first.
    low = np.clip(middle - donors, 0, len(ladder) - donors)
    for _ in range(donors):
        beyond = np.minimum(low + donors, len(ladder) - 1)
        nearer = (ladder[beyond] - targets < targets - ladder[low]) & (low + donors < len(ladder))
        low = low + nearer
    return order[low + rng.integers(donors, size=len(targets))]
