"""Asylum seekers and status holders who are registered after the reference date."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from oablib.base.errors import ComparisonError
from oablib.indicator import allocation
from oablib.indicator.comparison.causes import Procedure, Situation
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


def late_points(situation: Situation, *, how: Procedure, rules: Rules) -> tuple[float, float]:
    """Points that registrations of the rules' late_months add to the schools of these children.

    Returns the change of the sum of these schools' scores, and the same as a fraction of the sum of
    all schools. Donors stay as they are chosen without them; a child whose donor is among these
    registrations keeps its score.
    """
    asylum = replace(how.scores.asylum, months_late=rules.late_months)
    scores = situation.scored(how)
    later = situation.scored(
        replace(how, scores=replace(how.scores, asylum=asylum)), matches=scores.matches
    )
    children = situation.children
    late = (scores.provenance != later.provenance) & (children.site >= 0)
    concerned = children.sites["school_id"].iloc[np.unique(children.site[late])]
    kept = np.where(np.isfinite(later.score), later.score, scores.score)
    before, after = (
        allocation.schools(
            children.frame(score=score), children.sites, rules=how.allocation
        ).set_index("school_id")["achterstandsscore"]
        for score in (scores.score, kept)
    )
    added = float((after - before).reindex(concerned).sum())
    return added, added / float(before.sum())


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
