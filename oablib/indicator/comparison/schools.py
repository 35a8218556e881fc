"""How much schools change: from and to zero, classes, bands and histograms of changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from oablib.base.shown import showable
from oablib.indicator.comparison.settings import Rules
from oablib.indicator.comparison.standardised import (
    DECIMALS,
    key_of,
    mean_and_sd,
    not_zero_under_both,
)

ZERO, POSITIVE = "zero", "above zero"
LOSE_MOST, GAIN_MOST, OTHERS = "lose most", "gain most", "others"
NOT_ZERO, ALL = "not zero under both", "all"

# Cells of table 4.1.2: score by the current and by the new indicator, and the published key.
_CELLS = (
    (ZERO, ZERO, "zero_both"),
    (ZERO, POSITIVE, "zero_current_positive_new"),
    (POSITIVE, ZERO, "positive_current_zero_new"),
    (POSITIVE, POSITIVE, "positive_both"),
)
# Half widths (points) of the published bands, which the names of their keys give.
FEWEST_STEPS = 4  # of a grid of both scores, below which it says nothing
_CLASSES = 6  # of table 4.1.4: two of them within one standard deviation of the mean
_BANDS = {NOT_ZERO: (24, "share_within_24_points"), ALL: (16, "share_within_16_points_all")}


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Crowds:
    """Schools or municipalities counted in cells of a grid of both scores.

    table: current, new (points, middle of the cell), n, at least the rules' density_fewest. hidden:
    how many are in cells with fewer.
    """

    table: pd.DataFrame
    hidden: int


def crowds(pairs: pd.DataFrame, *, steps: int, rules: Rules) -> Crowds:
    """Rows that are not zero under both, counted by both scores (figures 4.1.1 and 4.2.1).

    Cells grow with the score: `steps` of them reach from 0 to the largest score, or half as many
    each time that most rows would lie in cells that are too few.
    """
    moving = not_zero_under_both(pairs)[["current", "new"]].to_numpy(float)
    while True:
        made = _counted(moving, steps=steps, fewest=rules.density_fewest)
        if made.hidden <= len(moving) / 2 or steps < FEWEST_STEPS:
            return made
        steps //= 2


def _counted(scores: np.ndarray, *, steps: int, fewest: int) -> Crowds:
    width = np.log1p(scores.max(initial=1.0)) / steps
    cells = np.floor(np.log1p(scores) / width)
    frame = pd.DataFrame(cells, columns=["current", "new"]).value_counts().sort_index()
    counted = frame.rename("n").reset_index()
    place = counted[["current", "new"]]
    middle = np.expm1((place + 0.5) * width).where(place > 0, 0.0)
    shown = counted["n"] >= fewest
    table = middle.assign(n=counted["n"])[shown].reset_index(drop=True)
    return Crowds(table, int(counted.loc[~shown, "n"].sum()))


def crosstable(pairs: pd.DataFrame, *, published: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """How many schools are zero by one indicator, by both, by none (table 4.1.2).

    Columns: current, new (zero, above zero); n; share. With published figures also published (n),
    published_share and rescaled (schools, if the published shares held here).
    """
    by_current, by_new = (pairs[name].to_numpy() > 0 for name in ("current", "new"))
    counts = np.bincount(2 * by_current + by_new, minlength=len(_CELLS))
    frame = pd.DataFrame([cell[:2] for cell in _CELLS], columns=["current", "new"])
    frame = frame.assign(n=counts, share=_shares(counts))
    if published is None:
        return frame
    listed = [published["schools"][key] for *_, key in _CELLS]
    shares = _shares(np.array(listed))
    return frame.assign(published=listed, published_share=shares, rescaled=shares * len(pairs))


def classes(
    pairs: pd.DataFrame, *, rules: Rules, published: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """Schools by class of change; those zero under both left out (table 4.1.4).

    Limits are the mean plus the rules' class_sds times the standard deviation. Columns: lower
    (counts in the class), upper (does not; points; infinite at the ends), n, share. With published
    figures also published_lower, published_upper, published (n) and published_share, where these
    have as many classes.
    """
    changes = not_zero_under_both(pairs)["change"]
    mean, sd = mean_and_sd(changes)
    limits = np.round(mean + np.array(rules.class_sds, float) * sd, DECIMALS)
    number = np.searchsorted(limits, changes, side="right")
    counts = np.bincount(number, minlength=len(limits) + 1)
    frame = _between(limits).assign(n=counts, share=_shares(counts))
    if published is None or len(published["schools"]["change_counts"]) != len(frame):
        return frame
    listed = published["schools"]["change_counts"]
    ends = _between(published["schools"]["change_breaks"]).add_prefix("published_")
    return frame.join(ends).assign(published=listed, published_share=_shares(np.array(listed)))


def bands(
    pairs: pd.DataFrame, *, rules: Rules, published: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """Share of schools within the mean plus or minus band_sds standard deviations.

    Columns: schools (not zero under both; all), n, mean, sd, lower, upper (points; both rounded to
    whole points, as published, and within the band), share; with published figures also
    published_lower, published_upper, published_share: of the counts of table 4.1.4 where schools
    that are zero under both are left out, else as its text has it (published_in_text). Without
    schools, numbers are NaN.
    """
    parts = {NOT_ZERO: not_zero_under_both(pairs), ALL: pairs}
    frame = pd.DataFrame(
        [{"schools": name, **_band(part["change"], rules=rules)} for name, part in parts.items()]
    )
    if published is None:
        return frame
    widths = np.array([_BANDS[name][0] for name in frame["schools"]], float)
    shares = [published["schools"][_BANDS[name][1]] for name in frame["schools"]]
    counts = np.array(published["schools"]["change_counts"])
    if rules.band_sds == 1 and len(counts) == _CLASSES:  # one sd on both sides of the mean
        shares[list(frame["schools"]).index(NOT_ZERO)] = counts[2:-2].sum() / counts.sum()
    return frame.assign(
        published_lower=-widths,
        published_upper=widths,
        published_share=shares,
        published_in_text=[published["schools"][_BANDS[name][1]] for name in frame["schools"]],
    )


def distribution(pairs: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Histogram of changes without rows zero under both (figures 4.1.3 and 4.2.2).

    Columns: lower, upper (points), n. Bins are standard deviations divided by bins_per_sd, around
    the mean, up to histogram_sds; the first and the last hold everything beyond. Without any
    spread there is one bin.
    """
    changes = not_zero_under_both(pairs)["change"]
    mean, sd = mean_and_sd(changes)
    if not sd > 0:
        return pd.DataFrame({"lower": [mean], "upper": [mean], "n": [len(changes)]})
    half = rules.bins_per_sd * rules.histogram_sds
    limits = np.round(mean + np.arange(-half, half + 1) * sd / rules.bins_per_sd, DECIMALS)
    number = np.clip(np.searchsorted(limits, changes, side="right") - 1, 0, 2 * half - 1)
    counts = np.bincount(number, minlength=2 * half)
    return pd.DataFrame({"lower": limits[:-1], "upper": limits[1:], "n": counts})


