"""Scores of children by both indicators in the report on the comparison."""

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from oablib.indicator.comparison import Rules
from oablib.indicator.comparison.scores import DIRECT, IMPUTED, Density
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import formatted
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

MEASURES = ["mean", "sd", "lower", "upper", "r"]
IN_PERCENT = ("lowest_under_both", "only_current", "only_new")
"""Measures of the boundary that are fractions, and shown in %."""


@in_languages
def score_differences_table(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
    """Differences between new and current scores of children (table 3.2.3)."""
    named = frame.assign(scores=frame["scores"].map(_.words("scores")))
    parts = [named[["scores", "n", *MEASURES]].astype({"n": "Int64"}).assign(of=_("Here"))]
    if f"published_{MEASURES[0]}" in frame:
        printed = named[[f"published_{name}" for name in MEASURES]].set_axis(MEASURES, axis=1)
        parts.append(
            printed.assign(scores=named["scores"], of=_("Published")).dropna(subset="mean")
        )
    rows = pd.concat(parts, ignore_index=True)
    return show(
        rows,
        about=about,
        not_given_rows=range(len(frame), len(rows)),
        **captions("tbl-score-differences", difference_sds=rules.difference_sds),
    )


@in_languages
def score_differences_finding(frame: pd.DataFrame) -> str:
    """How much farther imputed scores move than computed ones, and the published figures beside."""
    rows = frame.set_index("scores").to_dict("index")
    imputed, direct = rows[IMPUTED], rows[DIRECT]
    ratio, gap = imputed["sd"] / direct["sd"], imputed["mean"] - direct["mean"]
    if not np.isfinite(ratio):
        return ""
    values = {"ratio": ratio, "gap": gap}
    if ratio > 1:
        text = _(
            "Imputed scores change more than computed ones: their standard deviation is "
            "{ratio:.1f} times as large, since another indicator chooses other donors.",
            **values,
        )
    else:
        text = _(
            "Imputed scores do not change more than computed ones: their standard deviation is "
            "{ratio:.1f} times as large.",
            **values,
        )
    level = _(
        "The mean change of imputed scores less that of computed ones is {gap:+.2f} points.",
        **values,
    )
    if "published_sd" not in frame:
        return f"{text} {level}"
    beside = _(
        "Published: {ratio:.1f} times and {gap:+.2f} points.",
        ratio=imputed["published_sd"] / direct["published_sd"],
        gap=imputed["published_mean"] - direct["published_mean"],
    )
    return f"{text} {level} {beside}"


@in_languages
@drawing.styled
def density_figure(result: Density, *, about: About) -> Figure:
    """Children by both scores, darker where more are, with the diagonal (figure 3.2.2)."""
    table, width = result.table, result.width
    figure, axes = drawing.canvas(height=drawing.WIDTH * 0.8)
    bounds = _steps(int(table["n"].max()), fewest=int(table["n"].min()))
    shades = dict(zip(bounds, colormaps["Blues"](np.linspace(0.25, 1.0, len(bounds))), strict=True))
    classes = pd.cut(table["n"], [*bounds, np.inf], right=False, labels=bounds)
    for least, part in table.groupby(classes, observed=True):
        cells, label = _outline(part, width), _("from {n:,} children", n=int(least))
        axes.add_patch(PathPatch(cells, fc=shades[least], lw=0, label=label))
    ends = table[["x", "y"]].min().min() - width, table[["x", "y"]].max().max() + 2 * width
    diagonal(axes, ends, unit=_("points of onderwijsscore"))
    drawing.legend(figure, axes, columns=3)
    top = table.iloc[int(table["n"].argmax())]
    near = table.loc[(table["x"] - table["y"]).abs() <= 2 * width, "n"].sum() / table["n"].sum()
    return drawing.exhibited(
        figure,
        about=about,
        alt=_(
            "Cells along a diagonal. {near:.0%} of the children shown lie within {reach:g} points "
            "of it; most children ({n:,}) have a current score from {x:+.2f} and a new one from "
            "{y:+.2f}.",
            near=near, reach=2 * width, n=int(top["n"]), x=top["x"], y=top["y"],
        ),
        numbers=table,
        headings={"x": _("current score from"), "y": _("new score from"), "n": _("children")},
        **captions(
            "fig-score-density",
            width=width,
            hidden_children=result.hidden_children,
            hidden_cells=result.hidden_cells,
        ),
    )  # fmt: skip


def _steps(most: int, *, fewest: int) -> list[int]:
    """Counts at which a colour begins: the fewest, then 1, 3, 10, 30 and so on up to the most."""
    powers = range(int(np.log10(most)) + 1)
    rising = [lead * 10**power for power in powers for lead in (1, 3)]
    return [fewest, *(count for count in rising if fewest < count <= most)]


def _outline(cells: pd.DataFrame, width: float) -> Path:
    """One outline of square cells by their lower ends x and y; neighbours above each other joined.

    A drawing of thousands of single squares would be as large as all other figures of a page.
    """
    positions = (cells[["x", "y"]] / width).round().sort_values(["x", "y"]).to_numpy()
    breaks = (np.diff(positions[:, 0]) != 0) | (np.diff(positions[:, 1]) != 1)
    left, bottom = positions[np.r_[True, breaks]].T
    top = positions[np.r_[breaks, True]][:, 1] + 1
    right = left + 1
    corners = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    vertices = width * np.stack([np.column_stack(corner) for corner in corners], axis=1)
    return Path(vertices.reshape(-1, 2), codes * len(left))


def diagonal(axes: Axes, ends: tuple[float, float], *, unit: str) -> None:
    """Where both scores are equal, and the labels of both axes."""
    axes.plot(ends, ends, color=drawing.INK, lw=0.8, ls="--", zorder=3)
    axes.set(xlim=ends, ylim=ends, aspect="equal")
    axes.set(xlabel=_("current indicator ({unit})", unit=unit))
    axes.set(ylabel=_("new indicator ({unit})", unit=unit))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _position: formatted(float(value), "g"))
    axes.grid()


@in_languages
def cutoff_table(frame: pd.DataFrame, *, about: About) -> Table:
    """The boundary by both indicators, and the children who cross it."""
    factors = np.where(frame["measure"].isin(IN_PERCENT), 100, 1)
    numbers = {name: frame[name] * factors for name in ("value", "published") if name in frame}
    shown = frame.assign(measure=frame["measure"].map(_.words("boundary")), **numbers)
    return show(shown, about=about, **captions("tbl-cutoff"))


@in_languages
def cutoff_finding(frame: pd.DataFrame) -> str:
    """Which way the boundary moves against all scores, and how many children cross it."""
    values = frame.set_index("measure")["value"]
    net, crossing = float(values["net_shift"]), values["only_current"] + values["only_new"]
    moved = (
        _("Against the mean change of all scores, the boundary rises: {net:+.2f} points.", net=net)
        if net > 0
        else _(
            "Against the mean change of all scores, the boundary does not rise: {net:+.2f} points.",
            net=net,
        )
    )
    cross = _("{crossing:.1%} of the children join or leave the target group.", crossing=crossing)
    if "published" not in frame:
        return f"{moved} {cross}"
    printed = float(frame.set_index("measure")["published"]["net_shift"])
    beside = (
        _("The published shift has the same direction: {printed:+.2f}.", printed=printed)
        if (printed > 0) == (net > 0)
        else _("The published shift has the opposite direction: {printed:+.2f}.", printed=printed)
    )
    return f"{moved} {beside} {cross}"
