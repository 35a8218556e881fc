"""Schools with their pupils, municipalities with toddlers and pupils, as the law counts them."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.shown import showable
from oablib.indicator.allocation import checks, populations
from oablib.indicator.allocation.exact import Whole
from oablib.indicator.allocation.populations import Population
from oablib.indicator.allocation.settings import Rules as Law
from oablib.indicator.distribution.layers import Codes
from oablib.indicator.distribution.settings import Variant
from oablib.indicator.distribution.weight_kinds import Former

SCHOOLS, MUNICIPALITIES = "schools", "municipalities"
AREAS = ("postcode4", "neighbourhood_income")


@showable(private=("population", "n", "board", "poorest"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Level:
    """Places of one kind, in the order of their names, and the children who count there.

    name: SCHOOLS or MUNICIPALITIES. places: (p,) names. population: children, by place. n: (p,)
    children of each. board: (p,) of sites, empty for municipalities. poorest: (p,) rank of the
    site's postcode area by income as a fraction of all areas, the lowest first; 1 where unknown.
    """

    name: str
    places: NDArray[np.object_]
    population: Population
    n: Whole
    board: NDArray[np.object_]
    poorest: NDArray[np.float64]

    def threshold(self, variant: Variant) -> Fraction:
        """F of the drempel here."""
        is_school = self.name == SCHOOLS
        return variant.threshold if is_school else variant.threshold_municipalities

    def together(self, variant: Variant) -> NDArray[np.intp]:
        """Number of what is paid as one, (p,): small sites of a board have the same."""
        small = (self.n < variant.small) & (self.n > 0)
        names = [
            ("board", board) if is_small and self.name == SCHOOLS else ("place", place)
            for place, board, is_small in zip(self.places, self.board, small, strict=True)
        ]
        return pd.factorize(pd.Series(names))[0].astype(np.intp)

    def impulse(self, variant: Variant) -> NDArray[np.bool_]:
        """Sites in an impulse area, (p,)."""
        kind = variant.kind
        share = float(kind.impulse) if isinstance(kind, Former) else 0.0
        return np.asarray((self.poorest < share) & (self.name == SCHOOLS))

    def codes(self, codes: Codes) -> Codes:
        """Codes of the children who count here, out of those of all."""
        return {name: values.take(self.population.child) for name, values in codes.items()}


def levels(
    children: pd.DataFrame, sites: pd.DataFrame, listed: pd.DataFrame, *, law: Law
) -> tuple[Level, Level]:
    """Schools and municipalities of the same children.

    children, sites, listed: as `allocation.municipalities` takes them; where children have
    postcode4 and neighbourhood_income, and sites postcode4, impulse areas are found by these.
    Raises AllocationError as that.
    """
    checks.fail_if_columns_are_absent(children, checks.CHILDREN, name="children")
    checks.fail_if_municipalities_differ(children, listed)
    pupils = populations.pupils(children, sites, rules=law)
    everybody = populations.everybody(children, sites, rules=law)
    poorest = np.ones(len(sites))
    if "postcode4" in sites and set(AREAS) <= set(children):
        poorest = sites["postcode4"].map(_poorest(children)).fillna(1.0).to_numpy(np.float64)
    none = np.full(len(listed), "", dtype=object)
    return (
        _level(SCHOOLS, sites["school_id"], pupils, sites["board"].to_numpy(object), poorest),
        _level(MUNICIPALITIES, listed["municipality"], everybody, none, np.ones(len(listed))),
    )


def _level(
    name: str, places: pd.Series, population: Population, board: NDArray, poorest: NDArray
) -> Level:
    names = places.to_numpy(object)
    order = np.argsort(names, kind="stable")
    rank = np.empty(len(names), dtype=np.intp)
    rank[order] = np.arange(len(names))
    row = rank.take(population.row)
    by_name = Population(population.units, row, population.toddler, population.child)
    n = np.bincount(row, minlength=len(names)).astype(object)
    return Level(name, names[order], by_name, n, board[order], poorest[order])


def _poorest(children: pd.DataFrame) -> pd.Series:
    """Rank of each postcode area by its mean income as a fraction of all areas, the lowest 0."""
    known = children[list(AREAS)].dropna()
    # Whole numbers: their sum is the same in every order of rows.
    units = np.rint(known["neighbourhood_income"].to_numpy(float) * 10**6).astype(np.int64)
    grouped = pd.Series(units).groupby(known["postcode4"].to_numpy())
    means = (grouped.sum() / grouped.size()).sort_index().sort_values(kind="stable")
    return pd.Series(np.arange(len(means)) / max(len(means), 1), index=means.index)
