"""Joint, robust and released score tests: against lavaan 0.7, and against lavaan 0.6's pieces."""

from typing import Any

import numpy as np
import pytest
from lavaan_cases import HOLZINGER
from lavaan_reference import MI_RTOL, close, data, stored
from scipy.stats import chi2

from oablib import sem
from oablib.base.errors import ModelError

# lavaan 0.7 has the same formulas and, on these models, the same optimum to 1e-12.
SAME_RTOL = 1e-8
# Of the factor model its search stops 4e-9 of log-likelihood short of the optimum, as that of
# 0.6-14 does, which then gives the same numbers; Newton steps bring it to ours.
STOPPED_RTOL = 1e-6
LATER = stored("score_tests_lavaan_0_7")
RTOL = {"base": SAME_RTOL, "small": SAME_RTOL, "wave_cluster": SAME_RTOL, "cfa": STOPPED_RTOL}
STORED = stored("scaled")


def fitted(name: str) -> sem.SemFit:
    case = LATER[name]
    table = data(HOLZINGER if name == "cfa" else "base_model")
    if name == "cfa":
        table = table.assign(cl=np.arange(len(table)) // 7)
    return sem.fit(case["model"], table, cluster=case["cluster"])


def added(name: str) -> list[str]:
    texts = LATER[name]["add"]
    return [texts] if isinstance(texts, str) else texts


@pytest.mark.parametrize("name", RTOL)
def test_cluster_robust_score_tests_agree_with_lavaan_0_7(name: str):
    found = sem.modification_indices(fitted(name), added(name))
    expected = LATER[name]["univariate"]
    for ours, theirs in {"mi": "X2", "mi_robust": "X2.scaled", "p": "p.value.scaled"}.items():
        numbers = [row[theirs] for row in expected]
        # p repeats the error of its statistic some dozen times.
        rtol = RTOL[name] * (20 if ours == "p" else 1)
        close(found[ours], numbers, ours, rtol=rtol)


@pytest.mark.parametrize("name", RTOL)
def test_joint_score_tests_agree_with_lavaan_0_7(name: str):
    (found,) = sem.score_tests(fitted(name), added(name), jointly=True)
    total = {row["test"]: row for row in LATER[name]["total"]}
    assert found.df == total["score"]["df"] == len(added(name))
    ours = {
        "score": found.mi, "score.scaled": found.mi_scaled, "score.adjusted": found.mi_adjusted,
        "score.robust": found.mi_robust,
    }  # fmt: skip
    for kind, value in ours.items():
        close(value, total[kind]["X2"], kind, rtol=RTOL[name])
    close(found.df_adjusted, total["score.adjusted"]["df"], "df", rtol=RTOL[name])
    assert found.lhs == "; ".join(added(name))


@pytest.mark.parametrize("jointly", [False, True])
def test_candidate_over_groups_agrees_with_lavaan(jointly: bool):
    fit, lavaan = factors_in_schools(), STORED["over_groups"]
    (found,) = sem.score_tests(fit, lavaan["text"], over_groups=True, jointly=jointly)
    assert (found.df, found.group) == (lavaan["df"], "")
    close(found.mi, lavaan["mi"], "mi", rtol=MI_RTOL)
    table = sem.modification_indices(fit, lavaan["text"], over_groups=True)
    assert "group" not in table and table["df"].tolist() == [2]
    close(table["mi"], [lavaan["mi"]], "mi", rtol=MI_RTOL)
    close(table["p"], chi2.sf(found.mi_robust, 2), "p", rtol=SAME_RTOL)
    each = sem.modification_indices(fit, lavaan["text"])
    close(each["mi"], lavaan["each"], "each", rtol=MI_RTOL)


def test_groups_that_share_nothing_add_up():
    fit = factors_in_schools(equal=())
    texts = ["visual =~ x9", "x7 ~~ x8"]
    over = sem.modification_indices(fit, texts, over_groups=True)
    each = sem.modification_indices(fit, texts).groupby(["lhs", "rhs"], sort=False).sum()
    for name in ("mi", "mi_robust", "df"):
        close(over[name], each[name], name, rtol=SAME_RTOL)


def factors_in_schools(equal: Any = "loadings") -> sem.SemFit:
    text = STORED["models"]["three_factors"]
    return sem.fit(text, data(HOLZINGER), group="school", equal=equal)


RELEASED = {
    "labels": lambda: sem.fit(STORED["models"]["labels"], data("base_model")),
    "labels_cluster": lambda: sem.fit(
        STORED["models"]["labels"], data("base_model"), cluster="school_id"
    ),
    "loadings": lambda: sem.fit(STORED["models"]["loadings"], data(HOLZINGER)),
    "schools": factors_in_schools,
}


@pytest.mark.parametrize("name", RELEASED)
def test_released_equalities_agree_with_lavaan(name: str):
    fit, lavaan = RELEASED[name](), STORED["released"][name]
    found = sem.equality_tests(fit)
    for statistic in ("mi", "mi_robust"):
        close(found[statistic], lavaan[statistic], statistic, rtol=MI_RTOL)
    close(found["p"], chi2.sf(found["mi_robust"], 1), "p", rtol=SAME_RTOL)
    plain = sem.equality_tests(fit, robust=False)
    close(plain["p"], chi2.sf(found["mi"], 1), "plain p", rtol=SAME_RTOL)
    total = sem.equality_tests(fit, jointly=True).iloc[0]
    assert total["df"] == lavaan["total"]["df"] and np.isnan(total["epc"])
    for statistic in ("mi", "mi_robust"):
        close(total[statistic], lavaan["total"][statistic], statistic, rtol=MI_RTOL)


FREE = "cito ~ nscct + a*education_father + b*education_mother + origin\nnscct ~ education_mother"


def test_line_and_label_are_one_equality():
    """The free model tells how far apart the two are; the score test foresees it."""
    shared = FREE.replace("b*", "a*")
    by_label = sem.fit(shared, data("base_model"), cluster="school_id")
    by_line = sem.fit(f"{FREE}\na == b", data("base_model"), cluster="school_id")
    label, line = (sem.equality_tests(fit).iloc[0] for fit in (by_label, by_line))
    for name in ("mi", "mi_robust", "p"):
        close(line[name], label[name], name, rtol=SAME_RTOL)
    assert (line["lhs"], line["op"], line["rhs"], line["label"]) == ("a", "==", "b", "a == b")
    assert (label["lhs"], label["rhs"]) == ("cito ~ education_mother", "cito ~ education_father")
    free = sem.fit(FREE, data("base_model")).parameters.set_index("label")["est"]
    # Exact in a linear regression up to the residual variance, which the equality changes.
    close(line["epc"], free["a"] - free["b"], "epc", rtol=0.01)
    close(label["epc"], -line["epc"], "epc", rtol=SAME_RTOL)


def test_equalities_are_chosen_by_name():
    fit = RELEASED["labels"]()
    assert sem.equality_tests(fit, "b")["label"].tolist() == ["b"]
    both = sem.equality_tests(fit, "a", jointly=True).iloc[0]
    assert both["df"] == 2
    assert both["mi"] > sem.equality_tests(fit, "a")["mi"].max()
    mixed = sem.fit(f"{FREE.replace('b*', 'a*')} + a*origin\na == 2", data("base_model"))
    assert sem.equality_tests(mixed, ["a", "a == 2"])["label"].tolist() == ["a", "a", "a == 2"]
    with pytest.raises(ModelError, match="c: nothing of this name is held equal; expected some of"):
        sem.equality_tests(fit, ["a", "c"])
    with pytest.raises(ModelError, match="The model holds no parameters equal"):
        sem.equality_tests(sem.fit(FREE, data("base_model")))


def test_equality_that_identifies_the_model_has_no_test():
    """Without the sum of the loadings the latent variable has no unit."""
    text = "visual =~ NA*x1 + a*x1 + b*x2 + c*x3\na + b + c == 3"
    found = sem.equality_tests(sem.fit(text, data(HOLZINGER))).iloc[0]
    assert found[["mi", "mi_robust", "epc", "p"]].isna().all()
