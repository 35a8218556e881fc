"""lavaan's model syntax as terms: what the text says, before any default is added to it.

semopy's parser splits a statement. It knows no modifiers: `modifiers` reads those, and plain names
replace them while semopy reads. Source: help page model.syntax of lavaan 0.6-14 (Rosseel,
2012, Journal of Statistical Software 48(2)).
"""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, cast, get_args

from oablib.base.errors import ModelError
from oablib.statistics.sem.text import semopy_parser
from oablib.statistics.sem.text.modifiers import (
    EXPECTED,
    NAME,
    NEED_FREEDOM,
    NUMBER,
    RESERVED,
    Modifier,
    by_group,
    parts,
    product,
    tokens,
    unreadable,
)

_OPERATOR = re.compile(r"=~|<~|~\*~|~~|~|:=|==|<|>|\||%|:")
_CATEGORIES = "all variables are numbers here, not ordered categories; leave the line out"
_REFUSED = {
    "<~": "formative factors are not fitted; compute the composite as a column of the data",
    "|": _CATEGORIES,
    "~*~": _CATEGORIES,
    "%": _CATEGORIES,
    ":": "blocks are not read, so name columns by cluster= (for level:) and by group=, where "
    "groups get c(a, b)*x, one entry each; a product x:z must be a column of the data",
}
Relation: TypeAlias = Literal["==", "<", ">"]


class Term(NamedTuple):
    """One term of the text: lhs op rhs, op being "=~", "~", "~~" or "~1" (whose rhs is "").

    value, label, start, lower, upper: one entry, or one per group where the text says c(...).
    value: what the text fixes it to, None where it fixes nothing. label: "" where there is none.
    lower, upper: limits, None where there is none. free: the text says NA, so that no group
    without a value gets one by default (a marker).
    """

    lhs: str
    op: str
    rhs: str
    value: tuple[float | None, ...]
    label: tuple[str, ...]
    start: tuple[float | None, ...]
    free: bool
    lower: tuple[float | None, ...] = (None,)
    upper: tuple[float | None, ...] = (None,)


class Definition(NamedTuple):
    """A defined parameter, name := expression; the expression as written, without spaces."""

    name: str
    expression: str

    @property
    def shown(self) -> str:
        """The line as a message shows it."""
        return f"`{self.name} := {self.expression}`"


class Constraint(NamedTuple):
    """A relation of labels and defined parameters; both sides as written, without spaces."""

    left: str
    op: Relation
    right: str

    @property
    def name(self) -> str:
        """The line with one space on both sides of the sign."""
        return f"{self.left} {self.op} {self.right}"

    @property
    def shown(self) -> str:
        """The line as a message shows it."""
        return f"`{self.name}`"

    @property
    def expression(self) -> str:
        """What has to be 0, or at least 0: `>` and `<` include the limit, as lavaan's do."""
        first, second = (self.right, self.left) if self.op == "<" else (self.left, self.right)
        return f"{first}-({second})"


@dataclass(frozen=True, slots=True)
class Syntax:
    """A model text as data, each in the order of the text; `y + z ~ x` gives two terms."""

    terms: tuple[Term, ...]
    definitions: tuple[Definition, ...]
    constraints: tuple[Constraint, ...] = ()


@functools.lru_cache(maxsize=128)
def read(text: str) -> Syntax:
    """Read a model in lavaan's syntax; modifiers of one term may be spread: `y ~ a*x + 0.5*x`.

    Raises ModelError when a line cannot be read, a term comes twice or contradicts itself, or the
    text asks for what is not fitted here (thresholds, products, blocks).
    """
    terms: list[Term] = []
    definitions, constraints = [], []
    for statement in _statements(text):
        left, operator, right = _split(statement)
        if operator == ":=":
            definitions.append(_definition(statement, left.strip(), right))
        elif operator in get_args(Relation):
            constraints.append(_constraint(statement, left, operator, right))
        else:
            terms.extend(_terms(statement, left, operator, right))
    _fail_if_term_is_repeated(terms)
    return Syntax(tuple(terms), tuple(definitions), tuple(constraints))


def _statements(text: str) -> Iterator[str]:
    """Statements without comments; a line that begins or ends with a sign goes on."""
    lines = re.sub(r"\r\n?", "\n", text).replace("∼", "~").replace("˜", "~")
    bare = re.sub(r"[#!].*", "", lines)
    joined = re.sub(r"(?<=[-+*/^,(~=<>])\s*\n\s*|\s*\n\s*(?=[-+*/^,)])", " ", bare)
    return filter(None, (" ".join(part.split()) for part in re.split(r"[\n;]", joined)))


def _split(statement: str) -> tuple[str, str, str]:
    """Left side, operator and right side."""
    if re.match(r"[A-Z_]+ ?\(", statement):
        raise ModelError(
            f"{statement!r} is a command of semopy; write `start(0.5)*x` for START, the same label "
            "on both terms for CONSTRAINT (or `a == 2*b`), `lower(0)*x` for BOUND, and leave out "
            "DEFINE."
        )
    operator = _OPERATOR.search(statement)
    if not operator:
        hint = " An equality of parameters is written `==`." if "=" in statement else ""
        raise ModelError(f"The model line {statement!r} is not an equation; {EXPECTED}.{hint}")
    sign = operator[0]
    if sign in _REFUSED:
        raise ModelError(f"`{sign}` in {statement!r} is not supported: {_REFUSED[sign]}.")
    return statement[: operator.start()], sign, statement[operator.end() :]


