"""Multinomial logit: the most probable coefficients under a weak prior, found with little work.

Newton's method with the Hessian of an earlier, near solution (chord steps): a Hessian costs as
much as some twenty gradients, and between rounds of a chain the solution hardly moves. Each step
must raise the log-posterior, which is concave, so that the end is the same as with fresh Hessians.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from oablib.errors import ImputationError

MOST_STEPS = 200
# A chord step that shortens the squared distance by less than this is slower than a new Hessian.
SLOW = 0.6


class Fit(NamedTuple):
    """coefficients (K - 1, p) against the reference level; curvature: a Cholesky factor."""

    coefficients: NDArray
    curvature: tuple[NDArray, bool]


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Known levels of n rows. indicator: (K - 1, n) of the levels other than the reference."""

    reference: int
    indicator: NDArray
    counts: NDArray

    @classmethod
    def of(cls, levels: NDArray, *, count: int) -> "Levels":
        """The most frequent of `count` levels is the reference."""
        counts = np.bincount(levels, minlength=count)
        reference = int(counts.argmax())
        indicator = np.equal.outer(np.delete(np.arange(count), reference), levels).astype(float)
        return cls(reference, indicator, counts)


def maximise(
    x: NDArray,
    levels: Levels,
    *,
    prior_sd: NDArray,
    weights: NDArray,
    start: Fit | None = None,
    tolerance: float = 0.1,
) -> Fit:
    """Mode of the posterior of the coefficients; independent normal priors with mean 0.

    x (n, p), its first column the constant; prior_sd (p,), inf for none; weights (n,). tolerance:
    distance from the mode, in posterior standard deviations over all coefficients together, before
    the last step; under 1e-6 a step gains less than the last digit of the posterior. Raises
    ImputationError when no step helps. Source: Bohning (1992, Ann. Inst. Stat. Math. 44:197) for
    the likelihood; chord steps: Kelley (1995), section 5.4.
    """
    task = _Task(x, levels, weights, np.tile(prior_sd**-2.0, len(levels.indicator)))
    here = task.at(_first(levels, x.shape[1]) if start is None else start.coefficients)
    curvature = None if start is None else start.curvature
    last = np.inf
    for _ in range(MOST_STEPS):
        fresh = curvature is None
        curvature = task.curvature(here) if curvature is None else curvature
        move = cho_solve(curvature, here.slope)
        distance = float(here.slope @ move)
        if distance < tolerance**2:
            return Fit(here.place + move.reshape(here.place.shape), curvature)
        there = task.upwards(here, move, halve=fresh) if fresh or distance < SLOW * last else None
        here, curvature, last = (
            (here, None, np.inf) if there is None else (there, curvature, distance)
        )
    raise ImputationError(
        f"A multinomial logit of {len(levels.counts)} levels on {x.shape[1]} columns did not "
        f"converge in {MOST_STEPS} steps. Give it a narrower prior in params/rules/imputation.yaml."
    )


def follow(
    x: NDArray, levels: Levels, *, prior_sd: NDArray, weights: NDArray, start: Fit, steps: int
) -> NDArray:
    """Coefficients after `steps` chord steps from a mode towards that under other weights.

    Arguments as in `maximise`; each step is taken only while it goes upwards. With the weights of
    a bootstrap: the k-step bootstrap (Andrews, 2002, Econometrica 70:119).
    """
    task = _Task(x, levels, weights, np.tile(prior_sd**-2.0, len(levels.indicator)))
    here = task.at(start.coefficients)
    for _ in range(steps):
        there = task.upwards(here, cho_solve(start.curvature, here.slope), halve=True)
        if there is None:
            break
        here = there
    return here.place


def chances(x: NDArray, coefficients: NDArray, *, reference: int) -> NDArray:
    """Probability of each level, shape (n, K)."""
    index = np.insert(x @ coefficients.T, reference, 0.0, axis=1)
    odds = np.exp(index - index.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


class _Point(NamedTuple):
    place: NDArray
    value: float
    slope: NDArray
    chances: NDArray


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    x: NDArray
    levels: Levels
    weights: NDArray
    precision: NDArray

    def at(self, place: NDArray) -> _Point:
        """Log-posterior and its derivatives at `place`, (K - 1, p)."""
        index, y = place @ self.x.T, self.levels.indicator
        top = np.maximum(index.max(axis=0), 0.0)
        odds = np.exp(index - top)
        total = odds.sum(axis=0) + np.exp(-top)
        row = np.einsum("kn,kn->n", index, y) - top - np.log(total)
        odds /= total
        flat = place.ravel()
        slope = ((y - odds) * self.weights) @ self.x
        value = self.weights @ row - 0.5 * self.precision @ flat**2
        return _Point(place, float(value), slope.ravel() - self.precision * flat, odds)

    def curvature(self, at: _Point) -> tuple[NDArray, bool]:
        """Cholesky factor of minus the Hessian: X'diag(p)X on the diagonal, minus all products."""
        n, p = self.x.shape
        # Single precision suffices for a direction, in half the time; the prior keeps it definite.
        rows = (self.x * np.sqrt(self.weights)[:, None]).astype(np.float32)
        share = at.chances.T.astype(np.float32)
        spread = (share[:, :, None] * rows[:, None, :]).reshape(n, -1)
        hessian = -(spread.T @ spread).astype(np.float64)
        for k in range(len(at.chances)):
            own = slice(k * p, (k + 1) * p)
            hessian[own, own] += spread[:, own].T @ rows
        hessian[np.diag_indices_from(hessian)] += self.precision
        factor: tuple[NDArray, bool] = cho_factor(hessian)
        return factor

    def upwards(self, here: _Point, move: NDArray, *, halve: bool) -> _Point | None:
        """The point after the whole move, or with `halve` a part of it, that lies higher."""
        step = move.reshape(here.place.shape)
        for _ in range(30 if halve else 1):
            there = self.at(here.place + step)
            if there.value > here.value:
                return there
            step = step / 2
        return None


def _first(levels: Levels, p: int) -> NDArray:
    """Coefficients that give every row the observed shares."""
    place = np.zeros((len(levels.indicator), p))
    free = np.delete(levels.counts, levels.reference)
    place[:, 0] = np.log(free / levels.counts[levels.reference])
    return place
