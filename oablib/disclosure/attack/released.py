"""What an attacker reads: intervals of exact scores, and the constants of the law beside them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from oablib.base.shown import showable

SCORE = "achterstandsscore"


@showable()
@dataclass(frozen=True, slots=True)
class Constants:
    """Of a population, in points: C, G, boundary; threshold (F, a fraction of its children).

    range: boundary minus the lowest score that a child can have. The attacker is granted all of
    them unrounded.
    """

    C: float
    G: float
    boundary: float
    threshold: float
    range: float

    @property
    def nearest(self) -> float:
        """Least distance C - D of a child of the target group."""
        return self.C - self.boundary

    @property
    def farthest(self) -> float:
        """Largest distance C - D of a child."""
        return self.nearest + self.range

    def drop(self, n_children: ArrayLike) -> NDArray[np.float64]:
        """B = E x F x (C - G) of places with E children, in points."""
        return np.asarray(n_children, float) * self.threshold * (self.C - self.G)


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Released:
    """All that is known of the places of one reference date.

    sites: school_id, municipality, n_children, low, high. municipalities: municipality, n_children,
    low, high, between; a municipality need not be listed, and its children who are at no site of it
    are toddlers. low and high: the exact A - B lies between them, in points, both infinite where
    it is hidden. between: how many pupils are in the target group of one population only, as
    `truth` has it: not released, but so few that the attacker is granted it. Optional in both
    tables: n_low, n_high, children of the target group, where released. of_sites,
    of_municipalities: constants of pupils, and of pupils and toddlers.
    """

    date: str
    sites: pd.DataFrame
    municipalities: pd.DataFrame
    of_sites: Constants
    of_municipalities: Constants


def interval(
    score: ArrayLike, step: ArrayLike, *, decimals: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bounds of the exact A - B behind scores that were rounded by law, floored and put in steps.

    score: (n,) points as shown, NaN where hidden. step: (n,) points, or one for all. decimals: of
    the law. A half is rounded away from zero both times, so that 10 in steps of 10 was 5 to 14.99
    by law, and 4.995 to 14.995 before. A 0 has no lower bound. Both bounds belong to the interval.
    """
    unit = 10.0**decimals
    shown, each = np.asarray(score, float), np.rint(np.asarray(step, float) * unit)
    whole = np.rint(shown * unit)
    low = (whole - each // 2 - 0.5) / unit
    high = (whole + (each - 1) // 2 + 0.5) / unit
    hidden = np.isnan(shown)
    return (np.where(hidden | (whole == 0), -np.inf, low), np.where(hidden, np.inf, high))


def bounded(
    table: pd.DataFrame, *, decimals: int, constants: Constants, changed: ArrayLike = 0
) -> pd.DataFrame:
    """A published table with low and high: from its columns n_children, achterstandsscore, step.

    changed: (n,) children who changed since a row was published that still stands. Each of these
    may have moved A by the largest distance, and B by that of one child.
    """
    low, high = interval(table[SCORE], table["step"], decimals=decimals)
    moved = np.asarray(changed, float) * (constants.farthest + float(constants.drop(1)))
    return table.assign(low=low - moved, high=high + moved)
