"""Who counts where: pupils at their school, toddlers and pupils in a municipality."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.shown import showable
from oablib.indicator.allocation import checks, target
from oablib.indicator.allocation.settings import Rules

NOWHERE = -1


@showable(private=("units", "place", "toddler"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Population:
    """Children who count, each of shape (n,).

    units: scores in units. place: row of the school in sites, or of the municipality in the list.
    toddler: whether the child is one.
    """

    units: NDArray[np.int64]
    place: NDArray[np.integer]
    toddler: NDArray[np.bool_]


def pupils(children: pd.DataFrame, sites: pd.DataFrame, *, rules: Rules) -> Population:
    """Pupils of schools that are not excluded, at their school.

    Raises AllocationError as the checks of the inputs.
    """
    checks.fail_if_inputs_are_unfit(children, sites, rules=rules)
    place = np.where(included(sites, rules=rules), np.arange(len(sites)), NOWHERE)
    return _counted(children, _at_site(children, place), rules=rules)


def everybody(children: pd.DataFrame, sites: pd.DataFrame, *, rules: Rules) -> Population:
    """Toddlers where they live, and the pupils above where their school stands.

    Source: GOAB-besluit art. 3(1). Raises AllocationError as the checks of the inputs.
    """
    checks.fail_if_inputs_are_unfit(children, sites, rules=rules)
    return _counted(children, municipality(children, sites, rules=rules), rules=rules)


def included(sites: pd.DataFrame, *, rules: Rules) -> NDArray[np.bool_]:
    """Schools that are not left out by their type, (number of sites,)."""
    return ~sites["school_type"].isin(rules.excluded_school_types).to_numpy()


def municipality(
    children: pd.DataFrame, sites: pd.DataFrame, *, rules: Rules
) -> NDArray[np.integer]:
    """Row of each child's municipality in the list, (n,); NOWHERE where it counts for none."""
    home = children["municipality"].cat
    listed = home.categories.get_indexer(pd.Index(sites["municipality"]))
    of_site = np.where(included(sites, rules=rules), listed, NOWHERE)
    toddler = children["toddler"].to_numpy(dtype=bool)
    return np.where(toddler, home.codes.to_numpy(), _at_site(children, of_site))


def _at_site(children: pd.DataFrame, places: NDArray) -> NDArray[np.integer]:
    """The place of each child's school; NOWHERE without a school, whose code -1 is the last."""
    found = np.append(places, NOWHERE).astype(np.intp)
    return found.take(children["school_id"].cat.codes.to_numpy(), mode="wrap")


def _counted(children: pd.DataFrame, place: NDArray, *, rules: Rules) -> Population:
    rows = np.flatnonzero(place >= 0)
    units = target.in_units(children["score"].to_numpy().take(rows), rules=rules)
    toddler = children["toddler"].to_numpy(dtype=bool)
    return Population(units=units, place=place.take(rows), toddler=toddler.take(rows))
