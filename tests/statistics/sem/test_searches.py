"""Where searches end: beside lavaan at models with several optima or none, and within limits."""

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest
from lavaan_reference import stored

from oablib import pooling, sem
from oablib.base.errors import ComparisonError, EstimationError, ModelError, PoolingError
from tests.places import REFERENCE

# lavaan stops within 1e-6 of its optimum at its own rule (rel.tol 1e-10 of the discrepancy).
LOGLIK_ATOL = 1e-6
# nlminb ends within 3e-7 of the estimates, whose variables have variance 1, along limits.
ESTIMATE_ATOL = 1e-5
# Estimates that algebra gives, from a certified search.
KNOWN_ATOL = 1e-7

CASES = {
    each["name"]: each
    for each in json.loads((REFERENCE / "data" / "searches.json").read_text(encoding="utf-8"))
}
LAVAAN = {each["name"]: each for each in stored("searches")["fits"]}
BIFACTOR = [name for name in CASES if name.startswith("bifactor")]
BOUNDED = [name for name in CASES if not name.startswith("bifactor")]


def with_covariance(cov: np.ndarray, *, n: int) -> pd.DataFrame:
    """Rows with means 0 and exactly this covariance matrix (divisor n)."""
    noise = np.random.default_rng(3).normal(size=(n, len(cov)))
    noise -= noise.mean(axis=0)
    white = noise @ np.linalg.inv(np.linalg.cholesky(noise.T @ noise / n)).T
    names = [f"x{i + 1}" for i in range(len(cov))]
    return pd.DataFrame(white @ np.linalg.cholesky(cov).T, columns=names)


@cache
def fitted(name: str) -> sem.SemFit:
    case = CASES[name]
    data = with_covariance(np.array(case["cov"]), n=case["n"])
    return sem.fit(case["text"], data, bounds=case["bounds"], errors="expected")


def one_factor(*loadings: float) -> np.ndarray:
    target = np.outer(loadings, loadings)
    np.fill_diagonal(target, 1.0)
    return target


@pytest.mark.parametrize("name", BIFACTOR)
def test_bifactor_model_ends_no_lower_than_lavaan(name):
    fit, lavaan = fitted(name), LAVAAN[name]
    assert fit.converged and lavaan["converged"]
    assert fit.loglik >= lavaan["loglik"] - LOGLIK_ATOL


def test_several_optima_are_flagged_with_their_distance():
    fit = fitted("bifactor 10")
    assert fit.flags[0].startswith("The likelihood has 2 or more optima")
    # What one start ended at, as published beside the case.
    assert "lower by 0.604." in fit.flags[0]
    assert not any("optima" in flag for flag in fitted("bifactor 17").flags)


def test_search_has_no_chance_in_it():
    name = "bifactor 8"
    case = CASES[name]
    again = sem.fit(
        case["text"], with_covariance(np.array(case["cov"]), n=case["n"]), errors="expected"
    )
    assert (again.parameters["est"] == fitted(name).parameters["est"]).all()


@pytest.mark.parametrize("text", ["f =~ x1 + x2 + x3", "f =~ x2 + x1 + x3", "f =~ x3 + x2 + x1"])
@pytest.mark.parametrize("loading", [1.2, 1.3, 2**0.5])
def test_heywood_case_of_a_just_identified_factor_is_found(text, loading):
    """Correlations l a, l b and a b give the loading l and the residual variance 1 - l^2."""
    data = with_covariance(one_factor(loading, 0.5, 0.45), n=300)
    fit = sem.fit(text, data)
    assert fit.converged
    assert fit.parameter("x1", "~~", "x1")["est"] == pytest.approx(1 - loading**2, abs=KNOWN_ATOL)
    assert "the variance of x1 is estimated below zero" in fit.flags[0]


@pytest.mark.parametrize("name", BOUNDED)
def test_bounded_fit_is_that_of_lavaan(name):
    fit, lavaan = fitted(name), LAVAAN[name]
    assert fit.loglik == pytest.approx(lavaan["loglik"], abs=LOGLIK_ATOL)
    rows = pd.DataFrame(lavaan["parameters"])
    for row in rows.itertuples():
        est = fit.parameter(row.lhs, row.op, row.rhs)["est"]
        assert est == pytest.approx(row.est, abs=ESTIMATE_ATOL), f"{row.lhs} {row.op} {row.rhs}"
    table = fit.constraints.set_index("constraint")["slack"]
    for sign, limits in (">", rows["lower"]), ("<", rows["upper"]):
        for row, limit in zip(rows.itertuples(), limits, strict=True):
            if limit is not None and np.isfinite(limit):
                assert f"{row.lhs} {row.op} {row.rhs} {sign} {float(limit):g}" in table.index


