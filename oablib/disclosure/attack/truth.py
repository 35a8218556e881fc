"""What the house knows of every place: where a count is small, and what must stay possible."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.shown import showable
from oablib.disclosure.attack.places import MUNICIPALITIES, SITES, TODDLERS
from oablib.indicator import allocation
from oablib.indicator.allocation import exact, populations
from oablib.indicator.allocation.populations import National, Population


@showable(private=("places", "between"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Truth:
    """The target group of each place of one reference date.

    places: date, table, place, n_target, A (points, unrounded). between: pupils of each
    municipality with a score between the boundaries of both populations, by its code.
    """

    places: pd.DataFrame
    between: pd.Series


def truth(
    children: pd.DataFrame,
    sites: pd.DataFrame,
    municipalities: pd.DataFrame,
    *,
    date: str,
    rules: allocation.Rules,
) -> Truth:
    """Compute it from children; inputs as of allocation.municipalities. Raises as that does.

    Where tied children count in part, so does n_target; the attack takes them as whole.
    """
    at_sites = populations.pupils(children, sites, rules=rules)
    everybody = populations.everybody(children, sites, rules=rules)
    of_sites, of_all = (populations.of_units(p.units, rules=rules) for p in (at_sites, everybody))
    places, codes = sites["school_id"], municipalities["municipality"]
    toddlers, pupils = _part(everybody, everybody.toddler), _part(everybody, ~everybody.toddler)
    tables = [
        _table(SITES, places, at_sites, means=of_sites, rules=rules),
        _table(TODDLERS, codes, toddlers, means=of_all, rules=rules),
        _table(MUNICIPALITIES, codes, everybody, means=of_all, rules=rules),
    ]
    cuts = sorted([of_sites.cut, of_all.cut])
    between = (pupils.units >= cuts[0]) & (pupils.units <= cuts[1])
    number = np.bincount(pupils.row[between], minlength=len(codes))
    return Truth(
        places=pd.concat(tables, ignore_index=True).assign(date=date),
        between=pd.Series(number, index=codes.astype(str).to_numpy()),
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


def _part(population: Population, chosen: NDArray[np.bool_]) -> Population:
    return Population(
        units=population.units[chosen],
        row=population.row[chosen],
        toddler=population.toddler[chosen],
    )
