"""What the report on the selection shows: both searches, variants, and how sure a choice is."""

import numpy as np
import pandas as pd
from matplotlib.ticker import NullLocator

from oablib.analysis.selection import Stability
from oablib.analysis.selection.forward_search import ADDED, NOT_SIGNIFICANT, TURNED_DOWN
from oablib.analysis.selection.frequencies import NO_ADDITION
from oablib.base.wording import MINUS, words
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import percent, signed
from oablib.report.table import show
from oablib.report.texts import texts_beside

_ = texts_beside(__file__)
captions = _.captions

DIFFERENCES = {
    "delta_bic_d4": ("BIC, pooled ratios and honest counts", drawing.OURS, "o"),
    "delta_bic_mean": ("BIC, means as published", drawing.INDIRECT, "D"),
}
TICKS = (-100_000, -10_000, -1_000, -100, -10, 0, 10, 100, 1_000, 10_000, 100_000)
LINEAR = 10.0  # smaller differences are drawn to scale; larger ones, of both signs, by powers of 10
FIRST_PLACES = {
    "first_by_bic": ("by BIC", drawing.OURS),
    "first_by_aic": ("by AIC", drawing.INDIRECT),
}


def trail_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Every candidate that was considered, with the decision and its reason."""
    columns = "round lhs rhs index mi_mean epc p_holm decision reason".split()
    return show(
        frame[columns].assign(round=[f"Round {number}" for number in frame["round"]]),
        about=about,
        **captions("tbl-trail"),
    )


def variants_table(frame: pd.DataFrame, *, reference: str, about: About) -> Table:
    """Variants by rank."""
    differences = ["delta_aic_mean", "delta_bic_mean", "delta_aic_d4", "delta_bic_d4"]
    columns = ["rank", "model", "title", "k_honest", *differences, "weight_bic", "r2_adjusted"]
    rows = frame.dropna(subset=["rank"])[columns]
    return show(
        rows.astype({"rank": int, "k_honest": int}),
        about=about,
        **captions("tbl-variants", reference=words(reference)),
    )


def flags_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Variants that criteria judge differently, or that cannot be compared."""
    rows = frame.loc[frame["flags"] != "", ["model", "title", "flags"]]
    return show(rows, about=about, **captions("tbl-flags"))


@drawing.styled
def variants_figure(frame: pd.DataFrame, *, reference: str, about: About) -> Figure:
    """Differences in BIC to the reference, by two conventions, one line a variant.

    frame: model, delta_bic_d4, delta_bic_mean; rows without numbers are left out.
    """
    part = frame.dropna(subset=["delta_bic_d4"])
    figure, axes = drawing.canvas(height=1.2 + 0.3 * len(part))
    for index, (column, (label, colour, shape)) in enumerate(DIFFERENCES.items()):
        rows = np.arange(len(part)) + 0.16 * index
        axes.plot(part[column], rows, shape, color=colour, ms=5, ls="", label=label)
    axes.axvline(0, color=drawing.GREY, lw=0.8)
    differences = part[list(DIFFERENCES)]
    least, largest = float(differences.min().min()), float(differences.abs().max().max())
    axes.set_xscale("symlog", linthresh=LINEAR)
    ticks = [tick for tick in TICKS if abs(tick) <= max(LINEAR, 10 * largest)]
    axes.set_xticks(ticks, [f"{tick:,}".replace("-", MINUS) for tick in ticks], minor=False)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(min(-LINEAR, 2 * least), max(LINEAR, 2 * largest))
    axes.grid(axis="x")
    drawing.row_labels(axes, map(words, part["model"]))
    axes.set_xlabel(f"difference in BIC to {words(reference)}; lower is better")
    drawing.legend(figure, axes, columns=2)
    columns = zip(part["model"], part["delta_bic_d4"], part["delta_bic_mean"], strict=True)
    spoken = "; ".join(
        f"{words(m)} {signed(d4)}, by means {signed(mean)}" for m, d4, mean in columns
    )
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Dots per variant. {spoken}.",
        numbers=part[["model", *DIFFERENCES]],
        **captions("fig-variants", reference=words(reference)),
    )


def criteria_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Each variant's own likelihood, as its own report would print it."""
    r2 = "r2_adjusted_without_mediator"
    columns = ["model", "k", "loglik", "aic", "bic", "chi2", "df", "p", r2]
    rows = frame.dropna(subset=["loglik"])[columns]
    return show(
        rows.assign(**{name: rows[name].round().astype("Int64") for name in ("k", "df")}),
        about=about,
        **captions("tbl-criteria"),
    )


