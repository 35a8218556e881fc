"""The model as arrows: numbers in columns beside the predictors, where no arrow crosses them."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from oablib.exhibit import About, Figure
from oablib.figures_canvas import INDIRECT, INK, OURS, canvas, exhibited, styled
from oablib.wording import number, words

# Places across the drawing, as parts of its width.
NAMES_AT, DIRECT_AT, THROUGH_AT, ARROWS_FROM = 0.31, 0.4, 0.48, 0.5
MEDIATOR_AT, OUTCOME_AT = 0.76, 0.97
THINNEST, PER_STD = 0.9, 6.0  # points of width, and more of them for a standardised effect of 1


@styled
def path_diagram(frame: pd.DataFrame, *, outcome: str, mediator: str, about: About) -> Figure:
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
