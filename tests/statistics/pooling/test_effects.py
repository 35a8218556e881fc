"""Pooled explained variance against mice, and pooled effects."""

import math
from dataclasses import replace

import numpy as np
import pytest
from pooling_reference import TESTS, fits

from oablib import pooling
from oablib.base.errors import PoolingError
from oablib.statistics.pooling import explained
from oablib.statistics.sem import effects

# Regressions by two programs.
MICE_RTOL = 1e-9
# mice takes 1.96 for the quantile of the normal distribution.
QUANTILE_ATOL = 1e-5
ROUNDING_RTOL = 1e-9

# In both models the equation has the R2 of its regression.
MODELS = {"cito": "large", "nscct": "nscct ~ education_mother"}
MEDIATION = "cito ~ nscct + education_mother\nnscct ~ education_mother + education_father"


@pytest.mark.parametrize("variable", MODELS)
@pytest.mark.parametrize("measure", ["r2", "r2_adjusted"])
def test_explained_variance_agrees_with_mice(variable, measure):
    stored = TESTS["r_squared"][variable]
    table = pooling.r2(fits(MODELS[variable])).set_index(["variable", "measure"])
    row, mice = table.loc[(variable, measure)], stored["pooled"][measure]
    assert row["mean"] == pytest.approx(np.mean(stored[measure]), rel=MICE_RTOL)
    assert row["fisher_z"] == pytest.approx(mice["est"], rel=MICE_RTOL)
    assert row["fmi"] == pytest.approx(mice["fmi"], rel=1e-7)
    assert row["ci_lower"] == pytest.approx(mice["lower"], abs=QUANTILE_ATOL)
    assert row["ci_upper"] == pytest.approx(mice["upper"], abs=QUANTILE_ATOL)
    assert row["reason"] == ""


def test_interval_does_not_turn_round_at_zero():
    found = explained.fisher_z(np.array([0.001, 0.002]), n=100)
    assert found["ci_lower"] == 0
    assert found["ci_upper"] > found["fisher_z"] > 0


def test_negative_adjusted_values_keep_their_sign():
    one = fits("small")[0]
    values = (-0.01, 0.01, -0.04)
    own = [replace(one, r2_adjusted={"cito": value, "nscct": 0.5}) for value in values]
    table = pooling.r2(own).set_index(["variable", "measure"])
    row = table.loc[("cito", "r2_adjusted")]
    z = np.arctanh([-0.1, 0.1, -0.2]).mean()
    assert row["fisher_z"] == pytest.approx(-(math.tanh(z) ** 2))
    assert row["ci_lower"] < row["fisher_z"] < row["ci_upper"]
    assert row["reason"] == "2 of 3 values are negative."


def test_impossible_values_are_not_transformed():
    own = [replace(fits("small")[0], r2={"cito": 1.0, "nscct": 0.5})] * 2
    row = pooling.r2(own).iloc[0]
    assert math.isnan(row["fisher_z"])
    assert row["reason"] == "2 of 2 values are not below 1."


def test_groups_take_their_own_number_of_rows():
    table = pooling.r2(fits(MEDIATION, group="wave"))
    assert set(table["variable"]) == {"cito.1", "nscct.1", "cito.2", "nscct.2"}
    whole = pooling.r2(fits(MEDIATION))
    width = (table["ci_upper"] - table["ci_lower"]).mean()
    assert width > (whole["ci_upper"] - whole["ci_lower"]).mean()


def test_one_imputation_says_so():
    table = pooling.r2(fits("small")[:1])
    assert table["reason"].str.startswith("m = 1").all()
    np.testing.assert_allclose(table["fisher_z"], table["mean"])


def test_direct_effects_are_the_paths():
    own = fits(MEDIATION, cluster="school_id")
    paths = pooling.pool(own).parameters.query("op == '~'").set_index(["lhs", "rhs"])
    table = pooling.effects(own).query("effect == 'direct'").set_index(["lhs", "rhs"])
    same = ["est", "se", "t", "df", "p", "ci_lower", "ci_upper", "riv", "fmi", "std"]
    for address, row in table.iterrows():
        np.testing.assert_allclose(
            row[same].astype(float), paths.loc[address, same].astype(float), rtol=ROUNDING_RTOL
        )


def test_effects_are_pooled_by_rubins_rules():
    own = fits(MEDIATION)
    single = [effects(fit) for fit in own]
    table = pooling.effects(own)
    columns = "lhs rhs effect est se t df p ci_lower ci_upper riv fmi std std_se"
    assert list(table) == columns.split()
    df_complete = own[0].n - own[0].n_parameters
    for est, se in (("est", "se"), ("std", "std_se")):
        expected = pooling.rubin(
            [each[est] for each in single],
            [each[se] ** 2 for each in single],
            df_complete=df_complete,
        )
        np.testing.assert_allclose(table[est], expected.est)
        np.testing.assert_allclose(table[se], expected.se)


def test_total_effect_is_direct_plus_indirect():
    table = pooling.effects(fits(MEDIATION)).query("lhs == 'cito' and rhs == 'education_mother'")
    both = table.set_index("effect")["est"]
    assert both["total"] == pytest.approx(both["direct"] + both["indirect"])


def test_fixed_effects_have_no_test():
    text = "cito ~ nscct + 0.5*education_mother\nnscct ~ education_father"
    table = pooling.effects(fits(text)).set_index(["lhs", "rhs", "effect"])
    row = table.loc[("cito", "education_mother", "direct")]
    assert (row["est"], row["se"]) == (0.5, 0)
    assert row[["t", "df", "p", "ci_lower", "riv", "fmi"]].isna().all()


def test_fits_that_do_not_belong_together_are_refused():
    for function in (pooling.r2, pooling.effects):
        with pytest.raises(PoolingError, match="No fits to pool"):
            function([])
        with pytest.raises(PoolingError, match="2 different parameters"):
            function([fits("small")[0], fits("middle")[1]])
