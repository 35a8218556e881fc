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
from oablib.protocol import codebook
from oablib.report import certainty as report
from oablib.report.certainty.classes import kinds, labels

RULES = certainty.rules()
MOST_WORDS = 120  # of an answer: docs/notebooks.md
IN_WORDS = {"table": codebook.load().table("children"), "rules": RULES}


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
        ([500, 0, 350, 60, 40], [0, 0, 0.9, 0.05, 0.05], "Hardly any has a score known to"),
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
    assert "Apart from" not in text(report.sources_finding(shares(sampling=1)))
    none = shares(sampling=1.0).assign(schools=np.nan)
    assert "Too few" in text(report.sources_finding(none))


def test_whose_errors_are_used_is_said() -> None:
    given = country_files.indicator("indicator_2021")
    own = replace(given, origins=dict.fromkeys(given.origins, "estimated"))
    assert "are those that were published" in text(
        report.estimates_finding(Estimates(given, (), np.zeros((0, 0)), 0))
    )
    name = next(iter(given.origins))
    part = replace(given, origins={**given.origins, name: "derived"})
    assert "some effects are derived" in text(
        report.estimates_finding(Estimates(part, (), np.zeros((0, 0)), 0))
    )
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
    assert "with fewer than 50 pupils can be distinguished" in apart
    assert "of sites with 50 pupils or more 5%" in apart
    assert "20% of the score for boards with 50 pupils or more" in apart and "munic" not in apart
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
        "For municipalities with fewer than 1,000 children half the interval is 50% of the score, "
        "for those with 1,000 children or more 20%." in said
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
        (80.0, 84.0, 82.02, "as far from both"),
        (np.nan, np.nan, np.nan, "Too few school sites"),
    ],
)
def test_early_and_late_averaging(early: float, late: float, truth: float, said: str) -> None:
    """By the row of all sites, not by that of a class, whose means are in whole points."""
    frame = pd.DataFrame(
        {"at_least": [0.0, np.nan], "schools": 100, "early": [1.0, early], "late": [1.0, late],
         "drawn": [1.0, late], "truth": [1.0, truth]}
    )  # fmt: skip
    assert said in text(report.averaging_finding(frame, rules=RULES))


def test_a_mean_of_all_sites_is_that_of_a_sum_in_hundreds() -> None:
    rows = {"at_least": [0.0, 0.5, np.nan], "schools": [60, 70, 130], "paid": [30, 30, 60]}
    means = {"early": 12.3456, "late": 13.4567, "drawn": 14.5678, "truth": np.nan}
    shown = of_places.sure_averaging(pd.DataFrame(rows | means), rules=disclosure.rules())
    sums = shown.iloc[-1][["early", "late", "drawn"]].to_numpy(float) * 130
    assert sums == pytest.approx([1600, 1700, 1900])
    assert shown["early"].head(2).tolist() == [12, 12] and "paid" not in shown


@pytest.mark.parametrize("paid", [[3, 40, 43], [40, 58, 98], [0, 4, 4]])
def test_no_mean_is_that_of_few_sites_with_a_score_or_of_all_but_few(paid: list[int]) -> None:
    frame = pd.DataFrame(
        {"at_least": [0.0, 0.5, np.nan], "schools": [60, 60, 120], "paid": paid, "early": 5.0,
         "late": 5.0, "drawn": 5.0, "truth": np.nan}
    )  # fmt: skip
    shown = of_places.sure_averaging(frame, rules=disclosure.rules())
    # Two classes are hidden or none, since they add up; of all where few are in all of them.
    assert shown["early"].isna().tolist() == [True, True, paid[2] < 10]


@pytest.mark.parametrize(
    ("coverage", "said"), [(0.91, "hold it."), (0.97, "more than they promise"), (0.7, "of only")]
)
def test_coverage_is_judged(coverage: float, said: str) -> None:
    assert said in text(report.coverage_finding(coverage, planted=True, rules=RULES))


