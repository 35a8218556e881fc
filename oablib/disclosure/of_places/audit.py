"""The attack on one run, before anything of it is published; and what it withholds."""

import numpy as np
import pandas as pd

from oablib.base.errors import DisclosureError
from oablib.disclosure.attack import Attacked, Constants, Released, attack, bounded, truth
from oablib.disclosure.attack.places import TODDLERS
from oablib.disclosure.attack.truth import Truth
from oablib.disclosure.of_places.held import Ledger
from oablib.disclosure.of_places.published import (
    EARLIER,
    MUNICIPALITIES,
    SITES,
    Date,
    Published,
    publish,
)
from oablib.disclosure.of_places.scores import SCORE
from oablib.disclosure.settings import ProfileName, Rules
from oablib.indicator import allocation
from oablib.indicator.allocation import Rules as Law

LATEST, BEFORE = "latest", "a year before"
MOST = 20  # findings that a message names
MEASURES = ("places", "looked_at", "programmes", "largest", "fewest_values", "found")


def release(
    latest: Date,
    before: Date,
    *,
    profile: ProfileName,
    reason: str,
    rules: Rules,
    law: Law,
    average: str,
    earlier: Ledger | None,
) -> tuple[Published, Attacked]:
    """Publish scores of places, and attack them before anything is made from them.

    profile, reason: as in the run's parameters. earlier: of the report that is published. Raises
    DisclosureError as held.hold, `attacked` and `fail_if_found`.
    """
    shown = publish(latest, before, profile=profile, rules=rules, law=law, earlier=earlier)
    result = attacked(shown, latest, before, rules=rules, law=law, average=average)
    fail_if_found(result, profile=profile, reason=reason)
    return shown, result


def attacked(
    shown: Published, latest: Date, before: Date, *, rules: Rules, law: Law, average: str
) -> Attacked:
    """Attack the scores of places on both dates with all that an outsider can know.

    average: how draws of education were averaged. Raises DisclosureError where the attack cannot
    follow how scores were made: averaged per school, or with means of each municipality's own.
    """
    if average != "child" or law.G_scope != "national":
        raise DisclosureError(
            "Scores that are averaged per school, or by the mean of each municipality, cannot be "
            "attacked, and what is not attacked is not published; average draws per child and use "
            "the national mean (params/rules)."
        )
    now, earlier = _truth(latest, LATEST, law=law), _truth(before, BEFORE, law=law)
    sites = _sites(shown.sites, shown.changed[SITES], latest, now, law=law)
    parts = [  # of the earlier date no site has a score
        (LATEST, now, sites, shown.municipalities, shown.changed[MUNICIPALITIES], latest),
        (BEFORE, earlier, sites.iloc[:0], shown.before, shown.changed[EARLIER], before),
    ]
    released = [
        Released(
            date=name,
            sites=own,
            municipalities=_towns(towns, changed, date, facts, law=law),
            of_sites=facts.of_sites,
            of_municipalities=facts.of_municipalities,
        )
        for name, facts, own, towns, changed, date in parts
    ]
    places = pd.concat([now.places, _without_sites(earlier.places)], ignore_index=True)
    return attack(released, truth=places, rules=rules)


def fail_if_found(result: Attacked, *, profile: ProfileName, reason: str) -> None:
    """Raise DisclosureError naming table and place of what was found, and never a value.

    With the profile by_law and a written reason, which the report prints, findings are let pass.
    """
    if result.held or (profile == "by_law" and reason.strip()):
        return
    found = result.narrowed[["date", "table", "place", "what"]].astype(str)
    lines = "\n".join("  " + ", ".join(row) for row in found.head(MOST).to_numpy())
    more = f"\n  and {len(found) - MOST:,} more" if len(found) > MOST else ""
    raise DisclosureError(
        f"Nothing is published: from the scores of places, too much follows about the children of "
        f"{len(found):,}:\n{lines}{more}\nHide or round more in params/rules/disclosure.yaml."
    )


def measures(result: Attacked) -> pd.DataFrame:
    """The attack as a table: measure, value; of each of MEASURES."""
    rows = [(name, float(getattr(result, name))) for name in MEASURES]
    return pd.DataFrame(rows, columns=["measure", "value"])


