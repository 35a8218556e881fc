"""Expressions of labels as polynomials with exact coefficients: which relations are linear.

A polynomial is a mapping from products of labels (sorted, a label once per power) to their
coefficients; the empty product belongs to the constant.
"""

import ast
from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import TypeAlias

from oablib.statistics.sem.text import defined
from oablib.statistics.sem.text.defined import Line

Polynomial: TypeAlias = Mapping[tuple[str, ...], Fraction]
# Higher powers and longer products are left to the general, iterative treatment.
HIGHEST_POWER, MOST_PRODUCTS = 8, 5_000
ONE = Fraction(1)


def number(value: float) -> Polynomial:
    """A constant, exactly as the text has it: 0.1 is one tenth."""
    exact = Fraction(repr(value))
    return {(): exact} if exact else {}


def read(line: Line, known: Mapping[str, Polynomial | None]) -> Polynomial | None:
    """Polynomial of the labels in a definition or constraint, or None where it is none.

    known: what each label and earlier defined parameter is.
    """
    tree, labels = defined.formula(line.expression, line=line)
    return _read(tree, {alias: known[name] for alias, name in labels.items()})


def _read(node: ast.expr, known: Mapping[str, Polynomial | None]) -> Polynomial | None:
    match node:
        case ast.Constant(value=float(value)):
            return number(value)
        case ast.Name(id=name):
            return known[name]
        case ast.UnaryOp(op=sign, operand=operand):
            inner = _read(operand, known)
            return inner if isinstance(sign, ast.UAdd) else _times(number(-1.0), inner)
        case ast.BinOp(left=left, op=sign, right=right):
            return _combined(sign, _read(left, known), _read(right, known))
        case ast.Call(func=ast.Name(id=function), args=[argument]):
            at = _constant(_read(argument, known))
            if at is not None and (function == "exp" or at > 0):
                return number(float(defined.FUNCTIONS[function](at)))
    return None


def _combined(
    sign: ast.operator, left: Polynomial | None, right: Polynomial | None
) -> Polynomial | None:
    match sign:
        case ast.Add():
            return _plus(left, right)
        case ast.Sub():
            return _plus(left, _times(number(-1.0), right))
        case ast.Mult():
            return _times(left, right)
    if right is None or set(right) - {()}:
        return None
    value = right.get((), Fraction(0))
    if isinstance(sign, ast.Div):
        return _times(left, {(): 1 / value}) if value else None
    return _power(left, value)


def _power(base: Polynomial | None, exponent: Fraction) -> Polynomial | None:
    if exponent.denominator == 1 and 0 <= exponent <= HIGHEST_POWER:
        power: Polynomial | None = number(1.0)
        for _ in range(int(exponent)):
            power = _times(power, base)
        return power
    value = _constant(base)
    return number(value ** float(exponent)) if value is not None and value > 0 else None


def _constant(polynomial: Polynomial | None) -> float | None:
    """The number that it is, or None where labels are in it."""
    if polynomial is None or set(polynomial) - {()}:
        return None
    return float(polynomial.get((), 0))


def _plus(left: Polynomial | None, right: Polynomial | None) -> Polynomial | None:
    if left is None or right is None:
        return None
    total = defaultdict(Fraction, left)
    for term, coefficient in right.items():
        total[term] += coefficient
    return {term: coefficient for term, coefficient in total.items() if coefficient}


def _times(left: Polynomial | None, right: Polynomial | None) -> Polynomial | None:
    if left is None or right is None or len(left) * len(right) > MOST_PRODUCTS:
        return None
    total: defaultdict[tuple[str, ...], Fraction] = defaultdict(Fraction)
    for (first, a), (second, b) in product(left.items(), right.items()):
        total[tuple(sorted(first + second))] += a * b
    return {term: coefficient for term, coefficient in total.items() if coefficient}