def test_coverage_is_explained_only_where_the_reason_holds() -> None:
    def found(coverage: float, planted: bool) -> str:
        return text(report.coverage_finding(coverage, planted=planted, rules=RULES))

    assert "those in use are the true ones" in found(0.97, True)
    assert "those in use" not in found(0.97, False)
    assert "share the errors" in found(0.7, False)
    assert "share the errors" not in found(0.7, True)


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
            {"at_least": [1.0, 50.0], "sites": [sites, 400], "schools": [coin, 60], "points": 5.0}
        )  # fmt: skip
        shown = of_places.coins(frame, verdicts=verdicts([100] * 5, [0.2] * 5), rules=gate)
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


def test_a_hidden_number_of_sites_on_a_coin_is_not_the_sum_of_another_table() -> None:
    """Few sites have an amount that is relied on; those on a coin are hidden beside them."""
    gate = disclosure.rules()
    hidden = of_places.sure(verdicts([500, 4, 60, 50, 12], [0, 0.1, 0.8, 0.1, 0]), rules=gate)
    assert hidden["places"].isna().tolist() == [False, True, False, False, True]
    frame = pd.DataFrame({"at_least": [1.0], "sites": [626], "schools": [12], "points": [5.0]})
    shown = of_places.coins(frame, verdicts=hidden, rules=gate)
    assert shown[["schools", "share", "points"]].isna().all(axis=None)
    assert shown["sites"].tolist() == [620]


