"""Tables of the selection: variants, both trails, and how sure a choice is."""

import numpy as np
import pandas as pd
from matplotlib.ticker import NullLocator

from oablib.analysis.selection import Stability
from oablib.analysis.selection.forward_search import ADDED, NOT_SIGNIFICANT, TURNED_DOWN
from oablib.analysis.selection.frequencies import NO_ADDITION
from oablib.base.wording import MINUS, percent, signed, words
from oablib.report.drawing import (
    GREY,
    INDIRECT,
    OURS,
    canvas,
    exhibited,
    legend,
    row_labels,
    styled,
)
from oablib.report.exhibit import About, Figure, Table
from oablib.report.table import IN_HEADINGS, Look, show

D4_NOTE = "Differences to the reference, negative where better, by pooled likelihood ratios (D4)"


def trail_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Every candidate that was looked at, with the decision and its reason."""
    columns = [
        "round", "lhs", "rhs", "index", "mi_mean", "epc", "p_holm", "decision", "reason",
    ]  # fmt: skip
    return show(
        frame[columns].assign(round=[f"Round {number}" for number in frame["round"]]),
        "trail",
        title="Candidates by rank, and what was decided",
        unit="index: chi-square; epc: units of the left variable per unit of the right one",
        note="index: robust, pooled over imputations; mi mean: mean of the model-based indices, as "
        "published; p: corrected by Holm for the candidates of the round",
        about=about,
        look=Look(
            groups="round",
            digits={"index": 1, "mi_mean": 1, "epc": 3, "p_holm": 3},
            labels={"lhs": "effect on", "rhs": "of", "p_holm": "p (Holm)"},
        ),
    )


def variants_table(frame: pd.DataFrame, *, reference: str, about: About) -> Table:
    """Variants by rank."""
    columns = [
        "rank", "model", "title", "k_honest", "delta_aic_mean", "delta_bic_mean", "delta_aic_d4",
        "delta_bic_d4", "weight_bic", "r2_adjusted",
    ]  # fmt: skip
    return show(
        _named(frame.dropna(subset=["rank"]))[columns].astype({"rank": int, "k_honest": int}),
        "variants",
        title=f"Variants by rank, against {words(reference)}",
        unit=IN_HEADINGS,
        note="k: free parameters of both equations, all estimated scale values counted. mean: "
        "differences of mean criteria, with k as published; D4: by pooled likelihood ratios; "
        "negative is better. weight: of evidence, by BIC",
        about=about,
        look=Look(
            digits={
                "delta_aic_mean": 1, "delta_bic_mean": 1, "delta_aic_d4": 1, "delta_bic_d4": 1,
                "weight_bic": 3, "r2_adjusted": 3,
            },
            labels={
                "k_honest": "k", "delta_aic_mean": "AIC, mean", "delta_bic_mean": "BIC, mean",
                "delta_aic_d4": "AIC, D4", "delta_bic_d4": "BIC, D4", "weight_bic": "weight",
                "r2_adjusted": "R2",
            },
        ),
    )  # fmt: skip


def flags_table(frame: pd.DataFrame, *, about: About) -> Table:
    """What a reader of the variants should know."""
    rows = _named(frame[frame["flags"] != ""])[["model", "title", "flags"]]
    return show(
        rows,
        "flags",
        title="Where criteria disagree, and what cannot be compared",
        unit="none",
        about=about,
    )


def criteria_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Each variant's own likelihood, as its own report would print it."""
    columns = [
        "model", "k", "loglik", "aic", "bic", "chi2", "df", "p", "r2_adjusted_without_mediator"
    ]  # fmt: skip
    rows = _named(frame.dropna(subset=["loglik"]))[columns]
    whole = {name: rows[name].round().astype("Int64") for name in ("k", "df")}
    return show(
        rows.assign(**whole),
        "criteria",
        title="Each variant's own likelihood, and its distance from all paths",
        unit=IN_HEADINGS,
        note="k, loglik, AIC, BIC: joint likelihood of the variant's own variables, mean over "
        "imputations; they cannot be compared between rows. chi2, df, p: against a model with all "
        "paths of all variables (D4, children as independent). R2 without intelligence: of the "
        "same predictors alone",
        about=about,
        look=Look(
            digits={"loglik": 1, "aic": 1, "bic": 1, "chi2": 1, "r2_adjusted_without_mediator": 3},
            labels={
                "aic": "AIC",
                "bic": "BIC",
                "r2_adjusted_without_mediator": "R2 without intelligence",
            },
        ),
    )


