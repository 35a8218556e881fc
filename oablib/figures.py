"""Every figure of the reports: a result goes in, a drawing with title, unit and words comes out.

Nothing is computed here but positions. Blue is direct and red indirect, as in Walhout & Scholtus
(2021), figure 2.1.1.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from oablib.codebook import Column
from oablib.exhibit import About, Figure
from oablib.figures_canvas import (
    CURRENT,
    HERE,
    PUBLISHED,
    Mark,
    canvas,
    exhibited,
    in_words,
    intervals,
    legend,
    named_values,
    panels,
    row_labels,
    sentence,
    stacked_bar,
    styled,
    value_labels,
)
from oablib.figures_paths import path_diagram
from oablib.wording import words

__all__ = ["coefficients", "effects", "ladder", "missing_pattern", "path_diagram"]

STANDARDISED = (
    Mark("std", HERE.name, HERE.colour, "o"),
    Mark("published_std", PUBLISHED.name, PUBLISHED.colour, "D", below=0.24, hollow=True),
    Mark("current_std", CURRENT.name, CURRENT.colour, "^", below=0.42),
)


@styled
def missing_pattern(
    shares: pd.DataFrame, *, published: pd.DataFrame | None, about: About
) -> Figure:
    """Bars per wave with the share of each joint pattern, published ones beside ours.

    shares, published: rows waves, columns patterns in words, values fractions.
    """
    rows = [(f"{wave}", shares.loc[wave]) for wave in shares.index]
    if published is not None:
        rows = [
            row
            for wave in shares.index
            for row in ((f"{wave} here", shares.loc[wave]), ("published", published.loc[wave]))
        ]
    figure, axes = canvas(height=0.9 + 0.36 * len(rows))
    places = [at + (0 if published is None else 0.4 * (at // 2)) for at in range(len(rows))]
    for place, (_, row) in zip(places, rows, strict=True):
        stacked_bar(axes, row, at=place)
    axes.set_yticks(places, [name for name, _ in rows])
    axes.invert_yaxis()
    axes.set(xlim=(0, 100), xlabel="share of children (%)")
    legend(figure, axes, columns=2)
    numbers = pd.DataFrame([row for _, row in rows], index=[name for name, _ in rows])
    beside = "" if published is None else f" Published: {sentence(published)}"
    return exhibited(
        figure,
        "missing-pattern",
        title="Which values are unknown together, per wave",
        unit="% of the children of a wave",
        about=about,
        alt=f"Stacked bars per wave. {sentence(shares)}{beside}",
        numbers=numbers.rename_axis("wave").reset_index(),
    )


@styled
def ladder(
    frame: pd.DataFrame, *, columns: Mapping[str, Column], outcome: str, about: About
) -> Figure:
    """Scale values with 95 % intervals, and published ones where the frame has them.

    frame: variable, code, value, ci_lower, ci_upper and perhaps published, current; in points.
    """
    counts = [int((frame["variable"] == name).sum()) for name in columns]
    figure, parts = panels([0.65 + 0.3 * count for count in counts])
    spoken = []
    for axes, (name, column) in zip(parts, columns.items(), strict=True):
        part = frame[frame["variable"] == name]
        labels = value_labels(part["code"], column)
        intervals(axes, part, (HERE, PUBLISHED, CURRENT))
        row_labels(axes, labels)
        axes.set_title(words(name))
        spoken.append(f"{words(name)}: {in_words(part, labels)}")
    parts[-1].set_xlabel(f"points {words(outcome)} against the reference category")
    legend(figure, parts[0])
    shown = ["variable", "code", "n", "value", "ci_lower", "ci_upper", "published", "current"]
    there = frame[[name for name in shown if name in frame]]
    return exhibited(
        figure,
        "ladder",
        title="Scale values with 95 % intervals",
        unit=f"points {words(outcome)} against the reference category",
        about=about,
        alt=f"Dots with intervals. {'. '.join(spoken)}.",
        numbers=named_values(there, columns, "code").rename(columns={"code": "category"}),
    )


@styled
def coefficients(frame: pd.DataFrame, *, outcome: str, about: About) -> Figure:
    """Direct effects with 95 % intervals, beside standardised ones and published ones.

    frame: name, value, ci_lower, ci_upper; perhaps published, published_se (points per unit) and
    std, published_std, current_std (standard deviations).
    """
    figure, axes = canvas(height=0.95 + 0.44 * len(frame))
    labels = [words(name) for name in frame["name"]]
    if "std" in frame:
        axes.remove()
        axes, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
        intervals(right, frame, STANDARDISED)
        right.set_xlabel("standard deviations")
    effects(axes, frame, (HERE, PUBLISHED))
    axes.set_xlabel(f"points {words(outcome)} per unit of the predictor")
    legend(figure, right if "std" in frame else axes)
    hidden = [name for name in ("se_known", "p", "fmi", "difference_in_se") if name in frame]
    return exhibited(
        figure,
        "coefficients",
        title=f"Direct effects on {words(outcome)} with 95 % intervals",
        unit=f"points {words(outcome)} per unit of the predictor; standard deviations on the right",
        about=about,
        alt=f"Dots with intervals. {in_words(frame, labels)}.",
        numbers=frame.drop(columns=hidden).assign(name=labels),
    )


def effects(axes: Axes, frame: pd.DataFrame, marks: tuple[Mark, ...]) -> None:
    """Effects of predictors, one row each, under their names as words."""
    intervals(axes, frame, marks)
    row_labels(axes, [words(name) for name in frame["name"]])
