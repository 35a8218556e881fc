"""semopy beside oablib.sem: where both fit a model they agree, and nothing in semopy stops us."""

import numpy as np
import pandas as pd
import pytest
from lavaan_cases import HOLZINGER, ONE_GROUP
from lavaan_reference import Case, data, stored

from oablib import sem
from oablib.base.errors import ModelError
from oablib.report import base_model

# semopy stops when the discrepancy changes by less than 1e-12: a few 1e-5 standard errors short.
SEMOPY_TOLERANCE_SE = 1e-4
BASE = next(case for case in ONE_GROUP if case.name == "base_model-cluster")
# semopy ends on the bound of a variance, where the likelihood is far below the optimum.
STUCK = {"base_model-instruments"}
# A free first loading, restricted means, and a variable that stands in no equation.
NOT_FOR_SEMOPY = {
    "latent-unit_variance", "latent-texts/outside_equations", "latent-texts/latent_mean",
    "latent-texts/fixed_mean", "labels-texts/equal_variances", "labels-texts/fixed",
}  # fmt: skip


@pytest.mark.parametrize("case", ONE_GROUP, ids=lambda case: case.name)
def test_semopy_stands_where_we_stand(case):
    fit = case.fit()
    found = sem.semopy_estimates(fit)
    pd.testing.assert_frame_equal(
        found[["lhs", "op", "rhs", "est"]], fit.parameters[["lhs", "op", "rhs", "est"]]
    )
    if case.name in NOT_FOR_SEMOPY:
        assert found[["semopy", "distance"]].isna().all(axis=None)
    else:
        estimated = found["op"].isin(["~", "=~"]) & (fit.parameters["se"] > 0)
        assert found.loc[estimated, "distance"].notna().all()
        assert (found["distance"].max() < SEMOPY_TOLERANCE_SE) == (case.name not in STUCK)


def test_what_semopy_does_not_estimate_is_nan():
    found = sem.semopy_estimates(BASE.fit())
    exogenous = ~found["lhs"].isin(["cito", "nscct"])
    assert found.loc[(found["op"] == "~1") | exogenous, "semopy"].isna().all()
    assert found["semopy"].notna().sum() == 10 + 2
    assert (found["distance"].isna() == found["semopy"].isna()).all()


def test_distance_counts_in_our_standard_errors():
    fit = BASE.fit()
    found = sem.semopy_estimates(fit)
    expected = (found["semopy"] - found["est"]).abs() / fit.parameters["se"]
    np.testing.assert_array_equal(found["distance"], expected)


def test_fixed_and_defined_rows_are_not_semopys():
    found = sem.semopy_estimates(Case("labels", "texts/mediation", "mediation").fit())
    assert found.loc[found["op"] == ":=", "semopy"].isna().all()
    latent = sem.semopy_estimates(Case("latent", "three_factors", "three_factors", HOLZINGER).fit())
    markers = latent.query("op == '=~' and rhs in ['x1', 'x4', 'x7']")
    assert markers["est"].eq(1).all()
    assert markers["semopy"].isna().all()


def test_failing_semopy_leaves_nan(monkeypatch):
    fit = BASE.fit()
    monkeypatch.setattr("semopy.Model.fit", lambda *_, **__: 1 / 0)
    assert sem.semopy_estimates(fit)[["semopy", "distance"]].isna().all(axis=None)
    assert base_model.optimum([fit])["semopy_distance"].isna().all()


def test_fit_needs_no_estimate_of_semopy(monkeypatch):
    monkeypatch.setattr("semopy.Model.__init__", lambda *_, **__: 1 / 0)
    model = stored("base_model")["instruments_model"]
    assert sem.fit(model, data("base_model"), cluster="school_id").converged


def test_several_groups_are_refused():
    fit = sem.fit(BASE.model, data("base_model"), group="wave")
    with pytest.raises(ModelError, match="has 2 groups and semopy fits one"):
        sem.semopy_estimates(fit)


def test_optimum_has_one_row_per_imputation():
    fits = [BASE.fit(), BASE.fit()]
    table = base_model.optimum(fits)
    assert list(table) == ["imputation", "gradient", "semopy_distance"]
    assert table["imputation"].tolist() == [1, 2]
    assert table["semopy_distance"].between(0, SEMOPY_TOLERANCE_SE).all()
    assert (table["gradient"] == fits[0].gradient_norm).all()