def groups(pairs: pd.DataFrame, *, rules: Rules) -> pd.Series:
    """Group of each row of pairs: lose most, gain most, others.

    Of schools most: beyond extreme_sds standard deviations from the mean, both taken without rows
    that are zero under both. Municipalities differ too much in size for that: few large ones make
    the standard deviation. Of them the extreme_share that lose, and that gain, most points of
    those not zero under both. Index is the key of the pairs.
    """
    moving = not_zero_under_both(pairs)["change"]
    if key_of(pairs) == "municipality":
        low, high = moving.quantile([rules.extreme_share, 1 - rules.extreme_share])
        low, high = min(low, 0.0), max(high, 0.0)
    else:
        mean, sd = mean_and_sd(moving)
        far = round(rules.extreme_sds * sd, DECIMALS)
        low, high = mean - far, mean + far
    change = pairs["change"].to_numpy()
    chosen = np.select([change < low, change > high], [LOSE_MOST, GAIN_MOST], OTHERS)
    return pd.Series(chosen, index=pd.Index(pairs[key_of(pairs)]), name="group")


def _band(changes: pd.Series, *, rules: Rules) -> dict[str, float]:
    mean, sd = mean_and_sd(changes)
    lower, upper = np.rint(mean - rules.band_sds * sd), np.rint(mean + rules.band_sds * sd)
    share = float(changes.between(lower, upper).mean()) if len(changes) else np.nan
    band = {"lower": float(lower), "upper": float(upper), "share": share}
    return {"n": len(changes), "mean": mean, "sd": sd, **band}


def _between(limits: Any) -> pd.DataFrame:
    """Both ends of the classes that limits make, the outer ones infinite."""
    ends = np.array([-np.inf, *limits, np.inf], float)
    return pd.DataFrame({"lower": ends[:-1], "upper": ends[1:]})


def _shares(counts: np.ndarray) -> np.ndarray:
    """Fractions of the sum; NaN where there is nothing."""
    total = counts.sum()
    return counts / total if total else np.full(len(counts), np.nan)
