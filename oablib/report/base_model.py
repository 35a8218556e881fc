"""What the report on the base model shows: its effects, its paths, and how well it fits."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from oablib.base.wording import words
from oablib.protocol.models import Model
from oablib.report import drawing
from oablib.report.drawing import CURRENT, HERE, PUBLISHED, Mark
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import number, percent, signed
from oablib.report.published import FIT_MEASURES
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.statistics import sem
from oablib.statistics.pooling import PooledFit
from oablib.statistics.sem import SemFit

_ = texts_beside(__file__)
captions = _.captions

STANDARDISED = (
    Mark("std", HERE.name, HERE.colour, "o"),
    Mark("published_std", PUBLISHED.name, PUBLISHED.colour, "D", below=0.24, hollow=True),
    Mark("current_std", CURRENT.name, CURRENT.colour, "^", below=0.42),
)
PATH_COLUMNS = ["lhs", "rhs", "est", "se", "df", "p", "ci_lower", "ci_upper", "fmi", "std"]
FIT_WORDS = {measure: text for measure, (_, text) in FIT_MEASURES.items()}
FIT_COUNTS = ("df", "loglik", "free_parameters", "aic", "bic", "sabic", "n")
# Of the path diagram: positions as parts of the width of the drawing.
NAMES_AT, DIRECT_AT, THROUGH_AT, ARROWS_FROM = 0.31, 0.4, 0.48, 0.5
MEDIATOR_AT, OUTCOME_AT = 0.76, 0.97
THINNEST, PER_STD = 0.9, 6.0  # points of width, and more of them for a standardised effect of 1


def optimum(fits: Sequence[SemFit]) -> pd.DataFrame:
    """Per imputation: largest score per child at the solution, and semopy's distance from it.

    semopy_distance: largest |semopy's estimate - ours| in our standard errors, over the paths, to
    three digits: where exactly its search ends depends on the processor. NaN where semopy fails.
    Raises ModelError for fits of several groups, which semopy cannot fit.
    """
    rows = []
    for imputation, fit in enumerate(fits, start=1):
        estimates = sem.semopy_estimates(fit)
        distance = float(f"{estimates.loc[estimates['op'] == '~', 'distance'].max():.3g}")
        rows.append(
            {"imputation": imputation, "gradient": fit.gradient_norm, "semopy_distance": distance}
        )
    return pd.DataFrame(rows)


def optimum_table(frame: pd.DataFrame) -> Table:
    """Certificate of each fit's optimum."""
    return show(
        frame,
        about=About("one row per imputation", "oablib.sem and semopy on the same moments"),
        **captions("tbl-optimum"),
    )


def direct_effects_table(frame: pd.DataFrame, *, outcome: str, about: About) -> Table:
    """Direct effects beside published ones; intervals are left to the figure."""
    note = "Pooled over imputations"
    if "se_known" in frame:
        note += "; the standard error counts that scale values were estimated, the next does not"
    hidden = ["ci_lower", "ci_upper", "std", "published_std", "current_std"]
    return show(
        frame.drop(columns=hidden, errors="ignore"),
        note=note,
        about=about,
        **captions("tbl-direct-effects", outcome=words(outcome)),
    )


@drawing.styled
def coefficients_figure(frame: pd.DataFrame, *, outcome: str, about: About) -> Figure:
    """Direct effects with 95 % intervals, beside standardised ones and published ones.

    frame: name, value, ci_lower, ci_upper; perhaps published, published_se (points per unit) and
    std, published_std, current_std (standard deviations).
    """
    height = 0.95 + 0.44 * len(frame)
    if "std" in frame:
        figure, (axes, right) = drawing.beside(2, height=height, width_ratios=(3, 2))
        drawing.intervals(right, frame, STANDARDISED)
        right.set_xlabel("standard deviations")
    else:
        figure, axes = drawing.canvas(height=height)
        right = axes
    effects(axes, frame, (HERE, PUBLISHED))
    unit = f"points {words(outcome)} per unit of the predictor"
    axes.set_xlabel(unit)
    drawing.legend(figure, right)
    hidden = ["se_known", "p", "fmi", "difference_in_se"]
    labels = [words(name) for name in frame["name"]]
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Dots with intervals. {drawing.in_words(frame, labels)}.",
        numbers=frame.drop(columns=hidden, errors="ignore").assign(name=labels),
        **captions("fig-coefficients", outcome=words(outcome), unit=unit),
    )


def effects(axes: Axes, frame: pd.DataFrame, marks: tuple[Mark, ...]) -> None:
    """Effects of predictors, one row each, under their names as words."""
    drawing.intervals(axes, frame, marks)
    drawing.row_labels(axes, map(words, frame["name"]))


def path_rows(parameters: pd.DataFrame) -> pd.DataFrame:
    """The rows `~` of a pooled table, with the columns that readers want."""
    return parameters.loc[parameters["op"] == "~", PATH_COLUMNS].reset_index(drop=True)


