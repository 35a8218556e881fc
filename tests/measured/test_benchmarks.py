"""The studies in small: what they measure is what their pages say."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from oablib.protocol import models
from tests.measured import (
    benchmark_data,
    benchmark_page,
    benchmark_parts,
    benchmarks,
    two_step_benchmark_parts,
    type_one_error,
)
from tests.places import ROOT

ROWS = ROOT / "docs" / "type_one_error" / "rows.csv"
REPLICATIONS = 40
# A count further off than this happens once in a thousand studies.
UNLIKELY = 1e-3
# Fails after a change of the tests' numbers: then `python3 nox.py -s type_one_error` is due.
# Six digits are stored; tail probabilities magnify the rounding of another machine's BLAS.
STORED_RTOL = 1e-4
ROUNDING_RTOL = 1e-12
MANY_SCHOOLS = 1_000
# Four standard errors of a slope or variance from so many schools of 20.
MONTE_CARLO = 0.03
SMALL, FEW, TWO = 500, 4, 2  # rows, variables, imputations
LEAST_COHORT = 2_000  # fewer children leave a level of education empty


@pytest.fixture(scope="module")
def replications() -> pd.DataFrame:
    seeds = np.random.SeedSequence(type_one_error.SEED).spawn(REPLICATIONS)
    rows = [type_one_error.one_replication(seed) for seed in seeds]
    return pd.DataFrame(rows, columns=type_one_error.COLUMNS)


@pytest.mark.parametrize("test", ["d1", "d2"])
def test_robust_index_keeps_its_level_where_the_model_based_one_does_not(replications, test):
    rejected = (replications < type_one_error.NOMINAL).sum()
    assert rejected[f"{test}_robust"] <= binom.isf(UNLIKELY, REPLICATIONS, 0.065)
    assert rejected[test] >= binom.ppf(UNLIKELY, REPLICATIONS, 0.25)
    assert rejected[f"{test}_robust"] < rejected[test]


def test_stored_rows_are_what_the_study_draws(replications):
    stored = pd.read_csv(ROWS, index_col="replication").head(REPLICATIONS)
    np.testing.assert_allclose(replications[stored.columns], stored, rtol=STORED_RTOL)


def test_page_of_type_one_error_shows_the_stored_rows():
    shown = (ROWS.parent / "README.md").read_text(encoding="utf-8")
    assert shown == type_one_error.page(pd.read_csv(ROWS, index_col="replication"))


def test_rates_have_exact_intervals():
    rows = pd.DataFrame(1.0, index=range(10), columns=type_one_error.COLUMNS)
    found = type_one_error.rates(rows)
    assert (found["rate"] == 0).all()
    # No rejection in ten: the upper limit u solves (1 - u)^10 = 0.025.
    assert found["upper"].to_numpy() == pytest.approx(1 - 0.025**0.1)


def test_imputation_keeps_what_is_known():
    rng = np.random.default_rng(1)
    frame = type_one_error.draw(rng)
    missing = type_one_error.lose(rng, frame)
    assert missing.mean() == type_one_error.MISSING
    for x1 in type_one_error.impute(rng, frame, missing=missing, m=TWO):
        np.testing.assert_array_equal(x1[~missing], frame["x1"][~missing])


def test_imputation_follows_the_distribution_of_x1_given_the_rest(monkeypatch):
    monkeypatch.setattr(type_one_error, "SCHOOLS", MANY_SCHOOLS)
    rng = np.random.default_rng(2)
    frame = type_one_error.draw(rng)
    x1 = type_one_error.impute(rng, frame, missing=type_one_error.lose(rng, frame), m=1)[0]
    design = type_one_error._design(frame)
    slopes = np.linalg.lstsq(design, x1, rcond=None)[0]
    left = pd.Series(x1 - design @ slopes)
    means = left.groupby(frame["school"]).transform("mean")
    within = ((left - means) ** 2).sum() / (len(frame) - MANY_SCHOOLS)
    between = means.var() - within / type_one_error.PUPILS
    own, expected_within, expected_between = distribution_of_x1()
    np.testing.assert_allclose(slopes[2:5], own, atol=MONTE_CARLO)
    assert within == pytest.approx(expected_within, abs=MONTE_CARLO)
    assert between == pytest.approx(expected_between, abs=MONTE_CARLO)


def distribution_of_x1() -> tuple[np.ndarray, float, float]:
    """Slopes on own y, m, x2; residual variances within and between schools, from the design."""
    icc, pupils = type_one_error.ICC, type_one_error.PUPILS
    within = covariance(x1=0.75, x2=1.0, m=1 - icc, y=1 - icc)
    mean = covariance(x1=0.09, x2=0.0, m=icc, y=icc) + within / pupils
    own, left = explained_x1(within)
    return own, left, explained_x1(mean)[1] - left / pupils


def covariance(*, x1: float, x2: float, m: float, y: float) -> np.ndarray:
    """Of x1, y, m, x2, out of the variances of what is each one's own."""
    of_x1 = np.array([1.0, 0, 0, 0])
    of_x2 = 0.3 * of_x1 + [0, 1, 0, 0]
    of_m = 0.4 * of_x1 + 0.3 * of_x2 + [0, 0, 1, 0]
    of_y = 0.5 * of_m + 0.3 * of_x1 + 0.3 * of_x2 + [0, 0, 0, 1]
    weights = np.array([of_x1, of_y, of_m, of_x2])
    return weights * [x1, x2, m, y] @ weights.T


