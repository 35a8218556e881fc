"""Names and numbers as a reader sees them."""

import difflib
import re
import unicodedata
from collections.abc import Iterable

MINUS = "\N{MINUS SIGN}"
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,63}")
_MOST_DIGITS = 7  # a bsn has nine, and eight where a leading zero was lost
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


def counted(count: int, noun: str) -> str:
    """A number of things: "1 fault", "2 faults"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def words(name: str) -> str:
    """A column's name as words: residence_0_5_years becomes residence 0–5 years."""
    return re.sub(r"(\d)_(\d)", "\\1\N{EN DASH}\\2", name).replace("_", " ")


def plain_names(names: Iterable[object]) -> list[str]:
    """Those of the names of columns or groups that a message may show.

    A name that looks like data is left out: one with another sign than Latin letters, digits, _
    and ., one that begins with a digit, is longer than 64 signs or has eight digits or more.
    """
    return [name for name in map(str, names) if _is_plain(name)]


def shown_names(names: Iterable[object]) -> list[str]:
    """Names that a message may show, and at the end how many there are beside these."""
    names = list(names)
    plain = plain_names(names)
    hidden = len(names) - len(plain)
    return [*plain, *([f"{hidden} with unusual names"] if hidden else [])]


def _is_plain(name: str) -> bool:
    digits = sum(letter.isdigit() for letter in name)
    return _PLAIN_NAME.fullmatch(name) is not None and digits <= _MOST_DIGITS


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """End of a message: the nearest known word, or all of them."""
    known = list(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; known are: {', '.join(known)}."
