"""The published decision is reproduced, and follows from the literature and nothing else."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from oablib import params
from tests.places import ROOT
from tests.runs.conftest import IN_ENGLISH

PROJECT = ROOT
# The run of the published size; fewer splits, draws and iterations change no decision.
FEW = ["--set=splits=2", "--set=draws=10", "--set=iterations=2", "--set=imputations=3"]
RUN = ["herijking-2021", *FEW, "--set=country=", IN_ENGLISH]
ORIGIN = "  intelligence_origin:"
DEPENDING = {"00_summary", "02_literature", "07_model_selection", "08_prediction"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose params may be changed."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(PROJECT / "params", folder / "params")
    (folder / "notebooks").symlink_to(PROJECT / "notebooks")
    return folder


def oab(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"OAB_ROOT": str(root), "PYTHONPATH": str(PROJECT)}
    return subprocess.run(
        [sys.executable, "-m", "oablib", *words],
        capture_output=True, text=True, env=environment, cwd=root, timeout=500,
    )  # fmt: skip


def result(root: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(root / "reports" / RUN[0] / "tables" / f"{name}.parquet")


def page(root: Path, stem: str) -> str:
    html = (root / "reports" / RUN[0] / f"{stem}.html").read_text(encoding="utf-8")
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def executed(stdout: str) -> set[str]:
    rows = re.findall(r"^(\d\d_\w+) +(unchanged|\d)", stdout, flags=re.MULTILINE)
    return {stem for stem, state in rows if state != "unchanged"}


@pytest.fixture(scope="module")
def made(root: Path) -> Path:
    """The run with the literature as it is."""
    done = oab(root, "run", *RUN)
    assert done.returncode == 0, done.stderr
    return root


def test_the_published_decision_stands_with_its_reasons(made: Path) -> None:
    """Walhout & Scholtus (2021), section 3.1: neither origin nor the school mean enters."""
    trail = result(made, "selection_trail").set_index("rhs")
    judged = trail.loc[["origin", "school_mean_education_mother"]]
    assert set(judged["decision"]) <= {"not_grounded", "neither"}
    assert (judged["grounding"] == "insufficient").all()
    assert trail.loc["origin", "rank"] == 1 and trail.loc["origin", "p_holm"] < 0.05
    text = page(made, "07_model_selection")
    assert "The base model is kept" in text and "origin → NSCCT score" in text
    assert "its theoretical basis is judged too weak" in text
    chosen = result(made, "chosen_model")
    assert set(chosen["since"]) == {"params/models/base.yaml"}
    assert list(chosen.loc[chosen["lhs"] == "nscct", "rhs"]) == [
        "education_father", "education_mother"
    ]  # fmt: skip


def test_published_measures_of_fit_stand_beside(made: Path) -> None:
    fit = result(made, "chosen_fit").set_index("measure")
    published = params.published("herijking2021")["fit"]
    for name in ("aic", "bic", "loglik", "r2_adjusted", "free_parameters", "df"):
        assert fit.loc[name, "published"] == published[name]
    assert (fit.loc["free_parameters", "mean"], fit.loc["df", "mean"]) == (49, 5)
    own = result(made, "fit").set_index("measure")
    pd.testing.assert_series_equal(fit["mean"], own["mean"])


def test_all_variants_that_the_run_names_are_ranked(made: Path) -> None:
    rows = result(made, "variants")
    named = {"base", "full", *(f"ocw_{number}" for number in range(1, 8))}
    assert set(rows["model"]) == named
    assert sorted(rows["rank"]) == list(range(1, len(named) + 1))


def test_a_changed_grounding_changes_the_model_and_reruns_what_depends_on_it(made: Path) -> None:
    before = {stem: page(made, stem) for stem in ("02_literature", "07_model_selection")}
    file = made / "params" / "rules" / "literature.yaml"
    text = file.read_text(encoding="utf-8")
    start = text.index(ORIGIN)
    changed = text[start:].replace("grounding: insufficient", "grounding: accepted", 1)
    file.write_text(text[:start] + changed, encoding="utf-8")
    done = oab(made, "run", *RUN)
    assert done.returncode == 0, done.stderr
    assert executed(done.stdout + done.stderr) == DEPENDING
    chosen = result(made, "chosen_model")
    assert list(chosen.loc[chosen["since"] == "added", "rhs"]) == ["origin"]
    trail = result(made, "selection_trail")
    assert list(trail.loc[trail["decision"] == "added", "rhs"]) == ["origin"]
    assert trail["round"].max() == 2
    assert result(made, "chosen_fit").set_index("measure").loc["df", "mean"] == 4
    assert {"base", "base + origin"} <= set(result(made, "variants")["model"])
    for stem, was in before.items():
        assert page(made, stem) != was
    assert "Added to the base model : origin → NSCCT score" in page(made, "07_model_selection")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("models/ocw_3.yaml", "numeric: [household_income]",
         "numeric: [household_income, shoe_size]", "ocw_3.yaml line 11: variable 'shoe_size'"),
        ("models/ocw_3.yaml", "extends: base\n", 'extends: base\noutcome: ""\n',
         "models/ocw_3.yaml line 4: outcome is ''; expected text that is not empty"),
        ("models/base.yaml", "- nscct ~ origin", "- nscct ~ cito",
         "models/base.yaml line 30: candidates.0: candidate `nscct ~ cito` is a circular path"),
        ("models/base.yaml", "- nscct ~ origin", "- nscct ~ education_father",
         "base.yaml line 30: candidates.0: candidate `nscct ~ education_father` is a path that"),
        ("rules/literature.yaml", "{hattie2009: \"rank 31", "{hatti2009: \"rank 31",
         "source 'hatti2009' is not in params/references.bib; did you mean 'hattie2009'?"),
        ("rules/literature.yaml", '{hattie2009: "rank 31, pp. 297-300"}', "{}",
         "claims.hattie_home_environment.sources is empty; expected at least one source"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_before_anything_starts(
    root: Path, file: str, old: str, new: str, said: str
) -> None:
    path = root / "params" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    try:
        done = oab(root, "run", "demo")
    finally:
        path.write_text(text, encoding="utf-8")
    assert done.returncode == 2
    assert said in done.stderr
    assert f"params/{file} line" in done.stderr
    assert not (root / "reports" / "demo").exists()
