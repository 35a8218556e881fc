"""Tables of the country's children and of their scores."""

import numpy as np
import pandas as pd

from oablib.base.wording import number, percent, words
from oablib.report.drawing import (
    GREEN,
    INDIRECT,
    INK,
    OURS,
    PALE,
    canvas,
    exhibited,
    legend,
    styled,
)
from oablib.report.exhibit import About, Figure, Table
from oablib.report.table import IN_HEADINGS, Look, show


def settings_table(frame: pd.DataFrame) -> Table:
    """Settings of the scores."""
    about = About("every score", "params/rules/pupil_scores.yaml")
    return show(frame, "settings", title="How scores are made", unit=IN_HEADINGS, about=about)


def effects_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Direct effects of both indicators, and where each is from."""
    labels = {"low": "current, least", "high": "current, most", "new_from": "new: from",
              "current_from": "current: from"}  # fmt: skip
    return show(
        frame,
        "effects",
        title="Direct effects of both indicators",
        unit="points per unit of the predictor",
        note="Least and most: what rounding of the published standardised effect leaves open",
        about=about,
        look=Look(labels=labels, digits=3),
    )


def contributions_table(frame: pd.DataFrame, *, about: About) -> Table:
    """What each category adds to a score under both indicators."""
    named = frame.assign(variable=frame["variable"].map(words))
    columns = ["variable", "label", "new", "current", "difference"]
    return show(
        named[columns],
        "contributions",
        title="What each category adds to a score",
        unit="points",
        about=about,
        look=Look(groups="variable", labels={"label": "category"}),
    )


def sources_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Where scores come from."""
    told = {
        "direct": "computed, all known",
        "education": "computed, education drawn",
        "matched": "lent by a donor",
        "asylum": "asylum: mean of the lowest 15 %",
    }
    return show(
        frame.assign(provenance=frame["provenance"].map(told)),
        "sources",
        title="Where scores come from",
        unit=IN_HEADINGS,
        about=about,
        look=Look(shares=("share",), labels={"mean": "mean score (points)", "provenance": "score"}),
    )


def reuse_table(frame: pd.DataFrame, *, about: About) -> Table:
    """How often a donor lends its score."""
    return show(
        frame,
        "reuse",
        title="How often donors lend their score",
        unit=IN_HEADINGS,
        note="times: children who got the score of one donor; share: of those who got one",
        about=about,
        look=Look(shares=("share",)),
    )


def matched_by_school_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Schools by the share of scores that donors lent."""
    named = frame.assign(
        share=[f"{100 * a:.0f} to {100 * b:.0f} %" for a, b in
               zip(frame["lower"], frame["upper"], strict=True)]
    )  # fmt: skip
    return show(
        named[["share", "schools", "pupils"]],
        "matched-by-school",
        title="Schools by the share of scores that donors lent",
        unit=IN_HEADINGS,
        about=about,
        look=Look(labels={"share": "share of pupils"}),
    )


def answer(sources: pd.DataFrame, *, boundary: float, mean: float, many: int) -> str:
    """Where scores come from, and where the boundary of the lowest 15 % lies."""
    share = sources.set_index("provenance")["share"]
    return (
        f"**{percent(share['direct'] + share['education'], 1)} of scores are computed**, "
        f"{percent(share['matched'], 1)} are lent by a donor and {percent(share['asylum'], 1)} are "
        f"the mean of the lowest 15 %. That boundary lies **{number(mean - boundary)} points** "
        f"below the mean of pupils and toddlers. At {many} school sites more than 40 % of the "
        "scores are lent."
    )


SOURCES = {
    "direct": ("computed, all known", OURS),
    "education": ("computed, education drawn", PALE),
    "matched": ("lent by a donor", INDIRECT),
    "asylum": ("asylum", INK),
}


@styled
def distribution_figure(frame: pd.DataFrame, *, boundary: float, about: About) -> Figure:
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
