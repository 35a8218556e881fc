"""The sentences with which the allocation answers its question."""

import pandas as pd

from oablib.base.wording import number, percent
from oablib.indicator.allocation import Grants, National, with_pupils


def answer(schools: pd.DataFrame, municipalities: pd.DataFrame, *, of_schools: National) -> str:
    """How many places have a score, how concentrated scores are, and where the boundary lies.

    Tables as allocation.schools and allocation.municipalities; sites without pupils do not count.
    """
    schools = with_pupils(schools)
    step = number(of_schools.C - of_schools.boundary)
    return (
        f"**{_above(schools)} school sites** have an achterstandsscore above 0, and "
        f"**{_above(municipalities)} municipalities**. Half of all points of schools belong to "
        f"{percent(_half(schools))} of the sites. A pupil counts up to a score of "
        f"{number(of_schools.boundary)}, which is **{step} points** below the national mean: so "
        "much, and not less, does the last one who counts add to its school."
    )


def answer_grants(divided: Grants) -> str:
    """How many municipalities get the minimum, what that takes, and what a point is worth."""
    table = divided.table
    lifted, spent = int(table["at_minimum"].sum()), float(table["grant"].sum())
    point = divided.J / divided.K
    return (
        f"**{lifted:,} of {len(table):,} municipalities** are lifted to the minimum, which takes "
        f"{percent((spent - divided.J) / spent, 1)} of the budget of {spent:,.0f} euro; a point "
        f"of the mean of both years is worth **{point:,.2f} euro**."
    )


def _above(table: pd.DataFrame) -> str:
    above = int((table["achterstandsscore"] > 0).sum())
    return f"{above:,} of {len(table):,}"


def _half(table: pd.DataFrame) -> float:
    """Share of places, largest first, that hold half of all points; 0 where there are none."""
    ordered = table["achterstandsscore"].sort_values(ascending=False).cumsum()
    whole = float(ordered.iloc[-1])
    return float((ordered < whole / 2).sum() + 1) / len(table) if whole else 0.0
