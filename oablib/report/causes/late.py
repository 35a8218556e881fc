"""Asylum seekers and status holders who are registered after the reference date."""

import datetime

import numpy as np
import pandas as pd
from babel import dates

from oablib.base import language
from oablib.indicator.comparison.late import PUBLISHED
from oablib.report.exhibit import About, Table
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
def late_registrations_finding(
    frame: pd.DataFrame, *, points: tuple[float, float], about: About
) -> str:
    """How many children later months add, what that does to scores, and what is published.

    points: as from comparison.late_points.
    """
    here = frame[frame["month"] != PUBLISHED]
    text = _added(here.iloc[-1], months=len(here), points=points)
    printed = frame[frame["month"] == PUBLISHED]
    if printed.empty:
        return text
    text += " " + _(
        "Published, for months with few arrivals because of Covid-19: {children:,} children.",
        children=int(printed["children"].iloc[0]),
    )  # fmt: skip
    if about.drawn:
        text += " " + _(
            "The synthetic country was made with the published number, so this is no finding."
        )
    return text


def _added(last: pd.Series, *, months: int, points: tuple[float, float]) -> str:
    if pd.isna(last["children"]) or pd.isna(last["schools"]):
        return _(
            "The {months} months after the reference date add fewer children, or children of fewer "
            "schools, than may be shown.",
            months=months,
        )
    children = int(last["children"])
    if not children:
        return _("The {months} months after the reference date add no children.", months=months)
    text = _.plural(
        "The {months} months after the reference date add {n:,} child; schools: {schools:,}. "
        "Counting it changes their scores by {points:+,.1f} points together ({share:+.2%} of the "
        "points of all schools).",
        "The {months} months after the reference date add {n:,} children; schools: {schools:,}. "
        "Counting them changes their scores by {points:+,.1f} points together ({share:+.2%} of "
        "the points of all schools).",
        n=children, months=months, schools=int(last["schools"]), points=points[0], share=points[1],
    )  # fmt: skip
    if pd.isna(several := _several(last)):
        return text
    if not several:
        return text + " " + _("No school has three or more of them.")
    return text + " " + _.plural(
        "{n:,} school has three or more of them.", "{n:,} schools have three or more of them.",
        n=int(several),
    )  # fmt: skip


def _several(row: pd.Series) -> float:
    """Schools with three or more; NA where that is not shown."""
    parts = row[["schools_3_or_4", "schools_5_or_more"]]
    return float(parts.sum()) if parts.notna().all() else float("nan")
