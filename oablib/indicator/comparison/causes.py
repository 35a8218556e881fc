"""What a place's score would be with some causes of a change as they are now, others as before.

A place is a school site or a municipality; a level says which.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Literal

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

Level = Literal["schools", "municipalities"]
SCHOOLS: Final = "schools"
MUNICIPALITIES: Final = "municipalities"
KEYS: Mapping[Level, str] = {SCHOOLS: "school_id", MUNICIPALITIES: "municipality"}
"""Level -> the column that names a place."""


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


@showable(private=("table", "pairs", "places"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Decomposition:
    """Why places changed. table: as from shapley.decomposed. pairs: as from standardised.

    places: the table after, as from allocation.schools or allocation.municipalities.
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    places: pd.DataFrame

    @property
    def summary(self) -> pd.DataFrame:
        """How much each cause moves, in groups of places; as from shapley.causes_summary."""
        return causes_summary(self.table)


def decompose(
    between: "Between",
    *,
    causes: Sequence[str],
    rules: Rules,
    level: Level = SCHOOLS,
    only: Collection[str] | None = None,
) -> Decomposition:
    """Take the change of each place's score between two situations apart into causes.

    causes: OF_THE_INDICATOR where both situations have the same children, else ALL. only: names of
    the places that are compared, None for all; their scores are scaled to one sum, which is a part
    of its own, and those that change most are found among them. Parts are Shapley values (see
    shapley) of `Between.value`. Raises ComparisonError as standardised and decomposed.
    """
    key = KEYS[level]
    tables = [between.places(level, after=end) for end in (False, True)]
    compared = [allocation.with_pupils(table) for table in tables]
    if only is not None:
        compared = [table[table[key].isin(only)] for table in compared]
    pairs = standardised(*compared, key=key, rules=rules)
    parts = shapley(causes, value=between.value(level))
    table = decomposed(parts, pairs, keys=tables[1][key], rules=rules)
    return Decomposition(table, pairs, tables[1])


def table_of(
    level: Level,
    children: Children,
    *,
    score: NDArray,
    how: Procedure,
    national: National | None = None,
) -> pd.DataFrame:
    """The table of a level, as allocation.schools or allocation.municipalities; score: (n,)."""
    options: dict[str, Any] = {"rules": how.allocation, "national": national}
    frame, sites = children.frame(score=score), children.sites
    if level == SCHOOLS:
        return allocation.schools(frame, sites, **options)
    return allocation.municipalities(frame, sites, children.municipalities, **options)


class Between:
    """Scores of places in two situations and in all between; what takes time is kept."""

    def __init__(self, before: Situation, after: Situation, *, how: Procedure) -> None:
        """Both situations must name the same sites and municipalities."""
        self._ends, self.how = {False: before, True: after}, how
        self._kept: dict[tuple[object, ...], Any] = {}
        # Whether the children of both are the same, with the same draws.
        self._alike = before.children is after.children and before.drawn is after.drawn

    def places(self, level: Level, *, after: bool) -> pd.DataFrame:
        """The table of a level at one end, as allocation.schools or allocation.municipalities."""
        score = self.at(after=after).score
        return table_of(level, self.children(after=after), score=score, how=self.how)

    def children(self, *, after: bool) -> Children:
        """Children at one end."""
        return self._ends[after].children

    def at(self, *, after: bool) -> Scores:
        """Scores of children at one end."""
        return self._once("end", after, make=lambda end: self._ends[end].scored(self.how))

    def joined(self, level: Level) -> NDArray[np.bool_]:
        """Children in the target group of a level after and not before, (n,).

        Both situations must have the same children.
        """
        rules = self.how.allocation
        before, after = (
            allocation.in_units(self.at(after=end).score, rules=rules)
            <= self._once("national", level, end, make=self._national).cut
            for end in (False, True)
        )
        return after & ~before

    def value(self, level: Level = SCHOOLS) -> Callable[[Chosen], NDArray]:
        """Score of each place of a level, (places,), by the causes that are as after.

        coefficients: direct effects. scale_values: of categories. donors: the children whose
        scores others get, as the indicator before or after chooses them. boundary: how far below
        the national mean C the boundary lies, and the mean G of the lowest, before or after.
        population: the children with what is known and drawn of them. With none the result is the
        score before, with all the score after; places come as in the table of the level.

        Scores are moved to the mean that the boundary was found with, so that the constant of
        neither indicator, which is arbitrary, is part of any cause.
        """
        return partial(self._value, level)

    def _value(self, level: Level, chosen: Chosen) -> NDArray:
        children = self._ends[POPULATION in chosen].children
        means = self._once("national", level, BOUNDARY in chosen, make=self._national)
        score = self._once("score", chosen - {BOUNDARY}, make=self._score)
        moved = means.C - self._means(level, children, score).C
        table = table_of(level, children, score=score + moved, how=self.how, national=means)
        return table["achterstandsscore"].to_numpy(np.float64)

    def _means(self, level: Level, children: Children, score: NDArray) -> National:
        of_level = {
            SCHOOLS: allocation.national_of_schools,
            MUNICIPALITIES: allocation.national_of_municipalities,
        }[level]
        frame = children.frame(score=score)
        return of_level(frame, children.sites, rules=self.how.allocation)

    def _once(self, *key: object, make: Callable[..., Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = make(*key[1:])
        return self._kept[key]

    def _national(self, level: Level, after: bool) -> National:
        return self._means(level, self.children(after=after), self.at(after=after).score)

    def _score(self, chosen: Chosen) -> NDArray:
        """Scores of children with some causes as after, the boundary aside."""
        ends = {cause in chosen for cause in (COEFFICIENTS, SCALE_VALUES, DONORS)}
        if not self._alike:
            ends.add(POPULATION in chosen)
        if len(ends) == 1:
            return self.at(after=ends.pop()).score
        people = POPULATION in chosen
        effects, values = (
            self._ends[cause in chosen].indicator for cause in (COEFFICIENTS, SCALE_VALUES)
        )
        mixed = replace(self._ends[people], indicator=replace(effects, values=values.values))
        return mixed.scored(self.how, matches=self._matches(people, DONORS in chosen)).score

    def _matches(self, people: bool, chooser: bool) -> Matches:
        """Donors among the children of one end, chosen by the indicator of an end."""
        if self._alike or people == chooser:
            return self.at(after=chooser).matches
        return self._once("donors", people, chooser, make=self._chosen)

    def _chosen(self, people: bool, chooser: bool) -> Matches:
        situation = replace(self._ends[people], indicator=self._ends[chooser].indicator)
        return situation.scored(self.how).matches
