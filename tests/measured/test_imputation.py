"""The benchmark of imputation in small: both programs get the same task, and the page tells it."""

import json
from pathlib import Path

import pandas as pd
import pytest

from oablib import imputation
from oablib.protocol import models
from oablib.protocol.codebook import load
from oablib.statistics.imputation import predictors, variables
from oablib.statistics.imputation.predictors import Setting, View
from tests.measured import (
    benchmark_page,
    imputation_benchmark_data,
    imputation_benchmark_page,
    imputation_benchmark_parts,
)

TWO = 2  # imputations
LEAST_COHORT = 2_000  # fewer children leave a level of education empty


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("benchmarks")
    imputation_benchmark_data.write_incomplete(made, n=LEAST_COHORT)
    return made


def test_r_imputes_from_as_many_columns_as_python(folder):
    """Which columns mice gets, against those that an engine sees at a moment of the chain."""
    roles = json.loads((folder / imputation_benchmark_data.ROLES).read_text(encoding="utf-8"))
    frame = pd.read_csv(folder / imputation_benchmark_data.FILE, dtype={"school_id": "str"})
    options = {"model": models.load("base"), "table": load().table("cohort")}
    found = variables.read(frame, **options)
    known = predictors.fixed(frame, **options, school_level=True)[0]
    columns = predictors.as_columns(known, linear=("cito", "nscct"))
    school = pd.factorize(frame["school_id"])[0]
    setting = Setting(found, known, columns, school, school_level=True, shift=0)
    filled = {each.name: each.inner(frame[each.name]) for each in found}
    ours = View(setting, filled, found[0]).columns().matrix.shape[1]
    dummies = frame[[*roles["categories"], roles["imputed"][1]]].nunique() - 1
    assert 1 + dummies.sum() + len(roles["numbers"]) == ours
    assert frame[[*roles["categories"], *roles["numbers"]]].notna().all(axis=None)
    assert "school_id" not in {*roles["categories"], *roles["numbers"]}


def test_parts_on_imputation_fill_the_unknown_cells(folder):
    frame = pd.read_csv(folder / imputation_benchmark_data.FILE)
    seconds, facts = imputation_benchmark_parts.pmm(folder, TWO)
    assert seconds.keys() == {"reading", *imputation_benchmark_page.IMPUTING}
    assert facts["unknown"] == frame[list(facts["shares"])].isna().to_numpy().sum()
    assert [sum(shares) for shares in facts["shares"].values()] == pytest.approx([1, 1])
    rules = {task[0].split(".")[1] for task in imputation_benchmark_page.TASKS}
    assert {"pmm", "nominal", "forest"} <= rules & {*imputation.engine_names()}


def test_section_on_imputation_compares_a_round_with_a_round():
    runs = imputation_runs(unknown=7)
    text = imputation_benchmark_page.section(runs, n=100)
    assert "| *oablib*, `nominal` | 5 | 5 | 2 [1, 3] | 0.08 [0.04, 0.12] |" in text
    assert "| *mice*, `polyreg` | 1 | 2 | 20 [10, 30] | 10 [5, 15] |" in text
    assert "10.0 points of a hundred" in text
    (_, least, pmm), (name, five, nominal) = imputation_benchmark_page.targets(runs)
    assert (least, five) == (1, 5)
    assert (pmm, nominal) == pytest.approx((10, 10 / 0.08))
    row = benchmark_page.ratio_row(name, five, 4.9)
    assert row == ("`nominal`, times faster than mice's `polyreg`", "at least 5", "4.9", "no")


def test_section_on_imputation_refuses_unequal_tasks():
    polyreg = imputation_benchmark_page.POLYREG
    fewer = imputation_runs(unknown=7) | {polyreg: imputation_runs(unknown=6)[polyreg]}
    with pytest.raises(SystemExit, match="different numbers of cells"):
        imputation_benchmark_page.section(fewer, n=100)
    with pytest.raises(SystemExit, match="left out predictors"):
        imputation_benchmark_page.section(imputation_runs(unknown=7, logged=1), n=100)


def imputation_runs(*, unknown: int, logged: int = 0) -> benchmark_page.Runs:
    """Three rounds in which oablib takes 1, 2 and 3 seconds, mice ten times as long."""
    facts = {"unknown": unknown, "columns": 9, "logged": logged}
    programs = {
        "mice": (10, facts | {"shares": {"education": [0.5, 0.5]}}),
        "imputation_benchmark_parts": (1, facts | {"shares": {"education": [0.4, 0.6]}}),
    }
    runs = {}
    for task in imputation_benchmark_page.TASKS:
        slower, facts = programs[task[0].split(".")[0]]
        runs[task] = [{"seconds": {"imputing": slower * s}, "facts": facts} for s in (1, 2, 3)]
    return runs
