"""Constraints: what must not change the fit, what must give the same, and what is refused."""

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lavaan_reference import data

from oablib import pooling, sem
from oablib.base.errors import ComparisonError, EstimationError, ModelError, PoolingError

PUPILS = data("base_model")
CLUSTER: dict[str, Any] = {"cluster": "school_id"}
PATHS = """
  cito ~ n*nscct + a*education_father + b*education_mother + o*origin
  nscct ~ c*education_father + d*education_mother
"""
FACTORS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6"
# Two searches end at the same optimum to within their certificate.
SAME_SE, SAME_RTOL = 1e-6, 1e-7


def fitted(text: str, frame: pd.DataFrame = PUPILS, **options: Any) -> sem.SemFit:
    return sem.fit(text, frame, **(CLUSTER | options))


def assert_same(one: sem.SemFit, other: sem.SemFit) -> None:
    off = (one.parameters["est"] - other.parameters["est"]).abs()
    assert (off <= SAME_SE * one.parameters["se"].clip(lower=SAME_RTOL)).all()
    np.testing.assert_allclose(one.parameters["se"], other.parameters["se"], rtol=SAME_RTOL)
    for name in ("loglik", "chi2", "df", "n_parameters", "bic", "chi2_scaled", "srmr"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=SAME_RTOL), name


SHARED = (
    "cito ~ n*nscct + a*education_father + a*education_mother + o*origin\n" + PATHS.split("\n")[2]
)
FREE = fitted(PATHS)


def estimate(label: str) -> float:
    return float(FREE.parameters.set_index("label")["est"][label])


def test_equality_that_holds_at_the_optimum_leaves_estimates_and_likelihood():
    ratio = estimate("a") / estimate("b")
    fit = fitted(PATHS + f"a == {ratio!r}*b")
    off = (fit.parameters["est"] - FREE.parameters["est"]).abs()
    assert (off <= SAME_SE * FREE.parameters["se"]).all()
    assert fit.loglik == pytest.approx(FREE.loglik, rel=1e-12)
    assert (fit.df, fit.n_parameters) == (FREE.df + 1, FREE.n_parameters - 1)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b", "n", "o"]), min_size=2, max_size=3, unique=True),
    st.floats(-2, 2).map(lambda x: round(x, 2)),
    st.sampled_from([0.5, 1.0, 3.0]),
)
def test_any_linear_equality_is_met_and_its_score_vanishes_along_the_rest(names, total, factor):
    text = " + ".join(f"{factor if n % 2 else 1}*{name}" for n, name in enumerate(names))
    fit = fitted(PATHS + f"{text} == {total}")
    assert abs(fit.constraints["slack"].iloc[0]) < 1e-12
    assert fit.gradient_norm < 1e-8
    assert fit.loglik <= FREE.loglik + 1e-9
    row = {"n": 0, "a": 1, "b": 2, "o": 3}
    weights = np.zeros(len(fit.covariance))
    for n, name in enumerate(names):
        weights[row[name]] = factor if n % 2 else 1
    assert weights @ fit.covariance @ weights < 1e-15


def test_equality_gives_what_substitution_by_hand_gives():
    frame = PUPILS.assign(both=2 * PUPILS["education_father"] + PUPILS["education_mother"])
    options = {"likelihood": "conditional"}
    constrained = fitted("cito ~ n*nscct + a*education_father + b*education_mother\na == 2*b",
                         frame, **options)  # fmt: skip
    by_hand = fitted("cito ~ n*nscct + b*both", frame, **options)
    for label in ("n", "b"):
        one, other = (
            fit.parameters.set_index("label").loc[label] for fit in (constrained, by_hand)
        )
        assert one["est"] == pytest.approx(other["est"], rel=SAME_RTOL)
        assert one["se"] == pytest.approx(other["se"], rel=SAME_RTOL)
        assert one["std"] == pytest.approx(other["std"], rel=SAME_RTOL) or label == "b"
    assert constrained.loglik == pytest.approx(by_hand.loglik, rel=1e-12)
    assert constrained.n_parameters == by_hand.n_parameters


def test_equality_of_two_labels_is_one_label():
    constrained, shared = fitted(PATHS + "a == b"), fitted(SHARED)
    assert_same(constrained, shared)
    for table in (sem.standardized, sem.effects, sem.modification_indices):
        one, other = (table(fit).select_dtypes("number") for fit in (constrained, shared))
        pd.testing.assert_frame_equal(one, other, rtol=1e-6, atol=1e-8)


