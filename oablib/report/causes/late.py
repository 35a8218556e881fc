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
        not_given_rows=list(np.flatnonzero(frame["month"] == PUBLISHED)),
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
            _(
                "The synthetic country was made with the published numbers, in proportion to its "
                "size, so this is no finding."
            )
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
    schools, towns = last.loc[SCHOOLS], last.loc[MUNICIPALITIES]
    parts = []
    if not np.isnan(schools["points"]):
        parts.append(_of_schools(schools, rules=rules))
    if not np.isnan(towns["points"]):
        parts.append(_of_municipalities(towns, rules=rules))
    if not np.isnan(schools["points"]):
        parts += _judged(schools, rules=rules, is_published=is_published)
    return parts


def _of_schools(row: pd.Series, *, rules: Rules) -> str:
    if not row["points"]:
        return _(
            "Counting them changes the scores of the schools concerned by {most:,.0f} points "
            "together at most.",
            most=rules.late_step / 2,
        )
    given = {"points": row["points"], "share": row["share"]}
    if np.isnan(row["euro"]):
        return _(
            "Counting them changes the scores of the schools concerned by some {points:+,.0f} "
            "points together ({share:+.2%} of the points of all schools).",
            **given,
        )
    return _(
        "Counting them changes the scores of the schools concerned by some {points:+,.0f} points "
        "together ({share:+.2%} of the points of all schools), worth {euro} a year.",
        euro=euros(float(row["euro"])), **given,
    )  # fmt: skip


def _of_municipalities(row: pd.Series, *, rules: Rules) -> str:
    if not row["points"]:
        return _(
            "Scores of municipalities change by {most:,.0f} points together at most.",
            most=rules.late_step / 2,
        )
    if np.isnan(row["euro"]):
        return _(
            "Scores of the municipalities concerned change by some {points:+,.0f} points together.",
            points=row["points"],
        )
    return _(
        "Scores of the municipalities concerned change by some {points:+,.0f} points together, "
        "worth {euro} a year within the same budget.",
        points=row["points"], euro=euros(float(row["euro"])),
    )  # fmt: skip


def _judged(schools: pd.Series, *, rules: Rules, is_published: bool) -> list[str]:
    """Whether the effect is small and raises scores, and what that says of the recommendation."""
    if schools["points"] > 0:
        text = (
            _("The effect is small, and the schools with these pupils get more points together.")
            if schools["share"] <= rules.small_effect
            else _("The effect is not small: the schools with these pupils get more points "
                   "together.")
        )  # fmt: skip
        verdict = _("The report's recommendation holds here.")
    else:
        text = (
            _("The schools with these pupils get fewer points together.")
            if schools["points"] < 0
            else _("That is too little to say whether they get more points.")
        )
        verdict = _("The report's recommendation finds no support here.")
    return [text, verdict] if is_published else [text]


def _several(row: pd.Series) -> float:
    """Schools with three or more; NA where that is not shown."""
    parts = row[["schools_3_or_4", "schools_5_or_more"]]
    return float(parts.sum()) if parts.notna().all() else float("nan")
