"""From weights of children to points of places: threshold, cap, rounding, no less than 0."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import AllocationError
from oablib.indicator.allocation.exact import Terms, Whole
from oablib.indicator.distribution.layers import Layer
from oablib.indicator.distribution.settings import Variant
from oablib.indicator.distribution.weight_kinds import Former


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Sums of places, each (places,). n: children. weight, counted: whole numbers over `over`.

    counted: children with a weight; those who have one for a part, for that part.
    """

    n: Whole
    weight: Whole
    counted: Whole
    over: int


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """What is paid as one. unit: (places,) its number. points: (units,) whole, over `over`.

    weight: (places,) by which the money of a unit is divided over its places, over `weight_over`.
    """

    unit: NDArray[np.intp]
    points: Whole
    over: int
    weight: Whole
    weight_over: int


def sums(layers: Sequence[Layer], row: NDArray[np.integer], *, n: Whole) -> Sums:
    """Add weights up over places; row: (children,) the place of each. n: children of each place."""
    over = math.lcm(
        1,
        *(
            (layer.part * term).denominator
            for layer in layers
            for term in (layer.offset, layer.scale)
        ),
        *(layer.part.denominator for layer in layers),
    )
    weight, counted = (np.zeros(len(n), dtype=object) for _ in range(2))
    for layer in layers:
        place = row.take(layer.child)
        count = np.bincount(place, minlength=len(n)).astype(object)
        weight = weight + count * _times(layer.part * layer.offset, over)
        if layer.value is not None:
            # Doubles, and exact: see allocation.checks.fail_if_scores_are_unfit.
            total = np.bincount(place, layer.value, minlength=len(n)).astype(np.int64)
            weight = weight + total.astype(object) * _times(layer.part * layer.scale, over)
        if layer.counts:
            counted = counted + count * _times(layer.part, over)
    return Sums(n, weight, counted, over)


def units(
    sums: Sums,
    *,
    variant: Variant,
    threshold: Fraction,
    together: NDArray[np.intp],
    impulse: NDArray[np.bool_],
) -> Units:
    """Points of what is paid as one, by a variant.

    together: (places,) number of the unit of each, from 0. impulse: (places,) in an impulse area.
    Raises AllocationError when no child has a weight.
    """
    every = int(sums.counted.sum())
    if every == 0:
        raise AllocationError(
            f"No child has a weight under {variant.name!r}; expected some. Look at its shares and "
            "codes in params/rules/distribution.yaml."
        )
    former = variant.kind if isinstance(variant.kind, Former) else None
    mean = Fraction(1) if former else Fraction(int(sums.weight.sum()), every)
    drop = threshold * mean
    over = math.lcm(sums.over, drop.denominator)
    size = int(together.max()) + 1
    n, weight = _added(sums.n, together, size), _added(sums.weight, together, size)
    terms = Terms(A=weight * (over // sums.over), B=n * _times(drop, over), over=over)
    steps = 10**variant.decimals
    points = np.rint(terms.score(decimals=variant.decimals) * steps).astype(np.int64).astype(object)
    if former is None:
        return Units(together, points, steps, sums.weight, sums.over)
    cap, extra = former.cap, former.impulse_weight
    over = math.lcm(steps, cap.denominator, sums.over * extra.denominator)
    points = np.minimum(points * (over // steps), n * _times(cap, over))
    counted = np.where(impulse, sums.counted, 0)
    more = _added(counted, together, size) * (_times(extra, over) // sums.over)
    return Units(together, points + more, over, sums.weight, sums.over)


def mean_of(draws: Sequence[Units]) -> Units:
    """Sum over draws, which divides money as their mean does; units are the same in each."""
    first = draws[0]
    if len(draws) == 1:
        return first
    over = math.lcm(*(draw.over for draw in draws))
    weight_over = math.lcm(*(draw.weight_over for draw in draws))
    points = sum(draw.points * (over // draw.over) for draw in draws)
    weight = sum(draw.weight * (weight_over // draw.weight_over) for draw in draws)
    return Units(first.unit, points, over * len(draws), weight, weight_over * len(draws))


def _times(value: Fraction, over: int) -> int:
    """A fraction as a whole number over `over`, which its denominator divides."""
    return int(value.numerator * (over // value.denominator))


def _added(values: Whole, together: NDArray[np.intp], size: int) -> Whole:
    total = np.zeros(size, dtype=object)
    np.add.at(total, together, values)
    return total
