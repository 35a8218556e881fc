"""Predictive mean matching: who has no computable score gets that of a child who resembles it.

Children who do have a score are regressed on donor variables; donor and recipient are near in what
that predicts. Donors therefore change when the indicator does (Walhout & Scholtus 2021, chapter 4).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import ImputationError
from oablib.base.shown import showable
from oablib.indicator.pupil_scores.children import UNKNOWN, Children, numbers_of
from oablib.indicator.pupil_scores.education import Education
from oablib.indicator.pupil_scores.indicator import Indicator
from oablib.indicator.pupil_scores.settings import Matching, SchoolMean

CHOICE = 2  # purpose of the random numbers that choose a donor
CELL = 1 << 40  # larger than any prediction in grains, so that cells lie apart on one line


@showable(private=("recipients", "donors"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Matches:
    """Who lends a score to whom.

    recipients, donors: (r,) rows of Children. patterns: sets of donor variables that were known of
    recipients, one regression each. few: recipients in cells with fewer donors than asked, who
    get one of those there are; outside: recipients whose cell has none, who get one of any cell.
    """

    recipients: NDArray[np.int64]
    donors: NDArray[np.int64]
    patterns: int
    few: int
    outside: int

    def filled(self, computed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scores with those of the donors at the recipients' places, (n,)."""
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
    means: SchoolMean,
    recipients: NDArray[np.bool_],
    seed: int,
) -> Matches:
    """Choose a donor for each recipient.

    For each set of donor variables that is known of some recipients, donors' scores are regressed
    on these variables; of the `donors` nearest predictions in the recipient's cell one is drawn,
    where more are equal one of all equal. The draw hangs on the child's key, not on its place.
    Raises ImputationError when no child has a score to lend.
    """
    rows, pool = np.flatnonzero(recipients), np.flatnonzero(~np.isnan(computed))
    if not len(rows):
        return Matches(rows, rows, 0, 0, 0)
    if not len(pool):
        raise ImputationError(
            f"{len(rows):,} children need the score of a donor and none of {len(computed):,} has "
            "one; check which children are in the population register."
        )
    predictors = _predictors(
        children, education, computed, indicator=indicator, rule=rule, means=means
    )
    lot = numbers_of(children.key[rows], seed=seed, purpose=CHOICE)
    cell = _cells(children, rule)
    of_pool = Pool(pool, computed[pool], {n: each[pool] for n, each in predictors.items()})
    donors, few, outside = np.empty(len(rows), dtype=np.int64), 0, 0
    patterns = list(_patterns({name: each[rows] for name, each in predictors.items()}))
    for own, columns in patterns:
        usable, at_pool, at_rows = predictions(of_pool, columns, n=len(own))
        line = _Line.of(at_pool, cell[usable], usable)
        chosen, missed = line.nearest(at_rows, cell[rows[own]], lot[own], k=rule.donors)
        donors[own] = chosen
        few, outside = few + missed[0], outside + missed[1]
    return Matches(rows, donors, len(patterns), few, outside)


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """Donors in order of cell and prediction; at: (d,) their places on the line."""

    donors: NDArray[np.int64]
    at: NDArray[np.int64]

    @classmethod
    def of(cls, predicted: NDArray, cell: NDArray, donors: NDArray) -> "_Line":
        """predicted, cell: (d,) of the donors, who are rows in ascending order."""
        at = cell * CELL + predicted
        order = np.argsort(at)
        at, donors = at[order], donors[order]
        # Equal ones by key, in which children stand: a stable sort would take three times as long.
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
        place = low + np.floor(lot * (high - low)).astype(np.int64)
        scarce = np.flatnonzero(high - low < k)
        place[scarce] = self._among(
            target[scarce], low[scarce], first[scarce], last[scarce], lot[scarce], k=k
        )
        few = int((~none & (last - first < k)).sum())
        return self.donors[place], (few, int(none.sum()))

    def _among(
        self, target: NDArray, low: NDArray, first: NDArray, last: NDArray, lot: NDArray, *, k: int
    ) -> NDArray:
        """Place of one of the k nearest, where fewer than k are equal to the target."""
        window = low[:, None] + np.arange(-k, 2 * k)
        inside = (window >= first[:, None]) & (window < last[:, None])
        distance = np.abs(self.at[np.clip(window, 0, len(self.at) - 1)] - target[:, None])
        distance = np.where(inside, distance, np.iinfo(np.int64).max)
        nearest = np.argsort(distance, axis=1, kind="stable")[:, :k]
        count = np.minimum(k, last - first)
        pick = np.floor(lot * count).astype(np.int64)
        return np.asarray(window[np.arange(len(window)), nearest[np.arange(len(window)), pick]])


