"""Scores of children by both indicators in the report on the comparison."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from oablib.base.wording import MINUS
from oablib.indicator.comparison import Rules
from oablib.indicator.comparison.scores import Density
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import percent, signed
from oablib.report.table import show
from oablib.report.texts import texts_beside

_ = texts_beside(__file__)
captions = _.captions

POINTS = "points of onderwijsscore"
# Measure -> words with unit, and what its value is multiplied with to be in that unit.
CUTOFF = {
    "boundary_current": ("boundary, current indicator (points)", 1),
    "boundary_new": ("boundary, new indicator (points)", 1),
    "shift": ("shift of the boundary (points)", 1),
    "lowest_under_both": ("children who count by both (%)", 100),
    "only_current": ("children who count by the current one only (%)", 100),
    "only_new": ("children who count by the new one only (%)", 100),
}


def score_differences_table(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
    """Differences between new and current scores of children (table 3.2.3)."""
    measures = ["mean", "sd", "lower", "upper", "r"]
    parts = [frame[["scores", "n", *measures]].astype({"n": "Int64"}).assign(of="Here")]
    if f"published_{measures[0]}" in frame:
        printed = frame[[f"published_{name}" for name in measures]].set_axis(measures, axis=1)
        parts.append(printed.assign(scores=frame["scores"], of="Published"))
    return show(
        pd.concat(parts, ignore_index=True),
        about=about,
        **captions("tbl-score-differences", difference_sds=rules.difference_sds),
    )


@drawing.styled
def density_figure(result: Density, *, about: About) -> Figure:
    """Children by both scores, darker where more are, with the diagonal (figure 3.2.2)."""
    table, width = result.table, result.width
    figure, axes = drawing.canvas(height=drawing.WIDTH * 0.85)
    bounds = _steps(int(table["n"].max()), fewest=int(table["n"].min()))
    shades = dict(zip(bounds, colormaps["Blues"](np.linspace(0.25, 1.0, len(bounds))), strict=True))
    classes = pd.cut(table["n"], [*bounds, np.inf], right=False, labels=bounds)
    for least, part in table.groupby(classes, observed=True):
        cells, label = _outline(part, width), f"from {least:,} children"
        axes.add_patch(PathPatch(cells, fc=shades[least], lw=0, label=label))
    ends = table[["x", "y"]].min().min() - width, table[["x", "y"]].max().max() + 2 * width
    diagonal(axes, ends, unit=POINTS)
    drawing.legend(figure, axes)
    top = table.iloc[int(table["n"].argmax())]
    near = table.loc[(table["x"] - table["y"]).abs() <= 2 * width, "n"].sum() / table["n"].sum()
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Cells along a diagonal. {percent(near)} of the children shown stand within "
        f"{2 * width:g} points of it; most children ({int(top['n']):,}) have a current score from "
        f"{signed(top['x'])} and a new one from {signed(top['y'])}.",
        numbers=table,
        **captions(
            "fig-score-density",
            width=width,
            hidden_children=result.hidden_children,
            hidden_cells=result.hidden_cells,
        ),
    )


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
    axes.set(xlabel=f"current indicator ({unit})", ylabel=f"new indicator ({unit})")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:,g}".replace("-", MINUS))
    axes.grid()


def cutoff_table(frame: pd.DataFrame, *, about: About) -> Table:
    """The boundary by both indicators, and the children who cross it."""
    return show(in_units(frame, CUTOFF), about=about, **captions("tbl-cutoff"))


def in_units(frame: pd.DataFrame, measures: Mapping[str, tuple[str, int]]) -> pd.DataFrame:
    """Measures in words, their values in the unit that the words name."""
    texts = frame["measure"].map(lambda name: measures[name][0])
    factors = frame["measure"].map(lambda name: measures[name][1])
    numbers = {name: frame[name] * factors for name in ("value", "published") if name in frame}
    return frame.assign(measure=texts, **numbers)
