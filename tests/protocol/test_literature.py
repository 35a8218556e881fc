"""Entries are complete, every path is judged by them alone, and faults have file and line."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from oablib import params
from oablib.base import language
from oablib.base.errors import LiteratureError
from oablib.protocol import literature, literature_checks, literature_tables, models
from oablib.protocol.literature import Literature
from oablib.protocol.models import Model


@pytest.fixture(scope="module")
def entries() -> Literature:
    return literature.load()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The literature in a project of its own, for a test to spoil."""
    real = params.root() / "params"
    (tmp_path / "params" / "rules").mkdir(parents=True)
    (tmp_path / "params" / "models").symlink_to(real / "models")
    (tmp_path / "params" / "references.bib").symlink_to(real / "references.bib")
    text = (real / "rules" / "literature.yaml").read_text(encoding="utf-8")
    path = tmp_path / "params" / "rules" / "literature.yaml"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setenv("OAB_ROOT", str(tmp_path))
    return path


def judged(entries: Literature, *groundings: str) -> str:
    """Grounding of nscct ~ origin, were these its entries."""
    own = next(claim for claim in entries.claims if claim.name == "intelligence_origin")
    claims = tuple(replace(own, grounding=each) for each in groundings)
    return replace(entries, claims=claims).judged("nscct", "origin").grounding


def test_both_published_judgements_stand(entries: Literature) -> None:
    """Walhout & Scholtus (2021), section 3.1: origin and the school mean lack a basis."""
    for path in ("origin", "school_mean_education_mother"):
        found = entries.judged("nscct", path)
        assert found.grounding == "insufficient"
        assert "Walhout & Scholtus (2021)" in found.sources


def test_published_explained_variances_are_on_file(entries: Literature) -> None:
    """The figures of params/published, entered there by other hands than here."""
    published = params.published("herziening2015")["explained_variance_in_literature"]
    found = {
        (claim.size.low, claim.size.high)
        for claim in entries.claims
        if claim.size and claim.size.measure == "explained variance"
    }
    for each in published:
        share = each.get("share", [0.0, each.get("share_below")])
        low, high = share if isinstance(share, list) else (share, share)
        assert (low, high) in found, each


def test_every_path_of_the_base_model_is_accepted(entries: Literature) -> None:
    model = models.load("base")
    rows = literature_tables.coverage(entries, models={"base": model})
    assert set(rows.loc[rows["free_in"] == 1, "grounding"]) == {"accepted"}
    assert len(rows[rows["free_in"] == 1]) == 1 + len(model.direct) + len(model.indirect)
    assert (rows["candidate_of"] == 1).sum() == len(model.candidates)


def test_paths_of_all_models_are_covered_once(entries: Literature) -> None:
    named = {name: models.load(name) for name in ("base", "full", "ocw_1", "snijders_bosker")}
    rows = literature_tables.coverage(entries, models=named)
    assert not rows.duplicated(["lhs", "rhs"]).any()
    for model in named.values():
        free = {(model.outcome, each) for each in (model.mediator, *model.direct)}
        free |= {(model.mediator, each) for each in model.indirect}
        present = rows[rows["free_in"] > 0].set_index(["lhs", "rhs"]).index
        assert free <= set(present)
    both = rows.set_index(["lhs", "rhs"]).loc[("cito", "education_mother")]
    assert both["free_in"] == 3 and both["candidate_of"] == 0


def test_columns_of_concepts_are_predictors_of_some_model(entries: Literature) -> None:
    known = {"cito", "nscct", "lang_post", "iq_verb"}
    for name in params.names("models"):
        known |= set(models.load(name).direct)
    named = {column for concept in entries.concepts.values() for column in concept.columns}
    assert named <= known


@pytest.mark.parametrize(
    ("groundings", "expected"),
    [
        ((), ""),
        (("insufficient",), "insufficient"),
        (("insufficient", "accepted"), "accepted"),
        (("accepted", "rejected"), "rejected"),
    ],
)
def test_one_acceptance_lets_in_and_one_rejection_keeps_out(
    entries: Literature, groundings: tuple[str, ...], expected: str
) -> None:
    assert judged(entries, *groundings) == expected


