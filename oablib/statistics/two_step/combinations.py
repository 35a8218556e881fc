"""A product with scaled factors as a sum: combinations of categories times their scale values.

The number of a scaled variable is the sum of its indicators, each times its scale value. So a
product of one or two of them is a sum over (combinations of) indicators, times scale values that
stand outside; the indicators do not change with the values.
"""

import itertools
from collections.abc import Mapping, Sequence
from math import prod
from typing import TypeAlias

from numpy.typing import NDArray

from oablib.protocol.formed import Factor
from oablib.statistics import model_columns

CONSTANT = "const"
"""Name of a column of ones."""

Categories: TypeAlias = Mapping[str, Mapping[int, str]]
"""Scaled column -> code -> name of its indicator."""
Combination: TypeAlias = tuple[tuple[str, float], ...]
"""Of each scaled factor a column, and the number that it is multiplied by."""


def columns(
    name: str, factors: Sequence[Factor], *, categories: Categories, numbers: Mapping[str, NDArray]
) -> dict[str, NDArray]:
    """Columns, each (n,), that a product of this name is a sum of.

    numbers: the constant, indicators, and all other factors.
    """
    others = model_columns.product(
        [each for each in factors if each.name not in categories], numbers
    )
    return {
        _named(name, combination): prod((numbers[part] for part, _ in combination), start=others)
        for combination in _combinations(factors, categories)
    }


def weights(
    name: str,
    factors: Sequence[Factor],
    *,
    categories: Categories,
    values: Mapping[str, NDArray | float],
) -> dict[str, NDArray | float]:
    """What each of these columns is multiplied by; values: indicator -> scale value, or several."""
    known: dict[str, NDArray | float] = {CONSTANT: 1.0, **values}
    return {
        _named(name, combination): prod(known[part] * by for part, by in combination)
        for combination in _combinations(factors, categories)
    }


def _combinations(factors: Sequence[Factor], categories: Categories) -> list[Combination]:
    """Of each scaled factor an indicator, or the constant by minus what is subtracted."""
    forms = []
    for factor in (each for each in factors if each.name in categories):
        form = [(indicator, 1.0) for indicator in categories[factor.name].values()]
        forms.append([*form, (CONSTANT, -factor.centre)] if factor.centre else form)
    return list(itertools.product(*forms))


def _named(product: str, combination: Combination) -> str:
    return f"{product} of {' and '.join(part for part, _ in combination)}"
