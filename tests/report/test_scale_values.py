"""What the report on scale values says of its table."""

import pandas as pd
import pytest

from oablib.base import language
from oablib.protocol import codebook, models
from oablib.report import planted
from oablib.report import scale_values as report
from oablib.report.exhibit import About
from oablib.report.labels import Labels, labels
from oablib.report.planted import Drawn

MADE = About("9 children", "made up", drawn=True)
DRAWN = planted.of(MADE, published="herijking2021", n=9, seed=1)


@pytest.fixture(scope="module")
def words(model: models.Model, table: codebook.Table) -> Labels:
    return labels(table, [model])


def values(*numbers: float, published: tuple[float, ...] | None = None) -> pd.DataFrame:
    """Values of the first levels of mothers, intervals of 1 around them; 0 is the reference."""
    frame = pd.DataFrame({"code": range(1, 1 + len(numbers)), "value": numbers})
    frame = frame.assign(variable="education_mother", n=[50, 7, 60, 70][: len(numbers)])
    frame["se"] = [0.0 if number == 0 else 0.5 for number in numbers]
    frame["ci_lower"], frame["ci_upper"] = frame["value"] - 1, frame["value"] + 1
    frame.loc[frame["n"] == 7, "ci_upper"] += 1  # the widest
    return frame if published is None else frame.assign(published=published, current=0.0)


RISING, FALLING = values(-2.0, -1.0, 0.0, 3.0), values(-1.0, -2.0, 0.0, 3.0)


def test_values_that_rise_with_the_level_are_told_from_those_that_do_not(
    model: models.Model, words: Labels
) -> None:
    options = {"model": model, "labels": words}
    text = report.order_text(RISING, **options)
    assert text == "Values rise with every level of education of the mother."
    falling = report.order_text(FALLING, **options)
    assert "they fall for education of the mother from “Primary education” (−1.00) to" in falling
    assert "published" not in falling
    beside = FALLING.assign(published=[-1.0, -2.0, 0.0, 1.0])
    assert "1 of 1 fall in the published values as well" in report.order_text(beside, **options)
    with language.use("nl"):
        dutch = report.order_text(FALLING, **options)
    assert "ze dalen bij opleidingsniveau van de moeder van “Basisonderwijs” (−1,00) naar" in dutch


def test_a_reversed_orientation_is_said_of_variables_that_have_one(
    model: models.Model, words: Labels
) -> None:
    text = report.order_text(RISING.assign(variable="origin"), model=model, labels=words)
    assert text == "Of origin the orientation is reversed: a higher value means a lower score."


AGREEING = values(-2.0, -1.0, 0.0, 3.0, published=(-2.5, -1.0, 0.0, 3.0))
DIFFERING = values(-2.0, -1.0, 0.0, 3.0, published=(5.0, 5.0, 0.0, 9.0))


@pytest.mark.parametrize(
    ("frame", "drawn", "said", "dutch"),
    [
        (AGREEING, DRAWN, "**Planted values are recovered**", "**De ingebouwde waarden zijn terug"),
        (DIFFERING, DRAWN, "**Planted values are not all", "**Niet alle ingebouwde waarden zijn"),
        (AGREEING, None, "**The values agree with", "**De waarden komen overeen met"),
        (DIFFERING, None, "**The values differ from", "**De waarden wijken af van"),
    ],
)
def test_agreement_is_judged_by_chance_and_by_what_the_data_are(
    frame: pd.DataFrame, drawn: Drawn | None, said: str, dutch: str, words: Labels
) -> None:
    options = {"outcome": "cito", "labels": words, "drawn": drawn}
    text = report.answer(frame, **options)
    assert said in text
    assert ("tests the program, not the world" in text) == (frame is AGREEING and drawn is DRAWN)
    assert ("synthetic" in text) == (drawn is DRAWN)
    assert "The seed was chosen" not in text
    assert "0.2 are expected by chance" in text
    assert "The main limit is precision: education of the mother “Lower" in text
    assert "with 7 children" in text
    with language.use("nl"):
        text = report.answer(frame, **options)
    assert dutch in text and "0,2" in text


def test_without_published_values_nothing_is_compared(words: Labels) -> None:
    text = report.answer(RISING, outcome="cito", labels=words, drawn=None)
    assert "education of the mother −2.00 to 3.00" in text
    assert "published" not in text
    assert report.published_text(RISING, figures=None, labels=words) == ""


def test_a_seed_that_was_chosen_is_named(words: Labels) -> None:
    chosen = planted.rules().chosen
    drawn = planted.of(MADE, published="herijking2021", n=chosen.n, seed=chosen.seed)
    text = report.answer(AGREEING, outcome="cito", labels=words, drawn=drawn)
    assert "The seed was chosen for nearness to the published figures" in text


def test_intervals_that_exclude_the_published_value_are_named(words: Labels) -> None:
    figures = {"source": {"key": "other2030", "scale_values": "table 4.1"}}
    text = report.published_text(AGREEING, figures=figures, labels=words)
    assert text.endswith("the published value of the base model [@other2030, table 4.1].")
    assert text.startswith("All 3 intervals include")
    text = report.published_text(DIFFERING, figures=figures, labels=words)
    assert text.startswith("3 of 3 intervals do not include")
    assert "“Primary education” (−2.00; published 5.00)" in text


def test_headings_of_the_numbers_are_in_the_language_in_use(words: Labels) -> None:
    with language.use("nl"):
        drawn = report.ladder_figure(AGREEING, labels=words, outcome="cito", about=MADE)
    assert {"variabele", "schaalwaarde", "gepubliceerd"} <= set(drawn.numbers)
