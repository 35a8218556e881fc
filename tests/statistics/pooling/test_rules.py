"""oablib.pooling.rubin and pool against mice, mitools and semTools, and what must hold."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pooling_reference import DATA, RULES, TESTS, fits, frames

from oablib import pooling, sem
from oablib.base.errors import PoolingError
from oablib.statistics.pooling import rules

# The same few operations on the same doubles; JSON keeps 15 digits of them.
MICE_RTOL = 1e-10
# qt and pt of R against scipy's stdtrit and stdtr.
QUANTILE_RTOL = 1e-8
# Two programs at the same optimum.
OPTIMUM_RTOL = 1e-8
ROUNDING_RTOL = 1e-12
# Sums of numbers of very different size, as hypothesis likes them.
SUMS_RTOL = 1e-9
SUBNORMAL = np.finfo(float).tiny  # smaller numbers have fewer digits than SUMS_RTOL asks for

BASE = RULES["sem"]["model"]
NAMES = {"qbar": "est", "ubar": "within", "b": "between", "t": "total", "df": "df", "r": "riv"}
NAMES |= {"fmi": "fmi"}
COLUMNS = (
    "lhs op rhs label est se t df p ci_lower ci_upper within between riv fmi lambda_ std df_rubin "
    "mce mce_p m_recommended"
).split()


@pytest.mark.parametrize("case", RULES["scalar"])
def test_scalar_agrees_with_mice(case):
    column = [np.reshape(case[name], (-1, 1)) for name in ("estimates", "variances")]
    for row, df_complete in enumerate(case["dfcom"]):
        found = pooling.rubin(*column, df_complete=df_complete)
        for theirs, ours in NAMES.items():
            expected = case["pooled"][theirs][row]
            assert getattr(found, ours)[0] == pytest.approx(expected, rel=MICE_RTOL), ours


def test_regression_agrees_with_mice_pool():
    stored = RULES["regression"]
    mice = pd.DataFrame(stored["pooled"])
    df_complete = mice["dfcom"].iloc[0]
    found = pooling.rubin(stored["estimates"], stored["variances"], df_complete=df_complete)
    pairs = {"estimate": "est", "std.error": "se", "df": "df", "ubar": "within", "b": "between"}
    pairs |= {"t": "total", "riv": "riv", "lambda": "lambda_", "fmi": "fmi"}
    for theirs, ours in pairs.items():
        np.testing.assert_allclose(getattr(found, ours), mice[theirs], rtol=MICE_RTOL, err_msg=ours)


def test_matrices_agree_with_mitools():
    stored = TESTS["mitools"]
    found = pooling.rubin(stored["estimates"], stored["covariances"])
    for name in ("est", "covariance", "df", "fmi"):
        expected = stored["pooled"][name]
        np.testing.assert_allclose(getattr(found, name), expected, rtol=MICE_RTOL, err_msg=name)
    np.testing.assert_array_equal(found.df, found.df_rubin)


def test_variances_are_the_diagonals_of_matrices():
    estimates, whole = (np.array(TESTS["mitools"][name]) for name in ("estimates", "covariances"))
    parts = pooling.rubin(estimates, np.diagonal(whole, axis1=1, axis2=2), df_complete=100)
    whole = pooling.rubin(estimates, whole, df_complete=100)
    for name in ("est", "within", "between", "total", "se", "df", "df_rubin", "riv", "fmi"):
        np.testing.assert_allclose(getattr(whole, name), getattr(parts, name), rtol=ROUNDING_RTOL)
    assert parts.covariance is None


def test_scaled_within_agrees_with_semtools():
    scaled, plain = (pooling.pool(fits("middle"), scale_w=scale_w) for scale_w in (True, False))
    semtools = pd.DataFrame(TESTS["sem"]["scaled"])
    np.testing.assert_allclose(scaled.parameters["se"], semtools["se"], rtol=OPTIMUM_RTOL)
    increase = scaled.parameters["se"] ** 2 / scaled.parameters["within"] - 1
    np.testing.assert_allclose(increase, TESTS["sem"]["ariv"], rtol=OPTIMUM_RTOL)
    same = ["est", "within", "between", "riv", "fmi", "df"]
    pd.testing.assert_frame_equal(scaled.parameters[same], plain.parameters[same])


def test_pooled_fit_agrees_with_semtools():
    semtools = pd.DataFrame(RULES["sem"]["pooled"])
    found = pooling.pool(fits(BASE))
    ours = found.parameters
    assert ours[["lhs", "op", "rhs"]].equals(semtools[["lhs", "op", "rhs"]])
    np.testing.assert_allclose(ours["est"], semtools["est"], rtol=OPTIMUM_RTOL)
    np.testing.assert_allclose(ours["se"], semtools["se"], rtol=OPTIMUM_RTOL)
    # semTools drops df above a thousand.
    shown = semtools["df"].notna().to_numpy()
    np.testing.assert_allclose(ours["df_rubin"][shown], semtools["df"][shown], rtol=OPTIMUM_RTOL)


def test_test_and_interval_are_those_of_mice():
    stored = RULES["regression"]
    mice = pd.DataFrame(stored["pooled"])
    pooled = pooling.rubin(stored["estimates"], stored["variances"], df_complete=2043)
    table = rules.t_tests(pooled)
    pairs = {"statistic": "t", "p.value": "p", "ci_lower": "ci_lower", "ci_upper": "ci_upper"}
    for theirs, ours in pairs.items():
        np.testing.assert_allclose(table[ours], mice[theirs], rtol=QUANTILE_RTOL, err_msg=ours)


def test_table_has_its_columns_and_covariance_its_rows():
    found = pooling.pool(fits(BASE))
    assert list(found.parameters) == COLUMNS
    np.testing.assert_allclose(
        np.sqrt(np.diag(found.covariance)), found.parameters["se"], rtol=ROUNDING_RTOL
    )


def test_fit_table_holds_each_imputation_and_its_mean():
    own, pooled = fits("small"), pooling.pool(fits("small"))
    assert list(pooled.fit["imputation"]) == [1, 2, 3, 4, 5]
    for name in "loglik aic bic sabic chi2 chi2_scaled cfi tli rmsea srmr".split():
        assert pooled.fit_mean[name] == pytest.approx(np.mean([getattr(f, name) for f in own]))
    assert pooled.fit_mean["r2_adjusted_cito"] == pytest.approx(
        np.mean([fit.r2_adjusted["cito"] for fit in own])
    )
    assert "imputation" not in pooled.fit_mean
    assert (pooled.m, pooled.n, pooled.n_parameters, pooled.df) == (5, len(DATA), 24, 3)


def test_mean_of_what_one_imputation_lacks_is_not_hidden():
    own = fits("small")
    pooled = pooling.pool([replace(own[0], chi2_scaled=math.nan), *own[1:]])
    assert math.isnan(pooled.fit_mean["chi2_scaled"])


def test_clusters_minus_one_bound_the_degrees_of_freedom():
    pooled = pooling.pool(fits(BASE, cluster="school_id"))
    assert pooled.n_clusters == 150
    assert pooled.parameters["df"].max() < 149


def test_fixed_and_defined_parameters_are_carried_through():
    text = (
        "cito ~ 0.5*nscct + a*education_father\n"
        "nscct ~ education_father + b*education_mother\nsum := a + b"
    )
    pooled = pooling.pool(fits(text))
    table = pooled.parameters.set_index(["lhs", "op", "rhs"])
    fixed = table.loc["cito", "~", "nscct"]
    assert (fixed["est"], fixed["se"]) == (0.5, 0)
    assert np.isfinite(fixed["std"])
    assert fixed[["t", "p", "ci_lower", "riv", "fmi", "mce", "m_recommended"]].isna().all()
    assert not pooled.covariance[0].any()
    rows = [pooled.parameters["label"].tolist().index(label) for label in ("a", "b", "sum")]
    a, b, total = pooled.parameters["est"].iloc[rows]
    assert total == pytest.approx(a + b)
    weights = np.array([1, 1, 0])
    variance = weights @ pooled.covariance[np.ix_(rows, rows)] @ weights
    assert pooled.parameters["se"].iloc[rows[2]] == pytest.approx(math.sqrt(variance))


def test_defined_parameters_do_not_count_in_the_average_increase():
    text = BASE.replace("+ education_mother", "+ a*education_mother", 1)
    plain = pooling.pool(fits(text), scale_w=True)
    defined = pooling.pool(fits(f"{text}\ntwice := 2*a"), scale_w=True)
    np.testing.assert_allclose(plain.parameters["se"], defined.parameters["se"][:-1])


def test_groups_keep_their_column():
    text = "cito ~ nscct + education_mother\nnscct ~ education_mother"
    pooled = pooling.pool(fits(text, group="wave", equal=("regressions",)), scale_w=True)
    assert list(pooled.parameters)[:5] == ["lhs", "op", "rhs", "group", "label"]
    paths = pooled.parameters[pooled.parameters["op"] == "~"].groupby("group")["est"].apply(list)
    np.testing.assert_allclose(paths.iloc[0], paths.iloc[1], rtol=ROUNDING_RTOL)
    assert "r2_cito.1" in pooled.fit


def test_one_fit_passes_through():
    pooled = pooling.pool(fits(BASE)[:1])
    own, table = fits(BASE)[0].parameters, pooled.parameters
    np.testing.assert_allclose(table["est"], own["est"], rtol=0)
    np.testing.assert_allclose(table["se"], own["se"], rtol=ROUNDING_RTOL)
    assert not table[["between", "riv", "fmi", "lambda_"]].any(axis=None)
    assert table[["mce", "mce_p", "m_recommended"]].isna().all(axis=None)
    assert (table["df"] == len(DATA) - 14).all()
    assert pooled.flags == ("m = 1: one data set passed through, nothing was pooled.",)


def test_identical_imputations_are_flagged():
    pooled = pooling.pool([fits(BASE)[0]] * 4)
    assert not pooled.parameters[["between", "riv", "lambda_", "mce", "mce_p"]].any(axis=None)
    np.testing.assert_array_equal(pooled.parameters["est"], fits(BASE)[0].parameters["est"])
    assert pooled.flags[0].startswith("All 4 imputations gave identical estimates")
    assert pooling.pool(fits(BASE)).flags == ()


ESTIMATES = arrays.arrays(float, (5, 3), elements=st.floats(-1e3, 1e3))
VARIANCES = arrays.arrays(float, (5, 3), elements=st.floats(1e-6, 1e3))
ROOTS = arrays.arrays(float, (5, 3, 3), elements=st.floats(-10, 10))


def matrices(roots):
    return roots @ roots.transpose(0, 2, 1) + np.eye(3)


@given(ESTIMATES, VARIANCES, st.permutations(range(5)))
def test_order_of_imputations_changes_nothing(estimates, variances, order):
    one = pooling.rubin(estimates, variances, df_complete=100)
    other = pooling.rubin(estimates[order], variances[order], df_complete=100)
    np.testing.assert_allclose(one.se, other.se, rtol=SUMS_RTOL)


@given(ESTIMATES, VARIANCES, st.floats(1, 1e6))
def test_missing_values_only_cost(estimates, variances, df_complete):
    found = pooling.rubin(estimates, variances, df_complete=df_complete)
    assert (found.total >= found.within).all()
    assert ((found.lambda_ >= 0) & (found.lambda_ < 1)).all()
    assert (found.df <= df_complete).all()
    assert (found.df <= found.df_rubin).all()
    assert (found.fmi >= found.lambda_).all()


@given(st.floats(-1e3, 1e3), st.floats(1e-6, 1e3), st.integers(2, 40))
def test_identical_estimates_have_no_variance_between(estimate, variance, m):
    found = pooling.rubin(np.full((m, 1), estimate), np.full((m, 1), variance), df_complete=50)
    assert (found.between[0], found.riv[0], found.lambda_[0]) == (0, 0, 0)
    assert found.total[0] == pytest.approx(variance, rel=ROUNDING_RTOL)
    assert found.df[0] == pytest.approx(50 * 51 / 53, rel=ROUNDING_RTOL)


@given(ESTIMATES, ROOTS, arrays.arrays(float, 3, elements=st.sampled_from([-1e3, -2, 0.5, 100])))
def test_units_change_nothing_but_units(estimates, roots, units):
    one = pooling.rubin(estimates, matrices(roots), scale_w=True)
    other = pooling.rubin(estimates * units, matrices(roots) * np.outer(units, units), scale_w=True)
    np.testing.assert_allclose(other.riv, one.riv, rtol=SUMS_RTOL, atol=SUBNORMAL)
    expected = one.covariance * np.outer(units, units)
    np.testing.assert_allclose(other.covariance, expected, rtol=1e-6, atol=1e-6)


@given(ESTIMATES, ROOTS)
def test_scaled_within_is_proportional_to_within(estimates, roots):
    scaled = pooling.rubin(estimates, matrices(roots), scale_w=True)
    ratio = scaled.total[0] / scaled.within[0]
    np.testing.assert_allclose(scaled.covariance, ratio * matrices(roots).mean(axis=0))
    assert ratio >= 1


@given(ESTIMATES, ROOTS)
def test_repeated_parameters_count_once_in_the_average_increase(estimates, roots):
    u = matrices(roots)
    twice = np.concatenate([estimates, estimates], axis=1)
    blocks = np.concatenate([np.concatenate([u, u], axis=2)] * 2, axis=1)
    found, expected = rules.average_increase(twice, blocks), rules.average_increase(estimates, u)
    assert found == pytest.approx(expected, rel=1e-6)


def test_one_parameter_scales_as_it_adds():
    case = RULES["scalar"][1]
    estimates = np.reshape(case["estimates"], (-1, 1))
    cube = np.reshape(case["variances"], (-1, 1, 1))
    scaled, plain = (pooling.rubin(estimates, cube, scale_w=w) for w in (True, False))
    assert scaled.se[0] == pytest.approx(plain.se[0], rel=ROUNDING_RTOL)


def test_infinite_complete_df_gives_the_rule_of_1987():
    found = pooling.rubin([[1.0, 2], [2, 2], [4, 2]], np.ones((3, 2)))
    assert found.df[0] == pytest.approx(2 * (1 + 1 / found.riv[0]) ** 2, rel=ROUNDING_RTOL)
    assert math.isinf(found.df[1])
    same = pooling.rubin([[1.0, 2], [2, 2], [4, 2]], np.ones((3, 2)), df_complete=math.inf)
    np.testing.assert_array_equal(found.df, same.df)


LOPSIDED = [[[1, 0.5], [0.2, 1]]]
BAD = {
    "at least one imputation": (np.empty((0, 2)), np.empty((0, 2)), 10),
    r"Estimates of shape \(3,\)": (np.ones(3), np.ones(3), 10),
    r"covariances of shape \(2, 1\)": (np.ones((2, 2)), np.ones((2, 1)), 10),
    r"covariances of shape \(2, 2, 1\)": (np.ones((2, 2)), np.ones((2, 2, 1)), 10),
    "1 estimates are not finite": ([[np.nan], [1]], [[1], [1]], 10),
    "1 variances not finite and positive": ([[1], [1]], [[0], [1]], 10),
    "is not symmetric": ([[1, 2]], LOPSIDED, 10),
    "holds numbers that are not finite": ([[1, 2]], [[[1, np.nan], [np.nan, 1]]], 10),
    "df_complete is 0": ([[1], [1]], [[1], [1]], 0),
}


@pytest.mark.parametrize("message", BAD)
def test_impossible_numbers_are_refused(message):
    estimates, variances, df_complete = BAD[message]
    with pytest.raises(PoolingError, match=message):
        pooling.rubin(estimates, variances, df_complete=df_complete)


def test_scaling_needs_matrices():
    with pytest.raises(PoolingError, match=r"scale_w needs covariance matrices.*\(2, 3, 3\)"):
        pooling.rubin(np.ones((2, 3)), np.ones((2, 3)), scale_w=True)


def test_fits_that_differ_are_refused():
    own = fits(BASE)
    with pytest.raises(PoolingError, match="No fits to pool"):
        pooling.pool([])
    with pytest.raises(PoolingError, match="2 different numbers of rows: 2047, 2000"):
        pooling.pool([own[0], replace(own[1], n=2000)])
    with pytest.raises(PoolingError, match="2 different parameters; expected one model"):
        pooling.pool([own[0], sem.fit("cito ~ nscct", DATA)])
    with pytest.raises(PoolingError, match="kinds of standard errors: robust, expected"):
        pooling.pool([own[0], replace(own[1], errors="expected")])


def test_fixed_values_that_differ_are_refused():
    texts = [f"cito ~ {value}*nscct + education_mother" for value in (0.4, 0.5)]
    two = [sem.fit(text, frame) for text, frame in zip(texts, frames(), strict=False)]
    with pytest.raises(PoolingError, match="2 different fixed values"):
        pooling.pool(two)
