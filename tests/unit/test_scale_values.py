"""Scale values are the coefficients of a regression on dummies, and have slope 1 afterwards."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from oablib import codebook, models, scale_values
from oablib.errors import EstimationError
from oablib.scale_values import ScaleValues

# The same least squares by another route; both solve systems with condition numbers under 1e4.
SAME_REGRESSION = 1e-9
SLOPE_IS_EXACT = 1e-9


@pytest.fixture(scope="module")
def model() -> models.Model:
    return models.load("base")


@pytest.fixture(scope="module")
def table() -> codebook.Table:
    return codebook.load().table("cohort")


@pytest.fixture(scope="module")
def children() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    n = 3000
    frame = pd.DataFrame(
        {
            "school_id": rng.integers(0, 120, n).astype(str),
            "education_father": rng.integers(1, 9, n).astype(float),
            "education_mother": rng.integers(1, 9, n).astype(float),
            "origin": rng.choice(np.arange(1, 9), n, p=[0.65] + [0.05] * 7),
            "residence_mother": rng.choice([0, 1, 2], n, p=[0.9, 0.03, 0.07]),
            "debt_restructuring": rng.binomial(1, 0.03, n),
            "nscct": rng.normal(size=n),
        }
    )
    effect = 0.7 * frame["education_mother"] + 0.3 * frame["education_father"] ** 1.2
    frame["cito"] = 530 + effect - 0.5 * frame["origin"] + 5 * frame["nscct"]
    frame["cito"] += 6 * rng.normal(size=n)
    return frame


@pytest.fixture(scope="module")
def values(children: pd.DataFrame, model: models.Model, table: codebook.Table) -> ScaleValues:
    return scale_values.estimate(children, model=model, table=table)


def test_values_and_errors_are_those_of_a_dummy_regression(
    children: pd.DataFrame, values: ScaleValues
) -> None:
    formula = (
        "cito ~ C(education_father, Treatment(4)) + C(education_mother, Treatment(4))"
        " + C(origin, Treatment(1)) + C(residence_mother) + debt_restructuring"
    )
    groups = pd.factorize(children["school_id"])[0]
    fit = smf.ols(formula, children).fit(cov_type="cluster", cov_kwds={"groups": groups})
    free = values.table[values.table["se"] > 0]
    sign = np.where(free["variable"] == "origin", -1, 1)
    theirs = fit.params.filter(like="Treatment").to_numpy()
    assert free["value"].to_numpy() * sign == pytest.approx(theirs, abs=SAME_REGRESSION)
    errors = fit.bse.filter(like="Treatment").to_numpy()
    assert free["se"].to_numpy() == pytest.approx(errors, rel=SAME_REGRESSION)


def test_reference_categories_are_zero(values: ScaleValues) -> None:
    references = values.table[values.table["se"] == 0]
    assert list(references["category"]) == ["mbo2_mbo3", "mbo2_mbo3", "nederland"]
    assert (references["value"] == 0).all()


def test_slopes_of_the_scaled_variables_are_one(
    children: pd.DataFrame, values: ScaleValues, model: models.Model, table: codebook.Table
) -> None:
    scaled = scale_values.apply(children, values=values.table, model=model, table=table)
    slopes = scale_values.slopes_of_scaled(scaled, model=model)
    assert slopes == pytest.approx(dict(model.scaled), abs=SLOPE_IS_EXACT)


def test_school_mean_is_the_mean_of_the_mothers_values(
    children: pd.DataFrame, values: ScaleValues, model: models.Model, table: codebook.Table
) -> None:
    scaled = scale_values.apply(children, values=values.table, model=model, table=table)
    school = scaled["school_id"] == scaled["school_id"].iloc[0]
    expected = scaled.loc[school, "education_mother"].sum() / school.sum()
    assert scaled["school_mean_education_mother"].iloc[0] == pytest.approx(expected)


def test_order_of_rows_does_not_matter(
    children: pd.DataFrame, values: ScaleValues, model: models.Model, table: codebook.Table
) -> None:
    mixed = children.sample(frac=1, random_state=3)
    again = scale_values.estimate(mixed, model=model, table=table).table
    assert again["value"].to_numpy() == pytest.approx(
        values.table["value"].to_numpy(), abs=SAME_REGRESSION
    )


def test_a_category_with_too_few_children_is_named(
    children: pd.DataFrame, model: models.Model, table: codebook.Table
) -> None:
    few = children[(children["origin"] != 5) | (children.index < 40)]
    with pytest.raises(EstimationError, match="oost_azie"):
        scale_values.estimate(few, model=model, table=table)


def test_a_constant_predictor_is_named(
    children: pd.DataFrame, model: models.Model, table: codebook.Table
) -> None:
    with pytest.raises(EstimationError, match="debt_restructuring"):
        scale_values.estimate(children.assign(debt_restructuring=0), model=model, table=table)
