"""Sentences on variants say what was found, and the opposite when that is found."""

import dataclasses
from collections.abc import Callable

import pandas as pd
import pytest

from oablib.base import language
from oablib.indicator import distribution
from oablib.protocol import codebook
from oablib.report import distribution as report
from oablib.report.exhibit import About

ABOUT = About("made-up children", drawn=True)
RULES = distribution.rules()
NAMES = [variant.name for variant in RULES.variants]
MOST_WORDS = 120
ALL_SIZES = [0, 100, 200, 300, 500]


def beside(**given: dict[str, float]) -> pd.DataFrame:
    """A row a variant; all as by the law but what is given for some."""
    frame = pd.DataFrame({"variant": NAMES, "choice": [v.choice for v in RULES.variants]})
    plain = {"paid": 100.0, "gini": 0.7, "top": 0.5, "moved": 0.0, "moved_share": 0.0,
             "turnover": 0.05, "enter": 10.0, "leave": 20.0}  # fmt: skip
    for column, value in plain.items():
        frame[column] = [given.get(column, {}).get(name, value) for name in NAMES]
    return frame


def reached(*groups: str, **given: float) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"variant": name, "group": group, "children": 1000, "reached": given.get(name, 0.8),
             "reached_in_all": 900.0, "euro": 1500.0, "outside": 0.1}
            for group in groups for name in NAMES
        ]
    )  # fmt: skip


def test_a_variant_that_asks_for_what_is_not_there_is_left_out() -> None:
    columns = ["education_father", "education_mother", "origin", "debt_restructuring"]
    fewer = RULES.on(columns)
    assert {"questions", "learned"} == set(NAMES) - {v.name for v in fewer.variants}
    text = report.ways_finding(fewer, every=RULES)
    assert "*Three questions* and *Three questions, learned*" in text
    assert "Not computed" not in report.ways_finding(RULES, every=RULES)


MOVED = {"lowest_5": 0.5, "no_threshold": 0.3, "boards": 0.01, "deciles": 0.2, "ramp": 0.1}
SOME = beside(moved_share=MOVED, moved={"lowest_5": 5e6}, turnover={"ramp": 0.02},
              gini={"lowest_5": 0.9, "spread": 0.4})  # fmt: skip
LIKE_THE_LAW = beside()


def test_the_answer_names_the_choice_that_moves_most_money() -> None:
    given = {"budget": 1e7, "rules": RULES}
    text = report.answer(SOME, reached=reached("lowest", "truly"), drawn=True, **given)
    assert text.startswith("**Most money is moved by the size of the target group**")
    assert "€5,000,000 of €10,000,000 (50.0%)" in text and "truly are the lowest" in text
    assert f"1 of {len(NAMES) - 1} variants is steadier" in text
    assert "*Amounts for three deciles* moves most (20.0%)" in text
    assert len(text.split()) <= MOST_WORDS


def test_the_answer_says_so_when_nothing_moves() -> None:
    given = {"budget": 1e7, "rules": RULES, "drawn": False}
    text = report.answer(LIKE_THE_LAW, reached=reached("lowest"), **given)
    assert text.startswith("**No choice moves money**")
    assert "truly" not in text and f"0 of {len(NAMES) - 1} variants are steadier" in text
    assert "several" not in text


@pytest.mark.parametrize(
    ("finding", "other", "one"),
    [
        (lambda f: report.moved_finding(f, rules=RULES), "No variant gives", "Most money moves"),
        (lambda f: report.concentration_finding(f, rules=RULES), "as concentrated under every",
         "most concentrated under *Lowest 5%*"),
        (lambda f: report.turnover_finding(f, rules=RULES), "No variant is steadier",
         "steadiest is *Fading between"),
    ],
)  # fmt: skip
def test_findings_have_an_opposite(
    finding: Callable[[pd.DataFrame], str], other: str, one: str
) -> None:
    assert one in finding(SOME)
    assert other in finding(LIKE_THE_LAW)


