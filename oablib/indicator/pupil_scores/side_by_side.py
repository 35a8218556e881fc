"""Indicators beside each other: their effects, and what each category adds to a score."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from oablib.indicator.pupil_scores.indicator import DERIVED, PER_UNIT, Indicator, bounds
from oablib.protocol.codebook import Table


def contributions(indicator: Indicator, *, table: Table) -> pd.DataFrame:
    """What each category adds to a score: variable, code, category, points.

    A school mean and a product have one row, with the points per unit and code -1.
    """
    rows = []
    for name in indicator.columns:
        points = indicator.points(name)
        rows += [
            (name, category.code, category.key, float(points[category.code]))
            for category in table.column(name).categories
        ]
    rows += [
        (name, PER_UNIT, "unit", float(indicator.effects[name]))
        for name in [*indicator.model.school_means, *indicator.model.products]
    ]
    return pd.DataFrame(rows, columns=["variable", "code", "category", "points"])


def contributions_of(new: Indicator, current: Indicator, *, table: Table) -> pd.DataFrame:
    """Both indicators: variable, code, category, new, current, difference, in points."""
    one, second = (
        contributions(indicator, table=table).rename(columns={"points": name})
        for name, indicator in (("new", new), ("current", current))
    )
    key = ["variable", "code", "category"]
    joined = one.merge(second, on=key, how="outer", sort=False, validate="1:1")
    order = {name: row for row, name in enumerate([*one["variable"], *second["variable"]][::-1])}
    joined = joined.sort_values(
        "variable", key=lambda names: -names.map(order), kind="stable", ignore_index=True
    )
    return joined.assign(difference=joined["new"] - joined["current"])


def effects(
    new: Indicator,
    current: Indicator,
    *,
    published: Mapping[str, Any] | None,
    beside: Indicator | None = None,
) -> pd.DataFrame:
    """Direct effects of both indicators, and of one beside the new one, in points per unit.

    name, new, new_from, beside, beside_from, current, current_from, and low and high: the range
    that rounding of a derived effect leaves open, NaN for others. from: published, derived or
    estimated.
    """
    frame = pd.DataFrame({"name": list(current.effects)})
    named = {"new": new, "beside": beside, "current": current}
    for label, indicator in named.items():
        if indicator is None:
            continue
        frame[label] = frame["name"].map(dict(indicator.effects))
        frame[f"{label}_from"] = frame["name"].map(dict(indicator.origins))
    if published is None or DERIVED not in current.origins.values():
        return frame.assign(low=float("nan"), high=float("nan"))
    ranges = bounds(current.model, published=published).set_index("name")
    return frame.assign(**{end: frame["name"].map(ranges[end]) for end in ("low", "high")})
