"""Logits are at R's mode, with weights and under a prior; a regression is mice's with a ridge."""

import numpy as np
import pytest
from lavaan_reference import data, stored
from numpy.typing import NDArray

from oablib.statistics.imputation.nominal import Levels, maximise
from oablib.statistics.imputation.pmm import coefficients

FILE = "imputation_multinomial"
# Standard deviations from the mode at which maximise may take its last step; nearer, a step changes
# a log-posterior of some 1e3 by less than its last digit.
EXACT = 1e-6
# What nnet's and optim's BFGS leave: where the log-likelihood (some 1e3) changes in its last digit,
# 1e-13, it is 1e-6 standard errors from the top along each of 28 coefficients.
SAME_MODE_SE = 1e-5
# Both solve the same normal equations; R stores twelve digits.
SAME_EQUATIONS = 1e-8
DRAWS = 4000
# Four standard errors of a standard deviation, and of a correlation, out of so many draws.
SPREAD_OF_DRAWS = 4 / np.sqrt(2 * DRAWS)
CORRELATION_OF_DRAWS = 4 / np.sqrt(DRAWS)


@pytest.fixture(scope="module")
def x() -> NDArray:
    frame = data("base_model")[["cito", "nscct", "education_father"]]
    return np.column_stack([np.ones(len(frame)), (frame - frame.mean()) / frame.std()])


@pytest.fixture(scope="module")
def levels() -> Levels:
    level = np.unique(data("base_model")["education_mother"], return_inverse=True)[1]
    return Levels.of(level, count=8)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("program", ["multinom", "prior"])
def test_coefficients_are_those_of_r(x: NDArray, levels: Levels, program, weighted) -> None:
    answer = stored(FILE)
    theirs = answer["logits"][f"{program}_weighted" if weighted else program]
    no_prior = [None] * x.shape[1]
    sds = answer["prior_sd"] if program == "prior" else no_prior
    prior_sd = np.array([np.inf if sd is None else sd for sd in sds])
    weights = data("base_model")["weight"].to_numpy() if weighted else np.ones(len(x))
    found = maximise(x, levels, prior_sd=prior_sd, weights=weights, tolerance=EXACT)
    off = (found.coefficients - theirs["coefficients"]) / np.array(theirs["se"])
    assert np.abs(off).max() < SAME_MODE_SE


def test_prior_moves_the_coefficients_by_more_than_the_tolerance() -> None:
    logits = stored(FILE)["logits"]
    free, drawn = (np.array(logits[name]["coefficients"]) for name in ("multinom", "prior"))
    assert (np.abs(free - drawn) / logits["prior"]["se"]).max() > 1e4 * SAME_MODE_SE


def test_estimate_is_that_of_norm_draw_and_draws_spread_as_in_theory(x: NDArray) -> None:
    answer = stored(FILE)["regression"]
    rows, y = slice(answer["rows"]), x[: answer["rows"], 1]
    own, rng = np.delete(x, 1, axis=1)[rows], np.random.default_rng(1)
    estimates, draws = zip(*(coefficients(own, y, rng=rng) for _ in range(DRAWS)), strict=True)
    assert estimates[0] == pytest.approx(np.array(answer["estimate"]), rel=0, abs=SAME_EQUATIONS)
    theory = np.array(answer["covariance"])
    sd = np.sqrt(np.diag(theory))
    assert np.std(draws, axis=0) / sd == pytest.approx(np.ones(3), abs=SPREAD_OF_DRAWS)
    expected = theory / np.outer(sd, sd)
    found = np.corrcoef(np.array(draws).T)
    assert found == pytest.approx(expected, abs=CORRELATION_OF_DRAWS)
