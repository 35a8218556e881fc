"""Figures of the comparison of two indicators."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from oablib.base.wording import MINUS, inert, percent, signed
from oablib.indicator.comparison import not_zero_under_both
from oablib.indicator.comparison.scores import Density
from oablib.report.drawing import (
    GREY,
    INDIRECT,
    INK,
    OURS,
    WIDTH,
    canvas,
    exhibited,
    legend,
    styled,
)
from oablib.report.exhibit import About, Figure

POINTS = "points of onderwijsscore"
DISADVANTAGE = "points of achterstandsscore"
BOTH_SUMS = "Scores scaled to one national sum"
PLACES = 250  # along an axis: a mark is a little larger than the distance of two of them
# Dots by how many schools stand at one place.
CROWDS = (("1 school", 1, "#5BA3D0"), ("2 to 9 schools", 2, OURS), ("10 or more", 10, INK))
"""Name, fewest schools and colour, from few to many."""


@styled
def density_figure(result: Density, *, about: About) -> Figure:
    """Children by both scores, darker where more are, with the diagonal (figure 3.2.2)."""
    table, width = result.table, result.width
    figure, axes = canvas(height=WIDTH * 0.85)
    bounds = _steps(int(table["n"].max()), fewest=int(table["n"].min()))
    shades = colormaps["Blues"](np.linspace(0.25, 1.0, len(bounds)))
    for place, (least, shade) in enumerate(zip(bounds, shades, strict=True)):
        most = bounds[place + 1] if place + 1 < len(bounds) else np.inf
        part = table[(table["n"] >= least) & (table["n"] < most)]
        axes.add_patch(
            PathPatch(_runs(part, width), fc=shade, lw=0, label=f"from {least:,} children")
        )
    ends = table[["x", "y"]].min().min() - width, table[["x", "y"]].max().max() + 2 * width
    _diagonal(axes, ends, unit=POINTS)
    legend(figure, axes)
    return exhibited(
        figure,
        "score-density",
        title="Onderwijsscores of children by the current and the new indicator",
        unit=f"{POINTS}; colours: children in a cell of {width:g} by {width:g} points",
        note=f"{result.hidden_children:,} children in {result.hidden_cells:,} cells with too few "
        "are not shown; line: equal scores",
        about=about,
        alt=f"Cells along a diagonal. {_along(table, width)}",
        numbers=table,
    )


@styled
def schools_figure(pairs: pd.DataFrame, *, about: About) -> Figure:
    """Schools by current and new score, with the diagonal (figure 4.1.1)."""
    figure, axes = canvas(height=WIDTH * 0.8)
    places = _crowded(pairs)
    for place, (name, fewest, colour) in enumerate(CROWDS):
        most = CROWDS[place + 1][1] if place + 1 < len(CROWDS) else np.inf
        part = places[(places["schools"] >= fewest) & (places["schools"] < most)]
        if len(part):
            axes.plot(part["current"], part["new"], "o", ms=2.6, mew=0, color=colour, label=name)
    _diagonal(axes, _ends(places, room=0.04), unit=DISADVANTAGE)
    marks, names = axes.get_legend_handles_labels()
    figure.legend(marks, names, loc="outside upper left", ncols=len(CROWDS), markerscale=2)
    return exhibited(
        figure,
        "schools",
        title="Schools by the current and the new indicator",
        unit=DISADVANTAGE,
        note=f"Below the line schools lose. {BOTH_SUMS}; positions rounded",
        about=about,
        alt=f"Dots along a diagonal. {_gains(pairs, 'schools')}",
        numbers=places.round(1),
    )


@styled
def municipalities_figure(
    pairs: pd.DataFrame, *, names: Mapping[str, str], largest: int, about: About
) -> Figure:
    """Municipalities by current and new score, the largest named (figure 4.2.1)."""
    figure, axes = canvas(height=WIDTH * 0.8)
    axes.plot(pairs["current"], pairs["new"], "o", ms=3.2, mew=0, alpha=0.7, color=OURS)
    _diagonal(axes, _ends(pairs, room=0.2), unit=DISADVANTAGE)  # room for names
    top = pairs.nlargest(largest, "current")
    for code, x, y in zip(top.iloc[:, 0], top["current"], top["new"], strict=True):
        _name_beside(axes, names[code], x, y)
    told = pairs.iloc[:, 0].map(names)
    numbers = pairs[["current", "new", "change"]].round(1)
    spoken = "; ".join(
        f"{names[code]} {signed(change)}"
        for code, change in zip(top.iloc[:, 0], top["change"], strict=True)
    )
    return exhibited(
        figure,
        "municipalities",
        title="Municipalities by the current and the new indicator",
        unit=DISADVANTAGE,
        note=f"Below the line municipalities lose. {BOTH_SUMS}",
        about=about,
        alt=f"Dots along a diagonal. {_gains(pairs, 'municipalities')} Largest: {spoken}.",
        numbers=numbers.assign(municipality=told)[["municipality", "current", "new", "change"]],
    )


@styled
def changes_figure(
    frame: pd.DataFrame, *, what: str, limits: Sequence[float] = (), about: About
) -> Figure:
    """Histogram of changes (figures 4.1.3 and 4.2.2).

    frame: lower, upper, n. what: schools or municipalities. limits: of classes, drawn as lines.
    """
    figure, axes = canvas(height=3.2)
    widths = frame["upper"] - frame["lower"]
    lost = frame["upper"] <= 0
    colours = np.where(lost, INDIRECT, OURS)
    axes.bar(
        frame["lower"], frame["n"], width=widths, align="edge", color=colours, edgecolor="white",
        lw=0.4,
    )  # fmt: skip
    for limit in limits:
        axes.axvline(limit, color=GREY, lw=0.8, ls="--")
    axes.set(xlabel=f"change ({DISADVANTAGE})", ylabel=what)
    axes.grid(axis="y")
    top = frame.iloc[int(frame["n"].argmax())]
    edges = "The outermost bars hold all beyond"
    dashed = "; dashed: limits of the classes" if len(limits) else ""
    return exhibited(
        figure,
        f"changes-{what}",
        title=f"Change of the achterstandsscore of {what}",
        unit=f"{what}; change in {DISADVANTAGE}",
        note=f"{edges}{dashed}. {what.capitalize()} zero by both are left out. {BOTH_SUMS}",
        about=about,
        alt=f"Histogram of {int(frame['n'].sum()):,} {what}. Most ({int(top['n']):,}) change by "
        f"{signed(top['lower'])} to {signed(top['upper'])} points; {_outer(frame, what)}.",
        numbers=frame.round(1),
    )


def _steps(most: int, *, fewest: int) -> list[int]:
    """Counts at which a colour begins: the fewest, then 1, 3, 10, 30 and so on up to the most."""
    powers = range(int(np.log10(most)) + 1)
    rising = [lead * 10**power for power in powers for lead in (1, 3)]
    return [fewest, *(each for each in rising if fewest < each <= most)]


def _runs(cells: pd.DataFrame, width: float) -> Path:
    """One outline of square cells by their lower ends x and y; neighbours above each other joined.

    A drawing of thousands of single squares would be as large as all other figures of a page.
    """
    places = (cells[["x", "y"]] / width).round().sort_values(["x", "y"]).to_numpy()
    breaks = (np.diff(places[:, 0]) != 0) | (np.diff(places[:, 1]) != 1)
    starts = places[np.r_[True, breaks]]
    tops = places[np.r_[breaks, True]][:, 1] + 1
    left, bottom = starts.T
    right = left + 1
    corners = [(left, bottom), (right, bottom), (right, tops), (left, tops), (left, bottom)]
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    vertices = width * np.stack([np.column_stack(each) for each in corners], axis=1)
    return Path(vertices.reshape(-1, 2), codes * len(starts))


def _diagonal(axes: Axes, ends: tuple[float, float], *, unit: str) -> None:
    """Where both scores are equal, and the labels of both axes."""
    axes.plot(ends, ends, color=INK, lw=0.8, ls="--", zorder=3)
    axes.set(xlim=ends, ylim=ends, aspect="equal")
    axes.set(xlabel=f"current indicator ({unit})", ylabel=f"new indicator ({unit})")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:,g}".replace("-", MINUS))
    axes.grid()


def _ends(frame: pd.DataFrame, *, room: float) -> tuple[float, float]:
    """Both ends of axes that hold all scores; room: beyond the largest, as a fraction of it."""
    largest = float(frame[["current", "new"]].max().max())
    return -0.02 * largest, (1 + room) * largest


def _name_beside(axes: Axes, name: str, x: float, y: float) -> None:
    """A name on that side of a dot that the diagonal does not cross."""
    away, side = (-5, "right") if y > x else (5, "left")
    axes.annotate(inert(name), (x, y), (away, 0), textcoords="offset points", ha=side, va="center")


def _crowded(pairs: pd.DataFrame) -> pd.DataFrame:
    """Schools not zero by both, at places that the eye can tell apart: current, new, schools."""
    moving = not_zero_under_both(pairs)[["current", "new"]]
    width = float(moving.max().max()) / PLACES
    rounded = ((moving / width).round() * width).round(1)
    return rounded.value_counts().sort_index().rename("schools").reset_index()


def _gains(pairs: pd.DataFrame, what: str) -> str:
    moving = not_zero_under_both(pairs)
    gain, lose = int((moving["change"] > 0).sum()), int((moving["change"] < 0).sum())
    return (
        f"Of {len(moving):,} {what} with a score by either indicator {gain:,} lie above the line "
        f"and {lose:,} below; changes run from {_points(moving['change'].min())} to "
        f"{_points(moving['change'].max())} points."
    )


def _points(value: float) -> str:
    return f"{value:+,.0f}".replace("-", MINUS)


def _along(table: pd.DataFrame, width: float) -> str:
    """The fullest cell, and how many children stand near the diagonal."""
    top = table.iloc[int(table["n"].argmax())]
    near = table.loc[(table["x"] - table["y"]).abs() <= 2 * width, "n"].sum() / table["n"].sum()
    return (
        f"{percent(near)} of the children shown stand within {2 * width:g} points of it; most "
        f"children ({int(top['n']):,}) have a current score from {signed(top['x'])} and a new one "
        f"from {signed(top['y'])}."
    )


def _outer(frame: pd.DataFrame, what: str) -> str:
    first, last = frame.iloc[0], frame.iloc[-1]
    return (
        f"{int(first['n']):,} {what} change by {signed(first['upper'])} or less, "
        f"{int(last['n']):,} by {signed(last['lower'])} or more"
    )
