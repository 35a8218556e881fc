"""The search for what scoring does not reach: Newton's method in a trust region, within limits.

Each step maximises the second-order model of the likelihood, with its exact curvature, within the
distance at which such a model was right so far (More & Sorensen, 1983, SIAM J. Sci. Stat. Comput.
4:553; Nocedal & Wright, 2006, Numerical Optimization, ch. 4). So the search leaves saddles and
follows bent ridges. Limits that are reached hold as equalities for as long as the score pushes
against them (active set; the same book, ch. 16).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import null_space
from scipy.optimize import brentq

from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.likelihood.directions import least_move
from oablib.statistics.sem.likelihood.moments import Moments
from oablib.statistics.sem.likelihood.problem import Problem
from oablib.statistics.sem.likelihood.scoring import (
    DECREMENT_TOLERANCE,
    IDLE_STEPS,
    LOGLIK_ROUNDING,
    End,
    sizes,
)

# Optima of bifactor models, which are hard, are there after 20 steps, hardly ever after 60.
MAX_STEPS = 100
# Lengths of steps, scaled so that 1 in one parameter is one standard error of it per root of rows.
FIRST_RADIUS, LARGEST_RADIUS, SMALLEST_RADIUS = 1.0, 100.0, 1e-12
# Share of the predicted gain up to which a step is refused, and shares from which on the radius is
# kept and grows (Nocedal & Wright, 2006, p. 69).
REFUSED, POOR, GOOD = 1e-4, 0.25, 0.75
SHRINK, GROW = 0.25, 2.0
# A step of this share of the radius is at its edge.
EDGE = 0.99
# Distance from a limit that is rounding, in scaled steps.
ON_LIMIT = 1e-12
# Share of the largest curvature that keeps a shifted model concave.
NEARLY_FLAT = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """The likelihood around one point to second order, in scaled steps of the s searched numbers.

    score (s,); curvature (s, s): minus the second derivatives; size (s,): what scales the steps.
    rows (r, s) and slack (r,): limits allow steps with rows step + slack >= 0.
    """

    score: NDArray
    curvature: NDArray
    size: NDArray
    rows: NDArray
    slack: NDArray

    def gain(self, step: NDArray) -> float:
        """Predicted rise of the log-likelihood per row."""
        return float(self.score @ step - step @ self.curvature @ step / 2)


@dataclass(frozen=True, slots=True, eq=False)
class _Face:
    """What is left to the search where the limits `held` hold: axes (s, q), curvature, score."""

    held: NDArray
    axes: NDArray
    curvature: NDArray
    score: NDArray

    @property
    def decrement(self) -> float:
        """Newton's; infinite where the likelihood is not concave."""
        if not len(self.curvature):
            return 0.0
        if self.curvature[0] <= 0:
            return np.inf
        return float(np.sqrt((self.score**2 / self.curvature).sum()))


def climb(problem: Problem, theta: NDArray) -> End:
    """Search from `theta`, shape (k,), for an optimum along problem.directions, within limits.

    A start beyond a limit is moved to the nearest one within all. Ends as `scoring.search` does,
    and where no step within a tiny radius rises. Raises LinAlgError when the start implies a
    covariance matrix that no data can have.
    """
    theta = _within(problem, theta)
    at = problems.implied(problem, theta)
    height, radius, idle = problems.loglik(problem, at), FIRST_RADIUS, 0
    for _ in range(MAX_STEPS):
        model = _model(problem, theta, at)
        held = _held(model)
        face = _face(model, held)
        decrement = face.decrement
        if decrement < DECREMENT_TOLERANCE or idle == IDLE_STEPS:
            break
        higher, radius = _rise(problem, theta, model, face, height=height, radius=radius)
        if higher is None:
            break
        gain, (theta, at, height) = higher[2] - height, higher
        idle = idle + 1 if gain <= LOGLIK_ROUNDING * abs(height) else 0
    return End(theta, at, height, decrement, bool(np.isfinite(decrement)), tuple(held.tolist()))


def _within(problem: Problem, theta: NDArray) -> NDArray:
    limits = problem.limits
    if limits is None or limits.are_met(theta):
        return theta
    rows, slack = problems.across(problem, limits.rows), limits.slack(theta)
    movable = rows.any(axis=1)
    move = least_move(rows[movable], slack[movable])
    return limits.snapped(problems.moved(problem, theta, move))


