"""Every figure of the reports: a result goes in, a captioned picture with alt text comes out.

Nothing is computed here but positions. Colours are safe for colour-blind readers (Okabe & Ito);
blue is direct and red indirect, as in Walhout & Scholtus (2021), figure 2.1.1.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from oablib.codebook import Column
from oablib.figures_canvas import (
    GREY,
    INDIRECT,
    OURS,
    Captioned,
    canvas,
    captioned,
    intervals,
    legend,
    panels,
    row_labels,
    sentence,
    stacked_bar,
    styled,
    value_labels,
)
from oablib.wording import number, words


@styled
def missing_pattern(
    shares: pd.DataFrame, *, published: pd.DataFrame | None, about: str
) -> Captioned:
    """Bars per wave with the share of each joint pattern, published ones beside ours.

    shares, published: rows waves, columns patterns in words, values fractions.
    """
    figure, axes = canvas(height=0.6 + 0.75 * len(shares) * (1 if published is None else 1.3))
    place, ticks = 0.0, []
    for wave in shares.index:
        rows = [("here", shares.loc[wave])]
        if published is not None:
            rows.append(("published", published.loc[wave]))
        for label, row in rows:
            stacked_bar(axes, row, at=place)
            ticks.append((place, f"{wave} {label}" if published is not None else f"{wave}"))
            place -= 1.0
        place -= 0.4
    axes.set_yticks(*zip(*ticks, strict=True))
    axes.set_xlabel("share of children (%)")
    axes.set_xlim(0, 100)
    legend(figure, axes)
    beside = " beside the published pattern" if published is not None else ""
    return captioned(
        figure,
        f"Which values are unknown, per wave{beside}; share of children in %; {about}.",
        f"Stacked bars per wave. {sentence(shares)}",
    )


@styled
def ladder(
    frame: pd.DataFrame, *, columns: Mapping[str, Column], outcome: str, about: str
) -> Captioned:
    """Scale values with 95 % intervals, and published ones where the frame has them.

    frame: variable, code, value, ci_lower, ci_upper and perhaps published; in points.
    """
    figure, parts = panels(len(columns), height=3.2)
    for axes, (name, column) in zip(parts, columns.items(), strict=True):
        part = frame[frame["variable"] == name]
        intervals(axes, part)
        row_labels(axes, value_labels(part["code"], column))
        axes.set_title(words(name))
        axes.set_xlabel(f"points {words(outcome)}")
    legend(figure, parts[-1])
    return captioned(
        figure,
        f"Scale values with 95 % intervals, in points of {words(outcome)} against the reference "
        f"category; {about}.",
        f"Dot plots of scale values for {', '.join(map(words, columns))}.",
    )


@styled
def coefficients(frame: pd.DataFrame, *, outcome: str, about: str) -> Captioned:
    """Direct effects with 95 % intervals, and published ones where the frame has them.

    frame: name, value, ci_lower, ci_upper and perhaps published, published_se; points per unit.
    """
    figure, axes = canvas(height=0.8 + 0.42 * len(frame))
    intervals(axes, frame)
    row_labels(axes, [words(name) for name in frame["name"]])
    axes.set_xlabel(f"direct effect (points {words(outcome)} per unit)")
    legend(figure, axes)
    return captioned(
        figure,
        f"Direct effects on {words(outcome)} with 95 % intervals; points per unit of the "
        f"predictor; {about}.",
        f"Dot plot of {len(frame)} direct effects.",
    )


@styled
def path_diagram(frame: pd.DataFrame, *, outcome: str, mediator: str, about: str) -> Captioned:
    """The model as arrows: direct effects blue, effects through the mediator red.

    frame: rows `~` of a pooled table: lhs, rhs, est. Dashed: 95 % interval holds 0.
    """
    predictors = list(dict.fromkeys(frame.loc[frame["rhs"] != mediator, "rhs"]))
    figure, axes = canvas(height=0.7 + 0.55 * len(predictors), width=8.2)
    heights = dict(zip(predictors, np.linspace(1, 0, len(predictors)), strict=True))
    spots = {name: (0.0, y) for name, y in heights.items()}
    spots |= {mediator: (0.55, 1.12), outcome: (1.0, 0.5)}
    for row in frame.itertuples():
        indirect = mediator in (row.lhs, row.rhs)
        _arrow(axes, spots[row.rhs], spots[row.lhs], row=row, colour=INDIRECT if indirect else OURS)
    for name, (x, y) in spots.items():
        box = {"boxstyle": "round,pad=0.4", "fc": "white", "ec": GREY}
        axes.text(x, y, words(name), ha="right" if x == 0 else "center", va="center", bbox=box)
    axes.set(xlim=(-0.42, 1.15), ylim=(-0.12, 1.25))
    axes.axis("off")
    return captioned(
        figure,
        f"The model: direct effects on {words(outcome)} in blue, effects through "
        f"{words(mediator)} in red; dashed where the 95 % interval holds 0; unstandardised; "
        f"{about}.",
        f"Path diagram with {len(predictors)} predictors, {words(mediator)} and {words(outcome)}.",
    )


def _arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], *, row: Any, colour: str
) -> None:
    sure = row.ci_lower > 0 or row.ci_upper < 0
    style = {
        "arrowstyle": "-|>",
        "color": colour,
        "lw": 1.4,
        "shrinkA": 4,
        "shrinkB": 26,
        "linestyle": "-" if sure else (0, (4, 3)),
    }
    axes.annotate("", xy=end, xytext=start, arrowprops=style)
    # Labels stand near the predictor, where arrows are apart.
    at = 0.30 if start[0] == 0 else 0.45
    x, y = (a + at * (b - a) for a, b in zip(start, end, strict=True))
    back = {"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none"}
    axes.text(x, y, number(row.est), color=colour, fontsize=8, ha="center", va="center", bbox=back)
