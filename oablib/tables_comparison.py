"""Tables of the comparison of two indicators, with published figures beside where there are any."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from oablib.codebook import Table as CodebookTable
from oablib.comparison import Rules
from oablib.comparison.late import PUBLISHED
from oablib.exhibit import About, Table
from oablib.figures_causes import COUNTED, beyond, characteristic, many_imputed
from oablib.figures_comparison import BOTH_SUMS, DISADVANTAGE, POINTS
from oablib.tables_canvas import IN_HEADINGS, Look, show
from oablib.wording import MINUS, words

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


def score_differences(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
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


def cutoff(frame: pd.DataFrame, *, about: About) -> Table:
    """Where the boundary lies by both indicators, and who crosses it."""
    return show(
        _in_units(frame, CUTOFF),
        "cutoff",
        title="The boundary of the lowest scores",
        unit=IN_HEADINGS,
        note="children who count: at or below the boundary; of all children",
        about=about,
    )


def crosstable(frame: pd.DataFrame, *, about: About) -> Table:
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


def classes(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
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


def bands(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
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


def relative(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
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


def largest(frame: pd.DataFrame, *, names: Mapping[str, str], about: About) -> Table:
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


def causes(frame: pd.DataFrame, *, about: About) -> Table:
    """How much each cause moves, in groups of schools."""
    counted = frame["group"] + " (" + frame["schools"].map("{:,} schools".format) + ")"
    return show(
        frame.drop(columns="schools").assign(group=counted, cause=frame["cause"].map(words)),
        "causes",
        title="What moves schools, and how much",
        unit=f"{DISADVANTAGE} a school; %",
        note="share: of all absolute parts; net share: of all absolute changes, a part against the "
        f"change counted negative. {BOTH_SUMS}",
        about=about,
        look=Look(groups="group", shares=("share", "net_share")),
    )


def most_changed(frame: pd.DataFrame, *, about: About) -> Table:
    """Schools that lose and gain most, with the parts of their change."""
    ends = np.where(frame["change"] < 0, "Lose most", "Gain most")
    return show(
        frame.assign(group=ends),
        "most-changed",
        title="Schools that change most",
        unit=DISADVANTAGE,
        note=f"Parts add up to the change. {BOTH_SUMS}",
        about=about,
        look=Look(groups="group", digits=1, labels={"school_id": "school"}),
    )


def profile(frame: pd.DataFrame, *, table: CodebookTable, rules: Rules, about: About) -> Table:
    """What groups of schools have in common; table: describes the codes of origin."""
    wide = frame.pivot(index=["measure", "code"], columns="group", values="value")
    order = frame[["measure", "code"]].drop_duplicates()
    wide = wide.reindex(pd.MultiIndex.from_frame(order))[list(GROUPS)].reset_index()
    counted = wide["measure"].isin(COUNTED)
    factors = np.where(counted, 1, 100)
    shown = wide[list(GROUPS)].mul(factors, axis=0)
    named = [characteristic(*each, table=table) for each in order.itertuples(index=False)]
    return show(
        shown.assign(characteristic=named)[["characteristic", *GROUPS]],
        "profile",
        title="What schools that change most have in common",
        unit=IN_HEADINGS,
        note=f"% of the children for whom it is known; {beyond(rules)}; {many_imputed(rules)}",
        about=about,
        look=Look(digits=1, count_rows=list(np.flatnonzero(counted))),
    )


def late_registrations(frame: pd.DataFrame, *, about: About) -> Table:
    """Asylum seekers and status holders found by adding later months (chapter 5)."""
    labels = {
        "month": "up to",
        "added": "of that month",
        "children": "children so far",
        "schools_3_or_4": "schools with 3 or 4",
        "schools_5_or_more": "schools with 5 or more",
    }
    beside = (frame["month"] == PUBLISHED).any()
    return show(
        frame,
        "late-registrations",
        title="Asylum seekers and status holders who are registered late",
        unit="children; schools",
        note="Published: October to December 2020" if beside else "",
        about=about,
        look=Look(labels=labels),
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
