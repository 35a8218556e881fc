"""Sentences on the allocation say what was found, and the opposite when that is found."""

from typing import Any

import country_files
import pandas as pd
import pytest

from oablib import allocation
from oablib.base import language
from oablib.indicator.allocation.scores import Allocated
from oablib.protocol import codebook, municipalities
from oablib.report import allocation as report
from oablib.report.exhibit import About

DRAWN = About("made-up children", drawn=True)
DELIVERED = About("children", drawn=False)
MEASURES = ["above_zero", "sum", "n_target", "mean_absolute", "sd", "correlation"]


NOTHING_BESIDE: dict[str, Any] = {"beside": None, "other": None}


def averaging(early: float, late: float) -> pd.DataFrame:
    frame = pd.DataFrame({"measure": MEASURES, "early": 1.0, "late": 1.0})
    frame.loc[:1, ["early", "late"]] = [[early, late], [1_000 * early, 1_000 * late]]
    return frame


def divided(*scores: float, share: float = 1.0) -> allocation.Grants:
    names = [f"GM{row:04d}" for row in range(len(scores))]
    frame = pd.DataFrame({"municipality": names, "score_t1": scores, "score_t2": scores})
    frame = frame.assign(A_t1=frame["score_t1"] + 1, A_t2=frame["score_t2"] + 1)
    return allocation.grants(frame, budget=1_000_000, share=share, rules=allocation.rules())


def shown(sizes: list[int], scores: list[float]) -> pd.DataFrame:
    names = [f"{row:02d}AA00" for row in range(len(sizes))]
    return pd.DataFrame(
        {"school_id": names, "n_children": sizes, "achterstandsscore": scores, "n_target": 1.0}
    )


@pytest.mark.parametrize(
    ("code", "early", "late", "text"),
    [
        ("en", 126, 172, "172 sites instead of 126 have a score above zero"),
        ("nl", 1126, 1172, "hebben 1.172 in plaats van 1.126 vestigingen een score boven nul"),
        ("en", 126, 126, "changes nothing"),
        ("nl", 126, 126, "verandert niets"),
    ],
)
def test_averaging_per_school_is_said_to_change_something_or_nothing(
    code: str, early: float, late: float, text: str
) -> None:
    with language.use(code):
        assert text in report.averaging_finding(averaging(early, late), average="child")


def test_the_average_that_counts_is_named() -> None:
    frame = averaging(1, 2)
    assert "draws are averaged per child" in report.averaging_finding(frame, average="child")
    assert "draws are averaged per school" in report.averaging_finding(frame, average="school")


@pytest.mark.parametrize(
    ("scores", "text"),
    [
        ([9.0, 2.0, 3.0], "The smallest sites have the most"),
        ([1.0, 20.0, 3.0], "Sites of middle size have the most"),
        ([1.0, 2.0, 3.0], "No size has clearly the most"),
        ([1.0, 2.0, 90.0], "The largest sites have the most"),
    ],
)
def test_the_size_with_most_points_for_each_pupil_is_named(scores: list, text: str) -> None:
    assert text in report.sizes_finding(shown([10, 20, 30], scores))


def test_excluded_sites_are_counted_or_said_to_be_none() -> None:
    options = {"rules": allocation.rules(), "codebook": codebook.load()}
    some = pd.DataFrame({"sites": [6248], "excluded": [6], "pupils": [162]})
    text = report.excluded_finding(some, **options)
    assert "Of 6,248 school sites with pupils 6 are excluded by law" in text
    assert "The other 6,242 get a score." in text
    with language.use("nl"):
        assert "De andere 6.242 krijgen een score." in report.excluded_finding(some, **options)
    none = some.assign(excluded=0, pupils=0)
    assert "None of the 6,248" in report.excluded_finding(none, **options)


def test_the_division_is_named_with_its_year_where_the_country_was_drawn_with_it() -> None:
    division = municipalities.division()
    text = report.division_finding(division, count=342, about=DRAWN)
    assert f"The 342 municipalities are those of {division.year}" in text
    delivered = report.division_finding(division, count=342, about=DELIVERED)
    assert delivered == "The 342 municipalities are those of the delivered files."


def test_the_budget_is_that_of_the_country_or_a_part_of_it() -> None:
    whole = report.grants_finding(divided(90, 9, 1))
    assert "The budget is €1,000,000, the minimum €64,000." in whole
    assert "1 of 3 municipalities is raised" in whole
    part = report.grants_finding(divided(90, 9, 1, share=0.05))
    assert "scaled to 5.0%" in part and "€50,000 and €3,200" in part
    assert "No municipality has to be raised" in report.grants_finding(divided(90, 90))
    with language.use("nl"):
        assert "€ 50.000 en € 3.200" in report.grants_finding(divided(90, 9, 1, share=0.05))


@pytest.fixture
def means() -> allocation.National:
    return allocation.national(
        pd.Series([float(i) for i in range(100)]).sub(50), rules=allocation.rules()
    )


def answer(
    means: allocation.National, *, indicator: str = "", scores: list, late: float, **beside: Any
) -> str:
    towns = pd.DataFrame({"achterstandsscore": [1.0, 0.0, 3.0]})
    return report.answer(
        shown([10] * len(scores), scores), towns, indicator=indicator, of_schools=means,
        divided=divided(90, 9, 1), averaging=averaging(2, late), **NOTHING_BESIDE | beside,
    )  # fmt: skip


def test_the_answer_names_indicator_counts_step_and_limit(means: allocation.National) -> None:
    text = answer(means, scores=[5.0, 0.0, 1.0, 0.0], late=3)
    assert "By the indicator estimated in this run, **2 of 4 school sites** (50%)" in text
    assert "**2 of 3 municipalities** (67%)" in text
    assert f"adds at least **{means.C - means.boundary:.2f} points**" in text
    assert "2 sites are above zero if draws are averaged per child, 3 if per school" in text
    published = answer(means, indicator="indicator_2021", scores=[5.0, 0.0], late=2)
    assert published.startswith("By the published indicator of 2021")
    assert "Imputed education hardly decides" in published
    with language.use("nl"):
        text = answer(means, scores=[5.0, 0.0, 1.0, 0.0], late=3)
    assert "**2 van de 4 vestigingen** (50%)" in text


def test_the_answer_counts_scores_by_the_other_indicator(means: allocation.National) -> None:
    given = country_files.indicator("indicator_2021")
    towns = pd.DataFrame({"achterstandsscore": [1.0, 2.0, 0.0]})
    other = Allocated(shown([10, 10], [3.0, 0.0]), towns, 1)
    values = {"scores": [5.0, 0.0], "late": 3, "beside": given, "other": other}
    assert "By the indicator of 2021, the counts above zero would be 1 and 2." in answer(
        means, **values
    )
    with language.use("nl"):
        assert "zouden de aantallen boven nul 1 en 2 zijn" in answer(means, **values)
    assert "would be" not in answer(means, scores=[5.0], late=3)


def test_a_country_without_any_score_has_its_answer(means: allocation.National) -> None:
    assert "no school site has an achterstandsscore above zero" in answer(
        means, scores=[0.0, 0.0], late=2
    )


def test_a_part_of_the_country_is_named_in_the_answer(means: allocation.National) -> None:
    towns = pd.DataFrame({"achterstandsscore": [1.0]})
    part = divided(90, 9, 1, share=0.05)
    text = report.answer(
        shown([10], [5.0]), towns, indicator="", of_schools=means, divided=part,
        averaging=averaging(1, 2), **NOTHING_BESIDE,
    )  # fmt: skip
    assert "€50,000 (5.0% of that of the country)" in text
