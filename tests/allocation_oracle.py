"""The allocation of the law, read slowly: lists, exact fractions, and nothing of oablib.

Besluit bekostiging WPO art. 27, Besluit specifieke uitkeringen gemeentelijk
onderwijsachterstandenbeleid art. 3 and 4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

SHARE = Fraction(15, 100)
F_SCHOOL, F_MUNICIPALITY = Fraction(12, 100), Fraction(5, 100)
MINIMUM = 64_000
TRAVELLING = 2


class NobodyCountsError(Exception):
    """No child belongs to the target group."""


@dataclass(frozen=True)
class Child:
    """school: None for toddlers and where unknown; home: None where unknown."""

    toddler: bool
    school: str | None
    home: str | None
    score: Fraction


@dataclass(frozen=True)
class Site:
    school: str
    municipality: str
    kind: int


@dataclass(frozen=True)
class Row:
    """E, the size of the target group, and the terms of A - B."""

    E: int
    target: Fraction
    A: Fraction
    B: Fraction
    C: Fraction
    G: Fraction | None
    score: Fraction


def as_score(value: float) -> Fraction:
    """A score with six decimals."""
    return Fraction(round(Fraction(value) * 10**6), 10**6)


def rounded(value: Fraction) -> Fraction:
    """Arithmetic rounding to two decimals, then no less than 0."""
    cents = floor(abs(value) * 100 + Fraction(1, 2))
    return Fraction(cents, 100) if value > 0 else Fraction(0)


def belonging(children: Sequence[Child], ties: str) -> list[Fraction]:
    """For how much each child counts among the 15% with the lowest scores."""
    k = floor(SHARE * len(children))
    if k == 0:
        raise NobodyCountsError
    boundary = sorted(child.score for child in children)[k - 1]
    lower = sum(child.score < boundary for child in children)
    tied = sum(child.score == boundary for child in children)
    part = {
        "all": Fraction(1),
        "none": Fraction(1 if lower + tied == k else 0),
        "share": Fraction(k - lower, tied),
    }[ties]
    counts = {True: Fraction(1), False: Fraction(0)}
    result = [
        part if child.score == boundary else counts[child.score < boundary] for child in children
    ]
    if sum(result) == 0:
        raise NobodyCountsError
    return result


def schools(children: Sequence[Child], sites: Sequence[Site], ties: str) -> dict[str, Row]:
    """Each site as a basisschool of its own."""
    basisscholen = [site for site in sites if site.kind != TRAVELLING]
    names = {site.school for site in basisscholen}
    leerlingen = [child for child in children if child.school in names]
    weights = belonging(leerlingen, ties)
    return {
        site.school: _row(
            leerlingen, weights, [child.school == site.school for child in leerlingen], F_SCHOOL
        )
        for site in basisscholen
    }


def brins(rows: dict[str, Row]) -> dict[str, Fraction]:
    """Sum of the rounded scores that the vestigingen would have as schools of their own."""
    sums: dict[str, Fraction] = {}
    for name, row in rows.items():
        sums[name[:4]] = sums.get(name[:4], Fraction(0)) + row.score
    return sums


def municipalities(
    children: Sequence[Child], sites: Sequence[Site], listed: Sequence[str], ties: str, own: bool
) -> dict[str, Row]:
    """Toddlers living in the municipality and pupils of schools in it."""
    of_school = {site.school: site.municipality for site in sites if site.kind != TRAVELLING}
    placed = [
        (child, child.home if child.toddler else of_school.get(child.school or ""))
        for child in children
    ]
    placed = [(child, town) for child, town in placed if town in listed]
    counted = [child for child, _ in placed]
    weights = belonging(counted, ties)
    return {
        name: _row(counted, weights, [town == name for _, town in placed], F_MUNICIPALITY, own)
        for name in listed
    }


def _row(
    everybody: Sequence[Child],
    weights: Sequence[Fraction],
    here: Sequence[bool],
    F: Fraction,
    own: bool = False,
) -> Row:
    """own: G is the mean over the target group that is here."""
    E = sum(here)
    C = sum(child.score for child in everybody) / Fraction(len(everybody))
    pairs = list(zip(everybody, weights, strict=True))
    inside = [pair for pair, is_here in zip(pairs, here, strict=True) if is_here]
    A = sum((weight * (C - child.score) for child, weight in inside), Fraction(0))
    target = sum((weight for _, weight in inside), Fraction(0))
    over = inside if own else pairs
    size = sum((weight for _, weight in over), Fraction(0))
    if size == 0:
        return Row(E, target, A, Fraction(0), C, None, rounded(A))
    G = sum(weight * child.score for child, weight in over) / size
    B = E * F * (C - G)
    return Row(E, target, A, B, C, G, rounded(A - B))


def grants(
    halves: Sequence[Fraction], has_target: Sequence[bool], budget: int
) -> tuple[list[int], Fraction]:
    """Cents of each municipality, and J; halves: H + I.

    What a rate J / K costs grows with it, so that the rate that costs the budget is found by
    halving; who is at the minimum there gives the exact one.
    """
    pairs = list(zip(halves, has_target, strict=True))

    def grant(h: Fraction, target: bool, rate: Fraction) -> Fraction:
        return max(h * rate, Fraction(MINIMUM)) if target else h * rate

    low, high = Fraction(0), Fraction(budget) / sum(halves)
    for _ in range(80):
        middle = (low + high) / 2
        costs = sum(grant(h, target, middle) for h, target in pairs)
        low, high = (middle, high) if costs <= budget else (low, middle)
    lifted = [target and h * high < MINIMUM for h, target in pairs]
    free = sum(h for h, is_lifted in zip(halves, lifted, strict=True) if not is_lifted)
    rate = (Fraction(budget) - MINIMUM * sum(lifted)) / free
    amounts = [
        Fraction(MINIMUM * 100) if is_lifted else h * rate * 100
        for h, is_lifted in zip(halves, lifted, strict=True)
    ]
    cents = [floor(each) for each in amounts]
    left = budget * 100 - sum(cents)
    order = sorted(range(len(cents)), key=lambda at: (-(amounts[at] - cents[at]), at))
    return [each + (at in order[:left]) for at, each in enumerate(cents)], rate * sum(halves)