def explained_x1(cov: np.ndarray) -> tuple[np.ndarray, float]:
    slopes = np.linalg.solve(cov[1:, 1:], cov[1:, 0])
    return slopes, float(cov[0, 0] - slopes @ cov[1:, 0])


def test_two_programs_agree_whichever_way_a_covariance_is_written():
    table = {"lhs": ["y", "a"], "op": ["~", "~~"], "rhs": ["x", "b"], "est": [1.0, 2.0]}
    table |= {"se": [0.1, 0.2]}
    other = table | {"lhs": ["y", "b"], "rhs": ["x", "a"], "est": [1.01, 2.0]}
    ours, theirs = {"parameters": table, "d2": [4.0]}, {"parameters": other, "d2": [4.4]}
    found = benchmark_page.agreement(ours, theirs)
    assert found["est"] == pytest.approx(0.01 / 0.1)
    assert found["se"] == 0
    assert found["d2"] == pytest.approx(1 - 4.0 / 4.4)
    theirs["parameters"] = other | {"rhs": ["z", "a"]}
    with pytest.raises(SystemExit, match="differ in parameters"):
        benchmark_page.agreement(ours, theirs)


def test_slope_of_a_power_is_its_exponent():
    sizes = (2, 10, 70)
    cubes = [size**3 for size in sizes]
    assert benchmark_page.slopes(sizes, cubes) == pytest.approx([3, 3], rel=ROUNDING_RTOL)


def test_submodels_explain_the_same_columns_with_their_own_indicators():
    texts = benchmark_parts.submodels()
    assert list(texts) == ["1", "2", "3", "4", "5", "6", "7", "full"]
    named = {frozenset(re.findall(r"[a-z]\w+", text)) for text in texts.values()}
    assert len(named) == 1
    assert "0*" not in texts["full"]
    assert re.findall(r"0\*(\w+)", texts["4"])[:3] == [
        *("residence_0_5_years", "residence_5_10_years", "asylum")
    ]


def test_r_fits_the_model_and_the_candidates_that_python_fits():
    text = benchmarks.R_SCRIPT.read_text(encoding="utf-8")
    model = re.search(r'MODEL <- "(.*?)"', text, flags=re.DOTALL)[1]
    assert "".join(model.split()) == "".join(models.load("base").syntax.split())
    right = re.findall(r'"(\w+)"', text.split("CANDIDATES")[1].split("))")[0])
    assert [f"nscct ~ {name}" for name in right] == benchmark_parts.candidates()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("benchmarks")
    benchmark_data.write_imputed(made, n=LEAST_COHORT, m=TWO, csv=TWO)
    benchmark_data.write_invented(made, sizes=[(SMALL, FEW), (SMALL, benchmark_page.NINE)])
    return made


