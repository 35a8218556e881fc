"""What figures share: style, axes, marks with intervals, and the step from drawing to exhibit."""

import io
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from babel import numbers as babel
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import ScalarFormatter

from oablib.base import language, rounding
from oablib.base.wording import inert, words
from oablib.report.exhibit import About, Figure
from oablib.report.texts import named, texts_beside

_ = texts_beside(__file__)

# Okabe & Ito (2008): colour-blind readers can distinguish them; each has a contrast of 3 to white.
OURS, INDIRECT, INK, GREY = "#0072B2", "#D55E00", "#1d2126", "#767676"
GREEN, PURPLE, PALE = "#009E73", "#CC79A7", "#BBD7EA"
WIDTH = 7.2  # inches: the width of a printed page, so that text keeps its size
LABEL_WIDTH = 36  # characters: a longer label has a second line
LINE_HEIGHT = 0.17  # inches of a line of a label, with what it needs above and below
LEAST_LINES = 1.8  # between two rows of marks, so that they stand apart
SMALL = 8.3  # points, the smallest text that is to be read
SMALLEST = 7.0  # points, of the remark that says what kind of data it is
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.axisbelow": True,
    "grid.color": "#e3e7eb",
    "grid.linewidth": 0.8,
    **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
    "ytick.major.size": 0,
    "legend.frameon": False,
    # Labels are data: a dollar sign in one does not begin a formula.
    "text.parse_math": False,
    "svg.fonttype": "path",
}
_PATH_NAME = re.compile(r'(?<=\bid=")[a-z]+[0-9a-f]{10}(?=")')

styled = matplotlib.rc_context(STYLE)
"""Decorator of a function that draws: the style applies to everything in the figure."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One kind of mark: the column of its values, and its look.

    name: in English, in the catalogue of this module. below: distance under the row.
    """

    column: str
    name: str
    colour: str
    shape: str
    below: float = 0.0
    hollow: bool = False


HERE = Mark("value", named("here"), OURS, "o")
PUBLISHED = Mark("published", named("published"), INK, "D", below=0.24, hollow=True)
CURRENT = Mark("current", named("indicator then in use"), GREY, "^", below=0.42)