def test_order_of_statements_and_sides_does_not_matter():
    lines = [*PATHS.strip().split("\n"), "s := a + b", "s == 1 - n", "o < 0.1", "a == 3*b"]
    one = fitted("\n".join(lines))
    turned = [*lines[3:6], *lines[:3]]
    turned[0], turned[2] = "1 - n == s", "3*b == a"
    assert_same(one, fitted("\n".join(turned)))


def test_limit_changes_nothing_where_it_is_not_active():
    fit = fitted(PATHS + "o < 0\n a > -1")
    assert_same(fit, FREE)
    assert not fit.constraints["active"].any()
    assert list(fit.constraints["slack"]) == pytest.approx([-estimate("o"), 1 + estimate("a")])


@pytest.mark.parametrize(
    ("limits", "equality"),
    [
        ("o > 0", "o == 0"),
        ("o > 0.1\n o > 0.3\n o > 0", "o == 0.3"),
        ("a > b + 0.1; b < 0.9", "a == b + 0.1"),
        ("0 < n - 0.5; n < 0.9", "n == 0.5"),
        ("a < 0.3*b; o < 0.5*a; c > d + 1", "a == 0.3*b; c == d + 1"),
        ("n > 0.5; a + n > 2; b > 0.1", "n == 0.5; a == 1.5; b == 0.1"),
    ],
)
def test_active_limit_gives_the_estimates_of_the_equality(limits, equality):
    limited, equal = fitted(PATHS + limits), fitted(PATHS + equality)
    np.testing.assert_allclose(limited.parameters["est"], equal.parameters["est"], atol=1e-9)
    np.testing.assert_allclose(limited.parameters["se"], equal.parameters["se"], rtol=SAME_RTOL)
    assert limited.loglik == pytest.approx(equal.loglik, rel=1e-12)
    assert (limited.df, limited.n_parameters) == (FREE.df, FREE.n_parameters)
    active = limited.constraints["active"].sum()
    assert active == equality.count("==")
    assert sum("is active" in flag for flag in limited.flags) == active


def test_ratio_on_a_limit_says_that_its_p_is_rough():
    limited, equal = fitted(PATHS + "o > 0"), fitted(PATHS + "o > 0; a == b")
    found = sem.likelihood_ratio(equal, limited)
    assert found.df == 1
    assert any("`o > 0` is active: a ratio on a limit" in flag for flag in found.flags)
    assert not any("active" in flag for flag in sem.likelihood_ratio(fitted(SHARED), FREE).flags)
    pooled = pooling.likelihood_ratio([equal] * 2, [limited] * 2, method="D2")
    assert any("`o > 0` is active" in flag for flag in pooled.flags)
    with pytest.raises(ComparisonError, match="limits such as `a > 0` count for none"):
        sem.likelihood_ratio(limited, FREE)


def test_limits_before_a_variable_are_those_of_its_label():
    modified = PATHS.replace("o*origin", "o*origin + lower(0)*origin + upper(2)*origin")
    assert_same(fitted(modified), fitted(PATHS + "o > 0\n o < 2"))
    assert any("`cito ~ origin > 0` is active" in flag for flag in fitted(modified).flags)


def test_limits_of_groups_are_their_own():
    text = "cito ~ lower(c(NA, 0.45))*nscct"
    fit = sem.fit(text, PUPILS, group="wave")
    free = sem.fit("cito ~ nscct", PUPILS, group="wave")
    slopes = fit.parameters.query("op == '~'")["est"].tolist()
    assert slopes[0] == pytest.approx(free.parameters.query("op == '~'")["est"].iloc[0])
    assert slopes[1] == 0.45


