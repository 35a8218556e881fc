"""Sentences on the comparison say what was found, and the opposite when that is found."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oablib import comparison, disclosure, params
from oablib.base import language
from oablib.report import comparison as report
from oablib.report.exhibit import About

DRAWN = About("made-up children", drawn=True)
DELIVERED = About("children", drawn=False)
PUBLISHED = params.published("herijking2021")
RULES = comparison.rules()
SINGLE = replace(RULES, density_fewest=1)  # single municipalities may be counted
GATE = disclosure.rules()
NAMES = {"GM1": "Aa", "GM2": "Bee", "GM3": "Cee", "GM4": "Dee"}


def differences(*, imputed: float, beside: bool = False) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"scores": ["total", "direct", "imputed"], "mean": [0.0, 0.1, 0.35], "r": 0.97}
    ).assign(sd=[1.0, 0.5, imputed])
    if not beside:
        return frame
    listed = pd.DataFrame(PUBLISHED["score_difference"]).T.add_prefix("published_")
    return frame.join(listed, on="scores")


def cutoff(net: float, *, beside: bool = True) -> pd.DataFrame:
    values = {"only_current": 0.01, "only_new": 0.02, "net_shift": net}
    frame = pd.DataFrame({"measure": list(values), "value": list(values.values())})
    return frame.assign(published=0.17) if beside else frame


def crosstable(*, gain: int, lose: int, beside: bool = True) -> pd.DataFrame:
    pairs = pd.DataFrame(
        {"current": [0.0] * gain + [1.0] * lose, "new": [1.0] * gain + [0.0] * lose}
    )
    return comparison.crosstable(pairs, published=PUBLISHED if beside else None)


def towns(*new: float) -> pd.DataFrame:
    names = list(NAMES)[: len(new)]
    sides = (
        pd.DataFrame({"municipality": names, "achterstandsscore": scores})
        for scores in ([1_000.0, 100.0, 90.0, 80.0][: len(new)], new)
    )
    return comparison.standardised(*sides, key="municipality", rules=RULES)


@pytest.mark.parametrize(
    ("code", "sd", "text"),
    [
        ("en", 1.8, "change more than computed ones: their standard deviation is 3.6 times"),
        ("nl", 1.8, "veranderen meer dan direct bepaalde: hun standaardafwijking is 3,6 keer"),
        ("en", 0.4, "do not change more than computed ones"),
        ("nl", 0.4, "veranderen niet meer dan direct bepaalde"),
    ],
)
def test_imputed_scores_change_more_or_not(code: str, sd: float, text: str) -> None:
    with language.use(code):
        assert text in report.score_differences_finding(differences(imputed=sd))


def test_published_figures_are_named_where_the_run_has_them() -> None:
    bare = report.score_differences_finding(differences(imputed=1.8))
    assert "Published" not in bare and "computed ones is +0.25 points" in bare
    beside = report.score_differences_finding(differences(imputed=1.8, beside=True))
    assert "Published: 10.1 times and +0.25 points." in beside


@pytest.mark.parametrize(
    ("code", "net", "texts"),
    [
        ("en", 0.25, ["boundary rises: +0.25", "same direction: +0.17", "3.0% of the children"]),
        ("nl", 0.25, ["stijgt de grenswaarde: +0,25", "dezelfde richting: +0,17", "3,0% van"]),
        ("en", -0.25, ["does not rise: −0.25", "opposite direction: +0.17"]),
        ("nl", -0.25, ["stijgt de grenswaarde niet: −0,25", "de tegengestelde richting"]),
    ],
)
def test_the_boundary_rises_against_all_scores_or_not(
    code: str, net: float, texts: list[str]
) -> None:
    with language.use(code):
        found = report.cutoff_finding(cutoff(net))
        assert all(text in found for text in texts)
        assert "0.17" not in report.cutoff_finding(cutoff(net, beside=False))


@pytest.mark.parametrize(
    ("gain", "lose", "text"),
    [
        (3, 1, "More schools gain a score (3) than lose theirs (1)"),
        (1, 3, "More schools lose their score (3) than gain one (1)"),
        (2, 2, "As many schools gain a score as lose theirs: 2"),
    ],
)
def test_more_schools_gain_a_score_or_lose_theirs(gain: int, lose: int, text: str) -> None:
    found = report.crosstable_finding(crosstable(gain=gain, lose=lose), about=DRAWN)
    assert text in found and "133 gain one and 41 lose theirs" in found
    assert "synthetic" in found
    delivered = crosstable(gain=gain, lose=lose)
    assert "synthetic" not in report.crosstable_finding(delivered, about=DELIVERED)
    alone = crosstable(gain=gain, lose=lose, beside=False)
    assert "Published" not in report.crosstable_finding(alone, about=DRAWN)


def test_less_moves_between_municipalities_or_not() -> None:
    assert "Fewer points move" in report.redistribution_finding(schools=0.08, municipalities=0.05)
    assert "No fewer points move" in report.redistribution_finding(
        schools=0.05, municipalities=0.05
    )
    with language.use("nl"):
        text = report.redistribution_finding(schools=0.082, municipalities=0.056)
    assert "5,6% tegen 8,2% van alle punten" in text


def relative(*new: float, rules: comparison.Rules = SINGLE, beside: bool = True) -> Any:
    pairs, figures = towns(*new), PUBLISHED if beside else None
    return comparison.relative(pairs, pairs, rules=rules, published=figures)


def test_more_municipalities_gain_or_lose_and_the_largest_are_named() -> None:
    gain = relative(900, 120, 110, 140)
    text = report.relative_finding(gain, names=NAMES, rules=RULES)
    assert text.startswith("More municipalities gain (75%) than lose (25%)")
    assert "Aa −10.0%" in text and "Published: −4%." in text
    lose = relative(1_100, 70, 60, 40, beside=False)
    text = report.relative_finding(lose, names=NAMES, rules=RULES)
    assert text.startswith("No more municipalities gain (25%)") and "Published" not in text
    with language.use("nl"):
        assert "(75%)" in report.relative_finding(lose, names=NAMES, rules=RULES)


def test_how_many_municipalities_gain_is_not_said_where_they_are_few() -> None:
    few = relative(900, 120, 110, 140, rules=RULES)
    text = report.relative_finding(few, names=NAMES, rules=RULES)
    assert text.startswith("Too few municipalities gain, or lose, to say how many.")
    assert "%)" not in text.partition("The largest")[0] and "Aa −10.0%" in text
    with language.use("nl"):
        text = report.relative_finding(few, names=NAMES, rules=RULES)
    assert text.startswith("Te weinig gemeenten")
    assert "nan" not in text
    table = report.relative_table(few.summary, rules=RULES, about=DRAWN)
    rows = {cells[0]: cells[1] for _, rows in table.groups for cells in rows}
    assert rows["lose (%)"] == rows["small gain (%)"] == "–" and rows["municipalities"] == "4"


def test_the_largest_are_named_where_they_show_a_score_by_both() -> None:
    pairs = towns(900, 120, 110, 140)
    zero = pairs.assign(current=0.0, change=pairs["new"])
    for shown in (pairs[:0], zero):
        made = comparison.relative(pairs, shown, rules=SINGLE, published=PUBLISHED)
        text = report.relative_finding(made, names=NAMES, rules=RULES)
        assert text.startswith("More municipalities gain (75%)") and "largest" not in text


@pytest.mark.parametrize(
    ("code", "gain", "lose", "text"),
    [
        ("en", 20, 12, "Of 32 with a score above zero by either indicator 20 lie above the line"),
        ("nl", 20, 12, "Van de 32"),
        ("en", 20, 9, "Few lie above the line, or below it."),
        ("en", 0, 12, "0 lie above the line and 12 below."),
        ("nl", 9, 12, "Weinig liggen"),
    ],
)
def test_crowds_say_how_many_gain_and_lose_unless_these_are_few(
    code: str, gain: int, lose: int, text: str
) -> None:
    change = np.repeat([5.0, -5.0], [gain, lose])
    pairs = pd.DataFrame({"current": 100.0, "new": 100 + change, "change": change})
    crowds = comparison.crowds(pairs, steps=RULES.steps_schools, rules=RULES)
    with language.use(code):
        drawn = report.crowds_figure(crowds, pairs, what="schools", about=DRAWN)
    assert text in drawn.alt
    assert all(str(few) not in drawn.alt for few in (gain, lose) if 0 < few < 10)


def hidden_crosstable(*, gain: int, lose: int) -> pd.DataFrame:
    exact = crosstable(gain=gain, lose=lose)
    return disclosure.hide(exact, counts=["n"], also=["share"], rules=GATE)


@pytest.mark.parametrize(
    ("code", "gain", "lose", "text"),
    [
        ("en", 30, 9, "Too few schools gain or lose a score to say how many."),
        ("nl", 9, 30, "Te weinig scholen"),
        ("en", 30, 10, "More schools gain a score (30) than lose theirs (10)"),
        ("nl", 30, 10, "(30)"),
    ],
)
def test_few_schools_that_gain_or_lose_a_score_are_not_counted(
    code: str, gain: int, lose: int, text: str
) -> None:
    frame = hidden_crosstable(gain=gain, lose=lose)
    with language.use(code):
        found = report.crosstable_finding(frame, about=DRAWN)
        table = report.crosstable_table(frame, about=DRAWN)
    assert text in found and "133" in found
    # One row alone would follow from all schools: two are hidden.
    marks = [cells[2] for _, rows in table.groups for cells in rows].count("·")
    assert marks == 0 if min(gain, lose) >= 10 else marks >= 2


def bands(*changes: float, beside: bool = True) -> pd.DataFrame:
    change = np.array(changes)
    pairs = pd.DataFrame({"current": 100.0, "new": 100 + change, "change": change})
    exact = comparison.bands(pairs, rules=RULES, published=PUBLISHED if beside else None)
    return disclosure.hide(exact, shares={"share": "n"}, added_up=False, rules=GATE)


def test_a_band_that_leaves_out_few_schools_is_not_given() -> None:
    few = bands(*[0.0] * 40, *[-9.0, 9.0] * 4)  # eight of 48 beyond
    text = report.bands_finding(few)
    assert text.startswith("Too few schools change by more, or by less") and "%" not in text
    with language.use("nl"):
        assert report.bands_finding(few).startswith("Te weinig scholen")
    many = report.bands_finding(bands(*[0.0] * 40, *[-9.0, 9.0] * 5))
    assert many.startswith("80.0% of the schools") and "78.9%" in many


def test_a_histogram_of_few_says_so() -> None:
    frame = comparison.distribution(towns(900, 120, 110, 140), rules=RULES)
    few = disclosure.merge(frame, counts=["n"], rules=GATE)
    drawn = report.changes_figure(few, what="municipalities", about=DRAWN)
    assert drawn.alt == "Too few change to be drawn."
    many = frame.assign(n=frame["n"] * 20)
    drawn = report.changes_figure(many, what="municipalities", about=DRAWN)
    assert drawn.alt.startswith("Histogram of 80 municipalities.")


def test_the_published_band_has_the_share_of_its_table_and_of_its_text() -> None:
    pairs = towns(900, 120, 110, 140)
    text = report.bands_finding(comparison.bands(pairs, rules=RULES, published=PUBLISHED))
    assert "78.9% by −24 to +24, by the counts of its table (nearly 80% in its text)" in text
    assert "for all: about 85% by −16 to +16" in text
    alone = report.bands_finding(comparison.bands(pairs, rules=RULES))
    assert "Published" not in alone and alone.count("%") == 2


def answer(*, about: About, current: str = "indicator_2019", beside: bool = True,
           pairs: pd.DataFrame | None = None) -> str:  # fmt: skip
    pairs = many_towns() if pairs is None else pairs
    exact = comparison.bands(pairs, rules=RULES, published=PUBLISHED if beside else None)
    return report.answer(
        indicators=(current, ""), differences=differences(imputed=1.8), cutoff=cutoff(0.25),
        agreement=pd.DataFrame({"same": [0.964]}), pairs=pairs,
        bands=disclosure.hide(exact, shares={"share": "n"}, added_up=False, rules=GATE),
        relative=comparison.relative(pairs, pairs, rules=RULES).summary,
        redistributed=(0.08, 0.05), rules=RULES, about=about,
    )  # fmt: skip


def many_towns(*, gain: int = 60, lose: int = 20, same: int = 0) -> pd.DataFrame:
    """Half of those that gain or lose do so by much."""
    change = np.concatenate(
        [np.repeat([40.0, 5.0], gain // 2), np.repeat([-40.0, -5.0], lose // 2), np.zeros(same)]
    )
    names = [f"GM{row:04d}" for row in range(len(change))]
    pairs = pd.DataFrame({"municipality": names, "current": 100.0, "new": 100 + change})
    return pairs.assign(change=change)


def test_the_answer_covers_children_schools_and_municipalities() -> None:
    text = answer(about=DRAWN)
    for part in (
        "The indicator estimated in this run is compared with the published indicator of 2019",
        "By the published indicator, 96.4% of the target group are the same children",
        "**Children:** scores correlate **0.97**; 3.0% of the children",
        "**Schools:** of 80 with a score above zero by either, 60 gain and 20 lose",
        "(published: 78.9% by −24 to +24)",
        "**Municipalities:** 75% gain and 25% lose",
        "the children are synthetic",
    ):
        assert part in text
    assert len(text.split()) <= 135


@pytest.mark.parametrize("few", ["gain", "lose", "same"])
def test_the_answer_counts_no_schools_and_municipalities_of_which_few_move_so(few: str) -> None:
    counts = {"gain": 60, "lose": 20, "same": 20} | {few: 8}
    pairs = many_towns(**counts)
    text = answer(about=DRAWN, pairs=pairs)
    assert "of the schools that are not zero by both change by" in text
    assert "**Schools:**" not in text and "**Municipalities:**" not in text
    assert "nan" not in text and "**Children:**" in text


def test_the_answer_to_few_schools_gives_no_band() -> None:
    pairs = many_towns(gain=4, lose=2)
    text = answer(about=DRAWN, pairs=pairs)
    assert "Too few schools change by more, or by less" in text and "nan" not in text
    with language.use("nl"):
        text = answer(about=DRAWN, pairs=pairs)
    assert "Te weinig scholen" in text and "**Gemeenten:**" not in text


def test_the_limit_that_is_named_depends_on_the_data_and_the_indicator() -> None:
    derived = answer(about=DELIVERED, beside=False)
    assert "effects of the published indicator of 2019 are derived" in derived
    assert "synthetic" not in derived and "(published" not in derived
    assert "choice of donors" in answer(about=DELIVERED, current="indicator_2021")
    with language.use("nl"):
        text = answer(about=DELIVERED)
    assert "**Kinderen:** scores correleren **0,97**" in text
