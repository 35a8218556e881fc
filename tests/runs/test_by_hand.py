"""Notebooks executed by hand, each as a process: they obey the person, and spoil no run."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from oablib import synthetic
from tests.places import ROOT

# Of the first seeds one whose cohort has children in every category that the full model asks for.
SMALL = """extends: demo
title: Small
country: ""
variants: full
seed: 8
imputations: 2
iterations: 1
draws: 10
splits: 2
languages: en
"""
FULL = "extends: small\ntitle: With the full model\nmodel: full\n"
EXECUTE = (sys.executable, "-m")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which the run `small` was made, and after it one page of `full`."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "params", root / "params")
    (root / "notebooks").symlink_to(ROOT / "notebooks")
    for name, text in {"small": SMALL, "full": FULL}.items():
        (root / "params" / "runs" / f"{name}.yaml").write_text(text, encoding="utf-8")
    for words in (("small",), ("full", "--only", "05")):
        done = process("oablib", "run", *words, "--quiet", project=root)
        assert done.returncode == 0, done.stderr
    return root


@pytest.fixture(autouse=True)
def untouched(project: Path) -> None:
    """Whatever a notebook does, the tables of the runs keep their bytes and modes."""
    before = states(project)
    yield
    assert states(project) == before
    for folder in project.glob(".work/*/by_hand"):
        shutil.rmtree(folder)


def states(project: Path) -> dict[Path, tuple[bytes, int]]:
    paths = [p for kind in ("private", "results") for p in project.glob(f".work/*/{kind}/*")]
    return {path: (path.read_bytes(), path.stat().st_mode) for path in paths}


def process(*words: str, project: Path, folder: Path | None = None) -> subprocess.CompletedProcess:
    environment = os.environ | {"OAB_ROOT": str(project), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*EXECUTE, *words],
        capture_output=True, text=True, env=environment, cwd=folder or project, timeout=300,
    )  # fmt: skip


def papermill(
    stem: str, *given: str, project: Path, folder: Path | None = None
) -> subprocess.CompletedProcess:
    """papermill notebooks/<stem>.ipynb out.ipynb -p name value ..."""
    words = [word for pair in given for word in ("-p", *pair.split("=", 1))]
    source, target = project / "notebooks" / f"{stem}.ipynb", project / "out.ipynb"
    target.unlink(missing_ok=True)
    return process(
        "papermill", str(source), str(target), *words, "--no-progress-bar",
        project=project, folder=folder,
    )  # fmt: skip


def printed(project: Path) -> str:
    """What the executed notebook printed."""
    cells = json.loads((project / "out.ipynb").read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return "".join("".join(o["text"]) for o in outputs if o["output_type"] == "stream")


def table(project: Path, run: str, path: str) -> pd.DataFrame:
    return pd.read_parquet(project / ".work" / run / path)


def test_papermill_fits_the_model_that_it_is_given(project: Path) -> None:
    done = papermill("05_base_model", "model=full", project=project)
    assert done.returncode == 0, done.stderr
    assert "model = 'full' (given here)" in printed(project)
    assert "run = 'small' (the last run)" in printed(project)
    by_hand = table(project, "small", "by_hand/results/coefficients.parquet")
    by_run = table(project, "full", "results/coefficients.parquet")
    pd.testing.assert_frame_equal(by_hand, by_run)
    base = table(project, "small", "results/coefficients.parquet")
    assert len(by_hand) > len(base)


def test_an_edited_cell_is_obeyed_as_well(project: Path, tmp_path: Path) -> None:
    """As in JupyterLab; from another folder, with nbclient."""
    notebook = nbformat.read(project / "notebooks" / "05_base_model.ipynb", as_version=4)
    cell = next(c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    edited = cell.source.replace("model: str | None = None", 'model: str | None = "full"')
    assert edited != cell.source
    cell.source = edited
    path = tmp_path / "edited.ipynb"
    nbformat.write(notebook, path)
    done = process("jupyter", "execute", "--inplace", str(path), project=project, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    by_hand = table(project, "small", "by_hand/results/coefficients.parquet")
    pd.testing.assert_frame_equal(by_hand, table(project, "full", "results/coefficients.parquet"))


def test_another_run_is_read_with_its_own_values(project: Path) -> None:
    done = papermill("05_base_model", "run=full", project=project)
    assert done.returncode == 0, done.stderr
    assert "run = 'full' (given here)" in printed(project)
    assert "model = 'full'" in printed(project) and "params/runs/full.yaml" in printed(project)
    by_hand = table(project, "full", "by_hand/results/coefficients.parquet")
    pd.testing.assert_frame_equal(by_hand, table(project, "full", "results/coefficients.parquet"))


def test_other_data_are_read_from_any_folder(project: Path, tmp_path: Path) -> None:
    synthetic.deliver(tmp_path, n=1300, seed=4)
    done = papermill("01_intake", "data=cohort.sav", project=project, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    mine = table(project, "small", "by_hand/results/intake_steps.parquet")
    assert (
        mine["before"].iloc[0]
        != table(project, "small", "results/intake_steps.parquet")["before"].iloc[0]
    )


def test_more_imputations_are_made_and_later_notebooks_say_that_they_read_them(
    project: Path,
) -> None:
    done = papermill("03_imputation", "imputations=4", project=project)
    assert done.returncode == 0, done.stderr
    imputed = table(project, "small", "by_hand/private/imputed.parquet")
    assert imputed["imputation"].nunique() == 4
    done = papermill("04_scale_values", project=project)
    assert done.returncode == 0, done.stderr
    assert "Table imputed: the one that was made by hand, not that of run small." in (
        printed(project)
    )
    values = table(project, "small", "by_hand/results/scale_values_by_imputation.parquet")
    assert values["imputation"].nunique() == 4


@pytest.mark.parametrize("stem", ["03_imputation", "05_base_model"])
def test_a_name_that_the_notebook_does_not_declare_is_refused(project: Path, stem: str) -> None:
    done = papermill(stem, "imputaions=20", project=project)
    assert done.returncode != 0
    assert "has no parameter 'imputaions'; did you mean 'imputations'?" in done.stderr
    assert not (project / ".work" / "small" / "by_hand").exists()


def test_one_page_leaves_the_tables_of_the_run_complete(project: Path) -> None:
    """Those of another model, and stages made anew."""
    complete = {path.name for path in (project / ".work" / "small" / "results").iterdir()}
    for words in (("--only", "05", "--set", "model=ocw_1"), ("--from", "20")):
        done = process("oablib", "run", "small", *words, "--quiet", project=project)
        assert done.returncode == 0, done.stderr
        now = {path.name for path in (project / ".work" / "small" / "results").iterdir()}
        assert now == complete
    done = papermill("05_base_model", project=project)
    assert done.returncode == 0, done.stderr
    by_hand = table(project, "small", "by_hand/results/coefficients.parquet")
    pd.testing.assert_frame_equal(by_hand, table(project, "small", "results/coefficients.parquet"))
    last = json.loads((project / ".work" / "last_run.json").read_text(encoding="utf-8"))
    assert last == {"run": "small"}


def test_it_works_with_nbconvert_and_says_when_the_project_is_not_there(
    project: Path, tmp_path: Path
) -> None:
    notebook = str(project / "notebooks" / "02_literature.ipynb")
    words = ("nbconvert", "--to", "notebook", "--execute", notebook, "--output-dir", str(tmp_path))
    done = process("jupyter", *words, project=project, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    done = process("jupyter", *words, project=tmp_path / "absent", folder=tmp_path)
    assert done.returncode != 0 and "holds no folder params" in done.stderr
