"""What the report on causes shows: what moves schools, and what those that move most share."""

import numpy as np
import pandas as pd

from oablib.base.wording import words
from oablib.indicator.comparison import Rules
from oablib.indicator.comparison.late import PUBLISHED
from oablib.indicator.comparison.schools import ALL, GAIN_MOST, LOSE_MOST, OTHERS
from oablib.indicator.comparison.shapley import ALL_CHANGED
from oablib.protocol.codebook import Table as CodebookTable
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import number, percent, signed
from oablib.report.table import show
from oablib.report.texts import texts_beside

_ = texts_beside(__file__)
captions = _.captions

LOOKS = {
    LOSE_MOST: (drawing.INDIRECT, "o", 5),
    GAIN_MOST: (drawing.OURS, "D", 5),
    OTHERS: (drawing.GREY, "|", 11),
}
"""Group of schools -> colour, shape and size of its mark."""
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


@drawing.styled
def causes_figure(frame: pd.DataFrame, *, about: About) -> Figure:
    """How much each cause moves: in size for all that change, with sign for the outer groups.

    frame: group, cause, schools, mean, mean_absolute.
    """
    names = list(frame["cause"].unique())
    by_group = {
        str(name): part.set_index("cause").loc[names] for name, part in frame.groupby("group")
    }
    figure, (left, right) = drawing.beside(2, height=1.2 + 0.42 * len(names))
    sizes = by_group[ALL_CHANGED]["mean_absolute"]
    left.barh(np.arange(len(names)), sizes, color=drawing.GREY, height=0.5)
    left.set(title="All that change", xlabel="mean size of the part (points)")
    left.grid(axis="x")
    drawing.row_labels(left, map(words, names))
    for shift, group in ((-0.5, LOSE_MOST), (0.5, GAIN_MOST)):
        part = by_group[group]
        label = f"{group} ({int(part['schools'].iloc[0]):,} schools)"
        rows = np.arange(len(part)) + 0.36 * shift
        right.barh(rows, part["mean"], height=0.34, color=LOOKS[group][0], label=label)
    right.axvline(0, color=drawing.GREY, lw=0.8)
    right.set(title="Those that change most", xlabel="mean part (points)")
    right.grid(axis="x")
    drawing.legend(figure, right)
    lost, gained = by_group[LOSE_MOST]["mean"], by_group[GAIN_MOST]["mean"]
    spoken = "; ".join(
        f"{words(name)}: size {number(sizes[name])}, {LOSE_MOST} {signed(lost[name])}, "
        f"{GAIN_MOST} {signed(gained[name])}"
        for name in names
    )
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Bars per cause. {spoken}.",
        numbers=frame[["group", "cause", "schools", "mean", "mean_absolute"]],
        **captions("fig-causes"),
    )


def causes_table(frame: pd.DataFrame, *, about: About) -> Table:
    """How much each cause moves, in groups of schools."""
    counted = frame["group"] + " (" + frame["schools"].map("{:,} schools".format) + ")"
    return show(
        frame.drop(columns="schools").assign(group=counted), about=about, **captions("tbl-causes")
    )


def most_changed_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Schools that lose and gain most, with the parts of their change."""
    return show(
        frame.assign(group=np.where(frame["change"] < 0, "Lose most", "Gain most")),
        about=about,
        **captions("tbl-most-changed"),
    )


@drawing.styled
def profile_figure(
    frame: pd.DataFrame, *, table: CodebookTable, rules: Rules, about: About
) -> Figure:
    """Shares of children with some characteristic in schools that lose most, gain most, others.

    frame: measure, code, group, value (fractions). table: describes the codes of origin.
    """
    shares = _profile(frame[~frame["measure"].isin(COUNTED)], table=table)[list(LOOKS)]
    figure, axes = drawing.canvas(height=1.0 + 0.3 * len(shares))
    for name, (colour, shape, size) in LOOKS.items():
        values, rows = 100 * shares[name], range(len(shares))
        axes.plot(values, rows, shape, ms=size, mew=1.8, color=colour, label=name, ls="")
    drawing.row_labels(axes, shares.index)
    axes.set(xlabel="%", xlim=(0, None))
    axes.grid()
    drawing.legend(figure, axes)
    spoken = "; ".join(
        f"{label}: {', '.join(f'{name} {percent(row[name], 1)}' for name in LOOKS)}"
        for label, row in shares.iterrows()
    )
    return drawing.exhibited(
        figure,
        note=_most_and_many(rules),
        about=about,
        alt=f"Marks per characteristic. {spoken}.",
        numbers=(100 * shares).round(1).reset_index(),
        **captions("fig-profile"),
    )


def profile_table(
    frame: pd.DataFrame, *, table: CodebookTable, rules: Rules, about: About
) -> Table:
    """What groups of schools have in common; table: describes the codes of origin."""
    wide = _profile(frame, table=table)[[*LOOKS, ALL]]
    counted = wide.index.isin([PROFILE[name] for name in COUNTED])
    return show(
        wide.mul(np.where(counted, 1, 100), axis=0).reset_index(),
        note=f"% of the children for whom it is known; {_most_and_many(rules)}",
        about=about,
        count_rows=list(np.flatnonzero(counted)),
        **captions("tbl-profile"),
    )


def _profile(frame: pd.DataFrame, *, table: CodebookTable) -> pd.DataFrame:
    """A profile with a row a characteristic, in words, and a column a group of schools."""
    wide = frame.pivot(index=["measure", "code"], columns="group", values="value")
    wide = wide.reindex(pd.MultiIndex.from_frame(frame[["measure", "code"]].drop_duplicates()))
    names = [_characteristic(*row, table=table) for row in wide.index]
    return wide.set_axis(pd.Index(names, name="characteristic"))


def _characteristic(measure: str, code: int, *, table: CodebookTable) -> str:
    """A measure of a profile in words."""
    if measure in PROFILE:
        return PROFILE[measure]
    return f"{measure}: {table.column(measure).category(code).label_nl} (%)"


def _most_and_many(rules: Rules) -> str:
    """The schools that lose and gain most, and what many scores are, for a note."""
    return (
        f"most: change of more than {rules.extreme_sds:g} sd from the mean; "
        f"many: more than {percent(rules.imputed_over)}"
    )


def late_registrations_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Asylum seekers and status holders found by adding later months (chapter 5)."""
    return show(
        frame,
        note="Published: October to December 2020" if (frame["month"] == PUBLISHED).any() else "",
        about=about,
        **captions("tbl-late-registrations"),
    )


def answer(summary: pd.DataFrame, *, yearly: pd.DataFrame) -> str:
    """What moves schools most, between indicators and between years; as from causes_summary."""
    return (
        f"Between both indicators: {moved(summary)} From last year under the current one to this "
        f"year under the new one: {moved(yearly)}"
    )


def moved(causes: pd.DataFrame) -> str:
    """The two causes with the largest net shares of the changes of schools, in a sentence."""
    part = causes[causes["group"] == ALL_CHANGED].dropna(subset=["net_share"])
    if part.empty:
        return "no school changes."
    top = part.nlargest(2, "net_share")
    first, second = (words(str(name)) for name in top["cause"])
    most, next_most = (percent(float(share)) for share in top["net_share"].to_numpy())
    return f"changes of schools are owed to **{first}** ({most}) and {second} ({next_most}) most."
