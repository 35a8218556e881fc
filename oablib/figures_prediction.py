"""Figures of the prediction: spread over splits, and whether scores mean what they say."""

import numpy as np
import pandas as pd

from oablib.exhibit import About, Figure
from oablib.figures_canvas import (
    GREY,
    INDIRECT,
    INK,
    OURS,
    PALE,
    canvas,
    exhibited,
    legend,
    row_labels,
    styled,
)
from oablib.wording import number

POPULATIONS = {
    "known": ("education known", OURS),
    "register": ("register's pattern", INDIRECT),
    "all": ("all, as delivered", GREY),
}


@styled
def spread(splits: pd.DataFrame, *, about: About) -> Figure:
    """Out-of-sample R2 of every split, one line a method, one colour a population.

    splits: method, population, r2.
    """
    part = splits.dropna(subset=["r2"])
    methods = list(dict.fromkeys(part["method"]))
    figure, axes = canvas(height=1.2 + 0.62 * len(methods))
    spoken = []
    for place, (population, (label, colour)) in enumerate(POPULATIONS.items()):
        own = part[part["population"] == population]
        lines = own["method"].map(methods.index) + 0.24 * (place - 1)
        axes.plot(own["r2"], lines, "o", ms=3, alpha=0.35, color=colour, ls="")
        means = own.groupby("method", sort=False)["r2"].mean()
        at = [methods.index(name) + 0.24 * (place - 1) for name in means.index]
        axes.plot(means, at, "|", ms=11, mew=2.2, color=colour, ls="", label=label)
        spoken += [f"{name}, {label}: mean {number(mean)}" for name, mean in means.items()]
    row_labels(axes, methods)
    axes.grid(axis="x")
    axes.set_xlabel("out-of-sample R2 of the outcome")
    legend(figure, axes)
    return exhibited(
        figure,
        "spread",
        title="Out-of-sample R2, split by split",
        unit="fraction of the variance of the outcome",
        note="A dot a split; strokes: means",
        about=about,
        alt=f"Dots with means. {'; '.join(spoken)}.",
        numbers=part[["split", "method", "population", "n", "r2"]],
    )


@styled
def calibration(frame: pd.DataFrame, *, about: About) -> Figure:
    """Observed against predicted means in groups of equal size by score, with the diagonal.

    frame: by, code, predicted, observed, sd; rows of by = "score".
    """
    part = frame[frame["by"] == "score"]
    figure, axes = canvas(height=4.2)
    ends = np.array([part[["predicted", "observed"]].min().min(), part["predicted"].max() + 0.5])
    axes.plot(ends, ends, color=PALE, lw=2, label="as predicted")
    axes.errorbar(
        part["predicted"], part["observed"], yerr=part["sd"], fmt="o", color=OURS, ms=4.5,
        capsize=2, ecolor=INK, elinewidth=0.8, label="groups by score",
    )  # fmt: skip
    axes.grid()
    axes.set(
        xlabel="mean score (points)", ylabel="mean of the outcome at equal intelligence (points)"
    )
    legend(figure, axes)
    pairs = zip(part["predicted"], part["observed"], strict=True)
    told = "; ".join(f"predicted {number(a)}, observed {number(b)}" for a, b in pairs)
    return exhibited(
        figure,
        "calibration",
        title="Does a score mean what it says?",
        unit="points of the outcome at equal intelligence",
        note="Tenths of the children by score; bars: standard deviation over splits",
        about=about,
        alt=f"Dots beside a diagonal. {told}.",
        numbers=part[["code", "n", "predicted", "observed", "difference", "sd"]],
    )
