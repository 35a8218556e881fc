"""Sampling covariance of the parameters: inverse information, or the sandwich around it.

Robust errors follow lavaan's estimator MLR: bread = observed information, meat = casewise scores
summed per row (Huber, 1967; White, 1982) or per cluster (Liang & Zeger, 1986).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import EstimationError
from oablib.statistics.sem.data.checks import smallest_eigenvalue
from oablib.statistics.sem.data.rows import count
from oablib.statistics.sem.data.sample import GroupSample
from oablib.statistics.sem.likelihood import moments, patterns
from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.likelihood.layout import Places
from oablib.statistics.sem.likelihood.moments import Moments
from oablib.statistics.sem.likelihood.problem import Problem
from oablib.statistics.sem.likelihood.scoring import inverse_half
from oablib.statistics.sem.search.estimation import Optimum

# Smallest eigenvalue of a correlation matrix whose information can be inverted as it is.
WELL_APART = 1e-3
Errors = Literal["robust", "observed", "expected"]
Information = Literal["observed", "expected"]


@dataclass(frozen=True, slots=True, eq=False)
class _Given:
    """Covariances of one group's exogenous variables, where they are those of the sample.

    Nothing else depends on them. Whitened, x = root u, they have a diagonal information, and so
    keep all digits however nearly columns depend on each other; the inverse of the information
    about covariances themselves keeps none where columns as year and year squared do.
    numbers: (e,), their parameters; information: (e,), of all rows about the whitened ones;
    weights: (q, e), of the features in their scores, and span, where these are; turn: (e, e),
    derivatives of covariances to whitened ones.
    """

    numbers: NDArray
    information: NDArray
    weights: NDArray
    span: slice
    turn: NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Sandwich:
    """bread: inverse observed information of all rows; meat: products of scores; both (k, k).

    In coordinates in which what is `given` is whitened.
    """

    bread: NDArray
    meat: NDArray
    given: tuple[_Given, ...]


def sandwich(problem: Problem, optimum: Optimum) -> Sandwich:
    """Both parts for all free parameters, in standardised units."""
    given = tuple(_given(problem))
    bread = _bread(problem, optimum, given, information="observed")
    if patterns.groups(problem.sample):
        return Sandwich(bread, meat(problem, optimum.at), given)
    weights = score_weights(problem, optimum.at)
    for part in given:
        weights[:, part.numbers] = 0.0
        weights[part.span, part.numbers] = part.weights
    return Sandwich(bread, weights.T @ problem.sample.products @ weights, given)


def meat(problem: Problem, at: tuple[Moments, ...]) -> NDArray:
    """Products of the scores of all free parameters, summed over rows or clusters, (k, k)."""
    if patterns.groups(problem.sample):
        return patterns.meat(problem.layouts, at, problem.sample, problem.spec.n_free)
    weights = score_weights(problem, at)
    return weights.T @ problem.sample.products @ weights


def covariance(problem: Problem, optimum: Optimum, parts: Sandwich, *, errors: Errors) -> NDArray:
    """Sampling covariance of all free parameters in standardised units, shape (k, k)."""
    if errors == "expected":
        return bread(problem, optimum, information="expected")
    plain = errors == "observed"
    return _turned(parts.bread if plain else parts.bread @ parts.meat @ parts.bread, parts.given)


def bread(problem: Problem, optimum: Optimum, *, information: Information) -> NDArray:
    """Inverse of the information of all rows, shape (k, k).

    Where equalities or active limits hold, the inverse is along the directions that they leave, as
    by lavaan's augmented information (Aitchison & Silvey, 1958, Ann. Math. Stat. 29:813). It takes
    a curved constraint by its tangent, which is right where the constraint is true. Raises
    EstimationError where the observed information is not positive definite there: a saddle.
    """
    given = tuple(_given(problem))
    return _turned(_bread(problem, optimum, given, information=information), given)


def _bread(
    problem: Problem, optimum: Optimum, given: tuple[_Given, ...], *, information: Information
) -> NDArray:
    n, at = problem.sample.n, optimum.at
    if information == "expected":
        whole = n * problems.expected_information(problem, at)
    else:
        whole = n * problems.observed_information(problem, at)
    for part in given:
        whole[part.numbers] = whole[:, part.numbers] = 0.0
        whole[part.numbers, part.numbers] = part.information
    if optimum.tangent is None:
        return _inverse(whole)
    tangent = optimum.tangent
    return tangent @ _inverse(tangent.T @ whole @ tangent) @ tangent.T


def _inverse(whole: NDArray) -> NDArray:
    size = np.sqrt(np.abs(np.diag(whole)))
    half = inverse_half(whole / np.outer(size, size))
    if half is None:
        raise EstimationError(
            "The search ended on a saddle of the likelihood (information not positive definite); "
            "simplify the model or check that it is identified."
        )
    return half.T @ half / np.outer(size, size)


def _given(problem: Problem) -> Iterator[_Given]:
    """Of each group where it is worth while, and where exogenous moments are not searched for."""
    spec, p = problem.spec, len(problem.spec.observed)
    first = p - len(spec.exogenous)
    for number, group in enumerate(problem.sample.groups):
        cov = group.cov[first:, first:]
        if len(cov) < 2 or smallest_eigenvalue(cov) > WELL_APART:
            continue
        a, b = np.triu_indices(len(cov))
        cells = [
            cell
            for cell in spec.cells
            if cell.exogenous and cell.matrix == "S" and cell.group == number
        ]
        numbers = np.array([cell.free for cell in cells], dtype=int)
        if not len(cells) or len(cells) < len(a) or np.isin(numbers, problem.searched).any():
            continue
        root = np.linalg.cholesky(cov)
        white = np.linalg.solve(root, group.root[first:]).T
        half = np.where(a == b, 0.5, 1.0)
        weights = np.zeros((count(len(white)), len(a)))
        weights[0] = np.where(a == b, -0.5, 0.0)
        weights[1 + len(white) :] = square_weights(white[:, a], white[:, b]) * half
        rows = np.array([cell.row for cell in cells]) - first
        columns = np.array([cell.column for cell in cells]) - first
        turn = square_weights(root[rows].T, root[columns].T).T
        yield _Given(numbers, group.n * half, weights, problem.sample.spans[number], turn)


def _turned(covariance: NDArray, given: tuple[_Given, ...]) -> NDArray:
    """A covariance matrix of parameters from one in which given moments are whitened."""
    result = covariance.copy()
    for part in given:
        result[part.numbers] = part.turn @ result[part.numbers]
        result[:, part.numbers] = result[:, part.numbers] @ part.turn.T
    return result


def score_weights(problem: Problem, at: tuple[Moments, ...]) -> NDArray:
    """Weights of the features in the scores of the free parameters, shape (G q, k)."""
    k = problem.spec.n_free
    groups = zip(problem.layouts, at, problem.sample.groups, strict=True)
    return np.concatenate(
        [each.gather(cell_weights(here, each.places, g), k) for each, here, g in groups]
    )


def cell_weights(at: Moments, places: Places, group: GroupSample) -> NDArray:
    """Weights of one group's features in the scores of the cells at `places`, shape (q, c).

    With d = z - mean = root u + gap, the score of a cell is f (l'Pd r'Pd - l'Pr) + D'Pd.
    """
    by = moments.slopes(at, places)
    pull = group.root.T @ at.precision
    gap = (group.mean - at.mean) @ at.precision
    a, b = pull @ by.L, pull @ by.R
    level = np.einsum("pc,pc->c", by.L, at.precision @ by.R)
    constant = by.f * ((gap @ by.L) * (gap @ by.R) - level) + gap @ by.D
    linear = by.f * (a * (gap @ by.R) + b * (gap @ by.L)) + pull @ by.D
    return np.concatenate([constant[None], linear, by.f * square_weights(a, b)])


def square_weights(a: NDArray, b: NDArray) -> NDArray:
    """Weights of u_i u_j (i <= j) in (a'u) (b'u), for columns of a and b, shape (pairs, c)."""
    i, j = np.triu_indices(len(a))
    return (a[i] * b[j] + a[j] * b[i]) * np.where(i == j, 0.5, 1.0)[:, None]
