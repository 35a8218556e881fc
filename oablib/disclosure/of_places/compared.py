"""What may be shown of groups of schools that change, and of children registered late."""

import numpy as np
import pandas as pd

from oablib.disclosure.cells import is_few, numbers
from oablib.disclosure.hiding import hide, merge
from oablib.disclosure.of_places.scores import SCORE, whole_steps
from oablib.disclosure.settings import Rules
from oablib.indicator.comparison import ALL_CHANGED, causes_of, causes_summary, standardised
from oablib.indicator.comparison import Rules as Comparison
from oablib.indicator.comparison.late import PUBLISHED
from oablib.indicator.comparison.profile import COUNTED
from oablib.indicator.comparison.schools import ALL, GAIN_MOST, LOSE_MOST
from oablib.indicator.comparison.shapley import GAINERS, LOSERS, members

AMOUNTS = ["mean", "sd", "mean_absolute", "share", "net_share"]
NUMBERS = ["places", *AMOUNTS]
FAMILIES = ((ALL_CHANGED, LOSERS, GAINERS), (LOSE_MOST,), (GAIN_MOST,))
"""Groups of which one follows from the others."""
PARTS = ["pupils", "toddlers"]
TOGETHER = "together"
SHARE_DECIMALS = 4
SEVERAL = ["schools_3_or_4", "schools_5_or_more"]


