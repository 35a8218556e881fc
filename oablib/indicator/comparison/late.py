"""Asylum seekers and status holders who are registered after the reference date."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ComparisonError
from oablib.indicator import allocation
from oablib.indicator.comparison.causes import KEYS, SCHOOLS, Level, Procedure, Situation, table_of
from oablib.indicator.comparison.settings import Rules

PUBLISHED = "published"
MONTHS_A_YEAR = 12


def late_registrations(
    children: pd.DataFrame,
    *,
    reference: int,
    rules: Rules,
    published: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Asylum seekers and status holders that each later month of registrations adds.

    children: toddler (bool), school_id (missing for toddlers), asylum (0 none), asylum_registered
    (yyyymm, 0 none). reference: yyyymm of the last month that counts without any addition.
    Returns a row for each of the rules' late_months: month ("2020-10"); added: children of that
    month; and, with all months so far: children, pupils, toddlers, schools with such pupils,
    schools_3_or_4 and schools_5_or_more of them. With published figures a last row, where a school
    of three is in schools_3_or_4. Raises ComparisonError when the reference is no month.
    Source: Walhout & Scholtus (2021), chapter 5.
    """
    registered = children["asylum_registered"].to_numpy()
    months = _following(reference, count=rules.late_months)
    is_late = (children["asylum"].to_numpy() > 0) & (registered > reference)
    late = children[is_late & (registered <= months[-1])]
    rows = [_until(month, late=late) for month in months]
    if published is not None:
        rows.append(_published(published["asylum_late_registration"]))
    counts = ["added", "children", "pupils", "toddlers", "schools", "schools_3_or_4"]
    frame = pd.DataFrame(rows, columns=["month", *counts, "schools_5_or_more"])
    return frame.astype(dict.fromkeys([*counts, "schools_5_or_more"], "Int64"))


def late_points(
    situation: Situation, *, how: Procedure, rules: Rules, budgets: Mapping[Level, float | None]
) -> pd.DataFrame:
    """Points that registrations of each of the rules' late_months add, with all months so far.

    budgets: level -> euro a year that its points are paid from, None where that is not known.
    Returns level; months (after the reference date); children, places (concerned: where they
    count); points: change of the sum of these places' scores; share: the same as a fraction of the
    sum of all; largest: fraction of the absolute changes that one place makes up; euro: points at
    what a point is worth in the budget.
    Donors stay as they are chosen without them; a child whose donor is among these registrations
    keeps its score.
    """
    scores = situation.scored(how)
    rows = []
    for months in range(1, rules.late_months + 1):
        asylum = replace(how.scores.asylum, months_late=months)
        later = situation.scored(
            replace(how, scores=replace(how.scores, asylum=asylum)), matches=scores.matches
        )
        kept = np.where(np.isfinite(later.score), later.score, scores.score)
        late = scores.provenance != later.provenance
        for level, budget in budgets.items():
            before, after = (
                table_of(level, situation.children, score=score, how=how).set_index(KEYS[level])[
                    "achterstandsscore"
                ]
                for score in (scores.score, kept)
            )
            row = _added(level, situation, late, before=before, after=after, how=how)
            euro = row["points"] * budget / float(before.sum()) if budget else np.nan
            rows.append({"level": level, "months": months, **row, "euro": euro})
    return pd.DataFrame(rows)


def _added(
    level: Level,
    situation: Situation,
    late: NDArray[np.bool_],
    *,
    before: pd.Series,
    after: pd.Series,
    how: Procedure,
) -> dict[str, float]:
    frame = situation.children.frame()
    if level == SCHOOLS:
        place = frame["school_id"]
    else:
        counted = allocation.counted_in(frame, situation.children.sites, rules=how.allocation)
        place = pd.Series(counted)
    counts = place[late].value_counts().reindex(before.index).fillna(0)
    change = (after - before)[counts > 0]
    size = float(change.abs().sum())
    return {
        "children": float(counts.sum()),
        "places": float((counts > 0).sum()),
        "points": float(change.sum()),
        "share": float(change.sum()) / float(before.sum()),
        "largest": float(change.abs().max()) / size if size else np.nan,
    }


def _until(month: int, *, late: pd.DataFrame) -> dict[str, object]:
    so_far = late[late["asylum_registered"] <= month]
    pupils = so_far[~so_far["toddler"]]
    sizes = pupils["school_id"].astype("str").dropna().value_counts()
    return {
        "month": f"{month // 100}-{month % 100:02d}",
        "added": int((late["asylum_registered"] == month).sum()),
        "children": len(so_far),
        "pupils": len(pupils),
        "toddlers": len(so_far) - len(pupils),
        "schools": len(sizes),
        "schools_3_or_4": int(sizes.between(3, 4).sum()),
        "schools_5_or_more": int((sizes >= 5).sum()),
    }


def _published(figures: Mapping[str, int]) -> dict[str, object]:
    return {
        "month": PUBLISHED,
        "children": figures["extra_total"],
        "pupils": figures["extra_school_age"],
        "toddlers": figures["extra_toddlers"],
        "schools_3_or_4": figures["schools_with_three"],
        "schools_5_or_more": figures["schools_with_five"],
    }


def _following(reference: int, *, count: int) -> list[int]:
    """The months after one, written yyyymm."""
    year, month = divmod(reference, 100)
    if not (1 <= month <= MONTHS_A_YEAR and year >= 1900):
        raise ComparisonError(
            f"The reference is {reference}; expected a year and a month, such as 202009."
        )
    months = year * MONTHS_A_YEAR + month + np.arange(count)
    return (months // MONTHS_A_YEAR * 100 + months % MONTHS_A_YEAR + 1).tolist()
