"""What may be shown of groups of schools that change, and of children registered late."""

import numpy as np
import pandas as pd

from oablib.disclosure.cells import is_few, numbers
from oablib.disclosure.hiding import hide
from oablib.disclosure.places import SCORE
from oablib.disclosure.settings import Rules
from oablib.indicator.comparison import Rules as Comparison
from oablib.indicator.comparison import causes_summary, standardised
from oablib.indicator.comparison.late import PUBLISHED
from oablib.indicator.comparison.profile import COUNTED
from oablib.indicator.comparison.schools import ALL
from oablib.indicator.comparison.shapley import GAINERS, LOSERS, members

NUMBERS = ["schools", "mean", "sd", "mean_absolute", "share", "net_share"]


def causes(table: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """How much each cause moves, as comparison.causes_summary, without groups of few schools.

    table: as from comparison.decomposed. Schools that lose and that gain add up to all that change:
    where one group has too few, neither is shown. A number of which one school makes up more than
    rules.largest_part is not shown either.
    """
    summary = causes_summary(table)
    n = numbers(summary["schools"])
    few = summary["group"][is_few(n, fewest=rules.fewest)].unique().tolist()
    if {LOSERS, GAINERS} & set(few):
        few += [LOSERS, GAINERS]
    hidden = summary["group"].isin(few)
    shown = summary.astype({"schools": float})
    shown[NUMBERS] = shown[NUMBERS].mask(hidden)
    largest = [_largest_part(table, *row) for row in summary[["group", "cause"]].to_numpy()]
    dominated = pd.Series(largest, summary.index) > rules.largest_part
    amounts = [name for name in NUMBERS if name != "schools"]
    shown[amounts] = shown[amounts].mask(dominated)
    return shown


def profile(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Shares of children in groups of schools, as comparison.profile, where neither is of few.

    A group of few schools is hidden whole; as groups add up to all, one more is hidden with it.
    """
    parts, whole = frame[frame["group"] != ALL], frame[frame["group"] == ALL]
    sizes = parts[parts["measure"] == "schools"]
    shown = hide(sizes, rules=rules, counts=["value"], by=["measure"])
    hidden = set(shown.loc[shown["value"].isna(), "group"])
    parts = parts.astype({"value": float, "n": float})
    known = parts[~parts["group"].isin(hidden)]
    counted = known["measure"].isin(COUNTED)
    made = [
        hide(known[counted], rules=rules, counts=["value"], also=["n"], added_up=False),
        hide(
            known[~counted], rules=rules, shares={"value": "n"}, also=["n"],
            by=["measure", "code"], added_up=not hidden,
        ),
    ]  # fmt: skip
    gone = parts[parts["group"].isin(hidden)].assign(value=np.nan, n=np.nan)
    of_all = whole["measure"].isin(COUNTED)
    made += [
        whole[of_all],
        hide(whole[~of_all], rules=rules, shares={"value": "n"}, also=["n"], added_up=False),
    ]
    return pd.concat([*made, gone]).sort_index()


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

    Pupils and toddlers add up to children, and what a month adds is the difference of two rows.
    """
    here = (frame["month"] != PUBLISHED).to_numpy()
    few = {
        str(name): is_few(numbers(frame[name]), fewest=rules.fewest)
        for name in frame.columns.drop("month")
    }
    either = few["pupils"] | few["toddlers"]
    if few["added"].any():  # only the sum of all months is of enough
        earlier = here & ~_last(here)
        few["children"] |= earlier
        few["added"] |= here
        either |= earlier
    few |= {"pupils": either, "toddlers": either}
    return frame.assign(
        **{name: frame[name].astype("Int64").mask(cells) for name, cells in few.items()}
    )


def _last(rows: np.ndarray) -> np.ndarray:
    """The last of the rows that are true."""
    return np.asarray(np.arange(len(rows)) == np.flatnonzero(rows)[-1])


def _largest_part(table: pd.DataFrame, group: str, cause: str) -> float:
    """Share of a sum of absolute parts that one school makes up."""
    sizes = table.loc[members(table, group), cause].abs()
    total = float(sizes.sum())
    return float(sizes.max()) / total if total else 0.0
