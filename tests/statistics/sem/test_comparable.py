"""What may be compared or pooled: every difference is refused by every function, with its name."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oablib import pooling, sem
from oablib.base.errors import ComparisonError, PoolingError

RESTRICTED, GENERAL = "y ~ x + 0*z", "y ~ x + z"


@cache
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    n = 240
    x = rng.normal(3, size=n)
    z = rng.normal(size=n) + 0.3 * x
    y = 0.4 * x + 0.2 * z + rng.normal(size=n)
    columns = {"x": x, "z": z, "y": y, "w": rng.uniform(0.5, 2, n), "v": rng.uniform(0.5, 2, n)}
    half = np.where(np.arange(n) < n // 2, "a", "b")
    other = np.where(np.arange(n) % 2, "a", "b")
    schools = {"school": np.arange(n) % 30, "class_": rng.permutation(np.arange(n) % 30)}
    return pd.DataFrame({**columns, **schools, "half": half, "other": other})


def fitted(text: str, change: dict[str, Any] | None = None, **options: Any) -> sem.SemFit:
    return sem.fit(text, rows().assign(**(change or {})), **options)


def shuffled(name: str) -> dict[str, Any]:
    return {name: np.random.default_rng(2).permutation(rows()[name])}


def short(text: str) -> sem.SemFit:
    return sem.fit(text, rows().head(200))


# Options of the two models, and how a message names what differs.
DIFFERENCES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "mean structures": ({}, {"mean_structure": False}),
    "likelihoods": ({}, {"likelihood": "conditional"}),
    "clusters": ({}, {"cluster": "school"}),
    "weights": ({}, {"weights": "w"}),
    "groups": ({}, {"group": "half"}),
    "cluster corrections": (
        {"cluster": "school"},
        {"cluster": "school", "cluster_correction": False},
    ),
}
ONLY_COMPARED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "lie in other clusters or have other weights": ({"cluster": "school"}, {"cluster": "class_"}),
    "with the same clusters and weights": ({"weights": "w"}, {"weights": "v"}),
    "variances of their data": ({}, {"change": {"z": rows()["z"] * 2}}),
    "means of their data": ({}, {"change": {"x": rows()["x"] + 1e-6}}),
    "correlations of their data": ({}, {"change": shuffled("z")}),
    "of their data differ": ({"group": "half"}, {"group": "other"}),
}
ONLY_POOLED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "columns of clusters": ({"cluster": "school"}, {"cluster": "class_"}),
    "columns of weights": ({"weights": "w"}, {"weights": "v"}),
    "columns of groups": ({"group": "half"}, {"group": "other"}),
    "kinds of standard errors": ({}, {"errors": "expected"}),
}
COMPARE: tuple[Callable[[sem.SemFit, sem.SemFit], object], ...] = (
    lambda a, b: sem.compare({"a": a, "b": b}),
    sem.likelihood_ratio,
    lambda a, b: pooling.compare({"a": [a, a], "b": [b, b]}),
    lambda a, b: pooling.likelihood_ratio([a, a], [b, b]),
    lambda a, b: pooling.likelihood_ratio([a, a], [b, b], method="D2_scaled"),
)
POOL: tuple[Callable[[list[sem.SemFit]], object], ...] = (
    pooling.pool,
    pooling.r2,
    pooling.effects,
    pooling.information_criteria,
    pooling.modification_indices,
    sem.stacked_loglik,
)


@pytest.mark.parametrize("what", [*DIFFERENCES, *ONLY_COMPARED])
def test_models_that_differ_in_more_than_the_model_are_not_compared(what):
    one, other = (DIFFERENCES | ONLY_COMPARED)[what]
    restricted, general = fitted(RESTRICTED, **one), fitted(GENERAL, **other)
    for function in COMPARE:
        for pair in ((restricted, general), (general, restricted)):
            with pytest.raises(ComparisonError, match=what):
                function(*pair)


@pytest.mark.parametrize("what", [*DIFFERENCES, *ONLY_POOLED])
def test_fits_that_differ_in_more_than_the_data_are_not_pooled(what):
    one, other = ({"text": GENERAL, **each} for each in (DIFFERENCES | ONLY_POOLED)[what])
    pair = [fitted(**one), fitted(**other)]
    for function in POOL:
        for fits in (pair, pair[::-1]):
            with pytest.raises(PoolingError, match=f"2 different {what}"):
                function(fits)


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("models", "y ~ a*x + z + a*w"),
        ("fixed values", "y ~ x + z + 0.1*w"),
        ("parameters", "y ~ z + x + w"),
    ],
)
def test_texts_that_are_not_one_model_are_not_pooled(what, other):
    first = {
        "models": "y ~ a*x + a*z + w",
        "fixed values": "y ~ x + z + 0.2*w",
        "parameters": "y ~ x + z + w",
    }
    pair = [fitted(first[what]), fitted(other)]
    for function in POOL:
        with pytest.raises(PoolingError, match=f"2 different {what}"):
            function(pair)


def test_exogenous_variables_that_are_given_must_be_the_same():
    chain = fitted("y ~ x + z\nz ~ x", likelihood="conditional")
    with pytest.raises(ComparisonError, match="different sets of exogenous variables"):
        sem.compare({"chain": chain, "apart": fitted(GENERAL, likelihood="conditional")})


def test_rows_in_another_order_may_be_compared():
    options = {"cluster": "school", "weights": "w", "group": "half"}
    one = sem.fit(RESTRICTED, rows(), **options)
    again = sem.fit("y ~ z + x", rows().sample(frac=1, random_state=1), **options)
    assert sem.likelihood_ratio(one, again).df == 2
    ready = sem.prepare(rows(), ["w", "z", "y", "x"], **options)
    assert sem.compare({"one": one, "ready": sem.fit(GENERAL, ready)})["df"].tolist() == [2, 0]


def test_other_errors_and_another_text_of_one_model_may_be_compared():
    one, other = fitted(GENERAL), fitted("y ~ z + x", errors="expected")
    assert sem.compare({"one": one, "other": other})["delta_bic"].abs().max() < 1e-6


def test_a_fit_without_end_is_neither_compared_nor_pooled():
    fit = fitted(GENERAL)
    open_ = replace(fit, converged=False)
    for function in POOL:
        with pytest.raises(PoolingError, match="1 of 2 fits did not converge"):
            function([fit, open_])
    for compare in COMPARE:
        with pytest.raises((ComparisonError, PoolingError), match="did not converge"):
            compare(fit, open_)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (lambda fit: fit, "one fit"),
        (lambda _: rows(), "2 of 2 are no fits"),
        (lambda _: [rows(), rows()], "2 of 2 are no fits but of type DataFrame"),
        (lambda fit: [fit, None], "1 of 2 are no fits but of type NoneType"),
        (lambda fit: {"a": fit}, "an object of type dict"),
        (lambda _: 3, "an object of type int"),
        (lambda fit: pooling.pool([fit, fit]), "an object of type PooledFit"),
        (lambda _: (), "No fits to pool"),
    ],
)
def test_what_is_no_list_of_fits_is_named(given, found):
    wrong = given(fitted(GENERAL))
    if isinstance(wrong, pd.DataFrame):
        found = "of type str"
    for function in POOL:
        with pytest.raises(PoolingError, match=found):
            function(wrong)


def test_a_generator_of_fits_is_a_list_of_fits():
    fit = fitted(GENERAL)
    for function in POOL:
        function(each for each in (fit, fit))
    models = {"a": (f for f in (fit, fit)), "b": (f for f in (fit, fit))}
    assert len(pooling.compare(models)) == 2


@pytest.mark.parametrize("wrong", [lambda f: [f, f], lambda f: {"a": [f, f]}, lambda f: f])
def test_what_is_no_mapping_of_fits_is_named(wrong):
    with pytest.raises(ComparisonError, match="expected"):
        sem.compare(wrong(fitted(GENERAL)))
    with pytest.raises((ComparisonError, PoolingError), match="expected"):
        pooling.compare(wrong([fitted(GENERAL)] * 2))


def test_compare_tests_each_model_against_the_next_as_anova_does():
    fits = {"none": fitted("y ~ 0*x + 0*z"), "both": fitted(GENERAL), "x": fitted(RESTRICTED)}
    table = sem.compare(fits).set_index("model")
    assert table["against"].to_dict() == {"none": "x", "both": "", "x": "both"}
    for name, before in (("none", "x"), ("x", "both")):
        test = sem.likelihood_ratio(fits[name], fits[before])
        row = table.loc[name]
        assert (row["df_diff"], row["chi2_diff"], row["p_diff"]) == (test.df, test.chi2, test.p)
        assert row["p_diff_scaled"] == test.chi2_scaled_p and row["reason"] == ""
        assert row["rmsea"] == fits[name].rmsea and row["cfi"] == fits[name].cfi
    assert table.loc["both", ["df_diff", "p_diff"]].isna().all()


def test_compare_says_why_a_pair_has_no_test():
    fits = {"x": fitted("y ~ x + 0*z"), "z": fitted("y ~ 0*x + z"), "both": fitted(GENERAL)}
    table = sem.compare(fits).set_index("model")
    assert "it has 1 degrees of freedom and the general one 1" in table.loc["z", "reason"]
    assert np.isnan(table.loc["z", "chi2_diff"]) and table.loc["x", "df_diff"] == 1


def test_pooled_compare_shows_the_tests_of_its_ratios():
    noisy = [rows().assign(x=rows()["x"] + np.random.default_rng(k).normal(size=240) / 5)
             for k in range(4)]  # fmt: skip
    models = {name: [sem.fit(text, frame) for frame in noisy]
              for name, text in {"x": RESTRICTED, "both": GENERAL}.items()}  # fmt: skip
    table = pooling.compare(models).set_index("model")
    for method in ("D4", "D3"):
        test = pooling.likelihood_ratio(models["x"], models["both"], method=method)
        row = table.loc["both", [f"{c}_{method.lower()}" for c in ("f", "df1", "df2", "p", "riv")]]
        expected = [test.statistic, test.df1, test.df2, test.p, test.riv]
        np.testing.assert_allclose(row.astype(float), expected, rtol=1e-9)
    assert table.loc["x", ["f_d4", "p_d3"]].isna().all()
