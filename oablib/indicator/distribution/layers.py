"""The weight of each child under one way of distributing, as layers whose sums are exact.

A layer gives each of its children `part` times (`offset` + `scale` times a whole number). Weights
add up over layers, so that sums over any place are whole numbers and fractions, never rounded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import AllocationError
from oablib.indicator.allocation import populations
from oablib.indicator.allocation.populations import National
from oablib.indicator.allocation.settings import Rules as Law
from oablib.indicator.distribution.weight_kinds import (
    Deciles,
    Former,
    Kind,
    Logistic,
    OwnWeight,
    Percentiles,
    Question,
    Ramp,
    Written,
)

Codes: TypeAlias = Mapping[str, NDArray[np.uint8]]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """child: (k,) rows of the population. value: (k,) whole numbers, None where all are 0.

    counts: whether its children are counted as having a weight, `part` each; a child is counted in
    one layer only, or in some for a part each.
    """

    child: NDArray[np.intp]
    value: NDArray[np.int64] | None
    offset: Fraction
    scale: Fraction
    part: Fraction = Fraction(1)
    counts: bool = True

    def weights(self) -> NDArray[np.float64]:
        """What it gives each of its children, (k,)."""
        constant = np.full(len(self.child), float(self.part * self.offset))
        if self.value is None:
            return constant
        return np.asarray(constant + float(self.part * self.scale) * self.value)


class Country:
    """Scores of a population in units, and what its boundaries and mean are."""

    def __init__(self, units: NDArray[np.int64], *, law: Law) -> None:
        """units: (n,) scores of the children who count, n > 0."""
        self.units = units
        self.law = law
        self.national = cache(self._national)

    def _national(self, share: Fraction) -> National:
        return populations.of_units(self.units, rules=replace(self.law, target_share=share))

    @property
    def mean(self) -> Fraction:
        """Mean score, in points."""
        return Fraction(int(self.units.sum()), len(self.units) * self.unit)

    @property
    def unit(self) -> int:
        """Units a point."""
        return int(10**self.law.score_decimals)


def by_score(kind: Kind, country: Country, units: NDArray[np.int64] | None = None) -> list[Layer]:
    """Layers of a kind whose weights depend on the score alone.

    units: of the children to be weighed, by default those of the country; boundaries and mean are
    the country's.
    """
    at = country.units if units is None else units
    match kind:
        case OwnWeight(share=share, distance="mean"):
            return _nested(
                at, country, share, offset=country.mean, scale=Fraction(-1, country.unit)
            )
        case OwnWeight(share=share):
            boundary = country.national(share).cut
            below = np.flatnonzero(at < boundary)
            return [Layer(below, boundary - at[below], Fraction(0), Fraction(1, country.unit))]
        case Percentiles() | Deciles():
            return _groups(at, country, kind)
        case Ramp() | Logistic():
            return _fading(at, country, kind)
    raise AllocationError(f"{type(kind).__name__} does not depend on the score alone.")


def by_answers(
    questions: Sequence[Question], codes: Codes, *, n: int, part: Fraction = Fraction(1)
) -> list[Layer]:
    """Layers of questions: each child has the weight of the first that it answers with yes.

    codes: column -> (n,) codes of the children who count. An unknown code answers no question.
    """
    is_open = np.ones(n, dtype=bool)
    layers = []
    for question in questions:
        yes = is_open.copy()
        for column, wanted in question.when.items():
            known = np.zeros(256, dtype=bool)
            known[list(wanted)] = True
            yes &= known.take(codes[column])
        is_open &= ~yes
        if question.weight:
            child = np.flatnonzero(yes)
            layers.append(Layer(child, None, question.weight, Fraction(0), part))
    return layers


def questions_of(kind: Kind) -> tuple[Question, ...]:
    """The questions of a kind that asks for characteristics."""
    match kind:
        case Written(questions=questions):
            return questions
        case Former():
            return kind.questions
    raise AllocationError(f"{type(kind).__name__} has no questions; learn it from scores first.")


def _nested(
    at: NDArray[np.int64],
    country: Country,
    share: Fraction,
    *,
    offset: Fraction,
    scale: Fraction,
    counts: bool = True,
) -> list[Layer]:
    """The children of the lowest share; those at the boundary for the part that ties leave them."""
    national = country.national(share)
    layers = []
    for child, part in (
        (np.flatnonzero(at < national.cut), Fraction(1)),
        (np.flatnonzero(at == national.cut), national.counted),
    ):
        value = at[child] if scale else None
        if part:
            layers.append(Layer(child, value, offset, scale, part, counts))
    return layers


def _groups(at: NDArray[np.int64], country: Country, kind: Percentiles | Deciles) -> list[Layer]:
    """One group within the other, each adding what it has more than the next."""
    steps = [*kind.weights, Fraction(0)]
    last = max(number for number, weight in enumerate(kind.weights) if weight)
    layers = []
    for number, share in enumerate(kind.shares[: last + 1]):
        if more := steps[number] - steps[number + 1]:
            counts = number == last
            layers += _nested(at, country, share, offset=more, scale=Fraction(0), counts=counts)
    return layers


def _fading(at: NDArray[np.int64], country: Country, kind: Ramp | Logistic) -> list[Layer]:
    """Distance to the mean, in whole units, times what fades; rounded down to whole units."""
    mean = round(country.mean * country.unit)
    if isinstance(kind, Ramp):
        upper, lower = country.national(kind.none).cut, country.national(kind.full).cut
        child = np.flatnonzero((at < upper) & (at < mean))
        value = mean - at[child]
        between = at[child] > lower
        value[between] = value[between] * (upper - at[child][between]) // max(upper - lower, 1)
    else:
        cut = country.national(kind.share).cut
        child = np.flatnonzero(at < mean)
        distance = (at[child] - cut) / (kind.width * country.unit)
        value = np.floor((mean - at[child]) / (1 + np.exp(np.minimum(distance, 700.0))))
        value = value.astype(np.int64)
    kept = value > 0
    return [Layer(child[kept], value[kept], Fraction(0), Fraction(1, country.unit))]
