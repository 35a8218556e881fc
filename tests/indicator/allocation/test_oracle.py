"""Scores and grants are those of the law, to the last bit, in hundreds of small countries."""

import dataclasses
import math
import random
from fractions import Fraction

import allocation_oracle as oracle
import pandas as pd
import pytest
from allocation_cases import country

from oablib import allocation
from oablib.base.errors import AllocationError

TIES = ("all", "none", "share")
COUNTRIES = 200
BATCH = 20


@pytest.fixture(scope="module")
def rules() -> allocation.Rules:
    return allocation.rules()


def as_rows(rows: dict[str, oracle.Row]) -> list[tuple]:
    """Rows as a table has them: each number the double nearest to the exact one."""
    return sorted(
        (
            name, row.E, float(row.target), float(row.A), float(row.B), float(row.C),
            math.nan if row.G is None else float(row.G), float(row.score),
        )
        for name, row in rows.items()
    )  # fmt: skip


def assert_same(table: pd.DataFrame, rows: dict[str, oracle.Row]) -> None:
    columns = ["n_children", "n_target", "A", "B", "C", "G", "achterstandsscore"]
    result = table[[table.columns[0], *columns]]
    expected = pd.DataFrame(as_rows(rows), columns=result.columns)
    pd.testing.assert_frame_equal(result, expected, check_exact=True, check_dtype=False)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("batch", range(COUNTRIES // BATCH))
def test_schools_and_brins_are_exactly_those_of_the_law(
    batch: int, ties: str, rules: allocation.Rules
) -> None:
    changed = dataclasses.replace(rules, ties=ties)
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        drawn = country(seed)
        children, sites, _ = drawn.lists
        try:
            expected = oracle.schools(children, sites, ties)
        except oracle.NobodyCountsError:
            with pytest.raises(AllocationError, match="lowest score"):
                allocation.schools(drawn.children, drawn.sites, rules=changed)
            continue
        table = allocation.schools(drawn.children, drawn.sites, rules=changed)
        assert_same(table, expected)
        by_brin = allocation.brins(table).set_index("brin")["achterstandsscore"]
        sums = {name: float(score) for name, score in oracle.brins(expected).items()}
        assert by_brin.to_dict() == sums


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("batch", range(COUNTRIES // BATCH))
def test_municipalities_are_exactly_those_of_the_law(
    batch: int, ties: str, rules: allocation.Rules
) -> None:
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        drawn, own = country(seed), seed % 2 == 0
        scope = "municipal" if own else "national"
        changed = dataclasses.replace(rules, ties=ties, G_scope=scope)
        frames = (drawn.children, drawn.sites, drawn.municipalities)
        try:
            expected = oracle.municipalities(*drawn.lists, ties, own)
        except oracle.NobodyCountsError:
            with pytest.raises(AllocationError, match="lowest score"):
                allocation.municipalities(*frames, rules=changed)
            continue
        assert_same(allocation.municipalities(*frames, rules=changed), expected)


def scores(rng: random.Random) -> pd.DataFrame:
    """Municipalities with scores of two dates; some with a target group and without a score."""
    rows = []
    for number in range(rng.randint(2, 60)):
        one = round(rng.choice([0, 1]) * rng.lognormvariate(4, 2), 2)
        two = round(one * rng.uniform(0.8, 1.2), 2)
        extra = rng.choice([0.0, 3.5])
        rows.append((f"GM{number:04d}", one, two, one and one + 5, extra or (two and two + 5)))
    rows.append(("GM9998", 12.5, 11.25, 20.0, 19.0))
    return pd.DataFrame(rows, columns=["municipality", "score_t1", "score_t2", "A_t1", "A_t2"])


@pytest.mark.parametrize("seed", range(60))
def test_grants_are_those_found_by_halving(seed: int, rules: allocation.Rules) -> None:
    rng = random.Random(seed)
    frame = scores(rng)
    columns = frame[["score_t1", "score_t2"]].itertuples(index=False, name=None)
    halves = [(Fraction(str(a)) + Fraction(str(b))) / 2 for a, b in columns]
    target = list((frame["A_t1"] > 0) | (frame["A_t2"] > 0))
    budget = oracle.MINIMUM * sum(target) + rng.randint(1, 10 ** rng.randint(3, 8))
    cents, J = oracle.grants(halves, target, budget)
    result = allocation.grants(frame, budget=budget, rules=rules)
    assert (result.table["grant"] * 100).round().astype(int).tolist() == cents
    assert dataclasses.astuple(result)[1:3] == (float(J), float(sum(halves)))
