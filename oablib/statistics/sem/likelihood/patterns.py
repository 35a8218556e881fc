"""Rows with missing values, grouped by which variables are known, and their likelihood.

Full-information maximum likelihood (Arbuckle, 1996): each row has the density of its known
variables. Rows that know the same variables share one pattern, whose moments are all that the
likelihood and its derivatives need. The functions of `moments` give each pattern's part.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oablib.statistics.sem.data.sample import GroupSample, Sample
from oablib.statistics.sem.likelihood import moments
from oablib.statistics.sem.likelihood.layout import Layout, Places
from oablib.statistics.sem.likelihood.moments import Moments, Slopes


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """Rows in which the same p_j variables are known.

    known: their positions, (p_j,). n: rows, or the sum of their weights. mean (p_j,) and cov
    (p_j, p_j), divisor n, of the standardised rows z, (n_j, p_j); cluster (codes) and weights of
    these rows, (n_j,), or None.
    """

    known: NDArray
    n: float
    mean: NDArray
    cov: NDArray
    z: NDArray
    cluster: NDArray | None
    weights: NDArray | None


@dataclass(frozen=True, slots=True, eq=False)
class PatternSample(GroupSample):
    """One group with missing values; mean and cov are those of the unrestricted model.

    loglik: highest log-likelihood of all rows under any moments. correction: of the clustered
    sums of scores. It holds the rows, unlike other samples: per pattern the products of features
    would take more room than they do.
    """

    patterns: tuple[Pattern, ...]
    loglik: float
    correction: float


def groups(sample: Sample) -> tuple[PatternSample, ...]:
    """The groups of a sample with missing values; none of a complete one."""
    return tuple(group for group in sample.groups if isinstance(group, PatternSample))


def rows_that_know(sample: Sample) -> NDArray:
    """Number of rows, or sum of their weights, that know each variable, shape (p,)."""
    if not groups(sample):
        return np.full(len(sample.scale), sample.n, dtype=float)
    counts = np.zeros(len(sample.scale))
    for group in groups(sample):
        for pattern in group.patterns:
            counts[pattern.known] += pattern.n
    return counts


class _Part(NamedTuple):
    """What one pattern adds: its share in the rows, half of its precision, whitened moments.

    seen: scatter around the implied mean; pull: mean of the rows minus the implied one.
    """

    share: float
    known: NDArray
    half: NDArray
    seen: NDArray
    pull: NDArray


def loglik(at: Moments, group: PatternSample) -> float:
    """Mean log-density of the known values of a row."""
    total = 0.0
    for pattern in group.patterns:
        half = _half(at, pattern)
        deviation = half @ (pattern.mean - at.mean[pattern.known])
        spread = np.sum((half @ pattern.cov) * half) + deviation @ deviation
        log_det = -2 * np.log(np.diag(half)).sum()
        total += pattern.n * (len(half) * np.log(2 * np.pi) + log_det + spread)
    return -0.5 * float(total) / group.n


def gradient(at: Moments, places: Places, group: PatternSample) -> NDArray:
    """First derivatives of `loglik` to the cells, shape (c,)."""
    return slope(moments.slopes(at, places), *_gathered(at, list(_parts(at, group))))


def slope(by: Slopes, excess: NDArray, pull: NDArray) -> NDArray:
    """First derivatives, given those of `loglik` to the moments: excess / 2 and pull."""
    return by.f * np.einsum("pc,pc->c", by.L, excess @ by.R) + pull @ by.D


def whitened(at: Moments, places: Places, group: PatternSample) -> tuple[NDArray, NDArray]:
    """Residuals and slopes as moments.whitened has them, patterns one after the other."""
    by, residuals, slopes = moments.slopes(at, places), [], []
    for part in _parts(at, group):
        residual, turned = moments.stacked(_white(by, part), part.seen, part.pull)
        residuals.append(np.sqrt(part.share) * residual)
        slopes.append(np.sqrt(part.share) * turned)
    return np.concatenate(residuals), np.concatenate(slopes)


def expected_information(at: Moments, places: Places, group: PatternSample) -> NDArray:
    """Fisher information of one row, patterns as given, shape (c, c).

    What is missing is taken as missing completely at random (Kenward & Molenberghs, 1998, Stat.
    Sci. 13:236).
    """
    by = moments.slopes(at, places)
    parts = _parts(at, group)
    return np.sum([part.share * moments.expected(_white(by, part)) for part in parts], axis=0)


def observed_information(at: Moments, places: Places, group: PatternSample) -> NDArray:
    """Minus the second derivatives of `loglik` to the cells, shape (c, c)."""
    by, parts = moments.slopes(at, places), list(_parts(at, group))
    excess, pull = _gathered(at, parts)
    B = at.B[: len(pull)]
    bend = moments.curvature(at, places, X=B.T @ excess @ B, lift=pull @ B)
    straight = (
        part.share * moments.straight(_white(by, part), seen=part.seen, pull=part.pull)
        for part in parts
    )
    return np.sum(list(straight), axis=0) - bend


def meat(layouts: tuple[Layout, ...], at: tuple[Moments, ...], sample: Sample, k: int) -> NDArray:
    """Sum over rows, or over clusters, of products of scores of k parameters, shape (k, k).

    A cluster that occurs in two groups ties their scores together.
    """
    products, sums = np.zeros((k, k)), np.zeros((sample.n_clusters or 0, k))
    for layout, here, group in zip(layouts, at, groups(sample), strict=True):
        by = moments.slopes(here, layout.places)
        for pattern in group.patterns:
            scores = layout.gather(casewise(here, by.of(pattern.known), pattern), k)
            if pattern.cluster is None:
                products += scores.T @ scores
            else:
                np.add.at(sums, pattern.cluster, group.correction * scores)
    return products + sums.T @ sums


def linear_products(group: PatternSample) -> NDArray:
    """Products of sums over clusters (or rows) of known values, from their means, shape (p, p)."""
    p = len(group.mean)
    codes = [pattern.cluster for pattern in group.patterns if pattern.cluster is not None]
    sums = np.zeros((1 + max((int(c.max()) for c in codes), default=-1), p))
    products = np.zeros((p, p))
    for pattern in group.patterns:
        rows = np.zeros((len(pattern.z), p))
        rows[:, pattern.known] = pattern.z - group.mean[pattern.known]
        if pattern.weights is not None:
            rows *= pattern.weights[:, None]
        if pattern.cluster is None:
            products += rows.T @ rows
        else:
            np.add.at(sums, pattern.cluster, group.correction * rows)
    return products + sums.T @ sums


def casewise(at: Moments, by: Slopes, pattern: Pattern) -> NDArray:
    """Derivatives of each row's log-density to the cells, times its weight, shape (n_j, c)."""
    P = precision(at, pattern)
    pulls = (pattern.z - at.mean[pattern.known]) @ P
    level = np.einsum("pc,pc->c", by.L, P @ by.R)
    scores = by.f * ((pulls @ by.L) * (pulls @ by.R) - level) + pulls @ by.D
    return scores if pattern.weights is None else scores * pattern.weights[:, None]


