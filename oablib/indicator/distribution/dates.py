"""All ways of distributing for the children of one reference date."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oablib.base.shown import showable
from oablib.indicator import pupil_scores
from oablib.indicator.allocation import populations
from oablib.indicator.allocation.settings import Rules as Law
from oablib.indicator.distribution import draws
from oablib.indicator.distribution.distributed import Weighed, asked, weigh
from oablib.indicator.distribution.levels import AREAS, Level, levels
from oablib.indicator.distribution.settings import Rules
from oablib.indicator.distribution.weight_kinds import Question
from oablib.indicator.pupil_scores import Children, Indicator


@showable(private=("groups",))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OfDate:
    """Both levels, what was asked, and (children,) who belongs to each group."""

    schools: Weighed
    municipalities: Weighed
    questions: Mapping[str, tuple[Question, ...]]
    groups: Mapping[str, NDArray[np.bool_]]


def of_date(
    children: Children,
    path: Path,
    score: NDArray[np.float64],
    *,
    rules: Rules,
    law: Law,
    indicator: Indicator,
    scoring: pupil_scores.Rules,
    seed: int,
    questions: Mapping[str, tuple[Question, ...]] | None = None,
    groups: Mapping[str, NDArray[np.float64]] | None = None,
) -> OfDate:
    """Weigh the children of one date under all variants.

    path: draws of their education. score: (n,) averaged over these, by `indicator` and `scoring`.
    questions: what was asked on another date, None to learn it here. groups: name -> (n,) scores,
    of which the lowest rules.lowest of the pupils are a group whose reach is counted.
    Raises AllocationError as `weigh`, and where the row of the law is not the law.
    """
    rules.fail_if_law_differs(law)
    drawn = partial(draws.draws, children, path, indicator=indicator, rules=scoring, seed=seed)
    areas = {name: children.numbers[name] for name in AREAS if name in children.numbers}
    frame = children.frame(score=score, **areas)
    both = levels(frame, children.sites, children.municipalities, law=law)
    if questions is None:
        asking = tuple(variant for variant in rules.variants if not variant.by_score)
        questions = asked(both[0], drawn(variants=asking), rules=rules)
    inside = {
        name: lowest(values, both[0], rules=rules, law=law)
        for name, values in (groups or {}).items()
    }
    schools, municipalities = weigh(
        both,
        drawn(variants=rules.variants),
        rules=rules,
        law=law,
        questions=questions,
        groups=inside,
    )
    return OfDate(schools, municipalities, questions, inside)


def lowest(
    score: NDArray[np.float64], schools: Level, *, rules: Rules, law: Law
) -> NDArray[np.bool_]:
    """Who has one of the lowest scores of the pupils, (n,); at the boundary, everybody.

    score: (n,) points of all children; toddlers belong to no group.
    """
    child = schools.population.child
    units = populations.in_units(score.take(child), rules=law)
    national = populations.of_units(units, rules=replace(law, target_share=rules.lowest))
    inside = np.zeros(len(score), dtype=bool)
    inside[child[units <= national.cut]] = True
    return inside
