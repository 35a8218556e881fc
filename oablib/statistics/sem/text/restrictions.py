"""What a text restricts beside single values: equalities and limits of parameters.

`a == 2*b`, `a > 0`, `lower(0)*x` and effect coding become restrictions of numbered parameters, in
the data's units. Those that are linear are known here, so that contradictions and repetitions are
found before any data are seen.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from oablib.base.errors import ModelError
from oablib.statistics.sem.text import defined, polynomials
from oablib.statistics.sem.text.polynomials import Polynomial
from oablib.statistics.sem.text.syntax import Constraint, Definition, Syntax

if TYPE_CHECKING:
    from oablib.statistics.sem.text.spec import Cell

# Share of a row below which what other rows leave of it is rounding.
DEPENDENT = 1e-12
INFEASIBLE = 2  # scipy's status


class Restriction(NamedTuple):
    """One relation of parameters in the data's units.

    equality: the expression is 0; else it is at least 0. terms: parameter number and coefficient;
    constant: what is added to their sum. constraint: the line of the text if there is one.
    linear: False where terms hold only the numbers of the parameters in it, and coefficients of 0.
    bound: made by `bounds`, which depend on the data, and not by the text.
    """

    text: str
    equality: bool
    terms: tuple[tuple[int, float], ...]
    constant: float
    constraint: Constraint | None = None
    linear: bool = True
    bound: bool = False

    def row(self, k: int) -> NDArray:
        """Coefficients of all k parameters."""
        row = np.zeros(k)
        for number, coefficient in self.terms:
            row[number] += coefficient
        return row


class Label(NamedTuple):
    """What a label of the text stands for: the number of a free parameter, or a fixed value."""

    number: int | None
    value: float


def of_model(
    read: Syntax, cells: Sequence["Cell"], coded: Sequence[Restriction], *, variables: Iterable[str]
) -> tuple[list[Restriction], list[str]]:
    """Restrictions by constraints of the text, by effect coding and by limits, equalities first.

    Equalities that follow from others are left out; the sentences say which lines of the text
    restrict nothing. Raises ModelError for a name that is no label, for what is no arithmetic, and
    for what no values can fulfil.
    """
    parts = (read.constraints, read.definitions, labels(cells), set(variables))
    of_text, idle = _of_text(*parts)
    limits = [each for cell in cells for each in _limits(cell)]
    k = 1 + max(cell.free for cell in cells)
    kept, repeated = _independent([*of_text, *coded, *limits], k)
    return kept, idle + repeated


def labels(cells: Iterable["Cell"]) -> dict[str, Label]:
    """What each label stands for."""
    named = [cell for cell in cells if cell.label]
    return {c.label: Label(c.free if c.value is None else None, c.value or 0.0) for c in named}


def _limits(cell: "Cell") -> Iterator[Restriction]:
    for sign, limit in ((1.0, cell.lower), (-1.0, cell.upper)):
        if limit is not None and cell.value is None:
            yield limited(cell, sign, limit)


def limited(cell: "Cell", sign: float, limit: float, *, bound: bool = False) -> Restriction:
    """A free cell above (sign 1) or below (sign -1) a limit."""
    shown = f"{cell.lhs} {cell.op} {cell.rhs}".rstrip()
    text = f"{shown} {'>' if sign > 0 else '<'} {limit:g}"
    return Restriction(text, False, ((cell.free, sign),), -sign * limit, bound=bound)


def _of_text(
    constraints: Sequence[Constraint],
    definitions: Sequence[Definition],
    labels: dict[str, Label],
    variables: set[str],
) -> tuple[list[Restriction], list[str]]:
    restrictions, notes = [], []
    known, numbers = _known(definitions, labels) if constraints else ({}, {})
    for constraint in constraints:
        names = _names(constraint, known, definitions, variables)
        used = frozenset[int]().union(*(numbers[name] for name in names))
        polynomial = polynomials.read(constraint, known)
        if polynomial is not None and not set(polynomial) - {()}:
            notes.append(_always(constraint, float(polynomial.get((), 0))))
        else:
            restrictions.append(_restriction(constraint, polynomial, labels, used))
    return restrictions, notes


def _known(
    definitions: Sequence[Definition], labels: dict[str, Label]
) -> tuple[dict[str, Polynomial | None], dict[str, frozenset[int]]]:
    """Each label and defined parameter as a polynomial, and the parameters in it."""
    known: dict[str, Polynomial | None] = {}
    numbers: dict[str, frozenset[int]] = {}
    for name, label in labels.items():
        free = label.number is not None
        known[name] = {(name,): polynomials.ONE} if free else polynomials.number(label.value)
        numbers[name] = frozenset(() if label.number is None else (label.number,))
    for definition in definitions:
        _, used = defined.formula(definition.expression, line=definition)
        known[definition.name] = polynomials.read(definition, known)
        numbers[definition.name] = frozenset[int]().union(*(numbers[n] for n in used.values()))
    return known, numbers


def _names(
    constraint: Constraint,
    known: dict[str, Polynomial | None],
    definitions: Sequence[Definition],
    variables: set[str],
) -> set[str]:
    """Labels and defined parameters on both sides, each of which has to be arithmetic by itself."""
    names: set[str] = set()
    for side in (constraint.left, constraint.right):
        names |= set(defined.formula(side, line=constraint)[1].values())
    for name in sorted(names):
        if name in variables - set(known):
            raise ModelError(
                f"{constraint.shown} uses {name!r}, which is a variable; constraints are of "
                "labels, as in `y ~ a*x`."
            )
        defined.fail_if_name_is_unknown(name, constraint, known, definitions)
    return names


def _restriction(
    constraint: Constraint,
    polynomial: Polynomial | None,
    labels: dict[str, Label],
    used: frozenset[int],
) -> Restriction:
    equality = constraint.op == "=="
    if polynomial is None or max(map(len, polynomial)) > 1:
        terms = tuple((number, 0.0) for number in sorted(used))
        return Restriction(constraint.name, equality, terms, 0.0, constraint, linear=False)
    terms = tuple(
        (number, float(coefficient))
        for name, coefficient in polynomial.items()
        if name and (number := labels[name[0]].number) is not None
    )
    constant = float(polynomial.get((), 0))
    return Restriction(constraint.name, equality, terms, constant, constraint)


def _always(constraint: Constraint, value: float) -> str:
    """A sentence on a constraint without free parameters."""
    holds = value == 0 if constraint.op == "==" else value >= 0
    if not holds:
        raise ModelError(
            f"{constraint.shown} is never true, since no free parameter is left in it; leave it "
            "out or correct it."
        )
    return f"{constraint.shown} is true for any values of the parameters and restricts nothing."


def _independent(
    restrictions: Sequence[Restriction], k: int
) -> tuple[list[Restriction], list[str]]:
    """Those of k parameters that are not implied by others before them, and sentences on the rest.

    Raises ModelError for linear ones that contradict each other.
    """
    kept: list[Restriction] = []
    notes = []
    equalities = [each for each in restrictions if each.equality and each.linear]
    for restriction in equalities:
        share = _share_of(restriction, kept, k)
        if share is None:
            kept.append(restriction)
            continue
        implied = [each.text for each, part in zip(kept, share, strict=True) if part]
        constants = share * [each.constant for each in kept]
        size = abs(restriction.constant) + np.abs(constants).sum()
        if abs(restriction.constant - constants.sum()) > DEPENDENT * size:
            raise _contradiction([*implied, restriction.text])
        if restriction.constraint is not None:
            notes.append(
                f"`{restriction.text}` follows from {_listed(implied)} and restricts nothing more."
            )
    others = [each for each in dict.fromkeys(restrictions) if each not in equalities]
    repeated = Counter(each for each in restrictions if each in others)
    notes += [f"`{each.text}` stands more than once." for each, n in repeated.items() if n > 1]
    _fail_if_nothing_is_left([*kept, *(each for each in others if each.linear)], k)
    return [*kept, *others], notes


def _share_of(restriction: Restriction, kept: list[Restriction], k: int) -> NDArray | None:
    """Coefficients by which the rows kept add up to that of the restriction, or None."""
    if not kept:
        return None
    row, rows = restriction.row(k), np.array([each.row(k) for each in kept])
    share = np.linalg.lstsq(rows.T, row, rcond=None)[0]
    share[np.abs(share) < DEPENDENT * np.abs(share).max()] = 0.0
    left = np.abs(row - share @ rows).max()
    return share if left <= DEPENDENT * np.abs(row).max() else None


def _fail_if_nothing_is_left(restrictions: list[Restriction], k: int) -> None:
    """Raise ModelError, with the fewest of them, where no values meet equalities and limits."""
    if all(each.equality for each in restrictions) or _are_possible(restrictions, k):
        return
    needed = list(restrictions)
    for restriction in restrictions:
        fewer = [each for each in needed if each != restriction]
        if not _are_possible(fewer, k):
            needed = fewer
    raise _contradiction([each.text for each in needed])


def _are_possible(restrictions: list[Restriction], k: int) -> bool:
    rows = {is_equality: np.zeros((0, k)) for is_equality in (True, False)}
    ends = {is_equality: np.zeros(0) for is_equality in (True, False)}
    for each in restrictions:
        rows[each.equality] = np.vstack([rows[each.equality], each.row(k)])
        ends[each.equality] = np.append(ends[each.equality], each.constant)
    result = linprog(
        np.zeros(k), A_ub=-rows[False], b_ub=ends[False], A_eq=rows[True], b_eq=-ends[True],
        bounds=(None, None),
    )  # fmt: skip
    return bool(result.status != INFEASIBLE)


def _contradiction(texts: list[str]) -> ModelError:
    return ModelError(
        f"The constraints {_listed(texts)} contradict each other: no values of the parameters meet "
        "all of them. Leave one out or correct it."
    )


def _listed(texts: list[str]) -> str:
    return " and ".join(f"`{text}`" for text in texts)


def values(
    restrictions: Sequence[Restriction],
    parameters: NDArray,
    *,
    definitions: Sequence[Definition],
    labels: dict[str, Label],
) -> tuple[NDArray, NDArray]:
    """Each restriction's expression, shape (m,), and its derivatives, shape (m, k).

    parameters: in the data's units, shape (k,). Raises EstimationError where an expression has no
    finite value.
    """
    k = len(parameters)
    rows = np.array([each.row(k) for each in restrictions]).reshape(-1, k)
    value = rows @ parameters + [each.constant for each in restrictions]
    curved = [n for n, each in enumerate(restrictions) if not each.linear]
    if curved:
        at = {
            name: label.value if label.number is None else float(parameters[label.number])
            for name, label in labels.items()
        }
        lines = [restrictions[n].constraint for n in curved]
        extra, by_label = defined.evaluate([*definitions, *filter(None, lines)], at)
        value[curved], rows[curved] = extra[-len(curved) :], 0.0
        for column, label in enumerate(labels.values()):
            if label.number is not None:
                rows[curved, label.number] += by_label[-len(curved) :, column]
    return value, rows
