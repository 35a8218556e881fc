"""Predictive mean matching: a child without a computable score gets that of a similar child.

Scores of children who have one are regressed on donor variables; donor and recipient are near in
what that predicts. Donors therefore change when the indicator does (Walhout & Scholtus 2021,
chapter 4).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import ImputationError
from oablib.base.shown import showable
from oablib.indicator.pupil_scores.children import Children, numbers_of
from oablib.indicator.pupil_scores.education import Education
from oablib.indicator.pupil_scores.indicator import Indicator
from oablib.indicator.pupil_scores.settings import Matching

CHOICE = 2  # purpose of the random numbers that choose a donor
CELL = 1 << 40  # larger than any prediction in grains, so that cells lie apart on one line
# Predictions are fixed to a millionth of a point: last bits, which differ between processors,
# must not choose a donor.
GRAIN = 1e6


@showable(private=("recipients", "donors"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Matches:
    """Donors of scores and their recipients.

    recipients, donors: (r,) rows of Children. patterns: sets of donor variables that were known of
    recipients, one regression each. few: recipients in cells with fewer donors than asked for,
    whose donor is one of those; outside: recipients whose cell has none, with a donor of any cell.
    """

    recipients: NDArray[np.int64]
    donors: NDArray[np.int64]
    patterns: int
    few: int
    outside: int

    def filled(self, computed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scores, those of recipients replaced by their donors', (n,)."""
        score = computed.copy()
        score[self.recipients] = computed[self.donors]
        return score


