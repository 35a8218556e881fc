"""Scores of all places in many draws of what is uncertain."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from oablib.base.shown import showable
from oablib.indicator.allocation import exact, populations
from oablib.indicator.allocation.populations import Population
from oablib.indicator.certainty.estimates import Estimates
from oablib.indicator.certainty.layout import Layout
from oablib.indicator.pupil_scores import Indicator, scores
from oablib.indicator.pupil_scores.education import Education

Source = Literal["education", "donors", "estimates", "sampling"]
SOURCES: tuple[Source, ...] = get_args(Source)
OF_THESE_CHILDREN: tuple[Source, ...] = ("education", "donors", "estimates")
NOTHING_DRAWN = Education(1, {}, {})


@showable(private=("sites", "municipalities", "sampled_sites", "sampled_municipalities"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DrawnPlaces:
    """A - B of each place in d draws, in points, neither rounded nor 0 where negative.

    sites: (d, sites). municipalities: (d, municipalities). sampled_...: the same of as many
    children as are at each place, drawn from these. Empty where they were not asked for.
    """

    sites: NDArray[np.float64]
    municipalities: NDArray[np.float64]
    sampled_sites: NDArray[np.float64]
    sampled_municipalities: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Scored:
    """score: (n,). numbers: column -> (n,) what counts in a school mean; means: (groups,)."""

    score: NDArray[np.float64]
    numbers: Mapping[str, NDArray[np.float64]]
    means: Mapping[str, NDArray[np.float64]]


def draw(
    layout: Layout,
    estimates: Estimates,
    *,
    varied: Collection[Source],
    draws: int,
    seed: int,
    municipalities: bool = True,
) -> DrawnPlaces:
    """Score and allocate `draws` times; what is not `varied` stays as in the first draw.

    Effects and scale values that are not varied are those in use. Each source has random numbers
    of its own, so that it is varied in the same way alone and beside others. Each child gets both
    parents' education from one of the m draws of it, chosen for each child: so many children are
    combined in more ways than there are draws.
    """
    parts: dict[str, list[NDArray]] = {name: [] for name in DrawnPlaces.__slots__}
    for number in range(draws):
        of = {source: number if source in varied else 0 for source in SOURCES}
        of["estimates"] //= 2
        states = {source: _state(seed, source, of[source]) for source in SOURCES}
        profiles = layout.profiles
        choice = states["education"].integers(profiles.m, size=len(profiles.rows))
        donors = layout.donors(states["donors"])
        indicator = estimates.indicator
        if "estimates" in varied:
            indicator = estimates.drawn(states["estimates"], sign=-1 if number % 2 else 1)
        scored = _scored(layout, profiles.chosen(choice), indicator=indicator, donors=donors)
        parts["sites"].append(_of_sites(layout, scored.score))
        if municipalities:
            parts["municipalities"].append(_of_municipalities(layout, scored.score))
        if "sampling" in varied:
            score = _resampled(layout, scored, states["sampling"], indicator=indicator)
            parts["sampled_sites"].append(_of_sites(layout, score))
            if municipalities:
                parts["sampled_municipalities"].append(_of_municipalities(layout, score))
    return DrawnPlaces(**{name: np.array(part) for name, part in parts.items()})


def rounds(layout: Layout, indicator: Indicator) -> DrawnPlaces:
    """The m draws of education, each for all children, with a run's donors and nothing else drawn.

    The same draw for all keeps what children have in common in it.
    """
    donors = layout.place[layout.early.matches.donors]
    profiles = layout.profiles
    scored = [
        _scored(layout, profiles.chosen(r), indicator=indicator, donors=donors).score
        for r in range(profiles.m)
    ]
    sites = np.array([_of_sites(layout, score) for score in scored])
    municipalities = np.array([_of_municipalities(layout, score) for score in scored])
    return DrawnPlaces(sites, municipalities, np.empty((0, 0)), np.empty((0, 0)))


def _state(seed: int, source: Source, number: int) -> np.random.Generator:
    key = (15, SOURCES.index(source), number)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def _scored(
    layout: Layout, profile: NDArray, *, indicator: Indicator, donors: NDArray[np.int64]
) -> _Scored:
    """Scores of all children, as pupil_scores.score gives them for one draw."""
    codes = layout.profiles.codes
    score = scores.own_points(codes, NOTHING_DRAWN, indicator=indicator)[profile]
    numbers, means = {}, {}
    for name, column in indicator.model.school_means.items():
        of_profile = np.nan_to_num(indicator.numbers(column)[codes[column]])
        numbers[column] = of_profile[profile]
        means[name] = _means(layout, column, layout.counting[column], numbers[column])
        score += (indicator.effects[name] * means[name])[layout.group]
    score[~layout.computed] = np.nan
    score[layout.recipients] = score[donors]
    if layout.seekers.any():
        score[layout.seekers] = _of_seekers(layout, score)
    return _Scored(score, numbers, means)


def _means(
    layout: Layout, column: str, counting: NDArray[np.intp], numbers: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean of each group, (groups,); that of the country for a group of which nobody counts."""
    size = layout.groups
    count = np.bincount(counting, minlength=size + 1)[:size]
    total = np.bincount(counting, numbers, minlength=size + 1)[:size]
    overall = total.sum() / max(count.sum(), 1)
    mean = np.where(count > 0, total / np.maximum(count, 1), overall)
    mean[-1] = overall
    return np.asarray(mean)


