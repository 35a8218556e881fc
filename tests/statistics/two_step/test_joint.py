"""The pooled covariance of scale values and direct effects, against sums by hand."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
import pytest

from oablib import synthetic
from oablib.protocol import codebook, models
from oablib.statistics import two_step
from oablib.statistics.two_step import joint
from tests.measured.true_education import true_education

M = 3
# The same sums in another order.
ROUNDING = 1e-9


@pytest.fixture(scope="module")
def frames() -> list[pd.DataFrame]:
    """Data sets of the same children, in which some mothers' education differs."""
    frame = true_education(synthetic.draw(n=1200, seed=1))
    result = []
    for number in range(M):
        rng = np.random.default_rng(number)
        moved = rng.permutation(len(frame))[:200]
        education = frame["education_mother"].to_numpy().copy()
        education[moved] = education[np.sort(moved)]
        result.append(frame.assign(education_mother=education))
    return result


def square(table: pd.DataFrame) -> np.ndarray:
    size = int(np.sqrt(len(table)))
    return table["covariance"].to_numpy().reshape(size, size)


def by_hand(steps: Sequence[two_step.TwoStep], model: models.Model) -> tuple[np.ndarray, ...]:
    """Estimates of the m data sets, (m, k + r), and the mean of their covariances."""
    estimates, within = [], []
    for step in steps:
        rows = step.fit.parameters.reset_index(drop=True)
        chosen = [
            int(rows.index[(rows["lhs"] == model.outcome) & (rows["rhs"] == name)][0])
            for name in model.direct
        ]
        free = step.values.table.query("se > 0")["value"].to_numpy()
        estimates.append(np.append(free, rows["est"].to_numpy()[chosen]))
        places = [*range(len(free)), *(len(free) + row for row in chosen)]
        within.append(joint.of_both(step)[np.ix_(places, places)])
    return np.array(estimates), np.mean(within, axis=0)


def correlations(covariance: np.ndarray) -> np.ndarray:
    size = np.sqrt(np.diag(covariance))
    return np.asarray(covariance / np.outer(size, size))


@pytest.mark.parametrize("estimator", ["published", "jackknife"])
def test_errors_go_together_as_within_data_sets_and_grow_by_what_is_missing(
    frames: list[pd.DataFrame],
    model: models.Model,
    table: codebook.Table,
    estimator: Literal["published", "jackknife"],
) -> None:
    analysis = two_step.analyse(frames, model=model, table=table, estimator=estimator)
    found = two_step.joint_covariance(analysis, model=model)
    estimates, within = by_hand(analysis.steps, model)
    errors = np.sqrt(np.diag(square(found)))
    assert correlations(square(found)) == pytest.approx(
        correlations(within), rel=ROUNDING, abs=ROUNDING
    )
    shown = model.direct_rows(analysis.parameters)["se"].to_numpy()
    assert errors[-len(model.direct) :] == pytest.approx(shown)
    diagonal = found.query("variable == with_variable and category == with_category")
    variables = diagonal["variable"].to_numpy()[: -len(model.direct)]
    for name in model.scaled:
        own = np.flatnonzero(variables == name)
        inside = within[np.ix_(own, own)]
        between = np.cov(estimates[:, own].T)
        increase = (1 + 1 / M) * np.trace(between @ np.linalg.inv(inside)) / len(own)
        assert errors[own] ** 2 == pytest.approx((1 + increase) * np.diag(inside))


def test_all_directions_have_an_error(
    frames: list[pd.DataFrame], model: models.Model, table: codebook.Table
) -> None:
    """The covariance between three data sets has rank two."""
    analysis = two_step.analyse(frames, model=model, table=table)
    found = correlations(square(two_step.joint_covariance(analysis, model=model)))
    assert np.linalg.eigvalsh(found)[0] > 0
