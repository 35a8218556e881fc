"""Whether one model is a special case of another, judged by the moments that it implies."""

from dataclasses import replace

import numpy as np

from oablib.base.errors import ComparisonError, EstimationError
from oablib.statistics.sem.data.sample import GroupSample
from oablib.statistics.sem.fits import optima
from oablib.statistics.sem.fits.fitting import SemFit
from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.likelihood.moments import Moments
from oablib.statistics.sem.likelihood.problem import Problem
from oablib.statistics.sem.results import measures
from oablib.statistics.sem.search.estimation import Optimum

# Log-likelihood per row that a search certified at the optimum may still be short of.
MISFIT_TOLERANCE = 1e-9


def fail_if_not_nested(restricted: SemFit, general: SemFit) -> None:
    """Raise ComparisonError unless one model is a special case of the other."""
    reason = why_not_nested(restricted, general)
    if reason:
        raise ComparisonError(
            f"The restricted model is not nested in the general one: {reason}. Give the model with "
            "fewer parameters first, and only one that is a special case of the other."
        )


def why_not_nested(restricted: SemFit, general: SemFit) -> str:
    """The reason why one model is not a special case of the other, or an empty text.

    Both are fits to equal data. Judged at the restricted model's estimates.
    """
    if restricted.df <= general.df:
        spec = restricted.core.problem.spec
        limited = len(spec.restrictions) > spec.n_equalities
        hint = " (limits such as `a > 0` count for none; test the equality)" if limited else ""
        return f"it has {restricted.df} degrees of freedom and the general one {general.df}{hint}"
    try:
        there, optimum = at_restricted(restricted, general)
    except EstimationError:
        return "the general model cannot be fitted to what it implies"
    n = there.sample.n
    misfit = measures.deviance(there, n * problems.loglik(there, optimum.at)) / (2 * n)
    if misfit <= MISFIT_TOLERANCE:
        return ""
    return (
        f"the general model cannot reproduce what it implies (misfit {misfit:.1e} per "
        f"row, expected at most {MISFIT_TOLERANCE:.0e})"
    )


def on_limits(restricted: SemFit, general: SemFit) -> tuple[str, ...]:
    """A sentence where an active limit bends the distribution of the ratio of two models."""
    texts = dict.fromkeys(
        f"`{fit.core.problem.spec.restrictions[number].text}`"
        for fit in (restricted, general)
        for number in fit.core.optimum.active
    )
    if not texts:
        return ()
    return (
        f"{', '.join(texts)} is active: a ratio on a limit follows a mixture of chi2 with several "
        "df (Self & Liang, 1987, J Am Stat Assoc 82:605), so that p is rough.",
    )


def at_restricted(restricted: SemFit, general: SemFit) -> tuple[Problem, Optimum]:
    """The general model fitted to the moments that the restricted one implies."""
    there = _at_implied_moments(restricted.core.problem, restricted.core.optimum.at, general)
    return there, optima.estimate(there)


def _at_implied_moments(
    restricted: Problem, implied: tuple[Moments, ...], general: SemFit
) -> Problem:
    """The general problem on data with the moments that the restricted model implies.

    Equal data are standardised by equal scales: only order and origin differ.
    """
    problem, groups = general.core.problem, []
    order = np.array([restricted.spec.observed.index(n) for n in problem.spec.observed])
    scale, centred = restricted.sample.scale[order], problems.centred(problem.spec)
    for group, at in zip(restricted.sample.groups, implied, strict=True):
        mean = group.shift[order] + scale * at.mean[order]
        parts = (group.n, mean, at.cov[np.ix_(order, order)], group.root[order])
        groups.append(GroupSample.from_moments(*parts, scale=scale, centred=centred))
    return replace(problem, sample=replace(problem.sample, groups=tuple(groups)))
