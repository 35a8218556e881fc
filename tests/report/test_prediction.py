"""What the page on the prediction says, in each of its cases and in both languages."""

from dataclasses import replace

import pandas as pd
import pytest

from oablib.analysis import prediction
from oablib.base import language
from oablib.protocol import codebook, models
from oablib.report import labels
from oablib.report import prediction as report
from oablib.report import prediction_findings as findings
from oablib.report import prediction_methods as of_methods

MODEL = models.load("base")
LABELS = labels.labels(codebook.load().table("cohort"), [MODEL])
OF = {"model": MODEL, "labels": LABELS}
CLEAR = {"clear": prediction.rules().clear}
ROW = {
    "splits": 48, "n": 100.0, "r2": 0.38, "r2_sd": 0.02, "r2_score": 0.1, "r2_score_sd": 0.01,
    "slope": 0.94, "slope_sd": 0.05, "sensitivity": 0.3, "ppv": 0.35, "school_correlation": 0.5,
    "school_correlation_sd": 0.1, "school_rmse": 3.0,
}  # fmt: skip


def summary(**populations: dict[str, float]) -> pd.DataFrame:
    rows = [
        {"method": "all", "population": name, **ROW, **changes}
        for name, changes in populations.items()
    ]
    return pd.DataFrame(rows)


def answered(table: pd.DataFrame) -> str:
    return str(findings.answer(table, splits=50, share=0.15, **CLEAR, **OF))


REGISTERS = summary(known={"r2": 0.4, "slope": 0.97}, register={}, all={"r2": 0.39})


def test_the_answer_is_about_the_registers_case_beside_all_known() -> None:
    text = answered(REGISTERS)
    assert "education of the father and education of the mother unknown as in registers" in text
    assert "**38.0%**" in text and "against 40.0%" in text and "over 48 splits" in text
    assert "0.97 where all is known)" in text
    assert "2 splits failed." in text
    with language.use("nl"):
        text = answered(REGISTERS)
    assert "**38,0%**" in text and "tegen 40,0%" in text and "2 splitsingen zijn mislukt." in text


def test_a_model_without_the_registers_pattern_says_nothing_of_it() -> None:
    text = answered(summary(known={"r2": 0.4}, all={}))
    assert "about other variables" in text and "as in registers" not in text
    text = answered(summary(all={"splits": 50}))
    assert "All its characteristics are known." in text and "failed" not in text


@pytest.mark.parametrize(
    ("changes", "en", "nl"),
    [
        ({"slope": 0.7}, "scores are spread too widely", "liggen te ver uiteen"),
        ({"slope": 1.3}, "scores are spread too narrowly", "liggen te dicht bij elkaar"),
        ({}, "not for most children", "maar niet voor de meeste kinderen met"),
        ({"ppv": 0.5}, "not for most children", "maar niet voor de meeste kinderen met"),
        ({"ppv": 0.6}, "and for most children with", "en ook voor de meeste kinderen"),
    ],
)
def test_the_verdict_follows_slope_and_predictive_value(
    changes: dict[str, float], en: str, nl: str
) -> None:
    table = summary(known={}, register=changes, all={})
    assert en in answered(table)
    with language.use("nl"):
        assert nl in answered(table)


def test_failures_are_counted_by_method() -> None:
    rows = pd.DataFrame(
        {"split": [0, 0, 1, 1], "method": ["all", "weighting"] * 2, "failed": ["", "few", "", ""]}
    ).assign(population="known")
    assert "Splits that failed: weighting in 1 of 2." in of_methods.compared(rows, **OF)
    assert "in all 2 splits" in of_methods.compared(rows.assign(failed=""), **OF)
    with language.use("nl"):
        assert "Mislukte splitsingen: wegen in 1 van de 2." in of_methods.compared(rows, **OF)


def test_methods_are_named_after_what_the_model_imputes() -> None:
    every = ["all", "imputed_only", "without_imputed", "weighting"]
    rows = pd.DataFrame({"split": 0, "method": every, "failed": "", "population": "register"})
    text = of_methods.compared(rows, **OF)
    assert "the same whether they are known or unknown as in registers" in text
    assert "(education of the father and education of the mother); all but these" in text
    assert "weighting of the children" in text
    only_mother = {**OF, "model": replace(MODEL, imputed=("education_mother",))}
    alone = rows.head(3).assign(population="all")
    words = report.method_words(alone, **only_mother)
    assert words["imputed_only"] == "only education of the mother"
    assert report.method_words(rows, **OF)["imputed_only"] == "only the imputed characteristics"
    text = of_methods.compared(alone, **only_mother)
    assert "register" not in text
    assert "(education of the mother; here all are known)" in text and "weighting" not in text
    assert "One method applies" in of_methods.compared(rows.head(1), **OF)


