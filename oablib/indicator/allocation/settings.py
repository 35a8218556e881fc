"""The law in numbers, and choices where it is silent: params/rules/allocation.yaml."""

import datetime
from dataclasses import dataclass
from typing import Annotated, Literal

import pandas as pd

from oablib.base.shown import showable
from oablib.params import dated, kinds

RULE = "allocation"

Ties = Literal["all", "none", "share"]
Scope = Literal["national", "municipal"]
MinimumIf = Literal["A", "score"]


@showable()
@dataclass(frozen=True, slots=True)
class Rules:
    """Fields are the keys of the file; shares are exact fractions.

    largest_score: points. minimum_payment: euro a year. toddler_ages: years, for information.
    national_sites: school sites of the country that the budget is for.
    """

    target_share: kinds.ExactShare
    threshold_schools: kinds.ExactShare
    threshold_municipalities: kinds.ExactShare
    decimals: Annotated[int, kinds.between(0, 6)]
    excluded_school_types: Annotated[tuple[int, ...], kinds.expecting("a list of codes")]
    toddler_ages: Annotated[tuple[kinds.Number, kinds.Number], kinds.expecting("two ages in years")]
    G_scope: Scope
    ties: Ties
    score_decimals: Annotated[int, kinds.between(0, 9)]
    largest_score: Annotated[int, kinds.between(1, 1_000_000)]
    minimum_payment: Annotated[int, kinds.between(0), kinds.expecting("whole euros from 0")]
    minimum_if: MinimumIf
    national_sites: kinds.Count

    @property
    def least_points(self) -> float:
        """A - B from which a score is above 0: less is rounded to 0. Points."""
        return 0.5 / 10**self.decimals


DECLARED = dated.declared(Rules)


def rules(name: str = RULE, *, date: datetime.date | None = None) -> Rules:
    """Read params/rules/<name>.yaml as in force on a day; raises as dated.values."""
    return dated.values(Rules, name, DECLARED, date=date)


def settings(name: str = RULE, *, date: datetime.date | None = None) -> pd.DataFrame:
    """The entries that `rules` reads, as a table with dated.COLUMNS."""
    return pd.DataFrame(dated.rows(name, DECLARED, date=date), columns=list(dated.COLUMNS))
