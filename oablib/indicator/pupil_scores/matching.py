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
from oablib.indicator.pupil_scores.donor_line import Line, NearestDonors
from oablib.indicator.pupil_scores.education import Education
from oablib.indicator.pupil_scores.indicator import Indicator
from oablib.indicator.pupil_scores.settings import Matching

CHOICE = 2  # purpose of the random numbers that choose a donor
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


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """From whom each recipient's donor is drawn.

    recipients, patterns, few, outside: as in Matches.
    """

    recipients: NDArray[np.int64]
    patterns: int
    few: int
    outside: int
    parts: Sequence[NearestDonors]

    def drawn(self, lot: NDArray[np.float64]) -> NDArray[np.int64]:
        """A donor of each recipient, (r,) rows of Children; lot: (r,) random numbers in [0, 1)."""
        donors = np.empty(len(self.recipients), dtype=np.int64)
        for part in self.parts:
            donors[part.recipients] = part.drawn(lot[part.recipients])
        return donors

    def resampled(
        self, lot: NDArray[np.float64], times: NDArray[np.integer], *, k: int
    ) -> NDArray[np.int64]:
        """As `drawn`, from the k nearest where each child is a donor `times` (n,) times."""
        donors = np.empty(len(self.recipients), dtype=np.int64)
        for part in self.parts:
            donors[part.recipients] = part.resampled(lot[part.recipients], times, k=k)
        return donors


def chosen(found: Candidates, children: Children, *, seed: int) -> Matches:
    """The donor of each recipient that a seed draws; it depends on a child's key, not its row."""
    lot = numbers_of(children.key[found.recipients], seed=seed, purpose=CHOICE)
    donors = found.drawn(lot)
    return Matches(found.recipients, donors, found.patterns, found.few, found.outside)


def candidates(
    children: Children,
    education: Education,
    computed: NDArray[np.float64],
    *,
    indicator: Indicator,
    rule: Matching,
    recipients: NDArray[np.bool_],
) -> Candidates:
    """Find the donors that each recipient may get.

    For each set of donor variables that is known of some recipients, donors' scores are regressed
    on these variables; candidates are the `donors` nearest predictions in the recipient's cell, or
    all equal ones where more are equal. Raises ImputationError when no child has a computed score.
    """
    found = several(
        children,
        education,
        computed,
        indicator=indicator,
        rule=rule,
        recipients=recipients,
        donors=[rule.donors],
    )
    return next(found)


def several(
    children: Children,
    education: Education,
    computed: NDArray[np.float64],
    *,
    indicator: Indicator,
    rule: Matching,
    recipients: NDArray[np.bool_],
    donors: Sequence[int],
) -> Iterator[Candidates]:
    """Candidates for each of several numbers of `donors`, as `candidates`, put in order once."""
    rows, pool = np.flatnonzero(recipients), np.flatnonzero(~np.isnan(computed))
    if len(rows) and not len(pool):
        raise ImputationError(
            f"{len(rows):,} children need the score of a donor and none of {len(computed):,} has "
            "one; check which children are in the population register."
        )
    parts: list[list[NearestDonors]] = [[] for _ in donors]
    if len(rows):
        predictors = _predictors(children, education, computed, indicator=indicator, rule=rule)
        for part, line, at, cell in _lines(children, computed, predictors, rows, pool, rule=rule):
            for of_number, k in zip(parts, donors, strict=True):
                of_number.append(line.nearest(part, at, cell, k=k))
    for of_number in parts:
        few, outside = (
            sum(getattr(part, name) for part in of_number) for name in ("few", "outside")
        )
        yield Candidates(rows, len(of_number), few, outside, of_number)


def _lines(
    children: Children,
    computed: NDArray[np.float64],
    predictors: Mapping[str, NDArray[np.float64]],
    rows: NDArray[np.int64],
    pool: NDArray[np.int64],
    *,
    rule: Matching,
) -> Iterator[tuple[NDArray[np.int64], Line, NDArray[np.int64], NDArray[np.int64]]]:
    """Recipients of each pattern, the line of their donors, and their places and cells on it."""
    known = {name: ~np.isnan(values[pool]) for name, values in predictors.items()}
    cell = _cells(children, rule)
    for part, names in _patterns({name: values[rows] for name, values in predictors.items()}):
        usable = pool[np.all([np.ones(len(pool), bool), *(known[name] for name in names)], axis=0)]
        if not len(usable):
            raise ImputationError(
                f"Of {len(pool):,} children with a score none has all {len(names)} donor "
                "variables; take one out of `predictors` in params/rules/pupil_scores.yaml."
            )
        columns = [predictors[name] for name in names]
        at_donors, at_part = _predictions(computed, columns, donors=usable, recipients=rows[part])
        yield part, Line.ordered(at_donors, cell[usable], usable), at_part, cell[rows[part]]


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
