"""Draws against the truth, where a program has drawn the country."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.indicator import allocation
from oablib.indicator.certainty.layout import Layout

BINS = 10  # of chances


def true_points(layout: Layout, scores: NDArray[np.float64]) -> pd.Series:
    """A - B of each site by school_id, points; scores: (n,) of all children, as true_scores."""
    children = layout.children
    frame = children.frame(score=scores)
    table = allocation.schools(frame, children.sites, rules=layout.law).set_index("school_id")
    return table["A"] - table["B"]


def beside_true(sites: pd.DataFrame, points: pd.Series) -> pd.DataFrame:
    """Sites of `measure` with true_points (A - B) and truth (the score), points."""
    true = sites["school_id"].map(points)
    return sites.assign(true_points=true, truth=true.clip(lower=0))


def coverage(sites: pd.DataFrame) -> float:
    """Share of sites whose interval holds the truth; sites: as from `beside_true`."""
    inside = sites["true_points"].between(sites["low"], sites["high"])
    return float(inside.mean())


def calibration(sites: pd.DataFrame, *, layout: Layout) -> pd.DataFrame:
    """Sites by chance of a score above 0: at_least, up_to, schools, chance, share.

    chance: mean of the class. share: of the sites that do have a score above 0. Ten classes.
    """
    number = np.minimum((sites["chance"] * BINS).astype(int), BINS - 1)
    grouped = sites.assign(positive=sites["true_points"] >= layout.law.least_points).groupby(number)
    table = pd.DataFrame(
        {
            "schools": grouped.size(),
            "chance": grouped["chance"].mean(),
            "share": grouped["positive"].mean(),
        }
    )
    limits = table.index.to_numpy() / BINS
    return table.assign(at_least=limits, up_to=limits + 1 / BINS)[
        ["at_least", "up_to", "schools", "chance", "share"]
    ].reset_index(drop=True)
