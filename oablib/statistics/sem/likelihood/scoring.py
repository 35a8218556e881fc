"""The usual search: Fisher's scoring, then Newton's steps; most models need five to ten."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.likelihood.moments import Moments
from oablib.statistics.sem.likelihood.problem import Problem

# Newton decrement per row: the distance to the optimum is this times sqrt(n) standard errors,
# 1.4e-8 of one at n = 19,247. Rounding stops the search near 1e-15.
DECREMENT_TOLERANCE = 1e-10
# From this decrement on Newton's steps are tried: near enough for the quadratic to be right.
NEWTON_DECREMENT = 0.1
# What has an ordinary end is there after 12 steps at most (all models of the tests).
MAX_STEPS = 50
MAX_HALVINGS = 40
# Log-likelihood per row cannot be compared more finely than this.
LOGLIK_ROUNDING = 1e-13
# Steps without a gain beyond rounding after which no further one can bring any.
IDLE_STEPS = 5
# Smallest eigenvalue of the information in correlation form while searching, where a flat
# direction may yet become a slope.
SEARCH_TOLERANCE = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class End:
    """Where a search ended.

    theta: shape (k,), standardised units. at: implied moments per group. loglik and decrement:
    per row; the decrement is Newton's and says how far an optimum is. concave: whether the
    likelihood was seen to be so here, along what limits leave. held: positions in problem.limits
    of those that hold as equalities.
    """

    theta: NDArray
    at: tuple[Moments, ...]
    loglik: float
    decrement: float
    concave: bool
    held: tuple[int, ...] = ()


def search(problem: Problem, theta: NDArray) -> End:
    """Search from `theta`, shape (k,), along problem.directions and without regard to limits.

    Ends where the decrement is below its tolerance, where steps bring no more than rounding, or
    after MAX_STEPS. Raises LinAlgError when `theta` implies a covariance matrix that no data can
    have.
    """
    at = problems.implied(problem, theta)
    height = problems.loglik(problem, at)
    decrement, idle = np.inf, 0
    for count in range(MAX_STEPS):
        score = problems.gradient(problem, at, moving=True)
        move, concave = _step(problem, at, score, newton=decrement < NEWTON_DECREMENT)
        decrement = float(np.sqrt(max(score @ move, 0.0)))
        if decrement < DECREMENT_TOLERANCE or idle == IDLE_STEPS:
            # Least squares, with which models of paths start, is no saddle.
            concave = concave or (count == 0 and not problem.spec.latent)
            break
        floor = height - LOGLIK_ROUNDING * abs(height)
        higher = _uphill(problem, theta, move, floor=floor)
        if higher is None:
            break
        gain, (theta, at, height) = higher[2] - height, higher
        idle = idle + 1 if gain <= LOGLIK_ROUNDING * abs(height) else 0
    return End(theta, at, height, decrement, concave)


def _step(
    problem: Problem, at: tuple[Moments, ...], score: NDArray, *, newton: bool
) -> tuple[NDArray, bool]:
    """Newton's step where the likelihood is concave and the optimum near, else Fisher's.

    With whether it is Newton's.
    """
    if newton:
        half = inverse_half(problems.observed_information(problem, at, moving=True))
        if half is not None:
            return half.T @ (half @ score), True
    information = problems.expected_information(problem, at, moving=True)
    size = sizes(information)
    eigenvalues, vectors = np.linalg.eigh(information / np.outer(size, size))
    floored = np.maximum(eigenvalues, SEARCH_TOLERANCE)
    return vectors @ ((vectors.T @ (score / size)) / floored) / size, False


def sizes(information: NDArray) -> NDArray:
    """Roots of the diagonal, shape (k,); 1 for a parameter about which there is no information."""
    size = np.sqrt(np.diag(information))
    return np.where(size > 0, size, 1.0)


def inverse_half(matrix: NDArray) -> NDArray | None:
    """h with h'h the inverse of the matrix; None where that is not positive definite."""
    try:
        return np.linalg.inv(np.linalg.cholesky(matrix))
    except np.linalg.LinAlgError:
        return None


def _uphill(
    problem: Problem, theta: NDArray, move: NDArray, *, floor: float
) -> tuple[NDArray, tuple[Moments, ...], float] | None:
    """The full step, or its first half, quarter ... that does not lower the likelihood."""
    for halving in range(MAX_HALVINGS):
        candidate = problems.moved(problem, theta, move / 2**halving)
        there, height = problems.trial(problem, candidate)
        if there is not None and height >= floor:
            return candidate, there, height
    return None
