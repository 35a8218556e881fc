"""Sentences on the allocation say what was found, and the opposite when that is found."""

from typing import Any

import country_files
import numpy as np
import pandas as pd
import pytest

from oablib import allocation, disclosure
from oablib.base import language
from oablib.disclosure import of_places
from oablib.indicator.allocation.scores import Allocated
from oablib.protocol import codebook, municipalities
from oablib.report import allocation as report
from oablib.report.exhibit import About

DRAWN = About("made-up children", drawn=True)
DELIVERED = About("children", drawn=False)
MEASURES = ["above_zero", "sum", "n_target", "mean_absolute", "sd", "correlation"]


NOTHING_BESIDE: dict[str, Any] = {"beside": None, "other": None}
GATE = disclosure.rules()


def averaging(early: float, late: float) -> pd.DataFrame:
    frame = pd.DataFrame({"measure": MEASURES, "early": 1.0, "late": 1.0})
    frame.loc[:1, ["early", "late"]] = [[early, late], [1_000 * early, 1_000 * late]]
    return frame


def divided(*scores: float, share: float = 1.0) -> allocation.Grants:
    names = [f"GM{row:04d}" for row in range(len(scores))]
    frame = pd.DataFrame({"municipality": names, "score_t1": scores, "score_t2": scores})
    frame = frame.assign(A_t1=frame["score_t1"] + 1, A_t2=frame["score_t2"] + 1)
    return allocation.grants(frame, budget=1_000_000, share=share, rules=allocation.rules())


def towns(result: allocation.Grants, *, pupils: int) -> pd.DataFrame:
    """Municipalities of the grants as they are shown, each with so many pupils."""
    table = result.table.rename(columns={"score_t1": "achterstandsscore"})
    names = table[["municipality"]].assign(name="Town " + table["municipality"])
    return of_places.municipalities(
        table.assign(n_pupils=pupils, n_children=2 * pupils, note=""),
        names=names,
        profile=GATE.strict,
    )


def shown_grants(result: allocation.Grants, *, pupils: int = 400) -> pd.DataFrame:
    both = towns(result, pupils=pupils), towns(result, pupils=pupils)
    return of_places.grants(*both, divided=result, constants=GATE.constants)


def grants_finding(result: allocation.Grants, **given: Any) -> str:
    return report.grants_finding(shown_grants(result, **given), divided=result)


def shown(sizes: list[int], scores: list[float]) -> pd.DataFrame:
    names = [f"{row:02d}AA00" for row in range(len(sizes))]
    return pd.DataFrame(
        {"school_id": names, "n_children": sizes, "achterstandsscore": scores, "n_target": 1.0}
    )


