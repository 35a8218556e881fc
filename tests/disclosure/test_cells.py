"""The check of cells: each rule with what it refuses and what it lets pass."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from oablib import disclosure
from oablib.base.errors import ParameterError
from oablib.disclosure import cells, declared
from oablib.disclosure.cells import Population

RULES = disclosure.rules()
ALL = Population(children=1000, schools=40)

Case = tuple[dict[str, Any], dict[str, list[Any]], list[tuple[str, int]]]

CASES: dict[str, Case] = {
    "a count of 1 to 9": ({"counts": ["n"]}, {"n": [0, 1, 9, 10, None]}, [("n", 2), ("n", 3)]),
    "a mean number of children": ({"counts": ["n"]}, {"n": [4.2, 9.6, 10.0]}, [("n", 1), ("n", 2)]),
    "a count that is negative": ({"counts": ["n"]}, {"n": [-3]}, [("n", 1)]),
    "a count that is no number": ({"counts": ["n"]}, {"n": ["12", "3 (1%)"]}, [("n", 2)]),
    "a numerator of 1 to 9": (
        {"shares": {"s": "n"}, "counts": ["n"]},
        {"s": [0.09, 0.1, 0.0], "n": [100, 100, 100]},
        [("s", 1)],
    ),
    "a complement of 1 to 9": (
        {"shares": {"s": "n"}, "counts": ["n"]},
        {"s": [0.91, 0.9, 1.0], "n": [100, 100, 100]},
        [("s", 1)],
    ),
    "a share of all children": (
        {"shares": {"s": "population"}}, {"s": [0.995, 0.99, 0.5]}, [("s", 1)],
    ),
    "a share without its n": (
        {"shares": {"s": "n"}, "counts": ["n"]}, {"s": [0.5], "n": [None]}, [("s", 1)],
    ),
    "a mean of fewer than 10": (
        {"means": {"m": "n", "sd": "n"}, "counts": ["n"]},
        {"m": [1.5, 1.5, None], "sd": [1, None, None], "n": [None, 12, None]},
        [("m", 1), ("sd", 1)],
    ),
    "an extreme with fewer than 10 beyond": (
        {"extremes": {"p10": "beyond"}, "known": ["beyond"]},
        {"p10": [3.5, 3.5], "beyond": [9, 10]},
        [("p10", 1)],
    ),
    "a sum that one makes up": (
        {"sums": {"points": "largest"}},
        {"points": [100.0, 100.0, 100.0], "largest": [0.51, 0.5, None]},
        [("points", 1), ("points", 3)],
    ),
    "the limit of the last class": (
        {"counts": ["n"], "lowest": ["low"], "highest": ["high"]},
        {"low": [None, 1.0], "high": [1.0, 2.0], "n": [20, 20]},
        [("high", 2)],
    ),
    "steps that differ by few": (
        {"running": ["before", "after"]},
        {"before": [100, 88], "after": [88, 85]},
        [("before", 0), ("after", 0)],
    ),
    "a step that is hidden whole": (
        {"running": ["before", "after"]}, {"before": [100, None], "after": [None, 85]}, [],
    ),
    "one hidden row of a group": (
        {"counts": ["n"], "known": ["wave"], "adds": ["wave"]},
        {"wave": [1, 1, 1, 2, 2], "n": [30, None, 40, None, None]},
        [("n", 2)],
    ),
    "hidden rows that are few together": (
        {"shares": {"s": "n"}, "counts": ["n"], "adds": []},
        {"s": [0.5, 0.45, None, None], "n": [100, 100, 100, 100]},
        [("s", 3)],
    ),
    "a group that is known to have something": (
        {"shares": {"s": "n"}, "counts": ["n"], "telling": ["s"]},
        {"s": [0.9, 0.0, 0.89], "n": [1000, 1000, 1000]},
        [("s", 1), ("s", 2)],
    ),
    "a group of nobody": (
        {"shares": {"s": "n"}, "known": ["n"]}, {"s": [0.0, 0.0, 0.5], "n": [0, 9, 9]},
        [("s", 2), ("s", 3), ("s", 2), ("s", 3)],
    ),
    "a column that is not declared": (
        {"counts": ["n"]}, {"n": [20], "extra": [5], "flag": [True]}, [("extra", 0)],
    ),
}  # fmt: skip


def looked(frame: pd.DataFrame, stated: Any, *, population: Population | None = ALL) -> Any:
    written = stated if isinstance(stated, str) else {"of": "children", **stated}
    part = declared.read(written, where="a table")
    return cells.check(frame, part, rules=RULES, population=population)


@pytest.mark.parametrize("name", CASES)
def test_each_rule_names_column_and_row(name: str) -> None:
    stated, columns, expected = CASES[name]
    found = looked(pd.DataFrame(columns), stated).faults
    assert [(fault.column, fault.row) for fault in found] == expected


@pytest.mark.parametrize("name", CASES)
def test_a_fault_never_holds_a_value(name: str) -> None:
    stated, columns, _ = CASES[name]
    allowed = {str(RULES.fewest), "50%"}
    for fault in looked(pd.DataFrame(columns), stated).faults:
        digits = [word for word in str(fault.rule).split() if any(map(str.isdigit, word))]
        assert set(digits) <= allowed


@pytest.mark.parametrize("kind", ["int64", "Int64", "float64", "bool"])
def test_rows_are_alike_whatever_the_type_of_their_names(kind: str) -> None:
    """The tool acro leaves margins unhidden where a dimension is no text."""
    group = pd.Series([0, 1, 0, 1]).astype(kind)
    frame = pd.DataFrame({"group": group, "of": ["a", "a", "b", "b"], "n": [4, 30, 40, 50]})
    hidden = disclosure.hide(frame, counts=["n"], by=["group"], rules=RULES)
    assert list(hidden["n"].isna()) == [True, False, True, False]
    stated = {"counts": ["n"], "known": ["group", "of"], "adds": ["group"]}
    assert not looked(hidden, stated).faults
    one = hidden["n"].mask(hidden["of"] == "a").fillna(frame["n"].where(hidden["of"] == "b"))
    assert looked(hidden.assign(n=one), stated).faults


def test_estimates_need_children_and_degrees_of_freedom() -> None:
    frame = pd.DataFrame({"name": ["a"], "value": [0.5]})
    assert looked(frame, "statistics").faults == ()
    assert looked(frame, "statistics", population=None).faults == ()
    few = (Population(9, 40), Population(1000, 10))
    for population in few:
        assert len(looked(frame, "statistics", population=population).faults) == 1
        part = {"estimates": ["value"], "known": ["name"]}
        assert len(looked(frame, part, population=population).faults) == 1
    assert looked(frame, {"estimates": ["value"], "known": ["name"]}).faults == ()


def test_cells_are_counted() -> None:
    frame = pd.DataFrame(
        {"name": ["a", "b", "c"], "n": [20, np.nan, np.nan], "m": [1.5, np.nan, 2]}
    )
    found = looked(frame, {"counts": ["n"], "means": {"m": "n"}, "known": ["name"]})
    assert (found.cells, found.hidden) == (6, 2)
    assert looked(frame, "none").cells == looked(frame, "places").cells == 0
    both = found + found
    assert (both.cells, both.hidden, len(both.faults)) == (12, 4, 2 * len(found.faults))


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ("anything", "expected"),
        ({"of": "dogs"}, "of is 'dogs'"),
        ({"of": "children", "count": ["n"]}, "did you mean 'counts'?"),
        ({"of": "children", "shares": {"s": "m"}}, "names 'm'; expected a column under counts"),
        ({"of": "children", "telling": ["s"]}, "is 's'; expected a column under shares"),
    ],
)
def test_a_declaration_with_a_fault_is_refused(stated: Any, said: str) -> None:
    with pytest.raises(ParameterError, match="a table") as refused:
        declared.read(stated, where="a table")
    assert said in str(refused.value)
