"""Defined parameters, `ab := a*b + c`: arithmetic of labels and of earlier definitions."""

import ast
import functools
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import EstimationError, ModelError
from oablib.base.wording import did_you_mean
from oablib.statistics.sem.text.syntax import Constraint, Definition

Line: TypeAlias = Definition | Constraint
FUNCTIONS = {"exp": np.exp, "log": np.log, "sqrt": np.sqrt}
# Keeps the tree of an expression well below Python's limit on recursion.
MOST_TOKENS = 300
# The square is zero in double precision, so that a step leaves the real part as it is; a power
# of two scales without rounding.
STEP = 2.0**-700

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<name>[^\W\d][\w.]*)|(?P<sign>\*\*|[-+*/^()])"
)
_MALFORMED = "a sign, a number or a parenthesis is missing or stands in a wrong place"
_ARITHMETIC = (
    ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.UnaryOp, ast.UAdd, ast.USub,
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow,
)  # fmt: skip


def check(definitions: Sequence[Line], labels: Collection[str]) -> None:
    """Raise ModelError unless all are arithmetic of labels and of earlier definitions.

    Arithmetic: + - * / ^ (or **), parentheses, numbers, exp, log and sqrt. Raised also when a
    definition has the name of a label or of another definition.
    """
    known = list(labels)
    for definition in definitions:
        if definition.name in known:
            raise ModelError(
                f"{definition.shown}: a label or another definition has the name "
                f"{definition.name!r}; choose a new one."
            )
        _, labels_used = _formula(definition)
        for name in labels_used.values():
            fail_if_name_is_unknown(name, definition, known, definitions)
        known.append(definition.name)


def evaluate(definitions: Sequence[Line], labels: Mapping[str, float]) -> tuple[NDArray, NDArray]:
    """Values, shape (d,), and their derivatives to the labels in order, shape (d, len(labels)).

    A constraint has the value of what has to be 0, or at least 0.
    Derivatives are taken by the complex step, which is exact but for rounding: Squire & Trapp
    (1998), SIAM Review 40:110. Raises ModelError as `check` does, and EstimationError where a
    definition or a derivative has no finite value at these labels.
    """
    check(definitions, labels)
    # Column k steps along label k; the last column stays, and holds the values.
    steps = 1j * STEP * np.eye(len(labels), len(labels) + 1)
    known = {name: value + step for (name, value), step in zip(labels.items(), steps, strict=True)}
    values = np.zeros((len(definitions), len(labels) + 1), dtype=complex)
    for row, definition in zip(values, definitions, strict=True):
        row[:] = _value_of(definition, known)
        known[definition.name] = row
    return values[:, -1].real, values[:, :-1].imag / STEP


def fail_if_name_is_unknown(
    name: str, line: Line, known: Collection[str], definitions: Sequence[Line]
) -> None:
    """Raise ModelError for a name in a definition or constraint that belongs to nothing."""
    if name in known:
        return
    if name in {other.name for other in definitions}:
        raise ModelError(f"{line.shown} uses {name!r} before it is defined; define it above.")
    if not known:
        raise ModelError(
            f"{line.shown} uses {name!r}, but the model has no labels; "
            f"write `{name}*x` where the parameter stands."
        )
    near = did_you_mean(name, known)
    raise ModelError(f"{line.shown} uses {name!r}, which is no label of the model{near}")


def _formula(definition: Line) -> tuple[ast.expr, Mapping[str, str]]:
    return formula(definition.expression, line=definition)


def formula(expression: str, *, line: Line) -> tuple[ast.expr, Mapping[str, str]]:
    """An expression as Python's tree, and the label of each name in it.

    Raises ModelError, with the line that it is from, for what is not arithmetic.
    """
    try:
        return _parsed(expression)
    except (SyntaxError, MemoryError, RecursionError) as error:
        reason = error.msg if type(error) is SyntaxError else "it is nested too deeply"
        raise ModelError(
            f"{line.shown} cannot be read: {reason}; expected arithmetic of labels with "
            "+ - * / ^ ( ), exp, log and sqrt."
        ) from error


