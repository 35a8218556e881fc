"""The multinomial logit is at its mode, by whatever way it came there, and its draws are proper."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.linalg import cho_factor
from scipy.optimize import approx_fprime, minimize
from scipy.special import logsumexp

from oablib.base.errors import ImputationError
from oablib.statistics.imputation import nominal, predictors
from oablib.statistics.imputation.nominal import Levels, Nominal, chances, follow, maximise
from oablib.statistics.imputation.predictors import Columns, Setting, as_columns
from oablib.statistics.imputation.variables import Variable

N, P, K = 1500, 4, 4
PRIOR_SD = np.array([np.inf, 2.5, 2.5, 1.25])
# Distance from the mode, in standard deviations, at which the tests let the search stop.
EXACT = 1e-6
# BFGS stops at gradients of 1e-6; the information per coefficient is some hundreds.
SAME_MODE = 1e-6
# Central differences of a log-likelihood of about 2,000 in double precision.
DIFFERENCES = 1e-4
# The Hessian is formed in single precision: seven digits, less what cancels in the sum.
SINGLE = 1e-4
DRAWS = 400
# Four standard errors of a standard deviation out of 400 draws: 4 / sqrt(2 x 400).
SPREAD = 0.142


@pytest.fixture(scope="module")
def x() -> NDArray:
    rng = np.random.default_rng(1)
    return np.column_stack([np.ones(N), rng.integers(0, 2, N), rng.normal(size=(N, 2))])


@pytest.fixture(scope="module")
def levels(x: NDArray) -> NDArray:
    rng = np.random.default_rng(2)
    slopes = np.array([[0, 0, 0, 0], [0.5, 0.5, -1, 0], [0.2, -0.5, 0.5, 1], [-1, 1, 0, 0.5]])
    share = np.exp(x @ slopes.T)
    share /= share.sum(axis=1, keepdims=True)
    return (rng.random((N, 1)) > np.cumsum(share, axis=1)[:, :-1]).sum(axis=1)


def log_posterior(flat: NDArray, x: NDArray, levels: NDArray, weights: NDArray) -> float:
    """Written out with all K levels, the reference's coefficients at 0."""
    reference = np.bincount(levels).argmax()
    index = np.insert(x @ flat.reshape(K - 1, P).T, reference, 0.0, axis=1)
    row = index[np.arange(len(x)), levels] - logsumexp(index, axis=1)
    return float(weights @ row - 0.5 * (flat.reshape(K - 1, P) ** 2 / PRIOR_SD**2).sum())


def fitted(x: NDArray, levels: NDArray, weights: NDArray | None = None, **options) -> NDArray:
    weights = np.ones(len(x)) if weights is None else weights
    options = {"prior_sd": PRIOR_SD, "weights": weights, "tolerance": EXACT} | options
    return maximise(x, Levels.of(levels, count=K), **options).coefficients


@pytest.mark.parametrize("weighted", [False, True])
def test_mode_is_that_of_a_general_optimiser(x: NDArray, levels: NDArray, weighted: bool) -> None:
    weights = np.random.default_rng(3).exponential(size=N) if weighted else np.ones(N)
    start, data = np.zeros((K - 1) * P), (x, levels, weights)
    options = {"gtol": 1e-6}
    theirs = minimize(
        lambda *a: -log_posterior(*a), start, args=data, method="BFGS", options=options
    ).x
    assert fitted(x, levels, weights).ravel() == pytest.approx(theirs, abs=SAME_MODE)


def test_a_weight_of_two_is_a_row_twice(x: NDArray, levels: NDArray) -> None:
    weights = np.where(np.arange(N) < 200, 2.0, 1.0)
    twice = np.append(np.arange(N), np.arange(200))
    doubled = fitted(x[twice], levels[twice])
    assert fitted(x, levels, weights) == pytest.approx(doubled, abs=SAME_MODE)


