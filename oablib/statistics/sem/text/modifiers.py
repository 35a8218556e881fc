"""What stands before a variable, such as `0.5*`, `start(0.5)*`, `lower(0)*` or `c(a, b)*`."""

import math
import re
from collections.abc import Iterator
from typing import Any, Literal, TypeAlias, cast

from oablib.base.errors import ModelError

EXPECTED = (
    "expected lines like `y ~ x1 + 0.5*x2`, `f =~ y1 + a*y2`, `y ~~ z`, `y ~ 1`, `ab := a*b`, "
    "`a == 2*b` or `a > 0`"
)
# Constants of R and their misspellings: never meant as a label or a variable.
RESERVED = frozenset({"NA", "NaN", "nan", "Inf", "inf", "TRUE", "FALSE", "NULL"})

NAME = re.compile(r"[^\W\d][\w.]*")
NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?(?![\w.])"
_TOKEN = re.compile(rf"""{NUMBER}|[\w.]+|"[^"]*"|'[^']*'|[-+*:,()]""")
_MODIFIERS = (
    "0.5, NA, start(0.5), a label (shared by equal parameters), lower(0), upper(1), or c(a, b) for "
    "two groups"
)
_FUNCTIONS = frozenset({"start", "label", "lower", "upper"})

Kind: TypeAlias = Literal["value", "label", "start", "lower", "upper"]
Modifier: TypeAlias = tuple[Kind, tuple[Any, ...]]
Tokens: TypeAlias = list[str]
Entries: TypeAlias = tuple[float | None, ...]
# Modifiers that a fixed value contradicts, with their names in a message.
NEED_FREEDOM: dict[Kind, str] = {"start": "start", "lower": "limit", "upper": "limit"}


def unreadable(statement: str, reason: str) -> ModelError:
    """The error for a statement that cannot be read."""
    return ModelError(f"The model line {statement!r} cannot be read: {reason}.")


def tokens(statement: str, text: str) -> Tokens:
    """Numbers, names and signs of a text. Raises ModelError for other signs."""
    unknown = _TOKEN.sub("", text).strip()
    if unknown:
        sign = f"{unknown[0]!r} (U+{ord(unknown[0]):04X})"
        raise unreadable(statement, f"{sign} means nothing at its place; {EXPECTED}")
    found = _TOKEN.findall(text)
    if found.count("(") != found.count(")"):
        raise unreadable(statement, "a parenthesis has no partner; write it as in `c(a, b)*x`")
    return found


def parts(tokens: Tokens, signs: str) -> list[Tokens]:
    """What is between `signs`, except signs within parentheses."""
    found: list[Tokens] = [[]]
    depth = 0
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if token in signs and depth == 0:
            found.append([])
        else:
            found[-1].append(token)
    return found


def product(statement: str, factors: list[Tokens]) -> list[Modifier]:
    """Read the modifiers before one variable, such as `start(0.5)*a`."""
    modifiers = [_modifier(statement, factor) for factor in factors]
    # lavaan keeps only the label of a product: 0.5*a*x would fix, lower(0)*a*x limit nothing.
    if len(modifiers) > 1 and {"value", "lower", "upper"} & set(dict(modifiers)):
        raise unreadable(statement, "write several modifiers as several terms, `0.5*x + a*x`")
    return modifiers


def _modifier(statement: str, tokens: Tokens) -> Modifier:
    called = tokens[1:2] == ["("] and tokens[-1] == ")" and tokens[0] in _FUNCTIONS
    function = tokens[0] if called else ""
    entries = _entries(statement, tokens[2:-1] if called else tokens)
    is_label = {isinstance(entry, str) for entry in entries}
    # lavaan 0.6-14 reads c(a, NA) and c(a, 0.5) as the label a in every group.
    if is_label == {True, False}:
        hint = 'write c("a", "") for a label in one group, or `c(a, b)*x + c(NA, 0.5)*x`'
        raise unreadable(statement, f"c(...) mixes labels with numbers or NA; {hint}")
    if function and (function == "label") != (True in is_label):
        hint = "expected numbers in start(...), lower(...), upper(...), labels in label(...)"
        raise unreadable(statement, hint)
    kind = function or ("label" if True in is_label else "value")
    return cast(Kind, kind), entries


def _entries(statement: str, tokens: Tokens) -> tuple[float | str | None, ...]:
    match tokens:
        case ["c", "(", *inner, ")"]:
            return tuple(_entry(statement, " ".join(part)) for part in parts(inner, ","))
    return (_entry(statement, " ".join(tokens)),)


def _entry(statement: str, text: str) -> float | str | None:
    """A number, a label with or without quotes, or None for NA."""
    if text == "NA":
        return None
    number = text.replace(" ", "", 1)
    if re.fullmatch(rf"(?:[-+] )?{NUMBER}", text) and math.isfinite(float(number)):
        return float(number)
    bare = text[1:-1] if text[:1] in {'"', "'"} else text
    if (NAME.fullmatch(bare) and bare not in RESERVED) or text in {'""', "''"}:
        return bare
    raise unreadable(statement, f"{text!r} is not a number or label; expected {_MODIFIERS}")


def by_group(first: Entries, second: Entries) -> Iterator[tuple[float | None, float | None]]:
    """Entries of two modifiers side by side; one entry goes for all groups."""
    width = max(len(first), len(second))
    return zip(first * (width // len(first)), second * (width // len(second)), strict=True)
