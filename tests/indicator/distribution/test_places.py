"""No way of distributing pays a school for a child that it does not have."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from distribution_cases import KINDS, Case, case, rules, way
from hypothesis import given, settings
from hypothesis import strategies as st

from oablib import allocation
from oablib.base.errors import AllocationError
from oablib.indicator import distribution
from oablib.indicator.distribution import Draw

LAW = allocation.rules()
EXAMPLES = 20
seeds, kinds = st.integers(0, 500), st.sampled_from(KINDS)


def paid(drawn: Case, row: dict[str, Any]) -> list[pd.DataFrame] | None:
    """Money of schools and municipalities, and how many children with a weight schools have.

    None where nobody has a weight, which an allocation refuses.
    """
    of = rules(way=row)
    listed = drawn.country.municipalities
    try:
        levels = distribution.levels(drawn.children, drawn.sites, listed, law=LAW)
        asked = distribution.asked(levels[0], drawn.draws, rules=of)
        weighed = distribution.weigh(levels, drawn.draws, rules=of, law=LAW, questions=asked)
        tables = [distribution.pay(one, budget=100_000) for one in weighed]
    except AllocationError:
        return None
    counted = pd.Series(weighed[0].tallies["way"]["all"][0], index=weighed[0].level.places)
    tables[0]["weighted"] = tables[0]["place"].map(counted)
    return tables


def shuffled(drawn: Case, seed: int) -> Case:
    """The same children and sites in another order."""
    rng = np.random.default_rng(seed)
    rows, order = rng.permutation(len(drawn.children)), rng.permutation(len(drawn.sites))
    sites = drawn.sites.iloc[order].reset_index(drop=True)
    children = drawn.children.iloc[rows].reset_index(drop=True)
    school = children["school_id"].astype(object)
    children["school_id"] = pd.Categorical(school, categories=list(sites["school_id"]))
    draws = [
        Draw({name: codes[rows] for name, codes in one.codes.items()}, one.score[rows])
        for one in drawn.draws
    ]
    return Case(drawn.country, children, sites, draws)


@settings(max_examples=EXAMPLES, deadline=None)
@given(seeds, kinds)
def test_a_school_without_children_who_count_gets_nothing(seed: int, kind: str) -> None:
    tables = paid(case(seed), way(kind, seed))
    if tables is not None:
        assert not tables[0].loc[tables[0]["weighted"] == 0, "way"].any()
        assert (tables[0]["way"] >= 0).all()


@settings(max_examples=EXAMPLES, deadline=None)
@given(seeds, kinds)
def test_money_does_not_depend_on_the_order_of_rows(seed: int, kind: str) -> None:
    drawn, row = case(seed), way(kind, seed)
    first, second = paid(drawn, row), paid(shuffled(drawn, seed), row)
    if first is None or second is None:
        assert first is second
        return
    for one, other in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


@settings(max_examples=EXAMPLES, deadline=None)
@given(seeds, kinds, st.integers(1, 30))
def test_an_empty_school_changes_nothing(seed: int, kind: str, number: int) -> None:
    drawn, row = case(seed), way(kind, seed)
    more = drawn.sites.iloc[[0]].assign(school_id=f"99ZZ{number:02d}", school_type=1)
    sites = pd.concat([drawn.sites, more], ignore_index=True)
    names = list(sites["school_id"])
    school = pd.Categorical(drawn.children["school_id"].astype(object), categories=names)
    other = Case(drawn.country, drawn.children.assign(school_id=school), sites, drawn.draws)
    first, second = paid(drawn, row), paid(other, row)
    if first is None or second is None:
        assert first is second
        return
    for one, changed in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(one, changed, check_exact=True)


@pytest.mark.parametrize("budget", [0, -1.0, 0.001, float("inf")])
def test_a_budget_that_is_none_is_refused(budget: float) -> None:
    drawn, of = case(0), rules(way=way("percentiles", 0) | {"threshold": 0.0})
    frames = drawn.children, drawn.sites, drawn.country.municipalities
    levels = distribution.levels(*frames, law=LAW)
    weighed = distribution.weigh(levels, drawn.draws, rules=of, law=LAW, questions={})
    with pytest.raises(AllocationError, match="expected a positive number of euros"):
        distribution.pay(weighed[0], budget=budget)
