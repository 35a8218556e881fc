"""The summary: each of its sentences, and what it says when the opposite was found."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from oablib import params
from oablib.base import language
from oablib.indicator.comparison.swing import COMPUTED, MATCHED
from oablib.protocol import codebook, models
from oablib.protocol.models import Model
from oablib.report import summary
from oablib.report.exhibit import About
from oablib.report.labels import Labels, labels
from oablib.report.summary import findings, trust
from oablib.report.summary.country import applied, schools
from oablib.report.summary.results import Country, Results
from oablib.statistics.two_step import categories
from oablib.studies import conclusions

DRAWN = About("children", "a program", drawn=True)
DELIVERED = About("children", "a file", drawn=False)
NAMES = ["education_father", "origin"]
MOST_WORDS = 120  # of an answer: docs/notebooks.md
CHI2 = {"chi2_scaled": 6.1, "df": 5.0, "rmsea": 0.011, "cfi": 0.99, "r2_adjusted": 0.44}


@pytest.fixture(scope="module")
def plan() -> Model:
    return models.load("base")


@pytest.fixture(scope="module")
def words(plan: Model) -> Labels:
    return labels(codebook.load().table("cohort"), [plan])


def fit(**measures: float) -> pd.DataFrame:
    both = CHI2 | measures
    return pd.DataFrame({"measure": list(both), "mean": list(both.values())})


def shifted(by: float) -> pd.DataFrame:
    """Effects under three shifts; the first moves by so many standard errors."""
    rows = [
        (name, shift, value + (shift * by * 0.1 if name == NAMES[0] else 0.0), 0.1)
        for shift in (-1, 0, 1)
        for name, value in zip(NAMES, (0.8, -0.1), strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["name", "shift", "value", "se"])
    half = 1.96 * frame["se"]
    frame = frame.assign(ci_lower=frame["value"] - half, ci_upper=frame["value"] + half)
    return frame.assign(differs=frame["value"].abs() > half)


@pytest.fixture
def results() -> Results:
    measured = {"r2": 0.38, "r2_sd": 0.02, "splits": 48}
    return Results(
        population=pd.DataFrame([{"children": 2400, "schools": 171}]),
        steps=pd.DataFrame({"before": [2500], "dropped": [0], "after": [2500]}),
        values=pd.DataFrame(columns=["variable", "code", "value", "ci_lower", "ci_upper"]),
        counts=pd.DataFrame({"variable": NAMES[:1], "imputed": [1200], "share_unknown": [0.5]}),
        fits=pd.DataFrame({"imputation": range(1, 6)}),
        information=pd.DataFrame({"lhs": ["cito"], "rhs": ["origin"], "m_recommended": [105.0]}),
        sensitivity=shifted(0.4),
        fit=fit(),
        direct=shifted(0)
        .query("shift == 0")
        .assign(std=[0.2, -0.1], published=[0.82, -0.78], tested="categories", weak=False),
        trail=pd.DataFrame(
            {"round": [1], "lhs": ["nscct"], "rhs": ["origin"], "decision": ["neither"]}
        ),
        prediction=pd.DataFrame([{"population": name, **measured} for name in ("register", "all")]),
        explained=None,
    )


@pytest.fixture
def country() -> Country:
    table = [("zero", "zero", 9), ("zero", "above zero", 2), ("above zero", "above zero", 5)]
    counts = {"children": 1200, "pupils": 1000, "sites": 16, "toddlers": 200, "drawn": False}
    day = {"reference_date": "2020-10-01"}
    causes = {"group": ["lose most", "gain most"], "cause": "donors", "mean": [-20.0, 30.0]}
    measures = {"gain_ordinary": 0.66, "gain_more": 0.09, "lose": 0.25}
    return Country(
        facts=pd.DataFrame([counts | day]),
        sources=pd.DataFrame({"provenance": ["direct", "matched"], "share": [0.9, 0.066]}),
        effects=pd.DataFrame({"new_from": ["estimated"]}),
        crosstable=pd.DataFrame(table, columns=["current", "new", "n"]),
        national=pd.DataFrame({"n_target": [150]}),
        causes=pd.DataFrame(causes).assign(net_share=[0.4, 0.5]),
        municipal=pd.DataFrame(causes).assign(net_share=[0.4, 0.1]),
        swings=pd.DataFrame({"scores": [MATCHED, COMPUTED], "sd": [3.0, 1.0]}),
        relative=pd.DataFrame({"measure": list(measures), "value": list(measures.values())}),
        late=pd.DataFrame({"month": ["2020-12", "published"], "children": [44, 44]}),
        distances=pd.DataFrame({"wave": ["2013", "all"], "dissimilarity": [0.09, 0.04]}),
    )


def nothing_imputed(results: Results) -> Results:
    return replace(
        results,
        counts=results.counts.assign(imputed=0),
        fits=results.fits[:1],
        information=results.information.assign(m_recommended=np.nan),
        sensitivity=results.sensitivity[:0],
    )


def whole(results: Results, words: Labels, plan: Model, **options: object) -> str:
    given = {"country": None, "judged": None, "about": DELIVERED} | options
    return summary.answer(results, model=plan, labels=words, **given)  # type: ignore[arg-type]


def test_the_answer_says_what_was_found_and_whether_to_trust_it(
    results: Results, country: Country, words: Labels, plan: Model
) -> None:
    text = whole(results, words, plan, country=country, about=DRAWN)
    for part in (
        "**2,400 children in 171 schools**",
        "Imputed 5 times: education of the father (50%)",
        "**The base model is kept**: its 1 candidate path", "fits (RMSEA 0.011",
        "**1 of 2 predictors**", "that of education of the father is", "7 school sites",
        "**Trust it as a test of the program only**",
    ):  # fmt: skip
        assert part in text, part
    with language.use("nl"):
        dutch = whole(results, words, plan, country=country, about=DRAWN)
    for part in ("**2.400 kinderen op 171 scholen**", "RMSEA 0,011", "alleen te vertrouwen"):
        assert part in dutch, part


def test_the_answer_is_short(
    results: Results, country: Country, words: Labels, plan: Model
) -> None:
    figures, rules = params.published("herijking2021"), conclusions.rules()
    given = {"country": country, "figures": figures, "rules": rules, "close": 0.05}
    judged = summary.judged(results, **given)  # type: ignore[arg-type]
    known = replace(results, direct=results.direct.assign(differs=True))
    for code in ("en", "nl"):
        with language.use(code):
            text = whole(known, words, plan, country=country, judged=judged, about=DRAWN)
        assert len(text.split()) <= MOST_WORDS


def test_hidden_shares_are_not_printed(results: Results, country: Country, words: Labels) -> None:
    hidden = replace(results, counts=results.counts.assign(share_unknown=np.nan))
    assert findings.unknown(hidden, labels=words).startswith("Imputed 5 times; too few")
    none = replace(country, sources=country.sources.assign(share=np.nan))
    assert trust.donors(none) == "" and "6.6%" in trust.donors(country)


def test_delivered_data_without_country_or_unknown_values_have_no_sentence_on_them(
    results: Results, words: Labels, plan: Model
) -> None:
    bare = replace(nothing_imputed(results), trail=results.trail[:0])
    bare = replace(bare, direct=bare.direct.drop(columns="published"))
    text = whole(bare, words, plan) + summary.trust_text(
        bare, country=None, model=plan, labels=words, about=DELIVERED, seed=1
    )
    for absent in ("synthetic", "country", "candidate", "imputations", "shift", "published"):
        assert absent not in text.replace("number of imputations and shifts", ""), absent
    assert "nothing was imputed" in text
    assert summary.country_section(None) == ""
    table = summary.key_figures_table(bare, country=None, model=plan, labels=words, about=DELIVERED)
    assert [name for name, _rows in table.groups] == ["Children", "Model"]


@pytest.mark.parametrize(
    ("measures", "said", "dutch"),
    [
        ({}, "The base model fits (RMSEA 0.011", "Het basismodel past (RMSEA 0,011"),
        ({"chi2_scaled": 143.0, "df": 4.0, "rmsea": 0.095}, "**The base model does not fit** "
         "(robust chi2 143.0 on 4 df, RMSEA 0.095)", "**Het basismodel past niet** (robuuste"),
        ({"cfi": 0.9}, "does not fit", "past niet"),
        ({"df": 0.0}, "no degrees of freedom", "geen vrijheidsgraden"),
    ],
)  # fmt: skip
def test_misfit_is_named(
    results: Results, words: Labels, plan: Model, measures: dict, said: str, dutch: str
) -> None:
    found = replace(results, fit=fit(**measures))
    assert said in findings.verdict(found, model=plan, labels=words)
    assert said in whole(found, words, plan)
    with language.use("nl"):
        assert dutch in findings.verdict(found, model=plan, labels=words)


@pytest.mark.parametrize(
    ("decision", "said", "dutch"),
    [
        ("neither", "is kept**: its 1 candidate path is not added.", "is niet toegevoegd."),
        ("not_grounded", "weakly founded: origin → NSCCT score", "te zwak onderbouwd"),
        ("added", "**Added to the base model: origin → NSCCT score.**", "**Toegevoegd aan het"),
    ],
)
def test_the_model_that_is_kept(
    results: Results, words: Labels, plan: Model, decision: str, said: str, dutch: str
) -> None:
    found = replace(results, trail=results.trail.assign(decision=decision))
    assert said in findings.kept(found, model=plan, labels=words)
    with language.use("nl"):
        assert dutch in findings.kept(found, model=plan, labels=words)


def test_predictors_with_an_effect_and_those_without(
    results: Results, words: Labels, plan: Model
) -> None:
    none = results.direct.assign(differs=False)
    every = results.direct.assign(differs=True)
    given = {"model": plan, "labels": words}
    assert "none of 2 predictors shows" in findings.effects(none, **given)
    assert "**2 of 2 predictors** show a direct effect" in findings.effects(every, **given)
    assert "education of the father; origin." in findings.undecided(none, **given)
    assert "no predictor without" in findings.undecided(every, **given)
    assert findings.decided(none, labels=words) == ""
    by_categories = findings.decided(every, labels=words)
    assert by_categories.endswith(": education of the father; origin.")
    number = every.assign(tested="slope")
    assert "origin −0.10." in findings.decided(number, labels=words)
    with language.use("nl"):
        assert "geen van de 2 voorspellers" in findings.effects(none, **given)
        assert "**2 van de 2 voorspellers**" in findings.effects(every, **given)


def test_the_level_of_tests_is_that_of_the_rule(
    results: Results, words: Labels, plan: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = replace(categories.rules(), level=0.01)
    monkeypatch.setattr(categories, "rules", lambda: strict)
    given = {"model": plan, "labels": words}
    for differs in (True, False):
        found = results.direct.assign(differs=differs)
        assert "(1% level)" in findings.effects(found, **given)
    every = results.direct.assign(differs=True)
    assert "at the 1% level" in findings.undecided(every, **given)
    for by in (0.4, 7.0):
        moved = replace(results, sensitivity=shifted(by))
        assert " at 1%" in trust.shifts(moved, labels=words)


def test_a_slope_that_says_little_is_not_the_largest(results: Results, words: Labels) -> None:
    every = results.direct.assign(differs=True)
    assert "education of the father is the largest" in findings.strongest(every, labels=words)
    weak = every.assign(weak=[True, False])
    assert "that of origin is the largest" in findings.strongest(weak, labels=words)
    assert findings.strongest(every.assign(weak=True), labels=words) == ""


def test_variance_in_schools_not_seen_counts_the_splits_that_succeeded(
    results: Results, words: Labels, plan: Model
) -> None:
    text = findings.explained(results, model=plan, labels=words)
    assert "as in registers, 38.0% (standard deviation over 48 splits 2.0%)" in text
    known = findings.explained(nothing_imputed(results), model=plan, labels=words)
    assert "registers" not in known and "48 splits" in known


def test_reservations_about_delivered_data(results: Results, words: Labels, plan: Model) -> None:
    enough = replace(results, information=results.information.assign(m_recommended=4.0))
    moved = replace(enough, sensitivity=shifted(2.0))
    misfit = replace(enough, fit=fit(rmsea=0.2))
    for found, said, dutch in (
        (enough, "**It can be trusted as far as the model holds**", "voor zover het model klopt"),
        (results, "reservations**: there are too few imputations.", "te weinig imputaties"),
        (moved, "reservations**: effects depend on whether", "of waarden willekeurig ontbreken"),
        (misfit, "reservations**: the model does not fit.", "het model past niet"),
    ):
        assert said in whole(found, words, plan)
        with language.use("nl"):
            assert dutch in whole(found, words, plan)


def test_imputations_made_and_recommended(results: Results, words: Labels) -> None:
    enough = replace(results, information=results.information.assign(m_recommended=4.0))
    assert "1 of 1 paths need more than the 5" in trust.imputations(results, labels=words)
    assert "are enough for repeatable" in trust.imputations(enough, labels=words)
    assert trust.imputations(nothing_imputed(results), labels=words) == ""


def test_movement_under_shifts(results: Results, words: Labels) -> None:
    small = trust.shifts(results, labels=words)
    assert "by 0.4 standard errors" in small and "No shift changes the significance" in small
    large = trust.shifts(replace(results, sensitivity=shifted(7.0)), labels=words)
    assert "Shifts change the significance at 5% of education of the father." in large
    lost = results.sensitivity.assign(value=np.nan)
    assert "could not be estimated" in trust.shifts(
        replace(results, sensitivity=lost), labels=words
    )
    with language.use("nl"):
        assert "0,4 standaardfout" in trust.shifts(results, labels=words)


def test_agreement_of_synthetic_data_tests_the_program(results: Results) -> None:
    chosen = replace(results, population=pd.DataFrame([{"children": 19247, "schools": 500}]))
    said = trust.calibrated(results, about=DRAWN, seed=2021)
    assert "tests the program, not the world" in said and "chosen" not in said
    assert "was chosen" in trust.calibrated(chosen, about=DRAWN, seed=13)
    assert trust.calibrated(chosen, about=DELIVERED, seed=13) == ""
    assert "Of 2 planted effects 1 were recovered" in trust.published(results.direct, about=DRAWN)
    assert "Of 2 published effects 1 lie" in trust.published(results.direct, about=DELIVERED)


def test_the_country(results: Results, country: Country, words: Labels, plan: Model) -> None:
    text = summary.country_section(country)
    assert text.startswith("## What it means for the country")
    assert "7 school sites have a score above zero, 5 by the current indicator; 2 by" in text
    assert "one estimated in this run" in text and "synthetic" not in text
    drawn = replace(country, facts=country.facts.assign(drawn=True))
    assert "These children are synthetic." in summary.country_section(drawn)
    given = replace(country, effects=country.effects.assign(new_from="published"))
    assert "published one, not the one estimated" in applied(given)
    same = replace(country, crosstable=country.crosstable.drop(index=1))
    assert "the same ones as by the current indicator" in schools(same)
    few = replace(country, crosstable=country.crosstable.assign(n=[9, np.nan, np.nan]))
    assert "is not shown, because some" in schools(few) and not re.search(r"\d", schools(few))
    with language.use("nl"):
        assert "## Wat het voor het land betekent" in summary.country_section(country)
        assert "7 vestigingen" in schools(country) and "dezelfde" in schools(same)
    table = summary.key_figures_table(
        results, country=country, model=plan, labels=words, about=DELIVERED
    )
    assert (
        "scores imputed by predictive mean matching",
        "6.6%",
        "10_pupil_scores",
    ) in table.groups[-1][1]
    assert "<code>10_pupil_scores</code>" in table._repr_html_()


def asked(results: Results, words: Labels, plan: Model, country: Country | None = None) -> str:
    given = {"figures": params.published("herijking2021"), "model": plan, "labels": words}
    return summary.questions_text(results, country=country, **given)  # type: ignore[arg-type]


def test_both_research_questions_have_an_answer(
    results: Results, country: Country, words: Labels, plan: Model
) -> None:
    text = asked(results, words, plan, country)
    assert "19,247 children against 13,466" in text and "not with more data (2,400 chil" in text
    assert "the 1 candidate indirect effect is not added. The base model fits" in text
    assert "three later months add 44 children. This run: yes, later months add 44" in text
    assert "synthetic" not in text
    with language.use("nl"):
        dutch = asked(results, words, plan, country)
    assert "niet met meer gegevens (2.400 kinderen)" in dutch and "voegen 44 kinderen toe" in dutch


def test_answers_to_the_research_questions_may_be_the_opposite(
    results: Results, country: Country, words: Labels, plan: Model
) -> None:
    large = replace(
        results,
        population=results.population.assign(children=20_000),
        trail=results.trail.assign(decision="added"),
    )
    text = asked(large, words, plan)
    assert "yes with more data (20,000 children); 1 indirect effect is added." in text
    assert "without children of the country there is no answer" in text
    bare = replace(results, trail=results.trail[:0])
    assert "no further indirect effect was a candidate" in asked(bare, words, plan)
    for children, said in ((0, "no, later months add no"), (pd.NA, "too few children to be")):
        late = pd.DataFrame({"month": ["2020-12"], "children": [children]}).astype("object")
        assert said in asked(results, words, plan, replace(country, late=late))
    drawn = replace(country, facts=country.facts.assign(drawn=True))
    assert "made with the published number" in asked(results, words, plan, drawn)


def test_the_day_of_the_children(country: Country) -> None:
    assert "those of 1 October 2020" in summary.timing_text(country)
    with language.use("nl"):
        assert "die van 1 oktober 2020" in summary.timing_text(country)
    assert summary.timing_text(None) == ""


def test_without_published_figures_there_is_no_study_to_tell(
    results: Results, country: Country, words: Labels, plan: Model
) -> None:
    given = {"country": country, "figures": None}
    text = summary.questions_text(results, model=plan, labels=words, **given)  # type: ignore[arg-type]
    assert text == ""
    assert summary.judged(results, rules=conclusions.rules(), close=0.05, **given) is None  # type: ignore[arg-type]
    assert summary.conclusions_finding(None, about=DELIVERED) == ""


def test_the_idea_names_what_measures_it(words: Labels, plan: Model) -> None:
    figure = summary.concept_figure(plan, labels=words)
    assert figure.numbers.iloc[0].tolist() == [
        "Potential of the child", "NSCCT score", "Achievement at school", "Cito score",
    ]  # fmt: skip
    assert "Education of the father, education of the mother" in figure.alt
    found = summary.concept_finding(plan, labels=words)
    assert "has 7 background characteristics. The NSCCT score stands for potential" in found
    without = replace(plan, mediator="", indirect=(), candidates=())
    assert "no measure of potential" in summary.concept_finding(without, labels=words)
    assert "not measured" in summary.concept_figure(without, labels=words).alt


def test_what_changed_in_method(results: Results, plan: Model) -> None:
    figures = params.published("herijking2021")
    given = {"figures": figures, "estimator": "jackknife", "model": plan}
    table = summary.method_table(results, about=DELIVERED, **given)
    assert table.groups[0][1][:2] == [
        ("children behind the model", "13,466", "19,247", "2,400"),
        ("imputations of unknown education", "1", "5", "5"),
    ]
    text = summary.method_finding(results, **given)
    assert "This run has 2,400 children, the report of 2021 19,247." in text
    assert "differs in: the unknown education of children in the earlier sample and how" in text
    same = replace(results, population=results.population.assign(children=19_247))
    assert "as many children" in summary.method_finding(same, **given)
    none = summary.method_finding(nothing_imputed(results), **given | {"estimator": "published"})
    assert "the number of imputations, standard errors, and the unknown" in none
    with language.use("nl"):
        assert "verschilt in" in summary.method_finding(results, **given)
    bare = summary.method_finding(results, **given | {"model": models.load("ocw_1")})
    assert "the scale values in the school mean" in bare and "school mean" not in text


def test_conclusions_and_what_agreement_is_worth(results: Results, country: Country) -> None:
    rules = conclusions.rules()
    given = {"country": country, "figures": params.published("herijking2021"), "rules": rules}
    given["close"] = 0.05
    frame = summary.judged(results, **given)  # type: ignore[arg-type]
    assert frame is not None
    table = summary.conclusions_table(frame, rules=rules, about=DELIVERED)
    rows = {row[0]: row[1:] for row in table.groups[0][1]}
    assert len(rows) == len(rules.conclusions)
    assert rows["Far more municipalities gain than lose"] == (
        "75% gain, 25% lose",
        "holds here too",
    )
    paths = "No indirect effect is added to the model: the theoretical basis is too weak"
    assert rows[paths] == ("0 of 1 candidates added", "holds here too")
    text = summary.conclusions_finding(frame, about=DELIVERED)
    assert text.startswith("6 of 15 conclusions") and "2 not, 0 within" in text
    assert "tests the program" in summary.conclusions_finding(frame, about=DRAWN)
    every = frame.assign(verdict="holds")
    assert summary.conclusions_finding(every, about=DELIVERED).endswith("hold here.")
    none = frame.assign(verdict="fails")
    assert "0 of 15" in summary.conclusions_finding(none, about=DELIVERED)
    with language.use("nl"):
        assert "6 van de 15 conclusies" in summary.conclusions_finding(frame, about=DELIVERED)
        dutch = summary.conclusions_table(frame, rules=rules, about=DELIVERED)
    assert any(row[0].startswith("Aanzienlijk meer gemeenten") for row in dutch.groups[0][1])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"kind": "strongest", "here": 0.15, "beside": 0.06}, "the smaller of both 0.15"),
        ({"kind": "scale_values", "here": -1.4, "beside": -0.7, "of": 1}, "−1.40 points, in"),
        ({"kind": "scale_values", "same": 4, "of": 6}, "4 of 6 moved so"),
        ({"kind": "effects", "here": 0.01, "beside": 0.0, "of": 1}, "0.01 standard deviations"),
        ({"kind": "effects", "same": 1, "of": 2}, "1 of 2 moved so"),
    ],
)
def test_what_a_run_finds_in_words(row: dict, said: str) -> None:
    first = conclusions.rules().conclusions[0].name
    frame = pd.DataFrame([{"conclusion": first, "verdict": "holds", "why": "", **row}])
    table = summary.conclusions_table(frame, rules=conclusions.rules(), about=DELIVERED)
    assert said in table.groups[0][1][0][1]
