"""Asylum seekers and status holders who are registered after the reference date."""

import datetime

import numpy as np
import pandas as pd
from babel import dates

from oablib.base import language
from oablib.indicator.comparison import MUNICIPALITIES, SCHOOLS, Rules
from oablib.indicator.comparison.late import PUBLISHED
from oablib.report.exhibit import About, Table
from oablib.report.numbers import euros
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions


@in_languages
def late_registrations_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Asylum seekers and status holders found by adding later months (chapter 5)."""
    return show(
        frame.assign(month=frame["month"].map(_month)),
        about=about,
        published_rows=list(np.flatnonzero(frame["month"] == PUBLISHED)),
        **captions("tbl-late-registrations"),
    )


def _month(text: str) -> str:
    if text == PUBLISHED:
        return _("published")
    day = datetime.date.fromisoformat(f"{text}-01")
    return dates.format_date(day, format="MMMM y", locale=language.current())


@in_languages
def late_points_table(frame: pd.DataFrame, *, about: About) -> Table:
    """What counting later months does to scores and money; frame: by of_places.late_points."""
    shown = frame.assign(
        level=frame["level"].map(_.words("levels")), months=frame["months"].map(_months)
    )
    shown = shown if frame["euro"].notna().any() else shown.drop(columns="euro")
    return show(shown, about=about, **captions("tbl-late-points"))


def _months(count: int) -> str:
    return _.plural("{n} month later", "{n} months later", n=int(count))


@in_languages
def late_registrations_finding(
    frame: pd.DataFrame, *, points: pd.DataFrame, about: About, rules: Rules
) -> str:
    """How many children later months add, what that does to scores, and what is published.

    points: by of_places.late_points.
    """
    here = frame[frame["month"] != PUBLISHED]
    last = here.iloc[-1]
    printed = frame[frame["month"] == PUBLISHED]
    effects = _effects(points, rules=rules, is_published=not printed.empty)
    parts = [_added(last, months=len(here)), *effects]
    if not printed.empty:
        parts.append(_(
            "Published, for months with few arrivals because of Covid-19, and therefore called an "
            "underestimate: {children:,} children, a small effect on the country, concentrated at "
            "few schools; the report recommends to count them.",
            children=int(printed["children"].iloc[0]),
        ))  # fmt: skip
    if not printed.empty and about.drawn:
        parts.append(
            _("The synthetic country was made with the published number, so this is no finding.")
        )
    return " ".join(parts)


def _added(last: pd.Series, *, months: int) -> str:
    if pd.isna(last["children"]) or pd.isna(last["schools"]):
        return _(
            "Months after the reference date ({months:,}) add fewer children, or children of fewer "
            "schools, than may be shown.",
            months=months,
        )
    children = int(last["children"])
    if not children:
        return _("Months after the reference date ({months:,}) add no children.", months=months)
    text = _.plural(
        "Months after the reference date ({months:,}) add {n:,} child; schools: {schools:,}.",
        "Months after the reference date ({months:,}) add {n:,} children; schools: {schools:,}.",
        n=children, months=months, schools=int(last["schools"]),
    )  # fmt: skip
    if pd.isna(several := _several(last)):
        return text
    if not several:
        return text + " " + _("No school has three or more of them.")
    return text + " " + _.plural(
        "{n:,} school has three or more of them.", "{n:,} schools have three or more of them.",
        n=int(several),
    )  # fmt: skip


def _effects(points: pd.DataFrame, *, rules: Rules, is_published: bool) -> list[str]:
    """Points and money of all months together, and whether to count them is worth while."""
    last = points[points["months"] == points["months"].max()].set_index("level")
    schools = last.loc[SCHOOLS]
    if np.isnan(schools["points"]):
        return []
    given = {"points": schools["points"], "share": schools["share"]}
    parts = [
        _("Counting them changes the scores of these schools by some {points:+,.0f} points "
          "together ({share:+.2%} of the points of all schools).", **given)
        if np.isnan(schools["euro"])
        else _("Counting them changes the scores of these schools by some {points:+,.0f} points "
               "together ({share:+.2%} of the points of all schools), worth {euro} a year.",
               euro=euros(float(schools["euro"])), **given)
    ]  # fmt: skip
    towns = last.loc[MUNICIPALITIES]
    if not np.isnan(towns["points"]) and not np.isnan(towns["euro"]):
        parts.append(_(
            "Municipalities get some {points:+,.0f} points, worth {euro} a year, which others "
            "pay.",
            points=towns["points"], euro=euros(float(towns["euro"])),
        ))  # fmt: skip
    return [*parts, *_judged(schools, rules=rules, is_published=is_published)]


def _judged(schools: pd.Series, *, rules: Rules, is_published: bool) -> list[str]:
    """Whether the effect is small and raises scores, and what that says of the recommendation."""
    if not schools["points"] > 0:
        text = _("It does not raise the scores of the schools concerned.")
        verdict = _("The report's recommendation finds no support here.")
    else:
        text = (
            _("The effect is small and raises the scores of schools that have these pupils.")
            if abs(schools["share"]) < rules.small_effect
            else _("The effect is not small, and raises the scores of schools with these pupils.")
        )
        verdict = _("The report's recommendation holds here.")
    return [text, verdict] if is_published else [text]


def _several(row: pd.Series) -> float:
    """Schools with three or more; NA where that is not shown."""
    parts = row[["schools_3_or_4", "schools_5_or_more"]]
    return float(parts.sum()) if parts.notna().all() else float("nan")
