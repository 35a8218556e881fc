"""Figures of the selection: variants by their criteria, and how sure their order is."""

import numpy as np
import pandas as pd
from matplotlib.ticker import NullLocator

from oablib.exhibit import About, Figure
from oablib.figures_canvas import (
    GREY,
    INDIRECT,
    OURS,
    canvas,
    exhibited,
    legend,
    row_labels,
    styled,
)
from oablib.wording import MINUS, percent, signed, words

SHOWN = {
    "delta_bic_d4": ("BIC, pooled ratios and honest counts", OURS, "o"),
    "delta_bic_mean": ("BIC, means as published", INDIRECT, "D"),
}
TICKS = (-100_000, -10_000, -1_000, -100, -10, 0, 10, 100, 1_000, 10_000, 100_000)
LINEAR = 10.0  # a difference of which both signs are drawn to scale; beyond, by powers of ten


@styled
def variants(frame: pd.DataFrame, *, reference: str, about: About) -> Figure:
    """Differences in BIC to the reference, by two conventions, one line a variant.

    frame: model, delta_bic_d4, delta_bic_mean; rows without numbers are left out.
    """
    part = frame.dropna(subset=["delta_bic_d4"])
    figure, axes = canvas(height=1.2 + 0.3 * len(part))
    places = np.arange(len(part))
    for place, (column, (label, colour, shape)) in enumerate(SHOWN.items()):
        axes.plot(
            part[column], places + 0.16 * place, shape, color=colour, ms=5, ls="", label=label
        )
    axes.axvline(0, color=GREY, lw=0.8)
    largest = float(part[list(SHOWN)].abs().max().max())
    axes.set_xscale("symlog", linthresh=LINEAR)
    ticks = [each for each in TICKS if abs(each) <= max(LINEAR, 10 * largest)]
    axes.set_xticks(ticks, [f"{each:,}".replace("-", MINUS) for each in ticks], minor=False)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(min(-LINEAR, 2 * float(part[list(SHOWN)].min().min())), max(LINEAR, 2 * largest))
    axes.grid(axis="x")
    row_labels(axes, [words(name) for name in part["model"]])
    axes.set_xlabel(f"difference in BIC to {words(reference)}; lower is better")
    legend(figure, axes, columns=2)
    rows = zip(part["model"], part["delta_bic_d4"], part["delta_bic_mean"], strict=True)
    told = "; ".join(f"{words(m)} {signed(d4)}, by means {signed(mean)}" for m, d4, mean in rows)
    return exhibited(
        figure,
        "variants",
        title=f"Difference in BIC to {words(reference)}",
        unit="BIC; drawn to scale between −10 and 10, by powers of ten beyond",
        about=about,
        alt=f"Dots per variant. {told}.",
        numbers=part[["model", *SHOWN]],
    )


@styled
def first_places(frame: pd.DataFrame, *, draws: int, about: About) -> Figure:
    """Share of draws of schools in which each variant is first, by BIC and by AIC.

    frame: model, first_by_bic, first_by_aic (fractions).
    """
    figure, axes = canvas(height=1.2 + 0.3 * len(frame))
    places = np.arange(len(frame))
    looks = {"first_by_bic": ("by BIC", OURS), "first_by_aic": ("by AIC", INDIRECT)}
    for place, (column, (label, colour)) in enumerate(looks.items()):
        axes.barh(
            places + 0.36 * (place - 0.5), 100 * frame[column], height=0.34, color=colour,
            label=label,
        )  # fmt: skip
    row_labels(axes, [words(name) for name in frame["model"]])
    axes.set(xlim=(0, 100), xlabel=f"first in so many of {draws:,} draws of schools (%)")
    axes.grid(axis="x")
    legend(figure, axes)
    rows = zip(frame["model"], frame["first_by_bic"], frame["first_by_aic"], strict=True)
    told = "; ".join(f"{words(m)} {percent(b)} by BIC, {percent(a)} by AIC" for m, b, a in rows)
    return exhibited(
        figure,
        "first-places",
        title="How often each variant would have been first",
        unit=f"% of {draws:,} draws of schools",
        about=about,
        alt=f"Bars per variant. {told}.",
        numbers=frame,
    )
