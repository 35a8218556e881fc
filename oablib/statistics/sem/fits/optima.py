"""The best optimum of one model on one data set: how many starts, and which end wins.

The likelihood of a model with latent variables may have several optima, or none. In trials on
simulated samples of 60 to 150 rows (factors of 2 to 5 indicators, with and without residual
covariances and a second order) one start was enough where each indicator has one factor, the
solution is proper and RMSEA is at most 0.1: none of 204 such searches had a higher optimum at 16
other starts. Higher ones were met where latent variables share indicators (half of 200 samples of a
bifactor model have several optima, tests/measured/searches.py), at improper solutions, and where a
model fits badly: one factor for two, at RMSEA 0.15 and more. There the search starts several times.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import EstimationError
from oablib.statistics.sem.likelihood import patterns
from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.likelihood.problem import Problem
from oablib.statistics.sem.results import fit_indices, measures, unrestricted
from oablib.statistics.sem.search import constrained, start
from oablib.statistics.sem.search.estimation import Optimum

# Log-likelihoods per row and unit of likelihood that belong to one optimum, up to its mirror image.
SAME_OPTIMUM = 1e-9
# RMSEA above which a model fits badly (MacCallum, Browne & Sugawara, 1996, Psychol. Methods 1:130).
BAD_FIT = 0.1
# Eigenvalue of latent covariances, relative to the largest, up to which a solution is improper.
IMPROPER = 1e-10


def find(problem: Problem) -> Optimum:
    """The highest certified optimum that is found; where there is none, the highest end.

    Further starts are made when one is not enough (`needs_starts`), from a fixed rule
    (`start.further`), until the optima that were met leave no other to be expected: w optima in N
    ends point to w (N - 1) / (N - w - 2) in all (Boender & Rinnooy Kan, 1987, Math. Program.
    37:59). Raises EstimationError for a model that is not identified and for fixed values that no
    data can have.
    """
    first = _first(problem)
    try:
        best = constrained.estimate(problem, first)
    except np.linalg.LinAlgError:
        raise EstimationError(
            "The fixed values imply a covariance matrix that no data can have; change or free "
            "them, or give starting values: `start(0.5)*x`."
        ) from None
    if not needs_starts(problem, best):
        return best
    ends = [best]
    for theta in start.further(problem, first):
        try:
            ends.append(constrained.estimate(problem, theta))
        except (np.linalg.LinAlgError, EstimationError):
            # A start that no data can have, or one at which parameters happen to be inseparable.
            continue
        if _is_settled(problem, ends):
            break
    return _best(problem, ends)


def _first(problem: Problem) -> NDArray:
    """Where the first search starts; with missing values at the fit to unrestricted moments."""
    if not patterns.groups(problem.sample):
        return start.values(problem)
    return find(unrestricted.on_moments(problem)).theta


def estimate(problem: Problem) -> Optimum:
    """The same; raises EstimationError where no optimum is found."""
    optimum = find(problem)
    if not optimum.converged:
        raise EstimationError(optimum.reason)
    return optimum


def needs_starts(problem: Problem, optimum: Optimum) -> bool:
    """Whether other starts may end higher than this one, for the reasons above."""
    if not optimum.converged or not problem.spec.latent:
        return not optimum.converged
    return (
        bool(optimum.active)
        or _shares_indicators(problem)
        or _is_improper(problem, optimum)
        or _fits_badly(problem, optimum)
    )


def _shares_indicators(problem: Problem) -> bool:
    """Whether several latent variables have one indicator."""
    loadings = [c for c in problem.spec.cells if c.op == "=~" and c.group == 0]
    return len({cell.row for cell in loadings}) < len(loadings)


def _is_improper(problem: Problem, optimum: Optimum) -> bool:
    p = len(problem.spec.observed)
    for at in optimum.at:
        eigenvalues = np.linalg.eigvalsh(at.C[p:, p:])
        if np.diag(at.S).min() < 0 or eigenvalues[0] < IMPROPER * eigenvalues[-1]:
            return True
    return False


def _fits_badly(problem: Problem, optimum: Optimum) -> bool:
    n, spec = problem.sample.n, problem.spec
    chi2 = measures.deviance(problem, n * problems.loglik(problem, optimum.at))
    return fit_indices.rmsea(chi2, spec.df, n, spec.n_groups) > BAD_FIT


def _is_settled(problem: Problem, ends: list[Optimum]) -> bool:
    n, w = sum(end.converged for end in ends), len(_heights(problem, ends))
    return n > w + 2 and w * (n - 1) / (n - w - 2) < w + 0.5


def _heights(problem: Problem, ends: list[Optimum]) -> list[float]:
    """Log-likelihoods per row of the distinct optima, from the highest down."""
    heights: list[float] = []
    found = [problems.loglik(problem, end.at) for end in ends if end.converged]
    for height in sorted(found, reverse=True):
        if not heights or heights[-1] - height > SAME_OPTIMUM * abs(height):
            heights.append(height)
    return heights


def _best(problem: Problem, ends: list[Optimum]) -> Optimum:
    """The first of the highest optima, so that mirror images do not change places."""
    heights = _heights(problem, ends)
    reached = [problems.loglik(problem, end.at) for end in ends]
    if not heights:
        highest = ends[int(np.argmax(reached))]
        return replace(highest, reason=_no_optimum(problem, highest, starts=len(ends)))
    floor = heights[0] - SAME_OPTIMUM * abs(heights[0])
    chosen = next(e for e, r in zip(ends, reached, strict=True) if e.converged and r >= floor)
    return replace(chosen, others=tuple(heights[1:]))


def _no_optimum(problem: Problem, end: Optimum, *, starts: int) -> str:
    names = dict.fromkeys(
        name
        for at in end.at
        for name, variance in zip(problem.spec.variables, np.diag(at.S), strict=True)
        if variance < 0
    )
    below = f" The variance of {', '.join(names)} runs below zero." if names else ""
    return (
        f"No optimum from {starts} starts: the highest search stopped at {end.reason}.{below} "
        "Simplify the model, check that it is identified, or keep variances from running below "
        "zero by bounds='pos.var'."
    )
