"""National sums: the size of the target group and its distances, known of either population.

By law they are a share of all children, and that times C - G. One programme over a whole country is
slow, so that it is asked first whether these sums can say anything about a place.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.disclosure.attack.links import Linear
from oablib.disclosure.attack.places import EXACT, MUNICIPALITIES, SITES, Places
from oablib.disclosure.attack.solver import Solver

ANGLES = 4
"""Directions in the plane of n and A that are tried for each population, and for both at once."""

TABLES = (SITES, MUNICIPALITIES)


def room(rows: Places, true: pd.DataFrame, parts: Sequence[tuple[NDArray, Solver]]) -> float:
    """How much room other places leave: nothing follows of any place where that is 1 or more.

    parts: places and solver of each block. In a direction u, what is possible in a block reaches
    from -h(-u) to h(u). Whatever its places are, the others can make up the national sums s when
    the sum of all h(u) is above u s by h(u) + h(-u) or more, in every direction; room is the
    least quotient of the two, over the directions that are tried.
    """
    scale = float(np.median(rows.nearest + rows.farthest)) / 2
    return min(
        _room(rows, true, parts, date=date, directions=_directions(scale))
        for date in np.unique(rows.date)
    )


def _room(
    rows: Places,
    true: pd.DataFrame,
    parts: Sequence[tuple[NDArray, Solver]],
    *,
    date: str,
    directions: Sequence[NDArray[np.float64]],
) -> float:
    inside = [
        (solver, *_columns(rows, block, date))
        for block, solver in parts
        if date in rows.date[block]
    ]
    sums, least = totals(rows, true, date), np.inf
    for u in directions:
        high, low = (
            np.array([solver.support(columns, sign * u[kind]) for solver, columns, kind in inside])
            for sign in (1.0, -1.0)
        )
        widest = float((high + low).max())
        if widest > EXACT:
            least = min(least, (high.sum() - u @ sums) / widest, (low.sum() + u @ sums) / widest)
    return float(least)


def totals(rows: Places, true: pd.DataFrame, date: str) -> NDArray[np.float64]:
    """n and A of all sites, and of all municipalities."""
    chosen = [(rows.date == date) & (rows.table == table) for table in TABLES]
    return np.array([true.loc[one, name].sum() for one in chosen for name in ("n_target", "A")])


def add(linear: Linear, rows: Places, block: NDArray, true: pd.DataFrame) -> None:
    """Put the national sums of each date into the programme of all its places."""
    for date in np.unique(rows.date[block]):
        columns, kind = _columns(rows, block, date)
        for k, total in enumerate(totals(rows, true, date)):
            chosen = columns[kind == k]
            slack = EXACT * max(len(chosen), 1)
            linear.row(total - slack, total + slack, dict.fromkeys(chosen.tolist(), 1.0))


def _directions(scale: float) -> list[NDArray[np.float64]]:
    """Half of them: the others are opposite. A is put on the scale of n."""
    angles = np.pi * np.arange(ANGLES) / ANGLES
    plane = [np.array([np.cos(a), np.sin(a) / scale]) for a in angles]
    none = np.zeros(2)
    pairs = [(one, none) for one in plane] + [(none, one) for one in plane]
    pairs += [(one, sign * one) for one in plane for sign in (1, -1)]
    return [np.concatenate(pair) for pair in pairs]


def _columns(rows: Places, block: NDArray, date: str) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Columns of a block that national sums are of, and which sum in the order of `totals`."""
    columns, kind = [], []
    for k, table in enumerate(TABLES):
        places = np.flatnonzero((rows.table[block] == table) & (rows.date[block] == date))
        columns += [2 * places, 2 * places + 1]
        kind += [np.full(len(places), 2 * k), np.full(len(places), 2 * k + 1)]
    return np.concatenate(columns).astype(np.int32), np.concatenate(kind)
