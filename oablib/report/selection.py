"""What the report on the selection shows: both searches, variants, and how sure a choice is."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.ticker import NullLocator

from oablib.analysis.selection import Stability
from oablib.analysis.selection.design import (
    ABSENT,
    CONSTANT,
    OTHER_CHILDREN,
    OTHER_ROLE,
    OTHER_SCALE,
    UNSEEN,
)
from oablib.analysis.selection.frequencies import NO_ADDITION
from oablib.analysis.selection.variants import TOO_FEW
from oablib.protocol.models_checks import sides
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.labels import Labels
from oablib.report.numbers import number
from oablib.report.table import show
from oablib.report.texts import listed, named, sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

DIFFERENCES = {
    "delta_bic_d4": (named("BIC, pooled likelihood ratio (D4)"), drawing.OURS, "o"),
    "delta_bic_mean": (named("BIC, mean over imputations"), drawing.INDIRECT, "D"),
}
TICKS = (-100_000, -10_000, -1_000, -100, -10, 0, 10, 100, 1_000, 10_000, 100_000)
LINEAR = 10.0  # smaller differences are drawn to scale; larger ones, of both signs, by powers of 10
FIRST_PLACES = {
    "first_by_bic": (named("by BIC"), drawing.OURS),
    "first_by_aic": (named("by AIC"), drawing.INDIRECT),
}


@in_languages
def trail_table(frame: pd.DataFrame, *, labels: Labels, about: About) -> Table:
    """Every candidate that was considered, with what was decided; frame: a trail with rows."""
    decisions, groundings = _.words("decisions"), _.words("groundings")
    rows = frame.assign(
        round=[_("Round {number}", number=each) for each in frame["round"]],
        path=path_labels(frame, labels=labels),
        grounding=frame["grounding"].map(groundings),
        decision=frame["decision"].map(decisions),
    )
    columns = "round path index mi_mean epc joint_p p_holm grounding decision".split()
    return show(rows[columns], about=about, **captions("tbl-trail"))


def path_labels(frame: pd.DataFrame, *, labels: Labels) -> list[str]:
    """Paths of the rows of a frame with lhs and rhs, in words."""
    pairs = zip(frame["lhs"], frame["rhs"], strict=True)
    return [labels.path(str(lhs), str(rhs)) for lhs, rhs in pairs]


@in_languages
def variants_table(frame: pd.DataFrame, *, reference: str, labels: Labels, about: About) -> Table:
    """Variants by rank."""
    differences = ["delta_aic_mean", "delta_bic_mean", "delta_aic_d4", "delta_bic_d4"]
    columns = ["rank", "model", "k_with_scales", *differences, "weight_bic", "r2_adjusted"]
    rows = frame.dropna(subset=["rank"])[columns]
    titles = [labels.models[name].heading for name in rows["model"]]
    return show(
        rows.assign(model=titles).astype({"rank": int, "k_with_scales": int}),
        about=about,
        **captions("tbl-variants", reference=labels(reference)),
    )


@in_languages
def flags_table(frame: pd.DataFrame, *, labels: Labels, about: About) -> Table:
    """Variants that criteria judge differently, or that cannot be compared."""
    rows = frame[frame["flags"] != ""]
    shown = pd.DataFrame(
        {
            "model": rows["model"].map(labels.heading),
            "flags": [flags_text(row, labels=labels) for _index, row in rows.iterrows()],
        }
    )
    return show(shown, about=about, **captions("tbl-flags"))


def flags_text(row: pd.Series, *, labels: Labels) -> str:
    """Words for the flags of one variant."""
    known = _.words("flags")
    columns = listed(map(labels, str(row["columns"]).split()))
    details = {
        OTHER_ROLE: _(
            "cannot be compared: other outcome, mediator or school ({columns})", columns=columns
        ),
        OTHER_SCALE: _(
            "cannot be compared: scale values of its own for {columns}", columns=columns
        ),
        CONSTANT: _("cannot be compared: no variation in {columns}", columns=columns),
        UNSEEN: _(
            "cannot be compared: unknown values were imputed without {columns}", columns=columns
        ),
        ABSENT: _("cannot be compared: the cohort lacks {columns}", columns=columns),
        OTHER_CHILDREN: _(
            "cannot be compared: values are unknown for {n:,} children", n=int(row["children"])
        )
        if pd.notna(row["children"])
        else _("cannot be compared: values are unknown for a few children"),
    }
    return "; ".join({**known, **details}[code] for code in str(row["flags"]).split())


@in_languages
@drawing.styled
def variants_figure(frame: pd.DataFrame, *, reference: str, labels: Labels, about: About) -> Figure:
    """Differences in BIC to the reference, by two conventions, one line a variant.

    frame: model, delta_bic_d4, delta_bic_mean; rows without numbers are left out.
    """
    part = frame.dropna(subset=["delta_bic_d4"])
    figure, axes = drawing.canvas(height=1.2 + 0.3 * len(part))
    for index, (column, (label, colour, shape)) in enumerate(DIFFERENCES.items()):
        rows = np.arange(len(part)) + 0.16 * index
        axes.plot(part[column], rows, shape, color=colour, ms=5, ls="", label=_(label))
    axes.axvline(0, color=drawing.GREY, lw=0.8)
    differences = part[list(DIFFERENCES)]
    least, most = float(differences.min().min()), float(differences.max().max())
    axes.set_xscale("symlog", linthresh=LINEAR)
    left = max(tick for tick in TICKS if tick <= min(-LINEAR, least))
    right = min(tick for tick in TICKS if tick >= max(LINEAR, most))
    ticks = [tick for tick in TICKS if left <= tick <= right]
    axes.set_xticks(ticks, [number(tick, 0) for tick in ticks], minor=False)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(left, right)
    axes.grid(axis="x")
    names = [labels.heading(name) for name in part["model"]]
    drawing.row_labels(axes, names)
    axes.set_xlabel(
        _("difference in BIC to the {reference}; lower is better", reference=labels(reference))
    )
    drawing.legend(figure, axes, columns=2)
    columns = zip(names, part["delta_bic_d4"], part["delta_bic_mean"], strict=True)
    spoken = "; ".join(
        _("{model} {d4:+.2f}, by means {mean:+.2f}", model=model, d4=d4, mean=mean)
        for model, d4, mean in columns
    )
    headings = captions("tbl-variants", reference=labels(reference))["labels"]
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Dots per variant. {values}.", values=spoken),
        numbers=part[["model", *DIFFERENCES]].assign(model=names),
        headings=headings,
        **captions("fig-variants", reference=labels(reference)),
    )


@in_languages
def criteria_table(frame: pd.DataFrame, *, mediator: str, labels: Labels, about: About) -> Table:
    """Each variant's own likelihood, as its own report would print it."""
    r2 = "r2_adjusted_without_mediator"
    columns = ["model", "k", "loglik", "aic", "bic", "chi2", "df", "p", r2]
    rows = frame.dropna(subset=["loglik"])[columns]
    whole = {name: rows[name].round().astype("Int64") for name in ("k", "df")}
    return show(
        rows.assign(model=rows["model"].map(labels.heading), **whole),
        about=about,
        **captions("tbl-criteria", mediator=labels(mediator)),
    )


