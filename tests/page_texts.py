"""The texts of a rendered page as its readers meet them, block by block, and their language."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

BLOCKS = {
    *("p", "li", "td", "th", "caption", "figcaption", "dt", "dd", "summary", "title", "div"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "a", "label", "button", "header", "section", "main"),
    *("nav", "article", "table", "tr", "ul", "ol", "figure", "body", "blockquote", "aside"),
}
INLINE_BLOCKS = {"a", "label", "button"}  # part of a sentence where they stand in one
ATTRIBUTES = ("alt", "title", "aria-label", "content")
VOID = {"br", "img", "meta", "link", "hr", "input", "col", "source", "wbr"}
SILENT = {"style", "script", "annotation", "svg"}
NOT_PROSE = {"pre", "code", "math", "kbd", "samp"}
REFERENCES = {"references", "csl-bib-body", "csl-entry"}
CITATION = "citation"
# A value with the file that it is quoted from: `text (demo.yaml line 3)`.
_FROM_FILE = re.compile(r"\(\S+\.yaml (?:line|regel) \d+\)$")
CODE, QUOTED = "\N{WHITE SQUARE}", re.compile(r"“[^”]*”|‘[^’]*’|\"[^\"]*\"|„[^”]*”")


@dataclass(slots=True)
class Block:
    """A paragraph, cell, caption or other unit of text.

    text: with a mark in the place of code and formulas. prose: what is to be in the language of
    the page: without citations, quotations, and what is marked as another language.
    """

    tag: str
    parts: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return _spaced("".join(part for part, _ in self.parts))

    @property
    def prose(self) -> str:
        text = _spaced("".join(part for part, is_prose in self.parts if is_prose))
        return "" if _FROM_FILE.search(text) else _spaced(QUOTED.sub(" ", text))


@dataclass(slots=True)
class _Open:
    """An element that is open: whether its text is shown, and whether it is prose of the page."""

    tag: str
    shown: bool
    prose: bool
    code: bool
    block: Block | None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.language = ""
        self.done: list[Block] = []
        self.open = [_Open("", True, True, False, Block(""))]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = attributes.get("lang", "")
        inside = self.open[-1]
        foreign = attributes.get("lang", self.language) != self.language
        self._attributes(tag, attributes, is_prose=inside.prose and not foreign)
        if tag in VOID:
            self._write(" ")
            return
        classes = set(attributes.get("class", "").split())
        is_prose = inside.prose and not foreign
        is_prose = is_prose and not classes & {*REFERENCES, CITATION} and tag not in NOT_PROSE
        code = inside.code or tag in NOT_PROSE
        if tag in NOT_PROSE and not inside.code:
            self._write(CODE)
        starts = tag in BLOCKS and not (tag in INLINE_BLOCKS and self._in_sentence())
        block = Block(tag) if starts else inside.block
        if starts and block is not None:
            self.done.append(block)
        self.open.append(_Open(tag, inside.shown and tag not in SILENT, is_prose, code, block))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID or tag not in [each.tag for each in self.open]:
            return
        while self.open[-1].tag != tag:
            self.open.pop()
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open[-1].shown and not self.open[-1].code:
            self._write(data)

    def _write(self, text: str) -> None:
        inside = self.open[-1]
        if inside.shown and inside.block is not None:
            inside.block.parts.append((text, inside.prose))

    def _in_sentence(self) -> bool:
        """Whether text of a paragraph, cell or the like surrounds what comes next."""
        return any(each.tag in ("p", "li", "td", "th", "figcaption", "caption", "dd", "dt", "div")
                   for each in self.open)  # fmt: skip

    def _attributes(self, tag: str, attributes: dict[str, str], *, is_prose: bool) -> None:
        for name in ATTRIBUTES:
            is_text = name != "content" or attributes.get("name") in ("description", "title")
            if attributes.get(name) and is_text:
                block = Block(f"{tag} {name}")
                block.parts.append((attributes[name], is_prose))
                self.done.append(block)


@dataclass(frozen=True, slots=True)
class Page:
    """Language and blocks of one page; blocks without text are left out."""

    language: str
    blocks: tuple[Block, ...]


def read(path: Path) -> Page:
    """The texts of a page of HTML."""
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return Page(reader.language, tuple(block for block in reader.done if block.text))


# Words that only one of the two languages has. "is", "of", "die", "was" and the like are of both.
FUNCTION_WORDS = {
    "en": frozenset(
        "the and which with that are from this each between than their these those were have has "
        "not by on its it for where whose what when who how both other only also because would "
        "can cannot must may there they them every any such through without".split()
    ),
    "nl": frozenset(
        "de het een van en voor niet zijn op met dat wordt worden werd werden bij uit naar ook tot "
        "dan maar deze dit aan als geen waarvan waarop waarin wel kan kunnen moet om te zij heeft "
        "hebben elk elke welke tussen onder omdat zonder hun wie hoe".split()
    ),
}
FEWEST = 2  # different function words that make a sentence of a language
_WORD = re.compile(r"[^\W\d_]+")
# A name with a prefix: De Mooij, Van Buuren, Van der Werf.
_PREFIXED = re.compile(r"\b[Vv]an (?:de[rn]? )?(?=[A-Z])|\b[Dd]e (?=[A-Z][a-z]+ (?:et al|&|\())")


def foreign_words(text: str, *, language: str) -> set[str]:
    """Function words of the other language in a text that should be in this one."""
    (other,) = set(FUNCTION_WORDS) - {language}
    words = {word.lower() for word in _WORD.findall(_PREFIXED.sub(" ", text))}
    found = words & FUNCTION_WORDS[other]
    return found if len(found) >= FEWEST else set()


def in_other_language(page: Page) -> Iterator[tuple[Block, set[str]]]:
    """Blocks that hold a sentence of the other language, with the words that betray it."""
    for block in page.blocks:
        if found := foreign_words(block.prose, language=page.language):
            yield block, found


_TERMS = re.compile(
    r"`[^`]*`|\$[^$]+\$|\[-?@[^\]]*\]|(?<![*\w])\*[^*]+\*(?!\*)|\]\([^)]*\)|\{[^{}]*\}"
)


def without_terms(text: str) -> str:
    """Markdown without code, formulas, citations, quotations, and terms in italics."""
    return _spaced(QUOTED.sub(" ", _TERMS.sub(" ", text)))


def _spaced(text: str) -> str:
    return " ".join(text.split())
