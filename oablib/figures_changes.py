"""The figure of a comparison: every direct effect twice."""

from collections.abc import Mapping

import pandas as pd

from oablib import figures
from oablib.exhibit import About, Figure
from oablib.figures_canvas import INK, OURS, Mark, canvas, exhibited, in_words, legend, styled
from oablib.wording import words


@styled
def effects(frame: pd.DataFrame, *, names: Mapping[str, str], outcome: str, about: About) -> Figure:
    """Direct effects of both reports with 95 % intervals; frame: as changes.effects."""
    figure, axes = canvas(height=0.9 + 0.46 * len(frame))
    marks = (
        Mark("before", names["before"], INK, "D", below=-0.14, hollow=True),
        Mark("after", names["after"], OURS, "o", below=0.14),
    )
    figures.effects(axes, frame, marks)
    unit = f"points {words(outcome)} per unit of the predictor"
    axes.set_xlabel(unit)
    legend(figure, axes)
    return exhibited(
        figure,
        "effects",
        title=f"Direct effects on {words(outcome)} in {names['before']} and {names['after']}",
        unit=unit,
        note="With 95 % intervals",
        about=about,
        alt=f"Dots with intervals. {'. '.join(_spoken(frame, side, names) for side in names)}.",
        numbers=frame.assign(name=frame["name"].map(words)),
    )


def _spoken(frame: pd.DataFrame, side: str, names: Mapping[str, str]) -> str:
    columns = {side: "value", f"ci_lower_{side}": "ci_lower", f"ci_upper_{side}": "ci_upper"}
    part = frame[["name", *columns]].rename(columns=columns).dropna()
    return f"{names[side]}: {in_words(part, part['name'].map(words))}"
