"""What a school's score would be with some causes of a change as they are now, others as before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.shown import showable
from oablib.indicator import allocation, pupil_scores
from oablib.indicator.allocation import National
from oablib.indicator.comparison.settings import Rules
from oablib.indicator.comparison.shapley import causes_summary, decomposed, shapley
from oablib.indicator.comparison.standardised import standardised
from oablib.indicator.pupil_scores import Children, Education, Indicator, Matches, Scores

COEFFICIENTS, SCALE_VALUES, DONORS, BOUNDARY, POPULATION = (
    "coefficients", "scale_values", "donors", "boundary", "population",
)  # fmt: skip
OF_THE_INDICATOR = (COEFFICIENTS, SCALE_VALUES, DONORS, BOUNDARY)
"""Causes where both situations have the same children."""

ALL = (*OF_THE_INDICATOR, POPULATION)
Chosen = frozenset[str]


@dataclass(frozen=True, slots=True)
class Procedure:
    """How scores are computed: rules of scores and of the allocation, and the seed of the draws."""

    scores: pupil_scores.Rules
    allocation: allocation.Rules
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Situation:
    """The children of a reference date, their drawn education, and an indicator."""

    children: Children
    drawn: Education
    indicator: Indicator

    def scored(self, how: Procedure, *, matches: Matches | None = None) -> Scores:
        """Scores of the children; matches: donors chosen already, None to choose them."""
        return pupil_scores.score(
            self.children,
            self.drawn,
            indicator=self.indicator,
            rules=how.scores,
            seed=how.seed,
            matches=matches,
        )


@showable(private=("table", "pairs", "schools"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Decomposition:
    """Why schools changed. table: as from shapley.decomposed. pairs: as from standardised.

    schools: the table of schools after, as from allocation.schools.
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    schools: pd.DataFrame

    @property
    def summary(self) -> pd.DataFrame:
        """How much each cause moves, in groups of schools; as from shapley.causes_summary."""
        return causes_summary(self.table)


def decompose(
    before: Situation, after: Situation, *, causes: Sequence[str], how: Procedure, rules: Rules
) -> Decomposition:
    """Take the change of each school's score between two situations apart into causes.

    causes: OF_THE_INDICATOR where both situations have the same children, else ALL. Parts are
    Shapley values (see shapley) of what `value` says; both scores are scaled to one sum, which
    is a part of its own. Raises ComparisonError as standardised and decomposed.
    """
    between = _Between(before, after, how)
    tables = [between.schools(after=end) for end in (False, True)]
    pairs = standardised(*map(allocation.with_pupils, tables), key="school_id", rules=rules)
    parts = shapley(causes, value=between.value)
    table = decomposed(parts, pairs, keys=tables[1]["school_id"], rules=rules)
    return Decomposition(table, pairs, tables[1])


def value(before: Situation, after: Situation, *, how: Procedure) -> Callable[[Chosen], NDArray]:
    """Score of each school, (sites,), by the causes that are as in `after`.

    coefficients: direct effects. scale_values: of categories. donors: the children whose scores
    others get, as the indicator before or after chooses them. boundary: how far below the
    national mean C the boundary lies, and the mean G of the lowest, before or after. population:
    the children with what is known and drawn of them. With none the result is the score before,
    with all the score after; schools come as in the table of allocation.schools. Both situations
    must name the same sites.

    Scores are moved to the mean that the boundary was found with, so that the constant of neither
    indicator, which is arbitrary, is part of any cause.
    """
    return _Between(before, after, how).value


class _Between:
    """Scores of schools in two situations and in all between; what takes time is kept."""

    def __init__(self, before: Situation, after: Situation, how: Procedure) -> None:
        self._ends, self._how = {False: before, True: after}, how
        self._kept: dict[tuple[object, ...], Any] = {}
        # Whether the children of both are the same, with the same draws.
        self._alike = before.children is after.children and before.drawn is after.drawn

    def schools(self, *, after: bool) -> pd.DataFrame:
        """The table of schools at one end, as allocation.schools."""
        sites = self._ends[after].children.sites
        return allocation.schools(self._frame(after), sites, rules=self._how.allocation)

    def value(self, chosen: Chosen) -> NDArray:
        """As `value`."""
        rules, children = self._how.allocation, self._ends[POPULATION in chosen].children
        means = self._once("national", BOUNDARY in chosen, make=self._national)
        score = self._once("score", chosen - {BOUNDARY}, make=self._score)
        frame, sites = children.frame(score=score), children.sites
        there = allocation.national_of_schools(frame, sites, rules=rules)
        frame["score"] = score + (means.C - there.C)
        table = allocation.schools(frame, sites, rules=rules, national=means)
        return table["achterstandsscore"].to_numpy(np.float64)

    def _once(self, *key: object, make: Callable[..., Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = make(*key[1:])
        return self._kept[key]

    def _at(self, after: bool) -> Scores:
        """Scores at one end."""
        return self._once("end", after, make=lambda end: self._ends[end].scored(self._how))

    def _frame(self, after: bool) -> pd.DataFrame:
        return self._ends[after].children.frame(score=self._at(after).score)

    def _national(self, after: bool) -> National:
        sites, rules = self._ends[after].children.sites, self._how.allocation
        return allocation.national_of_schools(self._frame(after), sites, rules=rules)

    def _score(self, chosen: Chosen) -> NDArray:
        """Scores of children with some causes as after, the boundary aside."""
        ends = {cause in chosen for cause in (COEFFICIENTS, SCALE_VALUES, DONORS)}
        if not self._alike:
            ends.add(POPULATION in chosen)
        if len(ends) == 1:
            return self._at(ends.pop()).score
        people = POPULATION in chosen
        effects, values = (
            self._ends[cause in chosen].indicator for cause in (COEFFICIENTS, SCALE_VALUES)
        )
        mixed = replace(self._ends[people], indicator=replace(effects, values=values.values))
        return mixed.scored(self._how, matches=self._matches(people, DONORS in chosen)).score

    def _matches(self, people: bool, chooser: bool) -> Matches:
        """Donors among the children of one end, chosen by the indicator of an end."""
        if self._alike or people == chooser:
            return self._at(chooser).matches
        return self._once("donors", people, chooser, make=self._chosen)

    def _chosen(self, people: bool, chooser: bool) -> Matches:
        situation = replace(self._ends[people], indicator=self._ends[chooser].indicator)
        return situation.scored(self._how).matches
