"""Who counts where, the target group of the country, and both national means.

Scores are whole numbers of a unit, 10^-6 points by params/rules/allocation.yaml, so that every sum
is exact: no sum that fits a count of children comes near 2^53, up to which doubles are exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from oablib.base.errors import AllocationError
from oablib.base.shown import showable
from oablib.indicator.allocation import checks
from oablib.indicator.allocation.settings import Rules, Ties

NOWHERE = -1
Number = TypeVar("Number", np.int64, np.float64)
EVERY, MARGIN = 64, 1.1  # of the sample by which the lowest are sought, and how much further


@showable(private=("units", "row", "toddler", "child"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Population:
    """Children who count, each of shape (n,).

    units: scores in units. row: of the school in sites, or of the municipality in the list.
    toddler: whether the child is one. child: its row in the frame of children.
    """

    units: NDArray[np.int64]
    row: NDArray[np.integer]
    toddler: NDArray[np.bool_]
    child: NDArray[np.intp]


@showable()
@dataclass(frozen=True, slots=True)
class National:
    """A population's target group and means, exactly.

    n: children. below, tied: those below the boundary and at it. counted: fraction for which each
    tied child counts. cut: the boundary, total, total_below: sums of scores, in units. units:
    units a point.
    """

    n: int
    below: int
    tied: int
    counted: Fraction
    cut: int
    total: int
    total_below: int
    units: int

    @property
    def n_target(self) -> int:
        """Children of the target group; whole, as tied ones count so that it is."""
        return self.below + int(self.counted * self.tied)

    @property
    def boundary(self) -> float:
        """Grenswaarde, in points: no score above it belongs to the target group."""
        return self.cut / self.units

    @property
    def exact_mean(self) -> Fraction:
        """Mean score of all children, in points."""
        return Fraction(self.total, self.n * self.units)

    @property
    def exact_target_mean(self) -> Fraction:
        """Mean score of the target group, in points."""
        total = self.total_below + self.counted * self.tied * self.cut
        return total / (self.n_target * self.units)

    @property
    def C(self) -> float:
        """Mean score of all children, in points."""
        return float(self.exact_mean)

    @property
    def G(self) -> float:
        """Mean score of the target group, in points."""
        return float(self.exact_target_mean)


def pupils(children: pd.DataFrame, sites: pd.DataFrame, *, rules: Rules) -> Population:
    """Pupils of schools that are not excluded, at their school.

    Raises AllocationError as the checks of the inputs.
    """
    checks.fail_if_inputs_are_unfit(children, sites, rules=rules)
    row = np.where(included(sites, rules=rules), np.arange(len(sites)), NOWHERE)
    return _counted(children, _of_site(children, row), rules=rules)


def everybody(children: pd.DataFrame, sites: pd.DataFrame, *, rules: Rules) -> Population:
    """Toddlers where they live, and the pupils above where their school is.

    Source: GOAB-besluit art. 3(1). Raises AllocationError as the checks of the inputs.
    """
    checks.fail_if_inputs_are_unfit(children, sites, rules=rules)
    return _counted(children, municipality(children, sites, rules=rules), rules=rules)


def toddlers_of(population: Population) -> Population:
    """The toddlers among a population."""
    rows = np.flatnonzero(population.toddler)
    return Population(
        units=population.units.take(rows),
        row=population.row.take(rows),
        toddler=population.toddler.take(rows),
        child=population.child.take(rows),
    )


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
    return np.where(toddler, home.codes.to_numpy(), _of_site(children, of_site))


def counted_in(children: pd.DataFrame, sites: pd.DataFrame, *, rules: Rules) -> pd.Categorical:
    """The municipality for which each child counts, (n,), missing where it counts for none."""
    row = municipality(children, sites, rules=rules)
    return pd.Categorical.from_codes(row, categories=children["municipality"].cat.categories)


def national(scores: pd.Series | NDArray, *, rules: Rules) -> National:
    """Target group and means of a population; scores: (n,), points.

    The k = target_share times n, rounded down, lowest scores make the target group, and the k-th
    lowest is the boundary; rules.ties says what of scores that equal it. Source: Besluit
    bekostiging WPO art. 27(2).

    Raises AllocationError for scores that are no numbers or out of range, and when no child or no
    target group is left.
    """
    checks.fail_if_scores_are_unfit(scores, rules=rules)
    return of_units(in_units(scores, rules=rules), rules=rules)


def nationals(means: Mapping[str, National]) -> pd.DataFrame:
    """Populations as rows: for, n, n_target, boundary, C, G, distance (C - G), in points."""
    rows = [
        (name, one.n, one.n_target, one.boundary, one.C, one.G, one.C - one.G)
        for name, one in means.items()
    ]
    names = ["for", "n", "n_target", "boundary", "C", "G", "distance"]
    return pd.DataFrame(rows, columns=names)


def in_units(scores: ArrayLike, *, rules: Rules) -> NDArray[np.int64]:
    """Scores as whole numbers of 10^-score_decimals points; a half goes to the even number."""
    units = np.asarray(scores, dtype=np.float64) * 10.0**rules.score_decimals
    return np.rint(units, out=units).astype(np.int64)


def of_units(units: NDArray[np.int64], *, rules: Rules) -> National:
    """As `national`, for scores that are in units already; shape (n,), n > 0."""
    n = len(units)
    k = int(rules.target_share * n)
    if k == 0:
        raise AllocationError(
            f"{n:,} children count, of whom {float(rules.target_share):.1%} is not one child; "
            "expected a population with a target group."
        )
    lowest = lowest_of(units, k)
    cut = int(lowest[-1])
    tied = int(np.count_nonzero(units == cut))
    below = int(np.count_nonzero(lowest < cut))
    counted = _weight(k - below, tied, ties=rules.ties)
    if below == 0 and counted == 0:
        raise AllocationError(
            f"{tied:,} of {n:,} children have the lowest score, of whom {k:,} may count; by the "
            "rule ties: none nobody does. Choose all or share."
        )
    return National(
        n=n,
        below=below,
        tied=tied,
        counted=counted,
        cut=cut,
        total=int(units.sum()),
        total_below=int(lowest.sum()) - (k - below) * cut,
        units=10**rules.score_decimals,
    )


def lowest_of(values: NDArray[Number], k: int) -> NDArray[Number]:
    """The k lowest of (n,) numbers, 0 < k <= n; the last of them is the largest.

    A sample says how far they reach at most, so that few of a country need to be put in order.
    """
    sample = values[::EVERY]
    reach = int(MARGIN * k / EVERY)
    if 0 < reach < len(sample):
        below = values[values <= np.partition(sample, reach)[reach]]
        if len(below) >= k:
            values = below
    return np.partition(values, k - 1)[:k]


def _of_site(children: pd.DataFrame, values: NDArray) -> NDArray[np.integer]:
    """The value of each child's site; NOWHERE without a school, whose code -1 is the last."""
    every = np.append(values, NOWHERE).astype(np.intp)
    return every.take(children["school_id"].cat.codes.to_numpy(), mode="wrap")


def _counted(children: pd.DataFrame, row: NDArray, *, rules: Rules) -> Population:
    counted = np.flatnonzero(row >= 0)
    units = in_units(children["score"].to_numpy().take(counted), rules=rules)
    toddler = children["toddler"].to_numpy(dtype=bool)
    return Population(
        units=units, row=row.take(counted), toddler=toddler.take(counted), child=counted
    )


def _weight(room: int, tied: int, *, ties: Ties) -> Fraction:
    """Fraction for which each of the tied children counts, where there is room for some or all."""
    if ties == "share":
        return Fraction(room, tied)
    return Fraction(ties == "all" or room == tied)
