"""Figures of what moves schools, and of what those have in common that move most."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from oablib.codebook import Table
from oablib.comparison import Rules
from oablib.comparison.schools import GAIN_MOST, LOSE_MOST, OTHERS
from oablib.comparison.shapley import ALL_CHANGED
from oablib.exhibit import About, Figure
from oablib.figures_canvas import (
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
from oablib.figures_comparison import BOTH_SUMS, DISADVANTAGE
from oablib.wording import number, percent, signed, words

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
def causes(frame: pd.DataFrame, *, about: About) -> Figure:
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
def profile(frame: pd.DataFrame, *, table: Table, rules: Rules, about: About) -> Figure:
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


def characteristic(measure: str, code: int, *, table: Table) -> str:
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


def _in_rows(frame: pd.DataFrame, *, table: Table) -> tuple[pd.DataFrame, list[str]]:
    """Shares (fractions) of a profile with a row a characteristic, and its name in words."""
    part = frame[~frame["measure"].isin(COUNTED) & frame["group"].isin(BY_GROUP)]
    rows = part[["measure", "code"]].drop_duplicates()
    wide = part.pivot(index=["measure", "code"], columns="group", values="value")
    wide = wide.reindex(pd.MultiIndex.from_frame(rows))[list(BY_GROUP)]
    labels = [characteristic(*each, table=table) for each in rows.itertuples(index=False)]
    return wide.reset_index(drop=True), labels
