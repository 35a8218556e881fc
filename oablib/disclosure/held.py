"""Rows of places that stand as first published while too few of their children changed.

Two reports that differ by one child would else give that child's school and score. A ledger, which
is private and lives as long as the report does, holds what was published and of whom.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from oablib.base.errors import DisclosureError
from oablib.base.shown import showable
from oablib.disclosure.places import SCORE
from oablib.disclosure.settings import ProfileName, Rules

COUNTRY = "country"
"""Table, and only place, of all children of the latest date."""

ROWS, CHILDREN = "ledger_rows", "ledger_children"
"""Private tables that make up a ledger."""

FOLDER = Path("ledger")
KEYS = ["table", "place", "child"]


@showable(private=("rows", "children"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Ledger:
    """What was published, and of whom.

    rows: table, place, achterstandsscore, profile. children: table, place, child (uint64), units
    (score), one row for each child of a row.
    """

    rows: pd.DataFrame
    children: pd.DataFrame


@showable(private=("ledger",))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Held:
    """Tables as they are published: name -> frame.

    changed: name -> children of each row who changed since it was first published, 0 for a row that
    is published now. held: rows whose score would else be another. ledger: what the next report is
    held against.
    """

    tables: Mapping[str, pd.DataFrame]
    changed: Mapping[str, pd.Series]
    held: int
    ledger: Ledger


def read(folder: Path = FOLDER) -> Ledger | None:
    """The ledger of the report of this name that is published now; None for a first one."""
    paths = [folder / f"{name}.parquet" for name in (ROWS, CHILDREN)]
    if not all(path.is_file() for path in paths):
        return None
    return Ledger(*(pd.read_parquet(path) for path in paths))


def members(
    table: str, *, place: ArrayLike, names: Sequence[str], child: ArrayLike, units: ArrayLike
) -> pd.DataFrame:
    """Children of the rows of a table, for `hold`: table, place, child, units.

    place: (n,) row of each child's place in `names`, below 0 for none. child: (n,) key. units:
    (n,) score, in whole units.
    """
    row = np.asarray(place)
    counted = np.flatnonzero(row >= 0)
    columns = {
        "table": pd.Categorical.from_codes(
            np.zeros(len(counted), np.int8), categories=pd.Index([table])
        ),
        "place": pd.Categorical.from_codes(row[counted], categories=pd.Index(names, dtype=str)),
        "child": np.asarray(child)[counted],
        "units": np.asarray(units)[counted],
    }
    return pd.DataFrame(columns)


def hold(
    tables: Mapping[str, pd.DataFrame],
    *,
    children: Mapping[str, pd.DataFrame],
    earlier: Ledger | None,
    profile: ProfileName,
    rules: Rules,
) -> Held:
    """Put back the rows of which fewer than rules.hold children joined, left or changed score.

    tables: name -> frame as `places` gives, whose first column names the place. children: name ->
    as from `members`. A ledger of another profile is not held against. A row that was hidden, or
    is now, follows the profile alone. children has all children of the country as well, under
    COUNTRY.

    Raises DisclosureError when some children changed, and fewer than rules.hold in all: national
    numbers of both reports would differ by these alone.
    """
    if earlier is not None:
        _fail_if_few_changed(children[COUNTRY], _of(earlier, COUNTRY), fewest=rules.hold)
    if earlier is not None and set(earlier.rows["profile"]) != {profile}:
        earlier = None
    made, moved, rows, of_rows, count = {}, {}, [], [], 0
    for name, frame in tables.items():
        now, before = children[name], _of(earlier, name)
        counts = _standing(frame, now, before, fewest=rules.hold)
        standing = set(counts.index)
        first = before.rows.set_index("place")[SCORE]
        place = frame.iloc[:, 0].astype(str)
        kept = place.map(first).where(place.isin(standing))
        made[name] = frame.assign(**{SCORE: kept.fillna(frame[SCORE])})
        moved[name] = place.map(counts).fillna(0).astype(int)
        count += int((kept.notna() & (kept != frame[SCORE])).sum())
        of_rows += [
            now[~now["place"].isin(standing)],
            before.children[before.children["place"].isin(standing)],
        ]
        rows.append(_row(name, place, made[name][SCORE], profile=profile))
    ledger = Ledger(pd.concat(rows, ignore_index=True), _joined([*of_rows, children[COUNTRY]]))
    return Held(made, moved, count, ledger)


def _fail_if_few_changed(now: pd.DataFrame, before: Ledger, *, fewest: int) -> None:
    count = int(changed(now, before.children).sum())
    if 0 < count < fewest:
        raise DisclosureError(
            f"Of the children of the report that is published, {count} joined, left or have "
            f"another score; expected none, or {fewest} or more: two reports that differ by fewer "
            "show these children. Wait until more have changed."
        )


def changed(now: pd.DataFrame, before: pd.DataFrame) -> pd.Series:
    """How many children of each place joined, left or have another score; by place."""
    both = [frame.astype({"place": str})[["place", "child", "units"]] for frame in (now, before)]
    joined = both[0].merge(both[1], on=["place", "child"], how="outer", suffixes=("", "_before"))
    differs = joined["units"] != joined["units_before"]  # NaN differs from all
    return joined[differs].groupby("place").size()


def _standing(frame: pd.DataFrame, now: pd.DataFrame, before: Ledger, *, fewest: int) -> pd.Series:
    """Places shown before and now of which too few children changed: place -> how many."""
    shown = set(frame.loc[frame[SCORE].notna()].iloc[:, 0].astype(str))
    shown &= set(before.rows.loc[before.rows[SCORE].notna(), "place"].astype(str))
    counts = changed(now, before.children).reindex(sorted(shown), fill_value=0)
    return counts[counts < fewest]


def _of(ledger: Ledger | None, table: str) -> Ledger:
    """The part of a ledger that is of one table; without rows where there is none."""
    if ledger is None:
        rows = pd.DataFrame({"table": [], "place": [], SCORE: [], "profile": []})
        children = pd.DataFrame({"table": [], "place": [], "child": [], "units": []})
        return Ledger(rows, children)
    return Ledger(*(part[part["table"] == table] for part in (ledger.rows, ledger.children)))


def _row(name: str, place: pd.Series, score: pd.Series, *, profile: ProfileName) -> pd.DataFrame:
    return pd.DataFrame({"table": name, "place": place, SCORE: score, "profile": profile})


def _joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Parts as one frame, with categories again, which concat gives up."""
    whole = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return whole.astype({"table": "category", "place": "category"})
