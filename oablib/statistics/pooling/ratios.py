"""Likelihoods of fits over imputations, and the pooled ratio of two nested models."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import ComparisonError
from oablib.base.shown import showable
from oablib.statistics import sem
from oablib.statistics.pooling import pooled_fit, pooled_tests
from oablib.statistics.pooling.pooled_tests import PooledTest
from oablib.statistics.sem import SemFit, comparison
from oablib.statistics.sem.comparison import why_not_nested

RatioMethod = Literal["D4", "D3", "D2", "D2_scaled"]

IGNORES_CLUSTERS = (
    "The likelihood takes rows of one cluster as independent: where they are alike, p is too small."
)
# Ratios below 0 by no more than this (times 1 + |loglik|) are rounding.
RATIO_ROUNDING = 1e-10


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Logliks:
    """Log-likelihoods of one model over m imputations.

    own, pooled: shape (m,), at each fit's own estimates and at their mean. stacked: of the m
    data sets as one, divided by m. k: free parameters.
    """

    own: NDArray
    pooled: NDArray
    stacked: float
    k: int


def logliks(fits: Sequence[SemFit], *, methods: Collection[RatioMethod] = ("D3", "D4")) -> Logliks:
    """Log-likelihoods of one model over imputations, where these methods take them; else NaN."""
    own = np.array([fit.loglik for fit in fits])
    mean, pooled = pooled_fit.arrays(fits)[0].mean(axis=0), np.full(len(fits), np.nan)
    if "D3" in methods:
        pooled = np.array([sem.loglik_at(fit, mean) for fit in fits])
    stacked = sem.stacked_loglik(fits) if "D4" in methods else np.nan
    return Logliks(own=own, pooled=pooled, stacked=stacked, k=fits[0].n_parameters)


def likelihood_ratio(
    restricted: Sequence[SemFit], general: Sequence[SemFit], *, method: RatioMethod = "D4"
) -> PooledTest:
    """Test of a restricted model against a general one, both fitted to the same imputations.

    method: "D4" stacks the data (Chan & Meng, 2022), "D3" takes the likelihoods at the pooled
    estimates (Meng & Rubin, 1992), "D2" pools the m ratios; see `d4`, `d3`, `d2`. Clusters do not
    enter a likelihood; a flag says so. "D2_scaled" pools ratios that allow for them (Satorra &
    Bentler, 2001; semTools' pool.robust = TRUE).
    Raises PoolingError for fits of one model that differ, ComparisonError for models that differ
    in n, m, variables, likelihood or data, or are not nested.
    """
    if method not in get_args(RatioMethod):
        raise ComparisonError(
            f"method={method!r} is unknown; expected one of {', '.join(get_args(RatioMethod))}."
        )
    fail_if_models_cannot_be_compared({"restricted": restricted, "general": general})
    reason = why_not_nested(restricted[0], general[0])
    if reason:
        raise ComparisonError(comparison.NOT_NESTED.format(reason=reason))
    df = restricted[0].df - general[0].df
    if method == "D2_scaled":
        pairs = zip(restricted, general, strict=True)
        return pooled_tests.d2([sem.likelihood_ratio(*pair).chi2_scaled for pair in pairs], df)
    both = [logliks(fits, methods=(method,)) for fits in (restricted, general)]
    test = ratio_test(*both, df=df, method=method)
    if restricted[0].n_clusters is None:
        return test
    return replace(test, flags=(*test.flags, IGNORES_CLUSTERS))


def ratio_test(
    restricted: Logliks, general: Logliks, *, df: int, method: RatioMethod
) -> PooledTest:
    """Pooled ratio from the likelihoods of two models that were found comparable and nested."""
    own = ratios(restricted.own, general.own)
    if method == "D2":
        return pooled_tests.d2(own, df)
    if method == "D3":
        return pooled_tests.d3(own, 2 * (general.pooled - restricted.pooled), df)
    return pooled_tests.d4(own, 2 * (general.stacked - restricted.stacked), df)


def ratios(restricted: NDArray, general: NDArray) -> NDArray:
    """2 (general - restricted), rounding below 0 removed; ComparisonError for more than that."""
    found = 2 * (general - restricted)
    worse = found < -RATIO_ROUNDING * (1 + np.abs(general))
    if worse.any():
        raise ComparisonError(
            f"The general model fits worse than the restricted one in {int(worse.sum())} of "
            f"{len(found)} imputations (ratio down to {found.min():.3g}); expected nested models."
        )
    return np.maximum(found, 0.0)


def fail_if_models_cannot_be_compared(models: Mapping[str, Sequence[SemFit]]) -> None:
    """Raise ComparisonError unless all are fits to the same imputations of the same variables."""
    for fits in models.values():
        pooled_fit.fail_if_fits_differ(fits)
    counts = {name: len(fits) for name, fits in models.items()}
    if len(set(counts.values())) > 1:
        shown = "; ".join(f"{name}: {m}" for name, m in counts.items())
        raise ComparisonError(
            f"The models have different numbers of imputations ({shown}); fit all of them to the "
            "same imputations in the same order."
        )
    for imputation in zip(*models.values(), strict=True):
        comparison.fail_if_data_differ(dict(zip(models, imputation, strict=True)))
