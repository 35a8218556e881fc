"""Exact maximum likelihood: Fisher scoring, then Newton's steps, and a certificate at the end."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import EstimationError
from oablib.statistics.sem import problem as problems
from oablib.statistics.sem import start
from oablib.statistics.sem.moments import Moments
from oablib.statistics.sem.problem import Problem
from oablib.statistics.sem.spec import FIXED

# Newton decrement per row: the distance to the optimum is this times sqrt(n) standard errors,
# 1.4e-8 of one at n = 19,247. Rounding stops the search near 1e-15.
DECREMENT_TOLERANCE = 1e-10
# Largest |score| per row in standardised units that an optimum may show.
GRADIENT_TOLERANCE = 1e-8
# From this decrement on Newton's steps are tried: near enough for the quadratic to be right.
NEWTON_DECREMENT = 0.1
MAX_STEPS = 500
MAX_HALVINGS = 40
# Log-likelihood per row cannot be compared more finely than this.
LOGLIK_ROUNDING = 1e-13
# Smallest eigenvalue of the information in correlation form; below it nothing can be solved.
IDENTIFICATION_TOLERANCE = 1e-12
# The same while searching, where a flat direction may yet become a slope.
SEARCH_TOLERANCE = 1e-8
# Weight in the undetermined combination from which a parameter is named.
UNDETERMINED_SHARE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """theta: shape (k,), standardised units. at: implied moments per group.

    tangent: directions that equalities and active limits leave there, shape (k, q), None for all.
    active: positions in spec.restrictions of the limits that hold as equalities.
    """

    theta: NDArray
    at: tuple[Moments, ...]
    gradient_norm: float
    tangent: NDArray | None = None
    active: tuple[int, ...] = ()


def estimate(problem: Problem, theta: NDArray | None = None) -> Optimum:
    """Maximise the likelihood of all variables, exogenous ones included.

    theta: where to start, shape (k,). Restrictions are those of problem.directions alone;
    `constrained.estimate` meets all of the model's.
    Raises EstimationError when the model is not identified or the search ends without
    certificate: Newton decrement and largest score per row below the tolerances above.
    """
    theta = start.values(problem) if theta is None else theta
    try:
        at = problems.implied(problem, theta)
    except np.linalg.LinAlgError:
        raise EstimationError(
            "The fixed values imply a covariance matrix that no data can have; change or free "
            "them, or give starting values: `start(0.5)*x`."
        ) from None
    decrement = norm = np.inf
    for _ in range(MAX_STEPS):
        score = problems.gradient(problem, at, moving=True)
        move = _step(problem, at, score, newton=decrement < NEWTON_DECREMENT)
        decrement = float(np.sqrt(max(score @ move, 0.0)))
        norm = float(np.abs(score).max(initial=0.0))
        if decrement < DECREMENT_TOLERANCE and norm < GRADIENT_TOLERANCE:
            return _certified(problem, theta, at)
        theta, at = _uphill(problem, theta, at, move)
    raise EstimationError(
        f"No optimum after {MAX_STEPS} scoring steps: Newton decrement {decrement:.1e}, largest "
        f"score {norm:.1e} per row, expected {DECREMENT_TOLERANCE:.0e} and "
        f"{GRADIENT_TOLERANCE:.0e}.{_below_zero(problem, at)} Simplify the model or check that it "
        "is identified."
    )


def _below_zero(problem: Problem, at: tuple[Moments, ...]) -> str:
    """The commonest reason why a search has no end."""
    names = [
        n for m in at for n, v in zip(problem.spec.variables, np.diag(m.S), strict=True) if v < 0
    ]
    return f" The variance of {', '.join(dict.fromkeys(names))} runs below zero." if names else ""


def _step(problem: Problem, at: tuple[Moments, ...], score: NDArray, *, newton: bool) -> NDArray:
    """Newton's step where the likelihood is concave and the optimum near, else Fisher's."""
    if newton:
        observed = problems.observed_information(problem, at, moving=True)
        try:
            half = np.linalg.inv(np.linalg.cholesky(observed))
        except np.linalg.LinAlgError:
            pass
        else:
            return half.T @ (half @ score)
    information = problems.expected_information(problem, at, moving=True)
    size = np.sqrt(np.diag(information))
    eigenvalues, vectors = np.linalg.eigh(information / np.outer(size, size))
    floored = np.maximum(eigenvalues, SEARCH_TOLERANCE)
    return vectors @ ((vectors.T @ (score / size)) / floored) / size


def _uphill(
    problem: Problem, theta: NDArray, at: tuple[Moments, ...], move: NDArray
) -> tuple[NDArray, tuple[Moments, ...]]:
    """The full step, or its first half, quarter ... that does not lower the likelihood."""
    floor = problems.loglik(problem, at)
    floor -= LOGLIK_ROUNDING * abs(floor)
    for halving in range(MAX_HALVINGS):
        candidate = problems.moved(problem, theta, move / 2**halving)
        try:
            there = problems.implied(problem, candidate)
        except np.linalg.LinAlgError:
            continue
        if problems.loglik(problem, there) >= floor:
            return candidate, there
    raise EstimationError(
        f"No step along the score raises the likelihood ({MAX_HALVINGS} halvings); "
        "simplify the model or check that it is identified."
    )


def _certified(problem: Problem, theta: NDArray, at: tuple[Moments, ...]) -> Optimum:
    """The optimum, with the score of all parameters, searched and closed."""
    information = problems.expected_information(problem, at, moving=True)
    _fail_if_model_is_not_identified(problem, information)
    closed = np.setdiff1d(np.arange(problem.spec.n_free), problem.searched)
    score = [problems.gradient(problem, at)[closed], problems.gradient(problem, at, moving=True)]
    norm = float(np.abs(np.concatenate(score)).max())
    if norm > GRADIENT_TOLERANCE:
        raise EstimationError(
            f"The search ended with a score of {norm:.1e} per row; expected at most "
            f"{GRADIENT_TOLERANCE:.0e}. Rescale variables whose means are far from zero."
        )
    return Optimum(theta, at, norm)


def _fail_if_model_is_not_identified(problem: Problem, information: NDArray) -> None:
    if not len(information):
        return
    size = np.sqrt(np.diag(information))
    eigenvalues, vectors = np.linalg.eigh(information / np.outer(size, size))
    if eigenvalues[0] >= IDENTIFICATION_TOLERANCE:
        return
    weight = np.zeros(problem.spec.n_free)
    weight[problem.searched] = np.abs(problems.along(problem.directions, vectors[:, 0]))
    undetermined = {
        f"`{cell.lhs} {cell.op} {cell.rhs}`".replace(" `", "`"): None
        for cell in problem.spec.cells
        if cell.free != FIXED and weight[cell.free] > UNDETERMINED_SHARE
    }
    raise EstimationError(
        f"The model is not identified: the data cannot tell {', '.join(undetermined)} apart; "
        "leave one of them out or fix it."
    )
