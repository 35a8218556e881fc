"""D1 to D4 and pooled likelihood ratios against mitml and semTools."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pooling_reference import DATA, MODELS, REFERENCE, TESTS, fits, frames
from scipy.stats import chi2

from oablib import pooling, sem
from oablib.base.errors import ComparisonError, PoolingError
from oablib.statistics.pooling import pooled_tests

# The same operations on the same doubles.
FORMULA_RTOL = 1e-10
# p far in the tail repeats the error of its statistic some dozen times.
TAIL_RTOL = 1e-8
# Differences of likelihoods of 27,000: each is good to 1e-15 of itself, df2 to 1e-9 after that.
RATIO_RTOL = 1e-8
# Scaling factors difference a numerical second derivative of lavaan's.
SCALED_RTOL = 1e-5
# Sums of numbers of very different size, as hypothesis likes them.
SUMS_RTOL = 1e-7

REGRESSION = TESTS["regression"]
PAIRS = [(pair, method) for pair in TESTS["sem"]["pairs"] for method in ("d2", "d3", "d4")]


def assert_agrees(found, expected, *, rtol):
    """Compare with a row of mitml or semTools, whatever it calls p and riv."""
    names = {"statistic": ("F",), "df2": ("df2",), "riv": ("riv", "ariv")}
    for ours, theirs in names.items():
        value = next(expected[name] for name in theirs if name in expected)
        assert getattr(found, ours) == pytest.approx(value, rel=rtol), ours
    p = expected.get("p", expected.get("pvalue"))
    assert found.p == pytest.approx(p, rel=max(rtol, TAIL_RTOL))
    assert found.df1 == expected["df1"]
    assert found.fmi == pytest.approx(found.riv / (1 + found.riv))


@pytest.mark.parametrize("case", TESTS["wald"])
def test_wald_agrees_with_mitml(case):
    found = pooling.d1(case["estimates"], case["covariances"], df_complete=case["df_complete"])
    expected = case["d1"]
    assert found.statistic == pytest.approx(expected["F"], rel=FORMULA_RTOL)
    assert found.df2 == pytest.approx(expected["v"], rel=FORMULA_RTOL)
    assert found.riv == pytest.approx(expected["r"], rel=FORMULA_RTOL)


@pytest.mark.parametrize("case", TESTS["wald"])
def test_chi_squares_agree_with_mitml(case):
    expected = case["d2"]
    found = pooling.d2(case["statistics"], expected["k"])
    assert found.statistic == pytest.approx(max(expected["F"], 0.0), rel=FORMULA_RTOL)
    assert found.df2 == pytest.approx(expected["v"], rel=FORMULA_RTOL)
    assert found.riv == pytest.approx(expected["r"], rel=FORMULA_RTOL)
    assert bool(found.flags) == (expected["F"] < 0)


def test_regressions_agree_with_mitml():
    own, at, k = REGRESSION["complete"], REGRESSION["constrained"], 2
    wald = (REGRESSION["estimates"], REGRESSION["covariances"])
    gap = (REGRESSION["general_gap"], REGRESSION["general_parameters"])
    found = {
        "d1": pooling.d1(*wald),
        "d1_small": pooling.d1(*wald, df_complete=REGRESSION["df_complete"]),
        "d2": pooling.d2(own, k),
        "d3": pooling.d3(own, at, k),
        "d4": pooling.d4(own, REGRESSION["stacked"], k),
        "d4_robust": pooling.d4(own, REGRESSION["stacked"], k, general=gap),
    }
    for name, test in found.items():
        assert_agrees(test, REGRESSION["tests"][name], rtol=FORMULA_RTOL)


@pytest.mark.parametrize(("pair", "method"), PAIRS)
def test_likelihood_ratio_agrees_with_semtools_and_mitml(pair, method):
    restricted, general = fits(pair["restricted"]), fits(pair["general"])
    found = pooling.likelihood_ratio(restricted, general, method=method.upper())
    assert_agrees(found, pair[method], rtol=RATIO_RTOL)
    assert (found.method, found.flags) == (method.upper(), ())
    assert found.chi2 == found.statistic * found.df1


def test_equal_slopes_are_nested_in_free_ones():
    """D1 of the six differences asks the same by another formula, so that p is alike only."""
    free = fits("small", group="wave", errors="expected")
    equal = fits("small", group="wave", errors="expected", equal=("regressions",))
    found = [pooling.likelihood_ratio(equal, free, method=name) for name in ("D2", "D3", "D4")]
    slopes = free[0].parameters["op"].eq("~").to_numpy()
    one, two = (slopes & free[0].parameters["group"].eq(wave).to_numpy() for wave in ("1", "2"))
    pick = np.zeros((len(slopes), 6))
    pick[np.flatnonzero(one), range(6)], pick[np.flatnonzero(two), range(6)] = 1, -1
    estimates = [fit.parameters["est"].to_numpy() @ pick for fit in free]
    wald = pooling.d1(estimates, [pick.T @ fit.covariance @ pick for fit in free])
    for test in found:
        assert test.df1 == wald.df1 == 6
        assert test.p == pytest.approx(wald.p, abs=0.05)


@pytest.mark.parametrize("method", ["satorra.bentler.2001", "satorra.2000"])
@pytest.mark.parametrize("pair", TESTS["sem"]["pairs"])
def test_scaled_ratio_agrees_with_semtools(pair, method):
    """lavTestLRT.mi(test = "D2", pool.robust = TRUE, method) on fits with estimator MLR."""
    models = (fits(pair["restricted"]), fits(pair["general"]))
    found = pooling.likelihood_ratio(*models, method="D2_scaled", scaled_method=method)
    expected = pair["d2_scaled"][method]
    assert found.statistic == pytest.approx(expected["F.scaled"], rel=SCALED_RTOL)
    assert found.df2 == pytest.approx(expected["df2.scaled"], rel=SCALED_RTOL)
    assert found.p == pytest.approx(expected["pvalue.scaled"], rel=SCALED_RTOL)


def test_stacked_rows_give_the_stacked_ratio():
    """D4 by brute force: the five data sets as one of five times as many rows."""
    whole = pd.concat(frames(), ignore_index=True)
    general, restricted = (sem.fit(MODELS[name], whole).loglik for name in ("middle", "small"))
    own = [2 * (g.loglik - r.loglik) for g, r in zip(fits("middle"), fits("small"), strict=True)]
    expected = pooling.d4(own, 2 * (general - restricted) / 5, 1)
    found = pooling.likelihood_ratio(fits("small"), fits("middle"))
    assert found.statistic == pytest.approx(expected.statistic, rel=RATIO_RTOL)
    assert found.df2 == pytest.approx(expected.df2, rel=RATIO_RTOL)


def test_few_imputations_and_few_rows_take_the_t_test():
    """One parameter, k (m - 1) <= 4: F is the square of Rubin's t, with Barnard & Rubin's df."""
    case = TESTS["wald"][0]
    wald = pooling.d1(case["estimates"], case["covariances"], df_complete=30)
    t = pooling.rubin(case["estimates"], case["covariances"], df_complete=30)
    assert wald.df2 == pytest.approx(t.df[0])
    assert wald.statistic == pytest.approx((t.est[0] / t.se[0]) ** 2)


@given(st.floats(0.5, 1e4), st.integers(2, 8))
def test_degrees_of_freedom_are_positive_however_few(df_complete, m):
    estimates = np.random.default_rng(m).normal(size=(m, 3))
    cube = np.repeat(0.3 * np.eye(3)[None], m, axis=0)
    found = pooling.d1(estimates, cube, df_complete=df_complete)
    assert found.df2 > 0
    assert 0 < found.p < 1


def test_large_complete_df_is_an_infinite_one():
    case = TESTS["wald"][3]
    finite = pooling.d1(case["estimates"], case["covariances"], df_complete=1e9)
    whole = pooling.d1(case["estimates"], case["covariances"])
    # Reiter (2007) expands around the formula of Li et al. and does not end in it.
    assert finite.df2 == pytest.approx(whole.df2, rel=0.05)


def test_one_imputation_cannot_be_tested():
    cube = np.ones((1, 1, 1))
    found = [
        pooling.d1([[1.0]], cube),
        pooling.d2([4.0], 1),
        pooling.d3([4.0], [4.0], 1),
        pooling.d4([4.0], 4.0, 1),
        pooling.likelihood_ratio(fits("small")[:1], fits("middle")[:1]),
    ]
    for test in found:
        assert math.isnan(test.statistic) and math.isnan(test.p)
        assert test.flags[0].startswith("m = 1")


def test_equal_imputations_give_the_test_of_one():
    cube = np.repeat(np.diag([2.0, 0.5])[None], 4, axis=0)
    found = [
        pooling.d1(np.tile([2.0, 1.0], (4, 1)), cube),
        pooling.d2([4.0] * 4, 2),
        pooling.d3([4.0] * 4, [4.0] * 4, 2),
        pooling.d4([4.0] * 4, 4.0, 2),
    ]
    for test in found:
        assert (test.riv, test.df2, test.chi2) == (0, math.inf, pytest.approx(4))
        assert test.p == pytest.approx(chi2.sf(4, 2))
        assert test.flags[0].startswith("All imputations gave the same statistic")


def test_negative_statistics_become_zero_and_say_so():
    found = [pooling.d2([0.1, 9.0], 1), pooling.d3([3.0, 1.0], [-0.5, -0.1], 1)]
    for test in found:
        assert (test.statistic, test.p) == (0, 1)
        assert "was negative" in test.flags[0]


def test_negative_increases_become_zero_and_say_so():
    for test in (pooling.d3([1.0, 2.0], [3.0, 2.0], 1), pooling.d4([1.0, 2.0], 2.5, 1)):
        assert (test.riv, test.df2, test.statistic) == (0, math.inf, pytest.approx(2.5))
        assert test.flags[0].startswith("The relative increase in variance was negative (-3)")


CHI2 = arrays.arrays(float, 6, elements=st.floats(0, 100))
POINTS = arrays.arrays(float, (6, 2), elements=st.floats(-10, 10))
ROOTS = arrays.arrays(float, (6, 2, 2), elements=st.floats(-3, 3))


@given(CHI2, st.permutations(range(6)), st.integers(1, 5))
def test_order_of_imputations_changes_nothing(statistics, order, df):
    one, other = pooling.d2(statistics, df), pooling.d2(statistics[order], df)
    assert other.p == pytest.approx(one.p, rel=SUMS_RTOL, abs=1e-12)


@given(POINTS, ROOTS, st.permutations(range(6)))
def test_wald_is_invariant_to_order_and_units(estimates, roots, order):
    cube = roots @ roots.transpose(0, 2, 1) + np.eye(2)
    mix = np.array([[2.0, 1.0], [0.0, -0.01]])
    one = pooling.d1(estimates, cube)
    other = pooling.d1(estimates[order] @ mix.T, mix @ cube[order] @ mix.T)
    assert other.statistic == pytest.approx(one.statistic, rel=SUMS_RTOL, abs=1e-12)
    assert other.riv == pytest.approx(one.riv, rel=SUMS_RTOL, abs=1e-12)


BAD = {
    "expected one per imputation": lambda: pooling.d2([[1.0]], 1),
    "1 of 2 statistics are not finite and at least 0": lambda: pooling.d2([1.0, -1], 1),
    "df is 0": lambda: pooling.d2([1.0, 1], 0),
    r"Ratios of shape \(1,\)": lambda: pooling.d3([1.0, 2], [1.0], 1),
    "expected one matrix per imputation": lambda: pooling.d1([[1.0]], [[1.0]]),
    "at least one imputation": lambda: pooling.d1(np.ones((2, 2)), np.ones((2, 1, 1))),
    "of 2 parameters is singular": lambda: pooling.d1(np.ones((2, 2)), np.ones((2, 2, 2))),
}


@pytest.mark.parametrize("message", BAD)
def test_impossible_numbers_are_refused(message):
    with pytest.raises(PoolingError, match=message):
        BAD[message]()


def test_clusters_are_said_not_to_count():
    small, middle = (fits(name, cluster="school_id") for name in ("small", "middle"))
    assert pooling.likelihood_ratio(small, middle).flags[0].startswith("The likelihood takes rows")


def test_models_that_cannot_be_compared_are_refused():
    small, middle = fits("small"), fits("middle")
    fewer = fits("cito ~ nscct + education_mother\nnscct ~ education_mother")
    short = [sem.fit(MODELS["middle"], frame.iloc[:2000]) for frame in frames()]
    conditional = fits("middle", likelihood="conditional")
    refused = {
        "different sets of variables": (fewer, middle),
        "different numbers of rows": (small, short),
        "different likelihoods": (small, conditional),
        r"different numbers of imputations \(restricted: 4; general: 5\)": (small[:4], middle),
        "differ; fit all of them to the same data": (small[::-1], middle),
        "it has 2 degrees of freedom and the general one 3": (middle, small),
    }
    for message, (restricted, general) in refused.items():
        with pytest.raises(ComparisonError, match=message):
            pooling.likelihood_ratio(restricted, general)
    with pytest.raises(ComparisonError, match="method='D5' is unknown"):
        pooling.likelihood_ratio(small, middle, method="D5")
    with pytest.raises(ComparisonError, match=r"scaled_method='satorra\.2000' is for method"):
        pooling.likelihood_ratio(small, middle, scaled_method="satorra.2000")
    with pytest.raises(PoolingError, match="No fits to pool"):
        pooling.likelihood_ratio([], middle)


def test_models_that_are_not_nested_are_refused():
    outcome = MODELS["small"].splitlines()[0]
    father = fits(f"{outcome}\nnscct ~ education_father + 0*education_mother")
    other = fits(f"{outcome}\nnscct ~ education_mother + origin")
    with pytest.raises(ComparisonError, match="the general model cannot reproduce what it"):
        pooling.likelihood_ratio(father, other)
    half = fits(f"{outcome}\nnscct ~ education_father + 0.5*education_mother")
    mother = fits(f"{outcome}\nnscct ~ education_father + education_mother")
    assert pooling.likelihood_ratio(half, mother).df1 == 1
    origin = fits(f"{outcome}\nnscct ~ education_father + origin")
    with pytest.raises(ComparisonError, match="the general model cannot reproduce what it"):
        pooling.likelihood_ratio(half, origin)


def test_equal_intercepts_are_nested_although_they_free_latent_means():
    tests = pd.read_csv(REFERENCE / "data" / "holzinger_swineford.csv")
    text = "visual =~ x1 + x2 + x3\nspeed =~ x7 + x8 + x9"
    loadings = sem.fit(text, tests, group="school", equal=["loadings"])
    intercepts = sem.fit(text, tests, group="school", equal=["loadings", "intercepts"])
    found = pooling.likelihood_ratio([intercepts] * 2, [loadings] * 2, method="D3")
    assert found.chi2 == pytest.approx(intercepts.chi2 - loadings.chi2, rel=RATIO_RTOL)
    assert found.df1 == 4


def test_general_model_that_fits_worse_is_refused():
    middle = [replace(fit, loglik=fit.loglik - 50) for fit in fits("middle")]
    with pytest.raises(ComparisonError, match="fits worse than the restricted one in 5 of 5"):
        pooling.likelihood_ratio(fits("small"), middle)


def test_infinite_df_is_the_chi_square():
    limit = pooled_tests.f_test("D2", 1.7, df1=2, df2=math.inf, riv=0.1)
    near = pooled_tests.f_test("D2", 1.7, df1=2, df2=1e9, riv=0.1)
    assert limit.p == pytest.approx(near.p, rel=1e-7)


def test_data_are_those_of_the_stored_results():
    assert len(frames()) == 5
    assert not DATA["education_mother"].equals(frames()[0]["education_mother"])
