"""Children as numbers of profiles: all that a score needs of a child, looked up in a small table.

A child's points depend on the codes of a few columns. Each combination of codes that occurs is a
profile; a draw of education gives some children another profile, and a draw of effects gives
profiles other points, so that a country is scored anew in a tenth of a second.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oablib.indicator.pupil_scores import Children, Indicator
from oablib.indicator.pupil_scores.children import UNKNOWN
from oablib.indicator.pupil_scores.education import drawn_codes


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """P profiles of n children, of whom u have something drawn m times.

    codes: column -> (P,) codes of each profile, 255 where unknown. of: (n,) profile of each child,
    without what is drawn. rows: (u,) rows of children; rounds: (u, m) their profiles in each draw.
    """

    codes: Mapping[str, NDArray[np.uint8]]
    of: NDArray[np.unsignedinteger]
    rows: NDArray[np.int64]
    rounds: NDArray[np.unsignedinteger]

    @property
    def m(self) -> int:
        """Draws of education."""
        return self.rounds.shape[1]

    def chosen(self, choice: NDArray[np.integer] | int) -> NDArray[np.unsignedinteger]:
        """Profile of each child, (n,), with draw `choice` (one number, or (u,)) of education."""
        profile = self.of.copy()
        profile[self.rows] = self.rounds[np.arange(len(self.rows)), choice]
        return profile

    def reordered(self, order: NDArray[np.int64], place: NDArray[np.int64]) -> "Profiles":
        """The same of children in another order; place: (n,) in it, of each child."""
        rows = place[self.rows]
        sorted_ = np.argsort(rows)
        return replace(self, of=self.of[order], rows=rows[sorted_], rounds=self.rounds[sorted_])


def columns_of(indicator: Indicator) -> tuple[str, ...]:
    """Columns of a child that its score, or the mean of its school, is made of."""
    model = indicator.model
    factors = [factor.name for product in model.products.values() for factor in product]
    names = [*indicator.columns, *(name for each in factors for name in model.columns_of(each))]
    return tuple(dict.fromkeys([*names, *model.school_means.values()]))


def profiles(children: Children, path: Path, *, indicator: Indicator) -> Profiles:
    """Profiles of all children; path: the draws of education. Raises InputError as these."""
    names = columns_of(indicator)
    drawn = {name: pair for name, pair in drawn_codes(path, children).items() if name in names}
    known = [name for name in names if name not in drawn]
    first, combination = _combinations(children, known)
    levels = {name: np.unique(np.append(children.codes[name], drawn[name][1])) for name in drawn}
    size = int(np.prod([len(each) for each in levels.values()], dtype=np.int64))
    kind = np.min_scalar_type(size * len(first))
    rows = np.unique(np.concatenate([rows for rows, _ in drawn.values()] or [np.empty(0, int)]))
    m = max((codes.shape[1] for _, codes in drawn.values()), default=1)
    of, rounds = combination * size, np.repeat(combination[rows, None] * size, m, axis=1)
    step, codes = size, {name: np.repeat(children.codes[name][first], size) for name in known}
    for name, (unknown, values) in drawn.items():
        step //= len(levels[name])
        of += step * np.searchsorted(levels[name], children.codes[name])
        whole = np.repeat(children.codes[name][rows, None], m, axis=1)
        whole[np.searchsorted(rows, unknown)] = values
        rounds += step * np.searchsorted(levels[name], whole)
        repeated = np.tile(np.repeat(levels[name], step), size // (step * len(levels[name])))
        codes[name] = np.tile(repeated, len(first)).astype(np.uint8)
    return Profiles(codes, of.astype(kind), rows, rounds.astype(kind))


def _combinations(
    children: Children, names: list[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A child of each combination of codes that occurs, and each child's combination (n,)."""
    number = np.zeros(len(children), dtype=np.int64)
    for name in names:
        # Numbered anew with each column, so that many columns do not overflow.
        number = np.unique(number * (UNKNOWN + 1) + children.codes[name], return_inverse=True)[1]
    first = np.unique(number, return_index=True)[1]
    return first, number