def withheld(
    shown: Published, latest: Date, *, brins: pd.DataFrame, grants: pd.DataFrame, rules: Rules
) -> pd.DataFrame:
    """What is withheld of places: what, rows, of, points.

    secondary: sites without a score that are not small. points: fraction of all points of sites
    that is hidden, or moved by rounding; NaN where fewer than rules.fewest sites make it up.
    """
    exact, sites = latest.allocated.schools, shown.sites
    hidden, zero = sites[SCORE].isna(), (sites[SCORE] == 0) & (exact[SCORE] > 0)
    small = hidden & (sites["n_children"] < shown.profile.fewest_pupils)
    moved = (sites[SCORE] - exact[SCORE]).abs()
    every = exact["school_id"].str[: allocation.BRIN_LENGTH].nunique()
    total = float(exact[SCORE].sum())

    def part(amount: pd.Series, rows: pd.Series) -> float:
        return float(amount[rows].sum()) / total if rows.sum() >= rules.fewest else np.nan

    count_of_zero = int(zero.sum())
    few = 0 < count_of_zero < rules.fewest
    rows = [
        ("sites", int(small.sum()), len(sites), part(exact[SCORE], small)),
        ("secondary", int((hidden & ~small).sum()), len(sites), np.nan),
        ("brins", every - len(brins), every, np.nan),
        *(
            (name, int(table[SCORE].isna().sum()), len(table), np.nan)
            for name, table in (
                ("municipalities", shown.municipalities),
                ("municipalities_before", shown.before),
            )
        ),
        ("grants", int(grants["grant"].isna().sum()), len(grants), np.nan),
        ("rounded", len(sites) - int(hidden.sum()), len(sites), part(moved, moved > 0)),
        ("shown_as_zero", np.nan if few else count_of_zero, len(sites), np.nan),
        ("held", shown.held, len(sites) + len(shown.municipalities) + len(shown.before), np.nan),
    ]
    return pd.DataFrame(rows, columns=["what", "rows", "of", "points"])


def _truth(date: Date, name: str, *, law: Law) -> Truth:
    children = date.children
    frame = children.frame(score=date.score)
    return truth(frame, children.sites, children.municipalities, date=name, rules=law)


def _without_sites(places: pd.DataFrame) -> pd.DataFrame:
    """A date of which no site has a score: all children of a municipality are one group."""
    towns = places[places["table"] == MUNICIPALITIES]
    return pd.concat([towns, towns.assign(table=TODDLERS)])


def _sites(
    shown: pd.DataFrame, changed: pd.Series, date: Date, facts: Truth, *, law: Law
) -> pd.DataFrame:
    """What an outsider knows of the sites: their pupils and municipality, and bounds of A - B."""
    listed = date.children.sites[["school_id", "municipality"]]
    table = shown.merge(listed, on="school_id", how="left")
    exact = date.allocated.schools
    bounds = _bounded(table, exact, changed, constants=facts.of_sites, law=law)
    return bounds[["school_id", "municipality", "n_children", "low", "high"]]


def _towns(
    shown: pd.DataFrame, changed: pd.Series, date: Date, facts: Truth, *, law: Law
) -> pd.DataFrame:
    """What an outsider knows of the municipalities: all their children, and bounds of A - B."""
    exact = date.allocated.municipalities
    table = shown.assign(
        n_children=shown["municipality"].map(exact.set_index("municipality")["n_children"]),
        between=shown["municipality"].map(facts.between).fillna(0),
    )
    bounds = _bounded(table, exact, changed, constants=facts.of_municipalities, law=law)
    return bounds[["municipality", "n_children", "low", "high", "between"]]


def _bounded(
    shown: pd.DataFrame, exact: pd.DataFrame, changed: pd.Series, *, constants: Constants, law: Law
) -> pd.DataFrame:
    """A published table with bounds of what is true today.

    A row that stands is of other children, and of other national means: its bounds are those of the
    children who changed since, and as wide as it takes to hold what is true.
    """
    few = changed.fillna(0).to_numpy()
    bounds = bounded(shown, decimals=law.decimals, constants=constants, changed=few)
    stands, true = changed.notna().to_numpy(), (exact["A"] - exact["B"]).to_numpy()
    low = np.where(stands, np.minimum(bounds["low"], true), bounds["low"])
    high = np.where(stands, np.maximum(bounds["high"], true), bounds["high"])
    return bounds.assign(low=low, high=high)