def precision(at: Moments, pattern: Pattern) -> NDArray:
    """Inverse of the implied covariance matrix of the known variables."""
    half = _half(at, pattern)
    return half.T @ half


def _half(at: Moments, pattern: Pattern) -> NDArray:
    """half' half is the precision of the known variables; lower triangular."""
    return np.linalg.inv(np.linalg.cholesky(at.cov[np.ix_(pattern.known, pattern.known)]))


def _parts(at: Moments, group: PatternSample) -> Iterator[_Part]:
    for pattern in group.patterns:
        half = _half(at, pattern)
        pull = half @ (pattern.mean - at.mean[pattern.known])
        seen = half @ pattern.cov @ half.T + np.outer(pull, pull)
        yield _Part(pattern.n / group.n, pattern.known, half, seen, pull)


def _white(by: Slopes, part: _Part) -> Slopes:
    return by.of(part.known).whitened(part.half)


def _gathered(at: Moments, parts: list[_Part]) -> tuple[NDArray, NDArray]:
    """Derivatives of `loglik` to the moments of all variables, as `slope` takes them."""
    excess, pull = np.zeros_like(at.cov), np.zeros_like(at.mean)
    for part in parts:
        apart = part.half.T @ (part.seen - np.eye(len(part.known))) @ part.half
        excess[np.ix_(part.known, part.known)] += part.share * apart
        pull[part.known] += part.share * (part.pull @ part.half)
    return excess, pull
