"""The programmes against the enumeration of every town that could have been released."""

import math
import random
from itertools import product

import numpy as np
import pandas as pd
import pytest

from oablib.disclosure import attack
from oablib.disclosure.attack.links import KEYS, blocks, of_block, programme
from oablib.disclosure.attack.places import places
from oablib.disclosure.attack.solver import Solver
from tests.disclosure.attack.cases import DATE, TOWN

# Whole numbers all over: distances 2 to 5, or 3 to 6 by the C of municipalities, and B = E. With n
# given, bounds are those of sums of boxes, so that whole A exist wherever any do.
PUPILS = attack.Constants(C=3, G=-1, boundary=1, threshold=0.25, range=3)
EVERYBODY = attack.Constants(C=4, G=0, boundary=1, threshold=0.25, range=3)
SHIFT = 1
NAMES = ["01AB00", "01AB01"]
SUM = "01AB"
TOWNS, FEW = 40, 12

Bounds = tuple[float, float]


def states(size: int, nearest: int) -> list[tuple[int, int]]:
    """Every n and A of a place: A takes all whole numbers between its bounds."""
    return [(n, A) for n in range(size + 1) for A in range(nearest * n, (nearest + 3) * n + 1)]


def around(rng: random.Random, score: int) -> Bounds:
    """What is released of a score: bounds, a 0, or nothing."""
    kind = rng.random()
    if kind < 0.25:
        return -math.inf, math.inf
    high = max(score, 0) + rng.randint(0, 2)
    return (-math.inf if score <= 0 or kind < 0.4 else score - rng.randint(0, 2)), high


def paid(A: int, size: int) -> int:
    return max(A - size, 0)


def draw(seed: int) -> tuple[list[int], int, list[Bounds], Bounds, Bounds]:
    """Sizes of both sites, toddlers, bounds of the sites, the municipality, and a sum of both."""
    rng = random.Random(seed)
    sizes, toddlers = [rng.randint(1, 3) for _ in NAMES], rng.randint(0, 2)
    true = [rng.choice(states(size, 2)) for size in sizes]
    small = rng.choice(states(toddlers, 3))
    bounds = [around(rng, A - size) for (_, A), size in zip(true, sizes, strict=True)]
    whole = sum(A + SHIFT * n for n, A in true) + small[1] - sum(sizes) - toddlers
    total = sum(paid(A, size) for (_, A), size in zip(true, sizes, strict=True))
    both = (total, total) if seed % 2 else (0.0, 99.0)
    return sizes, toddlers, bounds, around(rng, whole), both


def enumerated(seed: int) -> list[set[int]]:
    """Possible n of both sites, toddlers and the municipality."""
    sizes, toddlers, bounds, of_town, both = draw(seed)
    found: list[set[int]] = [set(), set(), set(), set()]
    each = [states(size, 2) for size in sizes] + [states(toddlers, 3)]
    for one, two, small in product(*each):
        total = one[1] + two[1] + SHIFT * (one[0] + two[0]) + small[1]
        scores = [one[1] - sizes[0], two[1] - sizes[1], total - sum(sizes) - toddlers]
        sums = paid(one[1], sizes[0]) + paid(two[1], sizes[1])
        limits = [*bounds, of_town, both]
        if all(low <= s <= high for s, (low, high) in zip([*scores, sums], limits, strict=True)):
            for values, n in zip(
                found, (one[0], two[0], small[0], one[0] + two[0] + small[0]), strict=True
            ):
                values.add(n)
    return found


def released(seed: int) -> tuple[attack.Released, pd.DataFrame]:
    sizes, toddlers, bounds, of_town, both = draw(seed)
    low, high = zip(*bounds, strict=True)
    sites = pd.DataFrame({"school_id": NAMES, "municipality": TOWN, "n_children": sizes})
    town = pd.DataFrame({"municipality": [TOWN], "n_children": [sum(sizes) + toddlers]})
    one = attack.Released(
        DATE,
        sites.assign(low=low, high=high),
        town.assign(low=of_town[0], high=of_town[1], between=0),
        PUPILS,
        EVERYBODY,
    )
    sums = pd.DataFrame({"name": SUM, "date": DATE, "table": "sites", "place": NAMES})
    return one, sums.assign(low=both[0], high=both[1])


@pytest.mark.parametrize("seed", range(TOWNS))
def test_whole_programme_leaves_the_counts_that_enumeration_leaves(seed: int) -> None:
    one, sums = released(seed)
    rows = places([one])
    (block,) = blocks(rows, sums)
    solver = Solver(programme(rows, block, of_block(rows, block, sums)))
    order = rows.table[block].tolist()
    assert order == ["sites", "sites", "toddlers", "municipalities"]
    found = [set(solver.possible(2 * i, 0, rows.size[place])) for i, place in enumerate(block)]
    assert found == enumerated(seed)
    for i, values in enumerate(found):
        ends = [solver.extreme(2 * i, largest=largest)[0] for largest in (False, True)]
        assert ends[0] <= min(values) + 1e-6 and max(values) <= ends[1] + 1e-6


@pytest.mark.parametrize("seed", range(TOWNS))
def test_closed_form_leaves_the_counts_that_enumeration_leaves_of_a_site(seed: int) -> None:
    one, _ = released(seed)
    rows = places([one])
    for i, size in enumerate(draw(seed)[0]):
        low, high = draw(seed)[2][i]
        expected = {n for n, A in states(size, 2) if low <= A - size <= high}
        assert set(range(int(rows.n_low[i]), int(rows.n_high[i]) + 1)) == expected


def test_enumeration_is_narrowed_by_equations_at_all() -> None:
    """Else the comparison above would hold for programmes without any equation."""
    narrower = 0
    for seed in range(FEW):
        rows = places([released(seed)[0]])
        open_ones = [rows.n_high[i] - rows.n_low[i] + 1 for i in range(len(rows))]
        narrower += any(len(e) < n for e, n in zip(enumerated(seed), open_ones, strict=True))
    assert narrower > FEW // 3


def test_sums_join_the_municipalities_of_their_members() -> None:
    one, sums = released(1)
    apart = one.sites.assign(municipality=["GM0001", "GM0002"])
    size = one.sites["n_children"].tolist()
    towns = pd.DataFrame({"municipality": ["GM0001", "GM0002"], "n_children": size})
    open_towns = towns.assign(low=-np.inf, high=np.inf, between=0)
    rows = places([attack.Released(DATE, apart, open_towns, PUPILS, EVERYBODY)])
    assert [len(block) for block in blocks(rows, sums.iloc[:0])] == [3, 3]
    assert [len(block) for block in blocks(rows, sums)] == [6]
    assert set(sums[KEYS]) == {"date", "table", "place"}
