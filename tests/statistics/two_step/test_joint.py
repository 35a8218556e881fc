"""The pooled covariance of scale values and direct effects, against Rubin's rules by hand."""

from collections.abc import Sequence

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


def by_hand(steps: Sequence[two_step.TwoStep], model: models.Model) -> np.ndarray:
    """Mean of the covariances plus (1 + 1/m) times that of the estimates."""
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
    return np.mean(within, axis=0) + (1 + 1 / M) * np.cov(np.array(estimates).T)


def test_published_estimates_are_pooled_jointly(
    frames: list[pd.DataFrame], model: models.Model, table: codebook.Table
) -> None:
    analysis = two_step.analyse(frames, model=model, table=table, estimator="published")
    found = two_step.joint_covariance(analysis, model=model)
    expected = by_hand(analysis.steps, model)
    assert square(found) == pytest.approx(expected, rel=ROUNDING, abs=ROUNDING)
    errors = model.direct_rows(analysis.pooled.parameters)["se"].to_numpy()
    own = np.sqrt(np.diag(square(found)))
    assert own[-len(model.direct) :] == pytest.approx(errors)
    assert own[: -len(model.direct)] == pytest.approx(analysis.values.query("se > 0")["se"])


def test_corrected_effects_keep_their_errors_and_correlations(
    frames: list[pd.DataFrame], model: models.Model, table: codebook.Table
) -> None:
    analysis = two_step.analyse(frames, model=model, table=table)
    assert analysis.estimator == "jackknife"
    found = square(two_step.joint_covariance(analysis, model=model))
    errors = np.sqrt(np.diag(found))
    assert errors[-len(model.direct) :] == pytest.approx(
        model.direct_rows(analysis.parameters)["se"].to_numpy()
    )
    expected = by_hand(analysis.steps, model)
    size = np.sqrt(np.diag(expected))
    assert found / np.outer(errors, errors) == pytest.approx(
        expected / np.outer(size, size), rel=ROUNDING, abs=ROUNDING
    )
