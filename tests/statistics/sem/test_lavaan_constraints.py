"""Equalities, limits and effect coding against lavaan."""

from typing import Any

import numpy as np
import pytest
from lavaan_cases import CLUSTER, CONDITIONAL, EXPECTED, HOLZINGER, NO_MEANS, OBSERVED, Case
from lavaan_reference import (
    ESTIMATE_TOLERANCE_SE,
    LOGLIK_ATOL,
    MEASURES_RTOL,
    SE_RTOL,
    assert_estimates_agree,
    assert_indices_agree,
    assert_measures_agree,
    assert_standardised_agree,
    by_address,
    close,
    lavaan_indices,
    lavaan_table,
    stored,
)

from oablib import sem

BOTH: dict[str, Any] = {"effect_coding": ("loadings", "intercepts")}
SCHOOLS = {"group": "school", "equal": ("loadings", "intercepts")}


def clustered(name: str, **options: Any) -> Case:
    return Case("constraints", name, name, options=CLUSTER | options)


def coded(name: str, **options: Any) -> Case:
    return Case("constraints", name, "factors", HOLZINGER, BOTH | options)


EQUALITIES = [
    *map(clustered, ("ratio", "sum_and_ratio", "redundant", "indirect", "variances")),
    Case("constraints", "ratio_expected", "ratio", options=EXPECTED),
    Case("constraints", "ratio_conditional", "ratio", options=CONDITIONAL),
    clustered("waves", group="wave"),
    coded("coded"),
    coded("coded_observed", **OBSERVED),
    coded("coded_loadings", effect_coding="loadings", **NO_MEANS),
    coded("coded_intercepts", effect_coding="intercepts"),
    coded("coded_schools", **SCHOOLS),
    clustered("inactive"),
    clustered("product"),
    Case("constraints", "product_expected", "product", options=EXPECTED),
    clustered("curves"),
]
ACTIVE = {"active": {"o > 0"}, "active_pair": {"a > b+0.3"}, "active_beside_equality": {"o > 0"}}
held = pytest.mark.parametrize("case", EQUALITIES, ids=lambda case: case.path)


@held
def test_estimates_agree_with_lavaan(case: Case):
    assert_estimates_agree(case.fit(), case.lavaan)


@held
def test_standardised_solution_agrees_with_lavaan(case: Case):
    assert_standardised_agree(case.fit(), case.lavaan)


@held
def test_fit_measures_agree_with_lavaan(case: Case):
    assert_measures_agree(case.fit(), case.lavaan)


@pytest.mark.parametrize("name", ["ratio", "coded"])
def test_modification_indices_agree_with_lavaan(name: str):
    case = clustered("ratio") if name == "ratio" else coded("coded")
    ours = by_address(sem.modification_indices(case.fit()))
    theirs = lavaan_indices(case.lavaan["modification_indices"])
    shared = [address for address in ours.index if address in theirs.index]
    assert set(shared) == {
        address for address in theirs.index if np.isfinite(theirs["mi"][address])
    }
    assert_indices_agree(ours.loc[shared], theirs.loc[shared])


def test_likelihood_ratio_agrees_with_lavaan():
    free = Case("constraints", "ratio", "paths", options=CLUSTER).fit()
    found, lavaan = (
        sem.likelihood_ratio(clustered("ratio").fit(), free),
        stored("constraints")["likelihood_ratio"],
    )
    assert found.df == lavaan["df"] == 1
    close(found.chi2, lavaan["chisq"], "chi2", rtol=MEASURES_RTOL)
    close(found.chi2_scaled, lavaan["chisq.scaled"], "scaled", rtol=MEASURES_RTOL)


@pytest.mark.parametrize("name", ACTIVE)
def test_fit_on_a_limit_agrees_with_lavaan(name: str):
    """lavaan leaves the limit itself by 1e-8 standard errors, and its error at 0 or NaN."""
    fit, lavaan = clustered(name).fit(), stored("constraints")[name]
    ours = by_address(fit.parameters)
    theirs = lavaan_table(lavaan["parameters"], ours).astype({"est": float, "se": float})
    on_limit = ours["se"] == 0
    assert set(ours["label"][on_limit]) <= {"o"}
    off = (ours["est"] - theirs["est"]).abs() / theirs["se"].where(~on_limit, 1.0)
    assert off.max() < ESTIMATE_TOLERANCE_SE
    close(ours["se"][~on_limit], theirs["se"][~on_limit], "se", rtol=SE_RTOL)
    close(fit.loglik, lavaan["measures"]["logl"], "loglik", rtol=0, atol=LOGLIK_ATOL)
    for found, name_there in ((fit.chi2, "chisq"), (fit.cfi, "cfi"), (fit.rmsea, "rmsea")):
        close(found, lavaan["measures"][name_there], name_there, rtol=MEASURES_RTOL)
    assert (fit.df, fit.n_parameters) == (lavaan["measures"]["df"], lavaan["measures"]["npar"])
    active = fit.constraints.query("active and constraint != 'a == 2*b'")
    assert set(active["constraint"]) == ACTIVE[name]
    assert sum("is active" in flag for flag in fit.flags) == 1


def test_constraints_are_printed_as_by_lavaan():
    fit = clustered("active_beside_equality").fit()
    printed, lavaan = (
        lines[next(n for n, line in enumerate(lines) if line == "Constraints:") :][1:5]
        for lines in (fit.summary().splitlines(), stored("constraints")["printed"])
    )
    assert [line[-12:] for line in printed] == [line[-12:] for line in lavaan]
    for count in ("Number of model parameters", "Number of inequality constraints"):
        there = next(line for line in stored("constraints")["printed"] if count in line)
        assert there in fit.summary().splitlines()
