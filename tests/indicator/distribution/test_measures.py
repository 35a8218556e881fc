"""Measures beside the law, held against counts by hand and definitions that take every pair."""

import dataclasses
from itertools import product

import distribution_oracle as oracle
import numpy as np
import pandas as pd
import pytest
from distribution_cases import case, rules, way
from hypothesis import given, settings
from hypothesis import strategies as st

from oablib import allocation
from oablib.base.errors import AllocationError, ParameterError
from oablib.indicator import distribution

LAW = allocation.rules()
LAST_BITS = 1e-12  # sums of doubles in another order
TWO = rules(law=way("own_weight", 0), other=way("percentiles", 1))

amounts = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 50)), min_size=1, max_size=8)


def money(rows: dict[str, tuple[int, int, int]]) -> pd.DataFrame:
    """Place -> children, cents by the law, cents by the other variant."""
    frame = pd.DataFrame.from_dict(rows, "index", columns=["children", "law", "other"])
    return frame.rename_axis("place").reset_index()


@settings(max_examples=60, deadline=None)
@given(amounts)
def test_gini_is_the_mean_difference_of_all_pairs_of_children(rows: list[tuple[int, int]]) -> None:
    paid = [(children, cents + 1) for children, cents in rows]
    frame = money({f"s{i}": (c, cents, cents) for i, (c, cents) in enumerate(paid)})
    table = distribution.side_by_side(frame, frame, rules=TWO)
    each = [cents / children for children, cents in paid for _ in range(children)]
    pairs = [abs(a - b) for a, b in product(each, each)]
    expected = sum(pairs) / len(pairs) / (2 * sum(each) / len(each))
    assert table["gini"].tolist() == pytest.approx([expected] * 2, abs=LAST_BITS)


def test_who_has_most_a_child_is_a_tenth_of_the_children() -> None:
    # 2 of 20 children are at the first school; 8 of the 18 others at the second.
    frame = money({"a": (2, 500, 100), "b": (8, 400, 400), "c": (10, 100, 500)})
    table = distribution.side_by_side(frame, frame, rules=TWO)
    assert table["top"].tolist() == pytest.approx([0.5, 0.1], abs=LAST_BITS)


def test_what_moves_and_who_enters_and_leaves() -> None:
    now = money({"a": (5, 600, 0), "b": (5, 400, 300), "c": (5, 0, 700)})
    before = money({"a": (5, 1000, 500), "b": (5, 0, 0), "d": (5, 0, 500)})
    table = distribution.side_by_side(now, before, rules=TWO).set_index("variant")
    assert table.loc["other", ["paid", "moved", "moved_share"]].tolist() == [2, 7.0, 0.7]
    assert table.loc["law", ["turnover", "enter", "leave"]].tolist() == [0.4, 1, 0]
    # d is closed and c is new: neither enters nor leaves.
    assert table.loc["other", ["turnover", "enter", "leave"]].tolist() == [1.0, 1, 1]


def test_groups_add_up() -> None:
    frame = money({"a": (5, 600, 100), "b": (15, 400, 300), "c": (25, 0, 600)})
    size, limits = distribution.size_classes(frame, rules=TWO)
    assert (size.to_dict(), limits) == ({"a": 0, "b": 10, "c": 20}, [0, 10, 20])
    table = distribution.by_group(frame, size, rules=TWO, groups=limits)
    other = table[table["variant"] == "other"]
    assert other["share"].tolist() == pytest.approx([0.1, 0.3, 0.6])
    assert other["per_child"].tolist() == pytest.approx([0.2, 0.2, 0.24])
    assert other["change"].tolist()[:2] == pytest.approx([-5 / 6, -0.25])
    assert np.isnan(other["change"].tolist()[2])


@pytest.mark.parametrize("seed", range(0, 30, 3))
def test_reach_is_that_of_each_child(seed: int) -> None:
    row = way("percentiles", seed) | {"average": "child", "small": 0, "threshold": 0.05}
    of, drawn = rules(way=row), case(seed)
    frames = drawn.children, drawn.sites, drawn.country.municipalities
    levels = distribution.levels(*frames, law=LAW)
    inside = distribution.lowest(drawn.children["score"].to_numpy(), levels[0], rules=of, law=LAW)
    schools = distribution.weigh(
        levels, drawn.draws, rules=of, law=LAW, questions={}, groups={"lowest": inside}
    )[0]
    paid = distribution.pay(schools, budget=1000.0)
    found = distribution.reach(schools, paid, {"lowest": inside}, rules=of).iloc[0]

    children, sites, _ = drawn.country.lists
    names = {site.school for site in sites if site.kind == 1}
    pupils = [child for child in children if child.school in names]
    scores = [int(child.score * oracle.UNIT) for child in pupils]
    weights = [float(w) for w, _ in oracle.weights_by_score(scores, row, LAW.ties)]
    cents = dict(zip(paid["place"], paid["way"], strict=True))
    cut = sorted(scores)[int(of.lowest * len(scores)) - 1]
    low = [score <= cut for score in scores]
    reached = [w > 0 and cents[c.school] > 0 for w, c in zip(weights, pupils, strict=True)]
    whole = {name: sum(w for w, c in zip(weights, pupils, strict=True) if c.school == name)
             for name in names}  # fmt: skip
    others = sum(
        cents[child.school] * weight / whole[child.school]
        for weight, child, is_low in zip(weights, pupils, low, strict=True)
        if weight and not is_low
    )
    assert found["reached"] == pytest.approx(
        sum(r and is_low for r, is_low in zip(reached, low, strict=True)) / sum(low)
    )
    assert found["reached_in_all"] == pytest.approx(sum(reached))
    assert found["euro"] == pytest.approx(1000 / sum(reached))
    assert found["outside"] == pytest.approx(others / 100_000, abs=LAST_BITS)


