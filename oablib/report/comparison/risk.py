"""Children at risk per municipality, toddlers and pupils apart."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from oablib.indicator.comparison import Rules
from oablib.indicator.comparison.risk import COUNTRY, PUPILS, SIZE, TODDLERS, URBANITY
from oablib.protocol.codebook import Table as CodebookTable
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import number
from oablib.report.table import show
from oablib.report.texts import listed, sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

LOOKS = {TODDLERS: drawing.INDIRECT, PUPILS: drawing.OURS}


@in_languages
@drawing.styled
def risk_figure(frame: pd.DataFrame, *, about: About) -> Figure:
    """Municipalities by the share of their children at risk.

    frame: as from comparison.risk_classes, classes of few merged.
    """
    classes = [_class(*ends) for ends in zip(frame["lower"], frame["upper"], strict=True)]
    figure, axes = drawing.canvas(height=2.8)
    rows = np.arange(len(frame))
    for shift, (group, colour) in zip((-0.2, 0.2), LOOKS.items(), strict=True):
        axes.bar(rows + shift, frame[group], width=0.38, color=colour, label=_.words("of")[group])
    axes.set_xticks(rows, classes)
    axes.set(xlabel=_("at risk (%)"), ylabel=_("municipalities"))
    axes.grid(axis="y")
    drawing.legend(figure, axes, columns=2)
    spoken = [
        _("{class_}: {toddlers} by toddlers, {pupils} by pupils", class_=name,
          toddlers=_count(row[TODDLERS]), pupils=_count(row[PUPILS]))
        for name, row in zip(classes, frame.to_dict("records"), strict=True)
    ]  # fmt: skip
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Bars per class of municipalities. {values}.", values="; ".join(spoken)),
        numbers=frame[["lower", "upper", *LOOKS]],
        headings={"lower": _("from"), "upper": _("to"), **_.words("of")},
        **captions("fig-risk"),
    )


def _class(lower: float, upper: float) -> str:
    low = number(100 * lower, 0)
    if np.isnan(upper):
        return _("{lower} or more", lower=low)
    return f"{low}–{number(100 * upper, 0)}"


def _count(value: float) -> str:
    return _("not shown") if np.isnan(value) else number(value, 0)


@in_languages
def risk_table(frame: pd.DataFrame, *, table: CodebookTable, rules: Rules, about: About) -> Table:
    """Children at risk in the country, by urbanity and size; frame: as from comparison.risk_by."""
    column, above = table.column(URBANITY), dict(pairwise(rules.risk_sizes))
    names = {
        COUNTRY: lambda code: _("Netherlands"),
        URBANITY: lambda code: sentence(column.category(int(code)).label),
        SIZE: lambda code: _size(int(code), above.get(int(code))),
    }
    rows = zip(frame["by"], frame["code"], strict=True)
    shown = frame.drop(columns="code").assign(
        by=frame["by"].map(_.words("kinds")), row=[names[kind](code) for kind, code in rows]
    )
    columns = ["by", "row", "municipalities", "n_toddlers", TODDLERS, "n_pupils", PUPILS]
    return show(shown[columns], about=about, groups="by", **captions("tbl-risk"))


def _size(lower: int, upper: float | None) -> str:
    if upper is None:
        return _("{n:,} children or more", n=lower)
    return _("{lower:,} to {upper:,} children", lower=lower, upper=int(upper))


@in_languages
def risk_finding(frame: pd.DataFrame, *, classes: pd.DataFrame, region: Mapping[str, Any]) -> str:
    """National shares of toddlers and pupils, how far municipalities differ, beside one region.

    frame: as from comparison.risk_by; classes: as from comparison.risk_classes, classes of few
    merged. region: published figures of some municipalities.
    """
    country = frame[frame["by"] == COUNTRY].iloc[0]
    given = {"toddlers": country[TODDLERS], "pupils": country[PUPILS]}
    if np.isnan(country[TODDLERS]) or np.isnan(country[PUPILS]):
        return _("Too few children are at risk to show their share.")
    text = (
        _("Of the toddlers {toddlers:.1%} are at risk, of the pupils {pupils:.1%}: no fewer at "
          "school than before it.", **given)
        if country[PUPILS] >= country[TODDLERS]
        else _("Of the toddlers {toddlers:.1%} are at risk, of the pupils {pupils:.1%}: fewer at "
               "school than before it.", **given)
    )  # fmt: skip
    top = classes.iloc[-1]
    if top["lower"] > 0 and not classes[TODDLERS].isna().any():
        text += " " + _(
            "In {n:,} of {all:,} municipalities {lower:.0%} or more of the toddlers are at risk.",
            n=int(top[TODDLERS]), all=int(classes[TODDLERS].sum()), lower=top["lower"],
        )  # fmt: skip
    towns = [
        _("{name} {share:.0%}", name=name, share=share)
        for name, share in region["toddlers"].items()
    ]
    return text + " " + _(
        "Published for comparison, of toddlers ({source}): {towns}, against {national:.0%} in the "
        "country.",
        source=region["source"]["title"],
        towns=listed(towns), national=region["national"],
    )  # fmt: skip
