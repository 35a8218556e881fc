"""Which figures in the text of two reports differ: sentences with the same words, other numbers."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd

from oablib.studies.changes.sides import Sides

COLUMNS = ["page", "change", "before", "after"]
# Prose and answers; tables and code are compared as tables and code.
_SKIPPED = frozenset({"table", "pre", "style", "script", "nav", "head", "details"})
# What stands under exhibits and above titles repeats population, source and run.
_SKIPPED_CLASSES = frozenset({"about", "banner", "get", "run"})
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
_BLOCKS = frozenset(
    {"br", "p", "li", "h1", "h2", "h3", "figcaption", "div", "section", "td", "dt", "dd"}
)
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z*(])")
_NUMBER = re.compile(r"[-+\u2212]?\d[\d,]*(?:\.\d+)?")
_MADE = "How this was made"


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
    """Sentences of a page in their order, up to the part about its making."""
    prose = _Prose()
    prose.feed(page.read_text(encoding="utf-8"))
    found: list[str] = []
    for block in (" ".join(text.split()) for text in prose.blocks):
        if block == _MADE:
            break
        found += [each for each in _END.split(block) if each]
    return found


def text_changes(sides: Sides) -> pd.DataFrame:
    """Rows page, change ("figures", "new" or "gone"), before, after.

    figures: the words are the same and the numbers are not.
    """
    rows: list[tuple[str, str, str, str]] = []
    names = [sorted(path.name for path in side.folder.glob("[0-9]*.html"))
             for side in (sides.before, sides.after)]  # fmt: skip
    for name in sorted({*names[0], *names[1]}):
        told = [
            sentences(side.folder / name) if name in own else []
            for side, own in zip((sides.before, sides.after), names, strict=True)
        ]
        rows += [(name.removesuffix(".html"), *row) for row in _differing(*told)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _differing(before: list[str], after: list[str]) -> Iterator[tuple[str, str, str]]:
    """Sentences that differ; those with the same words are taken as pairs in their order."""
    left = _by_words(before)
    for sentence in after:
        pairs = left.get(_words(sentence))
        if not pairs:
            yield "new", "", sentence
            continue
        if (old := pairs.pop(0)) != sentence:
            yield "figures", old, sentence
    for old in (each for pairs in left.values() for each in pairs):
        yield "gone", old, ""


def _by_words(told: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for sentence in told:
        found.setdefault(_words(sentence), []).append(sentence)
    return found


def _words(sentence: str) -> str:
    return _NUMBER.sub("#", sentence)
