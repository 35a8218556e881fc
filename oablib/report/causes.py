"""Figures of what moves schools, and of what those have in common that move most."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from oablib.base.wording import number, percent, signed, words
from oablib.indicator.comparison import Rules
from oablib.indicator.comparison.late import PUBLISHED
from oablib.indicator.comparison.schools import GAIN_MOST, LOSE_MOST, OTHERS
from oablib.indicator.comparison.shapley import ALL_CHANGED
from oablib.protocol.codebook import Table as CodebookTable
from oablib.report.comparison import BOTH_SUMS, DISADVANTAGE, GROUPS, moved
from oablib.report.drawing import (
    GREY,
    INDIRECT,
    OURS,
    WIDTH,
    canvas,
    exhibited,
    legend,
    row_labels,
    styled,
)
from oablib.report.exhibit import About, Figure, Table
from oablib.report.table import IN_HEADINGS, Look, show


def answer(summary: pd.DataFrame, *, yearly: pd.DataFrame) -> str:
    """What moves schools most, between indicators and between years; as from causes_summary."""
    return (
        f"Between both indicators: {moved(summary)} From last year under the current one to this "
        f"year under the new one: {moved(yearly)}"
    )


BY_GROUP = {LOSE_MOST: (INDIRECT, "o"), GAIN_MOST: (OURS, "D"), OTHERS: (GREY, "|")}
COUNTED = ("schools", "children")
"""Measures of a profile that are counts."""
PROFILE = {
    "schools": "schools",
    "children": "children",
    "imputed": "score imputed (% of children)",
    "imputed_over": "many scores imputed (% of schools)",
    "low_education": "both parents low education (%)",
    "short_residence": "mother under 5 years here (%)",
    "in_debt": "parents in debt restructuring (%)",
}


@styled
def causes_figure(frame: pd.DataFrame, *, about: About) -> Figure:
    """How much each cause moves: in size for all that change, with sign for the outer groups.

    frame: group, cause, schools, mean, mean_absolute.
    """
    names = list(frame["cause"].unique())
    by_group = {
        str(name): part.set_index("cause").loc[names] for name, part in frame.groupby("group")
    }
    figure = Drawing(figsize=(WIDTH, 1.2 + 0.42 * len(names)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    sizes = by_group[ALL_CHANGED]["mean_absolute"]
    left.barh(np.arange(len(names)), sizes, color=GREY, height=0.5)
    left.set(title="All that change", xlabel="mean size of the part (points)")
    left.grid(axis="x")
    row_labels(left, [words(name) for name in names])
    _outer_groups(right, by_group)
    legend(figure, right)
    return exhibited(
        figure,
        "causes",
        title="What moves schools, and how much",
        unit=f"{DISADVANTAGE} a school",
        note=BOTH_SUMS,
        about=about,
        alt=f"Bars per cause. {_causes_in_words(by_group, names)}.",
        numbers=frame[["group", "cause", "schools", "mean", "mean_absolute"]],
    )


@styled
def profile_figure(
    frame: pd.DataFrame, *, table: CodebookTable, rules: Rules, about: About
) -> Figure:
    """Shares of children with some characteristic in schools that lose most, gain most, others.

    frame: measure, code, group, value (fractions). table: describes the codes of origin.
    """
    wide, labels = _in_rows(frame, table=table)
    figure, axes = canvas(height=1.0 + 0.3 * len(labels))
    for name, (colour, shape) in BY_GROUP.items():
        size = 5 if shape != "|" else 11
        axes.plot(
            100 * wide[name], range(len(labels)), shape, ms=size, mew=1.8, color=colour, label=name,
            ls="",
        )  # fmt: skip
    row_labels(axes, labels)
    axes.set(xlabel="%", xlim=(0, None))
    axes.grid()
    legend(figure, axes)
    spoken = "; ".join(
        f"{label}: {', '.join(f'{name} {percent(row[name], 1)}' for name in BY_GROUP)}"
        for label, (_, row) in zip(labels, wide.iterrows(), strict=True)
    )
    return exhibited(
        figure,
        "profile",
        title="What schools that change most have in common",
        unit="% of the children for whom it is known",
        note=f"{beyond(rules)}; {many_imputed(rules)}",
        about=about,
        alt=f"Marks per characteristic. {spoken}.",
        numbers=(100 * wide).round(1).assign(characteristic=labels)[["characteristic", *BY_GROUP]],
    )


def characteristic(measure: str, code: int, *, table: CodebookTable) -> str:
    """A measure of a profile in words."""
    if measure in PROFILE:
        return PROFILE[measure]
    return f"{measure}: {table.column(measure).category(code).label_nl} (%)"


def beyond(rules: Rules) -> str:
    """Which schools lose and gain most, for a note."""
    return f"most: change of more than {rules.extreme_sds:g} sd from the mean"


def many_imputed(rules: Rules) -> str:
    """What many scores are, for a note."""
    return f"many: more than {percent(rules.imputed_over)}"


def _causes_in_words(by_group: Mapping[str, pd.DataFrame], names: Sequence[str]) -> str:
    """Size of each part over all, and its mean in both outer groups."""
    return "; ".join(
        f"{words(name)}: size {number(by_group[ALL_CHANGED]['mean_absolute'][name])}, "
        f"{LOSE_MOST} {signed(by_group[LOSE_MOST]['mean'][name])}, "
        f"{GAIN_MOST} {signed(by_group[GAIN_MOST]['mean'][name])}"
        for name in names
    )


def _outer_groups(axes: Axes, by_group: Mapping[str, pd.DataFrame]) -> None:
    """Mean part of each cause in the schools that lose most and gain most, with its sign."""
    for place, group in enumerate((LOSE_MOST, GAIN_MOST)):
        part = by_group[group]
        label = f"{group} ({int(part['schools'].iloc[0]):,} schools)"
        places = np.arange(len(part)) + 0.36 * (place - 0.5)
        axes.barh(places, part["mean"], height=0.34, color=BY_GROUP[group][0], label=label)
    axes.axvline(0, color=GREY, lw=0.8)
    axes.set(title="Those that change most", xlabel="mean part (points)")
    axes.grid(axis="x")


def _in_rows(frame: pd.DataFrame, *, table: CodebookTable) -> tuple[pd.DataFrame, list[str]]:
    """Shares (fractions) of a profile with a row a characteristic, and its name in words."""
    part = frame[~frame["measure"].isin(COUNTED) & frame["group"].isin(BY_GROUP)]
    rows = part[["measure", "code"]].drop_duplicates()
    wide = part.pivot(index=["measure", "code"], columns="group", values="value")
    wide = wide.reindex(pd.MultiIndex.from_frame(rows))[list(BY_GROUP)]
    labels = [characteristic(*each, table=table) for each in rows.itertuples(index=False)]
    return wide.reset_index(drop=True), labels


def causes_table(frame: pd.DataFrame, *, about: About) -> Table:
    """How much each cause moves, in groups of schools."""
    counted = frame["group"] + " (" + frame["schools"].map("{:,} schools".format) + ")"
    return show(
        frame.drop(columns="schools").assign(group=counted, cause=frame["cause"].map(words)),
        "causes",
        title="What moves schools, and how much",
        unit=f"{DISADVANTAGE} a school; %",
        note="share: of all absolute parts; net share: of all absolute changes, a part against the "
        f"change counted negative. {BOTH_SUMS}",
        about=about,
        look=Look(groups="group", shares=("share", "net_share")),
    )


def most_changed_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Schools that lose and gain most, with the parts of their change."""
    ends = np.where(frame["change"] < 0, "Lose most", "Gain most")
    return show(
        frame.assign(group=ends),
        "most-changed",
        title="Schools that change most",
        unit=DISADVANTAGE,
        note=f"Parts add up to the change. {BOTH_SUMS}",
        about=about,
        look=Look(groups="group", digits=1, labels={"school_id": "school"}),
    )


