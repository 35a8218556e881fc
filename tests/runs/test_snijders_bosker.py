"""The run on real pupils: the rendered results are lavaan's, and a hidden variable comes back."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.runs.conftest import IN_ENGLISH, PROJECT, RunOab
from tests.runs.reports import Made

LAVAAN = json.loads(
    (PROJECT / "tests/reference/stored/snijders_bosker.json").read_text(encoding="utf-8")
)
ADDRESS = ["lhs", "op", "rhs"]
# lavaan's search ends within a few 1e-5 standard errors of the optimum.
ESTIMATE_TOLERANCE_SE = 1e-3
# Both sides compute the same sandwich; lavaan differentiates its gradient numerically.
SE_RTOL = 1e-4
# Flat at the optimum; the results table keeps ten significant digits of a number near 2e4.
LOGLIK_ATOL = 1e-5
RECOVERED_WITHIN_SE = 2


def test_the_run_reports_what_lavaan_computes(reports_of: Callable[..., dict[str, Made]]) -> None:
    results = reports_of("snijders-bosker")["snijders-bosker"].folder
    lavaan = pd.DataFrame(LAVAAN["cluster"]["parameters"]).set_index(ADDRESS)
    ours = pd.read_csv(results / "tables/coefficients.csv", keep_default_na=False)
    paths = ours[ours["op"] == "~"].set_index(ADDRESS)
    theirs = lavaan.loc[paths.index]
    assert len(paths) == 9
    # lavaan takes scale values as known, and corrects nothing for them.
    distance = (paths["est_known"] - theirs["est"]).abs() / theirs["se"]
    assert distance.max() < ESTIMATE_TOLERANCE_SE
    assert (paths["se_known"] / theirs["se"] - 1).abs().max() < SE_RTOL
    fit = pd.read_csv(results / "tables/fit_by_imputation.csv")
    assert len(fit) == 1  # nothing is missing: one data set passed through
    assert fit["loglik"][0] == pytest.approx(LAVAAN["cluster"]["measures"]["logl"], abs=LOGLIK_ATOL)


def test_the_effect_of_a_hidden_variable_is_recovered(oab: RunOab, root: Path) -> None:
    run = "snijders-bosker-hidden"
    done = oab("run", run, "--quiet", IN_ENGLISH, "--only", "05")
    assert done.returncode == 0, done.stderr
    results = root / ".work" / run / "results"
    recovery = pd.read_parquet(results / "recovery.parquet").set_index("name")
    assert abs(recovery.loc["ses", "difference_in_se"]) < RECOVERED_WITHIN_SE
    counts = pd.read_parquet(results / "imputation_counts.parquet").set_index("variable")
    assert counts.loc["ses", "share_unknown"] == pytest.approx(0.4, abs=0.001)
    assert recovery.loc["ses", "fmi"] > 0.05  # hiding costs information