def test_who_is_reached_says_whether_another_variant_reaches_more() -> None:
    more = report.reach_finding(reached("lowest", "truly", ramp=0.9), rules=RULES)
    assert "*Fading between 10 and 20%* reaches most, 90.0%" in more
    assert "reaches 90.0%." in more
    none = report.reach_finding(reached("lowest", "truly"), rules=RULES)
    assert "no variant reaches more" in none and "No variant reaches more of them." in none
    hidden = reached("lowest").assign(reached=float("nan"))
    assert "Too few" in report.reach_finding(hidden, rules=RULES)


@pytest.mark.parametrize(("jump", "text"), [(0.7, "just below it"), (0.1, "changes by")])
def test_a_cliff_is_one_only_where_the_weight_jumps(jump: float, text: str) -> None:
    frame = pd.DataFrame({"variant": ["law", "ramp"], "jump": [jump, 0.02]})
    assert text in report.cliff_finding(frame, rules=RULES)


def test_a_cliff_is_a_jump_as_large_as_the_rules_say() -> None:
    frame = pd.DataFrame({"variant": ["law", "ramp"], "jump": [0.7, 0.6]})
    assert "Under every variant shown" in report.cliff_finding(frame, rules=RULES)
    higher = dataclasses.replace(RULES, jump=0.65)
    assert "by 0.7 mean weights or more under *" not in report.cliff_finding(frame, rules=higher)
    assert "under Fading between 10 and 20%" in report.cliff_finding(frame, rules=higher)


@pytest.mark.parametrize(
    ("kept", "text"), [(1, "Only the law is computed."), (2, "1 variant is computed; it differs")]
)
def test_few_variants_are_counted_in_words_that_fit(kept: int, text: str) -> None:
    few = dataclasses.replace(RULES, variants=RULES.variants[:kept])
    assert text in report.ways_finding(few, every=few)


def groups(**changes: float) -> pd.DataFrame:
    rows = [
        {"variant": name, "group": group, "places": 50, "children": 5000, "share": 0.2,
         "per_child": 100.0, "change": changes.get(name, 0.0) * (1 if group == 0 else -0.5)}
        for name in NAMES for group in ALL_SIZES
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_a_group_gains_and_another_loses_or_none_does() -> None:
    text = report.groups_finding(groups(ramp=0.4), rules=RULES)
    assert "sites under 100 pupils, under *Fading between" in text and "20% less" in text
    text = report.groups_finding(groups(), rules=RULES)
    assert text == "No group of sites gains or loses against the law."


@pytest.mark.parametrize("code", language.LANGUAGES)
def test_every_exhibit_is_made_in_both_languages(code: str) -> None:
    table = codebook.load().table("children")
    asked = {"questions": next(v for v in RULES.variants if v.name == "questions").kind.questions}
    weights = pd.DataFrame({"variant": "law", "distance": [3.0, 4.0], "weight": [0.0, 0.8]})
    with language.use(code):
        made = [
            report.ways_table(RULES),
            report.questions_table(asked, rules=RULES, table=table),
            report.cliff_figure(weights, rules=RULES, about=ABOUT),
            report.moved_figure(SOME, SOME, rules=RULES, about=ABOUT),
            report.side_table(SOME, SOME, rules=RULES, about=ABOUT),
            report.sizes_table(groups(), rules=RULES, about=ABOUT),
            report.urbanity_table(
                groups().assign(group=[1, 2, 3, 4, 5] * len(NAMES)),
                table=table, rules=RULES, about=ABOUT,
            ),
            report.turnover_table(SOME, SOME, rules=RULES, about=ABOUT),
            report.reach_table(reached("lowest", "truly"), rules=RULES, about=ABOUT),
        ]  # fmt: skip
    law = {"en": "Law of today", "nl": "Huidige wet"}[code]
    assert law in made[0].numbers.iloc[:, 0].tolist()
    assert len({exhibit.label for exhibit in made}) == len(made)
