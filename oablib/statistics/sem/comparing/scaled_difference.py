"""How the difference of two chi2 is scaled where data are not normal or rows are clustered.

Three methods, as in lavaan's lavTestLRT (0.6-14). "satorra.bentler.2001" combines the factors of
both models; "satorra.bentler.2010" takes that of the general model at the restricted model's
estimates. Both are differences of two estimates, which can come out at any value. "satorra.2000"
compares two variances of the restrictions at the general model's estimates: never below 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import EstimationError
from oablib.statistics.sem.comparing import nesting
from oablib.statistics.sem.data.sample import GroupSample
from oablib.statistics.sem.fits.fitting import SemFit
from oablib.statistics.sem.likelihood import moments, patterns
from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.likelihood.layout import Places
from oablib.statistics.sem.likelihood.moments import Moments
from oablib.statistics.sem.results import inference, scaling_factors, solution

ScaledMethod = Literal["satorra.bentler.2001", "satorra.bentler.2010", "satorra.2000"]
# As in lavTestLRT.
DEFAULT_METHOD: ScaledMethod = "satorra.bentler.2001"


# Two methods that estimate one factor differ by more than this (times) only where one is wrong:
# that of 2001 in none of 600 simulated pairs with a true restricted model (400 rows; 30 clusters).
FAR_APART = 2.0


@dataclass(frozen=True, slots=True)
class Scaling:
    """The scaled difference is chi2 / factor + shift; factor is NaN where it is not defined."""

    factor: float
    shift: float = 0.0
    flags: tuple[str, ...] = ()


def scaling(restricted: SemFit, general: SemFit, method: ScaledMethod) -> Scaling:
    """By this method, with a flag where it is not defined or far from satorra.2000."""
    methods = {
        "satorra.bentler.2001": satorra_bentler_2001,
        "satorra.bentler.2010": satorra_bentler_2010,
        "satorra.2000": satorra_2000,
    }
    found = methods[method](restricted, general)
    return replace(found, flags=tuple(_flags(restricted, general, method, found.factor)))


def satorra_bentler_2001(restricted: SemFit, general: SemFit) -> Scaling:
    """Satorra & Bentler (2001, Psychometrika 66:507)."""
    return _difference(restricted, general, general.scaling_factor)


def satorra_bentler_2010(restricted: SemFit, general: SemFit) -> Scaling:
    """Satorra & Bentler (2010, Psychometrika 75:243).

    The general model where it implies what the restricted one does; not defined where its
    information there is not positive definite. lavaan takes the restricted model's values by name:
    another point where the general model lacks some of its parameters (latent means beside equal
    intercepts). As the observed information away from an optimum does, the factor depends on how
    the general model is written.
    """
    problem, (there, optimum) = general.core.problem, nesting.at_restricted(restricted, general)
    value = solution.original(there, optimum.theta).value
    theta = solution.standard_theta(problem, value, given=general.core.optimum.theta)
    at = problems.implied(problem, theta)
    try:
        parts = inference.sandwich(problem, replace(optimum, theta=theta, at=at))
    except EstimationError:
        return Scaling(np.nan)
    saturated, _ = scaling_factors.traces_without_paths(problem)
    factor = scaling_factors.factor(saturated, scaling_factors.trace(parts), general.df)
    return _difference(restricted, general, factor)


def satorra_2000(restricted: SemFit, general: SemFit) -> Scaling:
    """Satorra (2000) with the mean and variance of a chi2: lavaan's scaled.shifted = TRUE.

    In: Heijmans et al., Innovations in multivariate statistical analysis, p. 233; the shift:
    Asparouhov & Muthen (2010, Simple second order chi-square correction). Not defined where
    active limits leave another number of restrictions than df.
    """
    df, spread = restricted.df - general.df, relative_spread(restricted, general)
    if len(spread) != df:
        return Scaling(np.nan)
    scale = float(np.sqrt(df / np.sum(spread * spread.T)))
    return Scaling(factor=1 / scale, shift=df - scale * float(np.trace(spread)))


def relative_spread(restricted: SemFit, general: SemFit) -> NDArray:
    """Robust variance of the restrictions over that by the information, shape (df, df).

    Its mean eigenvalue is the factor of lavaan's satorra.2000 with scaled.shifted = FALSE.
    """
    problem, optimum = general.core.problem, general.core.optimum
    bread = inference.bread(problem, optimum, information="observed")
    restrictions = _restrictions(restricted, general)
    change = bread @ restrictions.T
    robust = change.T @ _meat(general) @ change
    return np.linalg.solve(restrictions @ bread @ restrictions.T, robust)


def _flags(
    restricted: SemFit, general: SemFit, method: ScaledMethod, factor: float
) -> Iterator[str]:
    limits = bool(restricted.core.optimum.active or general.core.optimum.active)
    if np.isnan(factor) and limits:
        yield (
            f"The scaled difference by {method} is not defined beside active limits; leave them "
            "out, or rely on chi2."
        )
    elif np.isnan(factor):
        yield (
            f"The scaled difference by {method} is not defined: its scaling factor is not "
            "positive; use satorra.2000 instead."
        )
    elif method != "satorra.2000" and not limits:
        spread = relative_spread(restricted, general)
        expected = float(np.trace(spread)) / len(spread)
        if not 1 / FAR_APART < factor / expected < FAR_APART:
            yield (
                f"The scaling factor of {factor:.3g} by {method} is far from the {expected:.3g} of "
                "satorra.2000: the restricted model fits badly or clusters are few; use "
                "satorra.2000 instead."
            )


def _difference(restricted: SemFit, general: SemFit, factor_of_general: float) -> Scaling:
    """A saturated model needs no scaling; its factor counts for nothing."""
    of_general = general.df * factor_of_general if general.df else 0.0
    whole = restricted.df * restricted.scaling_factor
    return Scaling(scaling_factors.factor(whole, of_general, restricted.df - general.df))


def _restrictions(restricted: SemFit, general: SemFit) -> NDArray:
    """Directions of the general model's parameters that the restricted one lacks, (df, k).

    lavaan's A.method = "delta": what is orthogonal to the derivatives of the restricted model's
    moments, as far as those of the general one reproduce them. Each is taken at its own estimates,
    so that these least squares, and with them the test, depend a little on the data's units.
    """
    names, free = general.core.problem.spec.observed, _free_directions(general)
    wide = _moment_slopes(general, names) @ free
    narrow = _moment_slopes(restricted, names) @ _free_directions(restricted)
    inside = np.linalg.lstsq(wide, narrow, rcond=None)[0]
    lacking = np.linalg.svd(inside)[0][:, narrow.shape[1] :]
    return lacking.T @ np.linalg.pinv(free)


def _free_directions(fit: SemFit) -> NDArray:
    """What equalities and active limits leave of the parameters that count, (k, d)."""
    counted = list(fit.core.problem.spec.reported)
    tangent = fit.core.optimum.tangent
    whole = np.eye(fit.core.problem.spec.n_free) if tangent is None else tangent
    kept = np.zeros_like(whole)
    kept[counted] = whole[counted]
    return kept[:, kept.any(axis=0)]


def _moment_slopes(fit: SemFit, names: tuple[str, ...]) -> NDArray:
    """Derivatives of means and covariances of `names`, in the data's units, to the parameters.

    Shape (moments of all groups, k).
    """
    problem, parts = fit.core.problem, []
    order = [problem.spec.observed.index(name) for name in names]
    scale = problem.sample.scale[order]
    i, j = np.tril_indices(len(names))
    for layout, at in zip(problem.layouts, fit.core.optimum.at, strict=True):
        by = moments.slopes(at, layout.places)
        L, R = by.L[order] * scale[:, None], by.R[order] * scale[:, None]
        covariances = by.f * (L[i] * R[j] + R[i] * L[j])
        by_cell = np.concatenate([by.D[order] * scale[:, None], covariances])
        parts.append(layout.gather(by_cell, problem.spec.n_free))
    return np.concatenate(parts)


def _meat(fit: SemFit) -> NDArray:
    """Products of what rows or clusters add to the scores; with missing values, of the scores."""
    problem = fit.core.problem
    if patterns.groups(problem.sample):
        return inference.meat(problem, fit.core.optimum.at)
    weights = _score_weights(fit)
    return weights.T @ problem.sample.products @ weights


def _score_weights(fit: SemFit) -> NDArray:
    """Weights of the features in what each row adds to the scores of the parameters, (G q, k)."""
    problem = fit.core.problem
    groups = zip(problem.layouts, fit.core.optimum.at, problem.sample.groups, strict=True)
    given = len(problem.spec.exogenous) if fit.likelihood == "conditional" else 0
    return np.concatenate([
        layout.gather(_weights(at, layout.places, group, given=given), problem.spec.n_free)
        for layout, at, group in groups
    ])  # fmt: skip


def _weights(at: Moments, places: Places, group: GroupSample, *, given: int) -> NDArray:
    """The same of one group to the cells at `places`, shape (q, c).

    Not the casewise scores: each row's moments minus those of the sample, not of the model, so
    that they add up to 0 in every group. What the last `given` variables predict is taken out.
    """
    by = moments.slopes(at, places)
    pull = group.root.T @ at.precision
    linear, squares = pull @ by.D, inference.square_weights(pull @ by.L, pull @ by.R)
    if given:
        fitted = group.root.T @ _projection(group.cov, given).T @ at.precision
        linear = linear - fitted @ by.D
        squares = squares - inference.square_weights(fitted @ by.L, fitted @ by.R)
    i, j = np.triu_indices(len(pull))
    return np.concatenate([-(by.f * squares[i == j]).sum(axis=0)[None], linear, by.f * squares])


def _projection(cov: NDArray, given: int) -> NDArray:
    """Prediction of all variables from the last ones, by the sample's regression, (p, p)."""
    result = np.zeros_like(cov)
    result[:, -given:] = np.linalg.solve(cov[-given:, -given:], cov[-given:]).T
    return result
