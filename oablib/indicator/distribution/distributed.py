"""One budget over the places of a level, by each way of distributing, to the cent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import AllocationError
from oablib.base.shown import showable
from oablib.indicator.allocation import populations
from oablib.indicator.allocation.cents import CENTS, by_points, in_cents
from oablib.indicator.allocation.settings import Rules as Law
from oablib.indicator.distribution import layers, points, tree
from oablib.indicator.distribution.draws import Draw
from oablib.indicator.distribution.layers import Country, Layer
from oablib.indicator.distribution.levels import SCHOOLS, Level
from oablib.indicator.distribution.points import Sums, Units
from oablib.indicator.distribution.settings import Rules, Variant
from oablib.indicator.distribution.weight_kinds import Learned, Question

ALL = "all"


@showable(private=("units", "tallies"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Weighed:
    """What each variant gives the places of one level, before money.

    units: variant -> points of what is paid as one. tallies: variant -> group of children -> (2, p)
    children with a weight, and the sum of their weights, of each place.
    """

    level: Level
    units: Mapping[str, Units]
    tallies: Mapping[str, Mapping[str, NDArray[np.float64]]]


def weigh(
    levels: Sequence[Level],
    draws: Iterable[Draw],
    *,
    rules: Rules,
    law: Law,
    questions: Mapping[str, tuple[Question, ...]],
    groups: Mapping[str, NDArray[np.bool_]] | None = None,
) -> tuple[Weighed, ...]:
    """Weigh all children under all variants of the rules, at each level; one result a level.

    levels: of children with the score whose draws are averaged for each child. draws: as `draws`
    gives. questions: variant -> what it asks, as from `asked`. groups: name -> (children,) who
    belongs to it, for the tallies of schools.

    Raises AllocationError when no child has a weight under a variant, and when one needs draws and
    there are none.
    """
    groups = groups or {}
    sums: dict[tuple[str, str], list[Sums]] = {}
    tallies: dict[str, list[dict[str, NDArray]]] = {}

    def add(variant: Variant, level: Level, found: list[Layer]) -> None:
        row = level.population.row
        summed = points.sums(found, row, n=level.n)
        sums.setdefault((level.name, variant.name), []).append(summed)
        if level.name == SCHOOLS:
            inside = {name: mask.take(level.population.child) for name, mask in groups.items()}
            tallies.setdefault(variant.name, []).append(_tally(found, level, inside))

    by_score = [variant for variant in rules.variants if variant.by_score]
    early = [variant for variant in by_score if variant.average == "child"]
    late = [variant for variant in by_score if variant.average == "school"]
    asking = [variant for variant in rules.variants if not variant.by_score]
    for level in levels:
        country = Country(level.population.units, law=law)
        for variant in early:
            add(variant, level, layers.by_score(variant.kind, country))
    for draw in draws:
        for level in levels:
            child = level.population.child
            if draw.score is not None:
                units = populations.in_units(draw.score.take(child), rules=law)
                country = Country(units, law=law)
                for variant in late:
                    add(variant, level, layers.by_score(variant.kind, country))
            codes = level.codes(draw.codes)
            for variant in asking:
                found = layers.by_answers(questions[variant.name], codes, n=len(child))
                add(variant, level, found)
    _fail_if_draws_are_absent(rules, sums)
    return tuple(
        Weighed(
            level,
            {v.name: _units(sums[level.name, v.name], level, v) for v in rules.variants},
            {name: _mean(parts) for name, parts in tallies.items() if level.name == SCHOOLS},
        )
        for level in levels
    )


def asked(
    schools: Level, draws: Iterable[Draw], *, rules: Rules
) -> dict[str, tuple[Question, ...]]:
    """What each variant asks that depends on characteristics: written, or learned from scores.

    Learned are questions on the pupils' scores averaged over draws, and their characteristics in
    each of the draws together. Raises AllocationError when all are known of no pupil.
    """
    found = {
        variant.name: layers.questions_of(variant.kind)
        for variant in rules.variants
        if not variant.by_score and not isinstance(variant.kind, Learned)
    }
    trees = {v.name: v.kind for v in rules.variants if isinstance(v.kind, Learned)}
    tables: dict[str, list[pd.DataFrame]] = {name: [] for name in trees}
    for draw in draws if trees else ():
        codes = schools.codes(draw.codes)
        for name, kind in trees.items():
            made = tree.profiles(codes, schools.population.units, columns=kind.columns)
            tables[name].append(made)
    for name, kind in trees.items():
        found[name] = tree.learned(pd.concat(tables[name]), kind=kind)
    return found


def pay(weighed: Weighed, *, budget: float, share: float = 1.0) -> pd.DataFrame:
    """Cents of each place under each variant: place, children, and a column a variant.

    budget: euro; a share below 1 of it is divided, in whole euros, as `allocation.grants` does.
    One row a place with children, by name; each column adds up to the budget. Raises
    AllocationError when the budget is no positive number of cents, or no place has points.
    """
    cents = int(in_cents(round(budget * share) if share < 1 else budget))
    level = weighed.level
    paid = {name: _paid(units, cents) for name, units in weighed.units.items()}
    frame = pd.DataFrame({"place": level.places, "children": level.n.astype(np.int64), **paid})
    return frame[frame["children"] > 0].reset_index(drop=True)


def in_euro(cents: pd.Series) -> pd.Series:
    """Cents as euros."""
    return cents / CENTS


def _units(found: Sequence[Sums], level: Level, variant: Variant) -> Units:
    """Points over draws: of mean weights by child, or the mean of points by school."""
    if variant.average == "child":
        found = [_mean_of(found)]
    drawn = [
        points.units(
            one,
            variant=variant,
            threshold=level.threshold(variant),
            together=level.together(variant),
            impulse=level.impulse(variant),
        )
        for one in found
    ]
    return points.mean_of(drawn)


def _mean_of(found: Sequence[Sums]) -> Sums:
    """Mean over draws of sums that share their denominator, as those of questions do."""
    first = found[0]
    if len(found) == 1:
        return first
    weight, counted = (sum(getattr(one, name) for one in found) for name in ("weight", "counted"))
    return Sums(first.n, weight, counted, first.over * len(found))


def _paid(units: Units, cents: int) -> list[int]:
    """Cents of each place: of its unit, divided over the unit's places by their weights."""
    of_units = by_points(units.points.tolist(), cents=cents)
    size = np.bincount(units.unit)
    paid = [of_units[unit] for unit in units.unit]
    for unit in np.flatnonzero(size > 1):
        places = np.flatnonzero(units.unit == unit)
        if of_units[unit]:
            weights = [max(int(units.weight[place]), 0) for place in places]
            parts = by_points(weights, cents=of_units[unit])
        else:
            parts = [0] * len(places)
        for place, part in zip(places, parts, strict=True):
            paid[place] = part
    return paid


