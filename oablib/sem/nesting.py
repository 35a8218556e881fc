"""Whether one model is a special case of another, however the two are written.

The general model is fitted to the moments that the restricted one implies: it reproduces them if
and only if the restricted one is nested in it (Bentler & Satorra, 2010, Psychol. Methods 15:111).
"""

from dataclasses import replace

import numpy as np

from oablib.errors import EstimationError
from oablib.sem import estimation, measures
from oablib.sem import problem as problems
from oablib.sem.moments import Moments
from oablib.sem.problem import Problem
from oablib.sem.result import SemFit
from oablib.sem.sample import GroupSample

# Log-likelihood per row that a search certified at the optimum may still be short of.
MISFIT_TOLERANCE = 1e-9


def why_not_nested(restricted: SemFit, general: SemFit) -> str:
    """The reason why one model is not a special case of the other, or an empty text.

    Both are fits to equal data. Judged at the restricted model's estimates.
    """
    if restricted.df <= general.df:
        return f"it has {restricted.df} degrees of freedom and the general one {general.df}"
    there = _at_implied_moments(restricted.core.problem, restricted.core.optimum.at, general)
    try:
        reached = problems.loglik(there, estimation.estimate(there).at)
    except EstimationError:
        return "the general model cannot be fitted to what it implies"
    highest = sum(measures.saturated(group) for group in there.sample.groups) / there.sample.n
    if highest - reached <= MISFIT_TOLERANCE:
        return ""
    return (
        f"the general model cannot reproduce what it implies (misfit {highest - reached:.1e} per "
        f"row, expected at most {MISFIT_TOLERANCE:.0e})"
    )


def _at_implied_moments(
    restricted: Problem, implied: tuple[Moments, ...], general: SemFit
) -> Problem:
    """The general problem on data with the moments that the restricted model implies."""
    problem = general.core.problem
    order = np.array([restricted.spec.observed.index(n) for n in problem.spec.observed])
    centred = problems.centred(problem.spec)
    groups = tuple(
        _as_sample(restricted, group, at, order, centred=centred)
        for group, at in zip(restricted.sample.groups, implied, strict=True)
    )
    sample = replace(problem.sample, groups=groups)
    return replace(problem, sample=sample)


def _as_sample(
    restricted: Problem, group: GroupSample, at: Moments, order: np.ndarray, *, centred: bool
) -> GroupSample:
    """Equal data are standardised by equal scales: only order and origin differ."""
    scale = restricted.sample.scale[order]
    mean = group.shift[order] + scale * at.mean[order]
    parts = (group.n, mean, at.cov[np.ix_(order, order)], group.root[order])
    return GroupSample.from_moments(*parts, scale=scale, centred=centred)