def causes(table: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """How much each cause moves, as comparison.causes_summary, without groups of few places.

    table: as from comparison.decomposed. Places that lose and that gain add up to all that change:
    where one group has too few, neither is shown; nor are those that change most where few others
    change in their direction. A number of which one place makes up more than rules.largest_part is
    not shown either; as shares add up over causes, another one is hidden with it.
    """
    summary = causes_summary(table)
    few = _few_groups(summary.groupby("group")["places"].first(), rules=rules)
    shown = summary.astype({"places": float})
    shown[NUMBERS] = shown[NUMBERS].mask(summary["group"].isin(few))
    for family in FAMILIES:
        hidden = _dominated(table, family, rules=rules)
        rows = summary["group"].isin(family) & summary["cause"].isin(hidden)
        shown[AMOUNTS] = shown[AMOUNTS].mask(rows)
    return shown


def _few_groups(places: pd.Series, *, rules: Rules) -> set[str]:
    few = {str(name) for name, n in places.items() if 0 < n < rules.fewest}
    if {LOSERS, GAINERS} & few:
        few |= {LOSERS, GAINERS}
    for side, most in ((LOSERS, LOSE_MOST), (GAINERS, GAIN_MOST)):
        if 0 < abs(places[side] - places[most]) < rules.fewest:
            few.add(most)
    return few


def _dominated(table: pd.DataFrame, family: tuple[str, ...], *, rules: Rules) -> set[str]:
    """Causes of which one place makes up too much, and as many more as it takes, small first."""
    rows = [members(table, group) for group in family]
    sizes = table[causes_of(table)].abs()

    def too_much(names: set[str]) -> bool:
        together = sizes[sorted(names)].sum(axis=1)
        parts = (together[chosen] for chosen in rows)
        return any(part.max() > rules.largest_part * part.sum() for part in parts if len(part))

    whole = sizes[rows[0]].sum()
    hidden = {name for name in causes_of(table) if too_much({name})}
    others = sorted(set(causes_of(table)) - hidden, key=lambda name: (whole[name], name))
    while hidden and others and (len(hidden) == 1 or too_much(hidden)):
        hidden.add(others.pop(0))
    return hidden


def classes(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Schools by class of change, as comparison.classes: all, or where one is of few, none.

    Schools that lose or gain, and those with an ordinary change, are sums of classes too, so that
    few would follow from what is left.
    """
    shown = hide(frame, counts=["n"], also=["share"], rules=rules)
    return shown.assign(n=np.nan, share=np.nan) if shown["n"].isna().any() else shown


def profile(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Shares of children in groups of places, as comparison.profile, where neither is of few.

    A group of few places is hidden whole; as groups add up to all, one more is hidden with it, and
    so is a share from which one of few would follow for these groups together.
    """
    parts, whole = frame[frame["group"] != ALL], frame[frame["group"] == ALL]
    parts = parts.astype({"value": float, "n": float})
    sizes = hide(parts[parts["measure"] == "places"], rules=rules, counts=["value"], by=["measure"])
    hidden = parts["group"].isin(sizes.loc[sizes["value"].isna(), "group"])
    judged = pd.concat([parts[~hidden], _together(parts[hidden])])
    counted, of_all = judged["measure"].isin(COUNTED), whole["measure"].isin(COUNTED)
    shares, n = {"value": "n"}, ["n"]
    made = pd.concat(
        [
            hide(judged[counted], rules=rules, counts=["value"], also=n, by=["measure"]),
            hide(judged[~counted], rules=rules, counts=n, shares=shares, by=["measure", "code"]),
            parts[hidden].assign(value=np.nan, n=np.nan),
            whole[of_all],
            hide(whole[~of_all], rules=rules, counts=n, shares=shares, added_up=False),
        ]
    )
    return made[made["group"] != TOGETHER].sort_index()


def _together(parts: pd.DataFrame) -> pd.DataFrame:
    """Groups that are hidden as one: what they have follows from all and from those shown."""
    counted = parts["measure"].isin(COUNTED)
    amount = parts["value"].fillna(0).where(counted, parts["value"].fillna(0) * parts["n"])
    sums = parts.assign(value=amount).groupby(["measure", "code"], sort=False)[["value", "n"]].sum()
    rows = sums.assign(group=TOGETHER).reset_index()
    shares = (rows["value"] / rows["n"]).where(rows["n"] > 0)
    return rows.assign(value=rows["value"].where(rows["measure"].isin(COUNTED), shares))


def pairs(current: pd.DataFrame, new: pd.DataFrame, *, rules: Comparison) -> pd.DataFrame:
    """Pairs of scores of municipalities that are shown on both sides, as comparison.standardised.

    current, new: as from places.municipalities. Without rows where no score above 0 is left.
    """
    shown = [frame.dropna(subset=[SCORE]) for frame in (current, new)]
    if not all(frame[SCORE].sum() > 0 for frame in shown):
        columns = ["municipality", "current", "new", "change"]
        return pd.DataFrame({name: [] for name in columns})
    return standardised(*shown, key="municipality", rules=rules)


def late(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Children registered late, as comparison.late_registrations, without counts of few.

    Pupils and toddlers add up to children, and what a month adds is the difference of two rows:
    where it is of few, only the last row keeps the column. Schools with one or two such children
    are all less those with more.
    """
    here = (frame["month"] != PUBLISHED).to_numpy()
    earlier = here & (np.arange(len(here)) != np.flatnonzero(here)[-1])
    values = {str(name): numbers(frame[name]) for name in frame.columns.drop("month")}
    few = {name: is_few(amount, fewest=rules.fewest) for name, amount in values.items()}
    for name, amount in values.items():
        if is_few(np.abs(np.diff(amount[here])), fewest=rules.fewest).any() and name != "added":
            few[name] |= earlier
    if few["added"].any():
        few["children"] |= earlier
        few["added"] |= here
    either = few["pupils"] | few["toddlers"] | few["children"]
    few |= dict.fromkeys(PARTS, either)
    single = values["schools"] - sum(values[name] for name in SEVERAL)
    few |= {name: few[name] | is_few(single, fewest=rules.fewest) for name in SEVERAL}
    return frame.assign(
        **{name: frame[name].astype("Int64").mask(cells) for name, cells in few.items()}
    )


def late_points(
    frame: pd.DataFrame, *, counts: pd.DataFrame, rules: Rules, step: float
) -> pd.DataFrame:
    """What late registrations add, as comparison.late_points, in whole steps and not of few.

    counts: as from `late`; a month of which the children are not shown has no points here either,
    nor one to which the next adds few. Places to which the next month adds few are not counted.
    Points of schools and of municipalities stand beside each other, and the toddlers, who are few,
    count in one of both: a step is as much as several of them add. How many children each level
    counts is left out for the same reason. Shares and euro are of the steps, rounded so that
    national sums do not follow.
    """
    month = frame["months"].to_numpy() - 1
    few = counts.loc[counts["month"] != PUBLISHED, "children"].isna().to_numpy()[month]
    few |= numbers(frame["largest"]) > rules.largest_part
    children, places = (numbers(frame[name]) for name in ("children", "places"))
    few |= is_few(children, fewest=rules.fewest) | is_few(places, fewest=rules.fewest)
    uncounted = np.zeros(len(frame), bool)
    for rows in frame.groupby("level").indices.values():
        few[rows[:-1]] |= is_few(np.diff(children[rows]), fewest=rules.fewest)
        uncounted[rows[:-1]] = is_few(np.diff(places[rows]), fewest=rules.fewest)
    points, euro_step = numbers(frame["points"]), rules.constants.euro_step
    stepped = whole_steps(points, step)
    part = np.divide(stepped, points, out=np.zeros_like(points), where=points != 0)
    amounts = {
        "places": np.where(uncounted, np.nan, places),
        "points": stepped,
        "share": (frame["share"] * part).round(SHARE_DECIMALS).to_numpy(),
        "euro": whole_steps(frame["euro"] * part, euro_step),
    }
    shown = frame[["level", "months"]].assign(**amounts)
    return shown.assign(**{name: shown[name].mask(few) for name in amounts})


def swings(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Swings of children's scores, as comparison.swings, without rows of few.

    Who crosses the boundary, or does not, may not be of few; quantiles have enough beyond them.
    """
    few = is_few(numbers(frame["n"]), fewest=rules.fewest)
    values = [name for name in frame if name != "scores"]
    shown = frame.astype(dict.fromkeys(values, float))
    shown.loc[few, values] = np.nan
    shown.loc[frame["beyond"] < rules.fewest, ["lower", "upper", "beyond"]] = np.nan
    judged = hide(shown, rules=rules, shares={"crossing": "n"}, added_up=False)
    return shown.assign(crossing=judged["crossing"])


def by_matched(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Mean changes of schools by share matched, as comparison.by_matched; classes of few merged.

    A mean of which one school makes up more than rules.largest_part is not shown.
    """
    merged = merge(frame, rules=rules, counts=["schools"], sums=["year", "lot"])
    row = np.searchsorted(merged["lower"], frame["lower"], side="right") - 1
    for name in ("year", "lot"):
        largest = frame[f"largest_{name}"].groupby(row).max()
        few = largest > rules.largest_part * merged[name]
        merged[name] = (merged[name] / merged["schools"]).mask(few)
    shown = merged[["lower", "upper", "schools", "year", "lot"]]
    return shown[shown["schools"] != 0].reset_index(drop=True)