def _predictors(
    children: Children,
    education: Education,
    computed: NDArray[np.float64],
    *,
    indicator: Indicator,
    rule: Matching,
    means: SchoolMean,
) -> dict[str, NDArray[np.float64]]:
    """Donor variables as numbers, each (n,); NaN where unknown of a child."""
    found = {}
    for name in rule.predictors:
        if name == "school_score":
            found[name] = _school_scores(children, computed, rule=means)
        elif name in children.numbers:
            found[name] = children.numbers[name].astype(np.float64)
        elif name in indicator.columns:
            points = indicator.points(name)
            found[name] = education.values(name, codes=children.codes[name], points=points)
        else:
            codes = children.codes[name]
            found[name] = np.where(codes == UNKNOWN, np.nan, codes.astype(np.float64))
    return found


def _school_scores(
    children: Children, computed: NDArray[np.float64], *, rule: SchoolMean
) -> NDArray[np.float64]:
    """Mean score of the other children of a school, drawn to the country's; see leave_one_out.

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
) -> Iterator[tuple[NDArray[np.int64], dict[str, NDArray[np.float64]]]]:
    """Each set of columns that some recipients have: who they are, and their columns."""
    known = np.zeros(len(next(iter(columns.values()))), dtype=np.int64)
    for place, each in enumerate(columns.values()):
        known |= (~np.isnan(each)).astype(np.int64) << place
    for pattern in np.unique(known).tolist():
        own = np.flatnonzero(known == pattern)
        names = [name for place, name in enumerate(columns) if pattern >> place & 1]
        yield own, {name: columns[name][own] for name in names}


# Predictions are fixed to a millionth of a point: last bits, which differ between processors,
# must not choose a donor.
GRAIN = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """What is known of who has a score to lend. rows: (p,); score: (p,); columns: name -> (p,)."""

    rows: NDArray[np.int64]
    score: NDArray[np.float64]
    columns: Mapping[str, NDArray[np.float64]]

    def having(self, names: Sequence[str]) -> "Pool":
        """Those of whom all named columns are known, and these columns."""
        columns = {name: self.columns[name] for name in names}
        unknown = np.zeros(len(self.rows), dtype=bool)
        for each in columns.values():
            unknown |= np.isnan(each)
        if not unknown.any():
            return Pool(self.rows, self.score, columns)
        kept = {name: each[~unknown] for name, each in columns.items()}
        return Pool(self.rows[~unknown], self.score[~unknown], kept)


def predictions(
    pool: Pool, columns: Mapping[str, NDArray[np.float64]], *, n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Donors who have these columns; least-squares predictions in grains, theirs and recipients'.

    columns: of n recipients. Sums are numpy's own, not BLAS': they come out the same whatever the
    number of threads.
    """
    usable = pool.having(list(columns))
    if not len(usable.rows):
        raise ImputationError(
            f"Of {len(pool.rows):,} children with a score none has all {len(columns)} donor "
            "variables; take one out of `predictors` in params/rules/pupil_scores.yaml."
        )
    y = usable.score - usable.score.mean()
    centres = {name: float(each.mean()) for name, each in usable.columns.items()}
    x = [each - centres[name] for name, each in usable.columns.items()]
    products = np.zeros((len(x), len(x)))
    for i, a in enumerate(x):
        for j in range(i + 1):
            products[i, j] = products[j, i] = np.sum(a * x[j])
    right = np.array([np.sum(each * y) for each in x])
    slopes = np.linalg.lstsq(products, right, rcond=1e-12)[0]
    own = [each - centres[name] for name, each in columns.items()]
    at_pool = _grains(slopes, x, n=len(usable.rows))
    return usable.rows, at_pool, _grains(slopes, own, n=n)


def _grains(
    slopes: NDArray[np.float64], columns: Sequence[NDArray[np.float64]], *, n: int
) -> NDArray[np.int64]:
    predicted = np.zeros(n)
    for slope, each in zip(slopes, columns, strict=True):
        predicted += slope * each
    return np.rint(predicted * GRAIN).astype(np.int64)
