"""What must hold of any fit, whatever the numbers: equal questions get equal answers."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oablib import sem
from tests.places import REFERENCE

REFERENCE = REFERENCE / "data"
DATA = pd.read_csv(REFERENCE / "base_model.csv")
TESTS = pd.read_csv(REFERENCE / "holzinger_swineford.csv")
PATHS = "cito ~ nscct + education_father\nnscct ~ education_father + education_mother"
FACTORS = "visual =~ x1 + x2 + x3\nspeed =~ x7 + x8 + x9\nspeed ~ visual"
# The same algebra in another order: only rounding differs, magnified by means of 535.
ROUNDING_RTOL = 1e-8
# Two searches that end below the same certificate, in standard errors.
SEARCH_SE = 1e-6


def assert_same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    off = found["est"].to_numpy() - expected["est"].to_numpy()
    assert (np.abs(off) <= SEARCH_SE * expected["se"]).all()
    np.testing.assert_allclose(found["se"], expected["se"], rtol=1e-6)


def test_data_copied_within_their_clusters_add_no_certainty():
    """Two copies of every row in the same cluster: the same clusters, each merged with its twin."""
    twice = pd.concat([DATA, DATA], ignore_index=True)
    once = sem.fit(PATHS, DATA, cluster="school_id")
    found = sem.fit(PATHS, twice, cluster="school_id")
    assert_same(found.parameters, once.parameters)
    assert found.loglik == pytest.approx(2 * once.loglik, rel=ROUNDING_RTOL)
    mi = [sem.modification_indices(fit, ["nscct ~ origin"]) for fit in fits_with_origin(twice)]
    assert mi[0]["mi_robust"].iloc[0] == pytest.approx(mi[1]["mi_robust"].iloc[0], rel=1e-6)
    assert mi[1]["mi"].iloc[0] == pytest.approx(2 * mi[0]["mi"].iloc[0], rel=1e-6)


def fits_with_origin(twice: pd.DataFrame) -> list[sem.SemFit]:
    text = "cito ~ nscct + origin\nnscct ~ education_father"
    return [sem.fit(text, frame, cluster="school_id") for frame in (DATA, twice)]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_weights_count_rows(seed):
    counts = np.random.default_rng(seed).integers(1, 4, size=len(DATA))
    repeated = DATA.loc[DATA.index.repeat(counts)]
    weighted = sem.fit(PATHS, DATA.assign(w=counts), weights="w", cluster="school_id")
    found = sem.fit(PATHS, repeated, cluster="school_id")
    assert_same(found.parameters, weighted.parameters)
    # AIC and chi2 differ: weights are brought to the number of rows, copies add to it.
    assert found.rmsea != weighted.rmsea


def test_shared_label_is_the_slope_of_the_sum():
    both = sem.fit("cito ~ a*education_father + a*education_mother", DATA, likelihood="conditional")
    total = DATA.assign(total=DATA["education_father"] + DATA["education_mother"])
    one = sem.fit("cito ~ total", total, likelihood="conditional")
    assert_same(both.parameters.iloc[:1], one.parameters.iloc[:1])
    assert both.loglik == pytest.approx(one.loglik, rel=ROUNDING_RTOL)


def test_groups_that_share_everything_are_one_group():
    equal = ("regressions", "intercepts", "residuals")
    groups = sem.fit(
        PATHS, DATA, group="wave", equal=equal, likelihood="conditional", errors="expected"
    )
    one = sem.fit(PATHS, DATA, likelihood="conditional", errors="expected")
    paths = one.parameters.query("op == '~'")
    found = groups.parameters.query("op == '~' and group == '1'")
    assert_same(found, paths)
    assert groups.loglik == pytest.approx(one.loglik, rel=ROUNDING_RTOL)


def test_groups_that_share_nothing_are_two_fits():
    groups = sem.fit(PATHS, DATA, group="wave", cluster="school_id")
    apart = [sem.fit(PATHS, part, cluster="school_id") for _, part in DATA.groupby("wave")]
    assert groups.loglik == pytest.approx(sum(fit.loglik for fit in apart), rel=ROUNDING_RTOL)
    assert groups.chi2 == pytest.approx(sum(fit.chi2 for fit in apart), rel=1e-6)
    for label, fit in zip(("1", "2"), apart, strict=True):
        assert_same(groups.parameters[groups.parameters["group"] == label], fit.parameters)


def test_prepared_columns_give_any_model_of_them():
    """One pass over the rows, more columns than a model uses, and one too many."""
    wide = DATA.assign(total=DATA["education_father"] + DATA["education_mother"])
    ready = sem.prepare(wide, [*wide.columns.drop("school_id")], cluster="school_id")
    for text in (PATHS, "cito ~ total\nnscct ~ total", "cito ~ nscct + origin"):
        direct, prepared = sem.fit(text, wide, cluster="school_id"), sem.fit(text, ready)
        assert_same(prepared.parameters, direct.parameters)
        if direct.df:
            assert prepared.chi2_scaled == pytest.approx(direct.chi2_scaled, rel=1e-6)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.floats(-3, 3), min_size=6, max_size=6),
    st.lists(st.floats(-50, 50), min_size=6, max_size=6),
    st.randoms(use_true_random=False),
)
def test_units_origins_and_order_leave_a_factor_model_as_it_is(exponents, constants, random):
    names = ["x1", "x2", "x3", "x7", "x8", "x9"]
    moved = TESTS.copy()
    for name, exponent, constant in zip(names, exponents, constants, strict=True):
        moved[name] = 10**exponent * (TESTS[name] + constant)
    rows = list(range(len(moved)))
    random.shuffle(rows)
    expected, found = sem.fit(FACTORS, TESTS), sem.fit(FACTORS, moved.iloc[rows])
    assert found.chi2 == pytest.approx(expected.chi2, rel=ROUNDING_RTOL)
    assert found.chi2_scaled == pytest.approx(expected.chi2_scaled, rel=1e-6)
    for measure in ("cfi", "tli", "rmsea", "srmr"):
        same = pytest.approx(getattr(expected, measure), abs=ROUNDING_RTOL)
        assert getattr(found, measure) == same
    spread = expected.parameters["op"] != "~1"
    std = [sem.standardized(fit)[spread] for fit in (expected, found)]
    np.testing.assert_allclose(std[1]["est"], std[0]["est"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(std[1]["se"], std[0]["se"], rtol=1e-5, atol=1e-9)
    tests = [sem.modification_indices(fit) for fit in (expected, found)]
    np.testing.assert_allclose(tests[1]["mi"], tests[0]["mi"], rtol=1e-5)
    np.testing.assert_allclose(tests[1]["mi_robust"], tests[0]["mi_robust"], rtol=1e-5)
    np.testing.assert_allclose(tests[1]["sepc"], tests[0]["sepc"], rtol=1e-5)


def test_choice_of_marker_does_not_change_the_fit():
    freed = "visual =~ NA*x1 + x2 + x3\nvisual ~~ 1*visual\nspeed =~ x7 + x8 + x9\nspeed ~ visual"
    one, other = sem.fit(FACTORS, TESTS), sem.fit(freed, TESTS)
    assert other.chi2 == pytest.approx(one.chi2, rel=ROUNDING_RTOL)
    assert other.chi2_scaled == pytest.approx(one.chi2_scaled, rel=1e-6)
    std = [sem.standardized(fit).query("op == '=~'") for fit in (one, other)]
    np.testing.assert_allclose(std[0][["est", "se"]], std[1][["est", "se"]], rtol=1e-5)


def test_start_values_do_not_move_the_optimum():
    started = sem.fit(FACTORS.replace("x2", "start(3)*x2").replace("x9", "start(-1)*x9"), TESTS)
    assert_same(started.parameters, sem.fit(FACTORS, TESTS).parameters)


def test_fit_travels_between_processes():
    fit = sem.fit(PATHS, DATA, cluster="school_id")
    there = pickle.loads(pickle.dumps(fit))
    pd.testing.assert_frame_equal(there.parameters, fit.parameters)
    indices = [sem.modification_indices(each) for each in (there, fit)]
    pd.testing.assert_frame_equal(*indices)


def test_switch_of_the_cluster_correction():
    plain = sem.fit(PATHS, DATA, cluster="school_id", cluster_correction=False)
    corrected = sem.fit(PATHS, DATA, cluster="school_id")
    schools = DATA["school_id"].nunique()
    ratio = corrected.parameters["se"] / plain.parameters["se"]
    np.testing.assert_allclose(ratio, np.sqrt(schools / (schools - 1)), rtol=1e-9)
