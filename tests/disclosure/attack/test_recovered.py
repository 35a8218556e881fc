"""Hidden cells that come back from margins, of dimensions of every kind, and of what is hidden."""

import random
from itertools import product

import numpy as np
import pandas as pd
import pytest

from oablib import disclosure
from oablib.base.errors import DisclosureError
from tests.attacks_on_margins import Equation, margins, recovered

LARGEST, HIDDEN = 3, 5  # of a cell, and cells, in tables that are enumerated
KINDS = {
    "text": ["a", "b", None],
    "whole": [2019, 2020, None],
    "fraction": [0.5, 1.5, np.nan],
    "truth": [True, False, None],
}


def table(rows: str, values: list[list[float]], columns: str = "text") -> pd.DataFrame:
    """Two by two cells with both margins; a margin's dimension is missing."""
    labels = product(KINDS[rows], KINDS[columns])
    frame = pd.DataFrame([(*label, 0.0) for label in labels], columns=["row", "column", "n"])
    return frame.assign(n=np.array(values, float).ravel()).convert_dtypes()


@pytest.mark.parametrize(("rows", "columns"), list(product(KINDS, KINDS)))
def test_one_hidden_cell_comes_back_whatever_the_kind_of_its_dimensions(
    rows: str, columns: str
) -> None:
    cells, sums = margins(
        table(rows, [[np.nan, 20, 24], [30, 40, 70], [34, 60, 94]], columns), ["row", "column"], "n"
    )
    assert len(sums) == 6
    found = recovered(cells, sums, rules=disclosure.rules())
    assert found["left"].tolist() == [1]
    assert found["cell"].tolist() == [(KINDS[rows][0], KINDS[columns][0])]


def test_four_hidden_cells_do_not_come_back_unless_they_are_small() -> None:
    rules = disclosure.rules()
    wide = table("whole", [[np.nan, np.nan, 24], [np.nan, np.nan, 70], [34, 60, 94]])
    assert recovered(*margins(wide, ["row", "column"], "n"), rules=rules).empty
    small = table("whole", [[np.nan, np.nan, 3], [np.nan, np.nan, 70], [34, 39, 73]])
    found = recovered(*margins(small, ["row", "column"], "n"), rules=rules)
    assert found["left"].tolist() == [4, 4, 4, 4]


def test_a_hidden_margin_comes_back_from_its_cells() -> None:
    hidden = table("truth", [[4, 20, np.nan], [30, 40, 70], [34, 60, 94]])
    assert len(recovered(*margins(hidden, ["row", "column"], "n"), rules=disclosure.rules())) == 1


@pytest.mark.parametrize("seed", range(20))
def test_possible_values_are_those_of_enumeration(seed: int) -> None:
    """Three by three cells of 0 to 3 children, some hidden, with all margins known."""
    rng = random.Random(seed)
    true = np.array([[rng.randint(0, LARGEST) for _ in range(3)] for _ in range(3)])
    hidden = rng.sample(list(product(range(3), repeat=2)), HIDDEN)
    cells = {("cell", i, j): float(true[i, j]) for i, j in product(range(3), repeat=2)}
    sums = []
    for i in range(3):
        for name, members, total in (
            ("row", [(i, j) for j in range(3)], true[i].sum()),
            ("column", [(j, i) for j in range(3)], true[:, i].sum()),
        ):
            cells[(name, i, 0)] = float(total)
            sums.append(Equation((name, i, 0), tuple(("cell", *place) for place in members)))
    cells |= {("cell", *place): np.nan for place in hidden}
    labels = pd.Index(list(cells), tupleize_cols=False)
    series = pd.Series(list(cells.values()), index=labels)
    found = recovered(series, sums, rules=disclosure.rules())
    every = fitting(true, hidden)
    limit = disclosure.rules().attack.counts
    expected = {
        ("cell", *place): len(values)
        for place, values in zip(hidden, every, strict=True)
        if len(values) < limit
    }
    assert dict(zip(found["cell"], found["left"], strict=True)) == expected


def fitting(true: np.ndarray, hidden: list[tuple[int, int]]) -> list[set[int]]:
    """Values of each hidden cell over all tables with these margins."""
    most = int(max(true.sum(0).max(), true.sum(1).max()))
    every = np.indices([most + 1] * len(hidden)).reshape(len(hidden), -1)
    fits = np.ones(every.shape[1], bool)
    for axis, line in product(range(2), range(3)):
        inside = [k for k, place in enumerate(hidden) if place[axis] == line]
        fits &= every[inside].sum(0) == sum(true[hidden[k]] for k in inside)
    return [set(values[fits].tolist()) for values in every]


@pytest.mark.parametrize("added_up", [True, False])
def test_what_a_stage_hides_comes_back_only_where_totals_are_not_thought_of(added_up: bool) -> None:
    """Fifty groups of five counts up to 60, each with its total beside it."""
    rng, rules = np.random.default_rng(8), disclosure.rules()
    labels = pd.DataFrame(product(range(50), range(5)), columns=["group", "row"])
    frame = labels.assign(n=rng.integers(0, 61, len(labels)))
    totals = frame.groupby("group", as_index=False)["n"].sum()
    hidden = disclosure.hide(frame, counts=["n"], by=["group"], added_up=added_up, rules=rules)
    both = pd.concat([hidden, totals], ignore_index=True)
    found = recovered(*margins(both, ["group", "row"], "n"), rules=rules)
    assert hidden["n"].isna().any() and found.empty == added_up


def test_amounts_are_found_by_their_width() -> None:
    cells = pd.Series({"a": np.nan, "b": np.nan, "sum": 3.0})
    sums = [Equation("sum", ("a", "b"))]
    found = recovered(cells, sums, rules=disclosure.rules(), whole=False)
    assert found["left"].tolist() == [3.0, 3.0]
    wide = recovered(cells.replace(3.0, 30.0), sums, rules=disclosure.rules(), whole=False)
    assert wide.empty


def test_labels_that_are_no_cells_are_refused() -> None:
    cells = pd.Series({"a": np.nan, "sum": 3.0})
    with pytest.raises(DisclosureError, match="1 labels"):
        recovered(cells, [Equation("sum", ("a", "b"))], rules=disclosure.rules())


def test_cells_that_do_not_add_up_are_refused() -> None:
    cells = pd.Series({"a": 4.0, "b": np.nan, "sum": 3.0})
    with pytest.raises(DisclosureError, match="equations"):
        recovered(cells, [Equation("sum", ("a", "b"))], rules=disclosure.rules())
