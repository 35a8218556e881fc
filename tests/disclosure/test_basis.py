"""What a table rests on, against numbers that are written out here."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from oablib.disclosure import declared
from oablib.disclosure.basis import Basis, basis
from oablib.disclosure.cells import Population

EVERYBODY = Population(children=2400, schools=171)


def of(frame: pd.DataFrame, cells: Any, *, population: Population | None = EVERYBODY) -> Basis:
    return basis(frame, declared.read(cells, where="a table"), population=population)


def test_n_is_that_of_each_column_and_zero_or_hidden_is_none() -> None:
    frame = pd.DataFrame({"group": list("abcd"), "n": [40, 0, np.nan, 12], "mean": 1.5, "all": 2.0})
    means = {"mean": "n", "all": "population"}
    found = of(frame, {"of": "children", "counts": ["n"], "means": means, "known": ["group"]})
    assert (found.of, found.smallest, found.largest, found.hidden) == ("children", 12, 2400, 1)
    assert found.rules == {"fewest"}
    assert found.behind is not None
    assert found.behind.columns.tolist() == ["group", "n", "mean", "all"]
    assert found.behind["mean"].tolist()[::3] == [40, 12]
    assert found.behind["all"].tolist() == [2400] * 4


def test_hidden_cells_are_counted_whether_numbers_are_of_a_frame_or_of_a_page() -> None:
    page = pd.DataFrame([["a", None, None], ["b", 30, 0.5]], columns=["group", "n", "share"])
    cells = {"of": "schools", "counts": ["n"], "shares": {"share": "n"}, "known": ["group"]}
    assert of(page, cells).hidden == of(page.infer_objects(), cells).hidden == 2


@pytest.mark.parametrize(
    ("of_what", "n"), [("children", 2400), ("parents", 2400), ("schools", 171)]
)
def test_an_estimate_rests_on_all_that_are_counted(of_what: str, n: int) -> None:
    found = of(pd.DataFrame({"slope": [0.5]}), {"of": of_what, "estimates": ["slope"]})
    assert (found.of, found.smallest, found.largest) == (of_what, n, n)
    assert found.rules == {"fewest", "fewest_df"}


def test_rules_are_those_about_parts_that_the_table_has() -> None:
    cells = {
        "of": "schools",
        "counts": ["n"],
        "sums": {"points": "largest", "absent": "largest"},
        "shares": {"poor": "n"},
        "telling": ["poor"],
    }
    frame = pd.DataFrame({"n": [20], "points": 900.0, "largest": 0.2, "poor": 0.5})
    assert of(frame, cells).rules == {"fewest", "largest_part", "largest_category"}
    assert of(frame[["points", "largest"]], cells).rules == {"largest_part"}


def test_places_rest_on_the_children_of_those_that_have_a_score() -> None:
    frame = pd.DataFrame(
        {"school_id": list("abc"), "n_children": [12, 0, 31], "achterstandsscore": [np.nan, 0, 7.0]}
    )
    found = of(frame, "places")
    assert (found.smallest, found.largest, found.hidden, found.places) == (31, 31, 1, True)
    without_sizes = of(frame[["school_id", "achterstandsscore"]], "places")
    assert (without_sizes.smallest, without_sizes.largest) == (2400, 2400)


def test_statistics_rest_on_the_population_and_those_of_replications_on_none() -> None:
    frame = pd.DataFrame({"measure": ["aic"], "value": [1.0]})
    found = of(frame, "statistics")
    assert (found.of, found.smallest, found.rules) == ("children", 2400, {"fewest", "fewest_df"})
    for nobody in (of(frame, "statistics", population=None), of(frame, "none")):
        assert (nobody.of, nobody.smallest, nobody.rules, nobody.behind) == ("", None, set(), None)
