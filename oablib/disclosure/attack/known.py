"""What an attacker knows of one place after all programmes, and whether that is too much."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import DisclosureError
from oablib.disclosure.attack.places import EXACT
from oablib.disclosure.attack.solver import Solver
from oablib.disclosure.settings import Rules

COUNT, MEAN, CHILD, HIDDEN, GROUP = "count", "mean", "child", "hidden", "group"

NEAR_LIMIT = 2
"""Values above the limit that a linear programme may leave before whole numbers are asked for."""


@dataclass(frozen=True, slots=True)
class Known:
    """Of a place: values of n that are left (single: 1 alone), widths of its A and its mean A / n.

    Widths in points; the mean's is infinite where it is wide enough not to be computed.
    """

    values: int
    single: bool
    A_width: float
    mean: float


@dataclass(frozen=True, slots=True)
class Case:
    """A place as the house knows it: children, whether it is a hidden site, and the true n and A.

    n_high: the most of the target group by its own row. few: whether the true n is small.
    """

    size: float
    n_high: float
    hidden: bool
    n_target: float
    A: float
    few: bool

    @property
    def looked_at(self) -> bool:
        """Whether something of it has to stay unknown."""
        return self.size > 0 and (self.few or self.hidden)


def known(solver: Solver, i: int, case: Case, *, rules: Rules) -> Known:
    """Ask for the range of the i-th place's n and A, and for its mean where it may be close.

    Raises DisclosureError where the true n or A is not within what is left.
    """
    n = 2 * i
    points: list[NDArray[np.float64]] = []
    ends: list[float] = []
    for column in (n, n + 1):
        for largest in (False, True):
            value, at = solver.extreme(column, largest=largest)
            ends.append(value)
            points.append(at[[n, n + 1]])
    n_low, n_high, A_low, A_high = ends
    _fail_if_truth_is_excluded(case.n_target, n_low, n_high)
    _fail_if_truth_is_excluded(case.A, A_low, A_high)
    low, high = int(np.ceil(n_low - EXACT)), int(np.floor(n_high + EXACT))
    if high - low + 1 < rules.attack.counts + NEAR_LIMIT:
        left = solver.possible(n, low, high)
        ends = [min(left, default=np.inf), max(left, default=-np.inf)]
        _fail_if_truth_is_excluded(case.n_target, *ends)
    else:
        left = list(range(low, high + 1))
    close = case.few and case.n_target >= 1 and _spread(points) <= rules.attack.width
    mean = _mean(solver, n, left) if close else np.inf
    return Known(values=len(left), single=left == [1], A_width=A_high - A_low, mean=mean)


def found(one: Known, case: Case, *, rules: Rules) -> Iterator[tuple[str, float]]:
    """What of it is too much: what, and how much is left.

    That a place of 3 children has at most 4 counts is public, and no finding.

    A hidden score is known when A is within rules.attack.width for each of its children: A is all
    that its score depends on, and divided by their number it is how far the place's children lie
    behind on average, which then is known as well as the mean of a small group may not be. Of sites
    alone: a municipality is hidden for its toddlers, who are a place of their own, and its sites.
    """
    too_few = one.values < min(rules.attack.counts, case.size + 1)
    if case.few and too_few:
        yield COUNT, float(one.values)
    if one.mean <= rules.attack.width:
        yield (CHILD if one.single else MEAN), one.mean
    if case.hidden and one.A_width <= rules.attack.width * case.size:
        yield HIDDEN, one.A_width / case.size
    elif case.hidden and too_few:
        yield HIDDEN, float(one.values)


def of_group(solver: Solver, i: int, case: Case, *, rules: Rules) -> Iterator[tuple[str, float]]:
    """Whether too large a part of the i-th place must be of the target group, and which part.

    Only asked where its own row allows for it.
    """
    if case.size > 0 and case.n_high >= rules.largest_category * case.size:
        share = solver.extreme(2 * i, largest=False)[0] / case.size
        if share >= rules.largest_category:
            yield GROUP, share


def _spread(points: list[NDArray[np.float64]]) -> float:
    """Width of the means at some of what is possible: the true width is no less."""
    means = [A / n for n, A in points if n >= 1 - EXACT]
    return max(means) - min(means) if means else 0.0


def _mean(solver: Solver, n: int, left: list[int]) -> float:
    """Width of the interval of A / n over all n of 1 and more that are left."""
    ends = [np.array(solver.spread(n + 1, fixed=n, at=k)) / k for k in left if k > 0]
    return float(max(e[1] for e in ends) - min(e[0] for e in ends)) if ends else np.inf


def _fail_if_truth_is_excluded(value: float, low: float, high: float) -> None:
    # A double of some ten thousand points has eleven decimals left; the solver's are six.
    slack = EXACT * max(1.0, abs(value))
    if not low - slack <= value <= high + slack:
        raise DisclosureError(
            "The true target group of a place is not among what its released row and the equations "
            "allow, so that the attack proves nothing; give the constants, bounds and municipality "
            "that belong to the released tables."
        )
