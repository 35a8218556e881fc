"""A country laid out to be scored and allocated many times."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oablib.indicator import allocation, pupil_scores
from oablib.indicator.allocation import populations
from oablib.indicator.certainty.profiles import Profiles, profiles
from oablib.indicator.pupil_scores import Children, Indicator, Scores, matching, scores
from oablib.indicator.pupil_scores.matching import Candidates

# Times the donors of the rule that are kept, of whom some are not there in a draw: fewer than 5 of
# 20 are left in one of 60,000.
WIDER = 4


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """N children who count, pupils first, by site, then toddlers by home.

    site: (p,) row of each pupil's site. municipality: (N,) row in the list, -1 where it is not
    listed. first, size: (N,) where the children begin who are at the same place, and how many they
    are.
    """

    site: NDArray[np.int64]
    municipality: NDArray[np.int64]
    first: NDArray[np.int64]
    size: NDArray[np.int64]

    def resampled(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """As many children at each place, (N,), drawn from those there with return."""
        return self.first + (rng.random(len(self.first)) * self.size).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """All that a draw of scores begins with.

    early: scores as a run has them, education averaged for each child, in the order of `children`.
    In all other arrays children are in another order: those who count, by place, come first, so
    that what is added up lies together. place: (n,) there, of each of `children`.
    recipients: (r,) who gets the score of a donor. computed: (n,) whose score can be computed.
    seekers: (n,) asylum seekers. group: (n,) whose school mean a child gets, and `groups` of these,
    the last one for children without; counting: column -> (n,) group in which a child counts,
    `groups` for nowhere.
    """

    children: Children
    indicator: Indicator
    rules: pupil_scores.Rules
    law: allocation.Rules
    early: Scores
    place: NDArray[np.int64]
    profiles: Profiles
    candidates: Candidates
    recipients: NDArray[np.int64]
    computed: NDArray[np.bool_]
    seekers: NDArray[np.bool_]
    group: NDArray[np.intp]
    groups: int
    counting: Mapping[str, NDArray[np.intp]]
    counted: Counted

    def donors(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """A donor of each recipient, (r,), out of the k nearest among donors drawn with return.

        An approximate Bayesian bootstrap (Rubin & Schenker, 1986, JASA 81:366): recipients who are
        alike have the same k donors, whose mean is uncertain for all of them together.
        """
        times, lot = rng.poisson(1.0, len(self.children)), rng.random(len(self.recipients))
        k = self.rules.matching.donors
        return self.place[self.candidates.resampled(lot, times, k=k)]


def lay_out(
    children: Children,
    path: Path,
    *,
    indicator: Indicator,
    rules: pupil_scores.Rules,
    law: allocation.Rules,
    seed: int,
) -> Layout:
    """Read the draws of education, score once as a run does, and prepare to do so many times.

    path: the draws of education. seed: of the run, which chooses its donors. Raises InputError and
    ImputationError as pupil_scores.averaged and pupil_scores.score.
    """
    drawn = pupil_scores.averaged(path, children)
    seekers = children.is_asylum(
        until=scores.last_month(children.year, months_late=rules.asylum.months_late, rules=rules)
    )
    early = scores.score(children, drawn, indicator=indicator, rules=rules, seed=seed)
    computed = early.computed
    wider = replace(rules.matching, donors=WIDER * rules.matching.donors)
    candidates = matching.candidates(
        children,
        drawn,
        computed,
        indicator=indicator,
        rule=wider,
        recipients=np.isnan(computed) & ~seekers,
    )
    order, counted = _counted(children, law=law)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    found = profiles(children, path, indicator=indicator).reordered(order, place)
    group, none = scores.groups(children, rule=rules.school_mean)
    group, seekers = group[order], seekers[order]
    return Layout(
        children=children,
        indicator=indicator,
        rules=rules,
        law=law,
        early=early,
        place=place,
        profiles=found,
        candidates=candidates,
        recipients=place[candidates.recipients],
        computed=~np.isnan(computed[order]),
        seekers=seekers,
        group=group,
        groups=none + 1,
        counting=_counting(found, group, none=none, seekers=seekers, indicator=indicator),
        counted=counted,
    )


def _counting(
    found: Profiles,
    group: NDArray[np.intp],
    *,
    none: int,
    seekers: NDArray[np.bool_],
    indicator: Indicator,
) -> dict[str, NDArray[np.intp]]:
    """Group in which each child counts for the mean of a column: those whose code is known."""
    profile, result = found.chosen(0), {}
    for column in indicator.model.school_means.values():
        known = ~np.isnan(indicator.numbers(column)[found.codes[column]])
        result[column] = np.where(known[profile] & ~seekers, group, none + 1)
    return result


def _counted(children: Children, *, law: allocation.Rules) -> tuple[NDArray[np.int64], Counted]:
    """Rows of children, those who count first, and where these count."""
    frame, sites = children.frame(), children.sites
    municipality = populations.municipality(frame, sites, rules=law)
    included = np.append(populations.included(sites, rules=law), False)
    site = np.where(included[children.site], children.site, -1)
    toddler = children.toddler
    pupils = np.flatnonzero(~toddler & (site >= 0))
    toddlers = np.flatnonzero(toddler & (municipality >= 0))
    pupils = pupils[np.argsort(site[pupils], kind="stable")]
    toddlers = toddlers[np.argsort(municipality[toddlers], kind="stable")]
    rows = np.concatenate([pupils, toddlers])
    order = np.append(rows, np.setdiff1d(np.arange(len(children)), rows, assume_unique=True))
    at = np.concatenate([site[pupils], len(sites) + municipality[toddlers]])
    _, first, inverse, count = np.unique(
        at, return_index=True, return_inverse=True, return_counts=True
    )
    return order, Counted(site[pupils], municipality[rows], first[inverse], count[inverse])
