"""Two indicators side by side: their effects, and what each category adds to a score."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from oablib.codebook import Table
from oablib.pupil_scores.indicator import DERIVED, Indicator, bounds


def contributions(indicator: Indicator, *, table: Table) -> pd.DataFrame:
    """What each category adds to a score: variable, code, category, label, points.

    Of a school mean the one row gives the points per unit; its code is -1.
    """
    rows = []
    for name in indicator.columns:
        points = indicator.points(name)
        rows += [
            (name, each.code, each.key, each.label_nl, float(points[each.code]))
            for each in table.column(name).categories
        ]
    rows += [
        (name, -1, "unit", "per unit", float(indicator.effects[name]))
        for name in indicator.model.school_means
    ]
    return pd.DataFrame(rows, columns=["variable", "code", "category", "label", "points"])


def contributions_of(new: Indicator, current: Indicator, *, table: Table) -> pd.DataFrame:
    """Both indicators: variable, code, category, label, new, current, difference, in points."""
    key = ["variable", "code", "category", "label"]
    one, other = (contributions(each, table=table) for each in (new, current))
    joined = one.merge(other, on=key, how="outer", sort=False, suffixes=("", "_current"),
                       validate="1:1")  # fmt: skip
    named = joined.rename(columns={"points": "new", "points_current": "current"})
    return named.assign(difference=named["new"] - named["current"])


def effects(
    new: Indicator, current: Indicator, *, published: Mapping[str, Any] | None
) -> pd.DataFrame:
    """Direct effects of both indicators in points per unit.

    name, new, new_from, current, current_from, and low and high: the range that rounding of a
    derived effect leaves open, NaN for others.
    """
    frame = pd.DataFrame({"name": list(current.effects)})
    for label, each in (("new", new), ("current", current)):
        frame[label] = frame["name"].map(dict(each.effects))
        frame[f"{label}_from"] = frame["name"].map(dict(each.origins))
    if published is None or DERIVED not in current.origins.values():
        return frame.assign(low=float("nan"), high=float("nan"))
    ranges = bounds(current.model, published=published).set_index("name")
    return frame.assign(**{end: frame["name"].map(ranges[end]) for end in ("low", "high")})
