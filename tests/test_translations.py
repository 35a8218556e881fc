"""The Dutch of reports: every text has one, none is left over, none is in the wrong language."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from oablib import params
from oablib.render import catalogues
from oablib.report import texts
from tests import markdown_numbers, page_texts
from tests.places import ROOT

CODE = "nl"
# The project's own dialect, of which a reader would have to guess the meaning.
DIALECT = (
    "in short here", "would let in", "that nobody covers", "what resembles the child",
    "goes its own way", "stand at the same place", "comes out too", "come out too", "holds 0",
    "honest", "hold the sample's noise", "too bold", "too well off", "point of score stands",
    "lent by", "lends to", "the last one who counts", "stand twice", "nobody lists", "owed to",
    "answers the donors", "every promise is met", "goes on where it was", "told to",
    "the data spoke for", "so many of",
)  # fmt: skip
SHOWN = 110  # characters of a text in a message


def fail_if_any(faults: Iterable[str]) -> None:
    lines = list(faults)
    if lines:
        pytest.fail(f"{len(lines)} faults:\n" + "\n".join(lines), pytrace=False)


def catalogue_files() -> list[Path]:
    folders = (ROOT / "notebooks", ROOT / "oablib")
    return sorted(path for folder in folders for path in folder.rglob(f"{CODE}/*.po"))


def first(message: Message) -> str:
    """A text, of one that a count decides on the form for one."""
    return message.id if isinstance(message.id, str) else message.id[0]


def versions(message: Message) -> list[str]:
    """A translation in each of its forms."""
    return [message.string] if isinstance(message.string, str) else list(message.string)


def test_every_text_has_a_settled_translation_with_the_same_values() -> None:
    fail_if_any(catalogues.faults(CODE))


def test_the_counts_of_the_session_texts_are_zero() -> None:
    counts = catalogues.counts(CODE)
    assert (counts.untranslated, counts.fuzzy) == (0, 0)
    assert counts.texts > 500


def test_every_text_of_a_catalogue_is_used_by_its_source() -> None:
    """`oab texts` would change no catalogue, and none is without a source."""
    wanted: dict[Path, set[str]] = {}
    for path, message in catalogues.wanted(CODE):
        wanted.setdefault(path, set()).add(first(message))

    def faults() -> Iterator[str]:
        for path in catalogue_files():
            name = path.relative_to(ROOT)
            read = catalogues.read(path, code=CODE)
            there = {first(message) for message in read if message.id}
            yield from (f"{name}: {text[:SHOWN]!r} is used nowhere"
                        for text in sorted(there - wanted.get(path, set())))  # fmt: skip
            if read.obsolete:
                yield f"{name} keeps {len(read.obsolete)} obsolete texts"
        for path, ids in wanted.items():
            if ids and not path.is_file():
                yield f"{path.relative_to(ROOT)} is absent"

    fail_if_any(faults())


def texts_in_both() -> Iterator[tuple[str, str, str]]:
    """Catalogue, English, Dutch; what is not translated is left to the test above."""
    for path, message in catalogues.wanted(CODE):
        for version in versions(message):
            if version:
                yield path.stem, first(message), version


def test_no_translation_holds_an_english_sentence_and_no_source_a_dutch_one() -> None:
    def faults() -> Iterator[str]:
        for stem, english, dutch in texts_in_both():
            for text, language in ((english, "en"), (dutch, "nl")):
                prose = page_texts.without_terms(text)
                if words := page_texts.foreign_words(prose, language=language):
                    yield f"{stem} ({language}): {text[:SHOWN]!r} ({', '.join(sorted(words))})"

    fail_if_any(faults())


def test_translated_notebooks_keep_the_marks_that_the_render_looks_for() -> None:
    """The number in a title, and the words before the question; level of headings as well."""
    mark = re.compile(r"# \d\d|#+ |\*\*(?:Question|Answer)\.\*\*")

    def faults() -> Iterator[str]:
        for stem, english, dutch in texts_in_both():
            if (found := mark.match(english)) and not dutch.startswith(found.group()):
                yield f"{stem}: {dutch[:SHOWN]!r} should begin with {found.group()!r}"

    fail_if_any(faults())


@pytest.mark.parametrize(
    "path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem
)
def test_no_number_is_typed_into_markdown_but_constants_of_method(path: Path) -> None:
    def faults() -> Iterator[str]:
        for number, block in markdown_numbers.in_notebook(path):
            at = max(0, block.find(number.split()[0]) - SHOWN // 2)
            yield f"{path.stem}: {number} in {' '.join(block[at : at + SHOWN].split())!r}"
        catalogue = texts.catalogue_of(path, code=CODE)
        for message in catalogues.read(catalogue, code=CODE):
            for version in versions(message) if message.id else ():
                for number in markdown_numbers.in_text(version, language=CODE):
                    yield f"{CODE}/{path.stem}: {number} in {version[:SHOWN]!r}"

    fail_if_any(faults())


def called(path: Path) -> Iterator[str]:
    """Texts that a module gives to `_`, `named`, `later` or `plural`, by Python's own parser."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rpartition(".")[2]
        if name in catalogues.KEYWORDS and node.args and isinstance(node.args[0], ast.Constant):
            yield node.args[0].value


def test_no_text_escapes_the_catalogue_of_its_module() -> None:
    """Babel does not see a text within an f-string."""
    listed: dict[Path, set[str]] = {}
    for path, message in catalogues.wanted(CODE):
        listed.setdefault(path, set()).add(first(message))

    def faults() -> Iterator[str]:
        for path in (ROOT / "oablib").rglob("*.py"):
            source = path.read_text(encoding="utf-8")
            if not re.search(r"^_ = texts_beside", source, flags=re.MULTILINE):
                continue
            known = listed.get(texts.catalogue_of(path, code=CODE), set())
            for text in called(path):
                if text and text not in known:
                    yield f"{path.relative_to(ROOT)}: {text[:SHOWN]!r} is in no catalogue"

    fail_if_any(faults())


def test_no_text_is_in_the_projects_own_dialect() -> None:
    def faults() -> Iterator[str]:
        for path, message in catalogues.wanted(CODE):
            found = [words for words in DIALECT if words in first(message).lower()]
            if found:
                yield f"{path.relative_to(ROOT)}: {found}: {first(message)[:SHOWN]}"

    fail_if_any(faults())


@pytest.mark.parametrize("run", params.names("runs"))
def test_a_run_has_a_title_in_both_languages(run: str) -> None:
    from oablib.params import run as params_run

    parameters = params_run.run_parameters(run)
    assert parameters.title and parameters.title_nl
