"""Least squares with errors clustered by school, and what each school adds to the coefficients."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from oablib.base.errors import EstimationError

# Length that a column of norm 1 keeps beside those before it; exact dependence leaves 1e-15.
COLLINEAR_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """coefficients: (k,). influence: (G, k), sum over a school's children of (X'WX)^-1 w x e.

    covariance: (k, k), clustered by school.
    """

    coefficients: NDArray
    influence: NDArray
    covariance: NDArray


def regress(
    outcome: NDArray, design: pd.DataFrame, *, schools: NDArray, weights: NDArray | None
) -> Regression:
    """Regression of `outcome`, shape (n,), on the columns of `design`, shape (n, k).

    schools: code 0..G-1 of each row. weights: (n,), of sampling. The covariance is the sandwich
    of Liang & Zeger (1986, Biometrika 73:13) times G/(G-1) (n-1)/(n-k), the correction of Stata
    and statsmodels. Raises EstimationError for collinear columns and for a single school.
    """
    n, k = design.shape
    n_schools = int(schools.max()) + 1
    if n_schools < 2:
        raise EstimationError(
            "Regression for scale values: all children attend one school; errors clustered by "
            "school need two or more."
        )
    X = design.to_numpy(dtype=np.float64)
    rows = np.column_stack([X, outcome])
    weighted = rows if weights is None else rows * np.sqrt(weights)[:, None]
    triangle = np.asarray(np.linalg.qr(weighted, mode="r"))
    r = triangle[:k, :k]
    # A vanishing diagonal of R marks a column that adds nothing to those before it.
    length = np.linalg.norm(r, axis=0).clip(1e-300)
    lost = list(design.columns[np.abs(np.diag(r)) / length < COLLINEAR_TOLERANCE])
    if lost:
        raise EstimationError(
            f"Regression for scale values: {lost} follow exactly from the other columns "
            "(or are constant); leave them out of the model."
        )
    coefficients = solve_triangular(r, triangle[:k, k])
    error = outcome - X @ coefficients
    pull = error if weights is None else error * weights
    sums = np.array([np.bincount(schools, column * pull, n_schools) for column in X.T])
    influence = solve_triangular(r, solve_triangular(r, sums, trans="T")).T
    correction = n_schools / (n_schools - 1) * (n - 1) / (n - k)
    return Regression(coefficients, influence, correction * influence.T @ influence)
