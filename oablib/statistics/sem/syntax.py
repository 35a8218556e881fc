"""lavaan's model syntax as terms: what the text says, before any default is added to it.

semopy's parser splits a statement. It knows no modifiers: those are read here, and plain names
replace them while semopy reads. Source: help page model.syntax of lavaan 0.6-14 (Rosseel,
2012, Journal of Statistical Software 48(2)).
"""

import functools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from oablib.base.errors import ModelError
from oablib.statistics.sem import semopy_parser

EXPECTED = (
    "expected lines like `y ~ x1 + 0.5*x2`, `f =~ y1 + a*y2`, `y ~~ z`, `y ~ 1` or `ab := a*b`"
)
# Constants of R and their misspellings: never meant as a label or a variable.
RESERVED = frozenset({"NA", "NaN", "nan", "Inf", "inf", "TRUE", "FALSE", "NULL"})

_NAME = re.compile(r"[^\W\d][\w.]*")
_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?(?![\w.])"
_TOKEN = re.compile(rf"""{_NUMBER}|[\w.]+|"[^"]*"|'[^']*'|[-+*:,()]""")
_OPERATOR = re.compile(r"=~|<~|~\*~|~~|~|:=|==|<|>|\||%|:")
_BOUND = "parameters have no bounds here; leave the line out, or fix the value (`y ~ 0.5*x`)"
_CATEGORIES = "all variables are numbers here, not ordered categories; leave the line out"
_REFUSED = {
    "==": "give both terms the same label instead, as in `y ~ a*x + a*z`",
    "<": _BOUND,
    ">": _BOUND,
    "<~": "formative factors are not fitted; compute the composite as a column of the data",
    "|": _CATEGORIES,
    "~*~": _CATEGORIES,
    "%": _CATEGORIES,
    ":": "groups get c(a, b)*x, one entry each; a product x:z must be a column of the data",
}
_MODIFIERS = "0.5, NA, start(0.5), a label (shared by equal parameters), or c(a, b) for two groups"

_Kind: TypeAlias = Literal["value", "label", "start"]
_Modifier: TypeAlias = tuple[_Kind, tuple[Any, ...]]
_Tokens: TypeAlias = list[str]


class Term(NamedTuple):
    """One term of the text: lhs op rhs, op being "=~", "~", "~~" or "~1" (whose rhs is "").

    value, label, start: one entry, or one per group where the text says c(...). value: what the
    text fixes it to, None where it fixes nothing. label: "" where there is none.
    free: the text says NA, so that no group without a value gets one by default (a marker).
    """

    lhs: str
    op: str
    rhs: str
    value: tuple[float | None, ...]
    label: tuple[str, ...]
    start: tuple[float | None, ...]
    free: bool


class Definition(NamedTuple):
    """A defined parameter, name := expression; the expression as written, without spaces."""

    name: str
    expression: str


@dataclass(frozen=True, slots=True)
class Syntax:
    """A model text as data, both in the order of the text; `y + z ~ x` gives two terms."""

    terms: tuple[Term, ...]
    definitions: tuple[Definition, ...]


@functools.lru_cache(maxsize=128)
def read(text: str) -> Syntax:
    """Read a model in lavaan's syntax; modifiers of one term may be spread: `y ~ a*x + 0.5*x`.

    Raises ModelError when a line cannot be read, a term comes twice or contradicts itself, or the
    text asks for what is not fitted here (constraints, thresholds, products, blocks).
    """
    terms: list[Term] = []
    definitions = []
    for statement in _statements(text):
        left, operator, right = _split(statement)
        if operator == ":=":
            definitions.append(_definition(statement, left.strip(), right))
        else:
            terms.extend(_terms(statement, left, operator, right))
    _fail_if_term_is_repeated(terms)
    return Syntax(tuple(terms), tuple(definitions))


def _statements(text: str) -> Iterator[str]:
    """Statements without comments; a line that begins or ends with a sign goes on."""
    lines = re.sub(r"\r\n?", "\n", text).replace("∼", "~").replace("˜", "~")
    bare = re.sub(r"[#!].*", "", lines)
    joined = re.sub(r"(?<=[-+*/^,(~=])\s*\n\s*|\s*\n\s*(?=[-+*/^,)])", " ", bare)
    return filter(None, (" ".join(part.split()) for part in re.split(r"[\n;]", joined)))


def _unreadable(statement: str, reason: str) -> ModelError:
    return ModelError(f"The model line {statement!r} cannot be read: {reason}.")


