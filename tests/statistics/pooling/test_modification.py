"""Pooled modification indices against semTools and lavaan, and what must hold of them."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pooling_reference import MODELS, TESTS, fits, frames
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from oablib import pooling, sem
from oablib.base.errors import ModelError, PoolingError
from oablib.statistics.pooling import modification

# Two programs at the same optimum.
OPTIMUM_RTOL = 1e-9
# A score that does not depend on what was imputed: both programs find rounding for its increase.
NOTHING = 1e-8
# Sums of numbers of very different size, as hypothesis likes them.
SUMS_RTOL = 1e-7

STORED = TESTS["sem"]["scores"]
CANDIDATES = [f"nscct ~ {' + '.join(t.split(' ~ ')[1] for t in case['terms'])}" for case in STORED]
FOUR = ("d2", "d2_robust", "d1", "d1_robust")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pooling.modification_indices(fits("small"), CANDIDATES)


def assert_close(found, expected, *, rtol):
    assert found == pytest.approx(expected, rel=rtol, abs=NOTHING)


@pytest.mark.parametrize("number", range(len(STORED)), ids=CANDIDATES)
@pytest.mark.parametrize("statistic", ["d1", "d2"])
def test_pooled_scores_agree_with_semtools(table, number, statistic):
    row, expected = table.iloc[number], STORED[number][statistic]
    assert_close(row[statistic], expected["F"], rtol=OPTIMUM_RTOL)
    assert_close(row[f"riv_{statistic}"], expected["ariv"], rtol=OPTIMUM_RTOL)
    assert_close(1 / row[f"df2_{statistic}"], 1 / expected["df2"], rtol=OPTIMUM_RTOL)
    assert_close(row[f"p_{statistic}"], expected["p.value"], rtol=OPTIMUM_RTOL)
    assert row["df"] == expected["df1"]


def test_mean_index_is_the_mean_of_lavaans(table):
    for row, case in zip(table.itertuples(), STORED, strict=True):
        assert_close(row.mi_mean, np.mean(case["mi"]), rtol=OPTIMUM_RTOL)


def test_expected_changes_agree_with_semtools(table):
    semtools = pd.DataFrame(TESTS["sem"]["modindices"]).set_index("rhs")
    for row in table[table["df"] == 1].itertuples():
        expected = semtools.loc[row.rhs]
        assert_close(row.d2, expected["mi"], rtol=OPTIMUM_RTOL)
        assert_close(row.epc, expected["epc"], rtol=OPTIMUM_RTOL)
        assert_close(row.sepc, expected["sepc.all"], rtol=OPTIMUM_RTOL)
    assert table.loc[table["df"] == 2, ["epc", "sepc"]].isna().all(axis=None)


def test_robust_d2_pools_the_robust_indices():
    own = fits("small", cluster="school_id")
    table = pooling.modification_indices(own, CANDIDATES)
    indices = [sem.modification_indices(fit, CANDIDATES) for fit in own]
    for number, row in table.iterrows():
        expected = pooling.d2([each["mi_robust"].iloc[number] for each in indices], row["df"])
        assert_close(row["d2_robust"], expected.statistic, rtol=OPTIMUM_RTOL)
        assert_close(row["p"], expected.p, rtol=OPTIMUM_RTOL)
        mean = np.mean([each["mi"].iloc[number] for each in indices])
        assert_close(row["mi_mean"], mean, rtol=OPTIMUM_RTOL)


def test_robust_d1_takes_the_meat():
    own = fits("small", cluster="school_id")
    (row,) = pooling.modification_indices(own, CANDIDATES[:1]).to_dict("records")
    tests = [sem.score_tests(fit, CANDIDATES[:1])[0] for fit in own]
    score = np.array([test.score[0] for test in tests])
    total = np.mean([test.meat[0, 0] for test in tests]) + 6 / 5 * score.var(ddof=1)
    assert row["d1_robust"] == pytest.approx(score.mean() ** 2 / total, rel=OPTIMUM_RTOL)


@pytest.mark.parametrize("test", ["D1", "D2"])
@pytest.mark.parametrize("robust", [True, False])
def test_the_chosen_test_gives_p(test, robust):
    table = pooling.modification_indices(fits("small"), CANDIDATES, test=test, robust=robust)
    name = test.lower() + ("_robust" if robust else "")
    for field in ("riv", "df2", "p"):
        np.testing.assert_array_equal(table[field], table[f"{field}_{name}"])
    np.testing.assert_allclose(table["p_holm"], multipletests(table["p"], method="holm")[1])
    np.testing.assert_allclose(table["p_bh"], false_discovery_control(table["p"]))


def test_without_candidates_all_that_the_model_leaves_out_is_tested():
    table = pooling.modification_indices(fits("small"))
    found = set(table["lhs"] + " " + table["op"] + " " + table["rhs"])
    assert "nscct ~ origin" in found
    # The data cannot tell it from `cito ~ nscct`.
    assert "cito ~~ nscct" not in found
    backward = table[(table["lhs"] == "education_father") & (table["rhs"] == "cito")]
    assert backward["reverse_path"].all() and len(backward) == 1
    assert not table.loc[table["rhs"] == "origin", "reverse_path"].iloc[0]


def test_order_of_imputations_changes_nothing(table):
    other = pooling.modification_indices(fits("small")[::-1], CANDIDATES)
    pd.testing.assert_frame_equal(table, other, rtol=1e-9)


def test_units_change_the_expected_change_only(table):
    scaled = [
        sem.fit(MODELS["small"], frame.assign(education_mother=100 * frame["education_mother"]))
        for frame in frames()
    ]
    other = pooling.modification_indices(scaled, CANDIDATES)
    same = [*FOUR, "mi_mean", "sepc", "p", "p_d1"]
    pd.testing.assert_frame_equal(table[same], other[same], rtol=1e-7)
    assert other["epc"][0] == pytest.approx(table["epc"][0] / 100)


def test_groups_have_rows_of_their_own():
    own = fits("small", group="wave")
    table = pooling.modification_indices(own, CANDIDATES[:1])
    assert list(table["group"]) == ["1", "2"]
    assert list(table)[:4] == ["lhs", "op", "rhs", "group"]


def test_one_imputation_is_not_tested():
    table = pooling.modification_indices(fits("small")[:1], CANDIDATES)
    assert table[[*FOUR, "p", "p_holm", "p_bh"]].isna().all(axis=None)
    assert table["reason"].str.startswith("m = 1").all()
    expected = sem.modification_indices(fits("small")[0], CANDIDATES)
    np.testing.assert_allclose(table["mi_mean"], expected["mi"])


def test_equal_imputations_give_the_test_of_one():
    one = sem.modification_indices(fits("small")[0], CANDIDATES)
    table = pooling.modification_indices([fits("small")[0]] * 3, CANDIDATES)
    np.testing.assert_allclose(table["d2"] * table["df"], one["mi"])
    np.testing.assert_allclose(table["d1_robust"] * table["df"], one["mi_robust"])
    np.testing.assert_allclose(table["p"], one["p"])
    assert not table["riv"].any()
    assert table["reason"].str.startswith("All imputations gave the same").all()


def test_groups_that_share_nothing_add_up():
    """One test of a candidate in both waves: the scores of each, side by side."""
    both = fits("small", group="wave")
    over = pooling.modification_indices(both, CANDIDATES[:1], over_groups=True).iloc[0]
    each = pooling.modification_indices(both, CANDIDATES[:1])
    assert over["df"] == 2 and "group" not in over
    assert over["mi_mean"] == pytest.approx(each["mi_mean"].sum())
    scores = [sem.score_tests(fit, CANDIDATES[:1], over_groups=True)[0] for fit in both]
    expected = pooling.d2([test.mi_robust for test in scores], 2)
    assert over["d2_robust"] == pytest.approx(expected.statistic)
    assert over["p"] == pytest.approx(expected.p)


def test_what_one_imputation_cannot_tell_is_not_tested(monkeypatch):
    """One imputation in which the second candidate has no information left."""
    own, original = fits("small"), sem.score_tests

    def blind(fit, candidates, **options):
        first, second = original(fit, candidates, **options)
        if fit is own[2]:
            second = replace(second, information=np.full((1, 1), math.nan))
        return first, second

    monkeypatch.setattr(sem, "score_tests", blind)
    table = pooling.modification_indices(own, CANDIDATES[:2])
    assert np.isfinite(table["p"][0]) and math.isnan(table["p"][1])
    assert table["p_holm"][0] == table["p"][0]
    assert table["reason"][1] == "Not identified in every imputation."


def test_what_cannot_be_tested_is_refused():
    with pytest.raises(PoolingError, match="test='D3' is unknown"):
        pooling.modification_indices(fits("small"), test="D3")
    with pytest.raises(PoolingError, match="No fits to pool"):
        pooling.modification_indices([])
    with pytest.raises(ModelError):
        pooling.modification_indices(fits("small"), ["nscct ~ nobody"])


SCORES = arrays.arrays(float, (5, 2), elements=st.floats(-100, 100))
ROOTS = arrays.arrays(float, (5, 2, 2), elements=st.floats(-5, 5))


@given(SCORES, ROOTS, st.permutations(range(5)))
def test_score_test_is_invariant_to_order_and_units(scores, roots, order):
    cube = roots @ roots.transpose(0, 2, 1) + np.eye(2)
    mix = np.array([[3.0, 0.0], [1.0, -0.1]])
    one = modification.score_d1(scores, cube)
    other = modification.score_d1(scores[order] @ mix.T, mix @ cube[order] @ mix.T)
    assert other.statistic == pytest.approx(one.statistic, rel=SUMS_RTOL, abs=1e-10)
    assert other.riv == pytest.approx(one.riv, rel=SUMS_RTOL, abs=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_corrections_agree_with_statsmodels(seed):
    p = np.random.default_rng(seed).beta(0.4, 2, size=8).round(2)
    np.testing.assert_allclose(modification.holm(p), multipletests(p, method="holm")[1])
    np.testing.assert_allclose(
        modification.benjamini_hochberg(p), multipletests(p, method="fdr_bh")[1]
    )


def test_corrections_leave_out_what_was_not_tested():
    p = np.array([0.01, math.nan, 0.04])
    np.testing.assert_allclose(modification.holm(p), [0.02, math.nan, 0.04])
    np.testing.assert_allclose(modification.benjamini_hochberg(p), [0.02, math.nan, 0.04])
