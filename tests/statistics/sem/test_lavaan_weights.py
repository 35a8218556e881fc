"""Sampling weights: one equation against the package survey, several groups against lavaan."""

import numpy as np
import pytest
from lavaan_cases import CLUSTER, WEIGHTED, WEIGHTS, Case
from lavaan_reference import (
    ROUNDING_RTOL,
    SE_RTOL,
    assert_estimates_agree,
    assert_measures_agree,
    assert_standardised_agree,
    close,
    data,
    stored,
)

from oablib import sem

HUBER_WHITE, CLUSTERED, _ = WEIGHTS
SURVEY = stored("weights")["survey"]
MODEL = stored("weights")["model"]


@pytest.mark.parametrize("kind", ["rows", "schools"])
def test_equation_agrees_with_survey(kind: str):
    """svyglm counts each row as a cluster of its own and corrects by n / (n - 1); lavaan does so
    for clusters only.
    """
    fit, n = {"rows": HUBER_WHITE, "schools": CLUSTERED}[kind].fit(), stored("weights")["n"]
    correction = np.sqrt(n / (n - 1)) if kind == "rows" else 1.0
    equation = SURVEY[kind]
    for name, est, se in zip(equation["rhs"], equation["est"], equation["se"], strict=True):
        address = ("cito", "~1") if name == "(Intercept)" else ("cito", "~", name)
        found = fit.parameter(*address)
        close(found["est"], est, name, rtol=ROUNDING_RTOL)
        close(found["se"] * correction, se, name, rtol=SE_RTOL)


def test_weights_of_groups_agree_with_lavaan():
    options = WEIGHTED | CLUSTER | {"group": "wave", "equal": ("regressions",)}
    case = Case("weights", "waves_total", "model", options=options)
    assert_estimates_agree(case.fit(), case.lavaan)
    assert_standardised_agree(case.fit(), case.lavaan)
    assert_measures_agree(case.fit(), case.lavaan)


def test_unit_of_weights_does_not_matter():
    plain = HUBER_WHITE.fit()
    double = data("base_model").assign(weight=lambda frame: 2 * frame["weight"])
    found = sem.fit(MODEL, double, weights="weight")
    close(found.parameters["se"], plain.parameters["se"], "se", rtol=ROUNDING_RTOL)
    close(found.loglik, plain.loglik, "loglik", rtol=ROUNDING_RTOL)


def test_equal_weights_are_none():
    equal = sem.fit(MODEL, data("base_model").assign(one=3.0), weights="one")
    none = sem.fit(MODEL, data("base_model"))
    close(equal.parameters["est"], none.parameters["est"], "est", rtol=ROUNDING_RTOL)
    close(equal.covariance, none.covariance, "covariance", rtol=ROUNDING_RTOL, atol=ROUNDING_RTOL)
