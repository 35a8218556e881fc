"""What a school's score would be with some causes of a change as they are now, others as before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib import allocation, pupil_scores
from oablib.allocation import National
from oablib.comparison.settings import Rules
from oablib.comparison.shapley import causes_summary, decomposed, shapley
from oablib.comparison.standardised import standardised
from oablib.pupil_scores import Children, Education, Indicator, Matches, Scores
from oablib.shown import showable

COEFFICIENTS, SCALE_VALUES, DONORS, BOUNDARY, POPULATION = (
    "coefficients", "scale_values", "donors", "boundary", "population",
)  # fmt: skip
OF_THE_INDICATOR = (COEFFICIENTS, SCALE_VALUES, DONORS, BOUNDARY)
"""Causes where both sides have the same children."""

ALL = (*OF_THE_INDICATOR, POPULATION)
Chosen = frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One situation: the children of a reference date, their drawn education, an indicator."""

    children: Children
    drawn: Education
    indicator: Indicator


@dataclass(frozen=True, slots=True)
class How:
    """What both sides share: rules of scores and of the allocation, and the seed of the draws."""

    scores: pupil_scores.Rules
    allocation: allocation.Rules
    seed: int


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
    before: Side, after: Side, *, causes: Sequence[str], how: How, rules: Rules
) -> Decomposition:
    """Take the change of each school's score between two situations apart into causes.

    causes: OF_THE_INDICATOR where both sides have the same children, else ALL. Scores of both
    are scaled to one sum, which is a part of its own. Raises ComparisonError as standardised and
    decomposed.
    """
    tables = [of_schools(side, how=how) for side in (before, after)]
    pairs = standardised(*tables, key="school_id", rules=rules)
    found = parts(before, after, causes=causes, how=how)
    table = decomposed(found, pairs, keys=tables[1]["school_id"], rules=rules)
    return Decomposition(table, pairs, tables[1])


def parts(before: Side, after: Side, *, causes: Sequence[str], how: How) -> dict[str, NDArray]:
    """Part of each cause in the change of each school's score: cause -> (sites,), in points.

    Schools come as in `of_schools`. Shapley values over `causes` (see shapley and value): they add
    up to the change exactly.
    """
    return shapley(causes, value=value(before, after, how=how))


def of_schools(side: Side, *, how: How) -> pd.DataFrame:
    """The table of schools in one situation, as allocation.schools."""
    return allocation.schools(
        _frame(side, _scores(side, how, matches=None)), side.children.sites, rules=how.allocation
    )


def value(before: Side, after: Side, *, how: How) -> Callable[[Chosen], NDArray]:
    """Score of each school, (sites,), by the causes that are as in `after`.

    coefficients: direct effects. scale_values: of categories. donors: which children lend their
    score to others, as the indicator before or after chooses them. boundary: how far below the
    national mean C the boundary lies, and the mean G of the lowest, before or after. population:
    the children with what is known and drawn of them. With none the result is the score before,
    with all the score after. Both sides must name the same sites.

    Scores are moved to the mean that the boundary was found with, so that the constant of neither
    indicator, which is arbitrary, is part of any cause.
    """
    sides = {False: before, True: after}
    rules = how.allocation

    def matched(people: bool, chooser: bool) -> Matches:
        side = replace(sides[people], indicator=sides[chooser].indicator)
        return _scores(side, how, matches=None).matches

    def national(which: bool) -> National:
        side = sides[which]
        frame = _frame(side, _scores(side, how, matches=donors(which, which)))
        return allocation.national_of_schools(frame, side.children.sites, rules=rules)

    donors, country = cache(matched), cache(national)

    @cache
    def scored(chosen: Chosen) -> NDArray:
        side = replace(sides[POPULATION in chosen], indicator=_mixed(before, after, chosen))
        own = donors(POPULATION in chosen, DONORS in chosen)
        return _scores(side, how, matches=own).score

    def scores_of_schools(chosen: Chosen) -> NDArray:
        children, means = sides[POPULATION in chosen].children, country(BOUNDARY in chosen)
        score = scored(chosen - {BOUNDARY})
        frame, sites = children.frame(score=score), children.sites
        own = allocation.national_of_schools(frame, sites, rules=rules)
        frame["score"] = score + (means.C - own.C)
        table = allocation.schools(frame, sites, rules=rules, national=means)
        return table["achterstandsscore"].to_numpy(np.float64)

    return scores_of_schools


def _frame(side: Side, scores: Scores) -> pd.DataFrame:
    return side.children.frame(score=scores.score)


def _scores(side: Side, how: How, *, matches: Matches | None) -> Scores:
    return pupil_scores.score(
        side.children,
        side.drawn,
        indicator=side.indicator,
        rules=how.scores,
        seed=how.seed,
        matches=matches,
    )


def _mixed(before: Side, after: Side, chosen: Chosen) -> Indicator:
    effects = (after if COEFFICIENTS in chosen else before).indicator
    values = (after if SCALE_VALUES in chosen else before).indicator
    return replace(effects, values=values.values)
