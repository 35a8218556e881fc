"""What the schools have in common that lose or gain most."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.ticker import NullLocator

from oablib.indicator.comparison import Rules, over_representation
from oablib.indicator.comparison.profile import COUNTED, ORIGIN
from oablib.indicator.comparison.schools import ALL, GAIN_MOST, LOSE_MOST
from oablib.protocol.codebook import Table as CodebookTable
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import formatted, percent
from oablib.report.table import show
from oablib.report.texts import listed, sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

LOOKS = {LOSE_MOST: (drawing.INDIRECT, "o"), GAIN_MOST: (drawing.OURS, "D")}
"""Group of schools -> colour and shape of its mark."""
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)
LEAST = 0.1  # ratios below are drawn at the edge
KEY = ["measure", "code"]


@in_languages
@drawing.styled
def profile_figure(
    frame: pd.DataFrame, *, table: CodebookTable, rules: Rules, about: About
) -> Figure:
    """How many times as large a share is in schools that change most as in all, by characteristic.

    frame: as from comparison.profile. table: describes the codes of origin.
    """
    ratios = over_representation(frame)
    rows = ratios[KEY].drop_duplicates()
    names = [sentence(characteristic(*row, table=table)) for row in rows.itertuples(index=False)]
    wide = ratios.pivot(index=KEY, columns="group", values="ratio")
    wide = wide.reindex(pd.MultiIndex.from_frame(rows), columns=list(LOOKS))
    figure, axes = drawing.canvas(height=1.0 + 0.3 * len(names))
    for group, (colour, shape) in LOOKS.items():
        values = wide[group].clip(lower=LEAST).to_numpy(float)
        label = sentence(_.words("groups")[group])
        axes.plot(values, range(len(names)), shape, ms=5, color=colour, label=label, ls="")
    axes.axvline(1, color=drawing.INK, lw=0.8, ls="--")
    axes.set_xscale("log")
    largest = max(float(np.nanmax(wide.to_numpy(float), initial=1.0)), 2.0)
    axes.set_xlim(LEAST / 1.15, largest * 1.3)
    ticks = [tick for tick in TICKS if tick <= largest * 1.3]
    axes.set_xticks(ticks, [formatted(float(tick), "g") for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    drawing.row_labels(axes, names)
    axes.set(xlabel=_("times the share of all schools (logarithmic)"))
    axes.grid()
    drawing.legend(figure, axes)
    headings = {group: _.words("groups")[group] for group in LOOKS}
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Marks per characteristic. {values}.", values=_in_words(wide, names)),
        numbers=wide.round(2).assign(characteristic=names)
        .reset_index(drop=True)[["characteristic", *LOOKS]],
        headings={"characteristic": _("characteristic"), **headings},
        **captions("fig-profile", sds=rules.extreme_sds, least=LEAST),
    )  # fmt: skip


def _in_words(wide: pd.DataFrame, names: Iterable[str]) -> str:
    parts = []
    for name, row in zip(names, wide.itertuples(index=False), strict=True):
        values = [
            _("{group} {ratio:.1f}", group=_.words("groups")[group], ratio=value)
            for group, value in zip(wide, row, strict=True)
            if np.isfinite(value)
        ]
        spoken = ", ".join(values) if values else _("unknown")
        parts.append(f"{name}: {spoken}")
    return "; ".join(parts)


@in_languages
def profile_table(
    frame: pd.DataFrame, *, table: CodebookTable, rules: Rules, about: About
) -> Table:
    """What groups of schools have in common; table: describes the codes of origin."""
    rows = frame[KEY].drop_duplicates()
    wide = frame.pivot(index=KEY, columns="group", values="value")
    wide = wide.reindex(pd.MultiIndex.from_frame(rows))[[LOSE_MOST, GAIN_MOST, ALL]]
    counted = rows["measure"].isin(COUNTED).to_numpy()
    names = [sentence(characteristic(*row, table=table)) for row in rows.itertuples(index=False)]
    shown = wide.mul(np.where(counted, 1, 100), axis=0).reset_index(drop=True)
    shown.insert(0, "characteristic", names)
    groups = {name: _.words("groups")[name] for name in (LOSE_MOST, GAIN_MOST, ALL)}
    given = captions("tbl-profile", many=percent(rules.imputed_over))
    labels = {**given.pop("labels", {}), **groups}
    return show(
        shown, about=about, count_rows=list(np.flatnonzero(counted)), labels=labels, **given
    )


def characteristic(measure: str, code: int, *, table: CodebookTable) -> str:
    """A measure of a profile in words, within a sentence."""
    if measure == ORIGIN:
        column = table.column(measure)
        return _(
            "{variable} {category}", variable=column.short, category=column.category(code).label
        )
    return str(_.words("measures")[measure])


@in_languages
def profile_finding(frame: pd.DataFrame, *, table: CodebookTable, rules: Rules) -> str:
    """Which characteristics are over-represented at both ends, with their shares."""
    return " ".join(
        sentence(over_represented(frame, group, table=table, rules=rules)) + "."
        for group in (LOSE_MOST, GAIN_MOST)
    )


def over_represented(
    frame: pd.DataFrame, group: str, *, table: CodebookTable, rules: Rules, most: int = 3
) -> str:
    """Over-represented characteristics of a group of schools, the strongest first, in words."""
    counts = frame[frame["measure"] == "schools"].set_index("group")["value"]
    if np.isnan(counts[group]):
        return _HIDDEN[group]()
    schools = int(counts[group])
    ratios = over_representation(frame)
    part = ratios[(ratios["group"] == group) & (ratios["ratio"] >= rules.over_represented)]
    top = part.sort_values(["ratio", *KEY], ascending=[False, True, True]).head(most)
    found = [
        _(
            "{characteristic} ({share:.1%} against {of_all:.1%})",
            characteristic=characteristic(row["measure"], int(row["code"]), table=table),
            share=row["share"], of_all=row["of_all"],
        )
        for row in top.to_dict("records")
    ]  # fmt: skip
    return _lost(schools, found) if group == LOSE_MOST else _gained(schools, found)


_HIDDEN = {
    LOSE_MOST: lambda: _("too few schools lose far more than others to show what they share"),
    GAIN_MOST: lambda: _("too few schools gain far more than others to show what they share"),
}


def _lost(schools: int, found: list[str]) -> str:
    if not schools:
        return _("no school loses far more than others")
    if not found:
        return _.plural(
            "in the school that loses most no characteristic is over-represented",
            "in the {n:,} schools that lose most no characteristic is over-represented",
            n=schools,
        )
    return _.plural(
        "over-represented in the school that loses most: {characteristics}",
        "over-represented in the {n:,} schools that lose most: {characteristics}",
        n=schools,
        characteristics=listed(found),
    )


def _gained(schools: int, found: list[str]) -> str:
    if not schools:
        return _("no school gains far more than others")
    if not found:
        return _.plural(
            "in the school that gains most no characteristic is over-represented",
            "in the {n:,} schools that gain most no characteristic is over-represented",
            n=schools,
        )
    return _.plural(
        "over-represented in the school that gains most: {characteristics}",
        "over-represented in the {n:,} schools that gain most: {characteristics}",
        n=schools,
        characteristics=listed(found),
    )


@in_languages
def named_finding(
    frame: pd.DataFrame, *, table: CodebookTable, rules: Rules, published: object
) -> str:
    """Which characteristics that the publication names are found here; empty without one."""
    if published is None:
        return ""
    ratios = over_representation(frame).set_index(["group", *KEY])["ratio"]
    ends = {
        LOSE_MOST: (rules.named_lose, rules.named_lose_origins),
        GAIN_MOST: (rules.named_gain, rules.named_gain_origins),
    }
    parts = []
    for group, (measures, origins) in ends.items():
        if ratios[group].isna().all():
            continue
        rows = [*((name, 0) for name in measures), *((ORIGIN, code) for code in origins)]
        found = [row for row in rows if ratios[(group, *row)] >= rules.over_represented]
        others = [row for row in rows if row not in found]
        here, absent = (
            [characteristic(*row, table=table) for row in part] for part in (found, others)
        )
        parts.append(_of_named(group, here, absent))
    return " ".join(parts)


def _of_named(group: str, here: list[str], absent: list[str]) -> str:
    words = {"all": len(here) + len(absent), "n": len(here), "absent": listed(absent)}
    if group == LOSE_MOST and absent:
        return _(
            "Of the schools that lose most the source names {all} characteristics; "
            "over-represented here: {n}; not: {absent}.",
            **words,
        )
    if group == LOSE_MOST:
        return _(
            "Of the schools that lose most the source names {all} characteristics; all are "
            "over-represented here.",
            **words,
        )
    if absent:
        return _(
            "Of the schools that gain most the source names {all} characteristics; "
            "over-represented here: {n}; not: {absent}.",
            **words,
        )
    return _(
        "Of the schools that gain most the source names {all} characteristics; all are "
        "over-represented here.",
        **words,
    )
