"""Every place as one row: what is released of it, and what follows from its own row alone.

A row is a school site, a municipality, or the toddlers of a municipality. Behind each are n
children of the target group and A, the sum of their distances C - D, so that A is from
nearest x n to farthest x n.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import DisclosureError
from oablib.disclosure.attack.released import Constants, Released

SITES, TODDLERS, MUNICIPALITIES = "sites", "toddlers", "municipalities"

EXACT = 1e-6
"""Points or children. Sums of doubles and the solver's own tolerance (1e-7) stay below; scores of
children have six decimals."""

Text = NDArray[np.object_]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Places of all dates, each field of shape (places,).

    size: children. drop: B; nearest, farthest: of one child; A_low to A_high, in points. n_low to
    n_high: target group. hidden: no score was released. The last five tell how a municipality
    counts the pupils of its sites, and are 0 elsewhere. Distances are longer by shift, C of
    municipalities less C of sites. Up to `between` pupils have a score between both boundaries:
    they join its target group (sign 1) or leave it (sign -1), each with a distance from
    between_near to between_far.
    """

    date: Text
    table: Text
    place: Text
    municipality: Text
    size: Numbers
    drop: Numbers
    nearest: Numbers
    farthest: Numbers
    n_low: Numbers
    n_high: Numbers
    A_low: Numbers
    A_high: Numbers
    hidden: NDArray[np.bool_]
    shift: Numbers
    between: Numbers
    sign: Numbers
    between_near: Numbers
    between_far: Numbers

    def __len__(self) -> int:
        return len(self.place)

    def keys(self) -> pd.MultiIndex:
        """date, table, place of each row."""
        return pd.MultiIndex.from_arrays([self.date, self.table, self.place])


def places(dates: Sequence[Released]) -> Places:
    """All places of all dates, with what follows from each row by itself.

    Raises DisclosureError when a municipality has fewer children than its sites, or some row allows
    no target group at all.
    """
    parts = [part for one in dates for part in (_sites(one), _toddlers(one), _municipalities(one))]
    names = [field.name for field in fields(Places)]
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return alone(Places(**joined))


def alone(rows: Places) -> Places:
    """Narrow n and A of each row by its own numbers: the closed form of the law.

    n target children give A from nearest x n to farthest x n, so that A within bounds leaves n from
    A_low / farthest to A_high / nearest, and whole.
    """
    n_low = np.maximum(rows.n_low, np.ceil(rows.A_low / rows.farthest - EXACT))
    n_high = np.minimum(rows.n_high, np.floor(rows.A_high / rows.nearest + EXACT))
    A_low = np.maximum(rows.A_low, n_low * rows.nearest)
    A_high = np.minimum(rows.A_high, n_high * rows.farthest)
    impossible = int(((n_low > n_high) | (A_low > A_high + EXACT)).sum())
    if impossible:
        raise DisclosureError(
            f"{impossible:,} of {len(rows):,} released rows allow no target group whatever; give "
            "the constants that the rows were computed with, and bounds that hold them."
        )
    return replace(rows, n_low=n_low, n_high=n_high, A_low=A_low, A_high=np.maximum(A_low, A_high))


def toddlers(one: Released) -> pd.Series:
    """Children of each municipality who are at no site of it, by its position in the table."""
    pupils = one.sites.groupby("municipality", observed=True)["n_children"].sum()
    at_sites = one.municipalities["municipality"].map(pupils).fillna(0)
    return one.municipalities["n_children"] - at_sites


def _sites(one: Released) -> Places:
    return _rows(
        one.sites, one.sites["school_id"], table=SITES, date=one.date, constants=one.of_sites
    )


def _toddlers(one: Released) -> Places:
    """Nothing is released of them, which is why they count as no hidden place."""
    count = toddlers(one)
    missing = int((count < 0).sum())
    if missing:
        raise DisclosureError(
            f"{missing:,} municipalities have fewer children than their sites have pupils; give "
            "both tables of one reference date, and the municipality where each site stands."
        )
    frame = one.municipalities[["municipality"]].assign(n_children=count, low=-np.inf, high=np.inf)
    rows = _rows(
        frame, frame["municipality"], table=TODDLERS, date=one.date, constants=one.of_municipalities
    )
    return replace(rows, hidden=np.zeros(len(rows), bool), drop=np.zeros(len(rows)))


def _municipalities(one: Released) -> Places:
    rows = _rows(
        one.municipalities,
        one.municipalities["municipality"],
        table=MUNICIPALITIES,
        date=one.date,
        constants=one.of_municipalities,
    )
    ours, theirs = one.of_municipalities, one.of_sites
    boundaries = sorted([ours.boundary, theirs.boundary])
    return replace(
        rows,
        shift=np.full(len(rows), ours.C - theirs.C),
        between=one.municipalities["between"].to_numpy(float),
        sign=np.full(len(rows), 1.0 if ours.boundary >= theirs.boundary else -1.0),
        between_near=np.full(len(rows), ours.C - boundaries[1]),
        between_far=np.full(len(rows), ours.C - boundaries[0]),
    )


def _rows(
    frame: pd.DataFrame, place: pd.Series, *, table: str, date: str, constants: Constants
) -> Places:
    size, none = frame["n_children"].to_numpy(float), np.zeros(len(frame))
    drop = constants.drop(size)
    low, high = (frame[name].to_numpy(float) for name in ("low", "high"))
    return Places(
        date=np.full(len(frame), date, object),
        table=np.full(len(frame), table, object),
        place=place.astype(str).to_numpy(object),
        municipality=frame["municipality"].astype(str).to_numpy(object),
        size=size,
        drop=drop,
        nearest=np.full(len(frame), constants.nearest),
        farthest=np.full(len(frame), constants.farthest),
        n_low=_column(frame, "n_low", none),
        n_high=np.minimum(_column(frame, "n_high", size), size),
        A_low=np.maximum(drop + low, 0.0),
        A_high=np.minimum(drop + high, size * constants.farthest),
        hidden=np.isinf(low) & np.isinf(high),
        shift=none,
        between=none,
        sign=none,
        between_near=none,
        between_far=none,
    )


def _column(frame: pd.DataFrame, name: str, otherwise: Numbers) -> Numbers:
    """An optional column; what it leaves empty is as if it were not there."""
    if name not in frame:
        return otherwise
    given = frame[name].to_numpy(float)
    return np.where(np.isnan(given), otherwise, given)
