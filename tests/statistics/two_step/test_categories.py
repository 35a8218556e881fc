"""Tests of categories against regressions row by row, and how often they are wrong."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api
from scipy.stats import binom, f

from oablib import pooling, synthetic
from oablib.base.errors import EstimationError
from oablib.protocol import codebook, models
from oablib.protocol.formed import Factor
from oablib.statistics import two_step
from oablib.statistics.two_step import categories
from oablib.statistics.two_step.categories import Rules, equations
from oablib.statistics.two_step.sums import products as products_of
from tests.measured.true_education import true_education

# The same sums in another order, through normal equations instead of rows.
ROUNDING = 1e-8
# Central differences with a weight of STEP leave STEP squared of the second derivative.
STEP, DERIVATIVE_RTOL = 1e-4, 1e-5
RULES = Rules(source="here", level=0.05, weak_below=10.0)
SHUFFLES, LEVEL = 60, 0.05
UNLIKELY = 1e-3  # chance of a right test to fall outside the bounds, on either side
OTHERS = ["ses", "minority", "sex", "repeated_grades"]


def table_of(levels: int) -> codebook.Table:
    """The table of Snijders and Bosker's pupils, with as many denominations."""
    table = codebook.load("codebook_snijders_bosker").table("cohort")
    column = table.column("denomination")
    first = column.categories[0]
    made = tuple(replace(first, code=code, key=f"c{code}") for code in range(1, levels + 1))
    other = replace(column, categories=made, reference="c1")
    columns = [other if each.key == "denomination" else each for each in table.columns]
    return replace(table, columns=tuple(columns))


def pupils(rng: np.random.Generator, *, schools: int, levels: int, effect: float) -> pd.DataFrame:
    """Ten pupils a school; a denomination does `effect` points for each step of its code.

    The last denominations have few schools.
    """
    school = np.repeat(np.arange(schools), 10)
    frame = pd.DataFrame({"school_id": school.astype(str)})
    for name in (*OTHERS, "iq_verb"):
        frame[name] = 0.5 * rng.normal(size=schools)[school] + rng.normal(size=len(school))
    shares = 0.7 ** np.arange(levels)
    counts = np.maximum((schools * shares / shares.sum()).astype(int), 3)
    counts[0] += schools - counts.sum()
    frame["denomination"] = rng.permutation(np.repeat(np.arange(1, levels + 1), counts))[school]
    frame["lang_post"] = frame["iq_verb"] + frame["ses"] + effect * frame["denomination"]
    frame["lang_post"] += rng.normal(size=schools)[school] + 2 * rng.normal(size=len(school))
    return frame


@pytest.fixture(scope="module")
def schools_model() -> models.Model:
    return models.load("snijders_bosker")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return pupils(np.random.default_rng(5), schools=60, levels=4, effect=1.0)


@pytest.fixture(scope="module")
def children() -> pd.DataFrame:
    return true_education(synthetic.draw(n=1200, seed=1))


