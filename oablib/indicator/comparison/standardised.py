"""Achterstandsscores by both indicators, school by school, scaled to one national sum."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from oablib.base.errors import ComparisonError
from oablib.indicator.comparison.settings import Rules

SCORE = "achterstandsscore"
BOTH = "both"
# Scores have two decimals. What a change has beyond ten is the rounding of a scaling, and would put
# an unchanged school on either side of a limit by chance.
DECIMALS = 10
_STANDARDS: Mapping[str, Callable[[float, float], float]] = {
    "current": lambda current, new: current,
    "new": lambda current, new: new,
    "mean": lambda current, new: (current + new) / 2,
}


def standardised(
    current: pd.DataFrame, new: pd.DataFrame, *, key: str, rules: Rules
) -> pd.DataFrame:
    """Pairs of achterstandsscores with equal national sums, one row a school or municipality.

    current, new: columns `key` and achterstandsscore (points), in any order. Returns, sorted by
    `key`: key; current, new (points, scaled); change = new - current (its sum is 0); current_raw,
    new_raw (points, as given); factor_current, factor_new (scaled = raw x factor); only_in
    (both, current or new: the only table that has this row; 0 points in the other).
    Raises ComparisonError, with counts, for a repeated key, a score that is absent or not finite,
    and a national sum that is not above 0.
    Source: Walhout & Scholtus (2021), section 4.1; `standard` of the rules says which sum.
    """
    frames = {"current": current, "new": new}
    for name, frame in frames.items():
        _fail_if_scores_are_unfit(frame, key=key, name=name)
    sums = {name: float(np.sort(frame[SCORE]).sum()) for name, frame in frames.items()}
    _fail_if_nothing_to_divide(sums, key=key)
    pairs = _joined(frames, key=key)
    standard = _STANDARDS[rules.standard](sums["current"], sums["new"])
    factors = {name: standard / total for name, total in sums.items()}
    scaled = {name: pairs[f"{name}_raw"] * factor for name, factor in factors.items()}
    change = (scaled["new"] - scaled["current"]).round(DECIMALS)
    named = {f"factor_{name}": factor for name, factor in factors.items()}
    columns = [key, "current", "new", "change", "current_raw", "new_raw", *named, "only_in"]
    return pairs.assign(**scaled, change=change, **named)[columns]


def key_of(pairs: pd.DataFrame) -> str:
    """Column that names a row of pairs: the first."""
    return str(pairs.columns[0])


def not_zero_under_both(pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs with a score above zero by either indicator."""
    return pairs[(pairs["current"] > 0) | (pairs["new"] > 0)]


def redistributed(pairs: pd.DataFrame) -> float:
    """Share of all points that rows lose and others get: half the sum of changes, by the sum."""
    total = float(np.sort(pairs["new"].to_numpy(float)).sum())
    return float(np.sort(pairs["change"].abs().to_numpy(float)).sum()) / 2 / total


def mean_and_sd(values: pd.Series) -> tuple[float, float]:
    """Mean and population standard deviation; NaN, NaN of no values."""
    if values.empty:
        return np.nan, np.nan
    ordered = np.sort(values.to_numpy(float))  # sums in one order, whatever the order of rows
    return round(float(ordered.mean()), DECIMALS), float(ordered.std())


def _joined(frames: Mapping[str, pd.DataFrame], *, key: str) -> pd.DataFrame:
    """All keys of either frame with both raw scores, 0 where a frame lacks the key."""
    one, other = (
        frame[[key, SCORE]].astype({key: "str"}).rename(columns={SCORE: f"{name}_raw"})
        for name, frame in frames.items()
    )
    joined = one.merge(other, on=key, how="outer", indicator="only_in", validate="one_to_one")
    names = {"left_only": "current", "right_only": "new", "both": BOTH}
    only_in = joined["only_in"].astype("str").map(names)
    scores = {f"{name}_raw": joined[f"{name}_raw"].fillna(0.0) for name in frames}
    return joined.assign(**scores, only_in=only_in).sort_values(key, ignore_index=True)


def _fail_if_scores_are_unfit(frame: pd.DataFrame, *, key: str, name: str) -> None:
    repeated = int(frame[key].duplicated().sum())
    unknown = int(frame[key].isna().sum())
    unfit = int((~np.isfinite(frame[SCORE].to_numpy(float))).sum())
    if repeated or unknown or unfit:
        raise ComparisonError(
            f"The {name} scores have {repeated:,} rows that repeat a {key}, {unknown:,} "
            f"without {key} and {unfit:,} without a finite score, of {len(frame):,}; expected each "
            f"{key} once, with its score. Compare scores before any are hidden."
        )


def _fail_if_nothing_to_divide(sums: Mapping[str, float], *, key: str) -> None:
    empty = [name for name, total in sums.items() if not total > 0]
    if empty:
        raise ComparisonError(
            f"The national sum of {SCORE} over {key} is not above 0 by the indicator "
            f"{' and '.join(empty)}, so nothing can be scaled; expected at least one positive "
            "score. See whether children have scores at all."
        )
