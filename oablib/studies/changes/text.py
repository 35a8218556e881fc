"""Which figures in the text of two reports differ: sentences with the same words, other numbers."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path

import pandas as pd

from oablib.studies.changes.reports import ReportPair

COLUMNS = ["page", "change", "before", "after"]
# Prose and answers; tables and code are compared as tables and code.
_SKIPPED = frozenset({"table", "pre", "style", "script", "nav", "head", "details"})
# Lines under exhibits and above titles, which repeat population, source and run.
_SKIPPED_CLASSES = frozenset({"about", "banner", "elsewhere", "get", "hint", "provenance", "run"})
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
_BLOCKS = frozenset(
    {"br", "p", "li", "h1", "h2", "h3", "figcaption", "div", "section", "td", "dt", "dd"}
)
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z*(])")
_NUMBER = re.compile(r"[-+\u2212]?\d[\d,]*(?:\.\d+)?")


class _Prose(HTMLParser):
    """Collects the text of a page's blocks, outside of what is skipped."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[str] = [""]
        self._skipping: list[bool] = []  # of each element that is open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            classes = (dict(attrs).get("class") or "").split()
            self._skipping.append(tag in _SKIPPED or not _SKIPPED_CLASSES.isdisjoint(classes))
        if tag in _BLOCKS:
            self.blocks.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID and self._skipping:
            self._skipping.pop()
        if tag in _BLOCKS:
            self.blocks.append("")

    def handle_data(self, data: str) -> None:
        if not any(self._skipping):
            self.blocks[-1] += data


def sentences(page: Path) -> list[str]:
    """Sentences of a page in their order, without the part about its making."""
    prose = _Prose()
    prose.feed(page.read_text(encoding="utf-8"))
    blocks = (" ".join(text.split()) for text in prose.blocks)
    return [sentence for block in blocks for sentence in _END.split(block) if sentence]


def text_changes(reports: ReportPair) -> pd.DataFrame:
    """Rows page, change ("figures", "new" or "gone"), before, after.

    figures: the words are the same and the numbers are not.
    """
    before, after = (
        {path.name: sentences(path) for path in report.folder.glob("[0-9]*.html")}
        for report in (reports.before, reports.after)
    )
    rows = [
        (name.removesuffix(".html"), *row)
        for name in sorted(before | after)
        for row in _differing(before.get(name, []), after.get(name, []))
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


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
