"""What `start` gives a notebook that is opened by hand, and one in a run."""

import json
import os
import stat
import time
from pathlib import Path

import pandas as pd
import pytest

from oablib import params
from oablib.base import hidden_rows, language
from oablib.base.errors import InputError, ModelError, ParameterError
from oablib.base.language import Words
from oablib.base.origin import Origin
from oablib.notebook import NotebookStage, start, store
from oablib.notebook.by_hand import LAST_RUN
from oablib.protocol import models

NAMES = ("run", "codebook", "model", "variants", "published", "imputations", "seed", "data")
RUN_FILE = """title: A small run
published: herijking2021
imputations: 7
variants: "ocw_1 full"
"""


@pytest.fixture(autouse=True)
def no_run_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OAB_RESULTS", raising=False)


@pytest.fixture
def small(project: Path) -> Path:
    """The private folder of a run called small, which was the last one."""
    (project / "params" / "runs" / "small.yaml").write_text(RUN_FILE, encoding="utf-8")
    work = project / params.WORK / "small"
    for name in ("private", "results"):
        (work / name).mkdir(parents=True)
    (work.parent / LAST_RUN).write_text(json.dumps({"run": "small"}), encoding="utf-8")
    made(work)
    return work


def made(work: Path, **content: object) -> None:
    """Note that the tables of the run were made now."""
    note = {"made": "2026-11-30 08:00:00+00:00", "options": {}, "locations": {}, **content}
    (work / store.MADE).write_text(json.dumps(note), encoding="utf-8")


def cell(names: tuple[str, ...] = NAMES, **given: object) -> dict[str, object]:
    """Globals of a notebook whose parameters cell declares `names`, with these values in it."""
    lines = [f"{name}: object = {given.get(name)!r}" for name in names]
    namespace: dict[str, object] = {"In": ["", "\n".join(lines)]}
    exec(namespace["In"][1], namespace)
    return namespace


def test_what_was_not_given_comes_from_the_file_of_the_last_run(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("run", "imputations", "seed")
    stage = start(cell(names))
    assert (stage.run, stage.imputations, stage.seed) == ("small", 7, 2021)
    assert stage.origins == {
        "run": "the last run", "imputations": "params/runs/small.yaml line 3", "seed": "default",
    }  # fmt: skip
    assert capsys.readouterr().out == (
        "Parameters of run small, made 2026-11-30 08:00:00+00:00: run = 'small' (the last run); "
        "imputations = 7 (params/runs/small.yaml); seed = 2021 (default).\n"
    )


@pytest.mark.parametrize("value", [7, 2021, 5])
def test_a_value_that_was_given_wins_whatever_it_is(small: Path, value: int) -> None:
    stage = start(cell(seed=value, data="x.sav"))
    assert stage.seed == value and stage.origins["seed"] == "given here"


def test_options_that_the_run_was_made_with_count_below_what_is_given(small: Path) -> None:
    made(small, options={"imputations": 3, "seed": 9})
    stage = start(cell(seed=4, data="x.sav"))
    assert (stage.imputations, stage.seed) == (3, 4)
    assert stage.origins["imputations"] == "command line"


def test_another_run_can_be_given(small: Path, project: Path) -> None:
    (project / "params" / "runs" / "other.yaml").write_text("title: Other\nseed: 5\n", "utf-8")
    stage = start(cell(("run", "seed"), run="other"))
    assert (stage.run, stage.seed) == ("other", 5)
    assert stage.private == project / params.WORK / "other" / "private"


def test_without_a_run_the_demo_is_meant(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "params" / "runs" / "demo.yaml").write_text("title: Demo\n", encoding="utf-8")
    assert start(cell(("run",))).run == "demo"
    assert "Parameters of run demo, without tables yet" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b'{"run": 1}', b'{"run": "gone"}'])
def test_a_damaged_note_is_as_none(small: Path, project: Path, content: bytes) -> None:
    """So is one that names a run whose file was removed."""
    (project / "params" / "runs" / "demo.yaml").write_text("title: Demo\n", encoding="utf-8")
    (small.parent / LAST_RUN).write_bytes(content)
    (small / store.MADE).write_bytes(content)
    assert start(cell(("run", "seed"))).run == "demo"
    assert start(cell(("run", "seed"), run="small")).seed == 2021


def test_values_are_checked_as_those_of_a_run(small: Path) -> None:
    with pytest.raises(
        ParameterError, match="imputations is 1; expected a whole number from 2 to 1,000"
    ):
        start(cell(imputations=1, data="x.sav"))
    with pytest.raises(ParameterError, match="has no 'bsae'; did you mean 'base'"):
        start(cell(model="bsae", data="x.sav"))


