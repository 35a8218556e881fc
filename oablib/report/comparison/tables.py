"""Tables of the comparison of two indicators, with published figures beside where there are any."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from oablib.base.wording import MINUS
from oablib.indicator.comparison import Rules
from oablib.report.comparison.figures import BOTH_SUMS, DISADVANTAGE, POINTS
from oablib.report.exhibit import About, Table
from oablib.report.table import IN_HEADINGS, Look, show

GROUPS = ("lose most", "gain most", "others", "all")

# Measure -> words with unit, and what its value is multiplied with to be in that unit.
CUTOFF = {
    "boundary_current": ("boundary, current indicator (points)", 1),
    "boundary_new": ("boundary, new indicator (points)", 1),
    "shift": ("shift of the boundary (points)", 1),
    "lowest_under_both": ("children who count by both (%)", 100),
    "only_current": ("children who count by the current one only (%)", 100),
    "only_new": ("children who count by the new one only (%)", 100),
}
RELATIVE = {
    "municipalities": ("municipalities", 1),
    "with_current_score": ("with a current score above zero", 1),
    "from_zero": ("from zero to a score", 1),
    "lower": ("relative change, lower end (%)", 100),
    "upper": ("relative change, upper end (%)", 100),
    "gain": ("gain, of those not zero under both (%)", 100),
    "lose": ("lose, of those not zero under both (%)", 100),
    "largest_change": ("relative change of the largest together (%)", 100),
}


def score_differences_table(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
    """Differences between new and current scores of children (table 3.2.3)."""
    measures = ["mean", "sd", "lower", "upper", "r"]
    parts = [frame[["scores", "n", *measures]].astype({"n": "Int64"}).assign(of="Here")]
    if f"published_{measures[0]}" in frame:
        printed = frame[[f"published_{name}" for name in measures]].set_axis(measures, axis=1)
        parts.append(printed.assign(scores=frame["scores"], of="Published"))
    return show(
        pd.concat(parts, ignore_index=True),
        "score-differences",
        title="New minus current onderwijsscore",
        unit=POINTS,
        note="r: correlation of both scores; lower, upper: "
        f"{rules.difference_sds:g} sd from the mean",
        about=about,
        look=Look(groups="of", labels={"n": "children"}),
    )


def cutoff_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Where the boundary lies by both indicators, and who crosses it."""
    return show(
        _in_units(frame, CUTOFF),
        "cutoff",
        title="The boundary of the lowest scores",
        unit=IN_HEADINGS,
        note="children who count: at or below the boundary; of all children",
        about=about,
    )


def crosstable_table(frame: pd.DataFrame, *, about: About) -> Table:
    """How many schools are above zero by which indicator (table 4.1.2)."""
    labels = {
        "current": "current score",
        "new": "new score",
        "n": "schools",
        "rescaled": "published, for as many schools",
    }
    return show(
        frame,
        "crosstable",
        title="Schools with a score above zero, by both indicators",
        unit="schools; % of all schools",
        about=about,
        look=Look(labels=labels, shares=("share", "published_share"), digits=0),
    )


def classes_table(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
    """Schools by class of change (table 4.1.4)."""
    shown = {"change": _ranges(frame, "lower", "upper"), "n": frame["n"], "share": frame["share"]}
    if "published" in frame:
        shown["published_change"] = _ranges(frame, "published_lower", "published_upper")
        shown |= {name: frame[name] for name in ("published", "published_share")}
    sds = ", ".join(f"{each:g}" for each in rules.class_sds).replace("-", MINUS)
    return show(
        pd.DataFrame(shown),
        "classes",
        title="Change of the achterstandsscore of schools, in classes",
        unit=f"{DISADVANTAGE}; schools; % of these schools",
        note=f"Limits: {sds} standard deviations from the mean; a class holds its lower limit. "
        f"Schools zero by both are left out. {BOTH_SUMS}",
        about=about,
        look=Look(labels={"n": "schools"}, shares=("share", "published_share")),
    )


def bands_table(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
    """Share of schools with an ordinary change."""
    whole = ("lower", "upper", "published_lower", "published_upper")
    labels = {"n": "number", "share": "within", "published_share": "published within"}
    return show(
        frame,
        "bands",
        title="Schools with an ordinary change",
        unit=f"{DISADVANTAGE}; % of schools",
        note=f"lower, upper: mean and {rules.band_sds:g} sd, rounded to whole points as published. "
        f"{BOTH_SUMS}",
        about=about,
        look=Look(
            labels=labels, shares=("share", "published_share"), digits=dict.fromkeys(whole, 0)
        ),
    )


def relative_table(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
    """Relative changes of municipalities in numbers; frame: as in Relative.summary."""
    return show(
        _in_units(frame, RELATIVE),
        "relative",
        title="Relative change of the achterstandsscore of municipalities",
        unit=IN_HEADINGS,
        note=f"lower and upper end hold {100 * rules.interval:g} % of the municipalities; "
        f"published ends those of most. {BOTH_SUMS}",
        about=about,
        look=Look(digits=1, count_rows=(0, 1, 2)),
    )


def largest_table(frame: pd.DataFrame, *, names: Mapping[str, str], about: About) -> Table:
    """The largest municipalities; frame: as in Relative.table, names: code -> name."""
    part = frame[frame["largest"]].sort_values("current", ascending=False)
    named = part.assign(municipality=part.iloc[:, 0].map(names))
    return show(
        named[["municipality", "current", "new", "change", "relative"]],
        "largest",
        title="The municipalities with the largest scores",
        unit=f"{DISADVANTAGE}; relative: % of the current score",
        note=BOTH_SUMS,
        about=about,
        look=Look(digits=0, shares=("relative",)),
    )


def _in_units(frame: pd.DataFrame, measures: Mapping[str, tuple[str, int]]) -> pd.DataFrame:
    """Measures in words, their values in the unit that stands there."""
    factors = frame["measure"].map({name: factor for name, (_, factor) in measures.items()})
    numbers = {name: frame[name] * factors for name in ("value", "published") if name in frame}
    return frame.assign(
        measure=frame["measure"].map({name: text for name, (text, _) in measures.items()}),
        **numbers,
    )


def _ranges(frame: pd.DataFrame, lower: str, upper: str) -> pd.Series:
    ends = zip(frame[lower], frame[upper], strict=True)
    return pd.Series([_range(low, high) for low, high in ends], index=frame.index)


def _range(low: float, high: float) -> str:
    start, end = (f"{each:,.1f}".replace("-", MINUS) for each in (low, high))
    if np.isneginf(low):
        return f"less than {end}"
    return f"{start} or more" if np.isposinf(high) else f"{start} to {end}"
