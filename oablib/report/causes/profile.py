"""What the schools, or municipalities, have in common that lose or gain most."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.ticker import NullLocator

from oablib.indicator.comparison import MUNICIPALITIES, SCHOOLS, Rules, over_representation
from oablib.indicator.comparison.causes import Level
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
JOINED = ("joined", "joined_imputed", "joined_low_education")


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
    figure, axes = drawing.canvas(height=1.0 + drawing.row_height(names) * len(names))
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
    frame: pd.DataFrame, *, table: CodebookTable, rules: Rules, about: About, level: Level = SCHOOLS
) -> Table:
    """What groups of places have in common; table: describes the codes of origin."""
    rows = frame[KEY].drop_duplicates()
    wide = frame.pivot(index=KEY, columns="group", values="value")
    wide = wide.reindex(pd.MultiIndex.from_frame(rows))[[LOSE_MOST, GAIN_MOST, ALL]]
    counted = rows["measure"].isin(COUNTED).to_numpy()
    names = [
        sentence(characteristic(*row, table=table, level=level))
        for row in rows.itertuples(index=False)
    ]
    shown = wide.mul(np.where(counted, 1, 100), axis=0).reset_index(drop=True)
    shown.insert(0, "characteristic", names)
    groups = {name: _.words("groups")[name] for name in (LOSE_MOST, GAIN_MOST, ALL)}
    given = (
        captions("tbl-profile", many=percent(rules.imputed_over))
        if level == SCHOOLS
        else captions("tbl-profile-municipalities", share=percent(rules.extreme_share))
    )
    labels = {**given.pop("labels", {}), **groups}
    return show(
        shown, about=about, count_rows=list(np.flatnonzero(counted)), labels=labels, **given
    )


def characteristic(measure: str, code: int, *, table: CodebookTable, level: Level = SCHOOLS) -> str:
    """A measure of a profile in words, within a sentence."""
    if measure == ORIGIN:
        column = table.column(measure)
        return _(
            "{variable} {category}", variable=column.short, category=column.category(code).label
        )
    return str({**_.words("measures"), **_.words(level)}[measure])


@in_languages
def profile_finding(
    frame: pd.DataFrame, *, table: CodebookTable, rules: Rules, level: Level = SCHOOLS
) -> str:
    """Which characteristics are over-represented at both ends, with their shares."""
    return " ".join(
        sentence(over_represented(frame, group, table=table, rules=rules, level=level)) + "."
        for group in (LOSE_MOST, GAIN_MOST)
    )


def over_represented(
    frame: pd.DataFrame,
    group: str,
    *,
    table: CodebookTable,
    rules: Rules,
    most: int = 3,
    level: Level = SCHOOLS,
) -> str:
    """Over-represented characteristics of a group of places, the strongest first, in words."""
    count = float(frame[frame["measure"] == "places"].set_index("group")["value"][group])
    if np.isnan(count):
        return _HIDDEN[level, group]()
    if not count:
        return _NOBODY[level, group]()
    ratios = over_representation(frame)
    ratios = ratios[~ratios["measure"].isin(JOINED)]  # what happened to them, not what they are
    part = ratios[(ratios["group"] == group) & (ratios["ratio"] >= rules.over_represented)]
    top = part.sort_values(["ratio", *KEY], ascending=[False, True, True]).head(most)
    found = [
        _(
            "{characteristic} ({share:.1%} against {of_all:.1%})",
            characteristic=characteristic(
                row["measure"], int(row["code"]), table=table, level=level
            ),
            share=row["share"], of_all=row["of_all"],
        )
        for row in top.to_dict("records")
    ]  # fmt: skip
    places = end(level, group, n=int(count))
    if not found and ratios.loc[ratios["group"] == group, "ratio"].isna().any():
        return _(
            "in {places} no characteristic of which the share is shown is over-represented",
            places=places,
        )
    if not found:
        return _("in {places} no characteristic is over-represented", places=places)
    return _(
        "over-represented in {places}: {characteristics}",
        places=places, characteristics=listed(found),
    )  # fmt: skip


def end(level: Level, group: str, *, n: int) -> str:
    """The places that lose or gain most, with their number, in words."""
    return _ENDS[level, group](n)


_ENDS = {
    (SCHOOLS, LOSE_MOST): lambda n: _.plural(
        "the {n:,} school that loses most", "the {n:,} schools that lose most", n=n
    ),
    (SCHOOLS, GAIN_MOST): lambda n: _.plural(
        "the {n:,} school that gains most", "the {n:,} schools that gain most", n=n
    ),
    (MUNICIPALITIES, LOSE_MOST): lambda n: _.plural(
        "the {n:,} municipality that loses most", "the {n:,} municipalities that lose most", n=n
    ),
    (MUNICIPALITIES, GAIN_MOST): lambda n: _.plural(
        "the {n:,} municipality that gains most", "the {n:,} municipalities that gain most", n=n
    ),
}
_NOBODY = {
    (SCHOOLS, LOSE_MOST): lambda: _("no school loses far more than others"),
    (SCHOOLS, GAIN_MOST): lambda: _("no school gains far more than others"),
    (MUNICIPALITIES, LOSE_MOST): lambda: _("no municipality loses far more than others"),
    (MUNICIPALITIES, GAIN_MOST): lambda: _("no municipality gains far more than others"),
}
_HIDDEN = {
    (SCHOOLS, LOSE_MOST): lambda: _(
        "too few schools lose far more than others to show what they share"
    ),
    (SCHOOLS, GAIN_MOST): lambda: _(
        "too few schools gain far more than others to show what they share"
    ),
    (MUNICIPALITIES, LOSE_MOST): lambda: _(
        "too few municipalities are among those that lose most to show what they share"
    ),
    (MUNICIPALITIES, GAIN_MOST): lambda: _(
        "too few municipalities are among those that gain most to show what they share"
    ),
}
