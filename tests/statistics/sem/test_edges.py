"""What a user may hand in by mistake: an error of the project that names it, never one of Python.

No message may hold a value of the data.
"""

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oablib import pooling, sem
from oablib.base.errors import EstimationError, ModelError, OabError, PoolingError

# A value that would be seen in a message.
TELLING = 71625.5
LAVAAN_ARGUMENTS = {
    "ordered": "WLSMV",
    "se": "errors=",
    "bootstrap": "resampled rows",
    "test": "fit.chi2_scaled",
    "std_lv": "f ~~ 1*f",
    "std.lv": "f ~~ 1*f",
    "group.equal": "use equal=",
    "group_partial": "c(a1, a2)*x",
    "fixed.x": "likelihood='conditional'",
    "meanstructure": "mean_structure=",
    "sampling.weights": "weights=",
    "auto.var": "model text",
    "int.ov.free": "model text",
    "sample_cov": "give the rows",
}


@cache
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.normal(size=(200, 3)), columns=["x", "z", "y"]).round(3)
    data.loc[3, "x"] = TELLING
    return data.assign(g=np.arange(200) % 2, s=np.arange(200) % 20)


@cache
def fit() -> sem.SemFit:
    return sem.fit("y ~ x + 0*z", rows())


def refused(call: Callable[[], Any], kind: type[OabError] = OabError) -> str:
    with warnings.catch_warnings(), pytest.raises(kind) as caught:
        warnings.simplefilter("error")
        call()
    message = str(caught.value)
    assert str(TELLING) not in message and str(int(TELLING)) not in message
    return message


NO_FRAMES: dict[str, Callable[[], Any]] = {
    "type ndarray; expected one pandas data frame": lambda: rows().to_numpy(),
    "type dict": lambda: rows().to_dict("list"),
    "[sem.fit(model, d) for d in frames]": lambda: [rows(), rows()],
    "type Series": lambda: rows()["x"],
    "type NoneType": lambda: None,
    "type str": lambda: "data.csv",
    "0 rows (and 5 columns)": lambda: rows()[rows()["y"] > 1e6],
}


@pytest.mark.parametrize("message", NO_FRAMES)
def test_what_is_no_frame_with_rows_is_named(message):
    given = NO_FRAMES[message]()
    calls = (
        lambda: sem.fit("y ~ x", given),
        lambda: sem.prepare(given, ["x", "y"]),
        lambda: sem.influence(fit(), given, cluster="s"),
        lambda: sem.response(fit(), given, []),
    )
    for call in calls:
        assert message in refused(call, EstimationError)


@pytest.mark.parametrize("model", [["y ~ x", "z ~ x"], ("y ~ x",), None, {"y": "x"}, b"y ~ x", 1])
def test_a_model_that_is_no_text_is_named(model):
    message = refused(lambda: sem.fit(model, rows()), ModelError)
    assert f"The model is of type {type(model).__name__}; expected one text" in message
    assert ("join the lines" in message) == isinstance(model, list | tuple)


@pytest.mark.parametrize(
    ("line", "advice"),
    [("level: 1", "by cluster= (for level:)"), ("group : 2", "by group="), ("Block: 1", "blocks")],
)
def test_blocks_of_lavaan_are_refused_with_what_to_use(line, advice):
    assert advice in refused(lambda: sem.fit(f"{line}\ny ~ x", rows()), ModelError)
    assert sem.fit("level ~ x", rows().rename(columns={"y": "level"})).df == 0


COLUMNS: dict[str, Callable[[pd.Series], Any]] = {
    "Columns of complex numbers: x": lambda x: x + 1j,
    "hold numbers beyond 1e+70": lambda x: x * 1e200,
    "differences below 1e-70 only": lambda x: x * 1e-200,
    "Columns without numbers: x (object)": lambda x: x.astype(object),
    "Columns without numbers: x (category)": lambda x: x.astype("category"),
    "Columns without numbers: x (datetime64": lambda x: pd.to_datetime(x, unit="s"),
    "Missing or infinite values (x: 1)": lambda x: x.where(x.index > 0).astype("Float64"),
}


