"""Pooled likelihood ratios of nested models, and the likelihoods behind them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import ComparisonError
from oablib.base.shown import showable
from oablib.statistics import sem
from oablib.statistics.pooling import pooled_fit, pooled_tests
from oablib.statistics.pooling.pooled_tests import PooledTest
from oablib.statistics.sem import SemFit, arguments
from oablib.statistics.sem.comparing import comparable, nesting
from oablib.statistics.sem.comparing.comparison import LikelihoodRatio
from oablib.statistics.sem.comparing.scaled_difference import DEFAULT_METHOD, ScaledMethod

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
    restricted: Iterable[SemFit],
    general: Iterable[SemFit],
    *,
    method: RatioMethod = "D4",
    scaled_method: ScaledMethod | None = None,
) -> PooledTest:
    """Test of a restricted model against a general one, both fitted to the same imputations.

    method: "D4" stacks the data (Chan & Meng, 2022), "D3" takes the likelihoods at the pooled
    estimates (Meng & Rubin, 1992), "D2" pools the m ratios; see `d4`, `d3`, `d2`. Clusters do not
    enter a likelihood; a flag says so. "D2_scaled" pools ratios that allow for them (semTools'
    pool.robust = TRUE), each by scaled_method as in sem.likelihood_ratio (None for its default).
    Raises PoolingError for fits of one model that differ, ComparisonError for models that differ
    in n, m, variables, likelihood or data, or are not nested, and for methods that are unknown or
    contradict each other.
    """
    arguments.one_of("method", method, RatioMethod, error=ComparisonError)
    if scaled_method is not None:
        arguments.one_of("scaled_method", scaled_method, ScaledMethod, error=ComparisonError)
    if scaled_method is not None and method != "D2_scaled":
        raise ComparisonError(
            f"scaled_method={scaled_method!r} is for method='D2_scaled', found method={method!r}; "
            "change one of them."
        )
    restricted, general = comparable_models({"restricted": restricted, "general": general}).values()
    nesting.fail_if_not_nested(restricted[0], general[0])
    df = restricted[0].df - general[0].df
    if method == "D2_scaled":
        pairs = zip(restricted, general, strict=True)
        chosen = scaled_method or DEFAULT_METHOD
        return _scaled_test([sem.likelihood_ratio(*pair, method=chosen) for pair in pairs])
    both = [logliks(fits, methods=(method,)) for fits in (restricted, general)]
    test = ratio_test(*both, df=df, method=method)
    flags = (*test.flags, *nesting.on_limits(restricted[0], general[0]))
    if restricted[0].n_clusters is not None:
        flags = (*flags, IGNORES_CLUSTERS)
    return replace(test, flags=flags)


def _scaled_test(ratios: Sequence[LikelihoodRatio]) -> PooledTest:
    """D2 of scaled differences, and in how many imputations these are not defined or doubtful."""
    undefined = [ratio for ratio in ratios if np.isnan(ratio.chi2_scaled)]
    doubtful = undefined or [ratio for ratio in ratios if ratio.flags]
    where, df = f"In {len(doubtful)} of {len(ratios)} imputations", ratios[0].df
    flags = tuple(f"{where}: {ratio.flags[0]}" for ratio in doubtful[:1])
    if undefined:
        return pooled_tests.untested("D2", df, reason=flags[0])
    # The shift of satorra.2000 can bring a ratio near 0 below it.
    test = pooled_tests.d2([max(ratio.chi2_scaled, 0.0) for ratio in ratios], df)
    return replace(test, flags=(*test.flags, *flags))


def ratio_test(
    restricted: Logliks, general: Logliks, *, df: int, method: RatioMethod
) -> PooledTest:
    """Pooled ratio from the likelihoods of two models that are comparable and nested.

    Raises ComparisonError where a ratio is below 0 by more than rounding.
    """
    ratios = 2 * (general.own - restricted.own)
    worse = ratios < -RATIO_ROUNDING * (1 + np.abs(general.own))
    if worse.any():
        raise ComparisonError(
            f"The general model fits worse than the restricted one in {int(worse.sum())} of "
            f"{len(ratios)} imputations (ratio down to {ratios.min():.3g}); expected nested models."
        )
    ratios = np.maximum(ratios, 0.0)
    if method == "D2":
        return pooled_tests.d2(ratios, df)
    if method == "D3":
        return pooled_tests.d3(ratios, 2 * (general.pooled - restricted.pooled), df)
    return pooled_tests.d4(ratios, 2 * (general.stacked - restricted.stacked), df)


def comparable_models(models: Mapping[str, Iterable[SemFit]]) -> dict[str, tuple[SemFit, ...]]:
    """The models, if all are fits to the same imputations of the same variables; else raise."""
    listed = {name: comparable.to_pool(fits) for name, fits in models.items()}
    counts = {name: len(fits) for name, fits in listed.items()}
    if len(set(counts.values())) > 1:
        shown = "; ".join(f"{name}: {m}" for name, m in counts.items())
        raise ComparisonError(
            f"The models have different numbers of imputations ({shown}); fit all of them to the "
            "same imputations in the same order."
        )
    for imputation in zip(*listed.values(), strict=True):
        comparable.to_compare(dict(zip(listed, imputation, strict=True)))
    return listed
