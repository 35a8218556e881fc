"""Simple questions learned from scores: a regression tree over few profiles, found greedily.

All children with the same codes are one profile, so that every split is tried on counts and sums of
some hundred rows, exactly, however large the country.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import AllocationError
from oablib.indicator.distribution.weight_kinds import Column, Learned, Question

COUNT, TOTAL = "count", "total"


@dataclass(frozen=True, slots=True, eq=False)
class _Leaf:
    """Profiles of one leaf, and the codes that each column may still have."""

    profiles: pd.DataFrame
    codes: Mapping[Column, tuple[int, ...]]

    @property
    def count(self) -> int:
        return int(self.profiles[COUNT].sum())

    @property
    def mean(self) -> Fraction:
        return Fraction(int(self.profiles[TOTAL].sum()), self.count)


def profiles(
    codes: Mapping[str, NDArray[np.uint8]], units: NDArray[np.int64], *, columns: Sequence[str]
) -> pd.DataFrame:
    """Children by their codes: columns, count, total (of scores in units), by code.

    Children of whom one of the codes is unknown (255) are left out.
    """
    known = np.logical_and.reduce([codes[name] != 255 for name in columns])
    key = np.zeros(int(known.sum()), dtype=np.int64)
    for name in columns:
        key = key * 256 + codes[name][known]
    found, inverse = np.unique(key, return_inverse=True)
    # Doubles, and exact: see allocation.checks.fail_if_scores_are_unfit.
    total = np.bincount(inverse, units[known], minlength=len(found)).astype(np.int64)
    parts: dict[str, Any] = {}
    for name in reversed(columns):
        parts[name] = found % 256
        found = found // 256
    counted = {COUNT: np.bincount(inverse), TOTAL: total}
    return pd.DataFrame({name: parts[name] for name in columns} | counted)


def learned(table: pd.DataFrame, *, kind: Learned) -> tuple[Question, ...]:
    """The leaves that have a weight, as questions, the lowest mean score first.

    table: as from `profiles`, of one draw or of several under each other. A column is split where
    the sum of squares falls most; its codes are first ordered by mean score, as no other split in
    two can be better (Breiman et al., 1984, theorem 4.5). Raises AllocationError without children.
    """
    columns = list(kind.columns)
    table = table.groupby(columns, as_index=False)[[COUNT, TOTAL]].sum()
    if table.empty:
        raise AllocationError(
            "All characteristics are known of no child, so that no question can be learned from "
            "scores; leave out a column or the row `learned`."
        )
    codes = {name: tuple(sorted(set(table[name].tolist()))) for name in columns}
    leaves = [_Leaf(table, codes)]
    for _ in range(kind.depth):
        leaves = [part for leaf in leaves for part in _split(leaf)]
    leaves.sort(key=lambda leaf: (leaf.mean, sorted(leaf.codes.items())))
    return tuple(_weighed(leaves, kind=kind, every=codes))


def _split(leaf: _Leaf) -> list[_Leaf]:
    """The two leaves whose means differ most in sum of squares; the leaf itself if none do."""
    best: tuple[Fraction, Column, tuple[int, ...]] | None = None
    for name, codes in leaf.codes.items():
        by_code = leaf.profiles.groupby(name)[[COUNT, TOTAL]].sum()
        rows = [(int(c), int(n), int(t)) for c, n, t in by_code.itertuples(name=None)]
        rows.sort(key=lambda row: (Fraction(row[2], row[1]), row[0]))
        count, total = (sum(row[place] for row in rows) for place in (1, 2))
        n = t = 0
        for end, (_, more, part) in enumerate(rows[:-1], start=1):
            n, t = n + more, t + part
            between = Fraction(t * t, n) + Fraction((total - t) ** 2, count - n)
            gain = between - Fraction(total * total, count)
            lower = tuple(sorted(row[0] for row in rows[:end]))
            # Codes that no child of this leaf has go with the higher side.
            if gain > 0 and (best is None or gain > best[0]):
                best = (gain, name, tuple(code for code in codes if code in lower))
    if best is None:
        return [leaf]
    _, name, lower = best
    upper = tuple(code for code in leaf.codes[name] if code not in lower)
    inside = leaf.profiles[name].isin(lower)
    return [
        _Leaf(leaf.profiles[inside], {**leaf.codes, name: lower}),
        _Leaf(leaf.profiles[~inside], {**leaf.codes, name: upper}),
    ]


def _weighed(
    leaves: Sequence[_Leaf], *, kind: Learned, every: Mapping[Column, tuple[int, ...]]
) -> list[Question]:
    """Leaves from the lowest on, while the middle of each lies within a share; the first always."""
    count, before = sum(leaf.count for leaf in leaves), 0
    questions = []
    for number, leaf in enumerate(leaves):
        middle = Fraction(2 * before + leaf.count, 2 * count)
        before += leaf.count
        if number == 0 or middle <= kind.large:
            weight = kind.weights[0]
        elif middle <= kind.middling:
            weight = kind.weights[1]
        else:
            break
        # A column that splits nothing is no question.
        asked = {name: codes for name, codes in leaf.codes.items() if codes != every[name]}
        questions.append(Question(asked or dict(leaf.codes), weight))
    return questions
