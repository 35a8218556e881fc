"""Whether a search ended at an optimum, free of the units of the data and of their collinearity.

An optimum has a Newton decrement of next to nothing and a concave likelihood. The decrement is
measured as the length of a projection: residual moments, whitened by the implied ones, onto
their derivatives. So it is as exact as the moments are, however nearly columns depend on each
other, where single scores are sums of large numbers that cancel out.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import null_space

from oablib.base.errors import EstimationError
from oablib.statistics.sem.data.checks import smallest_eigenvalue
from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.likelihood.problem import Problem
from oablib.statistics.sem.likelihood.scoring import DECREMENT_TOLERANCE, End, inverse_half, sizes
from oablib.statistics.sem.text.spec import FIXED

# A largest |score| per row in standardised units below this needs no further look.
GRADIENT_TOLERANCE = 1e-8
# Roundings of moments in double precision, of which each is enlarged by one over the smallest
# eigenvalue of the correlation matrix.
ROUNDINGS = 10
# Smallest eigenvalue of the information in correlation form; below it nothing can be solved.
IDENTIFICATION_TOLERANCE = 1e-12
# Weight in the undetermined combination from which a parameter is named.
UNDETERMINED_SHARE = 1e-3


def largest_score(problem: Problem, end: End) -> float:
    """Largest |score| per row along what equalities and limits leave, closed parameters too."""
    score = problems.gradient(problem, end.at)
    moving = problems.across(problem, score[None])[0] @ _axes(problem, end)
    score[problem.searched] = 0.0
    return float(np.abs(np.concatenate([score, moving])).max(initial=0.0))


def doubt(problem: Problem, end: End, *, norm: float) -> str:
    """Why this is no certified optimum; empty where it is one. norm: its largest score."""
    tolerance, decrement = DECREMENT_TOLERANCE, end.decrement
    if decrement > tolerance or norm > GRADIENT_TOLERANCE:
        tolerance = max(tolerance, rounding(problem))
        decrement = _decrement(problem, end)
    if not decrement <= tolerance:
        return (
            f"Newton decrement {decrement:.1e} per row, expected at most {tolerance:.0e}; largest "
            f"score {norm:.1e}"
        )
    if not end.concave and not _is_concave(problem, end):
        return "it ended on a saddle, where the likelihood is not concave"
    return ""


def rounding(problem: Problem) -> float:
    """Newton decrement per row that rounding of the moments alone can leave."""
    smallest = min(smallest_eigenvalue(group.cov) for group in problem.sample.groups)
    return ROUNDINGS * np.finfo(float).eps / max(smallest, np.finfo(float).tiny)


def fail_if_model_is_not_identified(problem: Problem, ends: list[End]) -> None:
    """Raise EstimationError that names parameters that the data separate at no end.

    ends: points to examine; where a search ended without optimum the information may be singular
    by chance.
    """
    for end in ends:
        names = _undetermined(problem, end)
        if not names:
            return
    raise EstimationError(
        f"The model is not identified: the data cannot tell {', '.join(names)} apart; "
        "leave one of them out or fix it."
    )


def _undetermined(problem: Problem, end: End) -> list[str]:
    axes = _axes(problem, end)
    information = axes.T @ problems.expected_information(problem, end.at, moving=True) @ axes
    if not len(information):
        return []
    size = sizes(information)
    eigenvalues, vectors = np.linalg.eigh(information / np.outer(size, size))
    if eigenvalues[0] >= IDENTIFICATION_TOLERANCE:
        return []
    weight = np.zeros(problem.spec.n_free)
    weight[problem.searched] = np.abs(problems.along(problem.directions, axes @ vectors[:, 0]))
    return list(
        dict.fromkeys(
            f"`{cell.lhs} {cell.op} {cell.rhs}`".replace(" `", "`")
            for cell in problem.spec.cells
            if cell.free != FIXED and weight[cell.free] > UNDETERMINED_SHARE
        )
    )


def _axes(problem: Problem, end: End) -> NDArray:
    """What limits that hold leave to the search, shape (s, q)."""
    if problem.limits is None or not end.held:
        s = len(problem.searched)
        return np.eye(s if problem.directions is None else problem.directions.basis.shape[1])
    return null_space(problems.across(problem, problem.limits.rows[list(end.held)]))


def _is_concave(problem: Problem, end: End) -> bool:
    axes = _axes(problem, end)
    curvature = axes.T @ problems.observed_information(problem, end.at, moving=True) @ axes
    return inverse_half(curvature) is not None


def _decrement(problem: Problem, end: End) -> float:
    """Root of score' information^-1 score of all parameters, with the expected information."""
    k, n = problem.spec.n_free, problem.sample.n
    residuals, slopes = [], []
    for layout, at, group in zip(problem.layouts, end.at, problem.sample.groups, strict=True):
        left, by_cell = problems.whitened(at, layout.places, group)
        weight = np.sqrt(group.n / n)
        residuals.append(weight * left)
        slopes.append(weight * layout.gather(by_cell, k))
    left, by_parameter = np.concatenate(residuals), np.concatenate(slopes)
    closed = np.setdiff1d(np.arange(k), problem.searched)
    moving = problems.across(problem, by_parameter) @ _axes(problem, end)
    basis = np.concatenate([by_parameter[:, closed], moving], axis=1)
    length = np.linalg.norm(basis, axis=0)
    q, _ = np.linalg.qr(basis[:, length > 0] / length[length > 0])
    return float(np.linalg.norm(q.T @ left))