def backward_table(frame: pd.DataFrame, *, criterion: str, about: About) -> Table:
    """Terms in the order in which they left, then those that stayed."""
    number = "p" if criterion == "p" else "change"
    columns = ["decision", "step", "lhs", "term", "df", "statistic", number]
    labels = {"lhs": "effect on", "change": f"change of {criterion.upper()}"}
    return show(
        frame[columns].assign(term=frame["term"].map(words)),
        "backward",
        title="From the full model down: what left, and what stayed",
        unit="statistic: on the scale of chi-square",
        note="A term is all predictors of one column in one equation. change: of the criterion if "
        "it leaves; positive for what stayed",
        about=about,
        look=Look(groups="decision", digits={"statistic": 1, "change": 1, "p": 3}, labels=labels),
    )


def by_wave_table(frame: pd.DataFrame, *, about: About) -> Table:
    """The first three variants of each wave."""
    columns = ["wave", "rank", "model", "n", "delta_aic_d4", "delta_bic_d4", "r2_adjusted"]
    first = frame[(frame["rank"] <= 3) | frame["rank"].isna()]
    rows = _named(first).sort_values(["wave", "rank"])[columns]
    return show(
        rows.astype({"rank": "Int64", "n": "Int64"}),
        "by-wave",
        title="The first three variants of each wave",
        unit=IN_HEADINGS,
        note=f"{D4_NOTE}; dashes: the wave has too few children",
        about=about,
        look=Look(
            groups="wave",
            digits={"delta_aic_d4": 1, "delta_bic_d4": 1, "r2_adjusted": 3},
            labels={"delta_aic_d4": "AIC", "delta_bic_d4": "BIC", "r2_adjusted": "R2"},
        ),
    )


def frequencies_table(frame: pd.DataFrame, *, draws: int, about: About) -> Table:
    """How often the search would have ended elsewhere."""
    return show(
        frame,
        "frequencies",
        title="Where the search ends when other schools are drawn",
        unit=f"% of {draws:,} draws of schools",
        note="with literature: groundings as they are; data alone: as if all were accepted",
        about=about,
        look=Look(shares=("with_literature", "data_alone"), labels={"added": "paths added"}),
    )


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(model=frame["model"].map(words))


def answer(
    trail: pd.DataFrame, *, variants: pd.DataFrame, stability: Stability, reference: str
) -> str:
    """Which model stands, why candidates were turned down, and how sure that is."""
    first = words(str(variants["model"].iloc[0]))
    text = kept_model(trail, reference=reference)
    return f"{text} Of the variants {first} is first. {_sure(stability)}"


def kept_model(trail: pd.DataFrame, *, reference: str) -> str:
    """Which model stands, and for which candidates the data spoke and the literature did not."""
    decision = trail["decision"].astype(str)
    added = trail[decision == ADDED]
    refused = trail[decision.str.startswith(TURNED_DOWN) & (trail["round"] == trail["round"].max())]
    model = words(reference)
    if trail.empty:
        text = f"**The model {model} stands**: it names no candidates."
    elif added.empty:
        text = f"**The model {model} stands**: {_turned_down(refused)}."
    else:
        pairs = zip(added["rhs"], added["lhs"], strict=True)
        names = ", ".join(f"{words(rhs)} → {words(lhs)}" for rhs, lhs in pairs)
        text = f"**Added to {model}: {names}**; {_turned_down(refused)}."
    against = refused[~refused["decision"].astype(str).str.contains(NOT_SIGNIFICANT)]
    told = [f"{words(r)}: {why}" for r, why in zip(against["rhs"], against["reason"], strict=True)]
    if told:
        text += f" The data spoke for, the literature did not: {'; '.join(told)}."
    return text


def _turned_down(refused: pd.DataFrame) -> str:
    return f"turned down: {len(refused)} of the candidates"


def _sure(stability: Stability) -> str:
    nothing = stability.models[stability.models["added"] == NO_ADDITION]
    kept, alone = (float(nothing[name].sum()) for name in ("with_literature", "data_alone"))
    return (
        f"Had other schools been drawn, the procedure would have added nothing in {percent(kept)} "
        f"of {stability.draws:,} draws; without the literature, in {percent(alone)}."
    )


SHOWN = {
    "delta_bic_d4": ("BIC, pooled ratios and honest counts", OURS, "o"),
    "delta_bic_mean": ("BIC, means as published", INDIRECT, "D"),
}
TICKS = (-100_000, -10_000, -1_000, -100, -10, 0, 10, 100, 1_000, 10_000, 100_000)
LINEAR = 10.0  # a difference of which both signs are drawn to scale; beyond, by powers of ten


@styled
def variants_figure(frame: pd.DataFrame, *, reference: str, about: About) -> Figure:
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
def first_places_figure(frame: pd.DataFrame, *, draws: int, about: About) -> Figure:
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
