"""What the report on the base model shows: its effects, its paths, and how well it fits."""

import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Text

from oablib.base.wording import inert, words
from oablib.protocol.models import Model
from oablib.report import categories, drawing
from oablib.report.drawing import CURRENT, HERE, PUBLISHED, Mark
from oablib.report.exhibit import About, Figure, Table
from oablib.report.labels import Labels
from oablib.report.numbers import number
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages
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
PATH_COLUMNS = "lhs rhs est se ci_lower ci_upper fmi std differs".split()
OWN_COLUMNS = ["name", "value", "se", "value_known", "se_known", "p", "fmi"]
BESIDE_COLUMNS = [
    "name", "published", "published_se", "se_ratio", "spread",
    "std", "published_std", "current_std",
]  # fmt: skip
# Of the path diagram: positions as parts of the width of the drawing.
NAMES_AT, DIRECT_AT, THROUGH_AT, ARROWS_FROM = 0.34, 0.45, 0.59, 0.61
MEDIATOR_AT, OUTCOME_AT = 0.8, 0.95
LINE, AXIS_LINE, HEADING_LINE = 30, 48, 13  # characters before the next line
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


@in_languages
def optimum_text(frame: pd.DataFrame) -> str:
    """Whether all fits are at their optimum, and where semopy ends; frame: as `optimum`."""
    distances = frame["semopy_distance"].dropna()
    if distances.empty:
        return _.plural(
            "{n} fit converged; semopy finds no solution to compare it with.",
            "All {n} fits converged; semopy finds no solution to compare them with.",
            n=len(frame),
        )
    return _.plural(
        "{n} fit converged; semopy, which searches in another way, ends within {distance:.4f} "
        "standard errors of its estimates.",
        "All {n} fits converged; semopy, which searches in another way, ends within "
        "{distance:.4f} standard errors of their estimates.",
        n=len(frame),
        distance=math.ceil(distances.max() * 1e4) / 1e4,
    )


@in_languages
def direct_effects_table(
    frame: pd.DataFrame, *, outcome: str, labels: Labels, about: About
) -> Table:
    """Direct effects with their errors; intervals are left to the figure."""
    shown = _without_fmi(frame[[name for name in OWN_COLUMNS if name in frame]])
    if "value_known" in shown and (shown["value_known"] == shown["value"]).all():
        shown = shown.drop(columns="value_known")
    return show(
        shown.assign(name=categories.marked(frame, labels=labels)),
        about=about,
        **captions("tbl-direct-effects", outcome=labels(outcome)),
    )


@in_languages
def beside_published_table(frame: pd.DataFrame, *, labels: Labels, about: About) -> Table:
    """Published direct effects beside those of the run; frame: perhaps with spread over seeds."""
    shown = frame[[name for name in BESIDE_COLUMNS if name in frame]]
    return show(
        shown.assign(name=frame["name"].map(labels.heading)),
        about=about,
        **captions("tbl-beside-published"),
    )


@in_languages
@drawing.styled
def coefficients_figure(
    frame: pd.DataFrame, *, outcome: str, labels: Labels, about: About
) -> Figure:
    """Direct effects with 95% intervals, beside standardised ones and published ones.

    frame: name, value, ci_lower, ci_upper; perhaps published, published_se (points per unit) and
    std, published_std, current_std (standard deviations).
    """
    height = 0.95 + 0.44 * len(frame)
    names = categories.marked(frame, labels=labels)
    if "std" in frame:
        figure, (axes, right) = drawing.beside(2, height=height, width_ratios=(3, 2))
        drawing.intervals(right, frame, STANDARDISED)
        right.set_xlabel(_("standard deviations"))
    else:
        figure, axes = drawing.canvas(height=height)
        right = axes
    effects(axes, frame.assign(name=names), (HERE, PUBLISHED), labels=str)
    unit = _("points of the {outcome} per unit of the predictor", outcome=labels(outcome))
    axes.set_xlabel(textwrap.fill(unit, AXIS_LINE))
    drawing.legend(figure, right)
    hidden = ["se_known", "p", "fmi", "difference_in_se", "se_ratio", "spread", "distance"]
    hidden += ["tested", "differs", "weak"]
    headings = captions("tbl-direct-effects", outcome=labels(outcome))["labels"]
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Dots with intervals. {values}.", values=drawing.in_words(frame, names)),
        numbers=frame.drop(columns=hidden, errors="ignore").assign(name=names),
        headings=headings,
        **captions("fig-coefficients", outcome=labels(outcome), unit=unit),
    )


def effects(
    axes: Axes,
    frame: pd.DataFrame,
    marks: tuple[Mark, ...],
    *,
    labels: Callable[[str], str] = words,
) -> None:
    """Effects of predictors, one row each, under their labels."""
    drawing.intervals(axes, frame, marks)
    drawing.row_labels(axes, [labels(name) for name in frame["name"]])
    axes.set_yticks(
        axes.get_yticks(), [textwrap.fill(each.get_text(), LINE) for each in axes.get_yticklabels()]
    )


def path_rows(parameters: pd.DataFrame) -> pd.DataFrame:
    """The rows `~` of a table as CategoryTests.judged, with the columns that readers want."""
    return parameters.loc[parameters["op"] == "~", PATH_COLUMNS].reset_index(drop=True)