def grid(
    rows: int, columns: int, *, height: float, **options: Any
) -> tuple[Drawing, list[list[Axes]]]:
    """A figure with axes in rows and columns; height of the whole in inches.

    options: as of matplotlib's Figure.subplots.
    """
    figure = Drawing(figsize=(WIDTH, height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, [list(row) for row in axes]


def canvas(*, height: float) -> tuple[Drawing, Axes]:
    """A figure with one set of axes; height in inches."""
    figure, [[axes]] = grid(1, 1, height=height)
    return figure, axes


def beside(count: int, *, height: float, **options: Any) -> tuple[Drawing, list[Axes]]:
    """A figure with axes beside each other that share their rows; height in inches."""
    figure, [axes] = grid(1, count, height=height, sharey=True, **options)
    return figure, axes


def panels(heights: Sequence[float]) -> tuple[Drawing, list[Axes]]:
    """A figure with axes under each other; heights in inches."""
    figure, axes = grid(len(heights), 1, height=sum(heights), height_ratios=heights)
    return figure, [row[0] for row in axes]


def intervals(axes: Axes, frame: pd.DataFrame, marks: Iterable[Mark]) -> None:
    """One line a row: marks for each column that the frame has, with 95 % intervals where known.

    frame: `value` with ci_lower and ci_upper, other columns with ci_lower_<column> and
    ci_upper_<column>, or with <column>_se, or without interval.
    """
    rows = np.arange(len(frame))
    for mark in (mark for mark in marks if mark.column in frame):
        axes.errorbar(
            frame[mark.column],
            rows + mark.below,
            xerr=_spread(frame, mark.column),
            fmt=mark.shape,
            color=mark.colour,
            mfc="white" if mark.hollow else mark.colour,
            capsize=2,
            ms=4.5,
            lw=1.2,
            label=_(mark.name),
        )
    axes.axvline(0, color=GREY, lw=0.8)
    axes.grid(axis="x")


def _spread(frame: pd.DataFrame, column: str) -> Any:
    """Distances to both ends of the 95 % interval; None without one."""
    suffix = "" if column == "value" else f"_{column}"
    lower, upper = f"ci_lower{suffix}", f"ci_upper{suffix}"
    if lower in frame:
        return [frame[column] - frame[lower], frame[upper] - frame[column]]
    return 1.96 * frame[f"{column}_se"] if f"{column}_se" in frame else None


def row_labels(axes: Axes, labels: Iterable[str], *, width: int = LABEL_WIDTH) -> None:
    """A labelled line for each row, the first on top; width: characters of a line of a label."""
    texts = [textwrap.fill(inert(label), width) for label in labels]
    axes.set_yticks(range(len(texts)), texts)
    axes.set_ylim(len(texts) - 0.3, -0.6)


def row_height(labels: Iterable[str], *, width: int = LABEL_WIDTH) -> float:
    """Inches that each row needs so that labels of several lines leave each other room."""
    lines = [len(textwrap.wrap(inert(label), width)) for label in labels]
    most = max(((one + other) / 2 for one, other in pairwise(lines)), default=1.0)
    return LINE_HEIGHT * max(most, LEAST_LINES)


def legend(figure: Drawing, axes: Axes, *, columns: int = 4) -> None:
    """A legend above the axes; none where there is one kind of mark."""
    marks, names = axes.get_legend_handles_labels()
    if len(names) > 1:
        figure.legend(marks, names, loc="outside upper left", ncols=columns)


def in_words(frame: pd.DataFrame, labels: Iterable[str]) -> str:
    """Values with their intervals in words: "origin −0.82 (−1.08 to −0.55)"."""
    bounds = zip(labels, frame["value"], frame["ci_lower"], frame["ci_upper"], strict=True)
    return "; ".join(
        _("{name} {value:.2f} ({lower:.2f} to {upper:.2f})", name=name, value=v, lower=a, upper=b)
        for name, v, a, b in bounds
    )


def exhibited(
    figure: Drawing,
    label: str,
    *,
    title: str,
    unit: str,
    about: About,
    alt: str,
    numbers: pd.DataFrame,
    headings: Mapping[str, str] | None = None,
    note: str = "",
    cells: Any = None,
) -> Figure:
    """The drawing with all that belongs to it; equal drawings give equal bytes.

    label: without `fig-`. alt: the figure in words. numbers: the frame behind the figure. headings:
    column -> heading for readers; columns without one show their name as words. cells: as in
    Exhibit.
    """
    _write_numbers(figure)
    if about.drawn:
        figure.supxlabel(about.data, x=0.995, ha="right", size=SMALLEST, color=GREY)
    # Else matplotlib draws everything once more, to no other end than the layout.
    if layout := figure.get_layout_engine():
        layout.execute(figure)
        figure.set_layout_engine("none")
    buffer, headings = io.StringIO(), headings or {}
    said = {"Date": None, "Creator": None, "Title": title, "Description": about.data}
    figure.savefig(buffer, format="svg", metadata=said)
    return Figure(
        label=f"fig-{label}",
        title=title,
        unit=unit,
        note=note,
        about=about,
        alt=inert(alt),
        svg=_named_in_order(buffer.getvalue()),
        numbers=rounding.rounded(numbers).rename(
            columns=lambda name: headings.get(name, words(str(name)))
        ),
        keys=[str(name) for name in numbers],
        cells=cells,
    )


class _NumbersHere(ScalarFormatter):
    """Numbers of an axis with the decimal mark of the language in use."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The number at a tick."""
        mark = babel.get_decimal_symbol(language.current())
        return str(super().__call__(x, pos)).replace(".", mark)


def _write_numbers(figure: Drawing) -> None:
    """Write numbers of axes as the language in use does; what has a form of its own keeps it."""
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        if type(axis.get_major_formatter()) is ScalarFormatter:
            axis.set_major_formatter(_NumbersHere())


def _named_in_order(svg: str) -> str:
    """Name paths by their order: matplotlib's names are digests that depend on the last bits."""
    for index, name in enumerate(dict.fromkeys(_PATH_NAME.findall(svg))):
        svg = svg.replace(name, f"path{index}")
    return svg
