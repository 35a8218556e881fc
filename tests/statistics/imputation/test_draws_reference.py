"""Levels and donors are drawn with the chances that nnet and mice give them."""

from typing import Any

import numpy as np
import pytest
from lavaan_reference import data, stored
from numpy.typing import NDArray
from scipy.linalg import cho_factor

from oablib.statistics.imputation import nominal
from oablib.statistics.imputation.nominal import Levels, chances, maximise
from oablib.statistics.imputation.pmm import nearest

EXACT = 1e-6  # standard deviations from the mode at which maximise may take its last step
# nnet's BFGS stops some 1e-5 of a standard error from the top, and a chance is known to a tenth.
CHANCE_ATOL = 1e-6
# Our Hessian is formed in single precision, seven digits, of which sums of 2,000 cost two.
HESSIAN_RTOL = 1e-5
LEVELS = 8


@pytest.fixture(scope="module")
def logit() -> dict[str, Any]:
    return stored("imputation_draws")["logit"]


@pytest.fixture(scope="module")
def levels() -> Levels:
    level = np.unique(data("base_model")["education_mother"], return_inverse=True)[1]
    return Levels.of(level, count=LEVELS)


@pytest.fixture(scope="module")
def x() -> NDArray:
    """The columns of r/imputation_draws.R."""
    frame = data("base_model")
    numbers = frame[["cito", "education_father"]]
    second = np.unique(frame["education_mother"])[1]
    foreign = (frame["origin"] != 0) & (frame["education_mother"] != second)
    standard = (numbers - numbers.mean()) / numbers.std()
    return np.column_stack([np.ones(len(frame)), standard, foreign])


@pytest.fixture(scope="module")
def settings(logit: dict[str, Any], x: NDArray) -> dict[str, NDArray]:
    return {
        "weights": data("base_model")["weight"].to_numpy(),
        "prior_sd": np.full(x.shape[1], (2 * logit["decay"]) ** -0.5),
    }


def test_chances_are_those_of_multinom(logit, x, levels, settings) -> None:
    """A level that a group never has among them, kept finite by the prior."""
    found = maximise(x, levels, tolerance=EXACT, **settings).coefficients
    rows = np.array(logit["chances"])
    share = chances(x[: len(rows)], found, reference=levels.reference)
    assert share == pytest.approx(rows, abs=CHANCE_ATOL)


def test_curvature_is_that_of_multinom(logit, x, levels, settings) -> None:
    """multinom's Hessian lacks the prior."""
    prior = np.tile(settings["prior_sd"] ** -2.0, LEVELS - 1)
    posterior = nominal._Posterior(x, levels, settings["weights"], prior)
    ours, lower = posterior.curvature(posterior.at(np.array(logit["coefficients"])))
    theirs, _ = cho_factor(np.array(logit["hessian"]) + np.diag(prior), lower=lower)
    part = np.tril if lower else np.triu
    assert part(ours) == pytest.approx(part(theirs), abs=HESSIAN_RTOL * np.abs(theirs).max())


def test_donors_are_drawn_as_matchindex_draws_them() -> None:
    answer, rng = stored("imputation_draws")["matching"], np.random.default_rng(2)
    at, targets = np.array(answer["donors_at"]), np.array(answer["targets"])
    draws = answer["draws"]
    drawn = [nearest(at, targets, donors=answer["donors"], rng=rng) for _ in range(draws)]
    share = [np.bincount(one, minlength=len(at)) / draws for one in np.array(drawn).T]
    # Four standard errors of a difference of two shares of a third at most.
    chance = 4 * np.sqrt(2 * (1 / 3) * (2 / 3) / draws)
    assert np.array(share) == pytest.approx(np.array(answer["share"]), abs=chance)
