"""What a school's score would be with some causes of a change as they are now, others as before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib import allocation, pupil_scores
from oablib.allocation import National
from oablib.comparison.shapley import shapley
from oablib.pupil_scores import Children, Education, Indicator, Matches, Scores

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
    score to others, as the indicator before or after chooses them. boundary: which scores count,
    and from what mean distances are taken: boundary, C and G of the country before or after.
    population: the children with what is known and drawn of them. With none the result is the
    score before, with all the score after. Both sides must name the same sites.
    """
    sides = {False: before, True: after}

    def matched(people: bool, chooser: bool) -> Matches:
        side = replace(sides[people], indicator=sides[chooser].indicator)
        return _scores(side, how, matches=None).matches

    def national(which: bool) -> National:
        side = sides[which]
        frame = _frame(side, _scores(side, how, matches=donors(which, which)))
        return allocation.national_of_schools(frame, side.children.sites, rules=how.allocation)

    donors, country = cache(matched), cache(national)

    @cache
    def scored(chosen: Chosen) -> NDArray:
        side = replace(sides[POPULATION in chosen], indicator=_mixed(before, after, chosen))
        own = donors(POPULATION in chosen, DONORS in chosen)
        return _scores(side, how, matches=own).score

    def scores_of_schools(chosen: Chosen) -> NDArray:
        children = sides[POPULATION in chosen].children
        score = scored(chosen - {BOUNDARY})
        table = allocation.schools(
            children.frame(score=score),
            children.sites,
            rules=how.allocation,
            national=country(BOUNDARY in chosen),
        )
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
