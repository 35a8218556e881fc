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


DECLARED = dated.declared(Rules)


def rules(name: str = RULE, *, date: datetime.date | None = None) -> Rules:
    """Read params/rules/<name>.yaml as in force on a day; without one, its newest entries.

    Raises ParameterError naming every fault with its line, and when no entry of some key is in
    force yet.
    """
    return Rules(
        **{key: entry.value for key, entry in dated.in_force(name, DECLARED, date).items()}
    )


def settings(name: str = RULE, *, date: datetime.date | None = None) -> pd.DataFrame:
    """The entries that `rules` reads, as rows: rule (its key), value, in_force_from, source."""
    rows = [
        (key, entry.value, entry.start, entry.source)
        for key, entry in dated.in_force(name, DECLARED, date).items()
    ]
    return pd.DataFrame(rows, columns=["rule", "value", "in_force_from", "source"])