def test_r_and_python_read_the_same_numbers(folder):
    parquet = pd.read_parquet(folder / "imputed_1.parquet")
    text = pd.read_csv(folder / "imputed_1.csv", dtype={"school_id": "str"})
    pd.testing.assert_frame_equal(parquet, text, check_exact=True, check_dtype=False)
    other = pd.read_parquet(folder / "imputed_2.parquet")
    assert not parquet["education_mother"].equals(other["education_mother"])
    assert parquet["cito"].equals(other["cito"])


def test_every_step_of_the_page_is_timed_by_its_part(folder, monkeypatch):
    monkeypatch.setattr(benchmark_parts, "ONE_FRAME", (SMALL, benchmark_page.NINE))
    seconds, facts = benchmark_parts.pooled(folder, TWO)
    assert {*benchmark_page.STEPS, "reading"} == seconds.keys()
    assert len(facts["parameters"]["est"]) == 49
    seconds, facts = benchmark_parts.grid(folder, TWO)
    assert {*benchmark_page.GRID_STEPS, "reading"} == seconds.keys()
    assert facts["fits"] == 8 * TWO
    monkeypatch.setattr(benchmark_parts, "ONE_FRAME", (SMALL, FEW))
    seconds, facts = benchmark_parts.variables(folder, FEW)
    assert {*benchmark_page.FIRST, "second call", "reading"} == seconds.keys()
    assert facts.keys() == {"data", "above", "peak"}
    monkeypatch.setattr(benchmark_parts, "ONE_FRAME", (SMALL, benchmark_page.NINE))
    assert benchmark_parts.imputations(folder, TWO)[0].keys() == {*benchmark_page.ANALYSIS}


def test_both_steps_are_timed_by_each_estimator(folder):
    for part in (two_step_benchmark_parts.published, two_step_benchmark_parts.corrected):
        seconds, facts = part(folder, TWO)
        assert seconds.keys() == {*benchmark_page.ANALYSIS, "reading"}
        assert facts["estimator"] == {"published": "published"}.get(part.__name__, "jackknife")


def test_a_measured_process_tells_its_imports_and_versions(folder):
    command = [sys.executable, "-m", "tests.measured.benchmark_process", "", str(folder), "0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    assert result["seconds"].keys() == {*benchmark_page.IMPORTS}
    assert {"Python", "oablib", "numpy", "numpy's BLAS"} <= result["versions"].keys()


def test_page_shows_medians_and_targets():
    further = {"further": "## More\n", "targets": [("`pmm`", 1.0, 0.5)]}
    table = benchmark_page.page(invented_runs(), rounds=3, n=100, machine={}, **further)
    assert "| `pmm` | at least 1 | 0.5 | no |" in table
    assert table.endswith("|\n\n## More\n")
    assert "| **analysis** | 6 [3, 9] | 60 [30, 90] | 10 |" in table
    assert "| sub-models of 2015 on 20 imputations, s | at most 2 | 6 | no |" in table
    assert "| pooled analysis, times faster than semTools | at least 50 | 10 | no |" in table
    assert "| default | 2 [1, 3] | 30 |" in table
    assert "nan" not in table


def invented_runs() -> benchmark_page.Runs:
    """Three rounds in which every step takes 1, 2 and 3 seconds, in R ten times as long."""
    steps = {*benchmark_page.STEPS, *benchmark_page.GRID_STEPS, *benchmark_page.IMPORTS}
    steps |= {"reading", "importing", "first call", "second call", "analysis", "whole process"}
    columns = {"lhs": ["y"], "op": ["~"], "rhs": ["x"], "est": [1.0], "se": [1.0]}
    facts = {"parameters": columns, "d2": [1.0], "fits": 8, "data": 1.0, "above": 1.0, "peak": 1.0}
    tasks = [benchmark_page.SEMTOOLS, benchmark_page.IMPUTED, benchmark_page.GRID]
    tasks += [benchmark_page.PUBLISHED, benchmark_page.CORRECTED]
    return {
        task: [
            {
                "seconds": dict.fromkeys(steps, second * (10 if task[0] == "semTools" else 1)),
                "facts": facts,
                "versions": {"R": "4"},
            }
            for second in (1, 2, 3)
        ]
        for task in (*tasks, *benchmark_page.INVENTED)
    }