def _model(problem: Problem, theta: NDArray, at: tuple[Moments, ...]) -> _Model:
    score = problems.gradient(problem, at, moving=True)
    curvature = problems.observed_information(problem, at, moving=True)
    size = sizes(problems.expected_information(problem, at, moving=True))
    rows, slack = np.zeros((0, len(score))), np.zeros(0)
    if problem.limits is not None:
        rows = problems.across(problem, problem.limits.rows) / size
        length = np.linalg.norm(rows, axis=1)
        # A limit of what equalities determine is no limit of the search.
        length = np.where(length > 0, length, np.inf)
        rows, slack = rows / length[:, None], problem.limits.slack(theta) / length
        slack = np.where(np.isfinite(length), slack, np.inf)
    return _Model(score / size, curvature / np.outer(size, size), size, rows, slack)


def _held(model: _Model) -> NDArray:
    """Limits that are reached and against which the score pushes: their multipliers are positive.

    At an optimum on limits the score is minus the sum of the rows times their multipliers.
    """
    held = np.flatnonzero(model.slack <= ON_LIMIT)
    while held.size:
        multipliers = -np.linalg.lstsq(model.rows[held].T, model.score, rcond=None)[0]
        if multipliers.min() > 0:
            break
        held = np.delete(held, multipliers.argmin())
    return held


def _face(model: _Model, held: NDArray) -> _Face:
    axes = null_space(model.rows[held]) if held.size else np.eye(len(model.score))
    curvature, vectors = np.linalg.eigh(axes.T @ model.curvature @ axes)
    axes = axes @ vectors
    return _Face(held, axes, curvature, axes.T @ model.score)


def _rise(
    problem: Problem, theta: NDArray, model: _Model, face: _Face, *, height: float, radius: float
) -> tuple[tuple[NDArray, tuple[Moments, ...], float] | None, float]:
    """The next point with its moments and likelihood, None where nothing rises; the next radius."""
    rounding = LOGLIK_ROUNDING * abs(height)
    while radius > SMALLEST_RADIUS:
        step = _within_limits(model, face, radius)
        predicted, length = model.gain(step), float(np.linalg.norm(step))
        candidate = problems.moved(problem, theta, step / model.size)
        if problem.limits is not None:
            candidate = problem.limits.snapped(candidate)
        there, reached = problems.trial(problem, candidate)
        # Below rounding a gain cannot be judged by the prediction.
        share = (reached - height) / predicted if predicted > rounding else 1.0
        if reached < height - rounding:
            share = 0.0
        if share < POOR:
            radius = SHRINK * min(radius, length)
        elif share > GOOD and length > EDGE * radius:
            radius = min(GROW * radius, LARGEST_RADIUS)
        if there is not None and share > REFUSED:
            return (candidate, there, reached), radius
    return None, radius


def _within_limits(model: _Model, face: _Face, radius: float) -> NDArray:
    """The best step within the radius, cut at the first limit that it meets."""
    while True:
        step = _best(face, radius)
        towards = model.rows @ step
        towards[face.held] = 0.0
        blocked = np.flatnonzero((model.slack <= ON_LIMIT) & (towards < 0))
        if not blocked.size:
            break
        face = _face(model, np.union1d(face.held, blocked))
    nearing = towards < 0
    share = (model.slack[nearing] / -towards[nearing]).min(initial=1.0)
    return share * step


def _best(face: _Face, radius: float) -> NDArray:
    """The step within the radius that gains most by the model (Nocedal & Wright, 2006, p. 84)."""
    curvature, score = face.curvature, face.score
    if not len(curvature):
        return np.zeros(len(face.axes))
    if curvature[0] > 0 and np.linalg.norm(score / curvature) <= radius:
        return face.axes @ (score / curvature)
    # Shifted so that the model is concave, the step's length falls with the shift.
    scale = np.abs(curvature).max() + np.linalg.norm(score) / radius
    least = max(-curvature[0] + NEARLY_FLAT * scale, 0.0)

    def excess(shift: float) -> float:
        return float(np.linalg.norm(score / (curvature + shift))) - radius

    if excess(least) > 0:
        return face.axes @ (score / (curvature + brentq(excess, least, least + scale)))
    # The score does not tell which way the saddle falls off: either way to the edge.
    step = score / (curvature + least)
    step[0] += np.copysign(np.sqrt(radius**2 - step @ step), step[0])
    return face.axes @ step
