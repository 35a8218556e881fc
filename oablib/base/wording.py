"""Names and numbers as a reader sees them."""

import difflib
import re
import unicodedata
from collections.abc import Iterable

MINUS = "\N{MINUS SIGN}"
_SHOWN_INSTEAD = "\N{REPLACEMENT CHARACTER}"


def inert(text: str) -> str:
    """Text in which nothing acts.

    Marks that turn the direction of reading, and control characters, are shown as a replacement
    character; line ends and tabs become spaces.
    """
    spaced = re.sub(r"[\t\r\n]+", " ", text)
    return "".join(_SHOWN_INSTEAD if _acts(character) else character for character in spaced)


def formula_safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe before what would begin one."""
    plain = inert(text)
    return f"'{plain}" if plain.lstrip().startswith(("=", "+", "-", "@")) else plain


def _acts(character: str) -> bool:
    """Whether a character is a control, or a format mark such as right-to-left override."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co")


def words(name: str) -> str:
    """A column's name as words: residence_0_5_years becomes residence 0–5 years."""
    return re.sub(r"(\d)_(\d)", "\\1\N{EN DASH}\\2", name).replace("_", " ")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """End of a message: the nearest known word, or all of them."""
    known = list(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; known are: {', '.join(known)}."