def profile_table(
    frame: pd.DataFrame, *, table: CodebookTable, rules: Rules, about: About
) -> Table:
    """What groups of schools have in common; table: describes the codes of origin."""
    wide = frame.pivot(index=["measure", "code"], columns="group", values="value")
    order = frame[["measure", "code"]].drop_duplicates()
    wide = wide.reindex(pd.MultiIndex.from_frame(order))[list(GROUPS)].reset_index()
    counted = wide["measure"].isin(COUNTED)
    factors = np.where(counted, 1, 100)
    shown = wide[list(GROUPS)].mul(factors, axis=0)
    named = [characteristic(*each, table=table) for each in order.itertuples(index=False)]
    return show(
        shown.assign(characteristic=named)[["characteristic", *GROUPS]],
        "profile",
        title="What schools that change most have in common",
        unit=IN_HEADINGS,
        note=f"% of the children for whom it is known; {beyond(rules)}; {many_imputed(rules)}",
        about=about,
        look=Look(digits=1, count_rows=list(np.flatnonzero(counted))),
    )


def late_registrations_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Asylum seekers and status holders found by adding later months (chapter 5)."""
    labels = {
        "month": "up to",
        "added": "of that month",
        "children": "children so far",
        "schools_3_or_4": "schools with 3 or 4",
        "schools_5_or_more": "schools with 5 or more",
    }
    beside = (frame["month"] == PUBLISHED).any()
    return show(
        frame,
        "late-registrations",
        title="Asylum seekers and status holders who are registered late",
        unit="children; schools",
        note="Published: October to December 2020" if beside else "",
        about=about,
        look=Look(labels=labels),
    )
