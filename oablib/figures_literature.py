"""Figures of the evidence, one an outcome: who says what, and how large effects were found."""

import pandas as pd
from matplotlib.figure import Figure as Drawing

from oablib.exhibit import About, Figure
from oablib.figures_canvas import (
    GREY,
    INDIRECT,
    INK,
    OURS,
    WIDTH,
    exhibited,
    legend,
    row_labels,
    styled,
)
from oablib.wording import percent

LOOKS = {"accepted": (OURS, "o"), "insufficient": (INDIRECT, "D"), "rejected": (INK, "X")}
SIZES = {"explained variance": "variance (%)", "effect size": "effect size"}
SCALE = {"explained variance": 100.0, "effect size": 1.0}


@styled
def evidence(frame: pd.DataFrame, *, outcome: str, about: About) -> Figure:
    """Claims on one outcome: a mark a claim, at the number of its sources, one line a cause.

    frame: outcome, cause, grounding, sources, and measure, low, high, grade where a size is known.
    Sizes stand beside, one panel a measure.
    """
    part = frame[frame["outcome"] == outcome]
    causes = list(dict.fromkeys(part.sort_values("grounding", kind="stable")["cause"]))
    measures = [name for name in SIZES if (part["measure"] == name).any()]
    figure = Drawing(figsize=(WIDTH, 0.9 + 0.27 * len(causes)), layout="constrained")
    panels = figure.subplots(1, 1 + len(measures), sharey=True, squeeze=False)[0]
    place = {cause: at for at, cause in enumerate(causes)}
    for grounding, (colour, shape) in LOOKS.items():
        own = part[part["grounding"] == grounding]
        if len(own):
            counts = own["sources"].str.count(";") + 1
            panels[0].plot(
                counts, own["cause"].map(place), shape, color=colour, ms=5, ls="", label=grounding
            )
    most = int((part["sources"].str.count(";") + 1).max())
    panels[0].set(xlim=(0.5, most + 0.5), xticks=range(1, most + 1), xlabel="sources")
    row_labels(panels[0], causes)
    for axes, measure in zip(panels[1:], measures, strict=True):
        own = part[part["measure"] == measure]
        low, high = (own[end] * SCALE[measure] for end in ("low", "high"))
        axes.hlines(own["cause"].map(place), low, high, color=GREY, lw=2)
        axes.plot((low + high) / 2, own["cause"].map(place), "o", color=INK, ms=4)
        axes.set(xlabel=SIZES[measure], xlim=(0, float(high.max()) * 1.15))
    for axes in panels:
        axes.grid(axis="x")
    legend(figure, panels[0])
    return exhibited(
        figure,
        "evidence",
        title=f"What is said to move {outcome}",
        unit="number of sources; explained variance in %; effect sizes as d",
        note="One mark a claim; claims of one cause differ in grade or source. variance: explained",
        about=about,
        alt=f"Dots per cause. {_spoken(part)}.",
        numbers=part.drop(columns=["outcome", "reason", "judge"]),
    )


def _spoken(part: pd.DataFrame) -> str:
    columns = ["cause", "grounding", "measure", "low", "high", "grade"]
    parts = []
    for cause, grounding, measure, low, high, grade in part[columns].to_numpy(object):
        size = f", d {high:g}" if measure else ""
        if measure == "explained variance":
            size = f", {percent(low)} to {percent(high)} in {grade}"
        parts.append(f"{cause}: {grounding}{size}")
    return "; ".join(parts)
