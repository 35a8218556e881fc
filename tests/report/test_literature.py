"""What the report on the literature says of claims, sizes and paths, and of their counter-cases."""

from dataclasses import replace

import pandas as pd
import pytest

from oablib.base import language
from oablib.protocol import codebook, literature, literature_tables, models
from oablib.protocol.literature import Literature
from oablib.protocol.models import Model
from oablib.report import literature as report
from oablib.report.labels import Labels, labels


@pytest.fixture(scope="module")
def entries() -> Literature:
    return literature.load()


@pytest.fixture(scope="module")
def plans() -> dict[str, Model]:
    return {name: models.load(name) for name in ("base", "full")}


@pytest.fixture(scope="module")
def words(plans: dict[str, Model]) -> Labels:
    return labels(codebook.load().table("cohort"), plans.values())


def of(entries: Literature, grounding: str, *, on: str = "intelligence_origin") -> Literature:
    """The entries with another judgement on one of them."""
    claims = (
        replace(each, grounding=grounding) if each.name == on else each for each in entries.claims
    )
    return replace(entries, claims=tuple(claims))


def answer(entries: Literature, plans: dict[str, Model], words: Labels) -> str:
    paths = literature_tables.coverage(entries, models=plans)
    return report.answer(paths, entries=entries, labels=words)


def test_candidates_without_foundation_are_counted(
    entries: Literature, plans: dict[str, Model], words: Labels
) -> None:
    text = answer(entries, plans, words)
    assert "**None of the 5 candidate paths is judged well founded**" in text
    assert f"{len(entries.claims)} claims from" in text
    assert "Well founded for the NSCCT score: education of the parents." in text
    assert "speaks against" not in text
    with language.use("nl"):
        assert "**Geen van de 5 kandidaatpaden is als goed onderbouwd beoordeeld**" in (
            answer(entries, plans, words)
        )


def test_a_founded_candidate_is_named(
    entries: Literature, plans: dict[str, Model], words: Labels
) -> None:
    accepted = of(entries, "accepted")
    text = answer(accepted, plans, words)
    assert "**Of 5 candidate paths 1 are judged well founded**: origin → NSCCT score" in text
    with language.use("nl"):
        assert "zijn er 1 als goed onderbouwd" in answer(accepted, plans, words)


def test_a_rejected_path_is_counted(
    entries: Literature, plans: dict[str, Model], words: Labels
) -> None:
    rejected = of(entries, "rejected")
    assert "The literature speaks against 1 of them." in answer(rejected, plans, words)
    with language.use("nl"):
        assert "De literatuur spreekt er 1 tegen." in answer(rejected, plans, words)


def test_candidates_without_a_source_and_models_without_candidates(
    entries: Literature, plans: dict[str, Model], words: Labels
) -> None:
    paths = literature_tables.coverage(entries, models=plans)
    first = paths[paths["candidate_of"] > 0].index[0]
    absent = paths.assign(grounding=paths["grounding"].where(paths.index != first, "no entry"))
    text = report.answer(absent, entries=entries, labels=words)
    assert "For 1 of the candidates no source is registered." in text
    one = paths.assign(candidate_of=[int(i == first) for i in paths.index])
    assert "**The 1 candidate path is not" in report.answer(one, entries=entries, labels=words)
    none = report.answer(paths.assign(candidate_of=0), entries=entries, labels=words)
    assert "No model names a candidate path." in none
    nothing = paths.assign(grounding="no entry")
    assert "No cause is judged well founded for the NSCCT score." in (
        report.answer(nothing, entries=entries, labels=words)
    )


def test_another_codebook_has_none_of_the_parents_education(entries: Literature) -> None:
    model = models.load("snijders_bosker")
    words = labels(codebook.load("codebook_snijders_bosker").table("cohort"), [model])
    plans = {"snijders_bosker": model}
    text = answer(entries, plans, words)
    assert "education of the parents" not in text and "Cito" not in text
    assert "Well founded for the language score: intelligence, socio-economic status" in text
    paths = literature_tables.coverage(entries, models=plans)
    assert "No model has the paths to verbal intelligence from sex, grades repeated" in (
        report.uncovered(paths, labels=words)
    )


def test_paths_that_every_model_covers_are_not_listed(
    entries: Literature, plans: dict[str, Model], words: Labels
) -> None:
    paths = literature_tables.coverage(entries, models=plans)
    assert report.uncovered(paths.assign(free_in=1), labels=words) == ""


def test_causes_without_a_variable_are_named(entries: Literature, plans: dict[str, Model]) -> None:
    assert "has a variable for 16 causes that the claims name: socio-economic status" in (
        report.unmeasured(entries, models=plans)
    )
    held = [claim for claim in entries.claims if claim.name == "achievement_origin"]
    measured = replace(entries, claims=tuple(held))
    assert report.unmeasured(measured, models=plans).startswith("Every cause that the claims name")


def test_a_bound_is_an_arrow_and_no_point(entries: Literature) -> None:
    figure = report.explained_variance_figure(entries)
    assert "several family factors together (grade 2): less than 10%" in figure.alt
    assert "income and origin together (grade 8): over 5%" in figure.alt
    assert not any("d =" in str(value) for value in figure.numbers.to_numpy().ravel())
    with language.use("nl"):
        assert "(groep 2): minder dan 10%" in report.explained_variance_figure(entries).alt


def test_sizes_are_counted_and_the_largest_is_named(entries: Literature) -> None:
    text = report.sizes(entries)
    assert "largest share of explained variance is 14%: education of the parents" in text
    bare = replace(entries, claims=tuple(replace(each, size=None) for each in entries.claims))
    assert report.sizes(bare) == f"A size is given for 0 of {len(entries.claims)} claims."
    with language.use("nl"):
        assert "is 14%: opleidingsniveau van de ouders" in report.sizes(entries)


def test_one_row_a_concept(entries: Literature, plans: dict[str, Model], words: Labels) -> None:
    paths = literature_tables.coverage(entries, models=plans)
    given = {"entries": entries, "labels": words, "about": report.possible(plans)}
    grounds = report.grounds_table(paths, **given)
    rows = {(name, row[0]): row for name, part in grounds.groups for row in part}
    row = rows["Cito score", "Education of the parents"]
    assert row[1:] == (
        "education of the father, education of the mother",
        "2",
        "2",
        "1",
        "well founded",
    )
    assert rows["NSCCT score", "Age"][-1] == "no source"
    candidates = report.candidates_table(paths, **given)
    assert pd.Series([row[0] for row in candidates.groups[0][1]]).is_unique


@pytest.mark.parametrize(
    ("code", "said"), [("en", "Vedder and Bekkers (1993)"), ("nl", "Vedder en Bekkers (1993)")]
)
def test_names_of_sources_are_joined_as_the_language_does(
    code: str, said: str, entries: Literature
) -> None:
    with language.use(code):
        table = report.evidence_table(entries)
    assert any(said in row[-1] for _group, rows in table.groups for row in rows)
