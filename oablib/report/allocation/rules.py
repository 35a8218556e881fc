"""Rules of the law, whom they count, and the target group, in the report on the allocation."""

import datetime
from typing import Any

import pandas as pd

from oablib.indicator import allocation
from oablib.protocol.codebook import Codebook, Column
from oablib.protocol.municipalities import Division
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.labels import source_of_rule
from oablib.report.numbers import day, euros, number, percent
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

AROUND = 3.0  # points on both sides of the boundary


@in_languages
def rules_table(frame: pd.DataFrame, *, codebook: Codebook) -> Table:
    """Rules of the law and choices where it is silent; frame: as from allocation.settings."""
    types = codebook.table("sites").column("school_type")
    pairs = zip(frame["rule"], frame["value"], strict=True)
    shown = pd.DataFrame(
        {
            "rule": frame["rule"].map(_.words("rules")),
            "value": [_value(key, value, types=types) for key, value in pairs],
            "since": [_since(start) for start in frame["in_force_from"]],
            "source": [source_of_rule(source) for source in frame["source"]],
        }
    )
    about = About(_.later("every allocation"), "params/rules/allocation.yaml")
    return show(shown, about=about, **captions("tbl-rules"))


def _value(key: str, value: Any, *, types: Column) -> str:
    """The value of a rule with its unit, in words."""
    match key:
        case "target_share" | "threshold_schools" | "threshold_municipalities":
            return percent(float(value), 0 if (100 * value).denominator == 1 else 1)
        case "decimals" | "score_decimals":
            return _.plural("{n} decimal", "{n} decimals", n=value)
        case "excluded_school_types":
            return _excluded_types(value, types=types)
        case "toddler_ages":
            return _("from {youngest:g} up to {oldest:g} years", youngest=value[0], oldest=value[1])
        case "largest_score":
            return _("{points:,} points", points=value)
        case "minimum_payment":
            return _("{amount} a year", amount=euros(value))
        case "national_sites":
            return number(value, 0)
    return _.words("values")[value]


def _excluded_types(codes: tuple[int, ...], *, types: Column) -> str:
    labels = (types.category(code).label for code in codes)
    return listed(label[:1].lower() + label[1:] for label in labels)


def _since(start: datetime.date) -> str:
    return str(start.year) if (start.month, start.day) == (1, 1) else day(start)


@in_languages
def accounted_table(frame: pd.DataFrame, *, total: int, about: About) -> Table:
    """Where each child counts, groups without children aside; the last row is all of them."""
    there = frame[frame["children"] != 0]
    every = pd.DataFrame({"what": [_("all children")], "children": [total]})
    shown = there.assign(what=there["what"].map(_.words("accounts")))
    return show(
        pd.concat([shown, every], ignore_index=True), about=about, **captions("tbl-accounted")
    )


@in_languages
def excluded_finding(frame: pd.DataFrame, *, rules: allocation.Rules, codebook: Codebook) -> str:
    """How many sites are left out by law; frame: as from allocation.excluded_sites."""
    row = frame.iloc[0]
    sites, excluded = int(row["sites"]), int(row["excluded"])
    if not excluded:
        return _("None of the {sites:,} school sites with pupils is excluded by law.", sites=sites)
    types = codebook.table("sites").column("school_type")
    return _.plural(
        "Of {sites:,} school sites with pupils {n:,} is excluded by law (number of pupils: "
        "{pupils:,}): {types}. The other {left:,} get a score.",
        "Of {sites:,} school sites with pupils {n:,} are excluded by law (number of pupils: "
        "{pupils:,}): {types}. The other {left:,} get a score.",
        sites=sites, n=excluded, pupils=int(row["pupils"]), left=sites - excluded,
        types=_excluded_types(rules.excluded_school_types, types=types),
    )  # fmt: skip


@in_languages
def division_finding(division: Division, *, count: int, about: About) -> str:
    """Which municipalities there are; division: of those that a country is drawn with."""
    if not about.drawn:
        return _("The {n:,} municipalities are those of the delivered files.", n=count)
    return _(
        "The {n:,} municipalities are those of {year} ({source}), whatever the reference year.",
        n=count, year=str(division.year), source=division.source,
    )  # fmt: skip


@in_languages
def national_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Boundary and means, one row a population; frame: as from of_places.nationals."""
    names = _.words("populations")
    named = frame.assign(**{"for": [names.get(name, name) for name in frame["for"]]})
    return show(named, about=about, **captions("tbl-national"))


@in_languages
@drawing.styled
def cliff_figure(frame: pd.DataFrame, *, about: About) -> Figure:
    """What one child adds to A by its score: C - D up to the boundary, and nothing above it.

    frame: as from of_places.nationals; its first row is drawn.
    """
    cut, C, G = frame[["boundary", "C", "G"]].iloc[0].astype(float)
    left, right = min(cut - AROUND, G - AROUND / 2), max(cut + AROUND, C)
    line = pd.DataFrame({"score": [left, cut, cut, right], "adds": [C - left, C - cut, 0.0, 0.0]})
    figure, axes = drawing.canvas(height=3.2)
    for part, colour, label in (
        (line[:2], drawing.OURS, _("target group: C − D")),
        (line[2:], drawing.INDIRECT, _("all others: 0")),
    ):
        axes.plot(part["score"], part["adds"], color=colour, lw=2, label=label)
    boundary = _("boundary (grenswaarde)")
    axes.plot([cut, cut], [0, C - cut], color=drawing.GREY, lw=1.5, ls="--", label=boundary)
    axes.plot([G], [C - G], "o", color=drawing.INK, ms=5, label=_("mean of the target group (G)"))
    axes.grid()
    headings = {
        "score": _("score of the child, D (points)"),
        "adds": _("contribution to A (points)"),
    }
    axes.set(xlabel=headings["score"], ylabel=headings["adds"])
    drawing.legend(figure, axes, columns=2)
    return drawing.exhibited(
        figure,
        about=about,
        alt=_(
            "A line that falls one point per point of score, and a step to 0. A child at "
            "{left:.1f} adds {most:.1f} points, one at the boundary of {cut:.1f} adds {step:.1f}, "
            "one above it nothing; the mean child of the target group, at {mean:.2f}, adds "
            "{usual:.2f}.",
            left=left, most=C - left, cut=cut, step=C - cut, mean=G, usual=C - G,
        ),
        numbers=line,
        headings=headings,
        **captions("fig-cliff", step=number(C - cut, 1)),
    )  # fmt: skip
