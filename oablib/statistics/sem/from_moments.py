"""Likelihoods at other parameter values or of stacked data, without a row: for pooled tests."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from oablib.base.errors import EstimationError, ModelError
from oablib.statistics.sem import arguments
from oablib.statistics.sem.comparing import comparable
from oablib.statistics.sem.data.sample import GroupSample, Sample
from oablib.statistics.sem.fits import optima
from oablib.statistics.sem.fits.fitting import SemFit, fail_if_no_fit
from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.likelihood.problem import Problem
from oablib.statistics.sem.results import measures, solution
from oablib.statistics.sem.search import constrained
from oablib.statistics.sem.search.estimation import Optimum


def loglik_at(fit: SemFit, est: ArrayLike) -> float:
    """Log-likelihood of the fit's own data at `est`, rows and units as in fit.parameters.

    Fixed and defined rows are ignored. Moments that the likelihood does not count (exogenous ones
    when it is conditional, means without mean structure) stay at the fit's own. What D3 needs
    (Meng & Rubin, 1992, Biometrika 79:103). Raises EstimationError when `est` implies a
    covariance matrix that no data can have, or breaks a constraint that is not linear, as a mean
    of estimates does.
    """
    fail_if_no_fit(fit)
    problem, values = fit.core.problem, arguments.array("est", est)
    if values.shape != (len(fit.parameters),):
        raise ModelError(
            f"est has shape {values.shape}; expected one number for each of the "
            f"{len(fit.parameters)} rows of fit.parameters."
        )
    value = np.full(len(problem.spec.cells), np.nan)
    shown = solution.rows(problem.spec)
    value[shown] = values[: len(shown)]
    theta = solution.standard_theta(problem, value, given=fit.core.optimum.theta)
    constrained.fail_if_curve_is_left(problem, theta)
    try:
        at = problems.implied(problem, theta)
    except np.linalg.LinAlgError:
        raise EstimationError(
            "These parameter values imply a covariance matrix that no data can have; the "
            "imputations disagree too much to average their estimates."
        ) from None
    return measures.log_likelihood(problem, problem.sample.n * problems.loglik(problem, at))


def stacked_loglik(fits: Iterable[SemFit]) -> float:
    """Largest log-likelihood of one model on the stacked data of all fits, each weighing 1 / m.

    The stacked data have the average moments of the m data sets (Chan & Meng, 2022, Stat. Sinica
    32:1489), which is all that the likelihood needs. Raises PoolingError for fits that differ.
    """
    problem, optimum = _stacked(fits)
    total = problem.sample.n * problems.loglik(problem, optimum.at)
    return measures.log_likelihood(problem, total)


def stacked_chi2(fits: Iterable[SemFit]) -> float:
    """Likelihood ratio of a model against the saturated one on the same stacked data."""
    problem, optimum = _stacked(fits)
    return measures.deviance(problem, problem.sample.n * problems.loglik(problem, optimum.at))


def _stacked(fits: Iterable[SemFit]) -> tuple[Problem, Optimum]:
    fits = comparable.to_pool(fits)
    samples, model = [fit.core.problem.sample for fit in fits], fits[0].core.problem.spec
    groups = range(len(samples[0].groups))
    stacked = tuple(_average(samples, g, centred=problems.centred(model)) for g in groups)
    # Only the likelihood is needed: no robust quantity may be computed from this sample.
    nothing = np.full_like(samples[0].products, np.nan)
    sample = replace(samples[0], groups=stacked, products=nothing)
    problem = problems.set_up(model, sample, bounds=fits[0].core.problem.bounds)
    return problem, optima.estimate(problem)


def _average(samples: Sequence[Sample], group: int, *, centred: bool) -> GroupSample:
    """One group of the stacked data, in the units of the first sample."""
    scale, parts = samples[0].scale, [sample.groups[group] for sample in samples]
    means = np.array([g.shift + s.scale * g.mean for s, g in zip(samples, parts, strict=True)])
    covs = [g.cov * np.outer(s.scale, s.scale) for s, g in zip(samples, parts, strict=True)]
    mean = means.mean(axis=0)
    apart = means - mean
    cov = (np.mean(covs, axis=0) + apart.T @ apart / len(samples)) / np.outer(scale, scale)
    root = np.full_like(parts[0].root, np.nan)
    return GroupSample.from_moments(parts[0].n, mean, cov, root, scale=scale, centred=centred)