def _definition(statement: str, name: str, right: str) -> Definition:
    _fail_if_name_is_unfit(statement, name)
    return Definition(name, _expression(statement, right, "`ab := a*b`"))


def _constraint(statement: str, left: str, operator: str, right: str) -> Constraint:
    if re.search("[=<>]", right):
        hint = "`>` includes the limit; write `0 < a < 1` as two lines, `a > 0` and `a < 1`"
        raise unreadable(statement, f"expected one sign of `==`, `<` and `>`; {hint}")
    example = "`a == 2*b` or `a > 0`"
    first, second = (_expression(statement, side, example) for side in (left, right))
    return Constraint(first, cast(Relation, operator), second)


def _expression(statement: str, side: str, example: str) -> str:
    """Arithmetic without spaces. Without its space `a b` would become the label ab."""
    if not side.strip() or re.search(r"[\w.] [\w.]", side):
        raise unreadable(statement, f"a sign or the expression is missing; write {example}")
    return side.replace(" ", "")


def _terms(statement: str, left: str, operator: str, right: str) -> Iterator[Term]:
    outcomes = [" ".join(part) for part in parts(tokens(statement, left), "+,")]
    for name in outcomes:
        _fail_if_name_is_unfit(statement, name)
    modifiers = _modifiers_by_name(statement, operator, right)
    outcomes, names = _read_by_semopy(statement, outcomes, operator, modifiers)
    for lhs in outcomes:
        for rhs in names:
            yield _term(statement, (lhs, operator, rhs), modifiers[rhs])


def _modifiers_by_name(statement: str, operator: str, right: str) -> dict[str, list[Modifier]]:
    """The modifiers of each variable on the right side; the terms of one variable are merged."""
    terms = parts(tokens(statement, right), "+")
    modifiers: dict[str, list[Modifier]] = {}
    bare = set()
    # lavaan accepts a plus before the first term.
    for part in terms[1:] if len(terms) > 1 and not terms[0] else terms:
        *factors, variable = parts(part, "*")
        name = " ".join(variable)
        if operator != "~" or name != "1":
            _fail_if_name_is_unfit(statement, name)
        if not factors and name in bare:
            raise ModelError(f"{name!r} stands twice in {statement!r}; keep one.")
        bare |= set() if factors else {name}
        modifiers.setdefault(name, []).extend(product(statement, factors))
    return modifiers


def _fail_if_name_is_unfit(statement: str, name: str) -> None:
    if NAME.fullmatch(name) and name not in RESERVED:
        return
    rule = "letters, digits, dots and _, no digit or dot first, no constant of R"
    reason = f"is no name ({rule}); {EXPECTED}"
    if re.fullmatch(NUMBER, name):
        reason = "is a number; an intercept is `y ~ 1`, a fixed one `y ~ 0.5*1`"
    elif "*" in name:
        reason = "holds a modifier; write it on the right"
    elif ":" in name:
        reason = "is a product; make it a column of the data"
    raise unreadable(statement, f"{name!r} {reason}" if name else f"a name is missing; {EXPECTED}")


def _read_by_semopy(
    statement: str, outcomes: list[str], operator: str, modifiers: dict[str, list[Modifier]]
) -> tuple[list[str], list[str]]:
    """Names on both sides as semopy reads them; one plain name replaces all modifiers of one."""
    right = [f"m{i}*{name}" if modifiers[name] else name for i, name in enumerate(modifiers)]
    line = ",".join(outcomes) + operator + "+".join(right)
    try:
        tree, operations = semopy_parser.parse_desc(line)
        ((sign, equations),) = tree.items()
    except Exception as error:  # semopy raises bare Exception beside SyntaxError
        raise unreadable(statement, f"semopy does not know its form; {EXPECTED}") from error
    # The parser drops what it does not understand (`x-1` becomes `x`): write the line again.
    terms = next(iter(equations.values()))
    again = "+".join(f"{alias}*{name}" if alias else name for name, alias in terms.items())
    if operations or ",".join(equations) + sign + again != line:
        reading = f"{', '.join(equations)} {sign} {' + '.join(terms)}"
        raise unreadable(statement, f"it was read as `{reading}`; write each name once")
    return list(equations), list(terms)


def _term(statement: str, address: tuple[str, str, str], modifiers: list[Modifier]) -> Term:
    lhs, op, rhs = address
    entries = dict(modifiers)
    if len(entries) < len(modifiers):
        kinds = [kind for kind, _ in modifiers]
        limits = max(kinds.count("lower"), kinds.count("upper")) > 1
        twice = "lower or upper limits" if limits else "values, labels or starts"
        raise unreadable(statement, f"{rhs!r} has two {twice}; keep one of each")
    if len({len(values) for values in entries.values()} - {1}) > 1:
        raise unreadable(statement, f"give each c(...) of {rhs!r} one entry per group")
    value, start, lower, upper = (entries.get(k, (None,)) for k in ("value", *NEED_FREEDOM))
    for kind, given in zip(NEED_FREEDOM.values(), (start, lower, upper), strict=True):
        if any(None not in pair for pair in by_group(value, given)):
            raise unreadable(statement, f"{rhs!r} is fixed and has a {kind}; keep one")
    for low, high in by_group(lower, upper):
        if low is not None and high is not None and low >= high:
            reason = f"the limits of {rhs!r} leave nothing between {low:g} and {high:g}"
            raise unreadable(statement, f"{reason}; a fixed value is `{low:g}*{rhs}`")
    op, rhs = ("~1", "") if rhs == "1" else (op, rhs)
    free = None in entries.get("value", ())
    return Term(lhs, op, rhs, value, entries.get("label", ("",)), start, free, lower, upper)


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