@pytest.mark.parametrize("message", COLUMNS)
def test_columns_that_cannot_be_fitted_are_named(message):
    data = rows().assign(x=COLUMNS[message](rows()["x"]))
    assert message in refused(lambda: sem.fit("y ~ x", data), EstimationError)


def test_whole_numbers_truth_values_and_nullable_columns_are_numbers():
    truth = rows()["z"] > 0
    expected = sem.fit("y ~ z", rows().assign(z=truth.astype(float))).parameters["est"]
    for kind in (bool, "boolean", "Int8", "UInt16", "Float32", "int64"):
        found = sem.fit("y ~ z", rows().assign(z=truth.astype(kind))).parameters["est"]
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    index = rows().assign(z=truth).set_index(np.zeros(200))
    np.testing.assert_allclose(sem.fit("y ~ z", index).parameters["est"], expected, rtol=1e-12)


GROUPS: dict[str, dict[str, Any]] = {
    "group= is of type list": {"group": ["g"]},
    "cluster= is of type Series": {"cluster": rows()["x"]},
    "weights= is of type ndarray": {"weights": np.ones(200)},
    "equal= is of type NoneType": {"equal": None, "group": "g"},
    "equal=['slopes'] is unknown": {"equal": ["slopes"], "group": "g"},
    "equal= holds objects of type int": {"equal": [3], "group": "g"},
    "mean_structure='default' is unknown; expected True or False": {"mean_structure": "default"},
    "cluster_correction='no' is unknown": {"cluster_correction": "no"},
    "likelihood='wishart' is unknown": {"likelihood": "wishart"},
    "likelihood=<list> is unknown": {"likelihood": ["joint"]},
    "errors=<NoneType>": {"errors": ()},
    "estimator=<ndarray> is unknown": {"estimator": np.ones(3)},
    "estimator='WLSMV' is unknown": {"estimator": "WLSMV"},
    "errors='robust' is asked for; leave out one": {"estimator": "ML", "errors": "robust"},
    "errors='expected' is asked for": {"estimator": "mlr", "errors": "expected"},
    "errors='expected' ignores cluster": {"estimator": "ml", "cluster": "s"},
    "clusters= is no argument of sem.fit; did you mean 'cluster'?": {"clusters": "s"},
    "tuning= is no argument of sem.fit; known are: cluster, group": {"tuning": 3},
}


@pytest.mark.parametrize("message", GROUPS)
def test_options_that_cannot_be_are_named(message):
    found = refused(lambda: sem.fit("y ~ x", rows(), **GROUPS[message]), ModelError)
    assert message.replace("<NoneType>", "<tuple>") in found


@pytest.mark.parametrize("argument", LAVAAN_ARGUMENTS)
def test_arguments_of_lavaan_are_refused_with_what_to_use(argument):
    message = refused(lambda: sem.fit("y ~ x", rows(), **{argument: True}), ModelError)
    assert message.startswith(f"{argument}= is no argument of sem.fit: ")
    assert LAVAAN_ARGUMENTS[argument] in message


@pytest.mark.parametrize(
    ("estimator", "errors", "meant"),
    [
        ("ML", None, "expected"), ("ml", "expected", "expected"), ("Ml", "observed", "observed"),
        ("MLR", None, "robust"), ("mlr", "robust", "robust"), (None, None, "robust"),
        (None, "observed", "observed"),
    ],
)  # fmt: skip
def test_estimators_of_lavaan_mean_their_errors(estimator, errors, meant):
    found = sem.fit("y ~ x", rows(), estimator=estimator, errors=errors)
    assert found.errors == meant
    own = sem.fit("y ~ x", rows(), errors=meant)
    assert found.parameters.equals(own.parameters)


def test_groups_without_order_or_with_one_text_are_refused():
    same = rows().assign(g=pd.Series(["1", 1] * 100, dtype=object))
    assert "types (int, str)" in refused(lambda: sem.fit("y ~ z", same, group="g"))
    lists = rows().assign(g=[[TELLING]] * 200)
    for role in ("cluster", "group"):
        assert "types (list)" in refused(lambda r=role: sem.fit("y ~ z", lists, **{r: "g"}))
    twice = pd.concat([rows(), rows()["g"]], axis=1)
    assert "stand more than once" in refused(lambda: sem.fit("y ~ z", twice, group="g"))