def row_by_row(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Indicators of denominations, and the other predictors of the language test."""
    dummies = pd.get_dummies(frame["denomination"], dtype=float).drop(columns=1)
    means = frame.groupby("school_id")["ses"].transform("mean")
    others = frame[["iq_verb", *OTHERS]].assign(mean=means, const=1.0)
    return dummies, others


def test_effects_and_errors_are_those_of_a_regression_on_indicators(
    frame: pd.DataFrame, schools_model: models.Model
) -> None:
    found = categories.tests_of_categories([frame], model=schools_model, table=table_of(4))
    dummies, others = row_by_row(frame)
    design = dummies.rename(columns=str).join(others)
    codes = pd.factorize(frame["school_id"])[0]
    fit = statsmodels.api.OLS(frame["lang_post"], design).fit(
        cov_type="cluster", cov_kwds={"groups": codes}, use_t=True
    )
    rows = found.effects.iloc[1:]
    assert rows["value"].to_numpy() == pytest.approx(fit.params.iloc[:3], rel=ROUNDING)
    assert rows["se"].to_numpy() == pytest.approx(fit.bse.iloc[:3], rel=ROUNDING)
    bounds = fit.conf_int().iloc[:3].to_numpy()
    assert rows[["ci_lower", "ci_upper"]].to_numpy() == pytest.approx(bounds, rel=ROUNDING)
    assert found.effects.iloc[0][["value", "se", "ci_lower", "ci_upper"]].tolist() == [0.0] * 4
    assert rows["n"].tolist() == frame["denomination"].value_counts().loc[2:].tolist()
    values = two_step.scale_values.estimate(frame, model=schools_model, table=table_of(4))
    line = statsmodels.api.OLS(
        frame["lang_post"],
        others.assign(scale=frame["denomination"].map(values.table.set_index("code")["value"])),
    ).fit()
    on_line = line.params["scale"] * values.table["value"].to_numpy()
    assert found.effects["on_line"].to_numpy() == pytest.approx(on_line, rel=ROUNDING)


def test_the_joint_test_is_the_robust_score_test(
    frame: pd.DataFrame, schools_model: models.Model
) -> None:
    """Residuals without the denominations, times what the others leave of each indicator."""
    (found,) = categories.tests_of_categories([frame], model=schools_model, table=table_of(4)).tests
    dummies, others = row_by_row(frame)
    for test, rest in ((found.joint, others), (found.total, others[["const", *OTHERS]])):
        residual = statsmodels.api.OLS(frame["lang_post"], rest).fit().resid
        left = pd.DataFrame({c: statsmodels.api.OLS(dummies[c], rest).fit().resid for c in dummies})
        scores = left.mul(residual, axis=0).groupby(frame["school_id"]).sum().to_numpy()
        total, G = scores.sum(axis=0), len(scores)
        statistic = total @ np.linalg.solve(G * np.cov(scores.T), total) / 3
        assert test.statistic == pytest.approx(statistic, rel=ROUNDING)
        assert (test.df1, test.df2) == (3, G - 1)
        assert test.p == pytest.approx(f.sf(statistic, 3, G - 1), rel=ROUNDING)


def test_errors_count_that_columns_hold_estimated_scale_values(
    children: pd.DataFrame, model: models.Model, table: codebook.Table
) -> None:
    """What a school adds to an estimate is the derivative to its weight, in both steps.

    A school mean and a product of scaled variables are in the model.
    """
    factors = (Factor("education_father", 1.0), Factor("education_mother"))
    wider = replace(model, products={"both": factors}, direct=(*model.direct, "both"))
    products = products_of(children, model=wider, table=table)
    found = equations.effects(products)
    moved: dict[tuple[str, str], list[np.ndarray]] = {key: [] for key in found}
    for school in range(products.n_schools):
        ends = []
        for step in (-STEP, STEP):
            sums = products.sums.copy()
            sums[school] *= 1 + step
            ends.append(equations.effects(replace(products, sums=sums)))
        for key, rows in moved.items():
            rows.append((ends[1][key].est - ends[0][key].est) / (2 * STEP))
    G, n = products.n_schools, len(children)
    columns = {"cito": 28, "nscct": 15}  # coefficients
    for (lhs, name), rows in moved.items():
        derivative = np.stack(rows)
        factor = G / (G - 1) * (n - 1) / (n - columns[lhs])
        expected = factor * derivative.T @ derivative
        tolerance = DERIVATIVE_RTOL * np.abs(expected).max()
        assert found[lhs, name].covariance == pytest.approx(expected, abs=tolerance), name


def test_what_schools_add_sums_to_what_is_tested(
    children: pd.DataFrame, model: models.Model, table: codebook.Table
) -> None:
    products = products_of(children, model=model, table=table)
    values = two_step.scale_values.estimate(children, model=model, table=table).table
    for (_lhs, name), effects in equations.effects(products).items():
        assert effects.no_effect.sum(axis=0) == pytest.approx(effects.est, rel=ROUNDING)
        off = effects.est - effects.slope * effects.values
        assert effects.on_line.sum(axis=0) == pytest.approx(off, abs=ROUNDING)
        free = values[(values["variable"] == name) & (values["se"] > 0)]
        assert effects.values == pytest.approx(free["value"].to_numpy(), rel=ROUNDING)
        sign = model.scaled[name]
        assert sign * effects.no_value.sum(axis=0) == pytest.approx(effects.values, rel=ROUNDING)


def test_another_reference_category_changes_no_test(
    children: pd.DataFrame, model: models.Model, table: codebook.Table
) -> None:
    column = table.column("education_father")
    other = replace(column, reference=column.categories[-1].key)
    columns = [other if each.key == column.key else each for each in table.columns]
    turned = replace(table, columns=tuple(columns))
    frames = [children, children.sample(frac=1, random_state=1)]
    pairs = zip(
        categories.tests_of_categories(frames, model=model, table=table).tests,
        categories.tests_of_categories(frames, model=model, table=turned).tests,
        strict=True,
    )
    for one, two in pairs:
        for name in ("joint", "total", "proportional"):
            statistic = getattr(one, name).statistic
            assert getattr(two, name).statistic == pytest.approx(statistic, rel=1e-6), name


def test_several_data_sets_are_pooled(schools_model: models.Model) -> None:
    """By D1 of the numbers that are tested, and by Rubin's rules; schools in any order."""
    frames = [
        pupils(np.random.default_rng(5), schools=60, levels=4, effect=1.0).assign(
            ses=lambda each, i=i: each["ses"] + np.random.default_rng(i).normal(size=len(each))
        )
        for i in range(3)
    ]
    table = table_of(4)
    found = categories.tests_of_categories(frames, model=schools_model, table=table)
    each = [
        equations.effects(products_of(frame, model=schools_model, table=table)) for frame in frames
    ]
    effects = [one["lang_post", "denomination"] for one in each]
    covariances = [60 * np.cov(one.no_effect.T) for one in effects]
    expected = pooling.d1([one.est for one in effects], covariances, df_complete=59)
    (test,) = found.tests
    assert test.joint.statistic == pytest.approx(expected.statistic, rel=ROUNDING)
    assert test.joint.df2 == pytest.approx(expected.df2, rel=ROUNDING)
    rubin = pooling.rubin(
        [one.est for one in effects], [one.covariance for one in effects], df_complete=59
    )
    assert found.effects["se"].iloc[1:].to_numpy() == pytest.approx(rubin.se, rel=ROUNDING)
    assert found.effects["fmi"].iloc[1:].to_numpy() == pytest.approx(rubin.fmi, rel=ROUNDING)


@pytest.mark.parametrize("levels", [4, 8])
def test_a_denomination_that_means_nothing_is_seldom_said_to_differ(
    schools_model: models.Model, levels: int
) -> None:
    """Shuffled over schools; the slope of its scale is said to differ in most shuffles."""
    rng, table = np.random.default_rng(levels), table_of(levels)
    frame = pupils(rng, schools=120, levels=levels, effect=0.0)
    school = frame["school_id"].astype(int).to_numpy()
    denominations = frame["denomination"].groupby(school).first().to_numpy()
    joint, slope, weak = [], [], []
    for number in range(SHUFFLES):
        shuffled = frame.assign(denomination=rng.permutation(denominations)[school])
        (test,) = categories.tests_of_categories([shuffled], model=schools_model, table=table).tests
        joint.append(test.joint.p < LEVEL)
        weak.append(test.weak)
        if number % 5 == 0:
            steps = two_step.fit(shuffled, model=schools_model, table=table)
            rows = schools_model.direct_rows(steps.counted.parameters)
            slope.append(rows.loc["denomination", "p"] < LEVEL)
    assert sum(joint) <= binom.isf(UNLIKELY, SHUFFLES, LEVEL)
    assert sum(slope) > binom.isf(UNLIKELY, len(slope), LEVEL)
    assert all(weak)


def test_a_denomination_that_matters_is_found(schools_model: models.Model) -> None:
    frame = pupils(np.random.default_rng(5), schools=120, levels=8, effect=1.0)
    found = categories.tests_of_categories([frame], model=schools_model, table=table_of(8))
    (test,) = found.tests
    assert test.joint.p < 0.001 and not test.weak and test.proportional.p > UNLIKELY
    low = categories.tests_of_categories(
        [frame], model=schools_model, table=table_of(8), rules=replace(RULES, weak_below=1e9)
    )
    assert low.weak == {"denomination"}


def test_effects_that_are_not_proportional_are_found(schools_model: models.Model) -> None:
    """A denomination that acts through intelligence alone, beside one that acts directly."""
    frame = pupils(np.random.default_rng(5), schools=120, levels=4, effect=0.0)
    frame["iq_verb"] += 3.0 * (frame["denomination"] == 2)
    frame["lang_post"] += 3.0 * (frame["denomination"] == 2) + 4.0 * (frame["denomination"] == 3)
    (test,) = categories.tests_of_categories([frame], model=schools_model, table=table_of(4)).tests
    assert test.proportional.p < 0.001 and test.proportional.df1 == 2


def test_values_set_by_hand_are_no_estimates(
    frame: pd.DataFrame, schools_model: models.Model
) -> None:
    fixed = replace(schools_model, fixed_values={"denomination": {"c2": 0.5, "c3": 1.0, "c4": 2.0}})
    (test,) = categories.tests_of_categories([frame], model=fixed, table=table_of(4)).tests
    (plain,) = categories.tests_of_categories([frame], model=schools_model, table=table_of(4)).tests
    assert test.joint == plain.joint and not test.weak
    assert np.isnan(test.total.p) and test.total.flags == (categories.tests.ALL_FIXED,)
    assert np.isfinite(test.proportional.p)


def test_a_table_of_parameters_is_judged_by_categories(
    frame: pd.DataFrame, schools_model: models.Model
) -> None:
    table = table_of(4)
    found = categories.tests_of_categories([frame], model=schools_model, table=table, rules=RULES)
    analysis = two_step.analyse([frame], model=schools_model, table=table)
    plain = analysis.pooled.parameters
    rows = found.judged(plain)
    paths = schools_model.direct_rows(rows)
    joint = found.table.set_index(["lhs", "variable"])["p"]
    assert paths.loc["denomination", "p"] == joint["lang_post", "denomination"]
    assert paths.loc["denomination", ["tested", "differs"]].tolist() == ["categories", True]
    assert paths.loc["denomination", ["t", "df"]].isna().all()
    others = [name for name in schools_model.direct if name != "denomination"]
    assert paths.loc[others, "p"].equals(schools_model.direct_rows(plain).loc[others, "p"])
    assert set(paths.loc[others, "tested"]) == {"slope"}
    assert "tested" not in plain


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: frame[frame["denomination"] < 4], "fewer than 5 children"),
        (lambda frame: frame.assign(iq_verb=frame["ses"]), "depend on each other"),
    ],
)
def test_what_cannot_be_tested_is_refused(
    schools_model: models.Model,
    frame: pd.DataFrame,
    change: Callable[[pd.DataFrame], pd.DataFrame],
    words: str,
) -> None:
    few = frame.assign(denomination=frame["school_id"].astype(int) % 4 + 1)
    with pytest.raises(EstimationError, match=words):
        categories.tests_of_categories([change(few)], model=schools_model, table=table_of(4))


def test_there_must_be_more_schools_than_categories() -> None:
    with pytest.raises(EstimationError, match="3 categories beside the reference and 4 schools"):
        categories.joint_test([np.eye(4, 3)])