def test_unmeasured_causes_are_those_without_predictor(entries: Literature) -> None:
    rows = literature_tables.unmeasured(entries, models=models.load_several("full", first="base"))
    assert "another language at home than Dutch" in set(rows["cause"])
    assert "origin" not in set(rows["cause"])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sources: {meijnen2003: ", "sources: {mijnen2003: ", "did you mean 'meijnen2003'"),
        ('sources: {meijnen2003: "in De Mooij et al. (2015), section 2.2.1"}', "sources: {}",
         "sources is empty; expected at least one source"),
        ("path: intelligence ~ origin", "path: intelligence ~ orgin", "did you mean 'origin'"),
        ("path: intelligence ~ origin", "path: origin ~ origin", "circular path"),
        ("path: intelligence ~ origin", "path: origin", "expected `effect ~ cause`"),
        ("measure: effect size, low: 0.51", "measure: effect size, low: 0.61", "the lower first"),
        ("measure: effect size, low: 0.51", "measure: odds, low: 0.51", "measure is 'odds'"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_file_and_line(file: Path, old: str, new: str, said: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    lines = file.read_text(encoding="utf-8").splitlines()
    line = next(number for number, each in enumerate(lines, start=1) if new in each)
    with pytest.raises(LiteratureError, match=re.escape(said)) as caught:
        literature.load()
    assert f"params/rules/literature.yaml line {line}: claims." in str(caught.value)


def test_a_missing_and_an_unknown_field_are_named_together(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("    judge: ", "    juge: ", 1), encoding="utf-8")
    with pytest.raises(LiteratureError) as caught:
        literature.load()
    missing, unknown = str(caught.value).splitlines()
    assert ".judge is missing; expected text" in missing
    assert "unknown key 'claims." in unknown and ".juge'; did you mean 'judge'?" in unknown


def test_a_candidate_without_entry_says_how_to_write_one(entries: Literature) -> None:
    model = models.load("base")
    claims = tuple(claim for claim in entries.claims if claim.name != "intelligence_origin")
    with pytest.raises(LiteratureError) as caught:
        literature.fail_if_candidates_have_no_entry(model, replace(entries, claims=claims))
    message = str(caught.value)
    assert re.search(r"params/models/base\.yaml line \d+: .*`nscct ~ origin`", message)
    assert "path: intelligence ~ origin" in message and "sources: {<key" in message


def test_a_candidate_of_no_concept_says_so(entries: Literature) -> None:
    model: Model = replace(models.load("base"), candidates=("nscct ~ mother_age",))
    with pytest.raises(LiteratureError, match="<concept of mother_age>"):
        literature.fail_if_candidates_have_no_entry(model, entries)


def test_every_text_of_an_entry_is_in_both_languages(entries: Literature) -> None:
    texts = [("population", "reason", "judge"), ("label",), ("grade",)]
    sizes = [claim.size for claim in entries.claims if claim.size]
    for parts, names in zip((entries.claims, entries.concepts.values(), sizes), texts, strict=True):
        for part in parts:
            for name in names:
                assert getattr(part, f"{name}_nl"), part
                with language.use("nl"):
                    assert getattr(part, name) == getattr(part, f"{name}_nl")
                assert getattr(part, name) == getattr(part, f"{name}_en")


def test_a_text_without_a_dutch_one_is_shown_in_english(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(", label_nl: herkomst,", ","), encoding="utf-8")
    with language.use("nl"):
        assert literature.load().concepts["origin"].label == "origin"


def test_sizes_that_a_source_gives_as_a_bound_are_no_points(entries: Literature) -> None:
    """De Mooij et al. (2015): "nog geen 10%", "ruim 9 procent", "ruim 5 procent"."""
    bounds = {
        claim.name: (claim.size.bound, claim.size.high)
        for claim in entries.claims
        if claim.size and claim.size.bound != "exact"
    }
    assert bounds == {
        "achievement_family_factors_grade_2": ("below", 0.10),
        "achievement_origin": ("above", 0.09),
        "achievement_income_and_origin_grade_8": ("above", 0.05),
    }


def test_sources_are_shown_as_authors_and_year() -> None:
    known = literature_checks.bibliography()
    assert known["mulder2014"] == "Mulder et al. (2014)"
    assert known["fettelaar_smeets2013"] == "Fettelaar & Smeets (2013)"
    assert known["hattie2009"] == "Hattie (2009)"
    assert known["demooij2015"] == "De Mooij et al. (2015)"