def by_wave_table(frame: pd.DataFrame, *, about: About) -> Table:
    """The first three variants of each wave."""
    columns = ["wave", "rank", "model", "n", "delta_aic_d4", "delta_bic_d4", "r2_adjusted"]
    first = frame[(frame["rank"] <= 3) | frame["rank"].isna()]
    return show(
        first.sort_values(["wave", "rank"])[columns].astype({"rank": "Int64", "n": "Int64"}),
        about=about,
        **captions("tbl-by-wave"),
    )


def backward_table(frame: pd.DataFrame, *, criterion: str, about: About) -> Table:
    """Terms in the order in which they left, then those that stayed."""
    number = "p" if criterion == "p" else "change"
    return show(
        frame[["decision", "step", "lhs", "term", "df", "statistic", number]],
        about=about,
        labels={"lhs": "effect on", "change": f"change of {criterion.upper()}"},
        **captions("tbl-backward"),
    )


@drawing.styled
def first_places_figure(frame: pd.DataFrame, *, draws: int, about: About) -> Figure:
    """Share of draws of schools in which each variant is first, by BIC and by AIC.

    frame: model, first_by_bic, first_by_aic (fractions).
    """
    figure, axes = drawing.canvas(height=1.2 + 0.3 * len(frame))
    for index, (column, (label, colour)) in enumerate(FIRST_PLACES.items()):
        rows = np.arange(len(frame)) + 0.36 * (index - 0.5)
        axes.barh(rows, 100 * frame[column], height=0.34, color=colour, label=label)
    drawing.row_labels(axes, map(words, frame["model"]))
    axes.set(xlim=(0, 100), xlabel=f"first in so many of {draws:,} draws of schools (%)")
    axes.grid(axis="x")
    drawing.legend(figure, axes)
    columns = zip(frame["model"], frame["first_by_bic"], frame["first_by_aic"], strict=True)
    spoken = "; ".join(
        f"{words(m)} {percent(b)} by BIC, {percent(a)} by AIC" for m, b, a in columns
    )
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Bars per variant. {spoken}.",
        numbers=frame,
        **captions("fig-first-places", draws=draws),
    )


def frequencies_table(frame: pd.DataFrame, *, draws: int, about: About) -> Table:
    """How often the search would have ended elsewhere."""
    return show(frame, about=about, **captions("tbl-frequencies", draws=draws))


def answer(
    trail: pd.DataFrame, *, variants: pd.DataFrame, stability: Stability, reference: str
) -> str:
    """The model that is kept, why candidates were turned down, and how sure that is."""
    first = words(str(variants["model"].iloc[0]))
    nothing = stability.models[stability.models["added"] == NO_ADDITION]
    kept, alone = (float(nothing[name].sum()) for name in ("with_literature", "data_alone"))
    return (
        f"{kept_model(trail, reference=reference)} Of the variants {first} is first. "
        f"Had other schools been drawn, the procedure would have added nothing in {percent(kept)} "
        f"of {stability.draws:,} draws; without the literature, in {percent(alone)}."
    )


def kept_model(trail: pd.DataFrame, *, reference: str) -> str:
    """The model that is kept, and the candidates that only the literature speaks against."""
    decision = trail["decision"].astype(str)
    added = trail[decision == ADDED]
    refused = trail[decision.str.startswith(TURNED_DOWN) & (trail["round"] == trail["round"].max())]
    turned_down = f"turned down: {len(refused)} of the candidates"
    model = words(reference)
    if trail.empty:
        text = f"**The model {model} stands**: it names no candidates."
    elif added.empty:
        text = f"**The model {model} stands**: {turned_down}."
    else:
        pairs = zip(added["rhs"], added["lhs"], strict=True)
        names = ", ".join(f"{words(rhs)} → {words(lhs)}" for rhs, lhs in pairs)
        text = f"**Added to {model}: {names}**; {turned_down}."
    against = refused[~refused["decision"].astype(str).str.contains(NOT_SIGNIFICANT)]
    pairs = zip(against["rhs"], against["reason"], strict=True)
    reasons = "; ".join(f"{words(rhs)}: {reason}" for rhs, reason in pairs)
    return f"{text} The data spoke for, the literature did not: {reasons}." if reasons else text
