"""Analytic derivatives and feature sums against differences and sums that anyone would write."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from oablib.statistics.sem.data import sample
from oablib.statistics.sem.fits import optima
from oablib.statistics.sem.likelihood import moments
from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.results import inference, solution
from oablib.statistics.sem.search import estimation
from oablib.statistics.sem.text import spec
from tests.places import REFERENCE

REFERENCE = REFERENCE / "data"
DATA = pd.read_csv(REFERENCE / "base_model.csv")
TESTS = pd.read_csv(REFERENCE / "holzinger_swineford.csv")
# Central differences: truncation, of the order of the step squared times the third derivative,
# and rounding, 1e-16 over the step, are both below these.
STEP = 1e-5
DIFFERENCE_RTOL = 1e-7
DIFFERENCE_ATOL = 1e-8
# Sums of a few thousand numbers of size one, in another order.
SUM_RTOL = 1e-9
SUM_ATOL = 1e-9

MODELS = {
    "paths": (
        "cito ~ nscct + education_father + 0.5*origin\n"
        "nscct ~ education_mother + 0.1*cito\ncito ~~ nscct",
        DATA,
        {"cluster": "school_id"},
    ),
    "restricted_intercepts": (
        "cito ~ nscct + a*education_father + a*education_mother\ncito ~ 1\nnscct ~ 100*1",
        DATA,
        {},
    ),
    "latent": (
        "visual =~ x1 + x2 + x3\nspeed =~ x7 + b*x8 + b*x9\nspeed ~ visual\nx1 ~~ x7\n"
        "x1 ~ 0*1\nvisual ~ 1",
        TESTS,
        {},
    ),
    "groups": (
        "visual =~ x1 + x2 + x3\nspeed =~ x7 + x8 + x9",
        TESTS,
        {"group": "school", "equal": ("loadings", "intercepts")},
    ),
}


def set_up(name: str) -> problems.Problem:
    text, data, options = MODELS[name]
    equal = options.get("equal", ())
    own = {key: value for key, value in options.items() if key != "equal"}
    groups = data[own["group"]].nunique() if "group" in own else 1
    model = spec.parse(text, n_groups=groups, equal=equal)
    prepared = sample.prepare(data, model.observed, **own)
    return problems.set_up(model, prepared.take(model, centred=problems.centred(model)))


@pytest.fixture(scope="module", params=MODELS)
def case(request) -> tuple[problems.Problem, np.ndarray]:
    """A point away from the optimum, so that no term vanishes."""
    problem = set_up(request.param)
    theta = optima.estimate(problem).theta
    noise = np.random.default_rng(1).normal(scale=0.05, size=len(theta))
    return problem, theta + noise


def central(function, theta):
    return np.array(
        [
            (function(theta + step) - function(theta - step)) / (2 * STEP)
            for step in STEP * np.eye(len(theta))
        ]
    )


def test_gradient_is_the_slope_of_the_likelihood(case):
    problem, theta = case
    slope = central(lambda t: problems.loglik(problem, problems.implied(problem, t)), theta)
    found = problems.gradient(problem, problems.implied(problem, theta))
    np.testing.assert_allclose(found, slope, rtol=DIFFERENCE_RTOL, atol=DIFFERENCE_ATOL)
    assert np.abs(found).max() > 1e3 * DIFFERENCE_ATOL


def test_observed_information_is_minus_the_slope_of_the_gradient(case):
    problem, theta = case
    slope = central(lambda t: problems.gradient(problem, problems.implied(problem, t)), theta)
    found = problems.observed_information(problem, problems.implied(problem, theta))
    np.testing.assert_allclose(found, -slope, rtol=DIFFERENCE_RTOL, atol=DIFFERENCE_ATOL)


def test_searched_parameters_have_the_same_derivatives_among_all(case):
    problem, theta = case
    at, moving = problems.implied(problem, theta), problem.searched
    assert 0 < len(moving) <= problem.spec.n_free
    part = problems.gradient(problem, at, moving=True)
    np.testing.assert_allclose(part, problems.gradient(problem, at)[moving], atol=SUM_ATOL)
    for information in (problems.expected_information, problems.observed_information):
        part = information(problem, at, moving=True)
        whole = information(problem, at)[np.ix_(moving, moving)]
        np.testing.assert_allclose(part, whole, rtol=SUM_RTOL, atol=SUM_ATOL)


def test_expected_information_is_the_observed_one_of_implied_data(case):
    """Were the sample's moments those the model implies, both matrices would be one."""
    problem, theta = case
    at = problems.implied(problem, theta)
    groups = zip(problem.sample.groups, at, strict=True)
    ideal = tuple(replace(group, mean=m.mean, cov=m.cov) for group, m in groups)
    there = replace(problem, sample=replace(problem.sample, groups=ideal))
    np.testing.assert_allclose(
        problems.expected_information(problem, at),
        problems.observed_information(there, at),
        rtol=SUM_RTOL,
        atol=SUM_ATOL,
    )


