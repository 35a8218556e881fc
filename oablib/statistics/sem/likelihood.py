"""The likelihood of a fit's data at other parameter values: what pooled tests ask for."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oablib.base.errors import EstimationError
from oablib.statistics.sem import estimation, measures
from oablib.statistics.sem import problem as problems
from oablib.statistics.sem import solution as table
from oablib.statistics.sem.problem import Problem
from oablib.statistics.sem.result import SemFit
from oablib.statistics.sem.sample import GroupSample, Sample


def loglik_at(fit: SemFit, est: ArrayLike) -> float:
    """Log-likelihood of the fit's own data at `est`, rows and units as in fit.parameters.

    Fixed and defined rows are ignored. Moments that the likelihood does not count (exogenous ones
    when it is conditional, means without mean structure) stay at the fit's own. What D3 needs
    (Meng & Rubin, 1992, Biometrika 79:103). Raises EstimationError when `est` implies a
    covariance matrix that no data can have.
    """
    problem = fit.core.problem
    value = np.full(len(problem.spec.cells), np.nan)
    shown = table.rows(problem.spec)
    value[shown] = np.asarray(est, dtype=np.float64)[: len(shown)]
    theta = table.standard_theta(problem, value, given=fit.core.optimum.theta)
    try:
        at = problems.implied(problem, theta)
    except np.linalg.LinAlgError:
        raise EstimationError(
            "These parameter values imply a covariance matrix that no data can have; the "
            "imputations disagree too much to average their estimates."
        ) from None
    return measures.log_likelihood(problem, problem.sample.n * problems.loglik(problem, at))


def stacked_loglik(fits: Sequence[SemFit]) -> float:
    """Largest log-likelihood of one model on the stacked data of all fits, each weighing 1 / m.

    The stacked data have the average moments of the m data sets (Chan & Meng, 2022, Stat. Sinica
    32:1489), which is all that the likelihood needs.
    """
    first = fits[0].core.problem
    problem = problems.set_up(first.spec, _stacked([fit.core.problem for fit in fits]))
    optimum = estimation.estimate(problem)
    total = problem.sample.n * problems.loglik(problem, optimum.at)
    return measures.log_likelihood(problem, total)


def _stacked(parts: Sequence[Problem]) -> Sample:
    first = parts[0].sample
    centred = problems.centred(parts[0].spec)
    groups = tuple(
        _average([part.sample for part in parts], g, scale=first.scale, centred=centred)
        for g in range(len(first.groups))
    )
    # Only the likelihood is asked for: no robust quantity may be drawn from this sample.
    nothing = np.full_like(first.products, np.nan)
    return replace(first, groups=groups, products=nothing)


def _average(
    samples: Sequence[Sample], group: int, *, scale: NDArray, centred: bool
) -> GroupSample:
    own = [sample.groups[group] for sample in samples]
    means = np.array([g.shift + s.scale * g.mean for s, g in zip(samples, own, strict=True)])
    units = [np.outer(s.scale, s.scale) for s in samples]
    covs = [g.cov * u for g, u in zip(own, units, strict=True)]
    mean = means.mean(axis=0)
    apart = means - mean
    cov = (np.mean(covs, axis=0) + apart.T @ apart / len(samples)) / np.outer(scale, scale)
    root = np.full_like(own[0].root, np.nan)
    return GroupSample.from_moments(own[0].n, mean, cov, root, scale=scale, centred=centred)
