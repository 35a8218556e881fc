"""What indicators explain of one cohort: by a regression of statsmodels, and by definition."""

from dataclasses import replace

import country_files
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from oablib import intake, params, pupil_scores, synthetic
from oablib.analysis.prediction import explained, methods
from oablib.analysis.prediction.explained import EVERYBODY, OLDER, OWN
from oablib.analysis.prediction.methods import Predicted
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model

FIGURES = params.published("herijking2021")
SAME_LEAST_SQUARES = 1e-9  # two ways to one solution
CURRENT = "indicator_2019"


@pytest.fixture(scope="module")
def complete(table: Table) -> pd.DataFrame:
    drawn = synthetic.draw(n=1200, seed=9)
    known = {name: drawn.education[name] for name in ("education_father", "education_mother")}
    return intake.in_memory(drawn.children.assign(**known), table=table)


@pytest.fixture(scope="module")
def found(complete: pd.DataFrame, model: Model, table: Table) -> pd.DataFrame:
    rows = pupil_scores.variance_explained(
        [complete], current=CURRENT, model=model, table=table, figures=FIGURES
    )
    return rows.set_index(["children", "indicator"])


def score(frame: pd.DataFrame) -> pd.Series:
    """The score of the indicator in use, written out."""
    given = country_files.indicator(CURRENT)
    effects, values = given.effects, given.values
    scaled = {
        name: pd.Series(values[name][frame[name].astype(int)], index=frame.index)
        for name in ("education_father", "education_mother", "origin")
    }
    mothers = scaled["education_mother"].groupby(frame["school_id"]).transform("mean")
    return (
        sum(effects[name] * each for name, each in scaled.items())
        + effects["school_mean_education_mother"] * mothers
        + effects["residence_0_5_years"] * (frame["residence_mother"] == 1)
        + effects["residence_5_10_years"] * (frame["residence_mother"] == 2)
        + effects["debt_restructuring"] * frame["debt_restructuring"]
    )


@pytest.mark.parametrize("children", [EVERYBODY, OLDER])
def test_a_given_indicator_explains_what_a_regression_on_its_score_does(
    found: pd.DataFrame, complete: pd.DataFrame, children: str
) -> None:
    frame = complete if children == EVERYBODY else complete[complete["wave"] < 2013]
    fit = smf.ols("cito ~ nscct + score", frame.assign(score=score(frame))).fit()
    row = found.loc[(children, CURRENT)]
    assert row["n"] == len(frame)
    assert row["r2"] == pytest.approx(fit.rsquared, abs=SAME_LEAST_SQUARES)
    assert row["r2_adjusted"] == pytest.approx(fit.rsquared_adj, abs=SAME_LEAST_SQUARES)


def test_the_model_itself_explains_most_where_it_was_estimated(
    found: pd.DataFrame, complete: pd.DataFrame
) -> None:
    """Its slopes are the best for these children, apart from scale values of another step.

    It has the parameters of one regression on all categories.
    """
    mothers = complete["education_mother"].groupby(complete["school_id"]).transform("mean")
    fit = smf.ols(
        "cito ~ nscct + C(education_father) + C(education_mother) + C(origin) + mothers"
        " + I(residence_mother == 1) + I(residence_mother == 2) + debt_restructuring",
        complete.assign(mothers=mothers),
    ).fit()
    for children in (EVERYBODY, OLDER):
        others = found.loc[children].drop(index=OWN)["r2"]
        assert found.loc[(children, OWN), "r2"] > others.max()
        assert found.loc[(children, OWN), "parameters"] == fit.df_model


@pytest.mark.parametrize(
    "held", [{}, {5: 0.0}, {5: 2.0}, {4: 1.0, 5: 2.0}], ids=["none", "at_0", "one", "two"]
)
def test_parameters_are_the_directions_in_which_predictions_can_move(
    complete: pd.DataFrame, model: Model, table: Table, held: dict[int, float]
) -> None:
    """The rank of derivatives to intercept, slopes and free scale values.

    Predictions are linear in each of these alone, so that a step of 1 gives its derivative.
    """
    fixed = {table.column("origin").category(code).key: value for code, value in held.items()}
    plan = replace(model, fixed_values={"origin": fixed} if held else {})
    own = methods.train([complete], model=plan, table=table)
    slopes, values = own.effects, own.values
    moved = [
        own,
        replace(own, intercept=own.intercept + 1),
        *(replace(own, effects=slopes + (slopes.index == name)) for name in slopes.index),
        *(
            replace(own, values=values.assign(value=values["value"] + (values.index == row)))
            for row in values.index[values["se"] > 0]
        ),
    ]
    at, *each = (methods.predict(one, complete, m=1, table=table).whole for one in moved)
    directions = np.linalg.matrix_rank(np.column_stack([one - at for one in each]))
    assert explained._parameters(own) == directions - 1


@pytest.mark.parametrize("change", ["codebook", "outcome"])
def test_an_indicator_of_another_outcome_or_codebook_is_not_compared(
    complete: pd.DataFrame, model: Model, table: Table, change: str
) -> None:
    options = {"current": CURRENT, "table": table, "figures": FIGURES}
    other = replace(model, **{change: "another"})
    assert pupil_scores.variance_explained([complete], model=other, **options).empty
    options |= {"figures": None}
    assert pupil_scores.variance_explained([complete], model=model, **options).empty


def test_a_mixed_prediction_takes_each_child_from_one_of_two() -> None:
    rng = np.random.default_rng(4)
    one, two = (Predicted(*rng.normal(size=(4, 6))) for _ in range(2))
    known = np.array([True, False] * 3)
    mixed = methods.mixed(one, two, known=known, shift=0.5)
    assert mixed.score[known].tolist() == one.score[known].tolist()
    assert mixed.score[~known].tolist() == (two.score[~known] + 0.5).tolist()
    assert mixed.whole[~known].tolist() == two.whole[~known].tolist()
    assert mixed.left.tolist() == one.left.tolist()


def test_both_methods_have_one_level_where_they_were_learned(
    complete: pd.DataFrame, model: Model, table: Table
) -> None:
    """The shift between mean scores is the one with which residuals have mean 0 for both."""
    rest = methods.narrowed(model, keep=methods.without_imputed(model))
    whole, narrow = (methods.train([complete], model=each, table=table) for each in (model, rest))
    predicted = methods.predict(narrow, complete, m=1, table=table)
    shifted = predicted.score + whole.mean - narrow.mean
    left = methods.predict(whole, complete, m=1, table=table).left
    assert (left - shifted).mean() == pytest.approx(0, abs=1e-6)
