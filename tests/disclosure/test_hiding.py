"""Hiding and merging: what comes out passes the check, and sums are kept."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oablib import disclosure
from oablib.disclosure import cells, declared, score_tables

RULES = disclosure.rules()
few_examples = settings(max_examples=50, deadline=None)  # the machines of CI are slow
COUNT = st.integers(0, 60)
TWO = st.lists(st.tuples(st.integers(1, 2), COUNT, COUNT), min_size=1, max_size=12)
CLASSES = st.lists(st.tuples(COUNT, COUNT), min_size=1, max_size=14)

HIDDEN = declared.read(
    {
        "of": "children",
        "counts": ["n", "m", "total"],
        "shares": {"share": "total"},
        "known": ["group"],
        "adds": ["group"],
    },
    where="hidden",
)
MERGED = declared.read(
    {"of": "children", "counts": ["a", "b"], "lowest": ["lower"], "highest": ["upper"]},
    where="merged",
)


def faults(frame: pd.DataFrame, part: declared.Declared) -> list[str]:
    looked = cells.check(frame, part, rules=RULES, population=None)
    return [str(fault) for fault in looked.faults]


@few_examples
@given(TWO)
def test_what_was_hidden_passes_the_check(rows: list[tuple[int, int, int]]) -> None:
    frame = pd.DataFrame(rows, columns=["group", "n", "m"])
    total = frame.groupby("group")["n"].transform("sum")
    frame = frame.assign(total=total, share=frame["n"] / total.where(total > 0))
    hidden = disclosure.hide(
        frame, counts=["n", "m"], also=["share", "total"], by=["group"], rules=RULES
    )
    assert faults(hidden, HIDDEN) == []
    shown = hidden["n"].notna()
    assert (hidden.loc[shown, ["n", "m"]] == frame.loc[shown, ["n", "m"]]).all(axis=None)


@few_examples
@given(TWO)
def test_no_hidden_number_follows_from_the_total(rows: list[tuple[int, int, int]]) -> None:
    """By trying all: more than one set of counts has the total that is known."""
    frame = pd.DataFrame(rows, columns=["group", "n", "m"])
    hidden = disclosure.hide(frame, counts=["n"], by=["group"], rules=RULES)
    for group, part in hidden.groupby("group"):
        unknown = part["n"].isna()
        if not unknown.any() or unknown.all():
            continue  # all hidden: nothing is known but what the total says
        rest = frame.loc[part.index[unknown], "n"].sum()
        assert unknown.sum() > 1 and rest >= RULES.fewest, group


@few_examples
@given(CLASSES)
def test_merged_classes_pass_the_check_and_keep_their_sums(rows: list[tuple[int, int]]) -> None:
    frame = pd.DataFrame(rows, columns=["a", "b"])
    frame = frame.assign(lower=np.arange(len(frame)), upper=np.arange(len(frame)) + 1)
    merged = disclosure.merge(frame, counts=["a", "b"], open_at=["lower", "upper"], rules=RULES)
    assert faults(merged, MERGED) == []
    for name in ("a", "b"):
        total = frame[name].sum()
        if 0 < total < RULES.fewest:
            assert merged[name].isna().all()
        else:
            assert merged[name].sum() == total
    inner = merged["lower"].iloc[1:].to_numpy()
    assert (inner == merged["upper"].iloc[:-1].to_numpy()).all()


def test_classes_are_merged_from_their_ends() -> None:
    counts = [2, 12, 3, 40, 90, 11, 4, 0, 7]
    frame = pd.DataFrame({"lower": range(9), "upper": range(1, 10), "a": counts})
    merged = disclosure.merge(frame, counts=["a"], rules=RULES)
    assert list(merged["a"]) == [2 + 12 + 3, 40, 90, 11, 4 + 0 + 7]
    assert list(merged["lower"]) == [0, 3, 4, 5, 6] and merged["upper"].iloc[-1] == 9


def test_the_smallest_other_row_is_hidden_where_one_would_follow() -> None:
    frame = pd.DataFrame({"n": [3, 50, 20, 900], "mean": [1.0, 2.0, 3.0, 4.0]})
    hidden = disclosure.hide(frame, counts=["n"], also=["mean"], rules=RULES)
    assert list(hidden["n"].isna()) == [True, False, True, False]
    assert hidden["mean"].isna().equals(hidden["n"].isna())
    alone = disclosure.hide(frame, counts=["n"], added_up=False, rules=RULES)
    assert list(alone["n"].isna()) == [True, False, False, False]
    safe = frame.assign(n=[30, 50, 20, 900])
    assert disclosure.hide(safe, counts=["n"], rules=RULES) is safe


def test_a_share_is_hidden_for_its_complement() -> None:
    frame = pd.DataFrame({"known": [0.995, 0.99, 1.0, 0.005]})
    hidden = disclosure.hide(frame, shares={"known": 1000}, added_up=False, rules=RULES)
    assert list(hidden["known"].isna()) == [True, False, False, True]


def steps(*dropped: int) -> pd.DataFrame:
    levels = [2000 - sum(dropped[:index]) for index in range(len(dropped) + 1)]
    return pd.DataFrame({"before": levels[:-1], "dropped": dropped, "after": levels[1:]})


@pytest.mark.parametrize("dropped", list(itertools.product([0, 3, 8, 12], repeat=3)))
def test_steps_are_shown_where_differences_are_large_enough(dropped: tuple[int, ...]) -> None:
    frame = disclosure.hide_steps(steps(*dropped), rules=RULES)
    part = declared.read(
        {"of": "children", "counts": ["dropped"], "running": ["before", "after"]}, where="steps"
    )
    assert faults(frame, part) == []
    assert frame["after"].iloc[-1] == 2000 - sum(dropped)
    there = frame.notna().all(axis=1)
    assert (frame["before"] - frame["dropped"] == frame["after"])[there].all()
    if not {3, 8} & set(dropped):
        assert there.all()


def test_the_score_of_asylum_seekers_does_not_follow_from_other_means() -> None:
    frame = pd.DataFrame(
        {
            "provenance": ["direct", "education", "matched", "asylum"],
            "children": [3000, 4000, 500, 60],
            "pupils": [2600, 3500, 440, 53],
            "toddlers": [400, 500, 60, 7],
            "share": np.array([3000, 4000, 500, 60]) / 7560,
            "mean": [3.1, 2.5, np.nan, np.nan],
        }
    )
    table = score_tables.sources(frame, rules=RULES)
    assert table["mean"].isna().sum() == 2
    assert table["children"].notna().all()
    assert list(table["toddlers"].isna()) == [False, False, True, True]
    assert table["pupils"].isna().equals(table["toddlers"].isna())
