"""Amounts of money in whole cents that add up to their budget."""

import math
from collections.abc import Sequence
from fractions import Fraction

from oablib.base.errors import AllocationError

CENTS = 100


def to_cents(amounts: Sequence[Fraction]) -> list[int]:
    """Exact euros as whole cents with the same sum, but for what is no whole cent of it.

    Those with the largest remainders are rounded up; of equal ones the first.
    """
    over = math.lcm(*(amount.denominator for amount in amounts))
    exact = [amount.numerator * (over // amount.denominator) * CENTS for amount in amounts]
    return _shared(exact, over)


def by_points(points: Sequence[int], *, cents: int) -> list[int]:
    """Cents divided in proportion to points, whole numbers from 0, rounded as in `to_cents`.

    Who has no points gets nothing; raises AllocationError when nobody has any.
    """
    total = sum(points)
    if total <= 0:
        raise AllocationError(
            f"None of {len(points):,} has a score above 0; expected some to divide the budget over."
        )
    return _shared([point * cents for point in points], total)


def in_cents(budget: float) -> Fraction:
    """A budget in euro as cents. Raises AllocationError for one that is no whole number of them."""
    cents = exact_decimal(budget) * CENTS if math.isfinite(budget) else Fraction(0)
    if cents <= 0 or cents.denominator != 1:
        raise AllocationError(
            f"The budget is {budget!r}; expected a positive number of euros and whole cents."
        )
    return cents


def exact_decimal(value: float) -> Fraction:
    """The decimal number that is written, not the double nearest to it."""
    return Fraction(str(value))


def _shared(amounts: Sequence[int], over: int) -> list[int]:
    """Cents of each of some amounts, which are cents over `over`."""
    cents = [amount // over for amount in amounts]
    missing = sum(amounts) // over - sum(cents)
    order = sorted(range(len(amounts)), key=lambda row: (-(amounts[row] % over), row))
    for row in order[:missing]:
        cents[row] += 1
    return cents
