"""Faults that a fit survives and tells, and comparisons that mean nothing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from oablib import sem
from oablib.errors import ComparisonError, EstimationError

DATA = pd.read_csv(Path(__file__).parents[1] / "reference" / "data" / "base_model.csv")
MODEL = "cito ~ nscct + origin\nnscct ~ education_father"


def one_factor(loadings: list[float], *, signs: tuple[int, ...] = (1, 1, 1)) -> pd.DataFrame:
    """Exact sample moments: correlations l_i l_j with signs, so that the outcome is known."""
    rng = np.random.default_rng(3)
    target = np.outer(loadings, loadings) * np.outer(signs, signs)
    np.fill_diagonal(target, 1.0)
    noise = rng.normal(size=(300, len(loadings)))
    noise -= noise.mean(axis=0)
    white = noise @ np.linalg.inv(np.linalg.cholesky(noise.T @ noise / 300)).T
    names = [f"x{i + 1}" for i in range(len(loadings))]
    return pd.DataFrame(white @ np.linalg.cholesky(target).T, columns=names)


def test_few_clusters_are_flagged():
    few = DATA.assign(group=DATA["school_id"] % 8)
    fit = sem.fit(MODEL, few, cluster="group")
    assert fit.flags[0].startswith(f"8 clusters for {fit.n_parameters} parameters")
    assert sem.fit(MODEL, DATA, cluster="school_id").flags == ()


def test_heywood_case_is_flagged_with_its_variable():
    # Correlations of 0.8, 0.8 and 0.5 ask for a loading above 1: l1 = sqrt(.8 * .8 / .5) = 1.13.
    data = one_factor([1.13137085, 0.70710678, 0.70710678])
    fit = sem.fit("f =~ x1 + x2 + x3", data)
    assert fit.flags[0].startswith("Heywood case: the variance of x1 is estimated below zero")
    assert fit.parameter("x1", "~~", "x1")["est"] == pytest.approx(1 - 1.13137085**2, abs=1e-6)


def test_latent_correlation_above_one_is_flagged():
    # Between factors the indicators correlate more than within: .6 against .5.
    rng = np.random.default_rng(4)
    target = np.full((4, 4), 0.6)
    target[:2, :2] = target[2:, 2:] = 0.5
    np.fill_diagonal(target, 1.0)
    noise = rng.normal(size=(400, 4))
    noise -= noise.mean(axis=0)
    white = noise @ np.linalg.inv(np.linalg.cholesky(noise.T @ noise / 400)).T
    data = pd.DataFrame(white @ np.linalg.cholesky(target).T, columns=["x1", "x2", "x3", "x4"])
    fit = sem.fit("f =~ x1 + x2\ng =~ x3 + x4", data)
    told = " ".join(fit.flags)
    assert "latent variables is not positive definite" in told


def test_search_that_runs_to_the_border_is_an_error():
    # A correlation of 0.9 between the first two and none with the third fits no single factor.
    data = one_factor([0.9, 0.9, 0.02])
    flipped = data.assign(x3=-data["x3"] + 0.5 * data["x1"] - 0.5 * data["x2"])
    try:
        fit = sem.fit("f =~ x1 + x2 + x3", flipped)
    except EstimationError as error:
        assert any(word in str(error) for word in ("No optimum", "No step", "not identified"))
    else:
        assert fit.flags


@pytest.fixture(scope="module")
def fit() -> sem.SemFit:
    return sem.fit(MODEL, DATA)


def test_comparison_refuses_what_cannot_be_compared(fit):
    others = {
        "different numbers of rows": sem.fit(MODEL, DATA.head(1000)),
        "different sets of variables": sem.fit("cito ~ nscct", DATA),
        "different likelihoods": sem.fit(MODEL, DATA, likelihood="conditional"),
        "variances of their data differ": sem.fit(MODEL, DATA.assign(nscct=DATA["nscct"] * 2)),
        "different groups": sem.fit(MODEL, DATA, group="wave"),
    }
    for message, other in others.items():
        with pytest.raises(ComparisonError, match=message):
            sem.compare({"one": fit, "two": other})
    with pytest.raises(ComparisonError, match="No fits to compare"):
        sem.compare({})


def test_likelihood_ratio_refuses_models_in_the_wrong_order(fit):
    restricted = sem.fit("cito ~ nscct + 0*origin\nnscct ~ education_father", DATA)
    assert sem.likelihood_ratio(restricted, fit).df == 1
    with pytest.raises(ComparisonError, match="more degrees of freedom"):
        sem.likelihood_ratio(fit, restricted)
    with pytest.raises(ComparisonError, match="has 0 more degrees of freedom"):
        sem.likelihood_ratio(fit, fit)


def test_candidate_that_data_cannot_tell_is_nan_and_left_out_of_the_list(fit):
    named = sem.modification_indices(fit, ["cito ~~ nscct", "education_father ~ origin"])
    assert named[["mi", "mi_robust", "epc", "p"]].iloc[1].isna().all()
    assert not sem.modification_indices(fit)["mi"].isna().any()


def test_stacked_fit_of_equal_data_is_the_fit(fit):
    assert sem.stacked_loglik([fit, fit, fit]) == pytest.approx(fit.loglik, rel=1e-12)
    assert sem.loglik_at(fit, fit.parameters["est"]) == pytest.approx(fit.loglik, rel=1e-12)
    worse = fit.parameters["est"] + 0.01
    assert sem.loglik_at(fit, worse) < fit.loglik
    with pytest.raises(EstimationError, match="imply a covariance matrix that no data can have"):
        sem.loglik_at(fit, -fit.parameters["est"])
