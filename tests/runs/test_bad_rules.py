"""A file of params that cannot be meant ends a run with code 2 before anything is made or run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import ROOT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project with a copy of its params, and no reports."""
    shutil.copytree(ROOT / "params", tmp_path / "params")
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    return tmp_path


def run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"OAB_ROOT": str(project), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "oablib", "run", "demo", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            *("rules/imputation", "prior_sd: 10", "prior_ds: 10"),
            "unknown key 'engines.nominal.category.prior_ds'; did you mean 'prior_sd'?",
        ),
        (
            *("rules/synthetic", "size_median: 190", "size_medain: 190"),
            "unknown key 'schools.size_medain'; did you mean 'size_median'?",
        ),
        (
            *(
                "results/allocation",
                "title: Achterstandsscores of school sites",
                "tilte: Achterstandsscores of s",
            ),
            "unknown key 'school_scores.tilte'; did you mean 'title'?",
        ),
    ],
)
def test_a_misspelt_key_stops_the_run_before_anything_is_made(
    project: Path, file: str, old: str, new: str, said: str
) -> None:
    path = project / "params" / f"{file}.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    done = run(project)
    assert done.returncode == 2, done.stderr
    line = text.partition(old)[0].count("\n") + 1
    assert f"params/{file}.yaml line {line}: {said}" in done.stderr
    assert "Traceback" not in done.stderr
    assert {path.name for path in project.iterdir()} == {"params", "notebooks"}


def test_faults_of_several_files_come_in_one_message(project: Path) -> None:
    for stem, old, new in (
        ("comparison", "standard: new", "standard: old"),
        ("municipalities", "code: GM0014", "code: GM14"),
    ):
        path = project / "params" / "rules" / f"{stem}.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    done = run(project, "--dry-run")
    assert done.returncode == 2
    assert "comparison.yaml line 8: standard is 'old'; expected one of new" in done.stderr
    assert "municipalities.yaml line 8: municipalities.0.code is 'GM14'; expected" in done.stderr
    assert {path.name for path in project.iterdir()} == {"params", "notebooks"}


def test_a_file_that_the_run_does_not_read_stops_nothing(project: Path) -> None:
    for stem in ("synthetic_country", "allocation"):
        path = project / "params" / "rules" / f"{stem}.yaml"
        path.write_text("strange: 1\n", encoding="utf-8")
    assert run(project, "--dry-run").returncode == 2
    assert run(project, "--dry-run", "--set", "country=").returncode == 0