@in_languages
def by_wave_table(frame: pd.DataFrame, *, variable: str, labels: Labels, about: About) -> Table:
    """The first three variants of each wave; variable: that says the wave."""
    columns = ["wave", "rank", "model", "n", "delta_aic_d4", "delta_bic_d4", "r2_adjusted"]
    first = frame[(frame["rank"] <= 3) | (frame["flags"] == TOO_FEW)].sort_values(["wave", "rank"])
    rows = first[columns].astype({"rank": "Int64", "n": "Int64"})
    absent = _("Dashes: a wave with too few children") if rows["rank"].isna().any() else ""
    return show(
        rows.assign(
            wave=[labels.category(variable, wave) for wave in rows["wave"]],
            model=rows["model"].map(labels.heading),
        ),
        about=about,
        note=absent,
        **captions("tbl-by-wave"),
    )


@in_languages
def backward_table(frame: pd.DataFrame, *, criterion: str, labels: Labels, about: About) -> Table:
    """Terms in the order in which they left, then those that stayed."""
    column = "p" if criterion == "p" else "change"
    given = captions("tbl-backward")
    given["labels"]["change"] = _("change of {criterion}", criterion=criterion.upper())
    rows = frame[["decision", "step", "lhs", "term", "df", "statistic", column]]
    return show(
        rows.assign(
            decision=rows["decision"].map(_.words("ends")),
            lhs=rows["lhs"].map(labels.heading),
            term=rows["term"].map(labels.heading),
        ),
        about=about,
        **given,
    )


@in_languages
@drawing.styled
def first_places_figure(stability: Stability, *, labels: Labels, about: About) -> Figure:
    """Share of bootstrap samples in which each variant is first, by BIC and by AIC."""
    frame = stability.variants[["model", *FIRST_PLACES]]
    figure, axes = drawing.canvas(height=1.2 + 0.3 * len(frame))
    for index, (column, (label, colour)) in enumerate(FIRST_PLACES.items()):
        rows = np.arange(len(frame)) + 0.36 * (index - 0.5)
        axes.barh(rows, 100 * frame[column], height=0.34, color=colour, label=_(label))
    names = [labels.heading(name) for name in frame["model"]]
    drawing.row_labels(axes, names)
    label = _.plural(
        "ranked first, % of {n:,} bootstrap sample of schools",
        "ranked first, % of {n:,} bootstrap samples of schools",
        n=stability.draws,
    )
    axes.set(xlim=(0, 100), xlabel=label)
    axes.grid(axis="x")
    drawing.legend(figure, axes)
    columns = zip(names, frame["first_by_bic"], frame["first_by_aic"], strict=True)
    spoken = "; ".join(
        _("{model} {bic:.0%} by BIC, {aic:.0%} by AIC", model=model, bic=bic, aic=aic)
        for model, bic, aic in columns
    )
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Bars per variant. {values}.", values=spoken),
        numbers=frame.assign(model=names),
        headings=captions("tbl-frequencies", draws="")["labels"],
        **captions("fig-first-places", draws=number(stability.draws, 0)),
    )


@in_languages
def frequencies_table(stability: Stability, *, labels: Labels, about: About) -> Table:
    """How often the search would have ended elsewhere."""
    frame = stability.models[["added", "with_literature", "data_alone"]]
    return show(
        frame.assign(added=[added_label(added, labels=labels) for added in frame["added"]]),
        about=about,
        **captions("tbl-frequencies", draws=number(stability.draws, 0)),
    )


def added_label(added: str, *, labels: Labels) -> str:
    """Words for a set of added paths."""
    if added == NO_ADDITION:
        return _("none")
    return sentence(_paths(added.split(", "), labels=labels))


def _paths(texts: Iterable[str], *, labels: Labels) -> str:
    return listed(labels.path(*sides(text)) for text in texts)
