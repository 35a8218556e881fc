"""Sentences on certainty say what is there, and the opposite where that is there."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import country_files
import numpy as np
import pandas as pd
import pytest

from oablib import disclosure
from oablib.base import language
from oablib.disclosure import of_places
from oablib.indicator import certainty
from oablib.indicator.certainty import SOURCES, VERDICTS, Estimates
from oablib.report import certainty as report

RULES = certainty.rules()
MOST_WORDS = 120  # of an answer: docs/notebooks.md


def text(shown: Any) -> str:
    return str(shown)


def verdicts(places: list[float], points: list[float]) -> pd.DataFrame:
    total = np.nansum(places)
    frame = pd.DataFrame({"verdict": VERDICTS, "places": places, "share_points": points})
    return frame.assign(share_places=frame["places"] / total)


@pytest.mark.parametrize(
    ("places", "points", "said"),
    [
        ([500, 300, 100, 60, 40], [0, 0.8, 0.2, 0, 0], "they get 80% of all points"),
        ([500, 50, 350, 60, 40], [0, 0.2, 0.8, 0, 0], "Only 5% have a score"),
        ([500, np.nan, 350, 60, np.nan], [0, np.nan, 0.8, 0, np.nan], "is not shown"),
        ([np.nan, 50, 350, 60, 40], [np.nan, 0.2, 0.8, 0, 0], "Too few school sites"),
    ],
)
def test_what_can_be_relied_on(places: list[float], points: list[float], said: str) -> None:
    assert said in text(report.verdicts_finding(verdicts(places, points), rules=RULES))


@pytest.mark.parametrize(
    ("coin", "said"),
    [(40, "For about 40 school sites"), (0, "No school site has"), (np.nan, "is not shown")],
)
def test_how_many_depend_on_a_coin(coin: float, said: str) -> None:
    frame = verdicts([500, 300, 100, 60, coin], [0, 0.78, 0.2, 0, 0.02])
    shown = text(report.coins_finding(frame, rules=RULES))
    assert said in shown and ("They have 2% of all points." in shown) == (coin == 40)
    if coin == 40:
        none = frame.assign(share_points=[0, 0.8, 0.2, 0, 0.0])
        assert "less than 1% of all points" in text(report.coins_finding(none, rules=RULES))


@pytest.mark.parametrize(
    ("donors", "said"),
    [(0, "No donor is used more"), (3, "fewer than 10"), (25, "25 donors are used more")],
)
def test_donors_used_often_are_counted_from_ten_on(donors: int, said: str) -> None:
    frame = pd.DataFrame({"times": [1, 60], "donors": [100, donors]})
    shown = report.donors_finding(frame[frame["donors"] > 0], rules=RULES, fewest=10)
    assert said in text(shown)


def shares(**values: float) -> pd.DataFrame:
    row = dict.fromkeys(SOURCES, 0.0) | values
    return pd.DataFrame([{"by": "size", "at_least": 1.0, "schools": 100, "sd": 5.0, **row}])


def test_the_largest_source_is_named() -> None:
    mostly = report.sources_finding(shares(sampling=0.6, education=0.3, estimates=0.1))
    assert "Most of the variance, 60%" in text(mostly)
    assert "drawn education: 75%" in text(mostly)
    less = report.sources_finding(shares(sampling=0.2, education=0.2, estimates=0.6))
    assert "is 20% of the variance" in text(less) and "scale values: 75%" in text(less)
    assert "For the children who are there" not in text(report.sources_finding(shares(sampling=1)))
    none = shares(sampling=1.0).assign(schools=np.nan)
    assert "Too few" in text(report.sources_finding(none))


def test_whose_errors_are_used_is_said() -> None:
    given = country_files.indicator("indicator_2021")
    own = replace(given, origins=dict.fromkeys(given.origins, "estimated"))
    assert "stands in" in text(report.estimates_finding(Estimates(given, (), np.zeros((0, 0)), 0)))
    assert "this run has estimated" in text(
        report.estimates_finding(Estimates(own, (), np.zeros((0, 0)), 2))
    )


def small(reliability: float) -> pd.DataFrame:
    rows = [("site", 1.0, 50, 0.9, reliability, 0.2), ("site", 50.0, 90, 0.3, 0.95, 0.05),
            ("board", 50.0, 20, 0.2, 0.98, 0.04)]  # fmt: skip
    return pd.DataFrame(
        rows, columns=["what", "at_least", "places", "half", "reliability", "wrong"]
    )


def test_very_small_schools_are_judged_by_their_reliability() -> None:
    apart = text(report.places_finding(small(0.9), rules=RULES))
    assert "fewer than 50 pupils can be distinguished" in apart and "from 50 pupils 5%" in apart
    assert "20% of the score for boards from 50 pupils" in apart and "municip" not in apart
    assert "The plan's rule" in text(report.places_finding(small(0.5), rules=RULES))


def test_where_the_smallest_sites_are_hidden_the_next_are_not_taken_for_them() -> None:
    rows = [("site", 1.0, np.nan, np.nan, np.nan, np.nan), ("site", 50.0, 90, 0.3, 0.95, 0.05),
            ("site", 100.0, 90, 0.3, 0.95, 0.05)]  # fmt: skip
    hidden = pd.DataFrame(rows, columns=small(0.9).columns)
    shown = text(report.places_finding(hidden, rules=RULES))
    assert shown == "Too few small school sites to judge whether they should have a score."


def test_municipalities_are_beside_sites_and_boards() -> None:
    rows = [("municipality", 1.0, 30, 0.5, 0.9, 0.1), ("municipality", 1000.0, 60, 0.2, 0.9, 0.1)]
    both = pd.concat([small(0.9), pd.DataFrame(rows, columns=small(0.9).columns)])
    both = both.reset_index(drop=True)
    said = text(report.places_finding(both, rules=RULES))
    assert (
        "For municipalities under 1,000 children half the interval is 50% of the score, for those "
        "from 1,000 children 20%." in said
    )
    with language.use("nl"):
        assert "gemeenten" in text(report.places_finding(both, rules=RULES))


@pytest.mark.parametrize(
    ("early", "late", "truth", "said"),
    [
        (80.0, 84.0, 83.5, "late averaging comes nearer"),
        (80.0, 84.0, 80.1, "early averaging comes nearer"),
        (80.0, 80.0, np.nan, "has the same mean score"),
        (84.0, 80.0, np.nan, "averaged late fewer"),
    ],
)
def test_early_and_late_averaging(early: float, late: float, truth: float, said: str) -> None:
    frame = pd.DataFrame(
        {"at_least": [0.0], "schools": [100], "early": early, "late": late, "drawn": late,
         "truth": truth}
    )  # fmt: skip
    assert said in text(report.averaging_finding(frame, rules=RULES))


@pytest.mark.parametrize(
    ("coverage", "said"), [(0.91, "hold it."), (0.97, "more than they promise"), (0.7, "of only")]
)
def test_coverage_is_judged(coverage: float, said: str) -> None:
    assert said in text(report.coverage_finding(coverage, rules=RULES))


@pytest.mark.parametrize(
    ("half", "said"),
    [((0.8, 0.2), "Small schools"), ((0.2, 0.8), "Large"), ((0.2, 0.2), "equally")],
)
def test_small_schools_are_less_sure_or_not(half: tuple[float, float], said: str) -> None:
    frame = pd.DataFrame({"by": "size", "at_least": [1.0, 100.0], "half": half})
    assert said in text(report.classes_finding(frame, rules=RULES))
    wider = replace(RULES, alike=5.0)
    assert "equally" in text(report.classes_finding(frame, rules=wider))


Table = Callable[..., pd.DataFrame]


@pytest.mark.parametrize(
    ("table", "frame", "column"),
    [
        (of_places.sure_sources, shares(sampling=1.0).assign(schools=9), "sd"),
        (of_places.sure_places, small(0.9).assign(places=[5, 100, 40]), "half"),
    ],
)
def test_classes_of_few_places_are_hidden(table: Table, frame: pd.DataFrame, column: str) -> None:
    shown = table(frame, rules=disclosure.rules())
    assert np.isnan(shown[column].iloc[0]) and np.isnan(
        shown.filter(regex="^(schools|places)$").iloc[0, 0]
    )


def test_numbers_of_places_are_in_tens() -> None:
    frame = verdicts([501, 300, 101, 64, 36], [0, 0.8, 0.2, 0, 0])
    shown = of_places.sure(frame, rules=disclosure.rules())
    assert (shown["places"] % 10 == 0).all()


def test_classes_of_chances_are_merged_until_none_has_few_sites_of_a_kind() -> None:
    """Sites with a score by class: 2, 8, 15, 40; without: 98, 12, 15, 0; shown in tens."""
    frame = pd.DataFrame(
        {
            "at_least": [0.0, 0.3, 0.5, 0.9],
            "up_to": [0.1, 0.4, 0.6, 1.0],
            "schools": [100, 20, 30, 40],
            "chance": [0.02, 0.38, 0.55, 0.99],
            "share": [0.02, 0.4, 0.5, 1.0],
        }
    )
    shown = of_places.chances(frame, rules=disclosure.rules())
    expected = pd.DataFrame(
        {
            "at_least": [0.0, 0.5, 0.9],
            "up_to": [0.4, 0.6, 1.0],
            "schools": [120.0, 40.0, 40.0],
            "chance": [round((2 + 7.6) / 120, 2), 0.55, 0.99],
            "share": [10 / 120, 0.5, 1.0],
        }
    )
    pd.testing.assert_frame_equal(shown, expected, check_dtype=False)


def test_shares_of_sites_on_a_coin_are_of_the_tens_that_are_shown() -> None:
    """As a reader takes it, a share of a number of sites is one of ten sites and more, or none."""
    gate = disclosure.rules()
    for sites, coin in [(24, 10), (24, 15), (234, 10), (300, 10), (40, 38), (57, 0)]:
        frame = pd.DataFrame(
            {"at_least": [1.0, 50.0], "sites": [sites, 400], "schools": [coin, 60],
             "children": 100, "points": 5.0}
        )  # fmt: skip
        shown = of_places.coins(frame, rules=gate)
        on_it = shown["share"] * shown["sites"]
        for part in (on_it, shown["sites"] - on_it):
            assert ((part.round(6) == 0) | (part.round(6) >= gate.fewest)).all()
        assert (shown["sites"] % 10 == 0).all()


def test_means_by_class_tell_of_no_number_that_is_in_tens() -> None:
    rows = {
        "by": "size", "at_least": [1.0, 50.0], "schools": [120, 130], "paid": [46, 57],
        "score": [1234.56 / 46, 9876.54 / 57], "half": 1 / 3, "wrong": 1 / 7, "ranks": 1 / 9,
    }  # fmt: skip
    shown = of_places.sure_classes(pd.DataFrame(rows), rules=disclosure.rules())
    assert (shown["score"] == shown["score"].round()).all()
    fits = [n for n in range(40, 51) if abs(round(shown["score"][0] * n * 100) % 1) < 1e-9]
    assert len(fits) == 11


def test_no_chance_is_shown_where_few_sites_have_a_score() -> None:
    frame = pd.DataFrame(
        {"at_least": [0.0, 0.9], "up_to": [0.1, 1.0], "schools": [50, 4], "chance": [0.0, 1.0],
         "share": [0.0, 1.0]}
    )  # fmt: skip
    shown = of_places.chances(frame, rules=disclosure.rules())
    assert shown[["schools", "chance", "share"]].isna().all(axis=None)


def classes(wrong: list[float]) -> pd.DataFrame:
    rows = [("size", 1.0), ("size", 100.0), ("unknown", 0.0), ("unknown", 0.5)]
    frame = pd.DataFrame(rows, columns=["by", "at_least"])
    return frame.assign(schools=100, paid=50, score=10.0, half=0.2, wrong=wrong, ranks=0.1)


def test_the_answer_names_the_kind_of_school_that_is_least_sure() -> None:
    frame = verdicts([500, 50, 350, 60, 40], [0, 0.2, 0.8, 0, 0])
    given = {"sources": shares(sampling=0.2, education=0.2, estimates=0.6), "rules": RULES}
    small = text(report.answer(frame, classes=classes([0.2, 0.04, 0.05, 0.1]), **given))
    assert "sites under 100 pupils (20%), least often those from 100 pupils (4%)" in small
    imputed = text(report.answer(frame, classes=classes([0.1, 0.09, 0.02, 0.3]), **given))
    assert "sites from 50% imputed (30%), least often those under 50% imputed (2%)" in imputed
    few = text(report.answer(frame, classes=classes([np.nan, 0.1, np.nan, np.nan]), **given))
    alike = text(report.answer(frame, classes=classes([0.1] * 4), **given))
    assert "wrong side of 0" not in few + alike


def test_the_answer_has_at_most_120_words_when_all_is_said() -> None:
    frame = verdicts([500, 50, 350, 60, 40], [0, 0.2, 0.8, 0, 0])
    given = {"sources": shares(sampling=0.2, education=0.2, estimates=0.6), "rules": RULES}
    for code in ("en", "nl"):
        with language.use(code):
            shown = report.answer(frame, classes=classes([0.2, 0.04, 0.05, 0.1]), **given)
        assert len(text(shown).split()) <= MOST_WORDS
