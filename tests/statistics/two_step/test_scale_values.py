"""Scale values are the coefficients of a regression on dummies, and have slope 1 afterwards."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from oablib import scale_values
from oablib.base.errors import EstimationError, ParameterError
from oablib.protocol import codebook, models
from oablib.statistics import model_columns
from oablib.statistics.two_step.scale_values import ScaleValues

# The same least squares by another route; both solve systems with condition numbers under 1e4.
SAME_REGRESSION = 1e-9
SLOPE_IS_EXACT = 1e-9
# Central differences of a weighted mean with this step leave its square.
STEP, DERIVATIVE = 1e-3, 1e-6


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


@pytest.fixture(scope="module")
def weights(children: pd.DataFrame) -> np.ndarray:
    return np.random.default_rng(2).uniform(0.5, 4.0, len(children))


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_values_and_errors_are_those_of_a_dummy_regression(
    children: pd.DataFrame,
    model: models.Model,
    table: codebook.Table,
    weights: np.ndarray,
    weighted: bool,
) -> None:
    formula = (
        "cito ~ C(education_father, Treatment(4)) + C(education_mother, Treatment(4))"
        " + C(origin, Treatment(1)) + C(residence_mother) + debt_restructuring"
    )
    groups = pd.factorize(children["school_id"])[0]
    given = weights if weighted else None
    regression = smf.wls(
        formula, children, weights=np.ones(len(children)) if given is None else given
    )
    fit = regression.fit(cov_type="cluster", cov_kwds={"groups": groups})
    values = scale_values.estimate(children, model=model, table=table, weights=given)
    free = values.table[values.table["se"] > 0]
    sign = np.where(free["variable"] == "origin", -1, 1)
    theirs = fit.params.filter(like="Treatment")
    assert free["value"].to_numpy() * sign == pytest.approx(theirs.to_numpy(), abs=SAME_REGRESSION)
    covariance = fit.cov_params().loc[theirs.index, theirs.index] * np.outer(sign, sign)
    assert values.covariance == pytest.approx(covariance.to_numpy(), abs=SAME_REGRESSION)
    errors = fit.bse[theirs.index].to_numpy()
    assert free["se"].to_numpy() == pytest.approx(errors, rel=SAME_REGRESSION)


def test_influence_is_what_a_school_adds(
    children: pd.DataFrame, values: ScaleValues, model: models.Model, table: codebook.Table
) -> None:
    """A slightly higher weight of one school moves the values along its influence."""
    first = (children["school_id"] == children["school_id"].iloc[0]).to_numpy()
    options = {"model": model, "table": table}
    up, down = (
        scale_values.estimate(children, weights=1 + sign * STEP * first, **options).table["value"]
        for sign in (1, -1)
    )
    free = values.table["se"] > 0
    slope = (up - down)[free].to_numpy() / (2 * STEP)
    assert values.influence[0] == pytest.approx(slope, abs=DERIVATIVE)
    assert values.influence.sum(axis=0) == pytest.approx(0, abs=SAME_REGRESSION)


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_derivatives_are_those_of_the_columns(
    children: pd.DataFrame,
    values: ScaleValues,
    model: models.Model,
    table: codebook.Table,
    weights: np.ndarray,
    weighted: bool,
) -> None:
    options = {"model": model, "table": table, "weights": weights if weighted else None}
    derivatives = scale_values.derivatives(children, values=values.table, **options)
    free = np.flatnonzero(values.table["se"] > 0)
    assert len(derivatives) == len(free) == values.influence.shape[1]
    before = scale_values.apply(children, values=values.table, **options)
    for row, moved in zip(free, derivatives, strict=True):
        changed = values.table.copy()
        changed.loc[row, "value"] += 1.0  # columns are linear in the values: any step will do
        after = scale_values.apply(children, values=changed, **options)
        for name in model.direct:
            difference = (after[name] - before[name]).to_numpy()
            assert difference == pytest.approx(moved.get(name, 0.0), abs=SAME_REGRESSION)


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


def test_weighted_school_mean_is_the_weighted_mean(
    children: pd.DataFrame,
    values: ScaleValues,
    model: models.Model,
    table: codebook.Table,
    weights: np.ndarray,
) -> None:
    options = {"values": values.table, "model": model, "table": table}
    scaled = scale_values.apply(children, weights=weights, **options)
    school = (scaled["school_id"] == scaled["school_id"].iloc[7]).to_numpy()
    expected = np.average(scaled.loc[school, "education_mother"], weights=weights[school])
    assert scaled["school_mean_education_mother"].iloc[7] == pytest.approx(expected)


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


def test_children_without_school_and_a_single_school_are_refused(
    children: pd.DataFrame, model: models.Model, table: codebook.Table
) -> None:
    absent = children.assign(school_id=children["school_id"].where(children.index > 2))
    with pytest.raises(EstimationError, match="3 children have no school_id"):
        scale_values.estimate(absent, model=model, table=table)
    with pytest.raises(EstimationError, match="one school"):
        scale_values.estimate(children.assign(school_id="a"), model=model, table=table)


@pytest.mark.parametrize("weights", [np.ones(7), np.zeros(3000), np.full(3000, np.nan)])
def test_unfit_weights_are_refused(
    children: pd.DataFrame, model: models.Model, table: codebook.Table, weights: np.ndarray
) -> None:
    with pytest.raises(EstimationError, match="one positive weight for each of 3000"):
        scale_values.estimate(children, model=model, table=table, weights=weights)


def test_a_value_set_by_hand_is_kept_and_the_others_follow(
    children: pd.DataFrame, model: models.Model, table: codebook.Table
) -> None:
    """The same regression by statsmodels, the fixed category's points taken off beforehand."""
    fixed = replace(model, fixed_values={"origin": {"eu15_ontwikkeld": 4.0}})
    found = scale_values.estimate(children, model=fixed, table=table).table
    code = table.column("origin").code("eu15_ontwikkeld")
    row = found[(found["variable"] == "origin") & (found["code"] == code)].iloc[0]
    assert (row["value"], row["se"]) == (4.0, 0.0)
    numbers = model_columns.plain(children, model=model, table=table)
    reduced = children.assign(**numbers, rest=children["cito"] + 4.0 * (children["origin"] == code))
    terms = ["rest ~ 1", *numbers]
    free = found[found["se"] > 0]
    pairs = free[["variable", "code"]].itertuples(index=False)
    terms += [f"I(1.0 * ({name} == {code}))" for name, code in pairs]
    fit = smf.ols(" + ".join(terms), reduced).fit()
    sign = free["variable"].map(model.scaled)
    expected = fit.params.filter(like="I(1.0").to_numpy() * sign
    np.testing.assert_allclose(free["value"], expected, rtol=0, atol=SAME_REGRESSION)


def test_fixing_a_value_where_it_was_estimated_changes_no_other(
    children: pd.DataFrame, values: ScaleValues, model: models.Model, table: codebook.Table
) -> None:
    row = values.table.set_index(["variable", "category"]).loc[("education_mother", "vmbo_bk_mbo1")]
    fixed = replace(model, fixed_values={"education_mother": {"vmbo_bk_mbo1": row["value"]}})
    found = scale_values.estimate(children, model=fixed, table=table).table
    np.testing.assert_allclose(found["value"], values.table["value"], atol=SAME_REGRESSION)


def test_a_fixed_category_that_does_not_exist_is_refused(
    children: pd.DataFrame, model: models.Model, table: codebook.Table
) -> None:
    fixed = replace(model, fixed_values={"origin": {"atlantis": 4.0}})
    with pytest.raises(ParameterError, match="atlantis"):
        scale_values.estimate(children, model=fixed, table=table)
