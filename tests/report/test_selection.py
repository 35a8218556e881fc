"""What is said on the selection: each verdict and its opposite, in both languages."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from oablib.analysis.selection import Stability
from oablib.base import language
from oablib.protocol import literature, models
from oablib.protocol.codebook import load
from oablib.report import planted, selection, selection_answers, selection_sections
from oablib.report.exhibit import About
from oablib.report.labels import labels

NAMES = ("base", "ocw_1", "ocw_2", "full")
MODELS = {name: models.load(name) for name in NAMES}
LABELS = labels(load().table("cohort"), MODELS.values())
NOTHING = pd.DataFrame()


def trail(*rows: tuple[int, str, str]) -> pd.DataFrame:
    """Rows of round, predictor, decision."""
    frame = pd.DataFrame(rows, columns=["round", "rhs", "decision"])
    return frame.assign(lhs="nscct", index=10.9, p_holm=0.0061)


WEAK = (1, "debt_restructuring", "neither")
UNFOUNDED = (1, "origin", "not_grounded")
ADDED = (1, "origin", "added")


def both(text: Callable[[], str]) -> tuple[str, str]:
    with language.use("en"):
        english = text()
    with language.use("nl"):
        return english, text()


@pytest.mark.parametrize(
    ("rows", "english", "dutch"),
    [
        ((UNFOUNDED, WEAK),
         "The base model is kept.** Of 2 candidate paths 1 improves the fit: origin → NSCCT score "
         "(robust chi2 10.9, Holm p 0.006); it is not added because",
         "(robuuste chi2 10,9, p volgens Holm 0,006); het is niet toegevoegd"),
        ((WEAK,), "its 1 candidate path does not improve",
         "verbetert de modelfit niet significant"),
        ((WEAK, WEAK), "none of 2 candidate paths improves", "geen van de 2 kandidaatpaden"),
        ((ADDED, WEAK, (2, *WEAK[1:])), "**Added to the base model**: origin → NSCCT score",
         "**Toegevoegd aan het basismodel**: herkomst → NSCCT-score"),
        ((), "names no candidate paths", "noemt geen kandidaatpaden"),
    ],
)  # fmt: skip
def test_the_model_that_is_kept_is_named_with_the_reason(
    rows: tuple[tuple[int, str, str], ...], english: str, dutch: str
) -> None:
    def text() -> str:
        return str(selection_answers.kept_model(trail(*rows), model="base", labels=LABELS))

    found = both(text)
    assert english in found[0]
    assert dutch in found[1]


def variants(bic: list[float], aic: list[float], same: tuple[str, str] = ("", "")) -> pd.DataFrame:
    return pd.DataFrame(
        {"model": ["ocw_2", "base"], "delta_bic_d4": bic, "delta_aic_d4": aic, "rank": [1, 2],
         "same_as": same}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("bic", "aic", "english", "dutch"),
    [
        ([-4.4, 0.0], [-3.0, 0.0], "**Winner** among 2 comparable models: sub-model 2, first by "
         "BIC (4.4 below base model)", "**Winnaar** onder 2 vergelijkbare modellen: deelmodel 2"),
        ([-4.4, 0.0], [19.2, 0.0], "**No single winner**",
         "(4,4 lager dan basismodel), basismodel volgens AIC"),
        ([-1.9, 0.0], [-3.0, 0.0], "sub-model 2 and base model tie", "staan volgens BIC gelijk"),
    ],
)  # fmt: skip
def test_a_winner_is_named_only_where_there_is_one(
    bic: list[float], aic: list[float], english: str, dutch: str
) -> None:
    found = both(lambda: str(selection_answers.winner(variants(bic, aic), labels=LABELS)))
    assert english in found[0]
    assert dutch in found[1]


def test_the_same_model_under_two_names_is_no_rival() -> None:
    same = variants([0.0, 0.0], [0.0, 0.0], same=("", "ocw_2"))
    assert selection_answers.winner(same, labels=LABELS) == ""
    text = selection_sections.same_text(same, labels=LABELS)
    assert text == "Base model and sub-model 2 have the same paths."
    assert selection_sections.same_text(variants([1, 2], [1, 2]), labels=LABELS) == ""


def stability(draws: int, asked: int) -> Stability:
    ends = pd.DataFrame(
        {"added": ["none", "nscct ~ origin"], "with_literature": [1.0, 0.0],
         "data_alone": [0.25, 0.75]}
    )  # fmt: skip
    first = pd.DataFrame({"model": ["ocw_2", "base"], "first_by_bic": [0.7, 0.3]})
    return Stability(first, NOTHING, ends, draws=draws, asked=asked)


def test_draws_are_counted_that_succeeded_and_that_failed() -> None:
    few = both(lambda: str(selection_sections.samples_text(stability(185, 200))))
    assert few[0].startswith("185 of 200 bootstrap samples could be estimated; 15 failed")
    assert few[1].startswith("185 van 200 bootstrapsteekproeven")
    assert "All 200" in selection_sections.samples_text(stability(200, 200))
    text = selection_answers.stability_text(
        stability(185, 200), variants=variants([-4, 0], [-4, 0]), labels=LABELS, with_search=True
    )
    assert "In 185 bootstrap samples of schools (15 failed)" in text
    assert "nothing in 100%, without the literature in 25%; sub-model 2" in text


def test_a_true_path_that_is_turned_down_is_said_to_be_true_in_drawn_data_alone() -> None:
    drawn = planted.of(About("", drawn=True), published="herijking2021", n=2400, seed=1)
    for rows, is_said in (((UNFOUNDED, WEAK), True), ((WEAK,), False), ((ADDED,), False)):
        text = planted.paths_text(trail(*rows), drawn=drawn, labels=LABELS)
        assert ("origin → NSCCT score does exist" in text) == is_said
    assert planted.paths_text(trail(UNFOUNDED), drawn=None, labels=LABELS) == ""
    assert planted.of(About("", drawn=False), published="herijking2021", n=9, seed=1) is None
    assert planted.of(About("", drawn=True), published="", n=9, seed=1) is None


def test_flags_are_shown_in_words_with_what_they_are_about() -> None:
    rows: dict[str, dict[str, Any]] = {
        "first_by_bic sign_aic": {"columns": "", "children": 0},
        "other_children": {"columns": "", "children": 1234},
        "constant_columns": {"columns": "urbanity origin", "children": 0},
    }
    texts = [
        selection.flags_text(pd.Series({"flags": flags, **row}), labels=LABELS)
        for flags, row in rows.items()
    ]
    assert texts[0] == "first by BIC, not by AIC; mean and D4 differ in sign for AIC"
    assert "unknown for 1,234 children" in texts[1]
    assert texts[2].endswith("no variation in urbanity and origin")


def test_the_way_down_names_paths_of_the_model_that_it_takes_out() -> None:
    columns = ["lhs", "term", "columns", "decision"]
    gone = pd.DataFrame([("cito", "origin", "origin", "removed")], columns=columns)
    other = pd.DataFrame([("cito", "sex", "girl", "removed")], columns=columns)
    kept = MODELS["base"]
    text = selection_sections.backward_text
    assert "this search removes: origin → Cito score." in text(gone, kept=kept, labels=LABELS)
    assert "All paths of the base model are kept" in text(other, kept=kept, labels=LABELS)
    assert text(gone.assign(decision="kept"), kept=kept, labels=LABELS) == "No term is removed."


def test_variants_that_fit_worse_and_places_by_wave_are_named() -> None:
    rows = pd.DataFrame({"model": ["base", "ocw_1"], "p": [0.5, 0.001]})
    assert "with all paths: sub-model 1." in selection_sections.criteria_text(rows, labels=LABELS)
    assert "No variant" in selection_sections.criteria_text(rows.head(1), labels=LABELS)
    waves = pd.DataFrame({"wave": ["2007", "2010"], "model": ["base", "ocw_1"], "rank": [1, 1]})
    options = {"variable": "wave", "labels": LABELS}
    differing = selection_sections.waves_section(waves, **options)
    assert "base model in school year 2007/08 and sub-model 1 in school year 2010/11" in differing
    equal = selection_sections.waves_section(waves.assign(model="base"), **options)
    assert "First in every wave: base model." in equal


def test_the_reason_of_the_literature_is_given_for_a_path_that_it_turns_down() -> None:
    def text(*rows: tuple[int, str, str]) -> tuple[str, str]:
        options = {"entries": literature.load(), "mediator": "nscct", "labels": LABELS}
        return both(lambda: str(selection_sections.trail_text(trail(*rows), **options)))

    english, dutch = text(UNFOUNDED, WEAK)
    assert english.startswith("Origin → NSCCT score improves the fit but is not added for this")
    assert "theoretical basis" in english and "(Statistics Netherlands, with" in english
    assert "theoretische onderbouwing" in dutch and "(CBS, met de adviesgroep" in dutch
    assert not any("→" in one for one in text(WEAK))


def test_a_search_that_ends_without_addition_is_said_to_add_nothing() -> None:
    added = selection_sections.ends_text(stability(9, 9), labels=LABELS)
    assert added.endswith("with these paths added: Origin → NSCCT score.")
    nothing = stability(9, 9)
    nothing.models["data_alone"] = [0.75, 0.25]
    text = both(lambda: str(selection_sections.ends_text(nothing, labels=LABELS)))
    assert text[0].endswith("most often (75%) nothing is added.")
    assert text[1].endswith("het vaakst (75%) wordt niets toegevoegd.")


def test_a_model_without_candidates_has_no_procedure() -> None:
    other = models.load("snijders_bosker")
    words = labels(load("codebook_snijders_bosker").table("cohort"), [other])
    text = selection_sections.forward_section(other, alpha=0.05, labels=words)
    assert "nothing can be added" in text
    text = selection_sections.forward_section(MODELS["base"], alpha=0.1, labels=LABELS)
    assert "procedure of 2021" in text and "a chance of 10% to be added" in text
