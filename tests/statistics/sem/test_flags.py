"""Faults that a fit survives and tells, and comparisons that mean nothing."""

import numpy as np
import pandas as pd
import pytest

from oablib import sem
from oablib.base.errors import ComparisonError, EstimationError
from tests.places import REFERENCE

DATA = pd.read_csv(REFERENCE / "data" / "base_model.csv")
MODEL = "cito ~ nscct + origin\nnscct ~ education_father"


def with_correlations(target: np.ndarray) -> pd.DataFrame:
    """300 rows with exactly these correlations, means 0 and variances 1."""
    noise = np.random.default_rng(3).normal(size=(300, len(target)))
    noise -= noise.mean(axis=0)
    white = noise @ np.linalg.inv(np.linalg.cholesky(noise.T @ noise / 300)).T
    names = [f"x{i + 1}" for i in range(len(target))]
    return pd.DataFrame(white @ np.linalg.cholesky(target).T, columns=names)


def one_factor(*loadings: float) -> np.ndarray:
    target = np.outer(loadings, loadings)
    np.fill_diagonal(target, 1.0)
    return target


def test_few_clusters_are_flagged():
    few = DATA.assign(group=DATA["school_id"] % 8)
    fit = sem.fit(MODEL, few, cluster="group")
    assert fit.flags[0].startswith(f"8 clusters for {fit.n_parameters} parameters")
    assert sem.fit(MODEL, DATA, cluster="school_id").flags == ()


def test_few_clusters_of_one_group_are_flagged():
    few = np.where(DATA["wave"] == 1, DATA["school_id"] % 8, DATA["school_id"])
    clustered = DATA.assign(wave="w" + DATA["wave"].astype(str), few=few)
    fit = sem.fit(MODEL, clustered, cluster="few", group="wave")
    (flag,) = fit.flags
    assert flag.startswith("4 clusters in group 'w1' for 12 parameters")


def test_heywood_case_is_flagged_with_its_variable():
    # Correlations of 0.8, 0.8 and 0.5 ask for a loading above 1: sqrt(.8 * .8 / .5) = 1.13.
    fit = sem.fit("f =~ x1 + x2 + x3", with_correlations(one_factor(1.28**0.5, 0.5**0.5, 0.5**0.5)))
    assert fit.flags[0].startswith("Heywood case: the variance of x1 is estimated below zero")
    assert fit.parameter("x1", "~~", "x1")["est"] == pytest.approx(1 - 1.28, abs=1e-6)


def test_latent_correlation_above_one_is_flagged():
    # Between factors the indicators correlate more than within: .6 against .5.
    target = np.full((4, 4), 0.6)
    target[:2, :2] = target[2:, 2:] = 0.5
    np.fill_diagonal(target, 1.0)
    fit = sem.fit("f =~ x1 + x2\ng =~ x3 + x4", with_correlations(target))
    assert "covariance matrix of the latent variables is not positive definite" in fit.flags[0]


def test_residual_correlation_below_minus_one_is_flagged():
    # Loadings of .9 leave residual variances of .19; this correlation asks for -.228 between them.
    target = one_factor(0.9, 0.9, 0.7, 0.7)
    target[0, 1] = target[1, 0] = 0.81 - 0.228
    fit = sem.fit("f =~ x1 + x2 + x3 + x4\nx1 ~~ x2", with_correlations(target))
    assert fit.flags[0].startswith("The residual covariance matrix is not positive definite")


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
    with pytest.raises(ComparisonError, match="it has 2 degrees of freedom and the general one 3"):
        sem.likelihood_ratio(fit, restricted)
    with pytest.raises(ComparisonError, match="it has 2 degrees of freedom and the general one 2"):
        sem.likelihood_ratio(fit, fit)


def test_likelihood_ratio_sees_through_another_way_of_writing():
    """A factor scaled by its variance is nested in the one scaled by its marker; x ~ y is not."""
    data = with_correlations(one_factor(0.9, 0.8, 0.7, 0.6))
    equal = sem.fit("f =~ NA*x1 + a*x2 + a*x3 + x4\nf ~~ 1*f", data)
    free = sem.fit("f =~ x1 + x2 + x3 + x4", data)
    assert sem.likelihood_ratio(equal, free).df == 1
    chain = sem.fit("x1 ~ x2\nx2 ~ x3\nx3 ~ x4", data)
    with pytest.raises(ComparisonError, match="cannot reproduce what it implies"):
        sem.likelihood_ratio(chain, free)


def test_candidate_that_data_cannot_tell_is_nan_and_left_out_of_the_list(fit):
    named = sem.modification_indices(fit, ["cito ~~ nscct", "education_father ~ origin"])
    assert named[["mi", "mi_robust", "epc", "p"]].iloc[1].isna().all()
    assert not sem.modification_indices(fit)["mi"].isna().any()


def test_more_terms_than_clusters_have_no_robust_test():
    text = f"{MODEL}\ncito ~ debt_restructuring + education_mother"
    few = sem.fit(text, DATA.assign(half=DATA["school_id"] % 2), cluster="half")
    terms = "nscct ~ origin + debt_restructuring + education_mother"
    row = sem.modification_indices(few, [terms]).iloc[0]
    assert np.isfinite(row["mi"]) and np.isnan(row["mi_robust"]) and np.isnan(row["p"])
    assert few.flags[0].startswith("2 clusters for")


def test_stacked_fit_of_equal_data_is_the_fit(fit):
    assert sem.stacked_loglik([fit, fit, fit]) == pytest.approx(fit.loglik, rel=1e-12)
    assert sem.loglik_at(fit, fit.parameters["est"]) == pytest.approx(fit.loglik, rel=1e-12)
    worse = fit.parameters["est"] + 0.01
    assert sem.loglik_at(fit, worse) < fit.loglik
    with pytest.raises(EstimationError, match="imply a covariance matrix that no data can have"):
        sem.loglik_at(fit, -fit.parameters["est"])
