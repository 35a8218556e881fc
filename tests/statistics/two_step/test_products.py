"""Products and splines in both steps: columns, scale values, derivatives and draws of schools."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from lavaan_reference import REFERENCE, stored
from statsmodels.regression.linear_model import OLS

from oablib import scale_values
from oablib.protocol import codebook, models
from oablib.protocol.formed import Factor, Spline
from oablib.statistics import model_columns, two_step
from oablib.statistics.two_step import resampling, sums

# The same least squares by another route; both solve systems with condition numbers under 1e5.
SAME_REGRESSION = 1e-8
SAME_ESTIMATES = 1e-7
# Columns are linear in a scale value, so that a step of 1 leaves rounding alone.
ROUNDING = 1e-9
KNOTS = (9.5, 11.0, 11.5, 13.0)
PRODUCTS = {
    "age_squared": (Factor("age", 11.5), Factor("age", 11.5)),
    "age_x_short_stay": (Factor("age", 11.5), Factor("residence_0_5_years")),
    "mother_x_debt": (Factor("education_mother", 2.0), Factor("debt_restructuring")),
    "mother_x_origin": (Factor("education_mother"), Factor("origin", -1.0)),
}


@pytest.fixture(scope="module")
def wide(model: models.Model) -> models.Model:
    """The base model with age, its square and its curve, and products with scaled variables."""
    splines = {"age_curve": Spline("age", KNOTS)}
    terms = ("age", *PRODUCTS, *splines["age_curve"].columns("age_curve"))
    return replace(
        model,
        numeric=(*model.numeric, "age"),
        products=PRODUCTS,
        splines=splines,
        direct=(*model.direct, *terms),
        indirect=(*model.indirect, "debt_restructuring", "mother_x_debt"),
        candidates=(),
    )


@pytest.fixture(scope="module")
def children() -> pd.DataFrame:
    """3,000 children of 100 schools in which all categories are common."""
    rng = np.random.default_rng(31)
    n = 3000
    school = rng.integers(0, 100, n)
    columns = {name: rng.integers(1, 9, n) for name in ("education_father", "education_mother")}
    frame = pd.DataFrame(columns).assign(
        school_id=school.astype(str),
        wave=2013,
        origin=rng.integers(1, 9, n),
        residence_mother=rng.integers(0, 3, n),
        debt_restructuring=rng.binomial(1, 0.3, n),
        age=rng.normal(11.5, 0.8, n),
    )
    mother, debt = frame["education_mother"], frame["debt_restructuring"]
    frame["nscct"] = 100 + mother * (1 + 0.3 * debt) + 10 * rng.normal(size=n)
    frame["cito"] = 500 + 0.2 * frame["nscct"] + 0.6 * frame["education_father"]
    frame["cito"] += 0.8 * mother - 0.8 * frame["origin"] - 0.05 * mother * frame["origin"]
    frame["cito"] -= 0.3 * mother * debt + 0.7 * (frame["age"] - 11.5) ** 2
    frame["cito"] += 2 * rng.normal(size=100)[school] + 6 * rng.normal(size=n)
    return frame


def test_scale_values_are_those_beside_products_without_scaled_variables(
    children: pd.DataFrame, wide: models.Model, table: codebook.Table
) -> None:
    found = scale_values.estimate(children, model=wide, table=table)
    curve = model_columns.curvature(children["age"].to_numpy(), knots=KNOTS)
    asked = (
        "cito ~ C(education_father, Treatment(1)) + C(education_mother, Treatment(1))"
        " + C(origin, Treatment(1)) + I(residence_mother == 1) + I(residence_mother == 2)"
        " + debt_restructuring + age + I(age ** 2) + age : I(residence_mother == 1)"
        " + curve_1 + curve_2"
    )
    fit = smf.ols(asked, children.assign(curve_1=curve[:, 0], curve_2=curve[:, 1])).fit()
    values = found.table.set_index(["variable", "code"])["value"]
    references = {name: table.column(name).reference_code for name in wide.scaled}
    for name, sign in wide.scaled.items():
        by_code = {1: 0.0} | {
            code: fit.params[f"C({name}, Treatment(1))[T.{code}]"] for code in range(2, 9)
        }
        for code, slope in by_code.items():
            expected = sign * (slope - by_code[references[name]])
            assert values[name, code] == pytest.approx(expected, abs=SAME_REGRESSION)
    scaled = scale_values.apply(children, values=found.table, model=wide, table=table)
    slopes = scale_values.slopes_of_scaled(scaled, model=wide)
    assert slopes == pytest.approx(dict(wide.scaled), abs=SAME_REGRESSION)


def test_columns_of_products_are_products_of_columns(
    children: pd.DataFrame, wide: models.Model, table: codebook.Table
) -> None:
    found = scale_values.estimate(children, model=wide, table=table)
    scaled = scale_values.apply(children, values=found.table, model=wide, table=table)
    expected = {
        "age_squared": (scaled["age"] - 11.5) ** 2,
        "age_x_short_stay": (scaled["age"] - 11.5) * scaled["residence_0_5_years"],
        "mother_x_debt": (scaled["education_mother"] - 2) * scaled["debt_restructuring"],
        "mother_x_origin": scaled["education_mother"] * (scaled["origin"] + 1),
    }
    for name, column in expected.items():
        np.testing.assert_allclose(scaled[name], column, rtol=0, atol=ROUNDING)


def test_derivatives_are_those_of_the_columns(
    children: pd.DataFrame, wide: models.Model, table: codebook.Table
) -> None:
    found = scale_values.estimate(children, model=wide, table=table)
    options = {"model": wide, "table": table}
    derivatives = scale_values.derivatives(children, values=found.table, **options)
    before = scale_values.apply(children, values=found.table, **options)
    free = np.flatnonzero(found.table["se"] > 0)
    for row, moved in zip(free, derivatives, strict=True):
        changed = found.table.copy()
        changed.loc[row, "value"] += 1.0
        after = scale_values.apply(children, values=changed, **options)
        for name in wide.direct:
            slope = (after[name] - before[name]).to_numpy()
            np.testing.assert_allclose(moved.get(name, 0.0), slope, rtol=0, atol=ROUNDING)


def test_a_draw_of_schools_is_the_analysis_of_the_drawn_children(
    children: pd.DataFrame, wide: models.Model, table: codebook.Table
) -> None:
    times = np.random.default_rng(8).multinomial(100, np.full(100, 1 / 100), size=2)
    found = resampling.estimate(
        sums.products(children, model=wide, table=table), times=times.astype(float)
    )
    assert found.failed == 0
    schools = list(dict.fromkeys(children["school_id"]))
    for row, drawn in zip(found.effects.to_numpy(), times, strict=True):
        parts = [
            children[children["school_id"] == name].assign(school_id=f"{name}/{copy}")
            for name, count in zip(schools, drawn, strict=True)
            for copy in range(count)
        ]
        frame = pd.concat(parts, ignore_index=True)
        fit = two_step.fit(frame, model=wide, table=table).fit
        expected = wide.direct_rows(fit.parameters)["est"]
        np.testing.assert_allclose(row, expected, rtol=0, atol=SAME_ESTIMATES)


REFERENCE_MODEL = {
    "scaled": {"education_mother": 1},
    "dummies": {"single_parent": ("household_type", "single_parent")},
    "numeric": ("age", "household_income"),
    "school_means": {},
    "products": {
        "age_squared": (Factor("age", 11.5), Factor("age", 11.5)),
        "age_x_single": (Factor("age", 11.5), Factor("single_parent")),
        "mother_x_age": (Factor("education_mother"), Factor("age", 11.5)),
    },
}
OF_R = {
    "nscct": "nscct",
    "education_mother": "mother",
    "mother_x_age": "I(mother * (age - 11.5))",
    "age": "age",
    "age_squared": "I((age - 11.5)^2)",
    "single_parent": "single_parent",
    "age_x_single": "I((age - 11.5) * single_parent)",
}
"""Predictors by the names that lm gives them."""


def test_squares_and_splines_are_those_of_r(model: models.Model, table: codebook.Table) -> None:
    """lm and splines::ns, whose basis is another one of the same curves."""
    told = stored("formed")
    pupils = pd.read_csv(REFERENCE / "data" / "variants.csv")
    spline = Spline("household_income", tuple(told["knots"]))
    curve = spline.columns("curve")
    own = replace(
        model,
        **REFERENCE_MODEL,
        splines={"curve": spline},
        direct=(*[name for name in OF_R if name != "nscct"], "household_income", *curve),
        indirect=("education_mother",),
        candidates=(),
    )
    found = two_step.fit(pupils, model=own, table=table)
    values = found.values.table.set_index("code")["value"]
    expected = {int(code): value for code, value in told["scale_values"].items()}
    assert values.to_dict() == pytest.approx(expected, abs=SAME_REGRESSION)
    rows = own.paths_to_outcome(found.fit.parameters, of=["nscct", *own.direct])["est"]
    for name, in_r in OF_R.items():
        assert rows[name] == pytest.approx(told["effects"][in_r], abs=SAME_ESTIMATES)
    grid = np.array(told["grid"])
    columns = np.column_stack([grid, model_columns.curvature(grid, knots=spline.knots)])
    difference = columns - columns[0]
    of_curve = rows[["household_income", *curve]].to_numpy()
    assert difference @ of_curve == pytest.approx(told["curve"], abs=SAME_ESTIMATES)
    scaled = scale_values.apply(pupils, values=found.values.table, model=own, table=table)
    design = scaled[["nscct", *own.direct]].assign(constant=1.0)
    ordinary = OLS(scaled["cito"], design).fit()
    assert ordinary.llf == pytest.approx(told["log_likelihood"], abs=SAME_ESTIMATES)
    part = ordinary.cov_params().loc[["household_income", *curve], ["household_income", *curve]]
    errors = np.sqrt(np.einsum("gi,ij,gj->g", difference, part.to_numpy(), difference))
    assert errors == pytest.approx(told["curve_errors"], abs=SAME_ESTIMATES)
