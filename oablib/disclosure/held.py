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
from oablib.disclosure.places import SCORE, whole_steps
from oablib.disclosure.settings import Rules

COUNTRY = "country"
"""Table, and only place, of all children of the latest date."""

PREFIX = "ledger_"
"""Of the private tables that make up a ledger."""

ROWS, CHILDREN, COHORT = f"{PREFIX}rows", f"{PREFIX}children", f"{PREFIX}cohort"

FOLDER = Path("ledger")


@showable(private=("rows", "children"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Ledger:
    """What was published, and of whom.

    rows: table, place, achterstandsscore, step. children: table, place, child (uint64), units
    (score, or a digest of the record under COUNTRY), one row for each child of a row.
    """

    rows: pd.DataFrame
    children: pd.DataFrame


@showable(private=("ledger",))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Held:
    """Tables as they are published: name -> frame.

    changed: name -> children of each row who changed since it was first published, NaN for a row
    that is published now. held: rows whose score would else be another. ledger: what the next
    report is held against.
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
    rules: Rules,
) -> Held:
    """Put back the rows of which fewer than rules.hold children joined, left or changed score.

    tables: name -> frame as `places` gives, whose first column names the place. children: name ->
    as from `members`, and all children of the country under COUNTRY. A row stands with the score
    that was published, in today's steps where these are coarser; where they are finer, or the row
    was or is hidden, it follows the rules of today alone.

    Raises DisclosureError when some children changed, and fewer than rules.hold in all: national
    numbers of both reports would differ by these alone.
    """
    earlier = earlier or Ledger(_row("", pd.DataFrame({"": [], SCORE: [], "step": []})), _NOBODY)
    if len(earlier.rows):
        _fail_if_few_changed(children[COUNTRY], _of(earlier, COUNTRY).children, fewest=rules.hold)
    made, moved, rows, of_rows, count = {}, {}, [], [], 0
    for name, frame in tables.items():
        now, before = children[name], _of(earlier, name)
        first = _first(frame, before.rows)
        counts = first["place"].map(changed(now, before.children)).fillna(0).astype(int)
        stands = first[SCORE].notna() & (counts < rules.hold)
        score = first[SCORE].where(stands, frame[SCORE])
        made[name], moved[name] = frame.assign(**{SCORE: score}), counts.where(stands)
        count += int((stands & (score != frame[SCORE])).sum())
        standing = set(first.loc[stands, "place"])
        is_new, is_old = (
            part["place"].astype(str).isin(standing) for part in (now, before.children)
        )
        of_rows += [now[~is_new], before.children[is_old]]
        rows.append(_row(name, made[name]))
    ledger = Ledger(pd.concat(rows, ignore_index=True), _joined([*of_rows, children[COUNTRY]]))
    return Held(made, moved, count, ledger)


def changed(now: pd.DataFrame, before: pd.DataFrame) -> pd.Series:
    """How many children of each place joined, left or have another score; by place."""
    both = now.merge(before, on="child", how="outer", suffixes=("", "_before"))
    places = [both[name].astype(object) for name in ("place", "place_before")]
    differs = (both["units"] != both["units_before"]) | (places[0] != places[1])
    # Who went from one place to another changed both.
    moved = differs & (places[0] != places[1])
    return pd.concat([places[0][differs], places[1][moved]]).dropna().value_counts()


def cohort(frame: pd.DataFrame, *, rules: Rules, folder: Path = FOLDER) -> pd.DataFrame:
    """The ledger of a cohort: child, and a digest of its row.

    frame: with a column child, unique. folder: of the ledger of the report that is published.
    Raises DisclosureError when some children joined, left or have another row since, and fewer than
    rules.hold: estimates of both reports would differ by these alone.
    """
    digest = pd.util.hash_pandas_object(frame.drop(columns="child"), index=False)
    made = pd.DataFrame({"child": frame["child"].astype(str), "units": digest, "place": COUNTRY})
    path = folder / f"{COHORT}.parquet"
    if path.is_file():
        _fail_if_few_changed(made, pd.read_parquet(path), fewest=rules.hold)
    return made


_NOBODY = pd.DataFrame({name: [] for name in ("table", "place", "child", "units")}).astype(
    {"child": "uint64"}
)


def _fail_if_few_changed(now: pd.DataFrame, before: pd.DataFrame, *, fewest: int) -> None:
    count = int(changed(now, before).sum())
    if 0 < count < fewest:
        raise DisclosureError(
            f"Of the children of the report that is published, {count} joined, left or have "
            f"another record; expected none, or {fewest} or more: two reports that differ by fewer "
            "show these children. Wait until more have changed."
        )


def _first(frame: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """What was first published of each row, in today's steps: place, achterstandsscore.

    The score is NaN where there was none, where none is shown today, and in finer steps today.
    """
    place = frame.iloc[:, 0].astype(str)
    earlier = rows.set_index("place").reindex(place)
    score = whole_steps(earlier[SCORE], frame["step"])
    finer = frame["step"].to_numpy(float) < earlier["step"].to_numpy(float)
    return pd.DataFrame(
        {"place": place, SCORE: pd.Series(score, frame.index).mask(finer | frame[SCORE].isna())}
    )


def _of(ledger: Ledger, table: str) -> Ledger:
    """The part of a ledger that is of one table."""
    return Ledger(*(part[part["table"] == table] for part in (ledger.rows, ledger.children)))


def _row(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    columns = {"place": frame.iloc[:, 0].astype(str), SCORE: frame[SCORE], "step": frame["step"]}
    return pd.DataFrame({"table": name, **columns})


def _joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Parts as one frame, with categories again, which concat gives up."""
    whole = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return whole.astype({"table": "category", "place": "category"})