@pytest.mark.parametrize(
    ("other", "en"),
    [(0.3, "Weighting has 0.30"), (0.45, "No method comes clearly nearest: correlations run")],
)
def test_schools_name_a_winner_only_where_there_is_one(other: float, en: str) -> None:
    both = pd.concat([summary(all={}), summary(all={"school_correlation": other})])
    both["method"] = ["all", "weighting"]
    text = findings.schools(both, per_school=14.2, **OF)
    assert en.lower() in text.lower() and "14 children" in text
    one = findings.schools(both.head(1), per_school=14.2, **OF)
    assert one.startswith("The correlation is 0.50.")


def groups(difference: float, *, by: str, code: int = 1) -> pd.DataFrame:
    return pd.DataFrame([{"by": by, "code": code, "n": 50, "difference": difference, "sd": 0.2}])


def test_groups_by_score_say_whether_they_are_right() -> None:
    assert "In none of 1 groups" in findings.by_score(groups(0.3, by="score"), **CLEAR)
    assert "In 1 of 1 groups" in findings.by_score(groups(-0.5, by="score"), **CLEAR)
    with language.use("nl"):
        text = findings.by_score(groups(-0.5, by="score"), **CLEAR)
    assert "In 1 van de 1 groepen" in text and "−0,50 punten (sd 0,20)" in text


@pytest.mark.parametrize(
    ("difference", "en", "nl"),
    [
        (
            -0.5,
            "Scores are too high where one of these is unknown: education of the mother (−0.50",
            "Te hoge scores",
        ),
        (
            0.5,
            "Scores are too low where one of these is unknown: education of the mother (+0.50",
            "Te lage scores",
        ),
        (0.1, "No clear difference where one of these is unknown", "Geen duidelijk verschil"),
    ],
)
def test_where_a_value_is_unknown_the_direction_is_said(
    difference: float, en: str, nl: str
) -> None:
    frame = groups(difference, by="education_mother", code=-1)
    assert en in findings.by_group(frame, **CLEAR, labels=LABELS)
    with language.use("nl"):
        assert nl in findings.by_group(frame, **CLEAR, labels=LABELS)
    said = findings.by_group(groups(0.5, by="origin", code=8), **CLEAR, labels=LABELS)
    assert "origin: Türkiye" in said or "origin: Turkey" in said


def test_a_difference_is_clear_by_the_rule() -> None:
    """0.5 is 2.5 standard deviations."""
    frame, category = groups(0.5, by="score"), groups(0.5, by="origin", code=8)
    assert "In 1 of 1 groups" in findings.by_score(frame, clear=2)
    text = findings.by_score(frame, clear=2.6)
    assert "In none of 1 groups" in text and "more than 2.6 standard deviations" in text
    strict = findings.by_group(category, clear=2.6, labels=LABELS)
    assert "No group differs by more than 2.6 standard deviations" in strict
    assert "In 1 of 1 groups the difference" in findings.by_group(category, clear=2, labels=LABELS)
    table = summary(all={"slope": 0.88})
    words = {"splits": 50, "share": 0.15, **OF}
    assert "too widely" in findings.answer(table, clear=2, **words)
    assert "holds on average" in findings.answer(table, clear=2.6, **words)


@pytest.mark.parametrize(
    ("newest", "en", "nl"),
    [(0.3, "may be ageing", "veroudert het model"), (0.45, "no sign", "geen teken")],
)
def test_the_newest_wave_tells_of_ageing(newest: float, en: str, nl: str) -> None:
    frame = summary(all={"r2": 0.4})
    waves = pd.concat([frame, frame.assign(r2=newest)]).assign(tested_on=["2007", "2013"])
    assert en in findings.waves(waves, variable="wave", labels=LABELS)
    with language.use("nl"):
        assert nl in findings.waves(waves, variable="wave", labels=LABELS)
    assert "no waves" in findings.waves(waves.head(1), variable="wave", labels=LABELS)


def test_the_score_is_told_by_the_labels_of_the_model() -> None:
    text = report.composition(MODEL, labels=LABELS)
    assert text.startswith("The score adds up 7 characteristics: education of the father;")
    with language.use("nl"):
        text = report.composition(MODEL, labels=LABELS)
    assert text.startswith("De score telt 7 kenmerken op: opleidingsniveau van de vader;")