ONE_FIT: tuple[Callable[[Any], Any], ...] = (
    sem.effects,
    sem.standardized,
    sem.modification_indices,
    sem.score_tests,
    sem.score_information,
    sem.equality_tests,
    sem.semopy_estimates,
    lambda given: sem.loglik_at(given, [1.0]),
    lambda given: sem.influence(given, rows(), cluster="s"),
    lambda given: sem.response(given, rows(), []),
    lambda given: sem.with_covariance(given, np.eye(3)),
)


@pytest.mark.parametrize("given", [None, [1, 2], rows(), "y ~ x", {"a": 1}], ids=type)
def test_what_is_no_fit_is_named(given):
    for function in ONE_FIT:
        message = refused(lambda f=function: f(given), ModelError)
        assert f"of type {type(given).__name__}; expected one fit" in message


def test_one_text_is_one_candidate():
    listed = sem.modification_indices(fit(), ["y ~ z"])
    assert sem.modification_indices(fit(), "y ~ z").equals(listed)
    assert sem.modification_indices(fit(), (text for text in ["y ~ z"])).equals(listed)
    pooled = pooling.modification_indices([fit(), fit()], "y ~ z")
    assert pooled["mi_mean"].tolist() == pytest.approx(listed["mi"].tolist())
    again = pooling.modification_indices([fit(), fit()], (text for text in ["y ~ z"]))
    assert again.equals(pooled)
    assert len(sem.score_tests(fit(), "y ~ z")) == 1
    assert sem.score_information(fit(), "y ~ z").shape == (fit().n_parameters + 1,) * 2


@pytest.mark.parametrize(
    ("candidates", "message"),
    [
        ("y ~ z\nx ~ z", "Give several candidates as a list of texts"),
        ("y", "is not an equation"),
        (["y ~ z", None], "The list of candidates holds objects of type NoneType"),
        ([["y ~ z"]], "The list of candidates holds objects of type list"),
        (3, "The list of candidates is of type int"),
    ],
)
def test_what_is_no_candidate_is_named(candidates, message):
    for call in (
        lambda: sem.modification_indices(fit(), candidates),
        lambda: pooling.modification_indices([fit(), fit()], candidates),
    ):
        assert message in refused(call, ModelError)


def test_one_column_is_prepared_by_its_name():
    assert sem.prepare(rows(), "x").names == ("x",)


def test_shapes_that_do_not_fit_are_told():
    k = len(fit().parameters)
    assert f"each of the {k} rows" in refused(lambda: sem.loglik_at(fit(), [0.1]))
    assert f"of shape {(k, k)}" in refused(lambda: sem.with_covariance(fit(), np.eye(2)))
    assert "There is no 'sch'" in refused(lambda: sem.influence(fit(), rows(), cluster="sch"))
    assert "draws=<float>" in refused(lambda: sem.effects(fit(), draws=1500.5))


@pytest.mark.parametrize(
    "values", [[["a", "b"], ["c", "d"]], [[1, 2], [3]], [[1j, 2], [3, 4]], None, [{"a": 1}]]
)
def test_numbers_to_pool_must_be_numbers(values):
    good = np.ones((2, 2))
    calls = (
        lambda: pooling.rubin(values, good),
        lambda: pooling.rubin(good, values),
        lambda: pooling.d1(values, np.array([np.eye(2)] * 2)),
        lambda: pooling.d2(values, 1),
        lambda: pooling.d3([1.0, 2.0], values, 1),
        lambda: pooling.d4(values, 1.0, 1),
    )
    for call in calls:
        refused(call, PoolingError)


def test_costs_that_are_no_mapping_are_named():
    message = refused(lambda: pooling.information_criteria([fit(), fit()], costs=["x"]))
    assert "costs= is of type list" in message