def casewise_scores(problem: problems.Problem, theta: np.ndarray, name: str) -> np.ndarray:
    """Slope of each row's log-density, shape (n, k), by the textbook formula."""
    _, data, options = MODELS[name]
    at, k = problems.implied(problem, theta), problem.spec.n_free
    scores = np.zeros((len(data), k))
    labels = sorted(data[options["group"]].unique()) if "group" in options else [None]
    for number, label in enumerate(labels):
        rows = np.ones(len(data), bool) if label is None else data[options["group"]] == label
        group, here, layout = problem.sample.groups[number], at[number], problem.layouts[number]
        x = data.loc[rows, list(problem.spec.observed)].to_numpy(float)
        d = (x - group.shift) / problem.sample.scale - here.mean
        by = moments.slopes(here, layout.places)
        w = d @ here.precision
        for cell in range(len(layout.parameter)):
            dcov = np.outer(by.L[:, cell], by.R[:, cell]) * by.f[cell]
            dcov = dcov + dcov.T
            own = 0.5 * (np.einsum("ni,ij,nj->n", w, dcov, w) - np.sum(here.precision * dcov))
            own = (own + w @ by.D[:, cell]) * layout.unit[cell]
            scores[np.flatnonzero(rows), layout.parameter[cell]] += own
    return scores


@pytest.mark.parametrize("name", MODELS)
def test_feature_products_give_the_meat_of_casewise_scores(name):
    problem = set_up(name)
    theta = optima.estimate(problem).theta * 1.01
    scores = casewise_scores(problem, theta, name)
    average = scores.mean(axis=0)
    gradient = problems.gradient(problem, problems.implied(problem, theta))
    np.testing.assert_allclose(average, gradient, rtol=SUM_RTOL, atol=SUM_ATOL)
    meat = scores.T @ scores
    if "cluster" in MODELS[name][2]:
        sums = pd.DataFrame(scores).groupby(DATA["school_id"].to_numpy()).sum().to_numpy()
        meat = len(sums) / (len(sums) - 1) * sums.T @ sums
    weights = inference.score_weights(problem, problems.implied(problem, theta))
    found = weights.T @ problem.sample.products @ weights
    np.testing.assert_allclose(found, meat, rtol=SUM_RTOL, atol=SUM_ATOL * np.abs(meat).max())


def test_original_and_standardised_values_have_the_slopes_they_say(case):
    problem, _ = case
    theta = optima.estimate(problem).theta

    def standardised(t):
        at = problems.implied(problem, t)
        return solution.standardised(problem, estimation.Optimum(t, at, 0.0)).value

    for function, slopes in (
        (lambda t: solution.original(problem, t).value, solution.original(problem, theta).slopes),
        (
            standardised,
            solution.standardised(
                problem, estimation.Optimum(theta, problems.implied(problem, theta), 0.0)
            ).slopes,
        ),
    ):
        scale = np.abs(slopes).max()
        np.testing.assert_allclose(slopes / scale, central(function, theta).T / scale, atol=1e-7)


def test_blocks_of_rows_change_nothing(monkeypatch):
    from oablib.statistics.sem.data import rows as features

    for name in ("paths", "restricted_intercepts"):
        whole = set_up(name).sample.products
        monkeypatch.setattr(features, "BLOCK_NUMBERS", 1000)
        parts = set_up(name).sample.products
        monkeypatch.undo()
        np.testing.assert_allclose(parts, whole, rtol=SUM_RTOL, atol=SUM_ATOL * np.abs(whole).max())


def test_original_values_return_to_the_parameters(case):
    problem, theta = case
    there = solution.original(problem, theta).value
    back = solution.standard_theta(problem, there, given=np.zeros_like(theta))
    np.testing.assert_allclose(back, theta, rtol=SUM_RTOL, atol=SUM_ATOL)
