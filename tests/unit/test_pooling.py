"""oablib.pooling against mice and semTools, and what must hold of any pooling."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from oablib import pooling, sem
from oablib.errors import PoolingError

REFERENCE = Path(__file__).parents[1] / "reference"
STORED = json.loads((REFERENCE / "stored" / "pooling.json").read_text(encoding="utf-8"))
DATA = pd.read_csv(REFERENCE / "data" / "base_model.csv")

# The same few operations on the same doubles; JSON keeps 15 digits of them.
MICE_RTOL = 1e-10
# qt and pt of R against scipy's stdtrit and stdtr.
QUANTILE_RTOL = 1e-8
# Search noise of five lavaan fits, see test_sem.
LAVAAN_RTOL = 1e-6
ESTIMATE_TOLERANCE_SE = 1e-3
# Between-imputation variance magnifies that noise; semTools drops df above a thousand.
SEMTOOLS_DF_RTOL = 1e-3
ROUNDING_RTOL = 1e-12

NAMES = {"qbar": "est", "ubar": "within", "b": "between", "t": "total", "df": "df", "r": "riv"}
NAMES |= {"fmi": "fmi"}


@pytest.mark.parametrize("case", STORED["scalar"])
def test_scalar_agrees_with_mice(case):
    column = [np.reshape(case[name], (-1, 1)) for name in ("estimates", "variances")]
    for row, df_complete in enumerate(case["dfcom"]):
        found = pooling.rubin(*column, df_complete=df_complete)
        for theirs, ours in NAMES.items():
            expected = case["pooled"][theirs][row]
            assert getattr(found, ours)[0] == pytest.approx(expected, rel=MICE_RTOL), ours


def test_regression_agrees_with_mice_pool():
    stored = STORED["regression"]
    mice = pd.DataFrame(stored["pooled"])
    df_complete = mice["dfcom"].iloc[0]
    found = pooling.rubin(stored["estimates"], stored["variances"], df_complete=df_complete)
    pairs = {"estimate": "est", "std.error": "se", "df": "df", "ubar": "within", "b": "between"}
    pairs |= {"t": "total", "riv": "riv", "lambda": "lambda_", "fmi": "fmi"}
    for theirs, ours in pairs.items():
        np.testing.assert_allclose(getattr(found, ours), mice[theirs], rtol=MICE_RTOL, err_msg=ours)


def imputed_fits(**options) -> list[sem.SemFit]:
    stored, fits = STORED["sem"], []
    for values in stored["imputed_values"]:
        frame = DATA.copy()
        rows = np.array(stored["hidden_rows"]) - 1
        frame.loc[rows, "education_mother"] = values
        fits.append(sem.fit(stored["model"], frame, **options))
    return fits


@pytest.fixture(scope="module")
def fits() -> list[sem.SemFit]:
    return imputed_fits()


def test_fits_agree_with_lavaan_per_imputation(fits):
    for fit, reference in zip(fits, STORED["sem"]["fits"], strict=True):
        lavaan = reference["parameters"]
        np.testing.assert_allclose(fit.parameters["se"], lavaan["se"], rtol=LAVAAN_RTOL)
        assert fit.loglik == pytest.approx(reference["measures"]["logl"], abs=1e-5)


def test_pooled_fit_agrees_with_semtools(fits):
    semtools = pd.DataFrame(STORED["sem"]["pooled"])
    found = pooling.pool(fits)
    ours = found.parameters
    assert ours[["lhs", "op", "rhs"]].equals(semtools[["lhs", "op", "rhs"]])
    assert ((ours["est"] - semtools["est"]).abs() / semtools["se"]).max() < ESTIMATE_TOLERANCE_SE
    np.testing.assert_allclose(ours["se"], semtools["se"], rtol=LAVAAN_RTOL)
    old = pooling.barnard_rubin(ours["lambda_"].to_numpy(), m=found.m, df_complete=math.inf)
    shown = semtools["df"].notna().to_numpy()
    np.testing.assert_allclose(old[shown], semtools["df"][shown], rtol=SEMTOOLS_DF_RTOL)


def test_test_and_interval_are_those_of_mice(fits):
    """The regression's t, p and interval, reached through the table of pool()."""
    mice = pd.DataFrame(STORED["regression"]["pooled"])
    stored = STORED["regression"]
    pooled = pooling.rubin(stored["estimates"], stored["variances"], df_complete=2043)
    table = pooling._parameter_table(mice[["term"]], pooled)
    pairs = {"statistic": "t", "p.value": "p", "ci_lower": "ci_lower", "ci_upper": "ci_upper"}
    for theirs, ours in pairs.items():
        np.testing.assert_allclose(table[ours], mice[theirs], rtol=QUANTILE_RTOL, err_msg=ours)


