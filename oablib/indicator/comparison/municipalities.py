"""How much municipalities change in relation to what they had."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from oablib.base.shown import showable
from oablib.indicator.comparison.settings import Rules
from oablib.indicator.comparison.standardised import key_of, not_zero_under_both


@showable()
@dataclass(frozen=True, slots=True, repr=False)
class Relative:
    """Relative changes of municipalities.

    summary: measure, value and perhaps published; see `relative`. largest: key, current, new,
    change (points) and relative (fraction: new / current - 1) of the largest, from what is shown.
    """

    summary: pd.DataFrame
    largest: pd.DataFrame


def relative(
    pairs: pd.DataFrame,
    shown: pd.DataFrame,
    *,
    rules: Rules,
    published: Mapping[str, Any] | None = None,
) -> Relative:
    """Relative changes of municipalities with a current score above 0.

    pairs: of exact scores, for what is said of all; shown: of scores as they may be shown, for what
    is said of the largest by name.

    The summary has municipalities, with_current_score, from_zero (counts); lower, upper: quantiles
    that hold the rules' interval of relative changes; gain_ordinary (up to ordinary_gain points),
    gain_more, lose: shares of municipalities that are not zero under both; large_gain_low: of those
    that gain more than large_gain, relatively, the share with a current score below the median;
    within_published: share within the published interval, with published figures alone;
    largest_change: relative change of the largest together.
    Source: Walhout & Scholtus (2021), section 4.2.
    """
    key = key_of(shown)
    largest = _with_ratio(shown.sort_values(["current", key], ascending=[False, True]))
    largest = largest.head(rules.largest).reset_index(drop=True)
    total = float(largest["current"].sum())
    together = float(largest["change"].sum()) / total if total > 0 else np.nan
    every = _with_ratio(pairs)
    measures = {**_measures(every, rules=rules), **_low(every, rules=rules)}
    if published is not None:
        ends = published["municipalities"]["relative_change_interval"]
        measures["within_published"] = _within(every, ends, rules=rules)
    measures["largest_change"] = together
    summary = pd.DataFrame(list(measures.items()), columns=["measure", "value"])
    if published is not None:
        figures = published["municipalities"]
        listed = dict(zip(("lower", "upper"), figures["relative_change_interval"], strict=True))
        listed["largest_change"] = figures["largest_three_relative_change"]
        summary["published"] = summary["measure"].map(listed)
    return Relative(summary, largest)


def _with_ratio(pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs with their relative change, NaN where the current score is 0."""
    ratio = pairs["change"] / pairs["current"].where(pairs["current"] > 0)
    return pairs[[key_of(pairs), "current", "new", "change"]].assign(relative=ratio)


def _measures(table: pd.DataFrame, *, rules: Rules) -> dict[str, float]:
    """Measures of all municipalities; NaN where fewer than density_fewest of them decide one."""
    known, fewest = table["relative"].dropna(), rules.density_fewest
    tail = (1 - rules.interval) / 2
    ends = known.quantile([tail, 1 - tail]) if len(known) * tail >= fewest else [np.nan, np.nan]
    lower, upper = map(float, ends)
    gains, most = not_zero_under_both(table)["change"], rules.ordinary_gain
    counts = {
        "gain_ordinary": int(gains.between(0, most, inclusive="right").sum()),
        "gain_more": int((gains > most).sum()),
        "lose": int((gains < 0).sum()),
    }
    # With those that stay as they are they add up: where one is of few, it follows from the others.
    parts = (*counts.values(), int((gains == 0).sum()))
    few = any(0 < count < fewest for count in parts) or not len(gains)
    from_zero = int(((table["current"] == 0) & (table["new"] > 0)).sum())
    return {
        "municipalities": len(table),
        "with_current_score": len(known) if len(known) >= fewest else np.nan,
        "from_zero": np.nan if 0 < from_zero < fewest else from_zero,
        "lower": lower,
        "upper": upper,
        **{name: np.nan if few else count / len(gains) for name, count in counts.items()},
    }


def _low(table: pd.DataFrame, *, rules: Rules) -> dict[str, float]:
    """Whether those with a large relative gain have a low score; NaN where they are of few."""
    known = table.dropna(subset=["relative"])
    large = known[known["relative"] > rules.large_gain]
    low = int((large["current"] < known["current"].median()).sum())
    few = any(0 <= count < rules.density_fewest for count in (low, len(large) - low))
    return {"large_gain_low": np.nan if few else low / len(large)}


def _within(table: pd.DataFrame, ends: Sequence[float], *, rules: Rules) -> float:
    """Share of relative changes within an interval; NaN where few are, or are not."""
    known, (lower, upper) = table["relative"].dropna(), ends
    inside = int(known.between(lower, upper).sum())
    few = any(0 < count < rules.density_fewest for count in (inside, len(known) - inside))
    return np.nan if few or not len(known) else inside / len(known)
