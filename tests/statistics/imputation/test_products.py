"""Products are among the predictors of an imputation, formed from its values as they are."""

import numpy as np
import pandas as pd
import pytest

from oablib.statistics.imputation import products
from tests.measured.products import (
    CENTRE,
    COMPLETE,
    INCOME,
    MOTHER,
    ORIGIN,
    STUDIES,
    TRUTH,
    VALUES,
    WITH,
    WITHOUT,
    Study,
    draw,
    model,
    replication,
    without,
)

ROUNDING = 1e-8
REPLICATIONS, CHILDREN, M = 10, 3000, 3
# Mean of 10 cohorts: its error is 6 % of the effect, and the bias without the product 30 to 40 %.
NEAR, FAR = 0.18, 0.2
STRONG = -0.05


def test_a_product_is_formed_from_current_values_for_another_variable() -> None:
    own, table = model(STUDIES["income"])
    frame = draw(np.random.default_rng(3), STUDIES["income"], n=500)
    formed = products.read(frame, model=own, table=table, school=np.arange(500) // 25)
    assert formed is not None
    for seed in (1, 2):
        current = np.random.default_rng(seed).integers(1, 9, 500)
        found = formed.predictors({MOTHER: current}, target="cito")
        expected = VALUES[MOTHER][current - 1] * (frame[INCOME] - CENTRE)
        assert [*found] == ["mother_x_income"]
        np.testing.assert_allclose(found["mother_x_income"], expected, rtol=0, atol=ROUNDING)


def test_a_factor_is_predicted_by_what_the_outcome_leaves_times_the_other_factor() -> None:
    """Without errors what is left of the outcome is the factor's own part of it."""
    study = STUDIES["income"]
    own, table = model(study)
    frame = draw(np.random.default_rng(4), study, n=2000)
    mother, income = VALUES[MOTHER][frame[MOTHER].to_numpy(int) - 1], frame[INCOME] - CENTRE
    part = TRUTH[MOTHER] * mother + study.effect * mother * income
    origin = VALUES[ORIGIN][frame[ORIGIN].to_numpy(int) - 1]
    rest = TRUTH["nscct"] * frame["nscct"] + TRUTH[ORIGIN] * origin + TRUTH[INCOME] * income
    formed = products.read(
        frame.assign(cito=part + rest), model=own, table=table, school=np.arange(2000) // 25
    )
    assert formed is not None
    found = formed.predictors({MOTHER: frame[MOTHER].to_numpy()}, target=MOTHER)
    assert "mother_x_income" not in found
    expected = (part - part.mean()) * income
    np.testing.assert_allclose(found["cito in mother_x_income"], expected, rtol=0, atol=ROUNDING)
    squared = found["others in mother_x_income and mother_x_income"]
    np.testing.assert_allclose(squared, income**2, rtol=0, atol=ROUNDING)


def test_a_model_without_products_has_nothing_to_form() -> None:
    own, table = model(STUDIES["income"])
    frame = draw(np.random.default_rng(5), STUDIES["income"], n=500)
    school = np.arange(500) // 25
    assert products.read(frame, model=without(own), table=table, school=school) is None


def test_a_square_of_an_imputed_number_comes_back_only_if_the_imputation_knows_it() -> None:
    """Strong, so that one cohort shows it."""
    study = Study("income_squared", STRONG, INCOME)
    rows = replication(np.random.SeedSequence(0), study=study, n=2000, m=2)
    found = rows[rows["name"] == study.product].set_index("method")["est"] / study.effect
    assert found[WITH] == pytest.approx(found[COMPLETE], abs=NEAR)
    assert found[WITHOUT] < found[COMPLETE] - FAR


def test_the_effect_of_a_product_comes_back_only_if_the_imputation_knows_it() -> None:
    study = STUDIES["origin"]
    seeds = np.random.SeedSequence(7).spawn(REPLICATIONS)
    rows = pd.concat(replication(seed, study=study, n=CHILDREN, m=M) for seed in seeds)
    means = rows[rows["name"] == study.product].groupby("method")["est"].mean() / study.effect
    assert means[WITH] == pytest.approx(means[COMPLETE], abs=NEAR)
    assert means[WITHOUT] < means[COMPLETE] - FAR
