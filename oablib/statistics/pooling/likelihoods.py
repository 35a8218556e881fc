"""Models over imputations: AIC and BIC by convention, and models side by side.

Averaging AIC and BIC over imputations is common practice (the published report, Mplus), but its
differences favour paths of imputed predictors: each imputation is fitted by its own noise. The
pooled likelihood ratios do not share that fault.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from oablib.base.errors import ComparisonError
from oablib.statistics.pooling import pooled_tests
from oablib.statistics.pooling.pooled_tests import PooledTest
from oablib.statistics.pooling.ratios import (
    Logliks,
    RatioMethod,
    comparable_models,
    logliks,
    ratio_test,
)
from oablib.statistics.sem import SemFit, arguments
from oablib.statistics.sem.comparing import comparable
from oablib.statistics.sem.comparing.nesting import why_not_nested
from oablib.statistics.sem.results.measures import criteria

Costs = Mapping[str, int]


def information_criteria(fits: Iterable[SemFit], *, costs: Costs | None = None) -> pd.DataFrame:
    """AIC, BIC and sample-size adjusted BIC of one model, one row per convention.

    costs: degrees of freedom behind a variable that enters as one estimated scale value:
        categories minus 1, e.g. {"origin": 7}. Each that the model uses as a predictor then costs
        that many parameters instead of one, once.
    convention: "mean" averages over imputations (the published report, Mplus); "at pooled
        estimates" averages the log-likelihoods at the pooled estimates (D3; semTools' and
        lavaan.mi's fit measures); "stacked" takes the m data sets as one, divided by m (D4).
    Other columns: loglik, k, aic, bic, sabic; k_with_scales, aic_with_scales and bic_with_scales
    count `costs`.
    Compare rows of different models within one convention only. Raises PoolingError for fits
    that differ, ComparisonError for costs of what is no variable of the model.
    """
    fits = comparable.to_pool(fits)
    _fail_if_cost_is_unfit(costs, known=set(fits[0].core.problem.spec.variables))
    values, n = logliks(fits), fits[0].n
    k_with_scales = _parameters_with_scales(fits[0], costs=costs)
    conventions = {
        "mean": float(values.own.mean()),
        "at pooled estimates": float(values.pooled.mean()),
        "stacked": values.stacked,
    }
    rows = []
    for convention, loglik in conventions.items():
        row = {"convention": convention, "loglik": loglik, "k": values.k}
        with_scales = criteria(loglik, k=k_with_scales, n=n)
        row |= criteria(loglik, k=values.k, n=n) | {"k_with_scales": k_with_scales}
        rows.append(row | {f"{name}_with_scales": with_scales[name] for name in ("aic", "bic")})
    return pd.DataFrame(rows)


def compare(
    models: Mapping[str, Iterable[SemFit]], *, base: str | None = None, costs: Costs | None = None
) -> pd.DataFrame:
    """Models over the same imputations of the same variables, one row each, against `base`.

    base: name of the model that differences refer to; the first when None. costs: as in
        `information_criteria`.
    Columns: model, k (lavaan's npar), df, k_with_scales; aic_mean and bic_mean (averaged over
    imputations), aic_pooled and bic_pooled (at the pooled estimates). Differences, negative where
    the model is better than the base: delta_aic_mean, delta_bic_mean; delta_aic_d3, delta_bic_d3,
    delta_aic_d4, delta_bic_d4 from the pooled likelihood ratio (F times df1) of the nested pair,
    minus the penalty; delta_aic_with_scales, delta_bic_with_scales: D4 with `costs` counted.
    agree: False where D4 and the means choose differently, by AIC or by BIC; NA where D4 is not
    defined.
    f_d4, df1_d4, df2_d4, p_d4, riv_d4, f_d3, ...: the same pooled ratios as tests of the pair, the
    one with fewer parameters being the restricted model: what lavTestLRT.mi prints as F, df1,
    df2, pvalue and ariv; NaN for the base itself.
    reason: why a pair has no ratio, what was done to it, or what is disagreed on.
    Raises PoolingError for fits of one model that differ, ComparisonError for models that differ
    in variables, n, m, likelihood or data.
    """
    if not isinstance(models, Mapping) or not models:
        raise ComparisonError(
            "No models to compare; expected names with their fits, as in "
            "{'without x': fits, 'with x': others}."
        )
    if base is None:
        base = next(iter(models))
    elif not isinstance(base, str) or base not in models:
        raise ComparisonError(
            f"base={arguments.quoted(base)} is none of the models: {', '.join(models)}."
        )
    models = comparable_models(models)
    _fail_if_cost_is_unfit(costs, known=set(models[base][0].core.problem.spec.variables))
    values = {name: logliks(fits) for name, fits in models.items()}
    with_scales = {
        name: _parameters_with_scales(fits[0], costs=costs) for name, fits in models.items()
    }
    rows = []
    for name, fits in models.items():
        row: dict[str, object] = {"model": name, "k": values[name].k, "df": fits[0].df}
        row["k_with_scales"] = with_scales[name]
        for convention in ("mean", "pooled"):
            loglik = values[name].own if convention == "mean" else values[name].pooled
            level = criteria(float(loglik.mean()), k=values[name].k, n=fits[0].n)
            row |= {f"{key}_{convention}": level[key] for key in ("aic", "bic")}
        extra = with_scales[name] - with_scales[base]
        pair = (fits[0], models[base][0])
        rows.append(row | _differences(*pair, values[name], values[base], extra_with_scales=extra))
    return pd.DataFrame(rows).astype({"agree": "boolean"})


def _parameters_with_scales(fit: SemFit, *, costs: Costs | None) -> int:
    """Free parameters, a predictor with a cost counted as that many, once."""
    rows = fit.parameters
    predictors = set(rows.loc[(rows["op"] == "~") & (rows["se"] != 0), "rhs"])
    used = [cost for name, cost in (costs or {}).items() if name in predictors]
    return fit.n_parameters + sum(used) - len(used)


def _differences(
    fit: SemFit, base: SemFit, values: Logliks, of_base: Logliks, *, extra_with_scales: int
) -> dict[str, object]:
    """Differences to the base by means, D3 and D4, and whether they agree."""
    extra = values.k - of_base.k
    gain, tests, reason = _pooled_gains(fit, base, values, of_base)
    gain["mean"] = 2 * float((values.own - of_base.own).mean())
    penalties = {"aic": 2.0, "bic": float(np.log(fit.n))}
    deltas: dict[str, float] = {
        f"delta_{name}_{method}": penalty * extra - gain[method]
        for method in ("mean", "d3", "d4")
        for name, penalty in penalties.items()
    }
    for name, penalty in penalties.items():
        deltas[f"delta_{name}_with_scales"] = penalty * extra_with_scales - gain["d4"]
    disputed = [
        name.upper()
        for name in penalties
        if (deltas[f"delta_{name}_mean"] < 0) != (deltas[f"delta_{name}_d4"] < 0)
    ]
    known = np.isfinite(gain["d4"])
    if known and disputed:
        reason.append(f"by {' and '.join(disputed)} the means and D4 choose differently")
    agree = not disputed if known else None
    columns = pooled_tests.columns("d4", tests.get("d4")) | pooled_tests.columns(
        "d3", tests.get("d3")
    )
    return {**deltas, "agree": agree, **columns, "reason": "; ".join(reason)}


def _pooled_gains(
    fit: SemFit, base: SemFit, values: Logliks, of_base: Logliks
) -> tuple[dict[str, float], dict[str, PooledTest], list[str]]:
    """Gain in fit over the base, on the scale of chi2, by D3 and D4; negative for a loss."""
    if values is of_base:
        return {"d3": 0.0, "d4": 0.0}, {}, []
    if not why_not_nested(base, fit):
        restricted, general, df, sign = of_base, values, base.df - fit.df, 1
    elif not why_not_nested(fit, base):
        restricted, general, df, sign = values, of_base, fit.df - base.df, -1
    else:
        reason = "not nested in the base, nor the base in it: no likelihood ratio"
        return {"d3": np.nan, "d4": np.nan}, {}, [reason]
    methods: tuple[RatioMethod, ...] = ("D3", "D4")
    tests = {m.lower(): ratio_test(restricted, general, df=df, method=m) for m in methods}
    flags = dict.fromkeys(
        f"{m.upper()}: {flag}" for m, test in tests.items() for flag in test.flags
    )
    gain = {name: sign * test.chi2 for name, test in tests.items()}
    return gain, tests, list(flags)


def _fail_if_cost_is_unfit(costs: Costs | None, *, known: set[str]) -> None:
    if not isinstance(costs, Mapping | None):
        raise ComparisonError(
            f"costs= is of type {type(costs).__name__}; expected variables with their number of "
            "categories minus 1, such as {'origin': 7}."
        )
    unknown = sorted(set(costs or {}) - known)
    if unknown:
        raise ComparisonError(
            f"costs name {unknown}, which are no variables of the model; its variables: "
            f"{', '.join(sorted(known))}."
        )
    low = sorted(name for name, cost in (costs or {}).items() if cost < 1)
    if low:
        raise ComparisonError(
            f"costs of {low} are below 1; expected the number of categories minus 1."
        )
