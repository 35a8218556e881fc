"""The attack on everything that a report releases about places, and what it found."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import DisclosureError
from oablib.base.shown import showable
from oablib.disclosure.attack.known import GROUP, Known, found, known, least_share
from oablib.disclosure.attack.links import KEYS, blocks, of_block, programme
from oablib.disclosure.attack.places import Places, places
from oablib.disclosure.attack.released import Released
from oablib.disclosure.attack.solver import Solver
from oablib.disclosure.settings import Rules

NARROWED = [*KEYS, "what", "left"]
Whole = NDArray[np.intp]
Flags = NDArray[np.bool_]

SUMS = ["name", *KEYS, "low", "high"]


@showable(private=("narrowed",))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Attacked:
    """What an attacker learned; `held` when that is nothing.

    narrowed: date, table (sites, toddlers, municipalities), place, what, left. what: count, fewer
    values of a small target group are possible than rules.attack.counts (left: how many); mean and
    child, the mean score of fewer than rules.fewest children, or of one, is known within
    rules.attack.width (left: points); hidden, as much is known of a place without a score (left:
    points a child, or values); group, at least rules.largest_category of a place belongs to the
    target group (left: the least fraction). Never a value that was found.

    places: released rows and toddlers. looked_at: small target groups and hidden places among
    them. programmes: solved. largest: places in one programme. fewest_values: least number of
    possible values of a small target group, in places whose children allow for as many as the rule
    asks for. narrowest: least interval of a mean of few, points; NaN where none was close enough to
    be computed. seconds: of the clock.
    """

    narrowed: pd.DataFrame
    places: int
    looked_at: int
    programmes: int
    largest: int
    fewest_values: float
    narrowest: float
    seconds: float

    @property
    def held(self) -> bool:
        """Whether nothing was found."""
        return self.narrowed.empty


def attack(
    dates: Sequence[Released],
    *,
    truth: pd.DataFrame,
    rules: Rules,
    sums: pd.DataFrame | None = None,
) -> Attacked:
    """Solve what follows from all that is released, and judge it by the true counts.

    truth: date, table, place, n_target, A, of every place, as from `truth`; used to know where a
    count is small, and to check that all of it stayed possible. sums: further released sums of
    floored scores, unrounded: name, date, table, place, low, high, a row a member.

    A count under rules.fewest is found by fewer values than rules.attack.counts, or than its public
    number of children allows. Raises DisclosureError when the truth is not among what is possible:
    the released rows and the constants then do not belong together, and nothing can be said.
    """
    started = time.perf_counter()
    rows = places(dates)
    sums = pd.DataFrame(columns=SUMS) if sums is None else sums
    true = _true(rows, truth)
    small = (true["n_target"].to_numpy() < rules.fewest) & (rows.size > 0)
    looked_at = small | (rows.hidden & (rows.size > 0))
    parts = [
        _block(rows, block, true, small, looked_at, sums=sums, rules=rules)
        for block in blocks(rows, sums)
    ]
    learned = {place: one for part in parts for place, one in part.learned.items()}
    few = [one for place, one in learned.items() if small[place]]
    enough = [p for p in learned if small[p] and rows.size[p] + 1 >= rules.attack.counts]
    return Attacked(
        narrowed=_narrowed(rows, parts),
        places=len(rows),
        looked_at=len(learned),
        programmes=sum(part.programmes for part in parts),
        largest=max(part.places for part in parts),
        fewest_values=min((learned[p].values for p in enough), default=np.inf),
        narrowest=min((one.mean for one in few), default=np.inf),
        seconds=time.perf_counter() - started,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What came of one block: place -> what is known of it; place, what and how much is left."""

    learned: dict[int, Known]
    found: list[tuple[int, str, float]]
    programmes: int
    places: int


def _block(
    rows: Places,
    block: Whole,
    true: pd.DataFrame,
    small: Flags,
    looked_at: Flags,
    *,
    sums: pd.DataFrame,
    rules: Rules,
) -> _Part:
    solver = Solver(programme(rows, block, of_block(rows, block, sums)))
    n_target, A = (true[name].to_numpy() for name in ("n_target", "A"))
    learned, results = {}, []
    for i, place in enumerate(block):
        share = least_share(solver, rows, i, place, rules=rules)
        if share >= rules.largest_category:
            results.append((place, GROUP, share))
        if not looked_at[place]:
            continue
        few = bool(small[place])
        one = known(solver, i, n_target=n_target[place], A=A[place], few=few, rules=rules)
        learned[place] = one
        hidden, size = bool(rows.hidden[place]), rows.size[place]
        too_much = found(one, size=size, few=few, hidden=hidden, rules=rules)
        results += [(place, what, left) for what, left in too_much]
    return _Part(learned, results, solver.solved, len(block))


def _true(rows: Places, truth: pd.DataFrame) -> pd.DataFrame:
    """n_target and A in the order of the places."""
    true = truth.set_index(KEYS)[["n_target", "A"]].reindex(rows.keys())
    unknown = int(true["n_target"].isna().sum())
    if unknown:
        raise DisclosureError(
            f"The truth of {unknown:,} of {len(rows):,} places is not given; give that of every "
            "site, municipality and group of toddlers on each date."
        )
    return true


def _narrowed(rows: Places, parts: Sequence[_Part]) -> pd.DataFrame:
    found_ones = [one for part in parts for one in part.found]
    table = pd.DataFrame(found_ones, columns=["row", "what", "left"])
    keys = rows.keys().to_frame(index=False, name=KEYS).iloc[table["row"].to_numpy(dtype=int)]
    return keys.reset_index(drop=True).join(table[["what", "left"]])[NARROWED]