@pytest.mark.parametrize(
    ("code", "early", "late", "text"),
    [
        ("en", 126, 172, "about 172 sites instead of 126 have a score above"),
        ("nl", 1126, 1172, "hebben ongeveer 1.172 in plaats van 1.126 vestigingen"),
        ("en", 126, 126, "changes hardly anything"),
        ("nl", 126, 126, "verandert bijna niets"),
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


@pytest.mark.parametrize(("few", "marks"), [(0, 0), (9, 2), (10, 0)])
def test_groups_of_few_children_are_not_counted_and_do_not_follow(few: int, marks: int) -> None:
    names = list(report.rules._.words("accounts"))[:3]
    exact = pd.DataFrame({"what": names, "children": [few, 400, 90]})
    frame = disclosure.hide(exact, counts=["children"], rules=GATE)
    table = report.accounted_table(frame, total=few + 490, about=DRAWN)
    counts = [cells[1] for _, rows in table.groups for cells in rows]
    assert counts[-1] == str(few + 490) and counts.count("·") == marks
    assert len(counts) == (3 if few == 0 else 4)


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
    whole = grants_finding(divided(9000, 900, 12))
    assert "The budget is €1,000,000, the minimum €64,000." in whole
    part = grants_finding(divided(9000, 900, 12, share=0.05))
    assert "scaled to 5.0%" in part and "€50,000 and €3,200" in part
    with language.use("nl"):
        assert "€ 50.000 en € 3.200" in grants_finding(divided(9000, 900, 12, share=0.05))


def test_municipalities_that_show_a_score_are_raised_to_the_minimum_or_not() -> None:
    some = grants_finding(divided(9000, 900, 12))
    assert "1 of the 3 municipalities with a score above zero is raised" in some
    two = grants_finding(divided(9000, 12, 11, 1))  # the last one shows 0 in steps of ten
    assert "2 of the 3 municipalities with a score above zero are raised" in two
    none = grants_finding(divided(90, 90))
    assert "No municipality with a score above zero has to be raised" in none
    for text in (some, two, none):
        assert text.endswith("depends on single children, and is not shown.")
    with language.use("nl"):
        some, none = grants_finding(divided(9000, 900, 12)), grants_finding(divided(90, 90))
    assert "1 van de 3 gemeenten met een score boven nul" in some
    assert "Geen gemeente met een score boven nul" in none


def test_grants_of_small_municipalities_are_in_no_sentence_and_no_table() -> None:
    result = divided(9000, 900, 12)
    text = grants_finding(result, pupils=74)
    assert "No municipality with a score above zero has to be raised" in text
    options: dict[str, Any] = {"about": DRAWN}
    for pupils, rows in ((74, 0), (75, 3)):
        grants = shown_grants(result, pupils=pupils)
        table = report.grants_table(grants, municipalities=towns(result, pupils=pupils), **options)
        assert len(table.numbers) == rows
    grants = grants.assign(grant=grants["grant"].mask(grants.index == 0))
    table = report.grants_table(grants, municipalities=towns(result, pupils=75), **options)
    assert [cells[0] for _, rows in table.groups for cells in rows] == [
        "Town GM0001", "Town GM0002",
    ]  # fmt: skip


@pytest.fixture
def means() -> allocation.National:
    return allocation.national(
        pd.Series([float(i) for i in range(100)]).sub(50), rules=allocation.rules()
    )


@pytest.fixture
def nationals(means: allocation.National) -> pd.DataFrame:
    named = {"schools: pupils": means, "municipalities: all children": means}
    return of_places.nationals(named, constants=GATE.constants)


def test_national_figures_are_drawn_and_shown_as_they_may_be(nationals: pd.DataFrame) -> None:
    """C is -0.5 and the boundary, the fifteenth of a hundred scores from -50 on, -36."""
    drawn = report.cliff_figure(nationals, about=DRAWN)
    assert "one at the boundary of −36.0 adds 35.5," in drawn.alt
    assert drawn.numbers.iloc[1].tolist() == [-36.0, 35.5]
    table = report.national_table(nationals, about=DRAWN)
    rows = [cells for _, rows in table.groups for cells in rows]
    assert [cells[3:] for cells in rows] == 2 * [("−36.0", "−0.50", "−43.00", "42.50")]


def answer(
    nationals: pd.DataFrame, *, indicator: str = "", scores: list, late: float, share: float = 1,
    **beside: Any,
) -> str:  # fmt: skip
    places = pd.DataFrame({"achterstandsscore": [1.0, 0.0, 3.0]})
    result = divided(9000, 900, 12, share=share)
    return report.answer(
        shown([10] * len(scores), scores), places, indicator=indicator, nationals=nationals,
        divided=result, grants=shown_grants(result), point=of_places.point_value(result),
        averaging=averaging(2, late), **{"fewest": 1} | NOTHING_BESIDE | beside,
    )  # fmt: skip


def test_the_answer_counts_no_few_sites_and_none_that_they_leave(nationals: pd.DataFrame) -> None:
    many = [5.0] * 12
    for scores in ([*many, 0.0], [5.0, *[0.0] * 12]):
        text = answer(nationals, scores=scores, late=3, fewest=10)
        assert "too few to say how many" in text and "of 13" not in text
        with language.use("nl"):
            assert "te weinig" in answer(nationals, scores=scores, late=3, fewest=10)


def test_the_answer_names_indicator_counts_step_and_limit(nationals: pd.DataFrame) -> None:
    text = answer(nationals, scores=[5.0, 0.0, 1.0, 0.0], late=3)
    assert "By the indicator estimated in this run, **2 of 4 school sites** (50%)" in text
    assert "**2 of 3 municipalities** (67%)" in text
    assert "The boundary (grenswaarde) is −36.0" in text
    assert "adds at least about **35.5 points** to its school" in text
    assert "1 municipality with a score above zero gets the minimum" in text
    assert "2 sites are above zero if draws are averaged per child, 3 if per school" in text
    published = answer(nationals, indicator="indicator_2021", scores=[5.0, 0.0], late=2)
    assert published.startswith("By the published indicator of 2021")
    assert "Imputed education hardly decides" in published
    with language.use("nl"):
        text = answer(nationals, scores=[5.0, 0.0, 1.0, 0.0], late=3)
    assert "**2 van de 4 vestigingen** (50%)" in text


def test_the_answer_counts_scores_by_the_other_indicator(nationals: pd.DataFrame) -> None:
    given = country_files.indicator("indicator_2021")
    towns = pd.DataFrame({"achterstandsscore": [1.0, 2.0, 0.0]})
    other = Allocated(shown([10, 10], [3.0, 0.0]), towns, 1)
    values = {"scores": [5.0, 0.0], "late": 3, "beside": given, "other": other}
    assert "By the indicator of 2021, the counts above zero would be about 1 and 2." in answer(
        nationals, **values
    )
    with language.use("nl"):
        assert "zouden de aantallen boven nul ongeveer 1 en 2 zijn" in answer(nationals, **values)
    assert "would be" not in answer(nationals, scores=[5.0], late=3)


def test_a_country_without_any_score_has_its_answer(nationals: pd.DataFrame) -> None:
    assert "no school site shows an achterstandsscore above zero" in answer(
        nationals, scores=[0.0, 0.0], late=2
    )


def test_a_part_of_the_country_is_named_in_the_answer(nationals: pd.DataFrame) -> None:
    text = answer(nationals, scores=[5.0], late=2, share=0.05)
    assert "€50,000 (5.0% of that of the country)" in text
    assert "of that of the country" not in answer(nationals, scores=[5.0], late=2)


def test_small_sites_are_in_no_figure_no_table_and_no_sentence() -> None:
    some = shown([20, 40, 50, 60], [np.nan, 2.0, 30.0, 0.0])
    table = report.largest_schools_table(some, about=DRAWN)
    assert table.numbers.iloc[:, 0].tolist() == ["02AA00", "01AA00", "03AA00"]
    assert report.scores_figure(some, about=DRAWN).alt.startswith("Bars of counts. 1 of 3 sites")
    assert report.sizes_figure(some, about=DRAWN).numbers["school sites"].sum() == 3
    assert "20 pupils" not in report.sizes_finding(some)
    none = shown([20, 21], [np.nan, np.nan])
    assert "No site may be shown." in report.sizes_finding(none)
    assert report.largest_schools_table(none, about=DRAWN).numbers.empty
    assert report.scores_figure(none, about=DRAWN).alt.endswith("No score is above 0.")
    assert "No site may be shown." in report.sizes_figure(none, about=DRAWN).alt
    with language.use("nl"):
        assert "Geen vestiging mag" in report.sizes_finding(none)
