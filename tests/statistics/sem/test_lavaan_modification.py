"""Modification indices against lavaan's modindices, and their robust form against its pieces."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from lavaan_cases import BASE, CLUSTER, HOLZINGER, LABELS, LATENT, TEXTS, WEIGHTS, Case
from lavaan_reference import (
    MI_ATOL,
    MI_RTOL,
    P_RTOL,
    assert_indices_agree,
    by_address,
    close,
    lavaan_indices,
    stored,
)
from scipy.stats import chi2

from oablib import sem

PLAIN = [c for c in [*BASE, *LATENT, *TEXTS, *WEIGHTS] if "modification_indices" in c.lavaan]
JOINT = [c for c in PLAIN if c.options.get("likelihood") != "conditional"]
# In one of the texts x4, x5 and x7 stand in no equation; lavaan then has no candidates at all.
LISTED = [case for case in JOINT if case.lavaan["modification_indices"]["lhs"]]
listed = pytest.mark.parametrize("case", LISTED, ids=lambda case: case.name)


def texts(lavaan: pd.DataFrame) -> list[str]:
    ops = lavaan["op"].replace("~1", "~")
    return (lavaan["lhs"] + " " + ops + " " + lavaan["rhs"].replace("", "1")).tolist()


@listed
def test_each_candidate_of_lavaan_agrees(case: Case):
    """Also reverse paths such as origin ~ nscct, which only serve as warnings."""
    lavaan = lavaan_indices(case.lavaan["modification_indices"])
    found = by_address(sem.modification_indices(case.fit(), texts(lavaan)))
    assert_indices_agree(found.loc[list(lavaan.index)], lavaan)


@listed
def test_default_list_holds_what_lavaan_lists(case: Case):
    lavaan = lavaan_indices(case.lavaan["modification_indices"])
    found = by_address(sem.modification_indices(case.fit()))
    assert set(lavaan.index) <= set(found.index)
    assert_indices_agree(found.loc[list(lavaan.index)], lavaan)
    assert not found[["mi", "mi_robust", "epc"]].isna().any(axis=None)


def test_candidates_given_exogenous_variables_agree_with_lavaan():
    """lavaan also lists reverse paths there, which need the moments that are taken as given."""
    (case,) = (c for c in PLAIN if c.options.get("likelihood") == "conditional")
    lavaan = lavaan_indices(case.lavaan["modification_indices"])
    lavaan = lavaan[lavaan["lhs"] == "nscct"]
    found = by_address(sem.modification_indices(case.fit()))
    assert set(found.index) == set(lavaan.index)
    assert_indices_agree(found, lavaan.loc[list(found.index)])


def test_indices_beside_equal_parameters_agree_with_lavaan():
    (case,) = (c for c in LABELS if c.path == "texts/equal")
    lavaan = lavaan_indices(stored("labels")["modification_indices_equal"])
    found = by_address(sem.modification_indices(case.fit(), texts(lavaan)))
    assert_indices_agree(found.loc[list(lavaan.index)], lavaan)


GROUPS = {
    "schools": Case("groups", "schools/loadings", "three_factors", HOLZINGER,
                    {"group": "school", "equal": ("loadings",)}),
    "waves": Case("groups", "waves_cluster/regressions", "paths",
                  options=CLUSTER | {"group": "wave", "equal": ("regressions",)}),
}  # fmt: skip


@pytest.mark.parametrize("name", GROUPS)
def test_indices_in_each_group_agree_with_lavaan(name: str):
    lavaan = lavaan_indices(stored("groups")["modification_indices"][name])
    found = by_address(sem.modification_indices(GROUPS[name].fit()))
    assert set(lavaan.index) <= set(found.index)
    assert_indices_agree(found.loc[list(lavaan.index)], lavaan)


STORED = stored("score_tests")
SCORES = [(name, test) for name in STORED["models"] for test in STORED[name]]
each_score_test = pytest.mark.parametrize(
    ("name", "lavaan"), SCORES, ids=[f"{name}-{test['text']}" for name, test in SCORES]
)


def fitted(name: str, **options: Any) -> sem.SemFit:
    data = HOLZINGER if name == "three_factors" else "base_model"
    return Case("score_tests", name, name, data, options).fit()


@each_score_test
def test_score_test_agrees_with_lavaan_pieces(name: str, lavaan: dict):
    (found,) = sem.score_tests(fitted(name), [lavaan["text"]])
    assert (found.lhs, found.op, found.df) == (lavaan["lhs"][0], lavaan["op"][0], lavaan["df"])
    size = np.sqrt(np.diag(lavaan["information"]))
    close(found.score / size, np.array(lavaan["score"]) / size, "score", rtol=MI_RTOL, atol=MI_ATOL)
    close(found.information, lavaan["information"], "information", rtol=MI_RTOL, atol=MI_ATOL)
    close(found.epc, lavaan["epc"], "epc", rtol=MI_RTOL)
    close(found.meat, lavaan["meat"]["huber_white"], "meat", rtol=MI_RTOL, atol=MI_ATOL)
    if "cluster" in lavaan["meat"]:
        (found,) = sem.score_tests(fitted(name, **CLUSTER), [lavaan["text"]])
        close(found.meat, lavaan["meat"]["cluster"], "clustered", rtol=MI_RTOL, atol=MI_ATOL)


@each_score_test
def test_robust_index_agrees_with_lavaan_pieces(name: str, lavaan: dict):
    options: dict[str, dict[str, Any]] = {"huber_white": {}, "cluster": CLUSTER}
    for kind, expected in lavaan["mi_robust"].items():
        row = sem.modification_indices(fitted(name, **options[kind]), [lavaan["text"]]).iloc[0]
        close(row["mi"], lavaan["mi"], "mi", rtol=MI_RTOL)
        close(row["mi_robust"], expected, kind, rtol=MI_RTOL)
        close(row["p"], chi2.sf(expected, lavaan["df"]), "p", rtol=P_RTOL)
        epc = lavaan["epc"][0] if lavaan["df"] == 1 else np.nan
        close(row["epc"], epc, "epc", rtol=MI_RTOL)
    plain = sem.modification_indices(fitted(name), [lavaan["text"]], robust=False).iloc[0]
    close(plain["p"], chi2.sf(lavaan["mi"], lavaan["df"]), "plain p", rtol=P_RTOL)


def test_candidate_that_the_data_cannot_tell_has_no_index():
    """All predictors of nscct also explain cito, so nothing identifies the covariance."""
    row = sem.modification_indices(fitted("base"), ["cito ~~ nscct"]).iloc[0]
    assert row[["mi", "mi_robust", "epc", "sepc", "p"]].isna().all()
    assert "cito ~~ nscct" not in texts(sem.modification_indices(fitted("base")))
