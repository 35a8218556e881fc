"""oablib.sem against least squares and against itself; test_sem_lavaan has the rest."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oablib import sem
from oablib.base.errors import ModelError
from tests.places import REFERENCE

LAVAAN = json.loads((REFERENCE / "stored" / "base_model.json").read_text(encoding="utf-8"))
DATA = pd.read_csv(REFERENCE / "data" / "base_model.csv")
MODEL = LAVAAN["model"]

# Flat at the optimum: search noise of 1e-5 standard errors changes it by 1e-10.
LOGLIK_ATOL = 1e-5
# The same algebra in another order: only rounding differs, magnified by means of 535.
ROUNDING_RTOL = 1e-9
# Normal equations against QR in numpy, on well-conditioned columns.
LEAST_SQUARES_RTOL = 1e-9


def test_recursive_model_is_least_squares_per_equation():
    fit = sem.fit(MODEL, DATA)
    for outcome in ("cito", "nscct"):
        paths = fit.parameters.query("lhs == @outcome and op == '~'")
        design = np.column_stack([np.ones(len(DATA)), DATA[list(paths["rhs"])]])
        slopes, deviance, *_ = np.linalg.lstsq(design, DATA[outcome], rcond=None)
        found = [fit.parameter(outcome, "~1")["est"], *paths["est"]]
        np.testing.assert_allclose(found, slopes, rtol=LEAST_SQUARES_RTOL)
        residual = fit.parameter(outcome, "~~", outcome)["est"]
        assert residual == pytest.approx(deviance[0] / len(DATA), rel=LEAST_SQUARES_RTOL)


def test_adjusted_r2_is_the_one_of_least_squares():
    """Where the model is saturated; elsewhere the implied variance is not the sample's."""
    sm = pytest.importorskip("statsmodels.api")
    fit = sem.fit("cito ~ nscct + origin\nnscct ~ origin", DATA)
    ols = sm.OLS(DATA["cito"], sm.add_constant(DATA[["nscct", "origin"]])).fit()
    assert fit.r2_adjusted["cito"] == pytest.approx(ols.rsquared_adj, rel=LEAST_SQUARES_RTOL)


def test_convention_of_the_published_report():
    """AIC + 2 loglik = 98 = 2 x 49; the five degrees of freedom are the paths left out."""
    fit = sem.fit(MODEL, DATA, cluster="school_id")
    assert (fit.n_parameters, fit.df) == (7 + 28 + 10 + 4, 5)
    assert fit.aic + 2 * fit.loglik == pytest.approx(98, abs=LOGLIK_ATOL)
    assert fit.bic - fit.aic == pytest.approx(49 * (np.log(len(DATA)) - 2), rel=ROUNDING_RTOL)
    assert sem.fit(MODEL, DATA, likelihood="conditional").n_parameters == 14


def test_saturated_model_has_no_chi2_to_test():
    fit = sem.fit("cito ~ nscct + origin\nnscct ~ origin", DATA)
    assert fit.df == 0
    assert fit.chi2 == pytest.approx(0, abs=LOGLIK_ATOL)
    assert np.isnan(fit.chi2_p)


def test_equal_input_gives_equal_bytes():
    first, second = (sem.fit(MODEL, DATA, cluster="school_id") for _ in range(2))
    assert first.parameters.to_csv() == second.parameters.to_csv()
    assert first.covariance.tobytes() == second.covariance.tobytes()


def test_parameter_is_found_by_its_address_only():
    fit = sem.fit(LAVAAN["covariances_model"], DATA)
    pd.testing.assert_series_equal(
        fit.parameter("nscct", "~~", "cito"), fit.parameter("cito", "~~", "nscct")
    )
    with pytest.raises(ModelError, match="`cito ~ nscct` is not a parameter of this fit"):
        fit.parameter("cito", "~", "nscct")


SMALL = "cito ~ nscct + education_father\nnscct ~ education_father + education_mother"
SMALL_FIT = sem.fit(SMALL, DATA, cluster="school_id")


def assert_same_fit(found: sem.SemFit, units: dict[str, float]) -> None:
    """Equal up to rounding, after a variable's unit was multiplied by units[variable]."""
    here = found.parameters.query("op != '~1'")
    for row in here.itertuples():
        factor = units.get(row.lhs, 1.0) * units.get(row.rhs, 1.0) ** (-1 if row.op == "~" else 1)
        there = SMALL_FIT.parameter(row.lhs, row.op, row.rhs)
        assert row.est == pytest.approx(factor * there["est"], rel=ROUNDING_RTOL)
        assert row.se == pytest.approx(abs(factor) * there["se"], rel=ROUNDING_RTOL)
        assert row.std == pytest.approx(np.sign(factor) * there["std"], rel=ROUNDING_RTOL)
    assert found.chi2 == pytest.approx(SMALL_FIT.chi2, abs=LOGLIK_ATOL)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_order_of_rows_columns_and_terms_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(DATA.index), rng.permutation(DATA.columns)
    lines = ["cito ~ education_father + nscct", "nscct ~ education_mother + education_father"]
    rng.shuffle(lines)
    found = sem.fit("\n".join(lines), DATA.loc[rows, columns], cluster="school_id")
    assert_same_fit(found, {})


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from(["cito", "nscct", "education_father", "education_mother"]),
    st.sampled_from([-1.0, 1.0]),
    st.floats(-4, 4),
    st.floats(-1e3, 1e3),
)
def test_unit_and_origin_of_a_variable_change_nothing_else(name, sign, exponent, constant):
    factor = sign * 10**exponent
    moved = DATA.assign(**{name: factor * (DATA[name] + constant)})
    found = sem.fit(SMALL, moved, cluster="school_id")
    assert_same_fit(found, {name: factor})
    shift = len(DATA) * np.log(abs(factor))
    assert found.loglik == pytest.approx(SMALL_FIT.loglik - shift, rel=ROUNDING_RTOL)


def test_cluster_of_one_row_each_is_huber_white():
    own = sem.fit(SMALL, DATA.assign(row=range(len(DATA))), cluster="row").parameters["se"]
    correction = np.sqrt(len(DATA) / (len(DATA) - 1))
    expected = sem.fit(SMALL, DATA).parameters["se"] * correction
    np.testing.assert_allclose(own, expected, rtol=ROUNDING_RTOL)


def test_names_of_clusters_do_not_matter():
    named = DATA.assign(school_id="school " + DATA["school_id"].astype(str))
    found = sem.fit(SMALL, named, cluster="school_id")
    np.testing.assert_array_equal(found.covariance, SMALL_FIT.covariance)
