"""What the report on the intake says of children, waves and unknown values, found or not."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from oablib import disclosure, params
from oablib.base import language
from oablib.base.language import Words
from oablib.base.origin import Origin
from oablib.intake import Delivery
from oablib.protocol import codebook, models
from oablib.protocol.roles import Roles, load
from oablib.report import intake as report
from oablib.report.exhibit import About
from oablib.report.labels import Labels, labels

DRAWN = About("children", "a program", drawn=True)
DELIVERED = About("children", "a file", drawn=False)


@pytest.fixture(scope="module")
def words() -> Labels:
    return labels(codebook.load().table("cohort"), [models.load("base")])


@pytest.fixture(scope="module")
def roles() -> Roles:
    return load("base")


def steps(*dropped: int) -> pd.DataFrame:
    rows, left = [("delivered", "", 100, 0, 100)], 100
    for step, n in zip(("nscct", "cito"), dropped, strict=True):
        rows.append((step, "", left, n, left - n))
        left -= n
    return pd.DataFrame(rows, columns=["step", "reason", "before", "dropped", "after"])


def answer(frame: pd.DataFrame, words: Labels, *, waves: int = 1, about: About = DELIVERED) -> str:
    population = pd.DataFrame([{"children": frame["after"].iloc[-1], "schools": 9}])
    table = pd.DataFrame({"wave": range(waves), "children": [5] * waves})
    return report.answer(frame, population=population, waves=table, labels=words, about=about)


def test_the_answer_gives_every_reason_for_dropping(words: Labels) -> None:
    text = answer(steps(3, 2), words, waves=2, about=DRAWN)
    assert "**95 children in 9 schools**" in text and "2 waves, with 5 and 5 children" in text
    assert "5 (5.0%) were dropped: 3 without NSCCT score and 2 without Cito" in text
    assert "synthetic data" in text
    with language.use("nl"):
        dutch = answer(steps(3, 2), words, about=DRAWN)
    assert "5 (5,0%) afgevallen: 3 zonder NSCCT-score en 2 zonder Cito" in dutch


def test_the_answer_says_when_nobody_was_dropped(words: Labels) -> None:
    text = answer(steps(0, 0), words)
    assert "None of the 100 delivered rows was dropped" in text
    assert "waves" not in text and "synthetic" not in text
    with language.use("nl"):
        assert "100 aangeleverde rijen is er geen afgevallen" in answer(steps(0, 0), words)


def test_schools_in_several_waves_are_counted(roles: Roles) -> None:
    once = pd.DataFrame({"school_id": ["a", "b"], "wave": [2007, 2010]})
    twice = pd.DataFrame({"school_id": ["a", "a", "b"], "wave": [2007, 2010, 2010]})
    assert report.schools_in_waves(once, roles=roles) == (
        "No school takes part in more than one wave."
    )
    assert report.schools_in_waves(twice, roles=roles).startswith("Of 2 schools 1 takes part")
    assert report.schools_in_waves(twice, roles=replace(roles, wave="")) == ""


def test_variables_that_are_not_known_of_all_are_named(words: Labels) -> None:
    frame = pd.DataFrame({"variable": ["origin", "education_father"], "known": [1.0, 0.75]})
    assert "1 are known for all children. Partly unknown: education of the father (25.0%)." in (
        report.known(frame, labels=words)
    )
    complete = report.known(frame.assign(known=1.0), labels=words)
    assert complete == "All 2 variables are known for all children."
    with language.use("nl"):
        assert "(25,0%)" in report.known(frame, labels=words)


def test_facts_of_a_delivery_are_in_the_language_of_the_page() -> None:
    note = "other users of this machine may read cohort.csv; chmod 600 would stop that"
    delivery = Delivery(
        Origin(Words("a", "b")), "cohort.csv", "csv", "0f", 1200, 3, (), (), (note, "another")
    )
    few = disclosure.hide_steps(steps(3, 2), rules=disclosure.rules())
    with language.use("nl"):
        table = report.delivery_table(delivery, steps=steps(12, 0), origin=delivery.origin)
        hidden = report.delivery_table(delivery, steps=few, origin=delivery.origin)
    assert "rijen" not in {row[0] for row in hidden.groups[0][1]}
    values = {row[0]: row[1] for row in table.groups[0][1]}
    assert values["rijen"] == "1.200" and values["gekoppelde bestanden, met dit bestand vergeleken"]
    assert values["opmerkingen"].startswith("andere gebruikers van deze computer")


def pattern(roles: Roles, *, both: float) -> pd.DataFrame:
    rows = [(2007, False, False, 1 - both), (2007, True, True, both)]
    frame = pd.DataFrame(rows, columns=["wave", "education_father", "education_mother", "share"])
    return report.pattern_shares(frame, roles=roles)


def test_labels_of_the_pattern_are_those_of_the_imputed_variables(
    roles: Roles, words: Labels
) -> None:
    children = pd.Series({2007: 400})
    figure = report.missing_pattern_figure(
        pattern(roles, both=0.25),
        published=None,
        children=children,
        roles=roles,
        labels=words,
        about=DELIVERED,
    )
    assert list(figure.numbers["pattern"]) == [
        "all known", "unknown: education of the father",
        "unknown: education of the mother", "all unknown",
    ]  # fmt: skip
    assert list(figure.numbers["children"]) == 4 * [400]
    assert list(figure.numbers["share here"]) == [0.75, 0, 0, 0.25]
    assert "School year 2007/08: all known 75.0%" in figure.alt


def test_one_imputed_variable_and_no_wave_need_no_parents() -> None:
    roles = load("snijders_bosker")
    table = codebook.load("codebook_snijders_bosker").table("cohort")
    words = labels(table, [models.load("snijders_bosker")])
    frame = pd.DataFrame({"wave": ["all", "all"], "ses": [False, True], "share": [0.6, 0.4]})
    shares = report.pattern_shares(frame, roles=roles)
    children = pd.Series({"all": 50})
    figure = report.missing_pattern_figure(
        shares, published=None, children=children, roles=roles, labels=words, about=DELIVERED
    )
    assert "All children: all known 60.0%, unknown: socio-economic status 40.0%" in (
        figure.alt.replace("all children", "All children")
    )
    assert "socio-economic status" in report.nothing_unknown(roles=roles, labels=words)


def test_rare_patterns_are_one_where_there_are_more_than_colours(roles: Roles) -> None:
    three = replace(roles, imputed=("a", "b", "c"))
    flags = [[bool(i >> k & 1) for k in range(3)] for i in range(8)]
    frame = pd.DataFrame(flags, columns=list(three.imputed)).assign(wave=1, share=np.arange(8) / 28)
    shares = report.pattern_shares(frame, roles=three)
    assert list(shares) == ["", "b c", "a b c", "*"]
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1)


@pytest.mark.parametrize(
    ("shift", "said"), [(0.0, "No share differs by more"), (0.2, "4 of 4 shares")]
)
def test_a_pattern_is_held_against_the_published_one(
    roles: Roles, words: Labels, shift: float, said: str
) -> None:
    figures = params.published("herijking2021")
    published = report.published_pattern(figures, roles=roles)
    assert published is not None
    shares = published.loc[[2007]] + [shift, -shift, shift, -shift]
    beside = partial(
        report.beside_published, shares, children=pd.Series({2007: 1000}), roles=roles, labels=words
    )
    text = beside(figures=figures, about=DELIVERED)
    assert said in text and f"{100 * shift:.1f} percentage points" in text
    assert "synthetic" not in text
    assert "synthetic" in beside(figures=figures, about=DRAWN)
    with language.use("nl"):
        dutch = beside(figures=figures, about=DELIVERED)
    assert f"{100 * shift:.1f}".replace(".", ",") + " procentpunt" in dutch
    assert beside(figures=None, about=DRAWN) == ""
