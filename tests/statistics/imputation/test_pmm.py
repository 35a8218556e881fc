"""Donors are the nearest ones, each as likely as the other; coefficients follow the posterior."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from oablib.statistics.imputation import pmm
from oablib.statistics.imputation.pmm import Pmm, coefficients, nearest
from oablib.statistics.imputation.predictors import Columns
from oablib.statistics.imputation.variables import Variable

DRAWS = 4000
# Four standard errors of a mean (in sd) and of a standard deviation (relative) out of 4,000 draws.
MEAN_OF_DRAWS = 4 / np.sqrt(DRAWS)
SPREAD_OF_DRAWS = 4 / np.sqrt(2 * DRAWS)
# Four standard errors of a share of about a fifth.
SHARE_OF_DRAWS = 4 * np.sqrt(0.2 * 0.8 / DRAWS)
# The ridge of 1e-5 of each diagonal element draws least squares to 0 by about that share.
RIDGED = 1e-4

numbers = st.floats(-100, 100).map(lambda value: round(value, 2))


@given(
    donors_at=st.lists(numbers, min_size=1, max_size=30),
    targets=st.lists(numbers, min_size=1, max_size=10),
    k=st.integers(1, 30),
    seed=st.integers(0, 1000),
)
def test_donors_are_among_the_nearest(donors_at, targets, k, seed) -> None:
    k = min(k, len(donors_at))
    at, to = np.array(donors_at), np.array(targets)
    chosen = nearest(at, to, donors=k, rng=np.random.default_rng(seed))
    distance = np.abs(at[None] - to[:, None])
    worst = np.sort(distance, axis=1)[:, k - 1]
    # Sorting differences of numbers with two decimals: rounding of a subtraction.
    assert (distance[np.arange(len(to)), chosen] <= worst + 1e-9).all()


def test_each_of_the_nearest_is_as_likely() -> None:
    at = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 50.0, 60.0])
    chosen = nearest(at, np.full(DRAWS, 2.1), donors=5, rng=np.random.default_rng(1))
    share = np.bincount(chosen, minlength=7) / DRAWS
    assert share == pytest.approx([0.2] * 5 + [0, 0], abs=SHARE_OF_DRAWS)


def test_equal_donors_give_in_turn() -> None:
    """Seven donors at one place, one of them is asked for: over many calls all of them give."""
    rng = np.random.default_rng(2)
    target = np.array([1.0])
    chosen = [int(nearest(np.ones(7), target, donors=1, rng=rng)[0]) for _ in range(DRAWS)]
    share = np.bincount(chosen, minlength=7) / DRAWS
    assert share == pytest.approx(np.full(7, 1 / 7), abs=SHARE_OF_DRAWS)


@pytest.fixture(scope="module")
def data() -> tuple[NDArray, NDArray]:
    rng = np.random.default_rng(3)
    x = np.column_stack([np.ones(300), rng.normal(size=(300, 2))])
    return x, x @ [1.0, 2.0, -1.0] + rng.normal(size=300)


def test_estimate_is_least_squares_and_draws_follow_the_posterior(data) -> None:
    x, y = data
    found, residual, *_ = np.linalg.lstsq(x, y, rcond=None)
    rng = np.random.default_rng(4)
    estimates, draws = zip(*(coefficients(x, y, rng=rng) for _ in range(DRAWS)), strict=True)
    assert estimates[0] == pytest.approx(found, rel=RIDGED)
    # Flat priors: a t distribution with n - p degrees of freedom around least squares.
    df = len(y) - x.shape[1]
    covariance = residual[0] / df * np.linalg.inv(x.T @ x) * df / (df - 2)
    sd = np.sqrt(np.diag(covariance))
    mean, spread = np.mean(draws, axis=0), np.std(draws, axis=0)
    assert (mean - found) / sd == pytest.approx(np.zeros(3), abs=MEAN_OF_DRAWS)
    assert spread / sd == pytest.approx(np.ones(3), abs=SPREAD_OF_DRAWS)
    correlation = np.corrcoef(np.array(draws).T)
    expected = covariance / np.outer(sd, sd)
    assert correlation == pytest.approx(expected, abs=MEAN_OF_DRAWS)


def test_a_column_of_zeros_does_not_matter(data) -> None:
    x, y = data
    wide = np.column_stack([x, np.zeros(len(x))])
    estimate, _ = coefficients(wide, y, rng=np.random.default_rng(5))
    alone, _ = coefficients(x, y, rng=np.random.default_rng(5))
    assert estimate == pytest.approx(np.append(alone, 0.0))


@dataclass(frozen=True)
class View:
    """What an engine sees: columns."""

    matrix: NDArray

    def columns(self) -> Columns:
        return Columns(self.matrix, np.full(self.matrix.shape[1], False))


def test_matching_is_of_type_1(monkeypatch, data) -> None:
    """Known children are predicted with the estimate, unknown ones with the drawn coefficients."""
    x, y = data
    unknown = np.arange(len(y)) % 3 == 0
    seen = {}

    def kept(donors_at, targets, **options):
        seen.update(donors_at=donors_at, targets=targets)
        return nearest(donors_at, targets, **options)

    monkeypatch.setattr(pmm, "nearest", kept)
    engine = Pmm(Variable("y", unknown, None, scores=np.empty(0), spread=1.0), donors=1)
    drawn = engine.draw(View(x), np.where(unknown, 0.0, y), rng=np.random.default_rng(6))
    same = coefficients(x[~unknown], y[~unknown], rng=np.random.default_rng(6))
    assert seen["donors_at"] == pytest.approx(x[~unknown] @ same[0])
    assert seen["targets"] == pytest.approx(x[unknown] @ same[1])
    assert set(drawn) <= set(y[~unknown])