def test_flag_and_errors_treat_a_parameter_on_its_limit_as_fixed():
    fit = fitted("one factor a pos.var")
    assert "The limit `x1 ~~ x1 > 0` is active" in fit.flags[0]
    row = fit.parameter("x1", "~~", "x1")
    assert (row["est"], row["se"]) == (0.0, 0.0) and np.isnan(row["z"])
    # With no residual the factor is x1: its variance has the error of a variance, 1 / sqrt(n / 2).
    assert fit.parameter("f", "~~", "f")["se"] == pytest.approx((2 / 300) ** 0.5, rel=KNOWN_ATOL)
    equal = "x1 ~~ 0*x1\n" + CASES["one factor a pos.var"]["text"]
    data = with_covariance(np.array(CASES["one factor a pos.var"]["cov"]), n=300)
    fixed = sem.fit(equal, data, errors="expected")
    for lhs, op, rhs in (("f", "=~", "x2"), ("x3", "~~", "x3")):
        one, other = fit.parameter(lhs, op, rhs), fixed.parameter(lhs, op, rhs)
        assert one[["est", "se"]].tolist() == pytest.approx(other[["est", "se"]].tolist(), rel=1e-7)


def test_bounds_that_bind_nothing_change_nothing():
    data = with_covariance(one_factor(0.9, 0.8, 0.7, 0.6), n=300)
    free, bounded = (
        sem.fit("f =~ x1 + x2 + x3 + x4", data, bounds=each) for each in ("none", "standard")
    )
    assert (free.parameters["est"] == bounded.parameters["est"]).all()
    assert free.flags == bounded.flags == ()


def test_unknown_bounds_are_refused_and_compared_only_with_their_like():
    data = with_covariance(one_factor(0.9, 0.8, 0.7, 0.6), n=300)
    with pytest.raises(ModelError, match="bounds='positive' is unknown; expected one of none, pos"):
        sem.fit("f =~ x1 + x2 + x3 + x4", data, bounds="positive")
    fits = [sem.fit("f =~ x1 + x2 + x3 + x4", data, bounds=b) for b in ("none", "pos.var")]
    with pytest.raises(PoolingError, match="different bounds"):
        pooling.pool(fits)


@cache
def unfinished() -> sem.SemFit:
    """Two indicators that hardly correlate with a third: the likelihood rises without end."""
    target = np.eye(3)
    target[0, 1] = target[1, 0] = 0.5
    target[0, 2] = target[2, 0] = 0.4
    target[1, 2] = target[2, 1] = -1e-7
    return sem.fit("f =~ x1 + x2 + x3", with_covariance(target, n=200))


def test_fit_without_optimum_says_so_and_can_be_looked_at():
    fit = unfinished()
    assert not fit.converged
    assert fit.flags[0].startswith("Not converged, estimates are unreliable. No optimum from")
    assert "The variance of" in fit.flags[0] and "bounds='pos.var'" in fit.flags[0]
    free = fit.parameters["rhs"].ne("x1") | fit.parameters["op"].ne("=~")
    assert np.isfinite(fit.parameters["est"]).all()
    assert fit.parameters.loc[free, ["se", "z", "p"]].isna().all(axis=None)
    assert np.isnan([fit.loglik, fit.chi2, fit.aic, fit.srmr]).all()
    lines = fit.summary().splitlines()
    assert lines[0].startswith("oablib.sem did NOT end at an optimum")
    assert lines[1] == "** WARNING ** Estimates below are most likely unreliable"
    assert "Not converged" in fit._repr_html_()


def test_nothing_computes_further_from_a_fit_without_optimum():
    fit = unfinished()
    for function in (
        sem.standardized, sem.effects, sem.modification_indices, sem.semopy_estimates,
        lambda f: sem.loglik_at(f, f.parameters["est"]),
        lambda f: sem.with_covariance(f, f.covariance),
    ):  # fmt: skip
        with pytest.raises(EstimationError, match="1 of 1 fits did not converge"):
            function(fit)
    for function, error in (
        (lambda: sem.compare({"one": fit}), ComparisonError),
        (lambda: sem.likelihood_ratio(fit, fit), ComparisonError),
        (lambda: pooling.pool([fit, fit]), PoolingError),
        (lambda: sem.stacked_loglik([fit, fit]), PoolingError),
    ):
        with pytest.raises(error, match="did not converge"):
            function()


def test_badly_fitting_model_is_searched_from_several_starts():
    """One factor for two that hardly correlate: either pair of three indicators is an optimum."""
    target = np.full((6, 6), 0.05)
    target[:3, :3], target[3:, 3:] = 0.49, 0.55
    np.fill_diagonal(target, 1.0)
    text = "f =~ x1 + x2 + x3 + x4 + x5 + x6"
    fit = sem.fit(text, with_covariance(target, n=150))
    other = sem.fit(text.replace("x1 + x2 + x3 + x4", "x4 + x2 + x3 + x1"),
                    with_covariance(target, n=150))  # fmt: skip
    assert fit.loglik == pytest.approx(other.loglik, abs=LOGLIK_ATOL)
    assert fit.flags[0].startswith("The likelihood has 2 or more optima")
