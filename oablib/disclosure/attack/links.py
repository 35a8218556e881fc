"""Equations between places, as the rows of one linear programme: municipalities and released sums.

Columns 2i and 2i + 1 are n and A of the i-th place; further ones belong to what is added here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from oablib.base.errors import DisclosureError
from oablib.disclosure.attack.places import MUNICIPALITIES, SITES, Places

KEYS = ["date", "table", "place"]


@dataclass(slots=True)
class Linear:
    """A programme as lists: bounds of columns, which are whole, and rows low <= sum <= high."""

    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[tuple[float, float, Mapping[int, float]]] = field(default_factory=list)

    def column(self, low: float, high: float, *, whole: bool = False) -> int:
        """Add a column; its number."""
        self.low.append(low)
        self.high.append(high)
        self.whole.append(whole)
        return len(self.low) - 1

    def row(self, low: float, high: float, parts: Mapping[int, float]) -> None:
        """Add a row over columns with their factors."""
        self.rows.append((low, high, parts))


def blocks(rows: Places, sums: pd.DataFrame, *, nation: bool = False) -> list[np.ndarray]:
    """Positions of places that equations connect, a block each: municipalities, joined by sums.

    sums: name, date, table, place, low, high, a row a member: the sum of floored scores of the
    members is from low to high. nation: whether all places of a date are in one. Raises
    DisclosureError for members that are no places.
    """
    municipality = np.full(len(rows), "", object) if nation else rows.municipality
    home = pd.MultiIndex.from_arrays([rows.date, municipality])
    group = pd.factorize(home)[0]
    position = rows.keys().get_indexer(pd.MultiIndex.from_frame(sums[KEYS]))
    unknown = int((position < 0).sum())
    if unknown:
        raise DisclosureError(
            f"{unknown:,} of {len(sums):,} members of released sums are no released places; name "
            "them by date, table and place as the tables do."
        )
    name = pd.factorize(sums["name"])[0]
    first = pd.Series(group[position]).groupby(name).transform("first").to_numpy(dtype=int)
    size = int(group.max()) + 1
    edges = sparse.coo_array((np.ones(len(sums)), (group[position], first)), shape=(size, size))
    joined = csgraph.connected_components(edges, directed=False)[1][group]
    order = np.argsort(joined, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(joined[order])) + 1)


def of_block(rows: Places, block: np.ndarray, sums: pd.DataFrame) -> pd.DataFrame:
    """The sums that have a member in the block, and so all of them."""
    if sums.empty:
        return sums
    members = pd.MultiIndex.from_frame(sums[KEYS]).isin(rows.keys()[block])
    return sums[members]


def programme(rows: Places, block: np.ndarray, sums: pd.DataFrame) -> Linear:
    """Everything that is known of the places of a block; sums: those with members in it."""
    made = Linear()
    for i in block:
        n = made.column(rows.n_low[i], rows.n_high[i], whole=True)
        A = made.column(rows.A_low[i], rows.A_high[i])
        made.row(0, np.inf, {A: 1, n: -rows.nearest[i]})
        made.row(-np.inf, 0, {A: 1, n: -rows.farthest[i]})
    homes = pd.Series(np.arange(len(block))).groupby(
        [rows.date[block], rows.municipality[block]], sort=False
    )
    for _, inside in homes:
        _municipality(made, rows, block, inside.to_numpy())
    _sums(made, rows, block, sums)
    return made


def _municipality(made: Linear, rows: Places, block: np.ndarray, inside: np.ndarray) -> None:
    """n and A of a municipality are those of its sites and toddlers, but for two things.

    Its own C makes the distance of each target pupil of a site longer by `shift`. And pupils with
    a score between both boundaries, x of them, are in the target group of one population only: by
    C of municipalities their distances add up to Y, between_near x <= Y <= between_far x. All
    other pupils are in both target groups or in none, so that nothing else can differ.
    """
    table = rows.table[block[inside]]
    for own in inside[table == MUNICIPALITIES]:
        one = block[own]
        sites, parts = inside[table == SITES], inside[table != MUNICIPALITIES]
        sign, shift = rows.sign[one], rows.shift[one]
        most = rows.between[one]
        # With one boundary for both, those on it may count in either population, or in both.
        least = -most if rows.between_near[one] == rows.between_far[one] else 0.0
        x = made.column(least, most, whole=True)
        Y = made.column(least * rows.between_far[one], most * rows.between_far[one])
        made.row(0, np.inf, {Y: 1, x: -rows.between_near[one]})
        made.row(-np.inf, 0, {Y: 1, x: -rows.between_far[one]})
        pupils = float(rows.size[block[sites]].sum())
        made.row(-np.inf, pupils if sign > 0 else 0, {x: 1, **{2 * s: sign for s in sites}})
        made.row(0, 0, {2 * own: -1, x: sign, **{2 * part: 1 for part in parts}})
        distances = {2 * part + 1: 1.0 for part in parts} | {2 * s: shift for s in sites}
        made.row(0, 0, {2 * own + 1: -1, Y: sign, **distances})


def _sums(made: Linear, rows: Places, block: np.ndarray, sums: pd.DataFrame) -> None:
    """Each released sum lies between its bounds; a column for each member's score."""
    if sums.empty:
        return
    keys = rows.keys()[block]
    place = keys.get_indexer(pd.MultiIndex.from_frame(sums[KEYS]))
    scores = {i: _score(made, rows, block[i], i) for i in np.unique(place)}
    for _, part in sums.assign(place=place).groupby("name", sort=False):
        members: Sequence[int] = part["place"].tolist()
        made.row(part["low"].iloc[0], part["high"].iloc[0], {scores[i]: 1.0 for i in members})


def _score(made: Linear, rows: Places, one: int, i: int) -> int:
    """Column of a floored score P = max(0, A - B); with z whole, A - B for 1 and 0 for 0."""
    B = rows.drop[one]
    low, high = rows.A_low[one] - B, rows.A_high[one] - B
    P, A = made.column(0, max(high, 0)), 2 * i + 1
    made.row(-B, np.inf, {P: 1, A: -1})
    if low >= 0:
        made.row(-B, -B, {P: 1, A: -1})
    elif high > 0:
        z = made.column(0, 1, whole=True)
        made.row(-np.inf, 0, {P: 1, z: -high})
        made.row(-np.inf, -B - low, {P: 1, A: -1, z: -low})
    return P
