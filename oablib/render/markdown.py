"""The text of notebooks in blocks, and in the language of a page.

A block is what blank lines part from the rest: a heading, a paragraph, a list, a table. It is the
unit that the catalogue of a notebook holds; a paragraph goes by its words, however it is broken
into lines.
"""

import re
from collections.abc import Callable, Iterator

_PARTED = re.compile(r"\n[ \t]*\n+")
_KEEPS_LINES = re.compile(r"\s*(?:[|*>-]|\d+\.|```|\$\$|#)")
_REFERENCE = re.compile(r"@[A-Za-z][\w:-]*|`[^`]+`|\$[^$]+\$")


def blocks(source: str) -> Iterator[str]:
    """The blocks of a cell that have words to translate, as the catalogue has them."""
    for block in _PARTED.split(source.strip()):
        if _has_words(block):
            yield _joined(block)


def translated(source: str, *, translate: Callable[[str], str]) -> str:
    """A cell with each block translated."""
    parts = [
        translate(_joined(block)) if _has_words(block) else block
        for block in _PARTED.split(source.strip())
    ]
    return "\n\n".join(parts)


def _has_words(block: str) -> bool:
    """Whether there is anything to translate; a formula has nothing."""
    return bool(block.strip()) and not (block.startswith("$$") and block.rstrip().endswith("$$"))


def _joined(block: str) -> str:
    """A paragraph in one line; what has lines of its own keeps them."""
    if _KEEPS_LINES.match(block):
        return block.strip("\n")
    return " ".join(block.split())


def references(text: str) -> set[str]:
    """What a text refers to: exhibits, sources, code and formulas."""
    return {match.group() for match in _REFERENCE.finditer(text)}
