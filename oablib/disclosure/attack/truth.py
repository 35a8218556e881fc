"""What the house knows of every place: where a count is small, and what must stay possible."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import DisclosureError
from oablib.base.shown import showable
from oablib.disclosure.attack.places import MUNICIPALITIES, SITES, TODDLERS
from oablib.disclosure.attack.released import Constants
from oablib.indicator import allocation
from oablib.indicator.allocation import exact, populations
from oablib.indicator.allocation.populations import National, Population


@showable(private=("places", "between"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Truth:
    """The target group of each place of one reference date.

    places: date, table, place, n_target, A (points, unrounded). between: pupils of each
    municipality who are in the target group of one population only, by its code. of_sites,
    of_municipalities: constants of pupils, and of pupils and toddlers.
    """

    places: pd.DataFrame
    between: pd.Series
    of_sites: Constants
    of_municipalities: Constants


def truth(
    children: pd.DataFrame,
    sites: pd.DataFrame,
    municipalities: pd.DataFrame,
    *,
    date: str,
    rules: allocation.Rules,
) -> Truth:
    """Compute it from children; inputs as of allocation.municipalities. Raises as that does.

    Raises DisclosureError too where tied children count in part: the attack counts whole children.
    """
    at_sites = populations.pupils(children, sites, rules=rules)
    everybody = populations.everybody(children, sites, rules=rules)
    of_sites, of_all = (populations.of_units(p.units, rules=rules) for p in (at_sites, everybody))
    places, codes = sites["school_id"], municipalities["municipality"]
    _fail_if_children_count_in_part(of_sites, of_all)
    toddlers, pupils = _part(everybody, everybody.toddler), _part(everybody, ~everybody.toddler)
    tables = [
        _table(SITES, places, at_sites, means=of_sites, rules=rules),
        _table(TODDLERS, codes, toddlers, means=of_all, rules=rules),
        _table(MUNICIPALITIES, codes, everybody, means=of_all, rules=rules),
    ]
    between = _target(pupils, of_sites) != _target(pupils, of_all)
    number = np.bincount(pupils.row[between], minlength=len(codes))
    return Truth(
        places=pd.concat(tables, ignore_index=True).assign(date=date),
        between=pd.Series(number, index=codes.astype(str).to_numpy()),
        of_sites=_constants(at_sites, of_sites, rules.threshold_schools),
        of_municipalities=_constants(everybody, of_all, rules.threshold_municipalities),
    )


def _table(
    table: str,
    place: pd.Series,
    population: Population,
    *,
    means: National,
    rules: allocation.Rules,
) -> pd.DataFrame:
    sums = exact.sums(population, size=len(place), national=means)
    # The threshold moves B alone, which is not used here.
    A, _ = exact.terms(sums, national=means, threshold=rules.threshold_schools).as_points()
    columns = {"table": table, "place": place.astype(str).to_numpy(object)}
    return pd.DataFrame({**columns, "n_target": sums.n_target, "A": A})


def _constants(population: Population, means: National, threshold: Fraction) -> Constants:
    lowest = float(population.units.min()) / means.units
    return Constants(
        C=means.C,
        G=means.G,
        boundary=means.boundary,
        threshold=float(threshold),
        range=means.boundary - lowest,
    )


def _target(population: Population, means: National) -> NDArray[np.bool_]:
    return population.units < means.cut + int(means.counted > 0)


def _fail_if_children_count_in_part(*means: National) -> None:
    tied = sum(one.tied for one in means if one.counted not in (0, 1))
    if tied:
        raise DisclosureError(
            f"{tied:,} children at the boundary count in part by the rule ties: share, which the "
            "attack on released scores cannot follow; choose all or none."
        )


def _part(population: Population, chosen: NDArray[np.bool_]) -> Population:
    return Population(
        units=population.units[chosen],
        row=population.row[chosen],
        toddler=population.toddler[chosen],
        child=population.child[chosen],
    )
