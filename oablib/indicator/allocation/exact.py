"""The formula A - B of the law in whole numbers: no rounding but the one that the law asks for."""

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.indicator.allocation.populations import National, Population

Whole: TypeAlias = NDArray[np.object_]
"""Python's whole numbers, which do not overflow: products of sums pass 2^63 at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Sums of each school or municipality, exact, each of shape (number of these,).

    n: children. target: of the target group, tied ones by the fraction they count for, and score:
    their scores in units, both times `times`.
    """

    n: Whole
    target: Whole
    score: Whole
    times: int

    @property
    def n_target(self) -> NDArray[np.float64]:
        """Children of the target group; fractions of tied ones among them."""
        return (self.target / self.times).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """A and B of each row over a denominator, one for all or one each, all whole."""

    A: Whole
    B: Whole
    over: int | Whole

    def as_points(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """A and B, each the double nearest to it."""
        return (self.A / self.over).astype(np.float64), (self.B / self.over).astype(np.float64)

    def score(self, *, decimals: int) -> NDArray[np.float64]:
        """A - B, a half rounded away from zero, and 0 where that is negative."""
        steps = 10**decimals
        # For what is not negative in the end, half up is half away from zero.
        rounded = (2 * steps * (self.A - self.B) + self.over) // (2 * self.over)
        return (np.maximum(rounded, 0) / steps).astype(np.float64)


def sums(population: Population, *, size: int, national: National) -> Sums:
    """Sums of the rows 0 to size - 1; `national` says who belongs to the target group."""
    n = np.bincount(population.row, minlength=size)
    lower = np.flatnonzero(population.units <= national.cut)
    units, row = population.units[lower], population.row[lower]
    at_cut = np.bincount(row[units == national.cut], minlength=size).astype(object)
    count = np.bincount(row, minlength=size).astype(object)
    # Doubles, and exact: see checks.fail_if_scores_are_unfit.
    total = np.bincount(row, units, minlength=size).astype(np.int64).astype(object)
    parts, times = national.counted.numerator, national.counted.denominator
    return Sums(
        n=n.astype(object),
        target=(count - at_cut) * times + at_cut * parts,
        score=(total - at_cut * national.cut) * times + at_cut * parts * national.cut,
        times=times,
    )


def terms(sums: Sums, *, national: National, threshold: Fraction) -> Terms:
    """A = sum of C - D over the target group of each row, B = E x F x (C - G)."""
    C, G = national.exact_mean, national.exact_target_mean
    drop = threshold * (C - G)
    over = math.lcm(sums.times * C.denominator, sums.times * national.units, drop.denominator)
    A = sums.target * (C.numerator * (over // (sums.times * C.denominator)))
    A = A - sums.score * (over // (sums.times * national.units))
    return Terms(A=A, B=sums.n * (drop.numerator * (over // drop.denominator)), over=over)


def terms_by_own_mean(sums: Sums, *, national: National, threshold: Fraction) -> Terms:
    """As `terms`, with the mean of each row's own target group for G; without one, A = B = 0.

    C - G is then A over the number of children in this target group.
    """
    common = terms(sums, national=national, threshold=threshold)
    target = np.where(sums.target == 0, 1, sums.target)
    A = common.A * (threshold.denominator * target)
    B = common.A * (threshold.numerator * sums.times) * sums.n
    return Terms(A=A, B=B, over=common.over * threshold.denominator * target)


def decimal_sum(values: pd.Series) -> float:
    """Sum of numbers that were rounded, as if written out: 0.1 + 0.2 is 0.3."""
    return float(sum(map(Decimal, map(repr, values.tolist())), Decimal(0)))


def own_means(sums: Sums, *, national: National) -> NDArray[np.float64]:
    """Mean score of the target group of each row, in points; NaN without one."""
    target = np.where(sums.target == 0, 1, sums.target)
    means = (sums.score / (target * national.units)).astype(np.float64)
    return np.where(sums.target == 0, np.nan, means)