def _of_seekers(layout: Layout, score: NDArray[np.float64]) -> float:
    rule = layout.rules.asylum
    basis = score if rule.order == "after_matching" else score[layout.computed]
    others = basis[~np.isnan(basis)]
    return scores.lowest_mean(others, seekers=int(layout.seekers.sum()), rule=rule)


def _resampled(
    layout: Layout, scored: _Scored, rng: np.random.Generator, *, indicator: Indicator
) -> NDArray[np.float64]:
    """Scores of as many children at each place, (N,), drawn from those there with return.

    The mean of a school is that of the children who were drawn.
    """
    rows = layout.counted.resampled(rng)
    score = scored.score[rows]
    own = layout.computed[rows] & ~layout.seekers[rows]
    for name, column in indicator.model.school_means.items():
        counting = layout.counting[column][rows]
        means = _means(layout, column, counting, scored.numbers[column][rows])
        change = indicator.effects[name] * (means - scored.means[name])
        score += np.where(own, change[layout.group[rows]], 0.0)
    return score


def _of_sites(layout: Layout, score: NDArray[np.float64]) -> NDArray[np.float64]:
    site = layout.counted.site
    size = len(layout.children.sites)
    return _points(layout, score[: len(site)], site, size, of="schools")


def _of_municipalities(layout: Layout, score: NDArray[np.float64]) -> NDArray[np.float64]:
    row = layout.counted.municipality
    score, size = score[: len(row)], len(layout.children.municipalities)
    listed = row >= 0
    if not listed.all():
        score, row = score[listed], row[listed]
    return _points(layout, score, row, size, of="municipalities")


def _points(
    layout: Layout, score: NDArray[np.float64], row: NDArray, size: int, *, of: str
) -> NDArray[np.float64]:
    """A - B of each row, (size,), as the law computes it."""
    law = layout.law
    # Who they are plays no part in sums.
    nobody = np.empty(0, dtype=np.int64)
    units = populations.in_units(score, rules=law)
    population = Population(units, row, toddler=nobody.astype(bool), child=nobody)
    national = populations.of_units(population.units, rules=law)
    sums = exact.sums(population, size=size, national=national)
    municipal = of == "municipalities" and law.G_scope == "municipal"
    formula: Callable[..., exact.Terms] = exact.terms_by_own_mean if municipal else exact.terms
    threshold = law.threshold_schools if of == "schools" else law.threshold_municipalities
    A, B = formula(sums, national=national, threshold=threshold).as_points()
    return A - B
