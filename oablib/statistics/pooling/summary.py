"""A pooled fit as text, in the order of lavaan.mi's summary, and as HTML.

lavaan.mi (and semTools' runMI before it) print lavaan's summary with t tests, their degrees of
freedom, the fraction of missing information and the relative increase in variance.
"""

from collections.abc import Mapping

import pandas as pd

from oablib.statistics.pooling.pooled_fit import PooledFit
from oablib.statistics.sem.fits import summary, summary_html
from oablib.statistics.sem.fits.summary_blocks import Block, blocks_of, line, number

COLUMNS: Mapping[str, str] = {
    "est": "Estimate", "se": "Std.Err", "t": "t-value", "df": "df", "p": "P(>|t|)",
    "std": "Std.all", "fmi": "FMI", "riv": "RIV",
}  # fmt: skip
# Degrees of freedom from which on a t test is shown as a normal one, as lavaan.mi does.
SHOWN_AS_INFINITE = 1000
MEASURES = {
    "cfi": "Comparative Fit Index (CFI)", "tli": "Tucker-Lewis Index (TLI)", "rmsea": "RMSEA",
    "srmr": "SRMR", "loglik": "Loglikelihood user model (H0)", "aic": "Akaike (AIC)",
    "bic": "Bayesian (BIC)", "sabic": "Sample-size adjusted Bayesian (SABIC)",
}  # fmt: skip


def as_text(pooled: PooledFit) -> str:
    """Header, pooled tests, mean fit measures, parameters in blocks, R-Square and flags."""
    lines = [
        f"oablib.pooling combined one model fitted to {pooled.m} imputed data sets",
        "",
        *summary.facts(pooled.first),
        line("Number of imputations", pooled.m),
        *_tests(pooled),
        *("", f"Fit measures (means over {pooled.m} imputations):", ""),
        *(line(label, float(pooled.fit_mean[name])) for name, label in MEASURES.items()),
        *summary.error_lines(pooled.first),
        "",
        line("Pooled across imputations", "Rubin's (1987) rules"),
        line("Total sampling variance", _total(pooled)),
        line("Wald test for pooled parameters", "t(df) distribution"),
        *summary.parameter_lines(_blocks(pooled)),
    ]
    large = (pooled.parameters["df"] >= SHOWN_AS_INFINITE).any()
    note = [f"df of {SHOWN_AS_INFINITE} or more are shown as Inf; parameters holds all."]
    return summary.joined(lines, [*pooled.flags, *(note if large else [])])


def as_html(pooled: PooledFit) -> str:
    """The same, short: one paragraph on fit, one table of parameters, a list of flags."""
    clusters = "" if pooled.n_clusters is None else f" in {pooled.n_clusters:,} clusters"
    tests = "; ".join(
        f"{name.replace('_', ' ')}: F({test.df1}, {number(test.df2)}) = "
        f"{number(test.statistic)}, {summary_html.p_value(test.p)}"
        for name, test in pooled.tests.items()
    )
    mean = pooled.fit_mean
    sentence = (
        f"One model fitted to {pooled.m} imputed data sets and pooled by Rubin's rules: "
        f"{pooled.n_parameters} parameters, {pooled.n:,} observations{clusters}; standard errors: "
        f"{summary.kind_of_errors(pooled.first).lower()}. Test of the model: "
        f"{tests or 'none, it is saturated'}. Means over imputations: CFI {mean['cfi']:.3f}, TLI "
        f"{mean['tli']:.3f}, RMSEA {mean['rmsea']:.3f}, SRMR {mean['srmr']:.3f}, AIC "
        f"{mean['aic']:.3f}, BIC {mean['bic']:.3f}."
    )
    return summary_html.page(sentence, _blocks(pooled), pooled.flags, columns=COLUMNS)


def _tests(pooled: PooledFit) -> list[str]:
    """Tests of the model against the saturated one, side by side."""
    title = ["", "Model Test User Model:", ""]
    if not pooled.tests:
        return [*title, line("Degrees of freedom", pooled.df)]
    tests = pooled.tests.values()
    return [
        *title,
        line("Pooling method", *(name.replace("_", " ") for name in pooled.tests)),
        line("Test statistic (F)", *(test.statistic for test in tests)),
        line("Numerator degrees of freedom", *(test.df1 for test in tests)),
        line("Denominator degrees of freedom", *(test.df2 for test in tests)),
        line("P-value (F)", *(test.p for test in tests)),
        line("Relative increase in variance (RIV)", *(test.riv for test in tests)),
    ]


def _total(pooled: PooledFit) -> str:
    return "(1 + average RIV) W" if pooled.scale_w else "W + (1 + 1/m) B"


def _blocks(pooled: PooledFit) -> list[Block]:
    rows = pooled.parameters
    shown: pd.Series = rows["df"].where(rows["df"] < SHOWN_AS_INFINITE, float("inf"))
    mean = pooled.fit_mean
    r2 = {
        name: (float(mean[f"r2_{name}"]), float(mean[f"r2_adjusted_{name}"]))
        for name in pooled.first.r2
    }
    return blocks_of(pooled.first, rows.assign(df=shown), columns=COLUMNS, r2=r2)