def _split(statement: str) -> tuple[str, str, str]:
    """Left side, operator and right side."""
    if re.match(r"[A-Z_]+ ?\(", statement):
        raise ModelError(
            f"{statement!r} is a command of semopy; write `start(0.5)*x` for START, the same label "
            "on both terms for CONSTRAINT, and leave out DEFINE and BOUND."
        )
    operator = _OPERATOR.search(statement)
    if not operator:
        raise ModelError(f"The model line {statement!r} is not an equation; {EXPECTED}.")
    sign = operator[0]
    if sign in _REFUSED:
        raise ModelError(f"`{sign}` in {statement!r} is not supported: {_REFUSED[sign]}.")
    return statement[: operator.start()], sign, statement[operator.end() :]


def _definition(statement: str, name: str, right: str) -> Definition:
    _fail_if_name_is_unfit(statement, name)
    # Without its space `a b` would become the label ab.
    if not right.strip() or re.search(r"[\w.] [\w.]", right):
        raise _unreadable(statement, "a sign or the expression is missing; write `ab := a*b`")
    return Definition(name, right.replace(" ", ""))


def _terms(statement: str, left: str, operator: str, right: str) -> Iterator[Term]:
    outcomes = [" ".join(part) for part in _parts(_tokens(statement, left), "+,")]
    for name in outcomes:
        _fail_if_name_is_unfit(statement, name)
    modifiers = _modifiers_by_name(statement, operator, right)
    outcomes, names = _read_by_semopy(statement, outcomes, operator, modifiers)
    for lhs in outcomes:
        for rhs in names:
            yield _term(statement, (lhs, operator, rhs), modifiers[rhs])


def _tokens(statement: str, text: str) -> _Tokens:
    unknown = _TOKEN.sub("", text).strip()
    if unknown:
        sign = f"{unknown[0]!r} (U+{ord(unknown[0]):04X})"
        raise _unreadable(statement, f"{sign} means nothing at its place; {EXPECTED}")
    tokens = _TOKEN.findall(text)
    if tokens.count("(") != tokens.count(")"):
        raise _unreadable(statement, "a parenthesis has no partner; write it as in `c(a, b)*x`")
    return tokens


def _parts(tokens: _Tokens, signs: str) -> list[_Tokens]:
    """What is between `signs`, except signs within parentheses."""
    parts: list[_Tokens] = [[]]
    depth = 0
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if token in signs and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _modifiers_by_name(statement: str, operator: str, right: str) -> dict[str, list[_Modifier]]:
    """The modifiers of each variable on the right side; the terms of one variable are merged."""
    parts = _parts(_tokens(statement, right), "+")
    modifiers: dict[str, list[_Modifier]] = {}
    bare = set()
    # lavaan accepts a plus before the first term.
    for part in parts[1:] if len(parts) > 1 and not parts[0] else parts:
        *factors, variable = _parts(part, "*")
        name = " ".join(variable)
        if operator != "~" or name != "1":
            _fail_if_name_is_unfit(statement, name)
        if not factors and name in bare:
            raise ModelError(f"{name!r} stands twice in {statement!r}; keep one.")
        bare |= set() if factors else {name}
        modifiers.setdefault(name, []).extend(_product(statement, factors))
    return modifiers


def _fail_if_name_is_unfit(statement: str, name: str) -> None:
    if _NAME.fullmatch(name) and name not in RESERVED:
        return
    rule = "letters, digits, dots and _, no digit or dot first, no constant of R"
    reason = f"is no name ({rule}); {EXPECTED}"
    if re.fullmatch(_NUMBER, name):
        reason = "is a number; an intercept is `y ~ 1`, a fixed one `y ~ 0.5*1`"
    elif "*" in name:
        reason = "holds a modifier; write it on the right"
    elif ":" in name:
        reason = "is a product; make it a column of the data"
    raise _unreadable(statement, f"{name!r} {reason}" if name else f"a name is missing; {EXPECTED}")


def _product(statement: str, factors: list[_Tokens]) -> list[_Modifier]:
    """Read the modifiers before one variable, such as `start(0.5)*a`."""
    modifiers = [_modifier(statement, factor) for factor in factors]
    # lavaan keeps only the label of a product, so that 0.5*a*x would not fix anything.
    if len(modifiers) > 1 and "value" in dict(modifiers):
        raise _unreadable(statement, "write several modifiers as several terms, `0.5*x + a*x`")
    return modifiers