@pytest.mark.parametrize("total", [40, 63, 487])
def test_shares_of_sites_tell_no_more_than_tens_do(total: int) -> None:
    """Each number of sites of a verdict that rounds to the same ten has the same share."""
    shares = set()
    for none in range(total // 2, total // 2 + 10):
        if round(none / 10 + 1e-9) != round((total // 2 + 5) / 10 + 1e-9):
            continue
        frame = verdicts([none, 0, total - none, 0, 0], [0.5, 0, 0.5, 0, 0])
        shown = of_places.sure(frame, rules=disclosure.rules())
        shares.add(float(shown["share_places"].iloc[0]))
    assert len(shares) == 1


def test_a_class_in_which_all_but_few_sites_have_a_score_is_hidden() -> None:
    rows = {
        "by": "size", "at_least": [1.0, 50.0, 100.0], "schools": [60, 60, 90],
        "paid": [57, 30, 30], "score": 5.0, "half": 0.2, "wrong": 0.1, "ranks": 0.1,
    }  # fmt: skip
    shown = of_places.sure_classes(pd.DataFrame(rows), rules=disclosure.rules())
    assert shown["paid"].isna().tolist() == [True, True, False]
    assert shown["schools"].notna().all() and shown["score"].isna().tolist() == [True, True, False]
    few = of_places.sure_classes(
        pd.DataFrame({**rows, "schools": [6, 60, 90], "paid": [0, 30, 30]}),
        rules=disclosure.rules(),
    )
    assert few["paid"].isna().tolist() == few["schools"].isna().tolist() == [True, True, False]


def moved(**values: float) -> pd.DataFrame:
    row = {"what": "seed", "value": "5", "rank": 0.9, "moved": 0.1, "crossing": 20, "sites": 90}
    return pd.DataFrame([{**row, "children": 0.02, **values}])


@pytest.mark.parametrize(
    ("few", "hidden"),
    [
        ({"sites": 1, "crossing": 0}, ["rank", "moved", "crossing", "sites"]),
        ({"crossing": 4}, ["crossing"]),
        ({"children": 3 / 1000}, ["children"]),
        ({"children": 20 / 1000, "crossing": 0}, []),
    ],
)
def test_variants_that_move_few_sites_or_children_are_hidden(
    few: dict[str, float], hidden: list[str]
) -> None:
    shown = of_places.stability(moved(**few), children=1000, rules=disclosure.rules())
    assert [name for name in shown if shown[name].isna().all()] == hidden


def test_what_chance_moves_is_said_of_sites_that_cross_and_else_not() -> None:
    some = text(report.stability_finding(moved(), rules=RULES))
    assert "takes about 20 of 90 sites across 0" in some and "Nothing else" in some
    assert "across 0" not in text(report.stability_finding(moved(crossing=0), rules=RULES))
    hidden = pd.concat([moved(moved=np.nan), moved(what="donors", value="1")], ignore_index=True)
    said = text(report.stability_finding(hidden, rules=RULES))
    assert said == "Of what was varied within the year most is moved by the nearest donor (10.0%)."


def classes(wrong: list[float]) -> pd.DataFrame:
    rows = [("size", 1.0), ("size", 100.0), ("unknown", 0.0), ("unknown", 0.5)]
    frame = pd.DataFrame(rows, columns=["by", "at_least"])
    return frame.assign(schools=100, paid=50, score=10.0, half=0.2, wrong=wrong, ranks=0.1)


def test_the_answer_names_the_kind_of_school_that_is_least_sure() -> None:
    frame = verdicts([500, 50, 350, 60, 40], [0, 0.2, 0.8, 0, 0])
    given = {"sources": shares(sampling=0.2, education=0.2, estimates=0.6), **IN_WORDS}
    small = text(report.answer(frame, classes=classes([0.2, 0.04, 0.05, 0.1]), **given))
    assert (
        "sites with fewer than 100 pupils (20%), least often those with 100 pupils or more (4%)"
        in small
    )
    imputed = text(report.answer(frame, classes=classes([0.1, 0.09, 0.02, 0.3]), **given))
    assert (
        "sites with 50% or more imputed (30%), least often those with less than 50% imputed (2%)"
        in imputed
    )
    few = text(report.answer(frame, classes=classes([np.nan, 0.1, np.nan, np.nan]), **given))
    alike = text(report.answer(frame, classes=classes([0.101, 0.1, 0.1, 0.099]), **given))
    assert "wrong side of 0" not in few + alike


def test_the_answer_has_at_most_120_words_when_all_is_said() -> None:
    frame = verdicts([500, 50, 350, 60, 40], [0, 0.2, 0.8, 0, 0])
    given = {"sources": shares(sampling=0.2, education=0.2, estimates=0.6), **IN_WORDS}
    for code in ("en", "nl"):
        for by in ("size", "urbanity"):
            of_classes = classes([0.2, 0.04, 0.05, 0.05]).assign(
                by=[by, by, "unknown", "unknown"], at_least=[1.0, 2.0, 0.0, 0.5]
            )
            with language.use(code):
                shown = report.answer(frame, classes=of_classes, **given)
            assert len(text(shown).split()) <= MOST_WORDS


def test_every_class_is_named_by_both_its_ends() -> None:
    rows = [("size", 1.0), ("size", 50.0), ("size", 100.0), ("unknown", 0.0), ("unknown", 0.5),
            ("unknown", 0.6), ("municipality", 1000.0), ("municipality", 2000.0),
            ("urbanity", 1.0), ("urbanity", 5.0)]  # fmt: skip
    named = labels(pd.DataFrame(rows, columns=["by", "at_least"]), table=IN_WORDS["table"])
    assert named.tolist() == [
        "fewer than 50 pupils", "50 to 99 pupils", "100 pupils or more", "less than 50% imputed",
        "50% to 60% imputed", "60% or more imputed", "1,000 to 1,999 children",
        "2,000 children or more", "extremely urban", "not urban",
    ]  # fmt: skip
    with language.use("nl"):
        in_dutch = kinds(
            pd.DataFrame(rows[-2:], columns=["by", "at_least"]), table=IN_WORDS["table"]
        )
    assert in_dutch.iloc[0] == "in gemeenten die zeer sterk stedelijk zijn"
