"""The order of stages follows from what they read and write; what cannot be meant is refused."""

import json
from pathlib import Path

import pytest

from oablib.base.errors import EnvironmentFault, ParameterError
from oablib.running.stages import declared


@pytest.fixture
def notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params").mkdir()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setenv("OAB_ROOT", str(tmp_path))
    return tmp_path / "notebooks"


def write(folder: Path, stem: str, **oab: object) -> None:
    parameters = {
        "cell_type": "code",
        "metadata": {"tags": ["parameters"]},
        "source": ["seed: int = 1  # seed"],
    }
    notebook = {"cells": [parameters], "metadata": {"oab": oab}, "nbformat": 4}
    (folder / f"{stem}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def test_stages_run_after_those_whose_tables_they_read(notebooks: Path) -> None:
    write(notebooks, "00_summary", reads=["fit", "cohort"])
    write(notebooks, "01_intake", reads=["delivery"], writes=["cohort"])
    write(notebooks, "02_model", reads=["cohort"], may_write=["fit"])
    stages = declared.load()
    assert [each.stem for each in stages] == ["01_intake", "02_model", "00_summary"]
    assert stages[0].parameters == ("seed",)
    assert declared.before("02_model", stages=stages) == {"01_intake", "02_model"}
    assert declared.after("02_model", stages=stages) == {"02_model", "00_summary"}


def test_a_study_is_no_part_of_an_ordinary_run(notebooks: Path) -> None:
    write(notebooks, "01_intake", writes=["cohort"])
    write(notebooks, "90_study", reads=["delivery"], study="trial")
    assert [each.stem for each in declared.load()] == ["01_intake"]
    assert [each.stem for each in declared.load(study="trial")] == ["90_study"]
    with pytest.raises(EnvironmentFault, match="'other'"):
        declared.load(study="other")


def test_stages_that_wait_for_each_other_are_named(notebooks: Path) -> None:
    write(notebooks, "01_a", reads=["y"], writes=["x"])
    write(notebooks, "02_b", reads=["x"], writes=["y"])
    with pytest.raises(EnvironmentFault, match=r"01_a|02_b.*->"):
        declared.load()


def test_a_table_that_nobody_writes_is_named_with_its_reader(notebooks: Path) -> None:
    write(notebooks, "01_a", reads=["x"])
    with pytest.raises(EnvironmentFault, match=r"x \(read by 01_a\)"):
        declared.load()


def test_a_table_with_two_writers_is_refused(notebooks: Path) -> None:
    write(notebooks, "01_a", writes=["x"])
    write(notebooks, "02_b", may_write=["x"])
    with pytest.raises(EnvironmentFault, match="Both 01_a and 02_b"):
        declared.load()


def test_a_misspelt_field_and_a_broken_file_are_refused(notebooks: Path) -> None:
    write(notebooks, "01_a", raeds=["x"])
    with pytest.raises(EnvironmentFault, match="did you mean 'reads'"):
        declared.load()
    (notebooks / "01_a.ipynb").write_text("{", encoding="utf-8")
    with pytest.raises(EnvironmentFault, match="01_a"):
        declared.load()


def test_a_stage_may_be_called_by_its_number(notebooks: Path) -> None:
    write(notebooks, "05_base_model")
    write(notebooks, "06_selection")
    stages = declared.load()
    assert declared.named("05", stages=stages) == "05_base_model"
    for word in ("0", "07"):
        with pytest.raises(ParameterError, match="05_base_model"):
            declared.named(word, stages=stages)


def test_a_run_without_a_country_leaves_out_what_needs_one(notebooks: Path) -> None:
    write(notebooks, "00_summary", reads=["fit"], may_read=["scores"])
    write(notebooks, "01_model", reads=["delivery"], writes=["fit"])
    write(notebooks, "02_scores", reads=["country"], writes=["scores"])
    write(notebooks, "03_schools", reads=["scores"], writes=["schools"])
    stages = declared.load()
    assert len(declared.of_run(stages, country=True)) == 4
    left = declared.of_run(stages, country=False)
    assert [each.stem for each in left] == ["01_model", "00_summary"]


def test_a_table_of_some_runs_only_is_waited_for_where_it_is_made(notebooks: Path) -> None:
    write(notebooks, "00_summary", reads=["fit"], may_read=["scores"])
    write(notebooks, "01_model", writes=["fit"])
    write(notebooks, "02_scores", reads=["country"], writes=["scores"])
    stages = declared.load()
    assert declared.needs(stages)["00_summary"] == {"01_model", "02_scores"}
    assert declared.needs(declared.of_run(stages, country=False))["00_summary"] == {"01_model"}
