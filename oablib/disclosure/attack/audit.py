"""The attack on everything that a report releases about places, and what it found."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import DisclosureError
from oablib.base.shown import showable
from oablib.disclosure.attack import nation
from oablib.disclosure.attack.known import Case, Known, found, known, of_group
from oablib.disclosure.attack.links import KEYS, blocks, of_block, programme
from oablib.disclosure.attack.places import SITES, Places, places
from oablib.disclosure.attack.released import Released
from oablib.disclosure.attack.solver import Solver
from oablib.disclosure.settings import Rules

NARROWED = [*KEYS, "what", "left"]
Block = NDArray[np.intp]

SUMS = ["name", *KEYS, "low", "high"]


@showable(private=("narrowed",))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Attacked:
    """What an attacker learned; `held` when that is nothing.

    narrowed: date, table (sites, toddlers, municipalities), place, what, left. what: count, fewer
    values of a small target group are possible than rules.attack.counts (left: how many); mean and
    child, the mean score of fewer than rules.fewest children, or of one, is known within
    rules.attack.width (left: points); hidden, as much is known of a site without a score (left:
    points a child, or values); group, at least rules.largest_category of a place belongs to the
    target group (left: the least fraction). Never a value that was found.

    places: released rows and toddlers. looked_at: small target groups and hidden sites among
    them. programmes: solved. largest: places in one programme. fewest_values: least number of
    possible values of a small target group, in places whose children allow for as many as the rule
    asks for. narrowest: least interval of a mean of few, points; NaN where none was close enough to
    be computed. room: that other places leave below and above the national sums, in the widest
    range of a municipality; below 1 these sums are equations of one programme. seconds: of the
    clock.
    """

    narrowed: pd.DataFrame
    places: int
    looked_at: int
    programmes: int
    largest: int
    fewest_values: float
    narrowest: float
    room: float
    seconds: float

    @property
    def found(self) -> int:
        """How many things follow that should not."""
        return len(self.narrowed)

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
    whole_country: bool = True,
) -> Attacked:
    """Solve what follows from all that is released, and judge it by the true counts.

    truth: date, table, place, n_target, A, of every place, as from `truth`; used to know where a
    count is small, and to check that all of it stayed possible. sums: further released sums of
    floored scores, unrounded: name, date, table, place, low, high, a row a member. whole_country:
    whether C and G are means of these places, so that the sums of n and A of all are known.

    A count under rules.fewest is found by fewer values than rules.attack.counts, or than its public
    number of children allows. Raises DisclosureError when the truth is not among what is possible:
    the released rows and the constants then do not belong together, and nothing can be said.
    """
    started = time.perf_counter()
    rows, few_sums = places(dates), pd.DataFrame(columns=SUMS) if sums is None else sums
    true = _true(rows, truth)
    parts = _parts(rows, blocks(rows, few_sums), few_sums)
    programmes = parts
    room = nation.room(rows, true, parts) if whole_country else np.inf
    if room < 1:
        joined = blocks(rows, few_sums, nation=True)
        parts = _parts(rows, joined, few_sums, totals=true)
        programmes = [*programmes, *parts]
    cases = _cases(rows, true, rules=rules)
    learned, found_ones = _answers(parts, cases, rules=rules)
    few = [one for place, one in learned.items() if cases[place].few]
    enough = [
        one.values
        for place, one in learned.items()
        if cases[place].few and cases[place].size + 1 >= rules.attack.counts
    ]
    return Attacked(
        narrowed=_narrowed(rows, found_ones),
        places=len(rows),
        looked_at=len(learned),
        programmes=sum(solver.solved for _, solver in programmes),
        largest=max(len(block) for block, _ in parts),
        fewest_values=min(enough, default=np.inf),
        narrowest=min((one.mean for one in few), default=np.inf),
        room=room,
        seconds=time.perf_counter() - started,
    )


def _parts(
    rows: Places, divided: list[Block], sums: pd.DataFrame, *, totals: pd.DataFrame | None = None
) -> list[tuple[Block, Solver]]:
    """Each block with its programme; totals: the truth that national sums are taken from."""
    parts = []
    for block in divided:
        linear = programme(rows, block, of_block(rows, block, sums))
        if totals is not None:
            nation.add(linear, rows, block, totals)
        parts.append((block, Solver(linear)))
    return parts


def _answers(
    parts: Sequence[tuple[Block, Solver]], cases: Sequence[Case], *, rules: Rules
) -> tuple[dict[int, Known], list[tuple[int, str, float]]]:
    """What is known of each place that is looked at, and what of it is too much."""
    learned: dict[int, Known] = {}
    results: list[tuple[int, str, float]] = []
    for block, solver in parts:
        for i, place in enumerate(block.tolist()):
            case = cases[place]
            too_much = list(of_group(solver, i, case, rules=rules))
            if case.looked_at:
                learned[place] = known(solver, i, case, rules=rules)
                too_much += found(learned[place], case, rules=rules)
            results += [(place, what, left) for what, left in too_much]
    return learned, results


def _cases(rows: Places, true: pd.DataFrame, *, rules: Rules) -> list[Case]:
    hidden = rows.hidden & (rows.table == SITES)
    columns = (rows.size, rows.n_high, hidden, true["n_target"], true["A"])
    return [
        Case(size, n_high, bool(hidden), n_target, A, few=bool(n_target < rules.fewest))
        for size, n_high, hidden, n_target, A in zip(*columns, strict=True)
    ]


def _true(rows: Places, truth: pd.DataFrame) -> pd.DataFrame:
    """n_target and A in the order of the places, by position."""
    true = truth.set_index(KEYS)[["n_target", "A"]].reindex(rows.keys())
    unknown = int(true["n_target"].isna().sum())
    if unknown:
        raise DisclosureError(
            f"The truth of {unknown:,} of {len(rows):,} places is not given; give that of every "
            "site, municipality and group of toddlers on each date."
        )
    return true.reset_index(drop=True)


def _narrowed(rows: Places, found_ones: list[tuple[int, str, float]]) -> pd.DataFrame:
    table = pd.DataFrame(found_ones, columns=["row", "what", "left"])
    keys = rows.keys().to_frame(index=False, name=KEYS).iloc[table["row"].to_numpy(dtype=int)]
    return keys.reset_index(drop=True).join(table[["what", "left"]])[NARROWED]
