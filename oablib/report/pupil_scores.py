"""What the report on the scores of the country's children shows: tables, a figure, its answer."""

import numpy as np
import pandas as pd

from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import number, percent
from oablib.report.table import show
from oablib.report.texts import texts_beside

_ = texts_beside(__file__)
captions = _.captions

SOURCES = {
    "direct": ("computed, all known", drawing.OURS),
    "education": ("computed, education drawn", drawing.PALE),
    "matched": ("lent by a donor", drawing.INDIRECT),
    "asylum": ("asylum", drawing.INK),
}


def effects_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Direct effects of both indicators, and the source of each."""
    return show(frame, about=about, **captions("tbl-effects"))


def contributions_table(frame: pd.DataFrame, *, about: About) -> Table:
    """What each category adds to a score under both indicators."""
    return show(
        frame[["variable", "label", "new", "current", "difference"]],
        about=about,
        **captions("tbl-contributions"),
    )


def settings_table(frame: pd.DataFrame) -> Table:
    """Settings of the scores."""
    about = About("every score", "params/rules/pupil_scores.yaml")
    return show(frame, about=about, **captions("tbl-settings"))


def sources_table(frame: pd.DataFrame, *, about: About) -> Table:
    """How many scores have which source."""
    names = {name: text for name, (text, _) in SOURCES.items()}
    names["asylum"] = "asylum: mean of the lowest 15 %"
    return show(
        frame.assign(provenance=frame["provenance"].map(names)),
        about=about,
        **captions("tbl-sources"),
    )


@drawing.styled
def distribution_figure(frame: pd.DataFrame, *, boundary: float, about: About) -> Figure:
    """Children by score, stacked by the source of the score, with the boundary."""
    figure, axes = drawing.canvas(height=3.6)
    width = float(np.diff(frame["lower"].to_numpy()[:2])[0])
    below = np.zeros(len(frame))
    for name, (label, colour) in SOURCES.items():
        count = frame[name].to_numpy() / 1000
        axes.bar(frame["lower"], count, width, below, align="edge", color=colour, label=label)
        below = below + count
    axes.axvline(boundary, color=drawing.GREEN, lw=1.6)
    top = axes.get_ylim()[1]
    axes.text(boundary, top, " boundary", color=drawing.INK, va="top", ha="left")
    axes.set(xlabel="onderwijsscore without constant (points)", ylabel="children (thousand)")
    axes.grid(axis="y")
    drawing.legend(figure, axes)
    peak = float(frame.iloc[int(below.argmax())]["lower"])
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Stacked bars with a peak at {number(peak)} points; the boundary lies at "
        f"{number(boundary)}.",
        numbers=frame,
        **captions("fig-distribution", boundary=number(boundary)),
    )


def reuse_table(frame: pd.DataFrame, *, about: About) -> Table:
    """How often the score of one donor is used."""
    return show(frame, about=about, **captions("tbl-reuse"))


def matched_by_school_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Schools by the share of scores from donors."""
    ends = zip(frame["lower"], frame["upper"], strict=True)
    ranges = [f"{100 * low:.0f} to {100 * high:.0f} %" for low, high in ends]
    return show(
        frame.assign(share=ranges)[["share", "schools", "pupils"]],
        about=about,
        **captions("tbl-matched-by-school"),
    )


def answer(sources: pd.DataFrame, *, boundary: float, mean: float, many: int) -> str:
    """The sources of scores, and the boundary of the lowest 15 %."""
    share = sources.set_index("provenance")["share"]
    return (
        f"**{percent(share['direct'] + share['education'], 1)} of scores are computed**, "
        f"{percent(share['matched'], 1)} are lent by a donor and {percent(share['asylum'], 1)} are "
        f"the mean of the lowest 15 %. That boundary lies **{number(mean - boundary)} points** "
        f"below the mean of pupils and toddlers. At {many} school sites more than 40 % of the "
        "scores are lent."
    )