def test_derivatives_are_those_of_the_log_posterior(x: NDArray, levels: NDArray) -> None:
    weights = np.random.default_rng(4).exponential(size=N)
    precision = np.tile(PRIOR_SD**-2.0, K - 1)
    posterior = nominal._Posterior(x, Levels.of(levels, count=K), weights, precision)
    place = np.random.default_rng(5).normal(scale=0.3, size=(K - 1, P))
    here = posterior.at(place)
    assert here.value == pytest.approx(log_posterior(place.ravel(), x, levels, weights))
    slope = approx_fprime(place.ravel(), log_posterior, 1e-6, x, levels, weights)
    assert here.slope == pytest.approx(slope, rel=DIFFERENCES, abs=DIFFERENCES * N)
    hessian = -approx_fprime(
        place.ravel(), lambda b: posterior.at(b.reshape(place.shape)).slope, 1e-6
    )
    ours, lower = posterior.curvature(here)
    theirs, _ = cho_factor(hessian, lower=lower)
    part = np.tril if lower else np.triu
    assert part(ours) == pytest.approx(part(theirs), abs=SINGLE * np.abs(hessian).max() ** 0.5)


def test_a_level_that_a_group_never_has_stays_finite(x: NDArray, levels: NDArray) -> None:
    """Separation: without a prior the coefficient of the dummy would run to minus infinity."""
    never = np.where((levels == 1) & (x[:, 1] == 1), 2, levels)
    found = fitted(x, never)
    assert np.isfinite(found).all()
    share = chances(x, found, reference=int(np.bincount(never).argmax()))
    assert share[x[:, 1] == 1, 1].mean() < 0.01


