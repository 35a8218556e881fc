"""Sums over places leave in steps, and never of few places or children."""

import numpy as np
import pandas as pd

from oablib import disclosure
from oablib.disclosure import of_places

RULES = disclosure.rules()


def beside(**counts: list[float]) -> pd.DataFrame:
    n = len(next(iter(counts.values())))
    zeros = {name: [0.0] * n for name in ("paid", "enter", "leave")}
    shares = dict.fromkeys(("moved_share", "turnover", "gini", "top"), [0.12345] * n)
    return pd.DataFrame(
        {"variant": [f"v{i}" for i in range(n)], **zeros, **shares, "moved": [1234567.89] * n}
        | counts
    )


def test_counts_are_in_tens_and_not_of_few_or_of_all_but_few() -> None:
    frame = beside(paid=[0, 4, 14, 96, 100], enter=[0, 9, 10, 26, 0])
    shown = of_places.beside_law(frame, places=100, rules=RULES)
    assert shown["paid"].fillna(-1).tolist() == [0, -1, 10, -1, 100]
    assert shown["enter"].fillna(-1).tolist() == [0, -1, 10, 30, 0]
    assert shown["moved"].unique().tolist() == [1_235_000.0]
    assert shown["gini"].unique().tolist() == [0.123]


def test_a_group_of_few_places_takes_another_with_it() -> None:
    frame = pd.DataFrame(
        {"variant": "law", "group": [1, 2, 3], "places": [5, 40, 200], "children": [50, 400, 2000],
         "share": [0.1, 0.2, 0.7], "per_child": [1.0, 2.0, 3.0], "change": [0.0, 0.0, 0.0]}
    )  # fmt: skip
    shown = of_places.distribution_groups(frame, rules=RULES)
    numbers = shown[["places", "children", "share", "per_child", "change"]]
    assert numbers.isna().all(axis=1).tolist() == [True, True, False]


def test_reach_is_not_shown_of_few_children() -> None:
    frame = pd.DataFrame(
        {"variant": list("abc"), "group": "lowest", "children": 1000,
         "reached": [0.004, 0.5004, 0.996], "reached_in_all": [40.0, 512.0, 1049.0],
         "euro": [12.6, 1.0, 1.0], "outside": [0.12345, 0.0, 0.0]}
    )  # fmt: skip
    shown = of_places.reached(frame, rules=RULES)
    assert np.array_equal(shown["reached"], [np.nan, 0.5, np.nan], equal_nan=True)
    assert shown["reached_in_all"].tolist() == [100, 500, 1000]
    assert (shown["euro"].tolist()[0], shown["outside"].tolist()[0]) == (13.0, 0.123)


def test_a_share_of_a_number_in_steps_is_of_none_or_of_ten_and_more() -> None:
    """All counts of up to 400 children: exact, and as a reader takes it from what is shown."""
    pairs = [(n, inside) for n in range(10, 400, 13) for inside in range(n + 1)]
    frame = pd.DataFrame(pairs, columns=["children", "inside"]).astype(float)
    frame["reached"] = frame["inside"] / frame["children"]
    frame = frame.assign(reached_in_all=200.0, euro=1000.0, outside=0.1)
    shown = of_places.reached(frame, rules=RULES)
    there = shown["reached"].notna()
    assert 0 < there.sum() < len(frame)
    for table in (frame[there], shown[there]):
        parts = (table["children"] * share for share in (table["reached"], 1 - table["reached"]))
        assert all(((part < 1e-9) | (part >= RULES.fewest - 1e-9)).all() for part in parts)


def test_a_group_without_places_has_no_share() -> None:
    frame = pd.DataFrame(
        {"variant": "law", "group": [1, 2], "places": [0, 40], "children": [0, 400],
         "share": [0.0, 1.0], "per_child": [float("nan"), 2.0], "change": [float("nan"), 0.0]}
    )  # fmt: skip
    shown = of_places.distribution_groups(frame, rules=RULES)
    assert shown["places"].tolist() == [0, 40] and shown["share"].isna().tolist() == [True, False]
