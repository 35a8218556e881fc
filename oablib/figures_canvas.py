"""What figures share: style, canvas, intervals, and a picture with caption and alt text."""

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from oablib.codebook import Column

OURS, PUBLISHED, INDIRECT, GREY = "#0072B2", "#E69F00", "#D55E00", "#767676"
PATTERN_COLOURS = (OURS, "#56B4E9", PUBLISHED, GREY)
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "savefig.dpi": 144,
}


styled = matplotlib.rc_context(STYLE)
"""Decorator of a function that draws: the style holds for all it makes."""


@dataclass(frozen=True, slots=True)
class Captioned:
    """A picture (PNG) with its caption and a text that says what it shows to who cannot see it."""

    png: bytes
    caption: str
    alt: str

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png).decode("ascii")
        return (
            f'<figure><img alt="{html.escape(self.alt)}" src="data:image/png;base64,{data}">'
            f"<figcaption>{html.escape(self.caption)}</figcaption></figure>"
        )


def intervals(axes: Axes, frame: pd.DataFrame) -> None:
    """Dots with 95 % intervals, one row a line; diamonds for `published` where the frame has it."""
    rows = np.arange(len(frame))
    width = [frame["value"] - frame["ci_lower"], frame["ci_upper"] - frame["value"]]
    axes.errorbar(
        frame["value"], rows, xerr=width, fmt="o", color=OURS, capsize=2, ms=4, label="here"
    )
    if "published" in frame:
        spread = 1.96 * frame["published_se"] if "published_se" in frame else None
        axes.errorbar(
            frame["published"],
            rows + 0.25,
            xerr=spread,
            fmt="D",
            color=PUBLISHED,
            capsize=2,
            ms=3.5,
            label="published",
        )
    axes.axvline(0, color=GREY, lw=0.8)


def row_labels(axes: Axes, labels: Sequence[str]) -> None:
    """One row a label, the first on top."""
    axes.set_yticks(range(len(labels)), labels)
    axes.invert_yaxis()


def stacked_bar(axes: Axes, row: pd.Series, *, at: float) -> None:
    """One bar at height `at` out of fractions that sum to 1; parts over 4 % get their number."""
    left = 0.0
    for colour, (label, share) in zip(PATTERN_COLOURS, row.items(), strict=False):
        first = label not in axes.get_legend_handles_labels()[1]
        axes.barh(at, share * 100, left=left, color=colour, label=label if first else None)
        if share > 0.04:
            axes.text(
                left + share * 50,
                at,
                f"{share * 100:.1f}",
                ha="center",
                va="center",
                color="white" if colour in (OURS, GREY) else "black",
                fontsize=8,
            )
        left += share * 100


def legend(figure: Figure, axes: Axes) -> None:
    """A legend above the axes, two names a line; none where one kind of mark speaks for itself."""
    marks, names = axes.get_legend_handles_labels()
    if len(names) > 1:
        figure.legend(marks, names, loc="outside upper left", ncols=2)


def sentence(shares: pd.DataFrame) -> str:
    """A table of fractions in words, for readers who cannot see the bars."""
    parts = [
        f"{wave}: " + ", ".join(f"{label} {share:.1%}" for label, share in row.items())
        for wave, row in shares.iterrows()
    ]
    return "; ".join(parts) + "."


def value_labels(values: pd.Index | pd.Series, column: Column) -> list[str]:
    """Dutch labels of codes, or the numbers themselves."""
    if column.categories:
        return [column.category(int(code)).label_nl for code in values]
    return [f"{value:g}" for value in values]


def canvas(*, height: float, width: float = 7.2) -> tuple[Figure, Axes]:
    """A figure with one set of axes; height and width in inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def panels(count: int, *, height: float) -> tuple[Figure, list[Axes]]:
    """A figure with `count` axes under each other, each `height` inches high."""
    figure = Figure(figsize=(7.2, height * count), layout="constrained")
    return figure, list(figure.subplots(count, 1, squeeze=False)[:, 0])


def captioned(figure: Figure, caption: str, alt: str) -> Captioned:
    """The figure as PNG with its texts; equal figures give equal bytes."""
    buffer = io.BytesIO()
    # Without the software's name equal figures are equal bytes.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return Captioned(buffer.getvalue(), caption, alt)
