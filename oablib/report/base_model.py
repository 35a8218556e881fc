"""The sentence with which each report answers its question, out of the run's own numbers."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from oablib.base.wording import number, percent, signed, words
from oablib.protocol.models import Model
from oablib.report.drawing import (
    CURRENT,
    HERE,
    INDIRECT,
    INK,
    OURS,
    PUBLISHED,
    Mark,
    canvas,
    exhibited,
    in_words,
    intervals,
    legend,
    row_labels,
    styled,
)
from oablib.report.exhibit import About, Figure, Table
from oablib.report.table import IN_HEADINGS, Look, show
from oablib.statistics import sem
from oablib.statistics.pooling import PooledFit
from oablib.statistics.sem import SemFit


def recovered(pooled: PooledFit, *, complete: SemFit, model: Model) -> pd.DataFrame:
    """Direct effects with values hidden and imputed, beside those of the complete data.

    difference_in_se: pooled minus complete, in pooled standard errors.
    """
    imputed = model.direct_rows(pooled.parameters)
    whole = model.direct_rows(complete.parameters)
    table = pd.DataFrame(
        {
            "complete": whole["est"],
            "complete_se": whole["se"],
            "imputed": imputed["est"],
            "imputed_se": imputed["se"],
            "fmi": imputed["fmi"],
            "difference_in_se": (imputed["est"] - whole["est"]) / imputed["se"],
        }
    )
    return table.rename_axis("name").reset_index()


def answer(direct: pd.DataFrame, *, outcome: str) -> str:
    """Which direct effects are established, and how they stand to published ones."""
    sure = direct[(direct["ci_lower"] > 0) | (direct["ci_upper"] < 0)]
    pairs = zip(sure["name"], sure["value"], strict=True)
    parts = [f"{words(name)} {signed(value)}" for name, value in pairs]
    text = (
        f"At equal intelligence, **{len(sure)} of {len(direct)} effects** on {words(outcome)} "
        f"differ from 0 with 95 % confidence: {', '.join(parts) or 'none'}."
    )
    if "published" in direct:
        inside = direct["published"].between(direct["ci_lower"], direct["ci_upper"]).sum()
        text += f" The published effect lies inside the interval for {inside} of {len(direct)}."
    return text


def answer_of_all(direct: pd.DataFrame, *, fit: pd.DataFrame, outcome: str) -> str:
    """What the whole run says, in two sentences."""
    share = fit.loc[fit["measure"] == "r2_adjusted", "mean"].iloc[0]
    effects = answer(direct, outcome=outcome)
    return f"{effects} The model explains {percent(share, 1)} of the variance of the scores."


STANDARDISED = (
    Mark("std", HERE.name, HERE.colour, "o"),
    Mark("published_std", PUBLISHED.name, PUBLISHED.colour, "D", below=0.24, hollow=True),
    Mark("current_std", CURRENT.name, CURRENT.colour, "^", below=0.42),
)


@styled
def coefficients_figure(frame: pd.DataFrame, *, outcome: str, about: About) -> Figure:
    """Direct effects with 95 % intervals, beside standardised ones and published ones.

    frame: name, value, ci_lower, ci_upper; perhaps published, published_se (points per unit) and
    std, published_std, current_std (standard deviations).
    """
    figure, axes = canvas(height=0.95 + 0.44 * len(frame))
    labels = [words(name) for name in frame["name"]]
    if "std" in frame:
        axes.remove()
        axes, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
        intervals(right, frame, STANDARDISED)
        right.set_xlabel("standard deviations")
    effects(axes, frame, (HERE, PUBLISHED))
    axes.set_xlabel(f"points {words(outcome)} per unit of the predictor")
    legend(figure, right if "std" in frame else axes)
    hidden = [name for name in ("se_known", "p", "fmi", "difference_in_se") if name in frame]
    return exhibited(
        figure,
        "coefficients",
        title=f"Direct effects on {words(outcome)} with 95 % intervals",
        unit=f"points {words(outcome)} per unit of the predictor; standard deviations on the right",
        about=about,
        alt=f"Dots with intervals. {in_words(frame, labels)}.",
        numbers=frame.drop(columns=hidden).assign(name=labels),
    )


def effects(axes: Axes, frame: pd.DataFrame, marks: tuple[Mark, ...]) -> None:
    """Effects of predictors, one row each, under their names as words."""
    intervals(axes, frame, marks)
    row_labels(axes, [words(name) for name in frame["name"]])


# Places across the drawing, as parts of its width.
NAMES_AT, DIRECT_AT, THROUGH_AT, ARROWS_FROM = 0.31, 0.4, 0.48, 0.5
MEDIATOR_AT, OUTCOME_AT = 0.76, 0.97
THINNEST, PER_STD = 0.9, 6.0  # points of width, and more of them for a standardised effect of 1


@styled
def path_diagram_figure(
    frame: pd.DataFrame, *, outcome: str, mediator: str, about: About
) -> Figure:
    """The model as arrows: direct effects blue, effects through the mediator red.

    frame: rows `~` of a pooled table: lhs, rhs, est, std, ci_lower, ci_upper. Dashed: the 95 %
    interval holds 0. Width: by the size of the standardised effect.
    """
    names = [name for name in dict.fromkeys(frame["rhs"]) if name != mediator]
    figure, axes = canvas(height=1.2 + 0.36 * len(names))
    height = dict(zip(names, np.linspace(0.84, 0.04, len(names)), strict=True))
    spots = {mediator: (MEDIATOR_AT, 0.96), outcome: (OUTCOME_AT, 0.44)}
    for name, at in height.items():
        axes.text(NAMES_AT, at, words(name), ha="right", va="center")
    for row in frame.itertuples():
        _draw(axes, row, height=height, spots=spots, mediator=mediator)
    for name, (x, y) in spots.items():
        box = {"boxstyle": "round,pad=0.45", "fc": "white", "ec": INK, "lw": 1.0}
        axes.text(x, y, words(name), ha="center", va="center", bbox=box, weight="bold", zorder=5)
    _headings(axes, outcome=outcome, mediator=mediator)
    axes.set(xlim=(0, 1.04), ylim=(-0.02, 1.08))
    axes.axis("off")
    return exhibited(
        figure,
        "path-diagram",
        title=f"The model: effects on {words(outcome)}, direct and through {words(mediator)}",
        unit="points of the variable at the arrow's head per unit of the predictor",
        note=f"Blue: direct; red: through {words(mediator)}; dashed: the 95 % interval holds 0; "
        "width: size of the standardised effect",
        about=about,
        alt=f"Arrows. {_spoken(frame)}.",
        numbers=frame[["lhs", "rhs", "est", "ci_lower", "ci_upper", "std"]],
    )


def _draw(axes: Axes, row: Any, *, height: dict, spots: dict, mediator: str) -> None:
    """One path: its number in a column, and its arrow."""
    source, target = row.rhs, row.lhs
    colour = INDIRECT if mediator in (source, target) else OURS
    if source == mediator:
        start = spots[mediator]
        middle = [(a + b) / 2 for a, b in zip(start, spots[target], strict=True)]
        axes.text(middle[0] + 0.02, middle[1] + 0.03, number(row.est), color=colour, zorder=6)
    else:
        start = (ARROWS_FROM, height[source])
        column = THROUGH_AT if target == mediator else DIRECT_AT
        axes.text(column, start[1], number(row.est), color=colour, ha="right", va="center")
    sure = row.ci_lower > 0 or row.ci_upper < 0
    style = {
        "arrowstyle": "-|>,head_width=0.28,head_length=0.5",
        "color": colour,
        "lw": THINNEST + PER_STD * abs(row.std),
        "shrinkA": 16 if source == mediator else 2,
        "shrinkB": 24,
        "linestyle": "-" if sure else (0, (4, 2.5)),
        "alpha": 0.9,
    }
    axes.annotate("", xy=spots[target], xytext=start, arrowprops=style)


def _headings(axes: Axes, *, outcome: str, mediator: str) -> None:
    """What the two columns of numbers are effects on."""
    for place, name, colour in ((DIRECT_AT, outcome, OURS), (THROUGH_AT, mediator, INDIRECT)):
        axes.text(place, 0.95, f"on\n{words(name)}", color=colour, ha="right", va="center")


def _spoken(frame: pd.DataFrame) -> str:
    rows = zip(frame["rhs"], frame["lhs"], frame["est"], strict=True)
    return "; ".join(f"{words(a)} to {words(b)} {number(est)}" for a, b, est in rows)


PATH_COLUMNS = ["lhs", "rhs", "est", "se", "df", "p", "ci_lower", "ci_upper", "fmi", "std"]


def optimum(fits: Sequence[SemFit]) -> pd.DataFrame:
    """Per imputation: largest score per child at the solution, and semopy's distance from it.

    semopy_distance: largest |semopy's estimate - ours| in our standard errors, over the paths, to
    three digits: where exactly its search stops depends on the processor. NaN where semopy fails.
    Raises ModelError for fits of several groups, which semopy cannot fit.
    """
    rows = []
    for imputation, fit in enumerate(fits, start=1):
        found = sem.semopy_estimates(fit)
        distance = float(f"{found.loc[found['op'] == '~', 'distance'].max():.3g}")
        rows.append(
            {"imputation": imputation, "gradient": fit.gradient_norm, "semopy_distance": distance}
        )
    return pd.DataFrame(rows)


def path_rows(parameters: pd.DataFrame) -> pd.DataFrame:
    """The rows `~` of a pooled table, with the columns that readers want."""
    return parameters.loc[parameters["op"] == "~", PATH_COLUMNS].reset_index(drop=True)


def penalty_gap(pooled: PooledFit) -> float:
    """BIC minus AIC that k parameters and n children imply: k (ln n - 2)."""
    return pooled.n_parameters * (math.log(pooled.n) - 2)


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


def optimum_table(frame: pd.DataFrame) -> Table:
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


def direct_effects_table(frame: pd.DataFrame, *, outcome: str, about: About) -> Table:
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


def paths_table(frame: pd.DataFrame, *, about: About) -> Table:
    """All paths of the pooled model."""
    return show(
        frame,
        "paths",
        title="All paths, pooled",
        unit="est: points of the left variable per unit of the right one; std: standard deviations",
        about=about,
        look=Look(digits={"est": 3, "se": 3, "ci_lower": 3, "ci_upper": 3, "std": 3, "df": 0}),
    )


def fit_table(frame: pd.DataFrame, *, about: About) -> Table:
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


def recovery_table(frame: pd.DataFrame, *, hidden: str, outcome: str, about: About) -> Table:
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
