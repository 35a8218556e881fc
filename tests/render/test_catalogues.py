"""Catalogues follow their sources, keep every translation, and say what one lacks."""

import json
from pathlib import Path

import pytest

from oablib.render import catalogues
from oablib.report import texts

CODE = '''"""A module of the report."""
from oablib.report.texts import named, texts_beside
_ = texts_beside(__file__)
HERE = named("here")
def answer(n, share):
    """Not a text of the report."""
    head = _("{n:,} children are known, {share:.1%} of all.", n=n, share=share)
    return head + _.plural("One school takes part.", "{n:,} schools take part.", n=n)
LATER = _.later("on {day}", day=1)
'''
CAPTIONS = """labels: {n: children}
words: {states: {0: unknown}}
tbl-ages: {title: 'Ages of {what}', note: '95% intervals', labels: {a: years, what: ''}, digits: 1}
"""
PARAGRAPH = "Ages are those of `01_intake`, see @tbl-ages and [@rubin1987]."
TRANSLATIONS = {
    "here": "hier",
    "{n:,} children are known, {share:.1%} of all.": "Van {n:,} kinderen ({share:.1%}) bekend.",
    "on {day}": "op {day}",
    "children": "kinderen",
    "unknown": "onbekend",
    "Ages of {what}": "Leeftijden van {what}",
    "95% intervals": "95%-intervallen",
    "years": "jaren",
    "# 01 Ages": "# 01 Leeftijden",
    PARAGRAPH: "Leeftijden zijn die van `01_intake`, zie @tbl-ages en [@rubin1987].",
}
PLURALS = ("Er doet een school mee.", "Er doen {n:,} scholen mee.")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A notebook and a module with captions; no templates."""
    package, assets = tmp_path / "oablib", tmp_path / "assets"
    for folder in (package / "report", tmp_path / "notebooks", tmp_path / "params", assets):
        folder.mkdir(parents=True)
    monkeypatch.setenv("OAB_ROOT", str(tmp_path))
    monkeypatch.setattr(catalogues, "PACKAGE", package)
    monkeypatch.setattr(catalogues, "ASSETS", assets)
    (package / "report" / "ages.py").write_text(CODE, encoding="utf-8")
    (package / "report" / "ages.yaml").write_text(CAPTIONS, encoding="utf-8")
    write_notebook(tmp_path, f"# 01 Ages\n\n{PARAGRAPH}")
    (assets / "page.html").write_text("<p>{{ _('Contents') }}</p>", encoding="utf-8")
    return tmp_path


def write_notebook(project: Path, source: str) -> None:
    cells = [{"cell_type": "markdown", "source": source}, {"cell_type": "code", "source": "_('x')"}]
    path = project / "notebooks" / "01_ages.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")


def paths(project: Path) -> list[Path]:
    return sorted(project.rglob("*.po"))


def catalogue(project: Path) -> Path:
    return project / "oablib" / "report" / "nl" / "ages.po"


def translate(project: Path) -> None:
    """Give every text its translation."""
    catalogues.update()
    for path in paths(project):
        read = catalogues.read(path, code="nl")
        for message in read:
            if message.id:
                plural = not isinstance(message.id, str)
                message.string = PLURALS if plural else TRANSLATIONS.get(message.id, "Inhoud")
        path.write_text(catalogues.written(read), encoding="utf-8")


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_all_texts_and_nothing_else_are_in_the_catalogues(project: Path) -> None:
    said = catalogues.update()
    ids = [catalogues._first(message.id) for _, message in catalogues.wanted("nl")]
    assert sorted(ids) == sorted([*TRANSLATIONS, "One school takes part.", "Contents"])
    assert said == "nl: 12 texts, 12 untranslated, 0 fuzzy"
    places = ["assets", "notebooks", "oablib/report"]
    found = [str(path.parent.parent.relative_to(project)) for path in paths(project)]
    assert sorted(found) == places


def test_translated_texts_have_no_fault(project: Path) -> None:
    translate(project)
    assert catalogues.faults("nl") == []
    assert str(catalogues.counts("nl")) == "nl: 12 texts, 0 untranslated, 0 fuzzy"


def test_an_update_without_a_change_changes_no_byte(project: Path) -> None:
    translate(project)
    before = {path: path.read_bytes() for path in paths(project)}
    catalogues.update()
    assert {path: path.read_bytes() for path in paths(project)} == before
    assert len(before) == 3


def test_an_update_keeps_the_translations_of_what_stays(project: Path) -> None:
    translate(project)
    change(project / "oablib" / "report" / "ages.py", '_.later("on {day}", day=1)', "None")
    change(project / "oablib" / "report" / "ages.yaml", "digits: 1", "unit: euro a year")
    catalogues.update()
    read = catalogues.read(catalogue(project), code="nl")
    there = {message.id: message.string for message in read if isinstance(message.id, str)}
    lost = {text for text, dutch in TRANSLATIONS.items() if text in there and there[text] != dutch}
    assert lost == set()
    assert "on {day}" not in there  # what is gone from the source is gone
    assert catalogues.faults("nl") == ["ages.po: 'euro a year' has no translation"]


def test_a_changed_text_keeps_the_old_translation_as_fuzzy(project: Path) -> None:
    translate(project)
    change(project / "oablib" / "report" / "ages.yaml", "Ages of {what}", "The ages of {what}")
    said = catalogues.update()
    assert said == "nl: 12 texts, 0 untranslated, 1 fuzzy"
    assert catalogues.faults("nl") == ["ages.po: 'The ages of {what}' is fuzzy"]
    assert texts.translations(catalogue(project)).gettext("The ages of {what}").startswith("The")


def test_a_text_that_was_not_updated_is_found_as_missing(project: Path) -> None:
    translate(project)
    write_notebook(project, f"# 01 Ages\n\n{PARAGRAPH}\n\nA new paragraph.")
    assert catalogues.faults("nl") == ["01_ages.po: 'A new paragraph.' has no translation"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"op {day}"', '""', "'on {day}' has no translation"),
        ('"op {day}"', '"op de dag"', "'on {day}' has other values than its translation"),
        ('"op {day}"', '"op {dag}"', "'on {day}' has other values than its translation"),
        ("Er doen {n:,} scholen", "Er doen scholen", "has other values than its translation"),
        ('msgstr[1] "Er doen {n:,} scholen mee."', 'msgstr[1] ""', "has no translation"),
    ],
)
def test_a_translation_that_lacks_something_is_named(
    project: Path, old: str, new: str, said: str
) -> None:
    translate(project)
    change(catalogue(project), old, new)
    (fault,) = catalogues.faults("nl")
    assert fault.startswith("ages.po: ") and said in fault


@pytest.mark.parametrize("reference", ["`01_intake`", "@tbl-ages", "[@rubin1987]"])
def test_a_paragraph_must_keep_its_references(project: Path, reference: str) -> None:
    translate(project)
    path = project / "notebooks" / "nl" / "01_ages.po"
    head, _, tail = path.read_text(encoding="utf-8").rpartition("msgstr")
    path.write_text(f"{head}msgstr{tail.replace(reference, 'niets')}", encoding="utf-8")
    (fault,) = catalogues.faults("nl")
    assert "has other values than its translation" in fault


def test_a_source_without_texts_has_no_catalogue(project: Path) -> None:
    translate(project)
    (project / "oablib" / "report" / "ages.yaml").unlink()
    (project / "oablib" / "report" / "ages.py").write_text("x = 1\n", encoding="utf-8")
    catalogues.update()
    assert not catalogue(project).exists()
