"""Pages of four runs say what each run found, in the language of the page, and of which data.

Every test looks at all pages and names all faults at once, each with its page and its sentence.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from oablib.base import language
from tests import page_texts, shown_texts
from tests.runs import reports
from tests.runs.reports import Made

pytestmark = pytest.mark.slow
VERDICTS = Path(__file__).with_name("verdicts.yaml")
SYNTHETIC = re.compile(r"synthe(?:tic|tisch)|gesynthetiseerd", flags=re.IGNORECASE)
NAMED = {"en": "synthetic", "nl": "synthetisch"}
SHOWN = 110  # characters of a sentence in a message
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")

Runs = dict[str, Made]


def fail_if_any(faults: Iterable[str]) -> None:
    lines = list(dict.fromkeys(faults))
    if lines:
        pytest.fail(f"{len(lines)} faults:\n" + "\n".join(lines), pytrace=False)


def where(made: Made, path: Path) -> str:
    return f"{made.run}/{path.relative_to(made.folder)}"


def every_page(runs: Runs) -> Iterator[tuple[Made, str, Path]]:
    for made in runs.values():
        for code in language.LANGUAGES:
            for path in made.pages(code):
                yield made, code, path


def test_every_page_is_there_in_both_languages(four_runs: Runs) -> None:
    for made in four_runs.values():
        english, dutch = ([path.name for path in made.pages(code)] for code in language.LANGUAGES)
        assert english == dutch
        assert len(english) >= 10, made.run
    assert all(
        page_texts.read(path).language == code for _, code, path in every_page(four_runs)
    )  # fmt: skip


def test_no_page_holds_a_sentence_of_the_other_language(four_runs: Runs) -> None:
    def faults() -> Iterator[str]:
        for made, code, path in every_page(four_runs):
            for block, words in page_texts.in_other_language(page_texts.read(path)):
                found = ", ".join(sorted(words)[:4])
                yield f"{where(made, path)} <{block.tag}>: {block.prose[:SHOWN]!r} ({found})"
            for text in shown_texts.in_figures(path):
                if words := page_texts.foreign_words(text, language=code):
                    yield f"{where(made, path)} figure: {text[:SHOWN]!r} ({', '.join(words)})"

    fail_if_any(faults())


def test_delivered_data_are_nowhere_called_synthetic(four_runs: Runs) -> None:
    """In pages with titles, alt texts and words of figures, CSV, covers of XLSX, PNG, contents."""

    def faults() -> Iterator[str]:
        for made in (made for made in four_runs.values() if made.run in reports.DELIVERED):
            for path in sorted(made.folder.rglob("*")):
                if path.is_file() and path.relative_to(made.folder).parts[0] != "params":
                    for text in texts_of(path):
                        if found := SYNTHETIC.search(text):
                            start = max(0, found.start() - SHOWN // 2)
                            yield f"{where(made, path)}: {text[start : start + SHOWN]!r}"

    fail_if_any(faults())


def texts_of(path: Path) -> Iterator[str]:
    """What a file of a report says to its readers."""
    if path.suffix == ".html":
        yield from shown_texts.of_page(path)
    elif path.suffix == ".csv":
        yield from path.read_text(encoding="utf-8").splitlines()
    elif path.suffix == ".json":
        yield from values_in(json.loads(path.read_text(encoding="utf-8")))
    elif path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".xml"):
                    yield re.sub(r"<[^>]+>", " ", archive.read(name).decode("utf-8"))
    elif path.suffix == ".png":
        yield path.read_bytes().partition(b"IDAT")[0].decode("utf-8", errors="replace")


def values_in(content: Any) -> Iterator[str]:
    """Texts of JSON that are values, not names."""
    if isinstance(content, dict):
        for value in content.values():
            yield from values_in(value)
    elif isinstance(content, list):
        for value in content:
            yield from values_in(value)
    elif isinstance(content, str):
        yield content


def test_drawn_data_are_called_synthetic_on_every_page(four_runs: Runs) -> None:
    def faults() -> Iterator[str]:
        for made, code, path in every_page(four_runs):
            text = " ".join(block.text for block in page_texts.read(path).blocks).lower()
            if made.run in reports.DRAWN and NAMED[code] not in text:
                yield f"{where(made, path)} does not say {NAMED[code]!r}"

    fail_if_any(faults())


def test_both_languages_show_the_same_numbers(four_runs: Runs) -> None:
    """Those behind each figure and table; only words may differ."""

    def faults() -> Iterator[str]:
        for made in four_runs.values():
            for english in sorted(made.folder.glob("downloads/*/*.csv")):
                dutch = made.folder / "nl" / english.relative_to(made.folder)
                if not dutch.is_file():
                    yield f"{where(made, english)} is not there in Dutch"
                elif any(a != b for a, b in numbers_of(english, dutch)):
                    yield f"{where(made, english)} has other numbers in Dutch"

    fail_if_any(faults())


def numbers_of(english: Path, dutch: Path) -> Iterator[tuple[list[str], list[str]]]:
    """Columns that hold numbers and nothing else in English, with the same columns in Dutch."""
    tables = (
        list(csv.reader(io.StringIO(p.read_text(encoding="utf-8")))) for p in (english, dutch)
    )
    for column, other in zip(*(zip(*rows[1:], strict=True) for rows in tables), strict=True):
        if all(NUMBER.fullmatch(cell) for cell in column if cell):
            yield list(column), list(other)


def listed_verdicts() -> Iterator[tuple[str, list[str]]]:
    """Each catalogue with a group of verdicts: how the texts begin that are to be rendered."""
    listed = yaml.safe_load(VERDICTS.read_text(encoding="utf-8"))
    for catalogue, groups in listed.items():
        for group in groups:
            yield catalogue, [f"{catalogue}: {beginning}" for beginning in group]


@pytest.fixture(scope="session")
def shown_in(four_runs: Runs) -> dict[str, set[str]]:
    """Each text of the catalogues -> the runs whose English pages show it."""
    texts = {run: shown_texts.of_report(made.folder) for run, made in four_runs.items()}
    return {
        name: {run for run, text in texts.items() if shown_texts.shown(forms, texts=text)}
        for name, forms in shown_texts.messages().items()
    }


@pytest.mark.skipif(not reports.ALL, reason="needs all four runs: python3 nox.py -s four_runs")
def test_every_verdict_and_its_opposite_was_rendered(shown_in: dict[str, set[str]]) -> None:
    def faults() -> Iterator[str]:
        for _, group in listed_verdicts():
            for beginning in group:
                if not any(shown_in[name] for name in shown_in if name.startswith(beginning)):
                    yield f"{beginning!r} was rendered in none of the runs"

    fail_if_any(faults())


def test_verdicts_are_texts_of_the_catalogues_that_can_be_looked_for() -> None:
    known = shown_texts.messages()

    def faults() -> Iterator[str]:
        for catalogue, group in listed_verdicts():
            if len(set(group)) < 2:
                yield f"{catalogue}: {group} has no counter-case"
            for beginning in group:
                forms = [known[name] for name in known if name.startswith(beginning)]
                if not forms:
                    yield f"{beginning!r} begins no text of the catalogues"
                elif not any(shown_texts.pattern(text) for form in forms for text in form):
                    yield f"{beginning!r} has too few letters to be found in a page"

    fail_if_any(faults())
