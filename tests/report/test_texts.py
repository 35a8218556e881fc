"""Texts of a module in both languages: sentences, captions, words for codes."""

from pathlib import Path

import pytest

from oablib.base import language
from oablib.base.errors import ParameterError
from oablib.report import texts
from oablib.report.texts import Texts, listed, named, sentence, texts_beside

CATALOGUE = r"""msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"Language: nl\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

msgid "{n:,} children, {share:.1%} of them known"
msgstr "{n:,} kinderen, van wie {share:.1%} bekend"

msgid "{n:,} school"
msgid_plural "{n:,} schools"
msgstr[0] "{n:,} school"
msgstr[1] "{n:,} scholen"

msgid "Ages of {what}"
msgstr "Leeftijden van {what}"

msgid "years"
msgstr "jaren"

msgid "unknown"
msgstr "onbekend"

#, fuzzy
msgid "doubtful"
msgstr "twijfelachtig"
"""
CAPTIONS = """labels: {n: children, a: age}
words:
  states: {0: unknown, 1: known}
tbl-ages: {title: 'Ages of {what}', note: 'From {first:.1f}', labels: {a: years}, digits: 1}
fig-{what}: {title: 'Ages of {what}'}
"""


@pytest.fixture
def module(tmp_path: Path) -> Texts:
    """The texts of a module with captions and a catalogue."""
    (tmp_path / "nl").mkdir()
    (tmp_path / "nl" / "ages.po").write_text(CATALOGUE, encoding="utf-8")
    (tmp_path / "ages.yaml").write_text(CAPTIONS, encoding="utf-8")
    return texts_beside(str(tmp_path / "ages.py"))


def test_a_sentence_has_its_words_and_its_numbers_in_the_language_in_use(module: Texts) -> None:
    text = "{n:,} children, {share:.1%} of them known"
    assert module(text, n=1200, share=0.075) == "1,200 children, 7.5% of them known"
    with language.use("nl"):
        assert module(text, n=1200, share=0.075) == "1.200 kinderen, van wie 7,5% bekend"


def test_a_count_decides_on_the_form(module: Texts) -> None:
    forms = ("{n:,} school", "{n:,} schools")
    assert [module.plural(*forms, n=n) for n in (0, 1, 2000)] == [
        "0 schools", "1 school", "2,000 schools"
    ]  # fmt: skip
    with language.use("nl"):
        assert [module.plural(*forms, n=n) for n in (0, 1, 2000)] == [
            "0 scholen", "1 school", "2.000 scholen"
        ]  # fmt: skip


def test_a_text_for_later_is_put_into_the_language_in_which_it_is_shown(module: Texts) -> None:
    text = module.later("Ages of {what}", what=module.later("unknown"))
    assert str(text) == "Ages of unknown"
    with language.use("nl"):
        assert str(text) == "Leeftijden van onbekend"


@pytest.mark.parametrize("text", ["new here", "doubtful"])
def test_a_text_without_a_settled_translation_stays_as_it_is(module: Texts, text: str) -> None:
    with language.use("nl"):
        assert module(text) == text


def test_an_empty_text_is_empty_and_not_the_head_of_the_catalogue(module: Texts) -> None:
    with language.use("nl"):
        assert module("") == ""


def test_braces_of_a_value_are_no_places_for_others(module: Texts) -> None:
    assert module("Ages of {what}", what="{n} {}") == "Ages of {n} {}"


def test_a_module_without_catalogue_writes_english(tmp_path: Path) -> None:
    with language.use("nl"):
        assert texts_beside(str(tmp_path / "none.py"))("years") == "years"


def test_a_caption_has_values_and_headings_in_the_language_in_use(module: Texts) -> None:
    assert module.captions("tbl-ages", what="boys", first=4) == {
        "label": "ages", "title": "Ages of boys", "note": "From 4.0", "digits": 1,
        "labels": {"n": "children", "a": "years"},
    }  # fmt: skip
    with language.use("nl"):
        caption = module.captions("tbl-ages", what="jongens", first=4)
    assert caption["title"] == "Leeftijden van jongens"
    assert caption["note"] == "From 4,0"
    assert caption["labels"] == {"n": "children", "a": "jaren"}
    assert caption["label"] == "ages"  # names a file and a place in the page, in all languages


def test_a_figure_has_no_headings_and_its_label_may_name_a_value(module: Texts) -> None:
    assert module.captions("fig-{what}", what="{n}") == {"label": "{n}", "title": "Ages of {n}"}


@pytest.mark.parametrize("label", ["tbl-age", "ages", "labels", "words"])
def test_a_label_without_an_entry_is_named_with_the_file(module: Texts, label: str) -> None:
    with pytest.raises(ParameterError, match=rf"ages\.yaml has no caption of '{label}'"):
        module.captions(label)


def test_a_value_that_is_not_given_is_named_with_file_and_label(module: Texts) -> None:
    with pytest.raises(ParameterError, match=r"ages\.yaml: tbl-ages names 'what', which is not"):
        module.captions("tbl-ages", first=4)


def test_a_file_that_is_absent_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"none\.yaml does not exist"):
        texts_beside(str(tmp_path / "none.py")).captions("tbl-ages")


def test_codes_have_words_in_the_language_in_use(module: Texts) -> None:
    assert module.words("states") == {0: "unknown", 1: "known"}
    with language.use("nl"):
        assert module.words("states") == {0: "onbekend", 1: "known"}
    with pytest.raises(ParameterError, match=r"ages\.yaml has no words for 'state'"):
        module.words("state")


@pytest.mark.parametrize(
    ("items", "english", "dutch"),
    [
        ((), "", ""),
        (("a",), "a", "a"),
        (("a", "b"), "a and b", "a en b"),
        ((1, 2, 3), "1, 2, and 3", "1, 2 en 3"),
    ],
)
def test_items_become_words_of_a_sentence(items: tuple, english: str, dutch: str) -> None:
    assert listed(items) in (english, english.replace(", and", " and"))
    with language.use("nl"):
        assert listed(items) == dutch


def test_either_of_two() -> None:
    assert listed(("a", "b"), style="or") == "a or b"
    with language.use("nl"):
        assert listed(("a", "b"), style="or") == "a of b"


def test_a_sentence_begins_with_a_capital() -> None:
    assert sentence("één school; Cito") == "Eén school; Cito".replace("Eén", "Één")
    assert sentence("") == ""


def test_a_marked_text_is_the_text() -> None:
    assert named("here") == "here"


def test_a_catalogue_is_beside_its_module_under_its_language() -> None:
    path = Path("report") / "allocation" / "schools.py"
    assert texts.catalogue_of(path, code="nl") == Path("report/allocation/nl/schools.po")
