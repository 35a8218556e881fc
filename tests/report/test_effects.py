"""What the report on effects says, and what it says of the opposite."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oablib import params
from oablib.analysis import effects
from oablib.analysis.effects.parents import BOTH
from oablib.base import language
from oablib.protocol import codebook, models
from oablib.report import effects as report
from oablib.report.exhibit import About
from oablib.report.labels import Labels, labels
from oablib.statistics.pooling import PooledTest

RULES = effects.rules()
FIGURES = params.published("herijking2021")
ABOUT = About(population="children", source="nobody", drawn=False)
FATHER, MOTHER = "education_father", "education_mother"


@pytest.fixture(scope="module")
def words(model: models.Model, table: codebook.Table) -> Labels:
    return labels(table, [model])


def joint(p: float) -> PooledTest:
    return PooledTest("D1", 1.5, 4, 80.0, p, 0.1, 0.1, ())


def waves(
    *, p: float, p_holm: float, left_out: tuple[str, ...] = (), too_small: tuple[str, ...] = ()
) -> effects.Waves:
    rows = [
        {"wave": wave, "name": name, "n": 800, "est": 0.8, "se": 0.1, "ci_lower": 0.6,
         "ci_upper": 1.0}
        for wave in ("2007", "2010")
        for name in (FATHER, "origin")
    ]  # fmt: skip
    tests = pd.DataFrame(
        {"name": [FATHER, "origin"], "f": 2.0, "df1": 1, "df2": 80.0, "p": p_holm / 2,
         "p_holm": [p_holm, 1.0]}
    )  # fmt: skip
    return effects.Waves(pd.DataFrame(rows), tests, joint(p), left_out, too_small)


def test_waves_differ_or_not(words: Labels) -> None:
    given = {"variable": "wave", "rules": RULES, "labels": words}
    differ = report.waves_finding(waves(p=0.01, p_holm=0.02), **given)
    assert "**Direct effects differ between waves**" in str(differ)
    assert "correction: education of the father." in str(differ)
    same = report.waves_finding(
        waves(p=0.6, p_holm=0.8, left_out=("origin",), too_small=("2013",)), **given
    )
    assert "**No difference between waves is shown**" in str(same)
    assert "smallest p 0.800" in str(same) and "or fewer than 10 have it or lack it" in str(same)
    assert "Left out, with fewer than 200 children: School year 2013/14." in str(same)
    assert "Left out" not in str(differ)
    assert "no two waves of" in str(report.waves_finding(None, **given))


def grades(*, p: float, early: float, given: float, p_holm: float) -> effects.Grades:
    rows = pd.DataFrame(
        {
            "name": ["cito_2", "nscct", "origin"], "early": [np.nan, 0.3, early],
            "early_se": 0.05, "late": [np.nan, 0.5, -0.1], "late_se": 0.05,
            "given": [0.3, 0.4, given], "given_se": 0.05, "p": [np.nan, np.nan, p_holm],
            "p_holm": [np.nan, np.nan, p_holm],
        }
    )  # fmt: skip
    return effects.Grades(900, rows, joint(p), ())


def test_background_acts_alike_on_both_grades_or_not(words: Labels) -> None:
    given = {"early": "cito_2", "late": "cito", "rules": RULES, "labels": words}
    differ = report.grades_finding(grades(p=0.001, early=-0.3, given=-0.02, p_holm=0.002), **given)
    assert "**Background does not act alike" in str(differ)
    assert "Larger in size on the Cito score in grade 2, after Holm’s correction: origin" in str(
        differ
    )
    assert "that of origin, goes from −0.10 to −0.02" in str(differ)
    same = report.grades_finding(grades(p=0.7, early=-0.1, given=-0.08, p_holm=0.9), **given)
    assert "**No difference is shown" in str(same) and "Not compared" not in str(same)
    few = replace(grades(p=0.7, early=-0.1, given=0.1, p_holm=0.9), left_out=("origin",))
    text = str(report.grades_finding(few, **given))
    assert "fewer than 10 of them have it or lack it: origin" in text
    late = report.grades_finding(grades(p=0.001, early=-0.01, given=-0.08, p_holm=0.01), **given)
    assert "Larger in size on the Cito score, after" in str(late)
    assert "Both outcomes are not compared" in str(report.grades_finding(None, **given))


def explained(*, origin_early: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "part": ["education", "origin", "family"], "early": [0.08, origin_early, 0.12],
            "late": [0.15, 0.05, 0.16], "early_lower": [np.nan, 0.09, np.nan],
            "early_upper": [np.nan, 0.09, 0.1], "late_lower": [0.13, np.nan, 0.14],
            "late_upper": [0.14, np.nan, 0.14],
        }
    )  # fmt: skip


def test_explained_variance_agrees_with_the_literature_or_not(words: Labels) -> None:
    given = {"early": "cito_2", "late": "cito", "labels": words}
    found = report.explained_finding(explained(origin_early=0.09), **given, drawn=True)
    assert str(found).startswith("As @fettelaar_smeets2013 found") and "tests the program" in str(
        found
    )
    other = report.explained_finding(explained(origin_early=0.03), **given, drawn=False)
    assert "That is not so here" in str(other) and "program" not in str(other)
    with language.use("en"):
        table = report.explained_table(explained(origin_early=0.09), **given, about=ABOUT)
    cells = [row for _, rows in table.groups for row in rows]
    assert cells[0][4] == "13% to 14%" and cells[1][2] == "9%" and cells[2][2] == "below 10%"


def parents(*, father: float, std: float, p: float) -> effects.Parents:
    rows = pd.DataFrame(
        {
            "name": [FATHER, MOTHER, BOTH], "est": [0.8, 0.8, np.nan],
            "lowest": [1.0, 1.0, np.nan], "highest": [8.0, 8.0, np.nan],
            "span": [7.0, 8.0, np.nan], "points": [father, 6.0, father + 6.0],
            "std": [std, 0.2, np.nan], "published_std": [0.17, 0.2, np.nan],
            "current_std": [0.18, 0.2, np.nan],
        }
    )  # fmt: skip
    return effects.Parents(rows, {"est": 0.1, "se": 0.1, "p": p})


def of_parents(
    words: Labels,
    found: effects.Parents | None,
    *,
    lowest: float,
    origin: float,
    is_published: bool = True,
    published_origin: float = -0.06,
) -> str:
    direct = pd.DataFrame(
        {"name": [FATHER, MOTHER, "origin"], "std": [0.17, 0.2, origin],
         "published_std": [0.17, 0.2, published_origin]}
    )  # fmt: skip
    values = pd.DataFrame(
        {"variable": [FATHER, FATHER, MOTHER], "code": [1, 8, 1],
         "value": [lowest, 4.5, lowest], "current": [-2.0, 4.8, -0.9],
         "published": [-2.3, 4.5, -1.25]}
    )  # fmt: skip
    figures = FIGURES if is_published else None
    given: dict[str, Any] = {"direct": direct, "values": values, "figures": figures}
    return str(report.parents_finding(found, **given, level=RULES.level, drawn=False, labels=words))


def test_what_was_published_of_parents_holds_or_not(words: Labels) -> None:
    text = of_parents(words, parents(father=5.0, std=0.16, p=0.5), lowest=-2.5, origin=-0.06)
    assert "6.00 points for education of the mother" in text and "no difference" in text
    assert "but the mediator. That is what was published." in text
    assert "As published, the standardised effect of education of the father is weaker" in text
    assert "than in the indicator then in use (0.16 against 0.18)" in text
    assert "moved more since then" in text and "for both parents" in text
    other = of_parents(words, parents(father=7.0, std=0.3, p=0.01), lowest=-1.5, origin=-0.4)
    assert "7.00 points for education of the father" in other and "two effects differ" in other
    assert "that of origin (0.40) is stronger" in other
    assert "Unlike in the published report, the standardised effect of education" in other
    assert "is not weaker" in other and "That is what was published" not in other
    assert "for one parent only (education of the mother)" in other
    assert "for neither parent" in of_parents(
        words, parents(father=7.0, std=0.18, p=0.01), lowest=-0.5, origin=0.0
    )


def test_a_model_without_two_parents_is_said_to_have_none(words: Labels) -> None:
    found = of_parents(words, None, lowest=-2.5, origin=-0.06)
    assert found == "The model has no two scaled variables with the same categories to compare."


def test_without_published_figures_nothing_is_said_of_them(words: Labels) -> None:
    found = parents(father=5.0, std=0.16, p=0.5)
    text = of_parents(words, found, lowest=-2.5, origin=-0.06, is_published=False)
    assert "strongest standardised effects of all" in text and "ublished" not in text


def test_what_was_published_can_itself_be_the_other_way(words: Labels) -> None:
    found = parents(father=5.0, std=0.3, p=0.5)
    stronger = replace(found, rows=found.rows.assign(published_std=[0.25, 0.2, np.nan]))
    text = of_parents(words, stronger, lowest=-2.5, origin=-0.06)
    assert "As published, the standardised effect of education of the father is not weaker" in text


def test_a_missing_value_of_the_first_level_is_not_replaced_by_the_next(words: Labels) -> None:
    text = of_parents(
        words, parents(father=5.0, std=0.16, p=0.5), lowest=float("nan"), origin=-0.06
    )
    assert text and "for neither parent" not in text and "for one parent" not in text


def test_the_strongest_effects_are_published_ones_or_not(words: Labels) -> None:
    found = parents(father=5.0, std=0.16, p=0.5)
    given = {"words": words, "found": found, "lowest": -2.5}
    other = of_parents(**given, origin=-0.06, published_origin=-0.19)
    assert "but the mediator. In the published report it does not." in other
    back = of_parents(**given, origin=-0.19)
    assert "that of at least one of them. In the published report it does." in back
    neither = of_parents(**given, origin=-0.3, published_origin=-0.3)
    assert "Nor does it in the published report." in neither
    silent = of_parents(**given, origin=-0.06, published_origin=float("nan"))
    assert "That is what was published." in silent


def test_an_effect_as_strong_as_that_of_a_parent_is_not_stronger(words: Labels) -> None:
    text = of_parents(words, parents(father=5.0, std=0.16, p=0.5), lowest=-2.5, origin=-0.17)
    assert "has the strongest standardised effects" in text


def test_a_size_of_0_has_no_share_that_moved(words: Labels) -> None:
    found = parents(father=5.0, std=0.16, p=0.5)
    zero = replace(found, rows=found.rows.assign(current_std=[0.0, 0.2, np.nan]))
    text = of_parents(words, zero, lowest=-2.5, origin=-0.06)
    assert "moved more" not in text and "did not move" not in text and "∞" not in text


def of_origin(
    words: Labels, model: models.Model, values: list[float], *, effect: float = -0.8
) -> str:
    column = FIGURES["scale_values"]["origin"]
    frame = pd.DataFrame(
        {"variable": "origin", "code": range(1, 9), "value": values, "se": [0.0, *[0.3] * 7],
         "current": column["current"]}
    )  # fmt: skip
    direct = pd.DataFrame({"name": ["origin"], "value": [effect]})
    alone = replace(model, scaled={"origin": -1})
    given: dict[str, Any] = {"direct": direct, "figures": FIGURES, "model": alone}
    return str(report.reference_finding(frame, **given, labels=words))


def test_origin_is_read_with_reversed_orientation(words: Labels, model: models.Model) -> None:
    new = FIGURES["scale_values"]["origin"]["new"]
    text = of_origin(words, model, new)
    assert "These raise a score: “East Asia”." in text
    assert "use: “East Asia”. 6 other categories lie nearer to the reference or as far. The" in text
    nearer = of_origin(words, model, [value / 4 for value in new])
    assert "None lies farther" in nearer and "Farther in the published table: “East" in nearer
    same = of_origin(words, model, FIGURES["scale_values"]["origin"]["current"])
    assert "None lies farther" in same
    others = of_origin(words, model, [abs(value) * 3 for value in new])
    assert "No category of it raises a score." in others
    assert "Farther in the published table: “East Asia”." in others
    current = FIGURES["scale_values"]["origin"]["current"]
    one = of_origin(words, model, [*(value * 2 for value in current[:7]), current[7]])
    assert "1 other category lies nearer" in one
    positive = of_origin(words, model, new, effect=0.8)
    assert "its effect is negative" not in positive
    assert "these lower a score against the reference: “East Asia”" in positive


def through(direct_std: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": [FATHER, "origin"], "direct": [0.8, -0.8], "direct_se": 0.1,
            "total": [1.0, -1.0], "total_se": 0.1, "through": [0.2, -0.2], "through_se": 0.05,
            "p": [0.001, 0.6], "p_holm": [0.002, 0.6], "direct_std": [direct_std, -0.06],
            "total_std": [0.3, -0.06],
        }
    )  # fmt: skip


def test_effects_shrink_with_the_mediator_or_not(words: Labels) -> None:
    given = {"figures": FIGURES, "level": RULES.level, "mediator": "nscct", "labels": words}
    text = str(report.through_finding(through(0.2), **given))
    assert "education of the father shrinks most: from +0.30 to +0.20" in text
    assert "is shown for education of the father (5% level, after Holm" in text
    assert "no effect is smaller in size" in str(report.through_finding(through(0.4), **given))


def reliability(move: float) -> pd.DataFrame:
    rows = [
        (value, name, est)
        for value, shift in ((0.7, move), (1.0, 0.0))
        for name, est in (("nscct", 5.0 - 3 * shift), (FATHER, 0.8 + shift))
    ]
    frame = pd.DataFrame(rows, columns=["reliability", "name", "est"])
    return frame.assign(se=0.1, p=0.01, ci_lower=frame["est"] - 0.2, ci_upper=frame["est"] + 0.2)


def test_measurement_error_moves_effects_or_not(words: Labels) -> None:
    given = {"mediator": "nscct", "rules": RULES, "labels": words}
    far = str(report.reliability_finding(reliability(-0.9), **given))
    assert (
        "9.0 standard errors" in far
        and "Of the others these move by more than 1.0 standard errors: education" in far
    )
    assert "The sign changes of education of the father" in far
    near = str(report.reliability_finding(reliability(-0.05), **given))
    assert "No other effect moves by more" in near and "No other effect changes its sign" in near


def test_that_no_effect_moves_is_said_of_the_others_alone(words: Labels) -> None:
    """The mediator's own effect moves by 20 standard errors, that of education by none."""
    frame = reliability(0.0)
    own = (frame["name"] == "nscct") & (frame["reliability"] < 1)
    moved = frame.assign(est=frame["est"].mask(own, 7.0))
    given = {"mediator": "nscct", "rules": RULES, "labels": words}
    text = str(report.reliability_finding(moved, **given))
    assert "7.00 instead of 5.00" in text and "No other effect moves by more" in text
    assert "No effect" not in text


