"""Analytic derivatives of the likelihood against differences of function values."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from oablib.sem import estimation, inference, moments, sample, spec

DATA = pd.read_csv(Path(__file__).parents[1] / "reference" / "data" / "base_model.csv")
MODEL = """
cito ~ nscct + education_father + 0.5*origin
nscct ~ education_mother + 0.1*cito
cito ~~ nscct
"""
# Central differences: truncation, of the order of the step squared times the third derivative,
# and rounding, 1e-16 over the step, are both below these.
STEP = 1e-5
DIFFERENCE_RTOL = 1e-7
DIFFERENCE_ATOL = 1e-9
# At the optimum the scores of all rows cancel; n of them add up to rounding only.
ZERO_ATOL = 1e-9


@pytest.fixture(scope="module")
def problem():
    """A point away from the optimum, so that no term vanishes."""
    specification = spec.parse(MODEL)
    rows = sample.read(specification, DATA, cluster=None)
    model = moments.structure(specification, scale=rows.scale)
    theta = estimation.estimate(specification, rows).theta
    noise = np.random.default_rng(1).normal(scale=0.05, size=len(theta))
    return model, rows, theta + noise


def central(function, theta):
    return np.array(
        [
            (function(theta + step) - function(theta - step)) / (2 * STEP)
            for step in STEP * np.eye(len(theta))
        ]
    )


def test_gradient_is_the_slope_of_the_likelihood(problem):
    model, rows, theta = problem
    slope = central(lambda t: moments.loglik(moments.implied(model, t), rows), theta)
    found = moments.gradient(moments.implied(model, theta), rows)
    np.testing.assert_allclose(found, slope, rtol=DIFFERENCE_RTOL, atol=DIFFERENCE_ATOL)
    assert np.abs(found).max() > 1e3 * DIFFERENCE_ATOL


def test_observed_information_is_minus_the_slope_of_the_gradient(problem):
    model, rows, theta = problem
    slope = central(lambda t: moments.gradient(moments.implied(model, t), rows), theta)
    found = moments.observed_information(model, moments.implied(model, theta), rows)
    np.testing.assert_allclose(found, -slope, rtol=DIFFERENCE_RTOL, atol=DIFFERENCE_ATOL)


def test_expected_information_is_the_observed_one_of_implied_data(problem):
    """Were the sample's moments those the model implies, both matrices would be one."""
    model, rows, theta = problem
    at = moments.implied(model, theta)
    ideal = sample.Sample(
        z=rows.z, shift=rows.shift, scale=rows.scale, mean=at.mean, cov=at.cov,
        clusters=None, n_clusters=None,
    )  # fmt: skip
    np.testing.assert_allclose(
        moments.expected_information(at),
        moments.observed_information(model, at, ideal),
        rtol=0,
        atol=ZERO_ATOL,
    )


def test_casewise_scores_average_to_the_gradient(problem):
    model, rows, theta = problem
    at = moments.implied(model, theta)
    average = inference.scores(at, rows).mean(axis=0)
    np.testing.assert_allclose(average, moments.gradient(at, rows), rtol=0, atol=ZERO_ATOL)


def test_casewise_score_is_the_slope_of_one_row(problem):
    model, rows, theta = problem
    row = rows.z[7]

    def log_density(t):
        at = moments.implied(model, t)
        deviation = row - at.mean
        spread = deviation @ at.precision @ deviation
        return -0.5 * (len(row) * np.log(2 * np.pi) + at.log_det + spread)

    found = inference.scores(moments.implied(model, theta), rows)[7]
    np.testing.assert_allclose(found, central(log_density, theta), rtol=DIFFERENCE_RTOL, atol=1e-7)


def test_blocks_of_rows_change_nothing(monkeypatch):
    specification = spec.parse(MODEL)
    rows = sample.read(specification, DATA, cluster="school_id")
    optimum = estimation.estimate(specification, rows)
    whole = inference.covariance(specification, rows, optimum, errors="robust")
    monkeypatch.setattr(inference, "BLOCK_ROWS", 100)
    parts = inference.covariance(specification, rows, optimum, errors="robust")
    np.testing.assert_allclose(parts, whole, rtol=1e-9)
