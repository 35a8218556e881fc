"""Maximum likelihood where restrictions that are not linear hold as equalities.

Sequential quadratic programming: each step meets the restrictions' tangents and maximises a
quadratic that bends as likelihood and restrictions do (Nocedal & Wright, 2006, Numerical
Optimization, ch. 18).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import EstimationError
from oablib.statistics.sem.likelihood import directions
from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.likelihood.problem import Problem
from oablib.statistics.sem.likelihood.scoring import LOGLIK_ROUNDING, inverse_half

# Value and derivatives of the restrictions at some parameters, shapes (w,) and (w, k).
Relations = Callable[[NDArray], tuple[NDArray, NDArray]]
# As in estimation: Newton decrement and score per row; by how much a restriction may be missed.
DECREMENT_TOLERANCE = 1e-11
SCORE_TOLERANCE = 1e-9
VALUE_TOLERANCE = 1e-12
MAX_STEPS = 200
MAX_HALVINGS = 30
# Change of a parameter, standardised, over which derivatives are compared: a second derivative
# is then right to some ten digits.
DIFFERENCE = 1e-5
# How much a broken restriction weighs in a step, against its multiplier.
PENALTY = 2.0


class _Step(NamedTuple):
    """move: of all parameters, shape (k,). decrement, score: of the likelihood along the tangent.

    missed: by how much restrictions are broken; penalty: what that costs, so that the step pays.
    """

    move: NDArray
    decrement: float
    score: float
    missed: float
    penalty: float


def maximise(problem: Problem, relations: Relations, theta: NDArray) -> NDArray:
    """Parameters, shape (k,), at which the restrictions hold and the score along them vanishes.

    theta: where to start. Raises EstimationError where the search does not end.
    """
    penalty = 0.0
    for _ in range(MAX_STEPS):
        step = _step(problem, relations, theta)
        missed, penalty = step.missed, max(step.penalty, penalty)
        done = step.decrement < DECREMENT_TOLERANCE and step.score < SCORE_TOLERANCE
        if done and missed < VALUE_TOLERANCE:
            return theta
        moved = _uphill(problem, relations, theta, step.move, penalty)
        if moved is None:
            break
        theta = moved
    raise EstimationError(
        f"No optimum that meets the constraints was found: the nearest misses them by {missed:.1e} "
        f"with a score of {step.score:.1e} per row. Give starting values that meet them, such as "
        "`start(0.5)*x`, or constraints that are linear in the labels."
    )


def _step(problem: Problem, relations: Relations, theta: NDArray) -> _Step:
    at, (value, rows) = problems.implied(problem, theta), relations(theta)
    score = problems.gradient(problem, at)
    multipliers = np.linalg.lstsq(rows.T, -score, rcond=None)[0]
    basis = directions.of_equalities(rows, np.zeros(len(rows))).basis
    back = -np.linalg.lstsq(rows, value, rcond=None)[0]
    curvature = problems.observed_information(problem, at)
    curvature = curvature - _bend(problem, relations, theta, multipliers)
    reduced = basis.T @ curvature @ basis
    if inverse_half(reduced) is None:
        curvature = problems.expected_information(problem, at)
        reduced = basis.T @ curvature @ basis
    along = np.linalg.solve(reduced, basis.T @ (score - curvature @ back))
    move = back + basis @ along
    there = np.linalg.lstsq(rows.T, curvature @ move - score, rcond=None)[0]
    return _Step(
        move=move,
        decrement=float(np.sqrt(max(along @ reduced @ along, 0.0))),
        score=float(np.abs(basis.T @ score).max(initial=0.0)),
        missed=float(np.abs(value).max()),
        penalty=PENALTY * float(np.abs(there).max()),
    )


def _bend(problem: Problem, relations: Relations, theta: NDArray, multipliers: NDArray) -> NDArray:
    """Second derivatives of the restrictions, each times its multiplier, shape (k, k)."""
    bend = np.zeros((len(theta), len(theta)))
    for number in problem.spec.restricted:
        step = np.zeros(len(theta))
        step[number] = DIFFERENCE
        ahead, behind = (multipliers @ relations(theta + s * step)[1] for s in (1, -1))
        bend[number] = (ahead - behind) / (2 * DIFFERENCE)
    return (bend + bend.T) / 2


def _uphill(
    problem: Problem, relations: Relations, theta: NDArray, move: NDArray, penalty: float
) -> NDArray | None:
    """The longest part of the step, halved again and again, that does not lower the merit."""
    floor = _merit(problem, relations, theta, penalty)
    floor -= LOGLIK_ROUNDING * abs(floor)
    for halving in range(MAX_HALVINGS):
        there = theta + move / 2**halving
        if _merit(problem, relations, there, penalty) >= floor:
            return there
        if halving == 0:
            # A curved restriction is missed by the square of the step: go back to it.
            value, rows = relations(there)
            there = there - np.linalg.lstsq(rows, value, rcond=None)[0]
            if _merit(problem, relations, there, penalty) >= floor:
                return there
    return None


def _merit(problem: Problem, relations: Relations, theta: NDArray, penalty: float) -> float:
    """Log-likelihood per row, less what broken restrictions cost."""
    try:
        at, (value, _) = problems.implied(problem, theta), relations(theta)
    except (np.linalg.LinAlgError, EstimationError):
        return -np.inf
    return problems.loglik(problem, at) - penalty * float(np.abs(value).sum())
