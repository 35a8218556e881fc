"""Full-information maximum likelihood against lavaan's missing = "ml"."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lavaan_reference import (
    MEASURES_RTOL,
    P_RTOL,
    assert_estimates_agree,
    assert_indices_agree,
    assert_measures_agree,
    assert_standardised_agree,
    by_address,
    close,
    data,
    lavaan_indices,
    stored,
)

from oablib import sem

FIML = stored("fiml")
PUPILS, TESTS = "base_model", "holzinger_swineford"
CLUSTER: dict[str, Any] = {"cluster": "school_id"}
OBSERVED: dict[str, Any] = {"errors": "observed"}
EXPECTED: dict[str, Any] = {"errors": "expected"}
CONDITIONAL: dict[str, Any] = {"likelihood": "conditional"}
SCHOOLS: dict[str, Any] = {"group": "school", "equal": ("loadings", "intercepts")}
WAVES: dict[str, Any] = {**CLUSTER, "group": "wave"}


@cache
def with_holes(name: str, holes: str) -> pd.DataFrame:
    """The rows without the values that r/fiml.R takes out."""
    frame, row = data(name).copy(), np.arange(len(data(name)))
    for column, (modulus, below) in FIML["holes"][holes].items():
        frame[column] = frame[column].where(row % modulus >= below).astype(float)
    return frame


@dataclass(frozen=True)
class Case:
    """One fit that both sides have made."""

    path: str
    text: str
    data: str
    holes: str
    options: dict[str, Any]

    def fit(self) -> sem.SemFit:
        return fitted(self.path)


CASES = {
    case.path: case
    for case in (
        Case("regression", "regression", PUPILS, "few", {}),
        Case("regression_observed", "regression", PUPILS, "few", OBSERVED),
        Case("regression_conditional", "regression", PUPILS, "few", CONDITIONAL),
        Case("base", "base", PUPILS, "many", CLUSTER),
        Case("base_conditional", "base", PUPILS, "many", CLUSTER | CONDITIONAL),
        Case("paths", "paths", PUPILS, "many", CLUSTER),
        Case("no_mother", "no_mother", PUPILS, "many", CLUSTER),
        Case("three_factors", "three_factors", TESTS, "tests", {}),
        Case("three_factors_observed", "three_factors", TESTS, "tests", {"estimator": "ML"}),
        Case("three_factors_expected", "three_factors", TESTS, "tests", EXPECTED),
        Case("two_factors_empty_rows", "two_factors", TESTS, "rows", {}),
        Case("schools", "three_factors", TESTS, "tests", SCHOOLS),
        Case("waves", "paths", PUPILS, "many", WAVES),
        Case("waves_regressions", "paths", PUPILS, "many", WAVES | {"equal": "regressions"}),
        Case("weighted", "paths", PUPILS, "three", CLUSTER | {"weights": "weight"}),
    )
}
# lavaan differentiates its gradient numerically, with the means of 535 among the parameters.
SE_RTOL = 1e-5
# lavaan searches its baseline model without the Newton steps that sharpen the others. With them
# the scaling factor of "regression", 1.4e-4 off without, agrees to nine digits.
BASELINE_RTOL, INDEX_ATOL = 2e-4, 2e-6
every_case = pytest.mark.parametrize("path", CASES)


@cache
def fitted(path: str) -> sem.SemFit:
    case = CASES[path]
    rows = with_holes(case.data, case.holes)
    return sem.fit(FIML["models"][case.text], rows, missing="ml", **case.options)


@every_case
def test_estimates_agree_with_lavaan(path: str):
    assert_estimates_agree(fitted(path), FIML[path], se_rtol=SE_RTOL)


@every_case
def test_standardised_solution_agrees_with_lavaan(path: str):
    assert_standardised_agree(fitted(path), FIML[path])


@every_case
def test_fit_measures_agree_with_lavaan(path: str):
    assert_measures_agree(fitted(path), FIML[path])


SCALED = {
    "baseline_chi2_scaled": "baseline.chisq.scaled",
    "baseline_scaling_factor": "baseline.chisq.scaling.factor",
    "cfi_scaled": "cfi.scaled", "tli_scaled": "tli.scaled", "rmsea_scaled": "rmsea.scaled",
}  # fmt: skip


@pytest.mark.parametrize("path", [path for path in CASES if FIML[path]["scaled"]])
def test_scaled_measures_agree_with_lavaan(path: str):
    """The robust ones are further corrected for missing values there, and NaN here."""
    fit, lavaan = fitted(path), FIML[path]["scaled"]
    for name, theirs in SCALED.items():
        rtol = BASELINE_RTOL if name.startswith("baseline") else MEASURES_RTOL
        close(getattr(fit, name), lavaan[theirs], name, rtol=rtol, atol=INDEX_ATOL)
    assert np.isnan([fit.cfi_robust, fit.tli_robust, fit.rmsea_robust_upper]).all() or not fit.df


@every_case
def test_patterns_are_counted_as_by_lavaan(path: str):
    lines = fitted(path).summary().splitlines()
    first = next(n for n, line in enumerate(lines) if "missing patterns" in line)
    shown = [int(line.split()[-1]) for line in lines[first:] if line and line.split()[-1].isdigit()]
    counts = FIML[path]["patterns"]
    assert shown[: len(counts)] == counts


@pytest.mark.parametrize("path", ["base", "no_mother", "three_factors"])
def test_modification_indices_agree_with_lavaan(path: str):
    lavaan = lavaan_indices(FIML[path]["modification_indices"])
    found = by_address(sem.modification_indices(fitted(path)))
    assert set(lavaan.index) <= set(found.index)
    assert_indices_agree(found.loc[list(lavaan.index)], lavaan)
    assert not found[["mi", "mi_robust", "epc"]].isna().any(axis=None)


@pytest.mark.parametrize(
    ("name", "restricted", "general"),
    [("no_mother", "no_mother", "paths"), ("waves", "waves_regressions", "waves")],
)
def test_likelihood_ratio_agrees_with_lavaan(name: str, restricted: str, general: str):
    lavaan = FIML["likelihood_ratios"][name]
    found = sem.likelihood_ratio(fitted(restricted), fitted(general))
    assert found.df == lavaan["df"]
    close(found.chi2, lavaan["chisq"], "chi2", rtol=MEASURES_RTOL)
    close(found.p, lavaan["pvalue"], "p", rtol=P_RTOL)
    close(found.chi2_scaled, lavaan["chisq.scaled"], "scaled", rtol=MEASURES_RTOL)
    close(found.chi2_scaled_p, lavaan["pvalue.scaled"], "scaled p", rtol=P_RTOL)
    if "bentler_2010" in lavaan:
        found = sem.likelihood_ratio(
            fitted(restricted), fitted(general), method="satorra.bentler.2010"
        )
        close(found.chi2_scaled, lavaan["bentler_2010"], "2010", rtol=MEASURES_RTOL)
