"""Scores of places of one run as they are published, on both reference dates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.shown import showable
from oablib.disclosure.ledger import COUNTRY
from oablib.disclosure.of_places import held
from oablib.disclosure.of_places import scores as places
from oablib.disclosure.of_places.held import Ledger
from oablib.disclosure.settings import Profile, ProfileName, Rules
from oablib.indicator.allocation import Allocated, Grants, populations
from oablib.indicator.allocation import Rules as Law
from oablib.indicator.pupil_scores import Children

SITES, MUNICIPALITIES, EARLIER = "sites", "municipalities", "municipalities_before"


@dataclass(frozen=True, slots=True, eq=False)
class Date:
    """What a reference date has: its children, their scores (n,) in points, and what is paid on."""

    children: Children
    score: NDArray
    allocated: Allocated


@showable(private=("ledger",))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Published:
    """Scores of sites and municipalities on the latest date, and of municipalities a year before.

    Frames as from scores.sites and scores.municipalities. changed, held: as from held.hold, by
    the names below. profile: how they are shown.
    """

    sites: pd.DataFrame
    municipalities: pd.DataFrame
    before: pd.DataFrame
    profile: Profile
    changed: Mapping[str, pd.Series]
    held: int
    ledger: Ledger


def publish(
    latest: Date,
    before: Date,
    *,
    profile: ProfileName,
    rules: Rules,
    law: Law,
    earlier: Ledger | None,
) -> Published:
    """Put scores through a profile, and hold rows against what is published already."""
    chosen, names = rules.profile(profile), latest.children.municipalities
    tables = {
        SITES: places.sites(latest.allocated.schools, profile=chosen),
        **{
            name: places.municipalities(date.allocated.municipalities, names=names, profile=chosen)
            for name, date in ((MUNICIPALITIES, latest), (EARLIER, before))
        },
    }
    children = {SITES: _at_sites(latest, law=law)}
    children |= {
        name: _in_municipalities(name, date, law=law)
        for name, date in ((MUNICIPALITIES, latest), (EARLIER, before))
    }
    children[COUNTRY] = held.members(
        COUNTRY,
        place=np.zeros(len(latest.children), int),
        names=[COUNTRY],
        child=latest.children.key,
        units=delivered(latest.children),
    )
    made = held.hold(tables, children=children, earlier=earlier, rules=rules)
    return Published(
        sites=made.tables[SITES],
        municipalities=made.tables[MUNICIPALITIES],
        before=made.tables[EARLIER],
        profile=chosen,
        changed=made.changed,
        held=made.held,
        ledger=made.ledger,
    )


def delivered(children: Children) -> NDArray[np.int64]:
    """A digest of each child's record as it was delivered, (n,), whatever is imputed or scored."""
    places = (
        (children.site, children.sites["school_id"]),
        (children.home, children.municipalities["municipality"]),
    )
    # By name: a row in the list of sites is another one when a site is added.
    named = [np.append(pd.util.hash_array(names.to_numpy(object)), 0)[row] for row, names in places]
    columns = [*children.codes.values(), *children.numbers.values(), children.registered, *named]
    total = np.zeros(len(children), np.uint64)
    for column in columns:
        total = total * np.uint64(31) + pd.util.hash_array(np.asarray(column))
    return total.view(np.int64)


def payer(
    schools: pd.DataFrame, municipalities: pd.DataFrame, *, divided: Grants, children: Children
) -> dict[str, pd.DataFrame]:
    """Private tables with which payments are made.

    schools, municipalities: as from allocation, in full, sites with their board and municipality.
    """
    listed = children.sites[["school_id", "board", "municipality"]]
    return {
        "payer_sites": schools.merge(listed, on="school_id", how="left", validate="1:1"),
        "payer_municipalities": municipalities,
        "payer_grants": divided.table,
    }


def _at_sites(date: Date, *, law: Law) -> pd.DataFrame:
    sites = date.children.sites
    return _members(SITES, date, date.children.site, names=sites["school_id"], law=law)


def _in_municipalities(table: str, date: Date, *, law: Law) -> pd.DataFrame:
    children = date.children
    row = populations.municipality(children.frame(), children.sites, rules=law)
    return _members(table, date, row, names=children.municipalities["municipality"], law=law)


def _members(
    table: str, date: Date, row: NDArray, *, names: Iterable[str], law: Law
) -> pd.DataFrame:
    units = populations.in_units(date.score, rules=law)
    return held.members(table, place=row, names=list(names), child=date.children.key, units=units)
