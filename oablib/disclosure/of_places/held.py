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

from oablib.base.shown import showable
from oablib.disclosure.ledger import COUNTRY, FOLDER, PREFIX, changed, fail_if_few_changed
from oablib.disclosure.of_places.scores import SCORE, whole_steps
from oablib.disclosure.settings import Rules

ROWS, CHILDREN = f"{PREFIX}rows", f"{PREFIX}children"
"""Private tables that make up a ledger."""


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
        fail_if_few_changed(children[COUNTRY], _of(earlier, COUNTRY).children, fewest=rules.hold)
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


_NOBODY = pd.DataFrame({name: [] for name in ("table", "place", "child", "units")}).astype(
    {"child": "uint64"}
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
