"""Which scores of school sites may be shown: small ones are hidden, or pooled by their board."""

import math

import numpy as np
import pandas as pd

from oablib.base.errors import AllocationError
from oablib.indicator.allocation import checks, exact
from oablib.indicator.allocation.scores import BRIN_LENGTH, brins
from oablib.indicator.allocation.settings import Rules

NOT_SHOWN = "not shown"
NUMBERS = ["n_children", "n_target", "A", "B", "achterstandsscore"]
LONE = "hidden because one hidden row alone could be computed from the totals"


def shown(table: pd.DataFrame, sites: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Out of `schools`, what may be shown by rules.small_schools, in the same columns.

    Sites with fewer pupils than `fewest` stay (keep), lose their numbers (suppress), or are summed
    up in a row under the code of their board, which loses its numbers where it still has fewer
    (board). Sites without pupils stay. Sites come first, then boards, then hidden rows summed up
    in a row "not shown", so that sums are those of `table`. As long as this row is a single one or
    has fewer pupils than `fewest`, the smallest row that is shown is hidden as well; where none is
    left to hide, it loses its numbers too. Sums of scores are sums of rounded ones.

    A site is protected against readers who know the totals; not against another hidden site that
    knows its own numbers, nor against other tables by smaller areas.

    Raises AllocationError when a school of the table is not in sites.
    """
    checks.fail_if_columns_are_absent(table, ["school_id", "note", *NUMBERS], name="schools")
    fewest, treatment = rules.small_schools.fewest, rules.small_schools.treatment
    rows = table.astype({"n_children": "Int64"}).sort_values("school_id", ignore_index=True)
    if treatment == "board":
        rows = _pooled(rows, boards=_boards(rows, sites), fewest=fewest)
    if treatment == "keep":
        return rows
    small = _is_small(rows, fewest=fewest)
    hidden = small | _also_hidden(rows, small, fewest=fewest)
    why = np.where(small, f"fewer than {fewest} pupils", LONE)
    kept = rows.assign(note=rows["note"].where(~hidden, why))
    kept[NUMBERS] = kept[NUMBERS].mask(hidden)
    if not hidden.any():
        return kept
    return pd.concat([kept, _not_shown(rows, hidden, fewest=fewest)], ignore_index=True)


def shown_brins(table: pd.DataFrame, visible: pd.DataFrame) -> pd.DataFrame:
    """Schools by BRIN of which every site is shown by itself: as `brins`.

    table: as from `schools`; visible: the same after `shown`. The sum of a BRIN of which one site
    is hidden would reveal that site's score.
    """
    named = visible.dropna(subset=["achterstandsscore"])["school_id"]
    hidden = table.loc[~table["school_id"].isin(named), "school_id"].str[:BRIN_LENGTH]
    every = brins(table)
    return every[~every["brin"].isin(hidden)].reset_index(drop=True)


def _is_small(rows: pd.DataFrame, *, fewest: int) -> pd.Series:
    return rows["n_children"].between(1, fewest - 1).astype(bool)


def _boards(rows: pd.DataFrame, sites: pd.DataFrame) -> pd.Series:
    """Board of each row."""
    boards = rows["school_id"].map(sites.set_index("school_id")["board"])
    unknown = int(boards.isna().sum())
    if unknown:
        raise AllocationError(
            f"{unknown:,} of {len(rows):,} schools are not in sites or have no board; give the "
            "sites that the table was computed from."
        )
    return boards


def _pooled(rows: pd.DataFrame, *, boards: pd.Series, fewest: int) -> pd.DataFrame:
    """Small sites of a board in one row under its code; those alone in it stay."""
    small = _is_small(rows, fewest=fewest)
    together = small & (boards.where(small).map(boards[small].value_counts()) > 1)
    pools = [
        _sum(part, named=str(board), note=f"{len(part)} small sites of one board")
        for board, part in rows[together].groupby(boards[together])
    ]
    return pd.concat([rows[~together], *pools], ignore_index=True)


def _also_hidden(rows: pd.DataFrame, small: pd.Series, *, fewest: int) -> pd.Series:
    """Rows to hide with the small ones, so that these cannot be computed from the totals."""
    hidden = small.copy()
    if not small.any():
        return hidden
    by_size = rows[~small & (rows["n_children"] > 0)].sort_values(["n_children", "school_id"])
    for row in by_size.index:
        if hidden.sum() > 1 and rows.loc[hidden, "n_children"].sum() >= fewest:
            break
        hidden[row] = True
    return hidden


def _not_shown(rows: pd.DataFrame, hidden: pd.Series, *, fewest: int) -> pd.DataFrame:
    count, pupils = int(hidden.sum()), int(rows.loc[hidden, "n_children"].sum())
    row = _sum(rows[hidden], named=NOT_SHOWN, note=f"{count} rows together")
    if count > 1 and pupils >= fewest:
        return row
    row[NUMBERS] = row[NUMBERS].mask(np.ones((1, len(NUMBERS)), dtype=bool))
    return row.assign(note="too few to be shown together")


def _sum(part: pd.DataFrame, *, named: str, note: str) -> pd.DataFrame:
    """Several rows as one."""
    sums = {name: math.fsum(part[name]) for name in NUMBERS}
    sums["achterstandsscore"] = exact.decimal_sum(part["achterstandsscore"])
    row = part.iloc[:1].assign(school_id=named, note=note, **sums)
    return row.astype({"n_children": "Int64"})