@functools.lru_cache(maxsize=1024)
def _parsed(expression: str) -> tuple[ast.expr, Mapping[str, str]]:
    """An expression as Python's tree, and the label of each plain name in it.

    Plain names replace the labels, which may be a word of Python (`lambda`) or hold dots.
    Whatever is not arithmetic is a SyntaxError.
    """
    unknown = _TOKEN.sub("", expression).strip()
    if unknown:
        raise SyntaxError(f"{unknown[0]!r} is no arithmetic")
    tokens = list(_TOKEN.finditer(expression))
    if not tokens:
        raise SyntaxError("it is empty")
    if len(tokens) > MOST_TOKENS:
        raise SyntaxError(
            f"it has {len(tokens)} parts, more than {MOST_TOKENS}; define it in steps"
        )
    names: dict[str, str] = {}
    source = " ".join(_python(tokens, names))
    try:
        tree = ast.parse(source, mode="eval").body
    except SyntaxError as error:
        raise SyntaxError(_MALFORMED) from error
    if not all(_is_arithmetic(node) for node in ast.walk(tree)):
        raise SyntaxError(_MALFORMED)
    return tree, {alias: name for name, alias in names.items()}


def _python(tokens: list[re.Match[str]], names: dict[str, str]) -> Iterator[str]:
    """Each token as Python has it; labels get plain names, which are added to `names`."""
    following = [token[0] for token in tokens[1:]] + [""]
    for token, ahead in zip(tokens, following, strict=True):
        text = token[0]
        if token["number"]:
            if not math.isfinite(float(text)):
                raise SyntaxError(f"{text} is too large")
            yield repr(float(text))
        elif token["sign"]:
            yield text.replace("^", "**")
        elif ahead != "(":
            yield names.setdefault(text, f"n{len(names)}")
        elif text in FUNCTIONS:
            yield text
        else:
            raise SyntaxError(f"{text}(...) is no function here")


def _is_arithmetic(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=function), args=[_], keywords=[]):
            return function in FUNCTIONS
    return isinstance(node, _ARITHMETIC)


def _value_of(definition: Line, known: Mapping[str, NDArray]) -> NDArray:
    tree, labels = _formula(definition)
    inputs = {alias: known[name] for alias, name in labels.items()}
    try:
        with np.errstate(all="ignore"):
            return _value(tree, inputs)
    except ArithmeticError as error:
        raise EstimationError(
            f"{definition.shown} cannot be computed at the estimates: {error}. "
            "Leave it out, or write it so that it exists there."
        ) from error


def _value(node: ast.AST, inputs: Mapping[str, NDArray]) -> NDArray:
    match node:
        case ast.Constant(value=float(number)):
            return np.array([number + 0j])
        case ast.Name(id=name):
            value = inputs[name]
        case ast.UnaryOp(op=sign, operand=operand):
            value = _value(operand, inputs) * (-1 if isinstance(sign, ast.USub) else 1)
        case ast.Call(func=ast.Name(id=function), args=[argument]):
            value = _value(argument, inputs)
            # At 0 the root has a value but no derivative.
            if function != "exp" and _at(value) <= 0:
                raise ArithmeticError(f"{function} of {_at(value):g}")
            value = FUNCTIONS[function](value)
        case ast.BinOp(left=left, op=sign, right=right):
            value = _combined(sign, _value(left, inputs), _value(right, inputs))
    if not np.isfinite(value).all():
        raise ArithmeticError("a part of it is not finite")
    return value


def _at(value: NDArray) -> np.float64:
    """The number at the estimates themselves."""
    return value[-1].real


def _combined(sign: ast.operator, left: NDArray, right: NDArray) -> NDArray:
    match sign:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            if _at(right) == 0:
                raise ArithmeticError("division by zero")
            return left / right
    return _power(left, right)


def _power(base: NDArray, exponent: NDArray) -> NDArray:
    number, times = _at(base), _at(exponent)
    varies = exponent.imag.any()
    if number == 0 and (varies or (times < 1 and times != 0)):
        raise ArithmeticError(f"0 to the power of {times:g}")
    if number < 0 and (varies or not times.is_integer()):
        raise ArithmeticError(f"{number:g} to the power of {times:g}")
    if varies:
        return np.exp(exponent * np.log(base))
    # numpy's ** turns to polar form, where the step of a negative base is lost beside pi.
    slope = times * number ** (times - 1) if times else 0.0
    return number**times + 1j * slope * base.imag
