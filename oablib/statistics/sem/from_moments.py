"""What a model gives on moments other than those it was fitted to, without a row.

Paths on many sets of moments, as a bootstrap needs them, and likelihoods at other parameter values
or of stacked data, as pooled tests need them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from oablib.base.errors import EstimationError, ModelError
from oablib.statistics.sem import (
    arguments,
    checks,
    comparable,
    constrained,
    measures,
    optima,
    solution,
    spec,
)
from oablib.statistics.sem import problem as problems
from oablib.statistics.sem.design import Design
from oablib.statistics.sem.estimation import Optimum
from oablib.statistics.sem.fitting import SemFit, fail_if_no_fit
from oablib.statistics.sem.problem import Problem
from oablib.statistics.sem.sample import GroupSample, Sample


def paths(
    model: str, names: Sequence[str], *, n: NDArray, means: NDArray, covariances: NDArray
) -> pd.DataFrame:
    """Estimates of all paths `lhs ~ rhs`: one row a set of moments, columns (lhs, rhs).

    The estimates are those of `fit` on data with these moments; nothing else of a fit is computed.
    names: variables of the moments, which may be more than the model's. n: (b,) children; means:
    (b, p); covariances: (b, p, p), divisor n. Raises ModelError for a model whose intercepts are
    restricted or that names other variables, EstimationError as `fit`.
    """
    checks.fail_if_model_is_no_text(model)
    names = arguments.texts("names", names, "names of variables")
    n, means = arguments.array("n", n), arguments.array("means", means)
    covariances = arguments.array("covariances", covariances)
    _fail_if_shapes_differ(names, n, means, covariances)
    specification = spec.parse(model)
    absent = [name for name in specification.observed if name not in names]
    if absent or not problems.centred(specification):
        raise ModelError(
            f"The model names {absent or 'restricted intercepts'}; expected free intercepts and "
            f"variables among {', '.join(names)}."
        )
    chosen = [names.index(name) for name in specification.observed]
    cells = [k for k, cell in enumerate(specification.cells) if cell.op == "~"]
    moments = zip(n, means[:, chosen], covariances[:, chosen][:, :, chosen], strict=True)
    first = _sample(float(n[0]), means[0, chosen], covariances[0][np.ix_(chosen, chosen)])
    setting = problems.set_up(specification, first)
    estimates = [_estimates(setting, *each)[cells] for each in moments]
    labels = [(specification.cells[k].lhs, specification.cells[k].rhs) for k in cells]
    return pd.DataFrame(estimates, columns=pd.MultiIndex.from_tuples(labels, names=["lhs", "rhs"]))


def _fail_if_shapes_differ(
    names: Sequence[str], n: NDArray, means: NDArray, covariances: NDArray
) -> None:
    b, p = np.size(n), len(names)
    found = tuple(np.shape(each) for each in (n, means, covariances))
    expected = ((b,), (b, p), (b, p, p))
    unfit = not all(np.isfinite(each).all() for each in (n, means, covariances))
    if found != expected or not b or unfit:
        raise ModelError(
            f"n, means and covariances have the shapes {', '.join(map(str, found))}; expected "
            f"finite numbers of (b,), (b, p) and (b, p, p) with p = {p} names and b of 1 or more."
        )


def _estimates(setting: Problem, n: float, mean: NDArray, covariance: NDArray) -> NDArray:
    """All cells in the data's units. The units of the search are those of the first moments."""
    scale = setting.sample.scale
    problem = replace(setting, sample=_sample(n, mean, covariance, scale=scale))
    return solution.original(problem, optima.estimate(problem).theta).value


def _sample(
    n: float, mean: NDArray, covariance: NDArray, *, scale: NDArray | None = None
) -> Sample:
    if scale is None:
        scale = np.exp2(np.round(np.log2(np.sqrt(np.diag(covariance)))))
    standard, nothing = covariance / np.outer(scale, scale), np.zeros((len(mean), 0))
    group = GroupSample.from_moments(n, mean, standard, nothing, scale=scale, centred=True)
    return Sample(
        groups=(group,), labels=("",), scale=scale, products=np.zeros((0, 0)),
        spans=(slice(0, 0),), n_clusters=None, clusters=(), design=Design(),
    )  # fmt: skip


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
    highest = sum(measures.saturated(group) for group in problem.sample.groups)
    reached = problem.sample.n * problems.loglik(problem, optimum.at)
    return max(2 * (highest - reached), 0.0)


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