def _tally(
    found: Sequence[Layer], level: Level, groups: Mapping[str, NDArray[np.bool_]]
) -> dict[str, NDArray[np.float64]]:
    """Children with a weight and sums of weights by place, of all and of some groups, (2, p)."""
    size = len(level.places)
    tally = {name: np.zeros((2, size)) for name in (ALL, *groups)}
    for layer in found:
        row, weights = level.population.row.take(layer.child), layer.weights()
        for name in (ALL, *groups):
            inside = slice(None) if name == ALL else groups[name].take(layer.child)
            if layer.counts:
                tally[name][0] += np.bincount(row[inside], minlength=size) * float(layer.part)
            tally[name][1] += np.bincount(row[inside], weights[inside], minlength=size)
    return tally


def _mean(tallies: Sequence[Mapping[str, NDArray]]) -> dict[str, NDArray[np.float64]]:
    return {name: np.mean([tally[name] for tally in tallies], axis=0) for name in tallies[0]}


def _fail_if_draws_are_absent(rules: Rules, sums: Mapping[tuple[str, str], list[Sums]]) -> None:
    seen = {name for _, name in sums}
    missing = [variant.name for variant in rules.variants if variant.name not in seen]
    if missing:
        raise AllocationError(
            f"{len(missing)} variants need draws of education ({', '.join(missing)}), and none "
            "were given; draw them, or leave these rows out."
        )