@pytest.mark.parametrize(
    ("curved", "linear"),
    [
        ("(a - 2*b)/b == 0", "a == 2*b"),
        ("exp(a + b) == 2", "a + b == 0.6931471805599453"),
        ("sqrt(n) > 0.8", "n == 0.64"),
        ("a*n/n == 0.3; 1/n < 3; o > 0; exp(o) < 2", "a == 0.3; o == 0"),
    ],
)
def test_curved_constraint_that_is_a_linear_one_in_disguise(curved, linear):
    one, other = fitted(PATHS + curved), fitted(PATHS + linear)
    np.testing.assert_allclose(one.parameters["est"], other.parameters["est"], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(one.parameters["se"], other.parameters["se"], rtol=1e-6, atol=1e-9)
    assert one.loglik == pytest.approx(other.loglik, rel=1e-12)


def test_circle_far_from_the_data_is_met_where_no_point_nearby_is_better():
    fit = fitted(PATHS + "a^2 + b^2 == 0.01")
    a, b = (float(fit.parameters.set_index("label")["est"][label]) for label in "ab")
    assert np.hypot(a, b) == pytest.approx(0.1, abs=1e-9)
    for turn in (-0.01, 0.01):
        angle = np.arctan2(b, a) + turn
        near = f"a == {0.1 * np.cos(angle):.15g}; b == {0.1 * np.sin(angle):.15g}"
        assert fitted(PATHS + near).loglik < fit.loglik


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("a^2 == -1", "No optimum that meets the constraints was found"),
        ("a*b == 0.2\n b == 0.2/a", "`a*b == 0.2`, `b == 0.2/a` depend on each other"),
        ("log(o) == 0", "`log(o) == 0` cannot be computed at the estimates: log of -0.41"),
    ],
)
def test_curved_constraint_that_cannot_be_met_is_named(extra, message):
    with pytest.raises(EstimationError) as caught:
        fitted(PATHS + extra)
    assert message in str(caught.value)


def test_what_needs_linear_constraints_says_so():
    frames = [imputed(seed) for seed in range(2)]
    fits, free = (
        [fitted(text, frame) for frame in frames] for text in (PATHS + "a*b == 0.3", PATHS)
    )
    with pytest.raises(ModelError, match=r"Pooled modification indices need linear constraints"):
        pooling.modification_indices(fits, ["cito ~~ nscct"])
    with pytest.raises(EstimationError, match=r"break `a\*b == 0.3`.*use D4 or D2"):
        pooling.likelihood_ratio(fits, free, method="D3")
    with pytest.raises(ModelError, match=r"Responses need linear constraints"):
        sem.response(fits[0], frames[0], [{}])
    assert pooling.likelihood_ratio(fits, free, method="D4").p > 0
    assert sem.modification_indices(fits[0], ["cito ~~ nscct"])["mi"].notna().all()


@pytest.mark.parametrize("options", [{}, {"group": "school"}])
def test_effect_coding_is_another_way_to_write_the_same_model(options):
    frame = data("holzinger_swineford")
    marked = sem.fit(FACTORS, frame, **options)
    coded = sem.fit(FACTORS, frame, effect_coding=("intercepts", "loadings"), **options)
    for name in ("loglik", "chi2", "df", "n_parameters", "chi2_scaled", "srmr"):
        assert getattr(coded, name) == pytest.approx(getattr(marked, name), rel=SAME_RTOL), name
    one, other = (
        fit.parameters[fit.parameters["op"].isin(["=~", "~~"])]["std"] for fit in (coded, marked)
    )
    np.testing.assert_allclose(one, other, rtol=1e-6)
    loadings = coded.parameters.query("lhs == 'visual' and op == '=~'")["est"]
    assert loadings.mean() == pytest.approx(1.0, abs=1e-12)
    intercepts = coded.parameters.query("lhs in ['x1', 'x2', 'x3'] and op == '~1'")["est"]
    assert intercepts.sum() == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        ("a == a", "`a == a` is true for any values of the parameters and restricts nothing."),
        ("0 < 1", "`0 < 1` is true"),
        ("a == 2*b\n 2*b == a", "`2*b == a` follows from `a == 2*b` and restricts nothing more."),
        ("a == b\n b == n\n n == a", "`n == a` follows from `a == b` and `b == n`"),
        ("a*b - b*a == 0", "is true for any values"),
    ],
)
def test_constraint_without_effect_is_flagged(extra, sentence):
    assert any(sentence in flag for flag in fitted(PATHS + extra).flags)


REFUSED = {
    "a == 1\n a == 2": "`a == 1` and `a == 2` contradict each other",
    "a == b\n b == n\n n == a + 1": "`a == b` and `b == n` and `n == a+1` contradict",
    "a > 1\n b > 3\n a < 0.5": "`a > 1` and `a < 0.5` contradict",
    "a == b + 1\n a < 0\n b > 0": "contradict each other",
    "0 == 1": "`0 == 1` is never true",
    "a > a + 1": "is never true",
    "a == aa": "`a == aa` uses 'aa', which is no label of the model; did you mean 'a'?",
    "origin > 0": "uses 'origin', which is a variable; constraints are of labels, as in `y ~ a*x`",
    "a == (b": "`a == (b` cannot be read",
    "a) + (b == 1": "cannot be read",
    "a == b)+(n": "cannot be read",
}


