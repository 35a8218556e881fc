"""A new year's run can be run at once, and lists what it rests on."""

import re
from pathlib import Path

import pytest

from oablib.base.errors import EnvironmentFault, ParameterError
from oablib.params import run
from oablib.running import new_run
from tests.places import ROOT

HERE = ROOT


@pytest.fixture
def root(project: Path) -> Path:
    """The project with one run, and the real notebooks."""
    source = HERE / "params" / "runs" / "herijking-2021.yaml"
    (project / "params" / "runs" / source.name).write_bytes(source.read_bytes())
    (project / "notebooks").rmdir()
    (project / "notebooks").symlink_to(HERE / "notebooks")
    return project


def test_the_new_run_is_the_old_one_under_another_title(root: Path) -> None:
    path = new_run.write("2022", parent="herijking-2021")
    assert path == root / "params" / "runs" / "2022.yaml"
    new, old = (run.run_parameters(name) for name in ("2022", "herijking-2021"))
    assert new.title == f"{old.title}: 2022"
    assert new.title_nl == f"{old.title_nl}: 2022"
    named = {"run", "title", "title_nl"}
    assert new.model_dump(exclude=named) == old.model_dump(exclude=named)


def test_the_list_names_every_value_and_every_file_that_the_run_reads(root: Path) -> None:
    text = new_run.write("2022", parent="herijking-2021").read_text(encoding="utf-8")
    asked = [line for line in text.splitlines() if line.startswith("# [ ] ")]
    for key, value in (("data", '"synthetic"'), ("seed", "13"), ("imputations", "5")):
        line = run.resolve("herijking-2021").origins[key]
        assert any(each.startswith(f"# [ ] {key}: {value} ({line})") for each in asked)
    for name in ("models/base", "rules/codebook", "rules/imputation", "published/herijking2021"):
        assert any(f"params/{name}.yaml" in each and "names the year" in each for each in asked)


def test_a_run_that_is_there_is_not_overwritten(root: Path) -> None:
    path = root / "params" / "runs" / "herijking-2021.yaml"
    before = path.read_bytes()
    with pytest.raises(ParameterError, match="there already"):
        new_run.write("herijking-2021", parent="herijking-2021")
    with pytest.raises(ParameterError, match="herijking-2021"):
        new_run.write("2022", parent="herijking-2020")
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_run_named_by_a_number_can_be_extended_again(root: Path) -> None:
    new_run.write("2022", parent="herijking-2021")
    new_run.write("2023", parent="2022")
    assert run.run_parameters("2023").seed == 13


def test_each_file_brings_its_lines_on_source_and_year(root: Path) -> None:
    text = new_run.write("2022", parent="herijking-2021").read_text(encoding="utf-8")
    for line in ('source: "Walhout', r"waves: \[2007, 2010, 2013\]"):
        assert re.search(rf"#       line \d+: {line}", text)
    assert "params/rules/synthetic.yaml" in text


def test_a_folder_that_cannot_be_written_leaves_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(EnvironmentFault, match="No space left"):
        new_run.write("2022", parent="herijking-2021")
    assert [each.name for each in (root / "params" / "runs").iterdir()] == ["herijking-2021.yaml"]