def match(
    children: Children,
    education: Education,
    computed: NDArray[np.float64],
    *,
    indicator: Indicator,
    rule: Matching,
    recipients: NDArray[np.bool_],
    seed: int,
) -> Matches:
    """Choose a donor for each recipient.

    For each set of donor variables that is known of some recipients, donors' scores are regressed
    on these variables; of the `donors` nearest predictions in the recipient's cell one is drawn,
    where more are equal one of all equal. The draw depends on the child's key, not on its row.
    Raises ImputationError when no child has a computed score.
    """
    rows, pool = np.flatnonzero(recipients), np.flatnonzero(~np.isnan(computed))
    if not len(rows):
        return Matches(rows, rows, 0, 0, 0)
    if not len(pool):
        raise ImputationError(
            f"{len(rows):,} children need the score of a donor and none of {len(computed):,} has "
            "one; check which children are in the population register."
        )
    predictors = _predictors(children, education, computed, indicator=indicator, rule=rule)
    known = {name: ~np.isnan(values[pool]) for name, values in predictors.items()}
    lot = numbers_of(children.key[rows], seed=seed, purpose=CHOICE)
    cell = _cells(children, rule)
    donors, few, outside = np.empty(len(rows), dtype=np.int64), 0, 0
    patterns = list(_patterns({name: values[rows] for name, values in predictors.items()}))
    for part, names in patterns:
        usable = pool[np.all([np.ones(len(pool), bool), *(known[name] for name in names)], axis=0)]
        if not len(usable):
            raise ImputationError(
                f"Of {len(pool):,} children with a score none has all {len(names)} donor "
                "variables; take one out of `predictors` in params/rules/pupil_scores.yaml."
            )
        columns = [predictors[name] for name in names]
        at_donors, at_part = _predictions(computed, columns, donors=usable, recipients=rows[part])
        line = _Line.ordered(at_donors, cell[usable], usable)
        chosen, counts = line.nearest(at_part, cell[rows[part]], lot[part], k=rule.donors)
        donors[part] = chosen
        few, outside = few + counts[0], outside + counts[1]
    return Matches(rows, donors, len(patterns), few, outside)


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """Donors in order of cell and prediction; at: (d,) their positions on the line."""

    donors: NDArray[np.int64]
    at: NDArray[np.int64]

    @classmethod
    def ordered(cls, predicted: NDArray, cell: NDArray, donors: NDArray) -> "_Line":
        """predicted, cell: (d,) of the donors, whose rows are in ascending order."""
        at = cell * CELL + predicted
        order = np.argsort(at)
        at, donors = at[order], donors[order]
        # Equal ones by key, the order of children: a stable sort would take three times as long.
        run = np.cumsum(np.append(False, at[1:] != at[:-1])) * (int(donors.max(initial=0)) + 1)
        return cls(np.sort(run + donors) - run, at)

    def nearest(
        self, predicted: NDArray, cell: NDArray, lot: NDArray, *, k: int
    ) -> tuple[NDArray, tuple[int, int]]:
        """One of the k nearest donors of each (r,), and counts of cells with few and with none."""
        first = np.searchsorted(self.at, cell * CELL - CELL // 2)
        last = np.searchsorted(self.at, cell * CELL + CELL // 2)
        none = first == last
        first, last = np.where(none, 0, first), np.where(none, len(self.at), last)
        target = np.where(none, predicted, cell * CELL + predicted)
        low = np.clip(np.searchsorted(self.at, target, "left"), first, last)
        high = np.clip(np.searchsorted(self.at, target, "right"), first, last)
        position = low + np.floor(lot * (high - low)).astype(np.int64)
        scarce = np.flatnonzero(high - low < k)
        position[scarce] = self._among(
            target[scarce], low[scarce], first[scarce], last[scarce], lot[scarce], k=k
        )
        few = int((~none & (last - first < k)).sum())
        return self.donors[position], (few, int(none.sum()))

    def _among(
        self, target: NDArray, low: NDArray, first: NDArray, last: NDArray, lot: NDArray, *, k: int
    ) -> NDArray:
        """Position of one of the k nearest, where fewer than k are equal to the target."""
        window = low[:, None] + np.arange(-k, 2 * k)
        inside = (window >= first[:, None]) & (window < last[:, None])
        distance = np.abs(self.at[np.clip(window, 0, len(self.at) - 1)] - target[:, None])
        distance = np.where(inside, distance, np.iinfo(np.int64).max)
        nearest = np.argsort(distance, axis=1, kind="stable")[:, :k]
        pick = np.floor(lot * np.minimum(k, last - first)).astype(np.int64)
        row = np.arange(len(window))
        return np.asarray(window[row, nearest[row, pick]])


def _predictors(
    children: Children,
    education: Education,
    computed: NDArray[np.float64],
    *,
    indicator: Indicator,
    rule: Matching,
) -> dict[str, NDArray[np.float64]]:
    """Donor variables as numbers, each (n,); NaN where unknown of a child."""
    columns = {}
    for name in rule.predictors:
        if name == "school_score":
            columns[name] = _school_scores(children, computed)
        elif name in indicator.columns:
            points = indicator.points(name)
            columns[name] = education.values(name, codes=children.codes[name], points=points)
        else:
            columns[name] = children.values(name)
    return columns


def _school_scores(children: Children, computed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean score of the other children of a school, (n,), drawn to the country's mean.

    A child's own score must not predict it; the country counts as one further child.
    """
    has = ~np.isnan(computed)
    group = np.where(children.toddler, len(children.sites) + children.home, children.site)
    group = np.where(children.toddler & (children.home < 0), -1, group)
    size = int(group.max(initial=-1)) + 1
    inside = has & (group >= 0)
    total = np.append(np.bincount(group[inside], computed[inside], minlength=size), 0.0)
    count = np.append(np.bincount(group[inside], minlength=size), 0)
    own, overall = np.where(inside, computed, 0.0), float(computed[has].mean())
    return np.asarray((total[group] - own + overall) / (count[group] - inside + 1))


def _cells(children: Children, rule: Matching) -> NDArray[np.int64]:
    """Number of each child's cell, from 1, (n,)."""
    cell = np.zeros(len(children), dtype=np.int64)
    for name in rule.cells:
        cell = cell * 16 + np.minimum(children.codes[name], 15)
    return cell + 1


def _patterns(
    columns: Mapping[str, NDArray[np.float64]],
) -> Iterator[tuple[NDArray[np.int64], list[str]]]:
    """Recipients with the same known columns, and the names of these columns."""
    known = np.zeros(len(next(iter(columns.values()))), dtype=np.int64)
    for bit, values in enumerate(columns.values()):
        known |= (~np.isnan(values)).astype(np.int64) << bit
    for pattern in np.unique(known).tolist():
        names = [name for bit, name in enumerate(columns) if pattern >> bit & 1]
        yield np.flatnonzero(known == pattern), names


def _predictions(
    score: NDArray[np.float64],
    columns: Sequence[NDArray[np.float64]],
    *,
    donors: NDArray[np.int64],
    recipients: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Least-squares predictions in grains, of donors and of recipients.

    score, columns: (n,) each, known of these rows. Sums are numpy's own, not BLAS': they come out
    the same whatever the number of threads.
    """
    centres = [float(column[donors].mean()) for column in columns]
    pairs = list(zip(columns, centres, strict=True))
    x = [column[donors] - centre for column, centre in pairs]
    y = score[donors] - score[donors].mean()
    products = np.zeros((len(x), len(x)))
    for i, a in enumerate(x):
        for j in range(i + 1):
            products[i, j] = products[j, i] = np.sum(a * x[j])
    right = np.array([np.sum(values * y) for values in x])
    slopes = np.linalg.lstsq(products, right, rcond=1e-12)[0]
    others = [column[recipients] - centre for column, centre in pairs]
    return _grains(slopes, x, n=len(donors)), _grains(slopes, others, n=len(recipients))


def _grains(
    slopes: NDArray[np.float64], columns: Sequence[NDArray[np.float64]], *, n: int
) -> NDArray[np.int64]:
    predicted = np.zeros(n)
    for slope, values in zip(slopes, columns, strict=True):
        predicted += slope * values
    return np.rint(predicted * GRAIN).astype(np.int64)
