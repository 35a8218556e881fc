"""A run file that cannot be meant is refused before anything runs, with the nearest name."""

from pathlib import Path

import pytest

from oablib import params
from oablib.base.errors import EnvironmentFault, ParameterError
from oablib.params import project, run, strict_yaml
from tests.places import ROOT


@pytest.fixture
def runs(project: Path) -> Path:
    """Run files of the test."""
    return project / "params" / "runs"


def write(runs: Path, text: str, name: str = "mine") -> None:
    (runs / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_every_run_of_the_project_is_valid() -> None:
    for name in params.names("runs"):
        assert run.run_parameters(name).run == name


def test_what_a_run_extends_is_overridden_by_what_it_says(runs: Path) -> None:
    write(runs, "title: First\nn: 500\nseed: 1\n", "first")
    write(runs, "extends: first\ntitle: Second\nseed: 2\n")
    parameters = run.run_parameters("mine", {"n": "700"})
    assert (parameters.title, parameters.n, parameters.seed, parameters.imputations) == (
        "Second",
        700,
        2,
        5,
    )


def test_a_misspelt_parameter_is_refused_with_the_nearest_name(runs: Path) -> None:
    write(runs, "title: T\nimputatons: 5\n")
    with pytest.raises(ParameterError) as refused:
        run.run_parameters("mine")
    assert "params/runs/mine.yaml line 2" in str(refused.value)
    assert "did you mean 'imputations'" in str(refused.value)


def test_all_faults_come_in_one_message(runs: Path) -> None:
    write(runs, "title: T\nseeed: 1\nn: 12\nimputations: 1\ncodebook: codebok\nhide_share: 0,15\n")
    with pytest.raises(ParameterError) as refused:
        run.run_parameters("mine")
    for part in ("5 faults", "'seed'", "200 to", "2 to", "'codebook'", "with a decimal point"):
        assert part in str(refused.value)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("n: no", "whole number"),
        ("n: 010", "whole number"),
        ("n: 1e3", "whole number"),
        ("n: 500.0", "whole number"),
        ("n: 2013-01-01", "whole number"),
        ("seed: -1", "0 to"),
        ("title: [a]", "text"),
        ("hide_share: 0.4", "belong together"),
        ("hide_variable: 'x; import os'", "key of a column"),
        ("n: 500\nn: 600", "n"),
        ("n: &a 500", "anchor"),
        ("n: !!python/object/apply:os.system ['true']", "tag"),
        ("n: [500", "line"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(runs: Path, line: str, expected: str) -> None:
    title = "" if line.startswith("title") else "title: T\n"
    write(runs, f"{title}{line}\n")
    with pytest.raises(ParameterError) as refused:
        run.run_parameters("mine")
    assert expected in str(refused.value)


@pytest.mark.parametrize("name", ["../evil", "a/b", "con", "Demo", "", "x" * 65, "-a", "a\u202eb"])
def test_a_name_that_cannot_be_a_folder_is_refused(runs: Path, name: str) -> None:
    with pytest.raises(ParameterError):
        run.run_parameters(name)


def test_an_unknown_run_names_the_nearest(runs: Path) -> None:
    write(runs, "title: T\n")
    with pytest.raises(ParameterError, match="did you mean 'mine'"):
        run.run_parameters("mime")


def test_runs_that_extend_each_other_are_refused(runs: Path) -> None:
    write(runs, "extends: b\ntitle: T\n", "a")
    write(runs, "extends: a\ntitle: T\n", "b")
    with pytest.raises(ParameterError, match="circle"):
        run.run_parameters("a")


def test_a_file_over_the_size_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    path.write_text("a: " + "x" * 2_000_000)
    with pytest.raises(ParameterError):
        strict_yaml.read(path)


def test_outside_a_project_the_remedy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OAB_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    assert params.root() == ROOT  # of a package that was installed from its checkout
    monkeypatch.setattr(project, "CHECKOUT", tmp_path / "site-packages")
    with pytest.raises(EnvironmentFault, match="The project was not found"):
        params.root()


def test_a_list_cannot_be_a_key(tmp_path: Path) -> None:
    (path := tmp_path / "listed.yaml").write_text("? [a]\n: 1\n")
    with pytest.raises(ParameterError, match="line 1"):
        strict_yaml.read(path)
