"""Monte Carlo errors of pooled results, and how many imputations would make them repeatable."""

import math

import numpy as np
import pandas as pd
import pytest
from pooling_reference import RULES, TESTS, fits

from oablib import pooling
from oablib.base.errors import PoolingError
from oablib.statistics.pooling import pooled_fit

BASE = RULES["sem"]["model"]
# Differences of the same sums, taken in another order.
ROUNDING_RTOL = 1e-9


def test_error_of_an_estimate_is_the_root_of_between_by_m():
    table = pooling.pool(fits(BASE)).parameters
    np.testing.assert_allclose(table["mce"], np.sqrt(table["between"] / 5), rtol=ROUNDING_RTOL)


def test_jackknife_of_a_mean_is_its_known_error():
    values = np.random.default_rng(1).normal(size=(7, 2))
    found = pooled_fit.jackknife_error(lambda rows: values[rows].mean(axis=0), m=7)
    np.testing.assert_allclose(found, values.std(axis=0, ddof=1) / math.sqrt(7))


def test_error_of_p_is_the_jackknife_over_whole_poolings():
    own = fits(BASE)
    without = [pooling.pool([f for j, f in enumerate(own) if j != i]) for i in range(5)]
    p = np.array([pooled.parameters["p"] for pooled in without])
    expected = np.sqrt(4 / 5 * ((p - p.mean(axis=0)) ** 2).sum(axis=0))
    found = pooling.pool(own).parameters["mce_p"]
    np.testing.assert_allclose(found, expected, rtol=ROUNDING_RTOL, atol=1e-300)


def test_two_imputations_have_no_jackknife():
    table = pooling.pool(fits(BASE)[:2]).parameters
    assert table["mce_p"].isna().all()
    assert np.isfinite(table["mce"]).all()


def test_recommended_imputations_agree_with_r():
    for row in pd.DataFrame(TESTS["recommended"]).itertuples():
        found = pooled_fit.recommended_imputations(np.array([row.fmi]), m=row.m, cv=row.cv)
        assert found[0] == row.imputations


def test_recommendation_can_be_worked_by_hand():
    """logit(0.4) + 1.96 sqrt(2/20) = 0.2143: fmi may be 0.5534; 1 + (0.5534/0.05)^2/2 = 62.2."""
    assert pooled_fit.recommended_imputations(np.array([0.4]), m=20, cv=0.05) == [63]


def test_recommendation_is_made_for_each_parameter():
    table = pooling.pool(fits(BASE), cv=0.1).parameters
    most = table.loc[table["fmi"].idxmax()]
    assert most["m_recommended"] == table["m_recommended"].max()
    assert (table["m_recommended"] >= 2).all()


def test_precision_asked_for_must_be_possible():
    with pytest.raises(PoolingError, match="cv is 0; expected a fraction above 0"):
        pooling.pool(fits(BASE), cv=0)
