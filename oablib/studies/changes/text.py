"""Which figures in the text of two reports differ: sentences with the same words, other numbers."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path

import pandas as pd

from oablib.base import language
from oablib.studies.changes.reports import ReportPair

COLUMNS = ["language", "page", "title", "change", "before", "after"]
# Prose and answers; tables and code are compared as tables and code.
_SKIPPED = frozenset({"table", "pre", "style", "script", "nav", "head", "details"})
# Lines under exhibits and above titles, which repeat population, source and run.
_SKIPPED_CLASSES = frozenset({"about", "banner", "elsewhere", "get", "hint", "provenance", "run"})
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
_BLOCKS = frozenset(
    {"br", "p", "li", "h1", "h2", "h3", "figcaption", "div", "section", "td", "dt", "dd"}
)
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z*(])")
_NUMBER = re.compile(r"[-+\u2212]?\d+(?:[.,]\d+)*")  # 1,234.5 and 1.234,5


class _Prose(HTMLParser):
    """Collects the text of a page's blocks, outside of what is skipped."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[str] = [""]
        self.title = ""
        self._in_title = False
        self._skipping: list[bool] = []  # of each element that is open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            classes = (dict(attrs).get("class") or "").split()
            self._skipping.append(tag in _SKIPPED or not _SKIPPED_CLASSES.isdisjoint(classes))
        if tag in _BLOCKS:
            self.blocks.append("")
        self._in_title = tag == "h1"

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID and self._skipping:
            self._skipping.pop()
        if tag in _BLOCKS:
            self.blocks.append("")

    def handle_data(self, data: str) -> None:
        if not any(self._skipping):
            self.blocks[-1] += data
            self.title += data if self._in_title else ""


def sentences(page: Path) -> list[str]:
    """Sentences of a page in their order, without the part about its making."""
    return _read(page)[1]


def _read(page: Path) -> tuple[str, list[str]]:
    """Title and sentences of a page."""
    prose = _Prose()
    prose.feed(page.read_text(encoding="utf-8"))
    blocks = (" ".join(text.split()) for text in prose.blocks)
    found = [sentence for block in blocks for sentence in _END.split(block) if sentence]
    return " ".join(prose.title.split()), found


def text_changes(reports: ReportPair) -> pd.DataFrame:
    """Rows language, page, title, change ("figures", "new" or "gone"), before, after.

    figures: the words are the same and the numbers are not. Pages are compared with those of the
    same language, where both reports have any in it.
    """
    rows = [row for code in language.LANGUAGES for row in _of_language(reports, code)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _of_language(reports: ReportPair, code: str) -> Iterator[tuple[str, ...]]:
    before, after = (
        {stem: _read(path) for stem, path in report.pages(code).items()}
        for report in (reports.before, reports.after)
    )
    if not (before and after):
        return
    absent: tuple[str, list[str]] = ("", [])
    for stem in sorted(before | after):
        title = (after.get(stem) or before[stem])[0]
        texts = (before.get(stem, absent)[1], after.get(stem, absent)[1])
        yield from ((code, stem, title, *row) for row in _differing(*texts))


def _differing(before: list[str], after: list[str]) -> Iterator[tuple[str, str, str]]:
    """Sentences that differ; those with the same words are taken as pairs in their order."""
    left: dict[str, list[str]] = {}
    for sentence in before:
        left.setdefault(_words(sentence), []).append(sentence)
    for sentence in after:
        same_words = left.get(_words(sentence))
        if not same_words:
            yield "new", "", sentence
        elif (old := same_words.pop(0)) != sentence:
            yield "figures", old, sentence
    for old in chain.from_iterable(left.values()):
        yield "gone", old, ""


def _words(sentence: str) -> str:
    return _NUMBER.sub("#", sentence)
