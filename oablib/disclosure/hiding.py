"""Steps with which a stage makes a table fit to be published, before anything is made from it.

A hidden number is NaN. What is protected: the table itself, and its rows against totals that they
add up to; a number that stands in another table as well is hidden there by the same step or not at
all.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.disclosure.cells import is_few, numbers
from oablib.disclosure.settings import Rules

Amounts = NDArray[np.float64]


def hide(
    frame: pd.DataFrame,
    *,
    rules: Rules,
    counts: Sequence[str] = (),
    shares: Mapping[str, str | int] | None = None,
    also: Sequence[str] = (),
    by: Sequence[str] = (),
    added_up: bool = True,
) -> pd.DataFrame:
    """Hide rows with a count, or the numerator or complement of a share, of 1 to `fewest` - 1.

    shares: column -> column with its n, or n itself. also: columns that are hidden in the same
    rows. by: columns within whose values rows add up. added_up: whether they add up to a known
    total; then more rows, the smallest first, are hidden until no hidden one follows from it: two
    or more, and `fewest` or more together. Numbers of every type are treated alike.
    """
    shares = shares or {}
    columns = [*counts, *shares]
    amounts = [numbers(frame[name]) for name in counts]
    ns = [_n(frame, of) for of in shares.values()]
    parts = [numbers(frame[name]) * n for name, n in zip(shares, ns, strict=True)]
    complements = [n - part for n, part in zip(ns, parts, strict=True)]
    judged = np.column_stack([*amounts, *parts, *complements])
    few = is_few(judged, fewest=rules.fewest)
    hidden = np.asarray((few | np.isnan(judged)).any(axis=1))
    if added_up:
        groups = frame.groupby(list(by), sort=False, dropna=False).ngroup() if by else None
        group = np.zeros(len(frame), int) if groups is None else groups.to_numpy()
        for number in np.unique(group):
            rows = np.flatnonzero(group == number)
            hidden[rows] = _with_more(judged[rows], hidden[rows], fewest=rules.fewest)
    if not hidden.any():
        return frame
    cells = {name: frame[name].astype(float).mask(hidden) for name in (*columns, *also)}
    return frame.assign(**cells)


def merge(
    frame: pd.DataFrame,
    *,
    rules: Rules,
    counts: Sequence[str],
    sums: Sequence[str] = (),
    lower: str = "lower",
    upper: str = "upper",
    open_at: Sequence[str] = (),
) -> pd.DataFrame:
    """Classes merged from both ends inwards until no count is of 1 to `fewest` - 1.

    frame: one row a class, in rising order, with its limits `lower` and perhaps `upper`. counts and
    sums are added up. A column of counts that has fewer than `fewest` in all is hidden. open_at:
    limits that are left open (NaN) at their end: they say where the first or last child is.
    """
    total = frame[list(counts)].sum()
    shown = [name for name in counts if not 0 < total[name] < rules.fewest]
    table = frame[shown].to_numpy(float)
    groups = [(row, row + 1) for row in range(len(frame))]
    while len(groups) > 1:
        added = np.array([table[first:last].sum(axis=0) for first, last in groups])
        unsafe = np.flatnonzero(is_few(added, fewest=rules.fewest).any(axis=1))
        if not len(unsafe):
            break
        groups = _joined(groups, unsafe, peak=int(added.sum(axis=1).argmax()))
    rows = []
    for first, last in groups:
        part = frame.iloc[first:last]
        added_up = part[[*counts, *sums]].sum()
        last_limit = {upper: part[upper].iloc[-1]} if upper in frame else {}
        rows.append({**part.iloc[0], **added_up, **last_limit})
    merged = pd.DataFrame(rows, columns=frame.columns)
    merged = merged.astype(frame.dtypes.to_dict())
    if open_at and len(merged):
        ends = {lower: 0, upper: len(merged) - 1}
        merged = merged.astype(dict.fromkeys(open_at, float))
        for name in open_at:
            merged.loc[ends[name], name] = np.nan
    return merged.assign(**{name: np.nan for name in counts if name not in shown})


def hide_steps(
    frame: pd.DataFrame, *, rules: Rules, before: str = "before", after: str = "after",
    dropped: str = "dropped",
) -> pd.DataFrame:  # fmt: skip
    """Hide numbers of rows between which 1 to `fewest` - 1 were dropped; the last one stays.

    frame: steps in their order; `after` of a step is `before` of the next.
    """
    levels = [int(frame[before].iloc[0]), *map(int, frame[after])]
    shown = [True]
    last = levels[-1]
    for level in levels[-2::-1]:
        is_shown = not 0 < level - last < rules.fewest
        last = level if is_shown else last
        shown.insert(0, is_shown)
    if all(shown):
        return frame
    there = np.array(shown)
    hidden = {before: ~there[:-1], after: ~there[1:], dropped: ~(there[:-1] & there[1:])}
    return frame.assign(
        **{name: frame[name].astype(float).mask(rows) for name, rows in hidden.items()}
    )


def _n(frame: pd.DataFrame, of: str | int) -> Amounts:
    return np.full(len(frame), float(of)) if isinstance(of, int) else numbers(frame[of])


def _with_more(amounts: Amounts, hidden: NDArray[np.bool_], *, fewest: int) -> NDArray[np.bool_]:
    """Hidden rows of a group with as many more as it takes, the smallest first."""
    hidden = hidden.copy()
    size = np.where(amounts > 0, amounts, np.inf).min(axis=1)
    while hidden.any() and not hidden.all():
        together = np.nansum(amounts[hidden], axis=0)
        if hidden.sum() > 1 and not is_few(together, fewest=fewest).any():
            break
        shown = np.flatnonzero(~hidden)
        hidden[shown[size[shown].argmin()]] = True
    return hidden


def _joined(
    groups: list[tuple[int, int]], unsafe: NDArray[np.intp], *, peak: int
) -> list[tuple[int, int]]:
    """Classes up to the innermost unsafe one below the peak, or from the one above it, as one."""
    below, above = unsafe[unsafe <= peak], unsafe[unsafe > peak]
    if len(below) and peak < len(groups):
        end = max(int(below[-1]) + 1, 2)
        return [(groups[0][0], groups[end - 1][1]), *groups[end:]]
    start = min(int(above[0]), len(groups) - 2)
    return [*groups[:start], (groups[start][0], groups[-1][1])]