def test_fit_table_holds_each_imputation_and_its_mean(fits):
    pooled = pooling.pool(fits)
    assert list(pooled.fit["imputation"]) == [1, 2, 3, 4, 5]
    assert pooled.fit_mean["aic"] == pytest.approx(np.mean([fit.aic for fit in fits]))
    assert pooled.fit_mean["r2_adjusted_cito"] == pytest.approx(
        np.mean([fit.r2_adjusted["cito"] for fit in fits])
    )
    assert "imputation" not in pooled.fit_mean
    assert (pooled.m, pooled.n, pooled.n_parameters, pooled.df) == (5, len(DATA), 14, 0)


def test_clusters_minus_one_bound_the_degrees_of_freedom():
    pooled = pooling.pool(imputed_fits(cluster="school_id"))
    assert pooled.n_clusters == 150
    assert pooled.parameters["df"].max() < 149


def test_one_fit_passes_through(fits):
    pooled = pooling.pool(fits[:1])
    own, table = fits[0].parameters, pooled.parameters
    np.testing.assert_allclose(table["est"], own["est"], rtol=0)
    np.testing.assert_allclose(table["se"], own["se"], rtol=ROUNDING_RTOL)
    assert not table[["between", "riv", "fmi", "lambda_"]].any(axis=None)
    assert (table["df"] == len(DATA) - 14).all()
    assert pooled.flags == ("m = 1: one data set passed through, nothing was pooled.",)


def test_identical_imputations_are_flagged(fits):
    pooled = pooling.pool([fits[0]] * 4)
    assert not pooled.parameters[["between", "riv", "lambda_"]].any(axis=None)
    np.testing.assert_array_equal(pooled.parameters["est"], fits[0].parameters["est"])
    assert pooled.flags[0].startswith("All 4 imputations gave identical estimates")
    assert pooling.pool(fits).flags == ()


ESTIMATES = arrays.arrays(float, (5, 3), elements=st.floats(-1e3, 1e3))
VARIANCES = arrays.arrays(float, (5, 3), elements=st.floats(1e-6, 1e3))


@given(ESTIMATES, VARIANCES, st.permutations(range(5)))
def test_order_of_imputations_changes_nothing(estimates, variances, order):
    one = pooling.rubin(estimates, variances, df_complete=100)
    other = pooling.rubin(estimates[order], variances[order], df_complete=100)
    np.testing.assert_allclose(one.se, other.se, rtol=1e-9)


@given(ESTIMATES, VARIANCES, st.floats(1, 1e6))
def test_missing_values_only_cost(estimates, variances, df_complete):
    found = pooling.rubin(estimates, variances, df_complete=df_complete)
    assert (found.total >= found.within).all()
    assert ((found.lambda_ >= 0) & (found.lambda_ < 1)).all()
    assert (found.df <= df_complete).all()
    assert (found.fmi >= found.lambda_).all()


@given(st.floats(-1e3, 1e3), st.floats(1e-6, 1e3), st.integers(2, 40))
def test_identical_estimates_have_no_variance_between(estimate, variance, m):
    found = pooling.rubin(np.full((m, 1), estimate), np.full((m, 1), variance), df_complete=50)
    assert (found.between[0], found.riv[0], found.lambda_[0]) == (0, 0, 0)
    assert found.total[0] == pytest.approx(variance, rel=ROUNDING_RTOL)
    assert found.df[0] == pytest.approx(50 * 51 / 53, rel=ROUNDING_RTOL)


def test_infinite_complete_df_gives_the_rule_of_1987():
    found = pooling.rubin([[1.0, 2], [2, 2], [4, 2]], np.ones((3, 2)), df_complete=math.inf)
    assert found.df[0] == pytest.approx(2 * (1 + 1 / found.riv[0]) ** 2, rel=ROUNDING_RTOL)
    assert math.isinf(found.df[1])


BAD = {
    "with at least one imputation": (np.empty((0, 2)), np.empty((0, 2)), 10),
    r"Estimates of shape \(3,\)": (np.ones(3), np.ones(3), 10),
    r"variances of shape \(2, 1\)": (np.ones((2, 2)), np.ones((2, 1)), 10),
    "1 estimates are not finite": ([[np.nan], [1]], [[1], [1]], 10),
    "1 variances not finite and positive": ([[1], [1]], [[0], [1]], 10),
    "df_complete is 0": ([[1], [1]], [[1], [1]], 0),
}


@pytest.mark.parametrize("message", BAD)
def test_impossible_numbers_are_refused(message):
    estimates, variances, df_complete = BAD[message]
    with pytest.raises(PoolingError, match=message):
        pooling.rubin(estimates, variances, df_complete=df_complete)


def test_fits_that_differ_are_refused(fits):
    with pytest.raises(PoolingError, match="No fits to pool"):
        pooling.pool([])
    with pytest.raises(PoolingError, match="2 different numbers of rows: 2047, 2000"):
        pooling.pool([fits[0], replace(fits[1], n=2000)])
    with pytest.raises(PoolingError, match="2 different parameters; expected one model"):
        pooling.pool([fits[0], sem.fit("cito ~ nscct", DATA)])
    with pytest.raises(PoolingError, match="kinds of standard errors: robust, expected"):
        pooling.pool([fits[0], replace(fits[1], errors="expected")])
