"""The cohort and the chain of the run herijking-2021 beside the published figures."""

import math

import numpy as np
import pandas as pd
import pytest

from oablib import models, params, pooling, report, synthetic
from oablib.codebook import load
from tests.studies.twenty_seeds import imputed_fits, one_fit, true_education

# What the run promises of its cohort, on complete data (docs/decisions/0003).
LOGLIK_RTOL = 0.005
COMPLETE_WITHIN_SE = 1
# The published standard errors are rounded to 0.01: a third of their size for education.
IMPUTED_WITHIN_SE = 2
SE_RATIO = (0.6, 1.6)
R2_ATOL = 0.005


@pytest.fixture(scope="module")
def model() -> models.Model:
    return models.load("base")


@pytest.fixture(scope="module")
def run() -> params.RunParameters:
    return params.run_parameters("herijking-2021")


@pytest.fixture(scope="module")
def published(run: params.RunParameters) -> dict:
    return params.published(run.published)


def test_complete_data_lie_near_the_published_study(
    run: params.RunParameters, model: models.Model, published: dict
) -> None:
    drawn = synthetic.draw(n=run.n, seed=run.seed)
    fit, _ = one_fit(true_education(drawn), model=model, table=load().table("cohort"))
    listed = published["fit"]
    assert fit.loglik == pytest.approx(listed["loglik"], rel=LOGLIK_RTOL)
    assert fit.r2_adjusted["cito"] == pytest.approx(listed["r2_adjusted"], abs=R2_ATOL)
    assert (fit.n_parameters, fit.df) == (listed["free_parameters"], listed["df"])
    assert fit.bic - fit.aic == pytest.approx(49 * (math.log(19247) - 2))
    effects = pd.DataFrame(published["direct_effects"]).T
    estimates = [fit.parameter("cito", "~", name)["est"] for name in effects.index]
    distance = (np.array(estimates) - effects["coef"].astype(float)) / effects["se"].astype(float)
    assert distance.abs().max() < COMPLETE_WITHIN_SE


def test_imputed_data_give_the_published_effects(
    run: params.RunParameters, model: models.Model, published: dict
) -> None:
    told = {"m": run.imputations, "model": model, "table": load().table("cohort")}
    drawn = synthetic.draw(n=run.n, seed=run.seed)
    fits, _ = zip(*imputed_fits(drawn, seed=run.seed, **told), strict=True)
    pooled = pooling.pool(fits)
    table = report.compare_direct(pooled.parameters, model=model, figures=published)
    assert table["difference_in_se"].abs().max() < IMPUTED_WITHIN_SE
    assert table["se_ratio"].between(*SE_RATIO).all()
