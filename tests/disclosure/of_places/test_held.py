"""Rows stand as first published until ten of their children have changed."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from oablib import disclosure
from oablib.base.errors import DisclosureError
from oablib.disclosure.ledger import COUNTRY
from oablib.disclosure.of_places import held

RULES = disclosure.rules()
PLACES = ["01AA00", "02AA00"]
SIZE = 40


def drawn(seed: int = 1) -> pd.DataFrame:
    """Children of two sites of SIZE, and of none: child, place, units."""
    rng = np.random.default_rng(seed)
    n = 2 * SIZE + 5
    place = np.repeat([0, 1, -1], [SIZE, SIZE, 5])
    return pd.DataFrame({"child": np.arange(n), "place": place, "units": rng.integers(1, 99, n)})


def hold(children: pd.DataFrame, scores: list[float], earlier: Any = None, **given: Any) -> Any:
    step = given.get("step", 1.0)
    table = pd.DataFrame({"school_id": PLACES, "achterstandsscore": scores, "step": step})
    child, units = children["child"], children["units"]
    of = {
        "sites": held.members("sites", place=children["place"], names=PLACES, child=child,
                              units=units),
        COUNTRY: held.members(COUNTRY, place=np.zeros(len(children), int),
                                   names=[COUNTRY], child=child, units=units),
    }  # fmt: skip
    return held.hold({"sites": table}, children=of, earlier=earlier, rules=RULES)


def scores_of(made: held.Held) -> list[float]:
    return made.tables["sites"]["achterstandsscore"].tolist()


def changed(children: pd.DataFrame, *, at: int, count: int) -> pd.DataFrame:
    """The same with other scores of some children of a site."""
    rows = children.index[children["place"] == at][:count]
    return children.assign(units=children["units"].where(~children.index.isin(rows), 1000))


def test_a_first_report_is_published_as_it_is() -> None:
    made = hold(drawn(), [10.0, 20.0])
    assert scores_of(made) == [10.0, 20.0] and made.held == 0


def test_a_row_stands_while_fewer_than_ten_of_its_children_changed() -> None:
    first = hold(drawn(), [10.0, 20.0])
    second = hold(changed(changed(drawn(), at=0, count=9), at=1, count=10), [30.0, 40.0],
                  first.ledger)  # fmt: skip
    assert scores_of(second) == [10.0, 40.0] and second.held == 1


def test_changes_add_up_from_report_to_report() -> None:
    """Five and five are ten: what counts is the report in which the row was first published."""
    first = hold(drawn(), [10.0, 20.0])
    other = changed(drawn(), at=1, count=20)
    second = hold(changed(other, at=0, count=5), [11.0, 20.0], first.ledger)
    assert scores_of(second)[0] == 10.0
    third = hold(changed(changed(other, at=0, count=10), at=1, count=40), [12.0, 20.0],
                 second.ledger)  # fmt: skip
    assert scores_of(third)[0] == 12.0


def test_who_came_and_who_went_count_as_changed() -> None:
    """Five new pupils and five who went to the other site: each site has as many as it asks for."""
    first = hold(drawn(), [10.0, 20.0])
    children = drawn()
    moved = children.index[children["place"] == 0][:5]
    children.loc[moved, "place"] = 1
    new = pd.DataFrame({"child": 1000 + np.arange(5), "place": 0, "units": 7})
    far = changed(children, at=1, count=4)  # so that ten changed in the country
    second = hold(pd.concat([far, new, new.assign(child=new["child"] + 9, place=-1)]),
                  [1.0, 2.0], first.ledger)  # fmt: skip
    assert scores_of(second) == [1.0, 20.0]


@pytest.mark.parametrize("count", [1, 9])
def test_a_report_that_differs_by_few_children_is_refused(count: int) -> None:
    first = hold(drawn(), [10.0, 20.0])
    with pytest.raises(DisclosureError, match=f"{count} joined, left or have another record"):
        hold(changed(drawn(), at=0, count=count), [10.0, 20.0], first.ledger)


def test_the_same_children_may_be_published_again() -> None:
    first = hold(drawn(), [10.0, 20.0])
    again = hold(drawn().sample(frac=1, random_state=3), [11.0, 21.0], first.ledger)
    assert scores_of(again) == [10.0, 20.0] and again.held == 2


def test_a_row_that_stands_is_put_into_coarser_steps_and_not_into_finer_ones() -> None:
    first = hold(drawn(), [14.0, 20.0], step=1.0)
    assert scores_of(hold(drawn(), [30.0, 40.0], first.ledger, step=10.0)) == [10.0, 20.0]
    assert scores_of(hold(drawn(), [30.1, 40.1], first.ledger, step=0.01)) == [30.1, 40.1]


def test_hidden_rows_are_not_held() -> None:
    first = hold(drawn(), [np.nan, 20.0])
    assert scores_of(hold(drawn(), [30.0, np.nan], first.ledger)) == pytest.approx(
        [30.0, np.nan], nan_ok=True
    )


def test_a_ledger_is_read_as_it_was_written(tmp_path: Any) -> None:
    first = hold(drawn(), [10.0, 20.0])
    assert held.read(tmp_path) is None
    first.ledger.rows.to_parquet(tmp_path / f"{held.ROWS}.parquet")
    first.ledger.children.to_parquet(tmp_path / f"{held.CHILDREN}.parquet")
    assert scores_of(hold(drawn(), [11.0, 21.0], held.read(tmp_path))) == [10.0, 20.0]