@in_languages
@drawing.styled
def path_diagram_figure(
    frame: pd.DataFrame, *, outcome: str, mediator: str, labels: Labels, about: About
) -> Figure:
    """The model as arrows: direct effects blue, effects through the mediator orange.

    frame: as path_rows. Dashed: no effect is shown by the test of the path, which is the joint
    test of its categories for a scaled variable. Width: by the size of the standardised effect.
    """
    names = [name for name in dict.fromkeys(frame["rhs"]) if name != mediator]
    figure, axes = drawing.canvas(height=1.4 + 0.36 * len(names))
    heights = dict(zip(names, np.linspace(0.84, 0.04, len(names)), strict=True))
    places = {mediator: (MEDIATOR_AT, 0.96), outcome: (OUTCOME_AT, 0.44)}
    for name, height in heights.items():
        text = textwrap.fill(inert(labels.heading(name)), LINE)
        axes.text(NAMES_AT, height, text, ha="right", va="center", linespacing=0.95)
    boxes = {name: _box(axes, at, label=labels.heading(name)) for name, at in places.items()}
    for path in frame.itertuples():
        _draw(axes, path, heights=heights, boxes=boxes, mediator=mediator)
    columns = ((DIRECT_AT, outcome, drawing.OURS), (THROUGH_AT, mediator, drawing.INDIRECT))
    for x, name, colour in columns:
        above = textwrap.fill(_("on the {variable}", variable=labels(name)), HEADING_LINE)
        axes.text(x, 0.91, above, color=colour, ha="right", va="bottom")
    axes.set(xlim=(0, 1.04), ylim=(-0.02, 1.12))
    axes.axis("off")
    rows = zip(frame["lhs"], frame["rhs"], frame["est"], strict=True)
    spoken = "; ".join(f"{labels.path(lhs, rhs)} {number(est)}" for lhs, rhs, est in rows)
    shown = frame[["lhs", "rhs", "est", "ci_lower", "ci_upper", "std"]]
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Arrows. {values}.", values=spoken),
        numbers=shown.assign(**_named(frame, labels=labels)),
        headings=captions("tbl-paths")["labels"],
        **captions("fig-path-diagram", outcome=labels(outcome)),
    )


def _without_fmi(frame: pd.DataFrame) -> pd.DataFrame:
    """The same without the share of information that is missing, where no value was imputed."""
    return frame if frame["fmi"].any() else frame.drop(columns="fmi")


def _named(frame: pd.DataFrame, *, labels: Labels) -> dict[str, list[str]]:
    """Columns lhs and rhs in words."""
    return {side: [labels.heading(name) for name in frame[side]] for side in ("lhs", "rhs")}


def _box(axes: Axes, at: tuple[float, float], *, label: str) -> Text:
    """A variable that others affect, in a box."""
    box = {"boxstyle": "round,pad=0.45", "fc": "white", "ec": drawing.INK, "lw": 1.0}
    return axes.text(*at, label, ha="center", va="center", bbox=box, weight="bold", zorder=5)


def _draw(
    axes: Axes, path: Any, *, heights: Mapping[str, float], boxes: Mapping[str, Text], mediator: str
) -> None:
    """One path: its number in a column, and its arrow."""
    source, target = path.rhs, path.lhs
    colour = drawing.INDIRECT if mediator in (source, target) else drawing.OURS
    if source == mediator:
        start = boxes[mediator].get_position()
        middle = [(a + b) / 2 for a, b in zip(start, boxes[target].get_position(), strict=True)]
        axes.text(middle[0] + 0.02, middle[1] + 0.03, number(path.est), color=colour, zorder=6)
    else:
        start = (ARROWS_FROM, heights[source])
        column = THROUGH_AT if target == mediator else DIRECT_AT
        axes.text(column, start[1], number(path.est), color=colour, ha="right", va="center")
    style = {
        "arrowstyle": "-|>,head_width=0.28,head_length=0.5",
        "color": colour,
        "lw": THINNEST + PER_STD * abs(path.std),
        "patchA": boxes[mediator].get_bbox_patch() if source == mediator else None,
        "patchB": boxes[target].get_bbox_patch(),
        "shrinkA": 2,
        "shrinkB": 2,
        "linestyle": "-" if path.differs else (0, (4, 2.5)),
        "alpha": 0.9,
    }
    axes.annotate("", xy=boxes[target].get_position(), xytext=start, arrowprops=style)


@in_languages
def other_paths_table(
    frame: pd.DataFrame, *, outcome: str, mediator: str, labels: Labels, about: About
) -> Table:
    """Paths beside the direct effects: that of the mediator, and those to it."""
    rows = frame[(frame["lhs"] != outcome) | (frame["rhs"] == mediator)].drop(columns="differs")
    rows = _without_fmi(rows)
    return show(rows.assign(**_named(rows, labels=labels)), about=about, **captions("tbl-paths"))


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


@in_languages
def recovery_table(
    frame: pd.DataFrame, *, hidden: str, outcome: str, labels: Labels, about: About
) -> Table:
    """Direct effects with values hidden and imputed, beside those with all known."""
    return show(
        frame.assign(name=frame["name"].map(labels.heading)),
        about=about,
        **captions("tbl-recovery", hidden=labels(hidden), outcome=labels(outcome)),
    )