def test_a_hessian_of_other_data_leads_to_the_same_mode(x: NDArray, levels: NDArray) -> None:
    options = {"prior_sd": PRIOR_SD, "weights": np.ones(N), "tolerance": EXACT}
    half = maximise(x[: N // 2], Levels.of(levels[: N // 2], count=K), **options | {
        "weights": np.ones(N // 2)
    })  # fmt: skip
    warm = maximise(x, Levels.of(levels, count=K), start=half, **options)
    assert warm.coefficients == pytest.approx(fitted(x, levels), abs=SAME_MODE)


def test_each_step_of_the_bootstrap_comes_nearer(x: NDArray, levels: NDArray) -> None:
    known = Levels.of(levels, count=K)
    start = maximise(x, known, prior_sd=PRIOR_SD, weights=np.ones(N), tolerance=EXACT)
    weights = np.random.default_rng(6).exponential(size=N)
    exact = fitted(x, levels, weights)
    options = {"prior_sd": PRIOR_SD, "weights": weights, "start": start}
    gaps = [np.abs(follow(x, known, steps=k, **options) - exact).max() for k in (0, 1, 2, 4)]
    assert sorted(gaps, reverse=True) == gaps
    # A tenth of the way is a tenth of the spread of draws: nothing beside the draw itself.
    assert gaps[-1] < 0.1 * gaps[0]


@dataclass(frozen=True)
class View:
    """What an engine sees: columns and schools."""

    matrix: NDArray
    school: NDArray

    def columns(self) -> Columns:
        return Columns(self.matrix, np.array([False, True, False, False]))


def drawn_coefficients(monkeypatch, x: NDArray, levels: NDArray, school: NDArray) -> NDArray:
    """Coefficients of many draws of the engine, (draws, K - 1, p)."""
    seen = []

    def kept(*args, **options):
        seen.append(follow(*args, **options))
        return seen[-1]

    monkeypatch.setattr("oablib.imputation.nominal.follow", kept)
    unknown = np.zeros(len(x), bool)
    unknown[-1] = True
    variable = Variable("edu", unknown, np.arange(K), scores=np.arange(K) * 1.0, spread=1.0)
    engine, rng = Nominal(variable, prior_sd=2.5), np.random.default_rng(7)
    for _ in range(DRAWS):
        engine.draw(View(x, school), levels, rng=rng)
    return np.array(seen)


def test_prior_is_wide_for_a_dummy_and_half_as_wide_for_a_number(
    monkeypatch, x: NDArray, levels: NDArray
) -> None:
    """A number is standardised, and two standard deviations of it are like 0 and 1 of a dummy."""
    seen = []

    def kept(*args, **options):
        seen.append(options["prior_sd"])
        return maximise(*args, **options)

    monkeypatch.setattr("oablib.imputation.nominal.maximise", kept)
    unknown = np.arange(N) == N - 1
    variable = Variable("edu", unknown, np.arange(K), scores=np.arange(K) * 1.0, spread=1.0)
    Nominal(variable, prior_sd=2.5).draw(
        View(x, np.arange(N)), levels, rng=np.random.default_rng(7)
    )
    assert seen[0].tolist() == [np.inf, 2.5, 1.25, 1.25]


def test_columns_with_two_values_are_dummies_and_all_others_are_not(levels: NDArray) -> None:
    """Known categories, numbers with two values, and levels of another imputed variable."""
    rng = np.random.default_rng(8)
    known = pd.DataFrame({
        "origin": pd.Categorical(rng.integers(1, 4, N)), "sex": rng.integers(1, 3, N) * 1.0,
        "score": rng.normal(size=N),
    })  # fmt: skip
    columns = as_columns(known, linear=("score",))
    assert columns.binary.tolist() == [False, True, True, True, False]
    assert all(set(column) == {0, 1} for column in columns.matrix.T[columns.binary])
    nobody = np.zeros(N, bool)
    target, other = (
        Variable(name, nobody, np.arange(K), scores=np.arange(K) * 1.0, spread=1.0)
        for name in ("father", "mother")
    )
    income = Variable("income", nobody, None, scores=np.zeros(0), spread=1.0)
    setting = Setting(
        variables=(target, other, income), known=known, columns=columns, school=np.arange(N) // 10,
        school_level=False, shift=0,
    )  # fmt: skip
    values = {"father": levels, "mother": levels, "income": rng.normal(size=N)}
    shown = predictors.View(setting, values, target).columns()
    of_mother, of_income = [True] * (K - 1), [False]
    assert shown.binary.tolist() == [*columns.binary, *of_mother, *of_income]
    assert set(np.unique(shown.matrix[:, shown.binary])) == {0, 1}


def test_a_search_without_end_says_so_and_what_to_do(
    monkeypatch, x: NDArray, levels: NDArray
) -> None:
    monkeypatch.setattr(nominal, "MOST_STEPS", 2)
    said = f"multinomial logit of {K} levels on {P} columns did not converge in 2 steps"
    with pytest.raises(ImputationError, match=said) as caught:
        fitted(x, levels)
    assert "narrower prior in params/rules/imputation.yaml" in str(caught.value)


def test_draws_of_coefficients_spread_as_their_estimate_does(
    monkeypatch, x: NDArray, levels: NDArray
) -> None:
    """Proper in Rubin's sense: their covariance is the inverse information."""
    spread = drawn_coefficients(monkeypatch, x, levels, np.arange(N)).std(axis=0).ravel()
    posterior = nominal._Posterior(
        x, Levels.of(levels, count=K), np.ones(N), np.tile(PRIOR_SD**-2.0, 3)
    )
    half, lower = posterior.curvature(posterior.at(fitted(x, levels)))
    half = np.tril(half) if lower else np.triu(half).T
    expected = np.sqrt(np.diag(np.linalg.inv(half @ half.T)))
    assert np.mean(spread / expected) == pytest.approx(1, abs=SPREAD / 2)
    assert spread / expected == pytest.approx(np.ones(len(spread)), abs=2 * SPREAD)


def test_children_who_are_copies_of_schoolmates_add_no_certainty(
    monkeypatch, x: NDArray, levels: NDArray
) -> None:
    """Every child four times in its school: draws spread as if it were there once."""
    once = drawn_coefficients(monkeypatch, x, levels, np.arange(N)).std(axis=0)
    four = np.tile(np.arange(N), 4)
    copies = drawn_coefficients(monkeypatch, x[four], levels[four], four).std(axis=0)
    # Half of it, had children been drawn and not schools.
    assert np.mean(copies / once) == pytest.approx(1, abs=SPREAD)
