"""Which texts of the catalogues a report shows: English pages held against the messages.

A message becomes a regular expression: values in braces, and what Markdown turns into links,
citations, code or formulas, may be anything within a sentence.
"""

import base64
import html
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from oablib.render import catalogues
from tests import page_texts

FEWEST_LETTERS = 10  # of a message beside its values: with fewer it could be found anywhere
ANYTHING = "\N{REPLACEMENT CHARACTER}"
_WITHIN_A_SENTENCE = r"(?:(?!\. [A-Z])[^\n])*?"
_VALUE = re.compile(r"\{[^{}]*\}")
_MARKDOWN = (
    (re.compile(r"\[-?@[^\]]*\]|`[^`]*`|\$[^$]+\$|(?<![\w.])@[\w:-]*\w"), ANYTHING),
    (re.compile(r"\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"\*+"), ""),
)
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\N{NO-BREAK SPACE}": " "})
_DRAWING = re.compile(r'src="data:image/svg\+xml;base64,([^"]+)"')
_DRAWN_TEXT = re.compile(r"<!-- (.*?) -->", flags=re.DOTALL)


def of_report(folder: Path) -> str:
    """All texts of a report's pages, a line each: blocks, attributes and words of its figures."""
    lines = [line for path in sorted(folder.glob("*.html")) for line in of_page(path)]
    return "\n".join(plain(line) for line in lines)


def of_page(path: Path) -> Iterator[str]:
    """Texts of one page and of the figures in it."""
    for block in page_texts.read(path).blocks:
        yield block.text
    yield from in_figures(path)


def in_figures(path: Path) -> Iterator[str]:
    """Words of a page's figures, which are drawn as paths, with the words as comments beside."""
    for data in _DRAWING.findall(path.read_text(encoding="utf-8")):
        for text in _DRAWN_TEXT.findall(base64.b64decode(data).decode("utf-8")):
            yield html.unescape(text)


def plain(text: str) -> str:
    """A text with plain quotes and single spaces, as it is compared."""
    return " ".join(text.translate(_PLAIN).replace("...", "…").split())


def pattern(message: str) -> re.Pattern[str] | None:
    """What finds a message in the texts of a report; None where too few letters are its own."""
    text = _VALUE.sub(ANYTHING, message.replace("{{", "(").replace("}}", ")"))
    for form, instead in _MARKDOWN:
        text = form.sub(instead, text)
    text = plain(text.replace(page_texts.CODE, ANYTHING)).strip(f"{ANYTHING} .")
    if sum(letter.isalpha() for letter in text) < FEWEST_LETTERS:
        return None
    first, rest = text[:1], text[1:]
    parts = map(re.escape, rest.split(ANYTHING))
    beginning = f"[{re.escape(first.lower())}{re.escape(first.upper())}]"
    return re.compile(beginning + _WITHIN_A_SENTENCE.join(parts))


def messages() -> dict[str, tuple[str, ...]]:
    """Every text of code and captions: `<catalogue>: <text>` -> its forms."""
    found = {}
    for path, message in catalogues.wanted("nl"):
        if path.parents[1].name != "notebooks":
            forms = (message.id,) if isinstance(message.id, str) else tuple(message.id)
            found[f"{name_of(path)}: {forms[0]}"] = forms
    return found


def name_of(catalogue: Path) -> str:
    """A catalogue as a list of messages names it: `allocation/schools` for its module."""
    folder = catalogue.parents[1].name
    return catalogue.stem if folder in ("report", "assets") else f"{folder}/{catalogue.stem}"


def shown(forms: Iterable[str], *, texts: str) -> bool:
    """Whether texts of a report hold a message in one of its forms."""
    found = (pattern(form) for form in forms)
    return any(each.search(texts) is not None for each in found if each)