def clusters(errors: bool, **changes: Any) -> effects.Clusters:
    rows = pd.DataFrame(
        {"name": ["origin"], "clusters": ["municipality"], "n_clusters": 60, "se": 0.1,
         "other_se": 0.12, "ratio": 1.2}
    )  # fmt: skip
    found = effects.Clusters(rows if errors else rows.iloc[:0], (), (), {})
    return replace(found, **changes)


def test_errors_by_other_clusters_or_why_not(words: Labels) -> None:
    given = {"rules": RULES, "labels": words}
    found = str(report.clusters_finding(clusters(True, nested=("municipality",)), **given))
    assert "1.20 (origin) times those by school" in found and "lies in one cluster: muni" in found
    few = str(report.clusters_finding(clusters(False, too_few=("municipality",)), **given))
    assert "Fewer than 40 clusters in the cohort: municipality" in few
    assert "no other clusters" in str(report.clusters_finding(clusters(False), **given))
    unknown = str(report.clusters_finding(clusters(False, unknown={"municipality": 1200}), **given))
    assert "clusters of children are unknown: municipality of the school site (1,200" in unknown
    for n in (1, RULES.least_children - 1):
        some = str(report.clusters_finding(clusters(False, unknown={"municipality": n}), **given))
        assert "(fewer than 10 children)" in some and f"({n}" not in some
    rows = clusters(True).errors.assign(ratio=np.nan)
    none = str(report.clusters_finding(replace(clusters(True), errors=rows), **given))
    assert none == "1 error has no number: the sum of covariances is negative."


