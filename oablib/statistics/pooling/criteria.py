"""AIC and BIC over imputations: the conventions side by side, and models compared by them.

Averaging AIC and BIC over imputations is common practice (the published report, Mplus), but its
differences favour paths of imputed predictors: each imputation is fitted by its own noise. The
pooled likelihood ratios do not share that fault.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from oablib.base.errors import ComparisonError
from oablib.statistics.pooling import pooled_fit, ratios
from oablib.statistics.pooling.ratios import Logliks
from oablib.statistics.sem import SemFit
from oablib.statistics.sem.comparison import why_not_nested
from oablib.statistics.sem.measures import criteria

Costs = Mapping[str, int]


def information_criteria(fits: Sequence[SemFit], *, costs: Costs | None = None) -> pd.DataFrame:
    """AIC, BIC and sample-size adjusted BIC of one model, one row per convention.

    costs: degrees of freedom behind a variable that enters as one estimated scale value:
        categories minus 1, e.g. {"origin": 7}. Each that the model uses as a predictor then costs
        that many parameters instead of one, once.
    convention: "mean" averages over imputations (the published report, Mplus); "at pooled
        estimates" averages the log-likelihoods at the pooled estimates (D3; semTools' and
        lavaan.mi's fit measures); "stacked" takes the m data sets as one, divided by m (D4).
    Other columns: loglik, k, aic, bic, sabic; k_honest, aic_honest, bic_honest count `costs`.
    Compare rows of different models within one convention only. Raises PoolingError for fits
    that differ, ComparisonError for costs of what is no variable of the model.
    """
    pooled_fit.fail_if_fits_differ(fits)
    _fail_if_cost_is_unfit(costs, known=set(fits[0].core.problem.spec.variables))
    found, n = ratios.logliks(fits), fits[0].n
    honest = honest_parameters(fits[0], costs=costs)
    conventions = {
        "mean": float(found.own.mean()),
        "at pooled estimates": float(found.pooled.mean()),
        "stacked": found.stacked,
    }
    return pd.DataFrame(
        {
            "convention": convention,
            "loglik": loglik,
            "k": found.k,
            **criteria(loglik, k=found.k, n=n),
            "k_honest": honest,
            "aic_honest": criteria(loglik, k=honest, n=n)["aic"],
            "bic_honest": criteria(loglik, k=honest, n=n)["bic"],
        }
        for convention, loglik in conventions.items()
    )


def compare(
    models: Mapping[str, Sequence[SemFit]], *, base: str | None = None, costs: Costs | None = None
) -> pd.DataFrame:
    """Models over the same imputations of the same variables, one row each, against `base`.

    base: name of the model that differences refer to; the first when None. costs: as in
        `information_criteria`.
    Columns: model, k, df, k_honest; aic_mean and bic_mean (averaged over imputations), aic_pooled
    and bic_pooled (at the pooled estimates). Differences, negative where the model is better than
    the base: delta_aic_mean, delta_bic_mean; delta_aic_d3, delta_bic_d3, delta_aic_d4,
    delta_bic_d4 from the pooled likelihood ratio (F times df1) of the nested pair, minus the
    penalty; delta_aic_honest, delta_bic_honest: D4 with the honest count. agree: False where D4
    and the means choose differently, by AIC or by BIC; NA where D4 is not defined. reason: why a
    pair has no ratio, what was done to it, or what is disagreed on.
    Raises PoolingError for fits of one model that differ, ComparisonError for models that differ
    in variables, n, m, likelihood or data.
    """
    base = _base(models, base)
    ratios.fail_if_models_cannot_be_compared(models)
    _fail_if_cost_is_unfit(costs, known=set(models[base][0].core.problem.spec.variables))
    found = {name: ratios.logliks(fits) for name, fits in models.items()}
    rows = []
    for name, fits in models.items():
        row: dict[str, object] = {"model": name, "k": found[name].k, "df": fits[0].df}
        row["k_honest"] = honest_parameters(fits[0], costs=costs)
        row |= _levels(found[name], n=fits[0].n)
        row |= _differences(
            fits[0], models[base][0], own=found[name], other=found[base], costs=costs
        )
        rows.append(row)
    return pd.DataFrame(rows).astype({"agree": "boolean"})


def honest_parameters(fit: SemFit, *, costs: Costs | None) -> int:
    """Free parameters, a predictor with a cost counted as that many, once."""
    rows = fit.parameters
    predictors = set(rows.loc[(rows["op"] == "~") & (rows["se"] != 0), "rhs"])
    used = [cost for name, cost in (costs or {}).items() if name in predictors]
    return fit.n_parameters + sum(used) - len(used)


def _levels(found: Logliks, *, n: int) -> dict[str, float]:
    mean = criteria(float(found.own.mean()), k=found.k, n=n)
    pooled = criteria(float(found.pooled.mean()), k=found.k, n=n)
    return {
        "aic_mean": mean["aic"],
        "bic_mean": mean["bic"],
        "aic_pooled": pooled["aic"],
        "bic_pooled": pooled["bic"],
    }


def _differences(
    fit: SemFit, base: SemFit, *, own: Logliks, other: Logliks, costs: Costs | None
) -> dict[str, object]:
    """Differences to the base by means, D3 and D4, and whether they agree."""
    extra = own.k - other.k
    honest = honest_parameters(fit, costs=costs) - honest_parameters(base, costs=costs)
    gain, reason = _pooled_gains(fit, base, own=own, other=other)
    gain["mean"] = 2 * float((own.own - other.own).mean())
    penalties = {"aic": 2.0, "bic": float(np.log(fit.n))}
    deltas: dict[str, float] = {
        f"delta_{name}_{how}": penalty * extra - gain[how]
        for how in ("mean", "d3", "d4")
        for name, penalty in penalties.items()
    }
    for name, penalty in penalties.items():
        deltas[f"delta_{name}_honest"] = penalty * honest - gain["d4"]
    disputed = [
        name.upper()
        for name in penalties
        if (deltas[f"delta_{name}_mean"] < 0) != (deltas[f"delta_{name}_d4"] < 0)
    ]
    known = np.isfinite(gain["d4"])
    if known and disputed:
        reason += (f"by {' and '.join(disputed)} the means and D4 choose differently",)
    agree = not disputed if known else None
    return {**deltas, "agree": agree, "reason": "; ".join(reason)}


def _pooled_gains(
    fit: SemFit, base: SemFit, *, own: Logliks, other: Logliks
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Gain in fit over the base, on the scale of chi2, by D3 and D4; negative for a loss."""
    if own is other:
        return {"d3": 0.0, "d4": 0.0}, ()
    nothing = {"d3": np.nan, "d4": np.nan}
    if not why_not_nested(base, fit):
        restricted, general, df, sign = other, own, base.df - fit.df, 1
    elif not why_not_nested(fit, base):
        restricted, general, df, sign = own, other, fit.df - base.df, -1
    else:
        return nothing, ("not nested in the base, nor the base in it: no likelihood ratio",)
    tests = {
        "d3": ratios.ratio_test(restricted, general, df=df, method="D3"),
        "d4": ratios.ratio_test(restricted, general, df=df, method="D4"),
    }
    said = dict.fromkeys(f"{t.method}: {flag}" for t in tests.values() for flag in t.flags)
    return {name: sign * test.chi2 for name, test in tests.items()}, tuple(said)


def _base(models: Mapping[str, Sequence[SemFit]], base: str | None) -> str:
    if not models:
        raise ComparisonError("No models to compare; expected names with their fits.")
    if base is None:
        return next(iter(models))
    if base not in models:
        raise ComparisonError(f"base={base!r} is none of the models: {', '.join(models)}.")
    return base


def _fail_if_cost_is_unfit(costs: Costs | None, *, known: set[str]) -> None:
    strange = sorted(set(costs or {}) - known)
    if strange:
        raise ComparisonError(
            f"costs name {strange}, which are no variables of the model; its variables: "
            f"{', '.join(sorted(known))}."
        )
    low = sorted(name for name, cost in (costs or {}).items() if cost < 1)
    if low:
        raise ComparisonError(
            f"costs of {low} are below 1; expected the number of categories minus 1."
        )