@drawing.styled
def path_diagram_figure(
    frame: pd.DataFrame, *, outcome: str, mediator: str, about: About
) -> Figure:
    """The model as arrows: direct effects blue, effects through the mediator red.

    frame: rows `~` of a pooled table: lhs, rhs, est, std, ci_lower, ci_upper. Dashed: the 95 %
    interval includes 0. Width: by the size of the standardised effect.
    """
    names = [name for name in dict.fromkeys(frame["rhs"]) if name != mediator]
    figure, axes = drawing.canvas(height=1.2 + 0.36 * len(names))
    heights = dict(zip(names, np.linspace(0.84, 0.04, len(names)), strict=True))
    boxes = {mediator: (MEDIATOR_AT, 0.96), outcome: (OUTCOME_AT, 0.44)}
    for name, height in heights.items():
        axes.text(NAMES_AT, height, words(name), ha="right", va="center")
    for path in frame.itertuples():
        _draw(axes, path, heights=heights, boxes=boxes, mediator=mediator)
    for name, (x, y) in boxes.items():
        box = {"boxstyle": "round,pad=0.45", "fc": "white", "ec": drawing.INK, "lw": 1.0}
        axes.text(x, y, words(name), ha="center", va="center", bbox=box, weight="bold", zorder=5)
    columns = ((DIRECT_AT, outcome, drawing.OURS), (THROUGH_AT, mediator, drawing.INDIRECT))
    for x, name, colour in columns:
        axes.text(x, 0.95, f"on\n{words(name)}", color=colour, ha="right", va="center")
    axes.set(xlim=(0, 1.04), ylim=(-0.02, 1.08))
    axes.axis("off")
    rows = zip(frame["rhs"], frame["lhs"], frame["est"], strict=True)
    spoken = "; ".join(f"{words(a)} to {words(b)} {number(est)}" for a, b, est in rows)
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Arrows. {spoken}.",
        numbers=frame[["lhs", "rhs", "est", "ci_lower", "ci_upper", "std"]],
        **captions("fig-path-diagram", outcome=words(outcome), mediator=words(mediator)),
    )


def _draw(axes: Axes, path: Any, *, heights: dict, boxes: dict, mediator: str) -> None:
    """One path: its number in a column, and its arrow."""
    source, target = path.rhs, path.lhs
    colour = drawing.INDIRECT if mediator in (source, target) else drawing.OURS
    if source == mediator:
        start = boxes[mediator]
        middle = [(a + b) / 2 for a, b in zip(start, boxes[target], strict=True)]
        axes.text(middle[0] + 0.02, middle[1] + 0.03, number(path.est), color=colour, zorder=6)
    else:
        start = (ARROWS_FROM, heights[source])
        column = THROUGH_AT if target == mediator else DIRECT_AT
        axes.text(column, start[1], number(path.est), color=colour, ha="right", va="center")
    style = {
        "arrowstyle": "-|>,head_width=0.28,head_length=0.5",
        "color": colour,
        "lw": THINNEST + PER_STD * abs(path.std),
        "shrinkA": 16 if source == mediator else 2,
        "shrinkB": 24,
        "linestyle": "-" if path.ci_lower > 0 or path.ci_upper < 0 else (0, (4, 2.5)),
        "alpha": 0.9,
    }
    axes.annotate("", xy=boxes[target], xytext=start, arrowprops=style)


def paths_table(frame: pd.DataFrame, *, about: About) -> Table:
    """All paths of the pooled model."""
    return show(frame, about=about, **captions("tbl-paths"))


def fit_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Fit measures over imputations, in the order and the words of lavaan's summary."""
    return show(
        frame.assign(measure=frame["measure"].map(FIT_WORDS)),
        about=about,
        count_rows=list(np.flatnonzero(frame["measure"].isin(FIT_COUNTS))),
        **captions("tbl-fit"),
    )


def penalty_gap(pooled: PooledFit) -> float:
    """BIC minus AIC that k parameters and n children imply: k (ln n - 2)."""
    return pooled.n_parameters * (math.log(pooled.n) - 2)


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


def recovery_table(frame: pd.DataFrame, *, hidden: str, outcome: str, about: About) -> Table:
    """Direct effects with values hidden and imputed, beside those with all known."""
    return show(
        frame, about=about, **captions("tbl-recovery", hidden=words(hidden), outcome=words(outcome))
    )


def answer(direct: pd.DataFrame, *, outcome: str) -> str:
    """Which direct effects differ from 0, and how many published ones lie in their intervals."""
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
    """The result of the whole run, in two sentences."""
    share = fit.loc[fit["measure"] == "r2_adjusted", "mean"].iloc[0]
    effects = answer(direct, outcome=outcome)
    return f"{effects} The model explains {percent(share, 1)} of the variance of the scores."