def profiles(points: float) -> pd.DataFrame:
    return pd.DataFrame({"profile": [0, 1], "name": [FATHER, MOTHER], "points": [points, 5.0]})


def test_example_children_lie_below_the_reference_or_not(words: Labels) -> None:
    given = {"rules": RULES, "outcome": "cito", "labels": words}
    low = str(report.profiles_finding(profiles(-4.0), **given))
    assert "“parents with primary education”: −4.0 points" in low
    assert "No example child lies below" in str(report.profiles_finding(profiles(4.0), **given))
    assert "that the model lacks" in str(report.profiles_finding(None, **given))
    with language.use("nl"):
        figure = report.profiles_figure(profiles(-4.0), **given, about=ABOUT)
    assert "ouders met basisonderwijs: −4,0" in figure.alt


@pytest.mark.parametrize("code", language.LANGUAGES)
def test_the_answer_is_short_and_gives_a_verdict(words: Labels, code: str) -> None:
    given = {
        "parents": parents(father=5.0, std=0.16, p=0.5), "through": through(0.2),
        "clusters": clusters(True), "outcome": "cito", "mediator": "nscct", "rules": RULES,
    }  # fmt: skip
    with language.use(code):
        depends = report.answer(
            **given, reliability=reliability(-0.9), waves=waves(p=0.01, p_holm=0.02),
            grades=grades(p=0.001, early=-0.3, given=-0.02, p_holm=0.002), labels=words,
        )  # fmt: skip
        stable = report.answer(
            **given, reliability=reliability(-0.05), waves=None, grades=None, labels=words
        )
    assert max(len(text.split()) for text in (depends, stable)) <= 120
    if code == "en":
        assert "depend on the reliability of the NSCCT score, the wave, and the grade" in depends
        assert "**Direct effects are not shown to depend on the reliability of the NSCCT" in stable


def test_the_answer_says_how_far_apart_children_are_without_a_sign(words: Labels) -> None:
    found = parents(father=5.0, std=0.16, p=0.5)
    falling = replace(found, rows=found.rows.assign(points=[-5.0, -6.0, -11.0]))
    text = report.answer(
        parents=falling, through=through(0.2), clusters=clusters(True), outcome="cito",
        mediator="nscct", rules=RULES, reliability=reliability(-0.05), waves=None, grades=None,
        labels=words,
    )  # fmt: skip
    assert "highest value lie 11.0 points of the Cito score apart" in text
