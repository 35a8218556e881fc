"""Equations on parts of the same children: each alone, and what they share by their schools."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from oablib import synthetic, two_step
from oablib.base.errors import EstimationError
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics.two_step import Equation, scale_values, side_by_side
from tests.measured.true_education import true_education

# Both sides are exact; sums are taken in another order.
RTOL = 1e-8
# Central differences with this step leave about its square.
STEP, DIFFERENCE_RTOL = 1e-4, 1e-5


@pytest.fixture(scope="module")
def children() -> pd.DataFrame:
    """1,500 children of few schools with their true education, all schools in every wave."""
    return true_education(synthetic.draw(n=1500, seed=4)).reset_index(drop=True)


def halves(frame: pd.DataFrame, model: Model) -> list[Equation]:
    """Without the rare characteristics, of which a half may have none."""
    first = (frame["wave"] == 2007).to_numpy()
    by = (model.mediator, *model.direct[:4])
    return [
        Equation("first", model.outcome, by, first),
        Equation("rest", model.outcome, by, ~first),
    ]


def test_one_equation_is_that_of_the_two_steps(
    children: pd.DataFrame, model: Model, table: Table
) -> None:
    equation = Equation("all", model.outcome, (model.mediator, *model.direct))
    found = side_by_side([children], equations=[equation], model=model, table=table)
    whole = two_step.fit(children, model=model, table=table).counted.parameters
    rows = model.paths_to_outcome(whole, of=equation.predictors)
    np.testing.assert_allclose(found.rows["est"], rows["est"], rtol=RTOL)
    np.testing.assert_allclose(found.rows["se"], rows["se"], rtol=RTOL)


def test_schools_in_both_parts_count_once(
    children: pd.DataFrame, model: Model, table: Table
) -> None:
    """By hand, school by school: scores, and what each scale value changes, as differences."""
    equations = halves(children, model)
    found = side_by_side([children], equations=equations, model=model, table=table)
    values = scale_values.estimate(children, model=model, table=table)
    added = []
    schools = list(dict.fromkeys(children[model.cluster]))
    for equation in equations:
        columns = scale_values.apply(children, values=values.table, model=model, table=table)
        X, y = numbers(columns, equation)
        bread, beta = np.linalg.inv(X.T @ X), np.linalg.solve(X.T @ X, X.T @ y)
        chosen = children.loc[equation.rows, model.cluster].to_numpy()
        error = y - X @ beta
        scores = [(X * error[:, None])[chosen == school].sum(axis=0) for school in schools]
        moved = [
            (slopes(+STEP, row) - slopes(-STEP, row)) / (2 * STEP)
            for row in np.flatnonzero(values.table["se"] > 0)
            for slopes in [moved_slopes(children, values.table, equation, model=model, table=table)]
        ]
        by_value = np.array(moved).T
        added.append((np.array(scores) @ bread + values.influence @ by_value.T)[:, 1:])
    both = np.concatenate(added, axis=1)
    G = len(schools)
    expected = np.zeros((both.shape[1], both.shape[1]))
    for row, column, school in product(range(len(expected)), range(len(expected)), range(G)):
        expected[row, column] += G / (G - 1) * both[school, row] * both[school, column]
    scale = np.sqrt(np.diag(expected))
    np.testing.assert_allclose(
        found.covariances[0] / np.outer(scale, scale),
        expected / np.outer(scale, scale),
        atol=DIFFERENCE_RTOL,
    )
    assert np.abs(found.covariances[0][:5, 5:]).max() > 0


def numbers(columns: pd.DataFrame, equation: Equation) -> tuple[np.ndarray, np.ndarray]:
    part = columns[equation.rows]
    X = np.column_stack([np.ones(len(part)), part[list(equation.predictors)]])
    return X, part[equation.outcome].to_numpy()


def moved_slopes(
    children: pd.DataFrame, values: pd.DataFrame, equation: Equation, *, model: Model, table: Table
):
    def slopes(step: float, row: int) -> np.ndarray:
        other = values.copy()
        other.loc[row, "value"] += step
        columns = scale_values.apply(children, values=other, model=model, table=table)
        X, y = numbers(columns, equation)
        return np.linalg.solve(X.T @ X, X.T @ y)

    return slopes


def test_standardised_effects_are_those_of_standardised_columns(
    children: pd.DataFrame, model: Model, table: Table
) -> None:
    (equation, _) = halves(children, model)
    given = {"equations": [equation], "model": model, "table": table}
    found = side_by_side([children], **given, standardised=True)
    values = scale_values.estimate(children, model=model, table=table).table
    columns = scale_values.apply(children, values=values, model=model, table=table)
    part = columns.loc[equation.rows, [equation.outcome, *equation.predictors]]
    z = (part - part.mean()) / part.std()
    X = np.column_stack([np.ones(len(z)), z[list(equation.predictors)]])
    expected = np.linalg.lstsq(X, z[equation.outcome], rcond=None)[0][1:]
    np.testing.assert_allclose(found.rows["est"], expected, rtol=RTOL)
    plain = side_by_side([children], **given)
    np.testing.assert_allclose(found.rows["t"], plain.rows["t"], rtol=RTOL)


def test_the_same_data_twice_pool_to_themselves(
    children: pd.DataFrame, model: Model, table: Table
) -> None:
    given = {"equations": halves(children, model), "model": model, "table": table}
    once, twice = (side_by_side([children] * m, **given) for m in (1, 2))
    columns = ["est", "se"]  # of two data sets the degrees of freedom are those of Barnard & Rubin
    np.testing.assert_allclose(once.rows[columns], twice.rows[columns], rtol=RTOL)
    weights = np.array([once.contrast("origin", plus="rest", minus="first")])
    assert once.test(weights).p == pytest.approx(once.contrasts(weights)["p"].item(), rel=RTOL)


def test_a_constant_predictor_is_named(children: pd.DataFrame, model: Model, table: Table) -> None:
    rows = (children["debt_restructuring"] == 0).to_numpy()
    equation = Equation("none", model.outcome, ("debt_restructuring",), rows)
    with pytest.raises(EstimationError, match=r"none: .'debt_restructuring'.* follow from"):
        side_by_side([children], equations=[equation], model=model, table=table)
