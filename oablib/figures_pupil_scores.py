"""Figures of the country's children: what registers know, what is drawn, how scores lie."""

import numpy as np
import pandas as pd

from oablib.exhibit import About, Figure
from oablib.figures_canvas import (
    GREEN,
    INDIRECT,
    INK,
    OURS,
    PALE,
    canvas,
    exhibited,
    legend,
    panels,
    row_labels,
    styled,
)
from oablib.wording import number, percent, words

PARENTS = {"father": ("father", OURS), "mother": ("mother", INDIRECT)}
SOURCES = {
    "direct": ("computed, all known", OURS),
    "education": ("computed, education drawn", PALE),
    "matched": ("lent by a donor", INDIRECT),
    "asylum": ("asylum", INK),
}


@styled
def known(frame: pd.DataFrame, *, about: About) -> Figure:
    """Share of parents whose education is known by year of enrolment, published ones beside."""
    figure, axes = canvas(height=3.2)
    told = []
    for parent, (label, colour) in PARENTS.items():
        own = frame[frame["parent"] == parent]
        axes.plot(own["years"], 100 * own["known"], "o-", color=colour, ms=4, label=label)
        printed = own.dropna(subset=["published"])
        axes.plot(printed["years"], 100 * printed["published"], "D", color=INK, mfc="none", ms=6)
        first, last = own["known"].iloc[0], own["known"].iloc[-1]
        told.append(f"{label}: {percent(first)} of toddlers, {percent(last)} after 8 years")
    axes.plot([], [], "D", color=INK, mfc="none", ms=6, label="published")
    axes.set(xlabel="years enrolled (0: toddlers)", ylabel="education known (%)", ylim=(0, 100))
    axes.grid(axis="y")
    legend(figure, axes)
    return exhibited(
        figure,
        "known",
        title="Younger children's parents are better known",
        unit="% of all children",
        about=about,
        alt=f"Two falling lines. {'; '.join(told)}.",
        numbers=frame,
    )


@styled
def levels(frame: pd.DataFrame, *, about: About) -> Figure:
    """Shares of levels where education is known, and where it is drawn."""
    variables = list(dict.fromkeys(frame["variable"]))
    figure, grid = panels([2.6] * len(variables))
    told = []
    for axes, name in zip(grid, variables, strict=True):
        own = frame[frame["variable"] == name]
        place = np.arange(len(own))
        axes.barh(place - 0.2, 100 * own["known"], 0.38, color=OURS, label="known")
        axes.barh(place + 0.2, 100 * own["drawn"], 0.38, color=PALE, label="drawn")
        row_labels(axes, list(own["category"]))
        axes.set_title(words(name))
        axes.grid(axis="x")
        low = own.head(2)
        told.append(
            f"{words(name)}, lowest two levels: {percent(low['known'].sum())} where known, "
            f"{percent(low['drawn'].sum())} where drawn"
        )
    grid[-1].set_xlabel("share (%)")
    legend(figure, grid[0])
    return exhibited(
        figure,
        "levels",
        title="Known and drawn education",
        unit="% of children with known, or with drawn, education",
        about=about,
        alt=f"Pairs of bars a level. {'; '.join(told)}.",
        numbers=frame,
    )


@styled
def distribution(frame: pd.DataFrame, *, boundary: float, about: About) -> Figure:
    """Children by score, stacked by where the score comes from, with the boundary."""
    figure, axes = canvas(height=3.6)
    width = float(np.diff(frame["lower"].to_numpy()[:2])[0])
    below = np.zeros(len(frame))
    for name, (label, colour) in SOURCES.items():
        count = frame[name].to_numpy() / 1000
        axes.bar(
            frame["lower"], count, width, bottom=below, align="edge", color=colour, label=label
        )
        below = below + count
    axes.axvline(boundary, color=GREEN, lw=1.6)
    axes.text(boundary, axes.get_ylim()[1], " boundary", color=INK, va="top", ha="left")
    axes.set(xlabel="onderwijsscore without constant (points)", ylabel="children (thousand)")
    axes.grid(axis="y")
    legend(figure, axes)
    peak = frame.iloc[int(below.argmax())]["lower"]
    return exhibited(
        figure,
        "distribution",
        title="Onderwijsscores of the country",
        unit="children a half point",
        note=f"Vertical line: boundary of the lowest 15 % at {number(boundary)}; asylum seekers "
        "share one value",
        about=about,
        alt=f"Stacked bars with a peak at {number(float(peak))} points; the boundary lies at "
        f"{number(boundary)}.",
        numbers=frame,
    )
