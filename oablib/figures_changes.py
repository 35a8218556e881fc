"""The figure of a comparison: every direct effect twice."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from oablib.figures_canvas import (
    GREY,
    OURS,
    PUBLISHED,
    Captioned,
    canvas,
    captioned,
    legend,
    row_labels,
    styled,
)
from oablib.wording import words

SIDES = {"before": (PUBLISHED, "D", -0.14), "after": (OURS, "o", 0.14)}
"""Colour, mark and place of each side."""


@styled
def effects(
    frame: pd.DataFrame, *, names: Mapping[str, str], outcome: str, about: str
) -> Captioned:
    """Direct effects of both reports with 95 % intervals; frame: as changes.effects."""
    figure, axes = canvas(height=0.9 + 0.5 * len(frame))
    for side, (colour, mark, shift) in SIDES.items():
        width = [frame[side] - frame[f"ci_lower_{side}"], frame[f"ci_upper_{side}"] - frame[side]]
        axes.errorbar(
            frame[side], np.arange(len(frame)) + shift, xerr=width, fmt=mark, color=colour,
            capsize=2, ms=4, label=names[side],
        )  # fmt: skip
    axes.axvline(0, color=GREY, lw=0.8)
    row_labels(axes, [words(name) for name in frame["name"]])
    axes.set_xlabel(f"direct effect (points {words(outcome)} per unit)")
    legend(figure, axes)
    return captioned(
        figure,
        f"Direct effects on {words(outcome)} in {names['before']} and {names['after']}, with 95 % "
        f"intervals; points per unit of the predictor; {about}.",
        f"Dot plot of {len(frame)} direct effects, two of each.",
    )
