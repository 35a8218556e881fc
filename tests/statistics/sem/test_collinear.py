"""Columns that nearly depend on each other, and rows that are few: least squares still answers."""

import numpy as np
import pandas as pd
import pytest

from oablib import sem
from oablib.base.errors import EstimationError

# Standard errors by which estimates may differ from least squares on orthogonal columns, and the
# same relative for standard errors: rounding of moments over the smallest eigenvalue, which is
# 1e-6 to 4e-10 in the cases below.
EST_SE, SE_RTOL = 1e-5, 1e-5
# Without near dependence only rounding is left.
EXACT = 1e-9


def year_squared() -> tuple[pd.DataFrame, list[str]]:
    random = np.random.default_rng(2)
    year = random.integers(1990, 2016, 500).astype(float)
    y = 0.05 * (year - 2000) - 0.004 * (year - 2000) ** 2 + random.normal(size=500)
    return pd.DataFrame({"year": year, "year2": year**2, "y": y}), ["year", "year2"]


def birth_date() -> tuple[pd.DataFrame, list[str]]:
    """Months since 1900 and their square, of one cohort."""
    random = np.random.default_rng(4)
    month = random.integers(1300, 1336, 400).astype(float)
    y = 0.1 * (month - 1318) + random.normal(size=400)
    return pd.DataFrame({"month": month, "month2": month**2, "y": y}), ["month", "month2"]


def shares(decimals: int) -> tuple[pd.DataFrame, list[str]]:
    """Three shares that add up to 100 but for rounding."""
    random = np.random.default_rng(3)
    frame = pd.DataFrame(random.dirichlet([2, 3, 4], 500) * 100, columns=["a", "b", "c"])
    y = 0.1 * frame["a"] + random.normal(size=500)
    return frame.round(decimals).assign(y=y), ["a", "b", "c"]


CASES = {
    "year": year_squared(),
    "month": birth_date(),
    "shares 1": shares(1),
    "shares 2": shares(2),
    "shares 3": shares(3),
}


def least_squares(frame: pd.DataFrame, names: list[str]) -> dict[str, np.ndarray]:
    """Slopes with errors of White (1980), and of constant variance, both with divisor n."""
    x = frame[names].to_numpy()
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    q, r = np.linalg.qr(np.column_stack([np.ones(len(z)), z]))
    half = np.linalg.inv(r) @ q.T
    slopes = half @ frame["y"].to_numpy()
    rest = frame["y"].to_numpy() - np.column_stack([np.ones(len(z)), z]) @ slopes
    errors = {"robust": rest**2, "expected": np.full(len(z), rest @ rest / len(z))}
    se = {name: np.sqrt(((half * each) @ half.T).diagonal())
          for name, each in errors.items()}  # fmt: skip
    return {"est": slopes[1:] / x.std(axis=0)} | {k: v[1:] / x.std(axis=0) for k, v in se.items()}


@pytest.mark.parametrize("likelihood", ["joint", "conditional"])
@pytest.mark.parametrize("name", CASES)
def test_nearly_dependent_columns_have_the_answer_of_least_squares(name, likelihood):
    frame, names = CASES[name]
    expected = least_squares(frame, names)
    for errors in ("robust", "expected"):
        fit = sem.fit(f"y ~ {' + '.join(names)}", frame, likelihood=likelihood, errors=errors)
        rows = pd.DataFrame([fit.parameter("y", "~", each) for each in names])
        off = np.abs(rows["est"].to_numpy(dtype=float) - expected["est"]) / expected[errors]
        assert fit.converged and off.max() < EST_SE
        np.testing.assert_allclose(rows["se"].astype(float), expected[errors], rtol=SE_RTOL)
        assert fit.flags[0].startswith(f"Columns {', '.join(names)} nearly determine each other")


def test_centring_makes_the_same_model_of_it():
    frame, _ = year_squared()
    frame = frame.assign(z=np.random.default_rng(1).normal(size=500) + frame["y"])
    moved = frame.assign(year=frame["year"] - 2002)
    moved["year2"] = moved["year"] ** 2
    text = "y ~ year + year2\nz ~ y + year"
    one, other = sem.fit(text, frame), sem.fit(text, moved)
    assert not any("nearly determine" in flag for flag in other.flags)
    for address in (("y", "~", "year2"), ("z", "~", "y"), ("z", "~", "year")):
        a, b = one.parameter(*address), other.parameter(*address)
        assert a["est"] == pytest.approx(b["est"], abs=EST_SE * b["se"])
        assert a["se"] == pytest.approx(b["se"], rel=SE_RTOL)
    found = [one.scaling_factor, one.chi2, one.parameter("year2", "~~", "year2")["se"]]
    square = (frame["year2"] - frame["year2"].mean()) ** 2
    wanted = [other.scaling_factor, other.chi2, (square.var(ddof=0) / 500) ** 0.5]
    assert found == pytest.approx(wanted, rel=SE_RTOL)


def test_exact_dependence_is_refused():
    frame, names = shares(1)
    frame["c"] = 100 - frame["a"] - frame["b"]
    with pytest.raises(EstimationError, match=r"\['a', 'b', 'c'\] determine each other exactly"):
        sem.fit(f"y ~ {' + '.join(names)}", frame)


@pytest.mark.parametrize("likelihood", ["joint", "conditional"])
@pytest.mark.parametrize(("n", "p"), [(60, 10), (25, 15), (12, 10)])
def test_few_rows_are_fitted_as_least_squares_does(n, p, likelihood):
    random = np.random.default_rng(n)
    names = [f"x{i}" for i in range(p)]
    frame = pd.DataFrame(random.normal(size=(n, p)), columns=names)
    frame["y"] = frame["x0"] + random.normal(size=n)
    fit = sem.fit(f"y ~ {' + '.join(names)}", frame, likelihood=likelihood)
    expected = least_squares(frame, names)
    rows = pd.DataFrame([fit.parameter("y", "~", each) for each in names])
    assert rows["est"].tolist() == pytest.approx(expected["est"].tolist(), rel=EXACT, abs=EXACT)
    assert rows["se"].tolist() == pytest.approx(expected["robust"].tolist(), rel=1e-6)
    thin = [flag for flag in fit.flags if "estimated parameters, fewer than 5" in flag]
    assert bool(thin) == (n < 5 * (p + 2))
    singular = [flag for flag in fit.flags if "the robust covariance matrix is singular" in flag]
    assert bool(singular) == (n <= fit.n_parameters)


def test_rows_without_rank_are_refused_by_count():
    random = np.random.default_rng(1)
    frame = pd.DataFrame(random.normal(size=(11, 11)), columns=[*(f"x{i}" for i in range(10)), "y"])
    text = "y ~ " + " + ".join(f"x{i}" for i in range(10))
    with pytest.raises(EstimationError, match="11 rows for 11 variables, whose covariance matrix"):
        sem.fit(text, frame)
