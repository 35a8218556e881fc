"""Private tables are private, results are the same bytes for the same values."""

import os
import stat
from pathlib import Path

import pandas as pd
import pytest

from oablib.base import rounding
from oablib.base.errors import InputError, ParameterError
from oablib.notebook import store
from oablib.notebook.store import Store


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("OAB_PRIVATE", str(tmp_path / "private"))
    monkeypatch.setenv("OAB_RESULTS", str(tmp_path / "results"))
    return store.of_run("mine")


def test_a_private_table_comes_back_and_only_its_owner_can_read_it(tables: Store) -> None:
    frame = pd.DataFrame({"child": [1, 2], "score": [0.1, float("nan")], "school": ["a", "b"]})
    tables.write("cohort", frame)
    pd.testing.assert_frame_equal(tables.read("cohort"), frame)
    if os.name == "posix":
        assert stat.S_IMODE(tables.private.stat().st_mode) == 0o700
        assert stat.S_IMODE((tables.private / "cohort.parquet").stat().st_mode) == 0o600


def test_results_with_equal_values_are_equal_bytes(tables: Store) -> None:
    frame = pd.DataFrame({"name": ["a", "b"], "value": [1 / 3, float("nan")], "n": [1, 2]})
    tables.write_result("one", frame)
    tables.write_result("two", frame.set_index("name", drop=False) * 1)
    one, two = (tables.results / f"{name}.parquet" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert rounding.csv(tables.read_result("one")) == "name,value,n\na,0.3333333333,1\nb,,2\n"


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        (1 / 3, 0.3333333333),
        (2 / 3 * 1e9, 666666666.7),
        (-0.0, 0.0),
        (4.4e-16, 0.0),
        (1e-11, 1e-11),
    ],
)
def test_what_rounding_leaves_of_a_number_is_the_same_on_every_processor(
    tables: Store, number: float, kept: float
) -> None:
    tables.write_result("one", pd.DataFrame({"value": [number]}))
    assert repr(tables.read_result("one")["value"][0].item()) == repr(kept)


def test_an_absent_table_tells_which_command_makes_it(tables: Store) -> None:
    for read in (tables.read, tables.read_result):
        with pytest.raises(InputError, match="oab run mine"):
            read("cohort")


@pytest.mark.parametrize("name", ["../cohort", "a b", "", "Cohort", "a.csv"])
def test_a_table_name_cannot_leave_the_folder(tables: Store, name: str) -> None:
    with pytest.raises(ParameterError):
        tables.write(name, pd.DataFrame({"a": [1]}))


def test_a_table_of_some_runs_only_can_be_asked_for(tables: Store) -> None:
    assert not tables.has_result("schools")
    tables.write_result("schools", pd.DataFrame({"n": [1]}))
    assert tables.has_result("schools")
    tables.write("draws", pd.DataFrame({"n": [1, 2]}))
    assert len(pd.read_parquet(tables.path("draws"))) == 2
    with pytest.raises(InputError, match="oab run mine"):
        tables.path("absent")
