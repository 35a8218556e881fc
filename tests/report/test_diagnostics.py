"""What the report on diagnostics says of missing values, and of the opposite."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from oablib.analysis.diagnostics import Recovered
from oablib.base import language
from oablib.protocol import codebook, models
from oablib.report import diagnostics as report
from oablib.report.labels import Labels, labels


@pytest.fixture(scope="module")
def words(model: models.Model, table: codebook.Table) -> Labels:
    return labels(table, [model])


def planted(*, z: float) -> Recovered:
    row = ("origin", -0.8, -0.8, -0.8 + z / 10, 0.2, 0.1, 4, 5, z)
    columns = ["name", "planted", "complete", "value", "se", "mc_se", "inside", "repeats", "z"]
    return Recovered(pd.DataFrame([row], columns=columns))


def lost(*, mce: float = 0.001, wanted: float = 4.0) -> pd.DataFrame:
    row = ("cito", "origin", -0.8, 0.1, 0.5, 0.4, mce, wanted)
    return pd.DataFrame([row], columns=report.INFORMATION_COLUMNS)


def shifted(*, lower: float, higher: float = 1.0, se: float = 0.2) -> pd.DataFrame:
    """One effect of 1 with standard error 0.2, and what shifts make of it."""
    rows = [("origin", shift, value) for shift, value in ((-1, lower), (0, 1.0), (1, higher))]
    frame = pd.DataFrame(rows, columns=["name", "shift", "value"]).assign(se=se)
    return frame.assign(
        ci_lower=lambda each: each["value"] - 2 * se,
        ci_upper=lambda each: each["value"] + 2 * se,
        differs=lambda each: each["value"].abs() > 2 * se,
    )


def test_significance_is_that_of_the_test_and_not_of_an_interval(words: Labels) -> None:
    """Of a scaled variable: by its categories, whatever the interval of its slope."""
    frame = shifted(lower=1.1)
    frame["differs"] = frame["shift"] != -1
    assert "changes the significance at 5% of origin" in answer(words, shifted=frame)
    wide = shifted(lower=0.3).assign(differs=True)
    assert "No shift changes the sign of an effect or its" in answer(words, shifted=wide)


def answer(words: Labels, **changed: Any) -> str:
    options: dict[str, Any] = {
        "lost": lost(), "shifted": shifted(lower=1.1), "m": 5, "labels": words,
        "planted": planted(z=1.0),
    }  # fmt: skip
    options |= changed
    return str(report.answer(options.pop("planted"), **options))


@pytest.mark.parametrize(
    ("frame", "verdict", "said"),
    [
        (shifted(lower=1.1), "**Results hardly", "No shift changes the sign of an effect"),
        (
            shifted(lower=1.3),
            "**Some results",
            "Only the effect of origin moves by more than its standard error",
        ),
        (shifted(lower=-0.9), "**Some results", "A shift changes the sign of origin, and no"),
        (shifted(lower=0.3), "**Some results", "changes the significance at 5% of origin, and no"),
        (shifted(lower=-0.2), "**Some results", "sign of origin, and the significance at 5% of"),
    ],
)
def test_the_answer_says_whether_results_depend_on_missing_at_random(
    frame: pd.DataFrame, verdict: str, said: str, words: Labels
) -> None:
    text = answer(words, shifted=frame)
    assert verdict in text and "MNAR" in text
    assert said in text
    assert "The main limit: data cannot show whether values are missing not at random" in text


def test_the_largest_move_is_given_in_both_languages(words: Labels) -> None:
    assert "origin moves most, by 0.50 standard errors" in answer(words)
    with language.use("nl"):
        small, large = answer(words), answer(words, shifted=shifted(lower=2.0))
    assert "**De resultaten veranderen nauwelijks" in small
    assert "herkomst verandert het meest, met 0,50 standaardfouten" in small
    assert "**Sommige resultaten veranderen" in large and "5,00 standaardfouten" in large


def test_effects_that_move_far_are_all_named(words: Labels) -> None:
    both = pd.concat([shifted(lower=1.3), shifted(lower=1.5).assign(name="debt_restructuring")])
    text = report.sensitivity_text(both, labels=words)
    assert "by more than their standard error: origin and debt restructuring; that of debt" in text
    assert "moves most, by 2.50 standard errors" in text


def test_shifts_that_could_not_be_analysed_are_no_verdict(words: Labels) -> None:
    frame = shifted(lower=np.nan, higher=np.nan)
    assert "is not known" in answer(words, shifted=frame)
    one = report.sensitivity_text(shifted(lower=np.nan), labels=words)
    assert "The analysis with imputed values lower could not be estimated." in one
    assert "No shift moves an effect" in one


def test_too_few_imputations_are_said_to_be(words: Labels) -> None:
    few, enough = answer(words, lost=lost(wanted=20.0)), answer(words)
    assert "5 were made, too few; 20 are recommended" in few
    assert "5 were made, which is enough" in enough
    assert "costs" not in enough and "origin → Cito score: 40% of the information" in enough


def test_the_self_test_passes_or_fails(words: Labels) -> None:
    passed = report.self_test_text(planted(z=1.0), labels=words)
    assert "The self-test passed: all 1 planted effects" in passed
    assert "4 of 5 times" in passed
    failed = report.self_test_text(planted(z=9.0), labels=words)
    assert "The self-test failed" in failed and "standard errors off: origin" in failed
    with language.use("nl"):
        text = answer(words, planted=planted(z=9.0))
    assert "De zelftest is niet geslaagd" in text and "MNAR" in text


def test_the_monte_carlo_error_is_large_or_small(words: Labels) -> None:
    small = report.information_text(lost(), labels=words)
    assert "For no path the Monte Carlo error reaches a tenth" in small and "1%" in small
    large = report.information_text(lost(mce=0.02), labels=words)
    assert "For 1 of 1 paths" in large and "up to 20% for origin → Cito score" in large


def test_where_nothing_is_unknown_there_is_nothing_to_say(words: Labels) -> None:
    empty = Recovered(planted(z=1.0).table.iloc[:0])
    nothing = {"planted": empty, "shifted": shifted(lower=1.0).iloc[:0], "m": 1}
    text = answer(words, **nothing)
    assert text.startswith("**No value was unknown**") and "MNAR" in text
    assert report.self_test_text(empty, labels=words) == ""
    assert report.sensitivity_text(nothing["shifted"], labels=words) == ""