def test_the_weight_of_the_law_is_the_distance_to_the_mean_up_to_the_boundary() -> None:
    of, drawn = distribution.rules(), case(0)
    only = dataclasses.replace(of, variants=(of.law,))
    level = distribution.levels(drawn.children, drawn.sites, drawn.country.municipalities, law=LAW)[
        0
    ]
    frame = distribution.by_distance(level, rules=only, law=LAW, widest=12.0)
    means = allocation.national_of_schools(drawn.children, drawn.sites, rules=LAW)
    counts = means.C - frame["distance"] <= means.boundary
    expected = np.where(counts, frame["distance"] / (means.C - means.G), 0.0)
    assert frame["weight"].tolist() == pytest.approx(expected.tolist(), abs=1e-6)  # units
    (jump,) = distribution.jumps(frame)["jump"]
    assert jump == pytest.approx((means.C - means.boundary) / (means.C - means.G), rel=0.05)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"own_weight": {"share": 0.5, "distance": "mean"}}, "expected a number from 0.05 to 0.25"),
        ({"own_weight": {"share": 0.1, "distance": "meen"}}, "did you mean 'mean'"),
        ({"percentile": {"shares": [0.1], "weights": [1]}}, "did you mean 'percentiles'"),
        ({"percentiles": {"shares": [0.2, 0.1], "weights": [2, 1]}}, "expected rising numbers"),
        ({"percentiles": {"shares": [0.1, 0.2], "weights": [1, 2]}}, "none larger than the one"),
        ({"ramp": {"full": 0.2, "none": 0.1}}, "expected less than none"),
        ({"decision_rules": {"questions": [{"when": {"origins": [1]}, "weight": 1}]}}, "'origin'"),
        ({}, "expected exactly one of own_weight"),
        ({"deciles": {"weights": [1]}, "ramp": {"full": 0.1, "none": 0.2}}, "has deciles and ramp"),
    ],
)
def test_a_row_that_is_not_fit_is_named_with_what_was_expected(row: dict, said: str) -> None:
    plain = {key: value for key, value in way("ramp", 0).items() if key != "ramp"}
    with pytest.raises(ParameterError, match=r"\S") as refused:
        rules(way=plain | row)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"own_weight": {"share": 0.15, "distance": "mean"}}, None),
        ({"own_weight": {"share": 0.1, "distance": "mean"}}, "target_share"),
        ({"own_weight": {"share": 0.15, "distance": "mean"}, "threshold": 0.1, "decimals": 3},
         "threshold_schools, decimals"),
        ({"learned": {"columns": ["origin"], "depth": 1, "large": 0.1, "middling": 0.2,
                      "weights": [2, 1]}}, "target_share"),
    ],
)  # fmt: skip
def test_a_row_of_the_law_with_other_numbers_than_the_law_is_refused(
    row: dict, named: str | None
) -> None:
    plain = {key: value for key, value in way("ramp", 0).items() if key not in ("ramp", "small")}
    law = {"threshold": 0.12, "threshold_municipalities": 0.05, "decimals": 2}
    of = rules(way=plain | law | row).on(["debt_restructuring"])
    if named is None:
        of.fail_if_law_differs(LAW)
    else:
        with pytest.raises(AllocationError, match=f"expected the {named} that"):
            of.fail_if_law_differs(LAW)


def test_each_kind_and_threshold_is_among_the_rows() -> None:
    variants = distribution.rules().variants
    assert len(variants) >= 14
    assert {type(variant.kind).__name__ for variant in variants} == {
        "OwnWeight", "Percentiles", "Deciles", "Written", "Learned", "Ramp", "Logistic", "Former",
    }  # fmt: skip
    assert {0.0, 0.05, 0.12, 0.2} <= {float(variant.threshold) for variant in variants}
