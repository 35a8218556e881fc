"""Levels without order, drawn from a multinomial logit whose coefficients are drawn as well."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from oablib.base.errors import ImputationError
from oablib.statistics.imputation.predictors import View
from oablib.statistics.imputation.variables import Variable

STEPS = 4  # of the k-step bootstrap


class Nominal:
    """Multinomial logit with coefficients from a Bayesian bootstrap of schools.

    Every draw weighs the schools anew, by exponential weights, and maximises the weighted
    posterior: a draw of the coefficients that is proper in Rubin's sense and allows for children
    of one school being alike (Rubin, 1981, Ann. Stat. 9:130; 1987, section 4.4). The log-odds of
    levels are linear in an outcome that is normal given the level; so no order is imposed on
    levels, and their scale values need not rise with the code.
    prior_sd: of a coefficient, per unit of a dummy and per two standard deviations of a number
    (Gelman et al., 2008, Ann. Appl. Stat. 2:1360); it keeps empty cells finite.
    """

    name = "nominal"

    def __init__(self, variable: Variable, *, prior_sd: float) -> None:
        self._variable, self._prior_sd = variable, prior_sd
        self._last: Fit | None = None

    def draw(self, view: View, values: NDArray, *, rng: np.random.Generator) -> NDArray:
        """New levels (0..K-1) of the unknown cells."""
        unknown, columns = self._variable.unknown, view.columns()
        prior_sd = np.where(columns.binary, self._prior_sd, self._prior_sd / 2)
        prior_sd[0] = np.inf  # the constant
        levels = Levels.of(values[~unknown], count=len(self._variable.scores))
        known = columns.matrix[~unknown]
        ones = np.ones(len(known))
        self._last = maximise(known, levels, prior_sd=prior_sd, weights=ones, start=self._last)
        weights = rng.exponential(size=view.school.max() + 1)[view.school[~unknown]]
        weights *= len(weights) / weights.sum()
        drawn = follow(
            known, levels, prior_sd=prior_sd, weights=weights, start=self._last, steps=STEPS
        )
        share = chances(columns.matrix[unknown], drawn, reference=levels.reference)
        return (rng.random((len(share), 1)) > np.cumsum(share, axis=1)[:, :-1]).sum(axis=1)


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
    posterior = _Posterior(x, levels, weights, np.tile(prior_sd**-2.0, len(levels.indicator)))
    here = posterior.at(_first(levels, x.shape[1]) if start is None else start.coefficients)
    curvature = None if start is None else start.curvature
    last = np.inf
    for _ in range(MOST_STEPS):
        fresh = curvature is None
        curvature = posterior.curvature(here) if curvature is None else curvature
        move = cho_solve(curvature, here.slope)
        distance = float(here.slope @ move)
        if distance < tolerance**2:
            return Fit(here.coefficients + move.reshape(here.coefficients.shape), curvature)
        worth = fresh or distance < SLOW * last
        there = posterior.upwards(here, move, halve=fresh) if worth else None
        if there is None:
            curvature, last = None, np.inf
        else:
            here, last = there, distance
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
    posterior = _Posterior(x, levels, weights, np.tile(prior_sd**-2.0, len(levels.indicator)))
    here = posterior.at(start.coefficients)
    for _ in range(steps):
        there = posterior.upwards(here, cho_solve(start.curvature, here.slope), halve=True)
        if there is None:
            break
        here = there
    return here.coefficients


def chances(x: NDArray, coefficients: NDArray, *, reference: int) -> NDArray:
    """Probability of each level, shape (n, K)."""
    index = np.insert(x @ coefficients.T, reference, 0.0, axis=1)
    odds = np.exp(index - index.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


class _Point(NamedTuple):
    coefficients: NDArray
    value: float
    slope: NDArray
    chances: NDArray


@dataclass(frozen=True, slots=True, eq=False)
class _Posterior:
    x: NDArray
    levels: Levels
    weights: NDArray
    precision: NDArray

    def at(self, coefficients: NDArray) -> _Point:
        """Log-posterior and its derivatives at coefficients, (K - 1, p)."""
        index, y = coefficients @ self.x.T, self.levels.indicator
        top = np.maximum(index.max(axis=0), 0.0)
        odds = np.exp(index - top)
        total = odds.sum(axis=0) + np.exp(-top)
        row = np.einsum("kn,kn->n", index, y) - top - np.log(total)
        odds /= total
        flat = coefficients.ravel()
        slope = ((y - odds) * self.weights) @ self.x
        value = self.weights @ row - 0.5 * self.precision @ flat**2
        return _Point(coefficients, float(value), slope.ravel() - self.precision * flat, odds)

    def curvature(self, at: _Point) -> tuple[NDArray, bool]:
        """Cholesky factor of minus the Hessian: X'diag(p)X on the diagonal, minus all products."""
        n, p = self.x.shape
        # Single precision suffices for a direction, in half the time; the prior keeps it definite.
        rows = (self.x * np.sqrt(self.weights)[:, None]).astype(np.float32)
        share = at.chances.T.astype(np.float32)
        spread = (share[:, :, None] * rows[:, None, :]).reshape(n, -1)
        hessian = -(spread.T @ spread).astype(np.float64)
        for k in range(len(at.chances)):
            block = slice(k * p, (k + 1) * p)
            hessian[block, block] += spread[:, block].T @ rows
        hessian[np.diag_indices_from(hessian)] += self.precision
        return cho_factor(hessian)

    def upwards(self, here: _Point, move: NDArray, *, halve: bool) -> _Point | None:
        """The point after the whole move, or with `halve` a part of it, that lies higher."""
        step = move.reshape(here.coefficients.shape)
        for _ in range(30 if halve else 1):
            there = self.at(here.coefficients + step)
            if there.value > here.value:
                return there
            step = step / 2
        return None


def _first(levels: Levels, p: int) -> NDArray:
    """Coefficients that give every row the observed shares."""
    coefficients = np.zeros((len(levels.indicator), p))
    free = np.delete(levels.counts, levels.reference)
    coefficients[:, 0] = np.log(free / levels.counts[levels.reference])
    return coefficients