def test_data_are_those_of_the_run_or_those_that_are_given(small: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not drawn yet\. Draw it with `oab run small`"):
        start(cell())
    made(small, locations={"data": ".work/small/delivery/cohort.sav"})
    assert start(cell()).data == ".work/small/delivery/cohort.sav"
    mine = tmp_path / "mine.sav"
    mine.touch()
    assert start(cell(data=str(mine))).data == str(mine)


def test_names_lead_to_what_they_name(small: Path) -> None:
    stage = start(cell(data="x.sav", model="ocw_2"))
    assert stage.model == models.load("ocw_2")
    assert list(stage.variants) == ["ocw_2", "ocw_1", "full"]
    assert stage.table == stage.codebook.table("cohort")
    assert stage.roles.outcome == "cito" and stage.published is not None
    assert stage.models == stage.variants  # since a model was given
    every = start(cell(data="x.sav")).models
    assert {"base", "full", "ocw_2"} <= every.keys() and "snijders_bosker" not in every
    origin = Origin(Words(en="here", nl="hier"), drawn=True)
    pd.DataFrame({"children": [3], "schools": [2], **origin.columns()}).to_parquet(
        small / "results" / "population.parquet"
    )
    assert str(stage.about) == "3 children in 2 schools; source: here"
    assert stage.about.drawn
    with language.use("nl"):
        assert str(stage.about.source) == "hier"


def test_it_completes_under_tab_and_shows_itself(small: Path) -> None:
    stage = start(cell(data="x.sav"))
    assert {"seed", "imputations", "model", "read", "write_result", "about"} <= set(dir(stage))
    assert "small" in stage._repr_html_() and "imputations 7" in stage._repr_html_()
    with pytest.raises(AttributeError, match="no 'sede'; did you mean 'seed'"):
        stage.sede  # noqa: B018 - asking is the test
    with pytest.raises(ParameterError, match="declares no parameter 'codebook'"):
        start(cell(("run",))).table  # noqa: B018


def test_a_notebook_opened_by_hand_writes_beside_the_run_and_never_over_it(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = pd.DataFrame({"n": [1]})
    for folder in ("private", "results"):
        ours.to_parquet(small / folder / "one.parquet")
    before = {path: (path.read_bytes(), path.stat().st_mode) for path in small.glob("*/*.parquet")}
    stage = opened(small)
    stage.write("one", ours * 2)
    stage.write_result("one", ours * 3)
    assert before == {path: (path.read_bytes(), path.stat().st_mode) for path in before}
    written = sorted((small / "by_hand").glob("*/*.parquet"))
    assert [stat.S_IMODE(path.stat().st_mode) for path in written] == [0o600, 0o600]
    assert {stat.S_IMODE(path.parent.stat().st_mode) for path in written} == {0o700}
    later = opened(small)
    assert "Made by hand, and read in place of the run's tables: one" in capsys.readouterr().out
    assert later.read("one")["n"][0] == 2 and later.read_result("one")["n"][0] == 3
    assert "Table one: the one that was made by hand, not that of run small." in (
        capsys.readouterr().out
    )


def opened(work: Path) -> NotebookStage:
    return start(cell(data="x.sav", run=work.name))


def test_a_run_that_was_made_later_counts_again(small: Path) -> None:
    pd.DataFrame({"n": [1]}).to_parquet(small / "private" / "one.parquet")
    opened(small).write("one", pd.DataFrame({"n": [2]}))
    assert opened(small).read("one")["n"][0] == 2
    made(small)
    os.utime(small / store.MADE, (time.time() + 5, time.time() + 5))
    assert opened(small).read("one")["n"][0] == 1
    assert opened(small).made_by_hand() == []


def test_in_a_run_all_is_given_and_nothing_is_printed(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hidden: list[bool] = []
    monkeypatch.setattr(hidden_rows, "hide", lambda: hidden.append(True))
    start(cell(data="x.sav"))
    assert hidden.pop() and capsys.readouterr().out
    monkeypatch.setenv("OAB_PRIVATE", str(small / "a"))
    monkeypatch.setenv("OAB_RESULTS", str(small / "b"))
    stage = start(cell(("run", "model", "seed"), run="small", model="base", seed=3))
    assert (stage.run, stage.seed, stage.private) == ("small", 3, small / "a")
    assert stage.by_hand is None and capsys.readouterr().out == ""
    assert hidden == []
    stage.write_result("one", pd.DataFrame({"n": [1]}))
    assert (small / "b" / "one.parquet").is_file()
    monkeypatch.setenv("OAB_ROLES_ONLY", "yes")
    with pytest.raises(ModelError, match=r"use `stage\.roles`"):
        stage.model  # noqa: B018 - asking is the test
    assert stage.roles.mediator == "nscct"