WRONG = (
    None, -1, 1.5, "zz", b"x", [], [1], {}, np.ones(3), np.array(["a"]), object(), 1j, [None],
    [[1, 2], [3]], pd.NA, pd.DataFrame(), np.eye(2), type,
)  # fmt: skip
NOTHING = np.ones((3, 2))


def calls() -> dict[str, tuple[Callable[..., Any], dict[str, Any]]]:
    """Every public function with arguments that work."""
    one, two = fit(), [fit(), fit()]
    rows_and = {"fit": one, "data": rows(), "weights": None}
    return {
        "fit": (sem.fit, {"model": "y ~ x", "data": rows(), "cluster": "s", "group": None,
                          "equal": (), "effect_coding": (), "weights": None, "estimator": None,
                          "likelihood": "joint", "errors": None, "mean_structure": True,
                          "cluster_correction": True}),
        "prepare": (sem.prepare, {"data": rows(), "columns": ["x", "y"], "cluster": "s",
                                  "group": None, "weights": None, "cluster_correction": True}),
        "likelihood_ratio": (sem.likelihood_ratio, {"restricted": one, "general": one,
                                                     "method": "satorra.2000"}),
        "compare": (sem.compare, {"fits": {"a": one}}),
        "effects": (sem.effects, {"fit": one, "draws": 0, "seed": 1}),
        "standardized": (sem.standardized, {"fit": one}),
        "loglik_at": (sem.loglik_at, {"fit": one, "est": one.parameters["est"]}),
        "stacked": (sem.stacked_loglik, {"fits": two}),
        "stacked_chi2": (sem.stacked_chi2, {"fits": two}),
        "mi": (sem.modification_indices, {"fit": one, "candidates": "y ~ z", "robust": True}),
        "score_tests": (sem.score_tests, {"fit": one, "candidates": "y ~ z"}),
        "information": (sem.score_information, {"fit": one, "candidates": "y ~ z"}),
        "semopy": (sem.semopy_estimates, {"fit": one}),
        "influence": (sem.influence, {**rows_and, "cluster": "s"}),
        "response": (sem.response, {**rows_and, "moved": [{"x": np.ones(200)}]}),
        "with_covariance": (sem.with_covariance, {"fit": one, "covariance": one.covariance}),
        "pool": (pooling.pool, {"fits": two, "scale_w": False, "cv": 0.05}),
        "pooled compare": (pooling.compare, {"models": {"a": two}, "base": None, "costs": None}),
        "ratio": (pooling.likelihood_ratio, {"restricted": two, "general": two,
                                              "method": "D2_scaled",
                                              "scaled_method": "satorra.2000"}),
        "criteria": (pooling.information_criteria, {"fits": two, "costs": None}),
        "pooled mi": (pooling.modification_indices, {"fits": two, "candidates": "y ~ z",
                                                     "test": "D2", "robust": True}),
        "r2": (pooling.r2, {"fits": two}),
        "pooled effects": (pooling.effects, {"fits": two}),
        "rubin": (pooling.rubin, {"estimates": NOTHING, "covariances": NOTHING,
                                  "df_complete": None, "scale_w": False}),
        "d1": (pooling.d1, {"estimates": NOTHING, "covariances": np.array([np.eye(2)] * 3),
                            "df_complete": None}),
        "d2": (pooling.d2, {"statistics": np.ones(3), "df": 1}),
        "d3": (pooling.d3, {"complete": np.ones(3), "constrained": np.ones(3), "df": 1}),
        "d4": (pooling.d4, {"complete": np.ones(3), "stacked": 1.0, "df": 1, "general": None}),
    }  # fmt: skip


PUBLIC = list(calls())


@pytest.mark.parametrize("name", PUBLIC)
def test_nothing_that_is_handed_in_wrongly_ends_in_an_error_of_python(name):
    """Each argument of each function in turn becomes each wrong thing; some of them are right."""
    function, arguments = calls()[name]
    for argument in arguments:
        for wrong in WRONG:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                try:
                    function(**{**arguments, argument: wrong})
                except OabError as error:
                    assert str(TELLING) not in str(error)
