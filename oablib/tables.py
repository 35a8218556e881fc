"""Every table of the reports: a frame goes in, a table with title, unit and source comes out.

`about` names population, n and source. Nothing is computed here.
"""

import pandas as pd

from oablib.exhibit import About, Table
from oablib.tables_canvas import IN_HEADINGS, Look, show
from oablib.wording import words

DIRECT_LABELS = {
    "name": "predictor",
    "value": "effect",
    "se": "standard error",
    "se_known": "se, scale values known",
    "published_se": "published standard error",
    "difference_in_se": "difference (published se)",
    "se_ratio": "ratio of standard errors",
}
DIRECT_HIDDEN = ["ci_lower", "ci_upper", "std", "published_std", "current_std"]
FIT_WORDS = {
    "chi2": "chi2, test statistic",
    "chi2_scaled": "chi2, scaled (Yuan-Bentler-Mplus)",
    "df": "degrees of freedom",
    "cfi": "comparative fit index (CFI)",
    "tli": "Tucker-Lewis index (TLI)",
    "loglik": "loglikelihood of the user model (H0)",
    "free_parameters": "number of model parameters",
    "aic": "Akaike (AIC)",
    "bic": "Bayesian (BIC)",
    "sabic": "sample-size adjusted Bayesian (SABIC)",
    "rmsea": "RMSEA",
    "srmr": "SRMR",
    "r2_adjusted": "R2 of the outcome, adjusted",
    "n": "number of observations",
}
FIT_COUNTS = ("df", "loglik", "free_parameters", "aic", "bic", "sabic", "n")


def delivery(facts: pd.DataFrame, *, source: str) -> Table:
    """Facts of the delivered file."""
    about = About("one file", source)
    return show(facts, "delivery", title="The delivered file", unit=IN_HEADINGS, about=about)


def steps(frame: pd.DataFrame, *, about: About) -> Table:
    """Rows before and after each step of the intake."""
    title = "Rows from delivery to analysis"
    return show(frame, "steps", title=title, unit="children, after each step", about=about)


def waves(frame: pd.DataFrame, *, about: About) -> Table:
    """Children and schools per wave."""
    note = "A school counts once in every wave that it takes part in"
    title = "Children and schools per wave"
    return show(frame, "waves", title=title, unit=IN_HEADINGS, note=note, about=about)


def variables(frame: pd.DataFrame, *, about: About) -> Table:
    """What is known of each variable, in groups by role."""
    return show(
        frame,
        "variables",
        title="Variables of the model",
        unit=IN_HEADINGS,
        note="Mean and standard deviation of numbers, among known values",
        about=about,
        look=Look(shares=("known",), groups="role"),
    )


def settings(frame: pd.DataFrame) -> Table:
    """Settings of the imputation."""
    about = About("every imputed variable", "params/rules/imputation.yaml")
    title = "Settings of the imputation"
    return show(frame, "settings", title=title, unit=IN_HEADINGS, about=about)


def imputed_counts(frame: pd.DataFrame, *, m: int, about: About) -> Table:
    """Known and imputed values per variable; m is the number of completed data sets."""
    return show(
        frame,
        "imputed-counts",
        title="Known and imputed values",
        unit="children",
        note=f"Completed data sets: {m}",
        about=about,
        look=Look(shares=("share_unknown",)),
    )


def scale_values(frame: pd.DataFrame, *, outcome: str, about: About) -> Table:
    """Scale values in groups by variable, with labels; intervals are left to the figure."""
    hidden = ["code", "label", "ci_lower", "ci_upper"]
    return show(
        frame.assign(category=frame["label"]).drop(columns=hidden),
        "scale-values",
        title="Scale values",
        unit=f"points {words(outcome)} against the reference category",
        note="Mean over completed data sets; n: children in the category",
        about=about,
        look=Look(groups="variable", labels={"current": "indicator then in use"}),
    )


def optimum(frame: pd.DataFrame) -> Table:
    """Certificate of each fit's optimum."""
    return show(
        frame,
        "optimum",
        title="Is each fit at its optimum?",
        unit=IN_HEADINGS,
        note="gradient: largest score per child at the solution; semopy distance: of its solution, "
        "in standard errors",
        about=About("one row per imputation", "oablib.sem and semopy on the same moments"),
        look=Look(scientific=("gradient", "semopy_distance")),
    )


def direct_effects(frame: pd.DataFrame, *, outcome: str, about: About) -> Table:
    """Direct effects beside published ones; intervals are left to the figure."""
    note = "Pooled over imputations"
    if "se_known" in frame:
        note += "; the standard error counts that scale values were estimated, the next does not"
    return show(
        frame.drop(columns=[name for name in DIRECT_HIDDEN if name in frame]),
        "direct-effects",
        title=f"Direct effects on {words(outcome)}",
        unit=f"points {words(outcome)} per unit of the predictor",
        note=note,
        about=about,
        look=Look(labels=DIRECT_LABELS),
    )


def paths(frame: pd.DataFrame, *, about: About) -> Table:
    """All paths of the pooled model."""
    return show(
        frame,
        "paths",
        title="All paths, pooled",
        unit="est: points of the left variable per unit of the right one; std: standard deviations",
        about=about,
        look=Look(digits={"est": 3, "se": 3, "ci_lower": 3, "ci_upper": 3, "std": 3, "df": 0}),
    )


def fit(frame: pd.DataFrame, *, about: About) -> Table:
    """Fit measures over imputations, in the order and the words of lavaan's summary."""
    counts = [row for row, name in enumerate(frame["measure"]) if name in FIT_COUNTS]
    named = frame["measure"].map(FIT_WORDS)
    return show(
        frame.assign(measure=named),
        "fit",
        title="Fit of the model",
        unit=IN_HEADINGS,
        note="Mean, smallest and largest over imputations. A mean of test statistics is no test "
        "statistic: it has no p-value",
        about=about,
        look=Look(digits=3, count_rows=counts, groups="part"),
    )


def recovery(frame: pd.DataFrame, *, hidden: str, outcome: str, about: About) -> Table:
    """Direct effects with values hidden and imputed, beside those with all known."""
    return show(
        frame,
        "recovery",
        title=f"Direct effects with part of {words(hidden)} hidden and imputed, and with all known",
        unit=f"points {words(outcome)} per unit of the predictor",
        note="Difference in pooled standard errors",
        about=about,
        look=Look(digits=3),
    )
