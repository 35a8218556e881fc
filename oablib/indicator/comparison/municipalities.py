"""How much municipalities change in relation to what they had."""

from collections.abc import Mapping
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

    table: key, current, new, change (points), relative (fraction: new / current - 1; NaN where
    current is 0), largest (bool), in the order of the pairs. summary: measure, value and perhaps
    published; see `relative`.
    """

    table: pd.DataFrame
    summary: pd.DataFrame


def relative(
    pairs: pd.DataFrame, *, rules: Rules, published: Mapping[str, Any] | None = None
) -> Relative:
    """Relative change of each municipality with a current score above 0.

    The summary has municipalities, with_current_score, from_zero (counts); lower, upper: quantiles
    that hold the rules' interval of relative changes; gain_ordinary (up to ordinary_gain points),
    gain_more, lose: shares of municipalities that are not zero under both; largest_change: relative
    change of the largest together.
    Source: Walhout & Scholtus (2021), section 4.2.
    """
    current, change = pairs["current"].to_numpy(), pairs["change"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(current > 0, change / current, np.nan)
    key = key_of(pairs)
    order = pairs.sort_values(["current", key], ascending=[False, True]).index[: rules.largest]
    table = pairs[[key, "current", "new", "change"]].assign(
        relative=ratio, largest=pairs.index.isin(order)
    )
    measures = _measures(table, rules=rules)
    summary = pd.DataFrame(list(measures.items()), columns=["measure", "value"])
    if published is not None:
        figures = published["municipalities"]
        listed = dict(zip(("lower", "upper"), figures["relative_change_interval"], strict=True))
        listed["largest_change"] = figures["largest_three_relative_change"]
        summary["published"] = summary["measure"].map(listed)
    return Relative(table, summary)


def _measures(table: pd.DataFrame, *, rules: Rules) -> dict[str, float]:
    known = table["relative"].dropna()
    tail = (1 - rules.interval) / 2
    ends = known.quantile([tail, 1 - tail]) if len(known) else pd.Series([np.nan, np.nan])
    alive = not_zero_under_both(table)
    gains, most = alive["change"], rules.ordinary_gain
    largest = table[table["largest"]]
    total = float(largest["current"].sum())
    return {
        "municipalities": len(table),
        "with_current_score": len(known),
        "from_zero": int(((table["current"] == 0) & (table["new"] > 0)).sum()),
        "lower": float(ends.iloc[0]),
        "upper": float(ends.iloc[1]),
        "gain_ordinary": float(gains.between(0, most, inclusive="right").mean()),
        "gain_more": float((gains > most).mean()),
        "lose": float((gains < 0).mean()),
        "largest_change": float(largest["change"].sum()) / total if total > 0 else np.nan,
    }