def _modifier(statement: str, tokens: _Tokens) -> _Modifier:
    called = tokens[1:2] == ["("] and tokens[-1] == ")" and tokens[0] in {"start", "label"}
    function = tokens[0] if called else ""
    entries = _entries(statement, tokens[2:-1] if called else tokens)
    is_label = {isinstance(entry, str) for entry in entries}
    # lavaan 0.6-14 reads c(a, NA) and c(a, 0.5) as the label a in every group.
    if is_label == {True, False}:
        hint = 'write c("a", "") for a label in one group, or `c(a, b)*x + c(NA, 0.5)*x`'
        raise _unreadable(statement, f"c(...) mixes labels with numbers or NA; {hint}")
    if function == ("start" if True in is_label else "label"):
        raise _unreadable(statement, "expected numbers in start(...), labels in label(...)")
    kind: _Kind = "label" if True in is_label else "value"
    return ("start" if function == "start" else kind), entries


def _entries(statement: str, tokens: _Tokens) -> tuple[float | str | None, ...]:
    match tokens:
        case ["c", "(", *inner, ")"]:
            return tuple(_entry(statement, " ".join(part)) for part in _parts(inner, ","))
    return (_entry(statement, " ".join(tokens)),)


def _entry(statement: str, text: str) -> float | str | None:
    """A number, a label with or without quotes, or None for NA."""
    if text == "NA":
        return None
    number = text.replace(" ", "", 1)
    if re.fullmatch(rf"(?:[-+] )?{_NUMBER}", text) and math.isfinite(float(number)):
        return float(number)
    bare = text[1:-1] if text[:1] in {'"', "'"} else text
    if (_NAME.fullmatch(bare) and bare not in RESERVED) or text in {'""', "''"}:
        return bare
    raise _unreadable(statement, f"{text!r} is not a number or label; expected {_MODIFIERS}")


def _read_by_semopy(
    statement: str, outcomes: list[str], operator: str, modifiers: dict[str, list[_Modifier]]
) -> tuple[list[str], list[str]]:
    """Names on both sides as semopy reads them; one plain name replaces all modifiers of one."""
    right = [f"m{i}*{name}" if modifiers[name] else name for i, name in enumerate(modifiers)]
    line = ",".join(outcomes) + operator + "+".join(right)
    try:
        tree, operations = semopy_parser.parse_desc(line)
        ((sign, equations),) = tree.items()
    except Exception as error:  # semopy raises bare Exception beside SyntaxError
        raise _unreadable(statement, f"semopy does not know its form; {EXPECTED}") from error
    # The parser drops what it does not understand (`x-1` becomes `x`): write the line again.
    terms = next(iter(equations.values()))
    again = "+".join(f"{alias}*{name}" if alias else name for name, alias in terms.items())
    if operations or ",".join(equations) + sign + again != line:
        reading = f"{', '.join(equations)} {sign} {' + '.join(terms)}"
        raise _unreadable(statement, f"it was read as `{reading}`; write each name once")
    return list(equations), list(terms)


def _term(statement: str, address: tuple[str, str, str], modifiers: list[_Modifier]) -> Term:
    lhs, op, rhs = address
    entries = dict(modifiers)
    if len(entries) < len(modifiers):
        raise _unreadable(statement, f"{rhs!r} has two values, labels or starts; keep one of each")
    if len({len(values) for values in entries.values()} - {1}) > 1:
        raise _unreadable(statement, f"give each c(...) of {rhs!r} one entry per group")
    value, start = entries.get("value", (None,)), entries.get("start", (None,))
    width = max(len(value), len(start))
    pairs = zip(value * (width // len(value)), start * (width // len(start)), strict=True)
    if any(None not in pair for pair in pairs):
        raise _unreadable(statement, f"{rhs!r} is fixed and has a start; keep one")
    op, rhs = ("~1", "") if rhs == "1" else (op, rhs)
    free = None in entries.get("value", ())
    return Term(lhs, op, rhs, value, entries.get("label", ("",)), start, free)


def _fail_if_term_is_repeated(terms: list[Term]) -> None:
    seen: dict[object, str] = {}
    for term in terms:
        shown = f"{term.lhs} {term.op} {term.rhs}".rstrip()
        if term.lhs == term.rhs and term.op != "~~":
            raise ModelError(f"`{shown}` explains a variable by itself; leave it out.")
        # A loading is a path to the indicator; covariances have no direction.
        ends = (term.rhs, term.lhs) if term.op == "=~" else (term.lhs, term.rhs)
        parameter = frozenset(ends) if term.op == "~~" else ends
        if parameter in seen:
            also = "" if seen[parameter] == shown else f" (also as `{seen[parameter]}`)"
            raise ModelError(f"`{shown}` stands twice in the model{also}; keep one.")
        seen[parameter] = shown
