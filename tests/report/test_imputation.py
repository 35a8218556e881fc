"""What the report on the imputation says, and that it says the opposite of the opposite."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from oablib.analysis.diagnostics import OverImputed
from oablib.base import language
from oablib.protocol import codebook, models
from oablib.report import imputation as report
from oablib.report.exhibit import About
from oablib.report.labels import Labels, labels
from oablib.statistics.imputation import Flag, Imputed, rule

MOTHER, FATHER = "education_mother", "education_father"
HERE = About("9 children", "made up", drawn=False)
MADE = About("9 children", "made up", drawn=True)


@pytest.fixture(scope="module")
def words(model: models.Model, table: codebook.Table) -> Labels:
    return labels(table, [model])


def counts(*, father: int = 0, mother: int = 0) -> pd.DataFrame:
    """Counts of ten children, of whom so many are imputed."""
    rows = [
        (name, 10 - imputed, imputed, imputed / 10, "nominal" if imputed else "none")
        for name, imputed in ((FATHER, father), (MOTHER, mother))
    ]
    return pd.DataFrame(rows, columns=["variable", "known", "imputed", "share_unknown", "engine"])


def hidden(*, coverage: float, upper: float) -> OverImputed:
    row = (MOTHER, 100, 0.9, coverage, coverage - 0.05, upper)
    columns = ["variable", "hidden", "nominal", "coverage", "ci_lower", "ci_upper"]
    return OverImputed(pd.DataFrame([row], columns=columns), pd.DataFrame())


def drifts(*, settled: bool) -> pd.DataFrame:
    row = (MOTHER, 0.02 if settled else -0.2, 0.05, settled)
    return pd.DataFrame([row], columns=["variable", "drift", "allowed", "settled"])


def levels() -> pd.DataFrame:
    rows = [(MOTHER, 1.0, 0.2, 0.25, 0.2, 0.3), (MOTHER, 2.0, 0.8, 0.75, 0.7, 0.8)]
    return pd.DataFrame(
        rows, columns=["variable", "value", "known", "imputed", "lowest", "highest"]
    )


def answer(words: Labels, **changed: Any) -> str:
    options: dict[str, Any] = {
        "drifts": drifts(settled=True), "hidden": hidden(coverage=0.91, upper=0.95),
        "levels": levels(), "labels": words, "m": 20, "outcome": "cito",
        "unknown_outcome": "kept",
    }  # fmt: skip
    return str(report.answer(counts(mother=4), **(options | changed)))


def test_values_that_look_right_are_said_to(words: Labels) -> None:
    text = answer(words)
    assert "**The imputed values look right.**" in text
    assert "Chains settled: yes (largest drift +0.02 standard deviations)" in text
    assert "below the nominal 90%: no; education of the mother 91.0%" in text
    assert "differ by at most 5.0 percentage points" in text
    assert "The main limit: values are assumed to be missing at random" in text
    assert "father" not in text  # nothing of it was imputed, so not 20 times either


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"drifts": drifts(settled=False)}, "Chains settled: no, not for education of the mother"),
        ({"hidden": hidden(coverage=0.84, upper=0.89)}, "90%: yes, for education of the mother"),
        ({"drifts": drifts(settled=True).iloc[:0]}, "cannot be seen"),
    ],
)  # fmt: skip
def test_values_that_do_not_are_said_not_to(
    changed: dict[str, Any], expected: str, words: Labels
) -> None:
    text = answer(words, **changed)
    assert "**The imputed values do not look right in every respect.**" in text
    assert expected in text


def test_the_answer_is_dutch_with_dutch_numbers(words: Labels) -> None:
    with language.use("nl"):
        good, bad = answer(words), answer(words, hidden=hidden(coverage=0.84, upper=0.89))
    assert "**De geïmputeerde waarden zien er goed uit.**" in good
    assert (
        "verschillen het geïmputeerde en het bekende aandeel van een waarde hoogstens 5,0" in good
    )
    assert "ja, voor opleidingsniveau van de moeder 84,0% (95%-interval 79,0% tot 89,0%)" in bad


def test_where_nothing_is_unknown_nothing_was_imputed(words: Labels) -> None:
    empty = OverImputed(pd.DataFrame(), pd.DataFrame())
    text = report.answer(
        counts(), m=1, drifts=pd.DataFrame(), hidden=empty, levels=levels().iloc[:0], labels=words,
        outcome="cito", unknown_outcome="kept",
    )  # fmt: skip
    assert text.startswith("**Nothing was imputed**")
    assert "times" not in text
    assert report.shares_text(levels().iloc[:0], labels=words) == ""


@pytest.mark.parametrize(
    ("unknown_outcome", "said", "in_dutch"),
    [
        ("kept", "are kept in the analyses, because", "blijven in de analyses, omdat"),
        ("left_out", "are left out of the analyses: their", "zijn weggelaten uit de analyses: hun"),
    ],
)
def test_children_with_an_imputed_outcome_are_counted(
    unknown_outcome: str, said: str, in_dutch: str, words: Labels
) -> None:
    rows = counts(mother=4)
    both = pd.concat([rows, rows.iloc[1:].assign(variable="cito", imputed=1234)])
    options: dict[str, Any] = {"outcome": "cito", "unknown_outcome": unknown_outcome}
    assert f"1,234 children whose outcome was imputed {said}" in report.outcome_text(
        both, **options
    )
    few = report.outcome_text(both.assign(imputed=np.nan), **options)
    assert few.startswith(f"Some children whose outcome was imputed {said}")
    with language.use("nl"):
        assert f"1.234 kinderen van wie de uitkomst is geïmputeerd, {in_dutch}" in (
            report.outcome_text(both, **options)
        )
    assert report.outcome_text(rows, **options) == ""
    assert said not in answer(words, unknown_outcome=unknown_outcome)


def pattern() -> pd.DataFrame:
    rows = [(False, False, 5), (True, False, 1), (False, True, 2), (True, True, 2)]
    return pd.DataFrame(rows, columns=[FATHER, MOTHER, "n"]).assign(wave="all", children=10)


def test_what_is_unknown_is_said_of_each_variable_and_of_all(words: Labels) -> None:
    test: dict[str, Any] = {"variable": "", "share": 0.0, "given": ""}
    options: dict[str, Any] = {"pattern": pattern(), "labels": words, "hidden": test}
    text = report.unknown_text(counts(father=3, mother=4), **options)
    together = "none of these is known: education of the father and education of the mother"
    assert text == f"For 20.0% of the children {together}."
    one = report.unknown_text(counts(mother=4), **options)
    assert "Known for all children: education of the father." in one
    assert "none of these" not in one and "as a test" not in one
    none = report.unknown_text(counts(), **options)
    assert none == "All values of education of the father and education of the mother are known."
    hiding = options | {"hidden": {"variable": MOTHER, "share": 0.4, "given": "cito"}}
    assert "hides 40% of the known values of education of the mother" in report.unknown_text(
        counts(mother=4), **hiding
    )


def test_flags_are_said_with_labels_and_a_moving_chain_in_its_own_section(words: Labels) -> None:
    flags = [
        Flag("unknown_schools", variable=MOTHER, empty=2, schools=1300),
        Flag("moving", variable=MOTHER, rounds=5, drift=0.3),
        Flag("constant", names="sex, urbanity"),
    ]
    text = report.warnings_list(flags, labels=words)
    assert "- Education of the mother is unknown for all children in 2 of 1,300 schools." in text
    assert "sex and urbanity" in text
    assert text.count("\n") == 1
    assert report.warnings_list([], labels=words) == "The imputation gives no warnings."


def test_settings_are_those_of_what_was_imputed(words: Labels) -> None:
    text = report.settings_text(rule(), counts=counts(mother=4), labels=words)
    assert text.startswith("Settings for education of the mother: method multinomial logit; prior")
    assert "father" not in text
    assert report.settings_text(rule(), counts=counts(), labels=words) == ""


def test_a_variable_without_imputed_values_has_no_method(words: Labels) -> None:
    shown = report.imputed_counts_table(counts(mother=4), m=20, labels=words, about=HERE)
    cells = {row[0]: row[-1] for row in shown.groups[0][1]}
    assert cells == {"Education of the father": "–", "Education of the mother": "multinomial logit"}


def test_each_variable_has_a_verdict_on_its_chains(words: Labels) -> None:
    moving = drifts(settled=False).assign(variable=FATHER)
    text = report.settled_text(pd.concat([drifts(settled=True), moving]), labels=words)
    assert "The chains settled for education of the mother (drift +0.02, up to 0.05" in text
    assert "The chains did not settle for education of the father (drift −0.20" in text
    assert "did not" not in report.settled_text(drifts(settled=True), labels=words)
    assert "too few" in report.settled_text(drifts(settled=True).iloc[:0], labels=words)
    with language.use("nl"):
        text = report.settled_text(moving, labels=words)
    assert (
        "De ketens zijn niet gestabiliseerd voor opleidingsniveau van de vader (drift −0,20" in text
    )


@pytest.mark.parametrize(
    ("coverage", "upper", "verdict"),
    [
        (0.91, 0.95, "consistent with nominal"),
        (0.84, 0.89, "below nominal"),
        (0.97, 0.99, "above nominal"),
    ],
)
def test_each_variable_has_a_verdict_on_its_coverage(
    coverage: float, upper: float, verdict: str, words: Labels
) -> None:
    frame = hidden(coverage=coverage, upper=upper).coverage
    assert report.coverage_table(frame, labels=words, about=HERE).groups[0][1][0][-1] == verdict


def test_values_that_one_data_set_lacks_are_named(words: Labels) -> None:
    assert "Every value that occurs was imputed" in report.shares_text(levels(), labels=words)
    absent = levels().assign(lowest=[0.0, 0.7])
    text = report.shares_text(absent, labels=words)
    assert "Not imputed in every data set: education of the mother “Primary education”." in text
    assert "75.0% imputed, 80.0% known" in text


def calibration(*known: float) -> pd.DataFrame:
    frame = pd.DataFrame({"code": np.arange(1.0, 1 + len(known)), "known": known})
    return frame.assign(variable=MOTHER, value=0.5, ci_lower=0.4, ci_upper=0.6)


def test_shares_that_are_missed_are_counted_beside_chance(words: Labels) -> None:
    none = report.calibration_text(calibration(0.5, 0.45), labels=words)
    assert none.startswith("For none of 2 values") and "0.1 would" in none
    one = report.calibration_text(calibration(0.5, 0.1), labels=words)
    assert one.startswith("For 1 of 2 values") and "Lower pre-vocational" in one


def children() -> pd.DataFrame:
    rows = {"child": range(8), "wave": 2007, MOTHER: [1.0] * 4 + [8.0] * 3 + [np.nan], FATHER: 1.0}
    return pd.DataFrame(rows)


def test_all_children_are_held_against_the_published_distribution(
    model: models.Model, table: codebook.Table, words: Labels
) -> None:
    cells = pd.DataFrame({"child": [7, 7], "variable": MOTHER, "imputation": [1, 2]})
    filled = Imputed(cells.assign(value=[8.0, 1.0]), pd.DataFrame(), 2)
    figures = {
        "margins": {MOTHER: {2007: [50, 0, 0, 0, 0, 0, 0, 50], 2010: [100] + [0] * 7}},
        "source": {"key": "other2030", "margins": "section 7"},
    }
    options: dict[str, Any] = {"imputed": filled, "model": model, "table": table}
    frame = report.margins(children(), **options, figures=figures)
    assert set(frame["wave"]) == {"2007"}
    assert frame["share"].tolist() == [0.5625, 0, 0, 0, 0, 0, 0, 0.4375]
    assert frame["known"].tolist() == [0.5, 0, 0, 0, 0, 0, 0, 0.375]
    shown: dict[str, Any] = {"wave": "wave", "labels": words}
    text = report.margins_text(frame, figures=figures, **shown, about=HERE)
    assert "[@other2030, section 7]" in text
    assert "56.3% here, 50.0% published" in text or "56.2% here, 50.0% published" in text
    assert "synthetic" not in text
    assert "were drawn with the published distribution" in report.margins_text(
        frame, figures=figures, **shown, about=MADE
    )
    assert report.margins_figure(frame, **shown, about=HERE).svg
    assert report.margins(children(), **options, figures=None).empty
    for none in ({"frame": frame, "figures": None}, {"frame": frame.iloc[:0], "figures": figures}):
        assert report.margins_text(**none, **shown, about=HERE) == ""
