"""Results of a run beside published ones, and what the intake and the base model show."""

import numpy as np
import pandas as pd
import pytest

from oablib import params
from oablib.protocol import models
from oablib.protocol.codebook import load
from oablib.report import direct_effects, intake
from oablib.report import published as report
from oablib.report.labels import labels


@pytest.fixture(scope="module")
def published() -> dict:
    return params.published("herijking2021")


@pytest.fixture
def parameters(model: models.Model, published: dict) -> pd.DataFrame:
    """A pooled table that repeats the published direct effects, one of them doubled in se."""
    listed = published["direct_effects"]
    rows = pd.DataFrame({"lhs": "cito", "op": "~", "rhs": list(reversed(model.direct))})
    rows["est"] = [listed[name]["coef"] for name in rows["rhs"]]
    rows["se"] = [listed[name]["se"] * (2 if name == "origin" else 1) for name in rows["rhs"]]
    rows["ci_lower"], rows["ci_upper"] = rows["est"] - 2 * rows["se"], rows["est"] + 2 * rows["se"]
    return rows.assign(p=0.0, fmi=0.1)


def test_direct_effects_are_in_the_models_order_beside_published_ones(
    parameters: pd.DataFrame, model: models.Model, published: dict
) -> None:
    table = report.compare_direct(parameters, model=model, figures=published)
    assert list(table["name"]) == list(model.direct)
    assert (table["difference_in_se"] == 0).all()
    assert table.set_index("name")["se_ratio"].to_dict() == {
        name: (2 if name == "origin" else 1) for name in model.direct
    }


def test_published_errors_are_compared_with_errors_of_the_same_convention(
    parameters: pd.DataFrame, model: models.Model, published: dict
) -> None:
    """Intervals count that scale values are estimates; the published errors take them as known."""
    counted = parameters.assign(se=parameters["se"] / 2)
    table = report.compare_direct(counted, model=model, figures=published, known=parameters)
    assert (table["se"] == table["se_known"] / 2).all()
    assert table["se_ratio"].tolist() == [2 if name == "origin" else 1 for name in model.direct]


def test_without_published_figures_nothing_is_compared(
    parameters: pd.DataFrame, model: models.Model
) -> None:
    table = report.compare_direct(parameters, model=model, figures=None)
    assert not {"published", "se_ratio"} & set(table)


def test_an_effect_that_was_not_published_stays_blank(
    parameters: pd.DataFrame, model: models.Model, published: dict
) -> None:
    fewer = {k: v for k, v in published["direct_effects"].items() if k != "origin"}
    figures_ = published | {"direct_effects": fewer}
    table = report.compare_direct(parameters, model=model, figures=figures_).set_index("name")
    assert np.isnan(table.loc["origin", "published"])
    assert table.drop(index="origin")["published"].notna().all()


def test_a_model_that_imputes_something_else_has_no_published_pattern(published: dict) -> None:
    other = models.load("snijders_bosker")
    assert intake.published_pattern(published, roles=other) is None


def test_the_answer_counts_effects_that_differ_from_zero(
    parameters: pd.DataFrame, model: models.Model, published: dict
) -> None:
    """In the source, intervals of the school mean and of residence 0-5 years include 0."""
    differs = (parameters["ci_lower"] > 0) | (parameters["ci_upper"] < 0)
    judged = parameters.assign(tested="slope", differs=differs, weak=False)
    table = report.compare_direct(judged, model=model, figures=published)
    words = labels(load().table("cohort"), [model])
    text = direct_effects.differing(table, outcome="cito", mediator="nscct", labels=words)
    assert "**5 of 7 predictors** show a direct effect" in text
    assert "7 of 7 published effects" in direct_effects.against_published(table, drawn=None)


def test_fit_table_holds_the_published_measures(published: dict) -> None:
    fit = pd.DataFrame({"imputation": [1, 2], "loglik": [-2.0, -4.0], "aic": [1.0, 3.0]})
    fit["bic"], fit["r2_adjusted_cito"] = [2.0, 4.0], [0.3, 0.5]
    counts = {"free_parameters": 49, "df": 5, "n": 10}
    table = report.compare_fit(fit, outcome="cito", counts=counts, figures=published)
    row = table.set_index("measure")
    assert row.loc["loglik", "mean"] == (-2.0 - 4.0) / 2
    assert row.loc["r2_adjusted", "published"] == 0.404
    assert row.loc["free_parameters", "mean"] == row.loc["free_parameters", "published"] == 49


def test_published_pattern_of_unknown_education_adds_up(
    model: models.Model, published: dict
) -> None:
    shares = intake.published_pattern(published, roles=model)
    # The source rounds four shares to one decimal.
    assert shares.sum(axis=1).to_numpy() == pytest.approx(np.ones(3), abs=0.0021)
    assert shares.loc[2007, "education_mother"] == pytest.approx(0.154)


def test_a_pattern_that_nobody_has_is_shown_as_zero(model: models.Model) -> None:
    pattern = pd.DataFrame(
        {
            "wave": [2007, 2007],
            "education_father": [False, True],
            "education_mother": [False, True],
            "n": [30, 70],
            "share": [0.3, 0.7],
        }
    )
    shares = intake.pattern_shares(pattern, roles=model)
    assert list(shares.columns) == [
        "", "education_father", "education_mother", "education_father education_mother",
    ]  # fmt: skip
    assert shares.loc[2007].tolist() == [0.3, 0.0, 0.0, 0.7]


def test_description_of_a_cohort_holds_no_child(model: models.Model) -> None:
    table = load().table("cohort")
    columns = {name: [1.0, 2.0, np.nan] for name in (*model.columns, *model.auxiliary)}
    frame = pd.DataFrame(columns)
    rows = intake.describe(frame, roles=model, table=table)
    assert "school_id" not in set(rows["variable"])
    assert rows["known"].to_numpy() == pytest.approx(2 / 3)
    assert set(rows["role"]) == {"outcome", "intelligence", "background", "auxiliary"}
    assert rows["variable"].is_unique
