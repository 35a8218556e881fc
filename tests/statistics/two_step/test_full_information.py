"""Scale values of complete cases and a model by full information: known parts and errors."""

import numpy as np
import pandas as pd
import pytest

from oablib import synthetic
from oablib.base.errors import EstimationError
from oablib.protocol import codebook, models
from oablib.statistics import model_columns, two_step
from oablib.statistics.sem.data.design import Design
from oablib.statistics.sem.fits import incomplete, optima
from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.results import solution
from oablib.statistics.sem.text import spec
from oablib.statistics.two_step import full_information, scale_values, sums
from tests.measured.true_education import true_education

# The same sums in another order.
ROUNDING = 1e-9
# The jackknife of 85 schools counts what the sandwich leaves to higher order.
JACKKNIFE_RTOL = 0.1
SCALED = ["education_father", "education_mother"]


@pytest.fixture(scope="module")
def complete() -> pd.DataFrame:
    return true_education(synthetic.draw(n=1200, seed=1)).reset_index(drop=True)


@pytest.fixture(scope="module")
def children(complete: pd.DataFrame) -> pd.DataFrame:
    """Some education is unknown, of the commonest level alone: five of each other are needed."""
    row, frame = np.arange(len(complete)), complete.copy()
    for number, name in enumerate(SCALED):
        common = complete[name].mode()[0]
        commonest = complete["origin"] == complete["origin"].mode()[0]
        hidden = (complete[name] == common) & commonest & (row % (3 + number) == 1)
        frame[name] = frame[name].where(~hidden)
    return frame


def test_complete_children_are_analysed_as_usual(
    complete: pd.DataFrame, model: models.Model, table: codebook.Table
) -> None:
    found = full_information.fit(complete, model=model, table=table)
    usual = two_step.fit(complete, model=model, table=table)
    assert found.fit.loglik == usual.fit.loglik
    np.testing.assert_allclose(found.covariance, usual.covariance, rtol=ROUNDING, atol=1e-12)


def test_a_dummy_of_an_unknown_category_is_unknown_and_not_zero(
    complete: pd.DataFrame, model: models.Model, table: codebook.Table
) -> None:
    dummy, (column, _category) = next(iter(model.dummies.items()))
    hidden = np.arange(len(complete)) % 7 == 0
    frame = complete.assign(**{column: complete[column].where(~hidden)})
    known, made = (model_columns.plain(each, model=model, table=table)[dummy]
                   for each in (complete, frame))  # fmt: skip
    np.testing.assert_array_equal(made.isna(), hidden)
    np.testing.assert_array_equal(made[~hidden], known[~hidden])
    with pytest.raises(EstimationError, match=rf"{column} \({hidden.sum()}\)"):
        two_step.fit(frame, model=model, table=table)
    with pytest.raises(EstimationError, match="education_mother"):
        sums.products(complete.assign(education_mother=np.nan), model=model, table=table)


def test_unknown_categories_stay_unknown_and_leave_the_school_mean_alone(
    children: pd.DataFrame, model: models.Model, table: codebook.Table
) -> None:
    found = full_information.fit(children, model=model, table=table)
    cases = children.dropna(subset=SCALED)
    values = scale_values.estimate(cases, model=model, table=table).table
    pd.testing.assert_frame_equal(found.values.table, values)
    scaled = scale_values.apply(children, values=values, model=model, table=table)
    assert scaled["education_mother"].isna().sum() == children["education_mother"].isna().sum()
    points = scaled["education_mother"].groupby(children["school_id"]).mean()
    by_school = children["school_id"].map(points)
    assert scaled["school_mean_education_mother"].to_numpy() == pytest.approx(
        by_school.to_numpy(), rel=ROUNDING, abs=ROUNDING
    )
    assert found.fit.missing == "fiml"
    assert found.fit.n == len(children)


def estimates(children: pd.DataFrame, *, model: models.Model, table: codebook.Table) -> np.ndarray:
    """Estimates of the second step alone, without the errors and tests of a fit."""
    cases = children.dropna(subset=SCALED)
    values = scale_values.estimate(cases, model=model, table=table).table
    scaled = scale_values.apply(children, values=values, model=model, table=table)
    specification = spec.parse(model.syntax)
    sample, _ = incomplete.read(scaled, specification, Design(), missing="fiml")
    problem = problems.set_up(specification, sample)
    return solution.original(problem, optima.find(problem).theta).value


def test_errors_are_those_of_the_jackknife_over_schools(
    children: pd.DataFrame, model: models.Model, table: codebook.Table
) -> None:
    whole = full_information.fit(children, model=model, table=table)
    schools = children["school_id"].unique()
    without = np.array(
        [
            estimates(children[children["school_id"] != school], model=model, table=table)
            for school in schools
        ]
    )
    g = len(without)
    jackknife = np.sqrt((g - 1) / g * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    rows = whole.fit.parameters
    scaled = ((rows["op"] == "~") & rows["rhs"].isin(SCALED)).to_numpy()
    counted = whole.counted.parameters["se"].to_numpy()
    assert counted[scaled] == pytest.approx(jackknife[scaled], rel=JACKKNIFE_RTOL)