@pytest.mark.parametrize("extra", REFUSED)
def test_constraint_is_refused(extra):
    with pytest.raises(ModelError) as caught:
        fitted(PATHS + extra)
    assert REFUSED[extra] in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"effect_coding": "loading"}, "effect_coding=['loading'] is unknown"),
        ({"effect_coding": "intercepts", "mean_structure": False}, "drop one of the two"),
    ],
)
def test_effect_coding_is_refused(options, message):
    with pytest.raises(ModelError) as caught:
        sem.fit(FACTORS, data("holzinger_swineford"), **options)
    assert message in str(caught.value)


def test_influence_on_constrained_estimates_adds_up_to_their_covariance():
    fit = fitted(PATHS + "a == 2*b\n o > 0")
    parts = sem.influence(fit, PUPILS, cluster="school_id")
    c = len(parts)
    np.testing.assert_allclose(c / (c - 1) * parts.T @ parts, fit.covariance, atol=1e-9)
    np.testing.assert_allclose(parts[:, 1], 2 * parts[:, 2], atol=1e-12)


def test_response_is_the_derivative_of_constrained_estimates():
    fit = fitted(PATHS + "a + b == 1")
    change, step = PUPILS["origin"].to_numpy() ** 2, 1e-4
    found = sem.response(fit, PUPILS, [{"nscct": change}])[:, 0]
    moved = [
        fitted(PATHS + "a + b == 1", PUPILS.assign(nscct=PUPILS["nscct"] + sign * step * change))
        for sign in (1, -1)
    ]
    numeric = (moved[0].parameters["est"] - moved[1].parameters["est"]) / (2 * step)
    np.testing.assert_allclose(found, numeric, rtol=1e-4, atol=1e-5)


def test_covariance_that_is_given_back_changes_nothing():
    fit = fitted(PATHS + "a == 2*b")
    again = sem.with_covariance(fit, fit.covariance)
    np.testing.assert_allclose(again.core.covariance, fit.core.covariance, atol=1e-12)
    pd.testing.assert_frame_equal(sem.effects(again, draws=0), sem.effects(fit, draws=0))


def imputed(seed: int) -> pd.DataFrame:
    noise = np.random.default_rng(seed).normal(size=len(PUPILS))
    hidden = np.arange(len(PUPILS)) % 4 == 0
    return PUPILS.assign(education_mother=PUPILS["education_mother"] + hidden * noise)


def test_constrained_fits_are_pooled_as_those_with_one_label():
    frames = [imputed(seed) for seed in range(3)]
    constrained, shared = (
        [fitted(text, frame) for frame in frames] for text in (PATHS + "a == b", SHARED)
    )
    for scale_w in (False, True):
        one, other = (pooling.pool(fits, scale_w=scale_w) for fits in (constrained, shared))
        columns = ["est", "se", "df", "riv", "fmi"]
        pd.testing.assert_frame_equal(one.parameters[columns], other.parameters[columns], rtol=1e-6)
    free = [fitted(PATHS, frame) for frame in frames]
    for method in ("D2", "D3", "D4"):
        pair = (
            pooling.likelihood_ratio(fits, free, method=method) for fits in (constrained, shared)
        )
        one, other = pair
        assert one.p == pytest.approx(other.p, rel=1e-5)
    tables = [
        pooling.modification_indices(fits, ["cito ~~ nscct"]) for fits in (constrained, shared)
    ]
    numbers = [table.select_dtypes("number") for table in tables]
    pd.testing.assert_frame_equal(*numbers, rtol=1e-5)


def test_constrained_fits_of_other_processes_are_pooled():
    fits = [fitted(PATHS + "a*b == 0.3\n o < 1", imputed(seed)) for seed in range(2)]
    sent = [pickle.loads(pickle.dumps(fit)) for fit in fits]
    pooled = pooling.pool([fits[0], sent[1]])
    pd.testing.assert_frame_equal(pooled.parameters, pooling.pool(fits).parameters)


def test_pooling_is_refused_where_a_limit_is_active_in_some_imputations():
    frames = [imputed(1), imputed(2).assign(origin=-PUPILS["origin"])]
    with pytest.raises(PoolingError, match="`o > 0` is active in 1 of 2 imputations"):
        pooling.pool([fitted(PATHS + "o > 0", frame) for frame in frames])
    pooled = pooling.pool([fitted(PATHS + "o > 0", frame) for frame in (imputed(1), imputed(2))])
    assert pooled.parameters.query("label == 'o'")[["est", "se"]].to_numpy().tolist() == [
        [0.0, 0.0]
    ]
    assert any("`o > 0` is active" in flag for flag in pooled.flags)
