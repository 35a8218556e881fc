"""Corrected paths of both equations, and their errors, over groups of schools left out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import pooling
from oablib.statistics.two_step import from_sums, sums
from oablib.statistics.two_step.jackknife import settings
from oablib.statistics.two_step.sums import Products

ADDRESS = ["lhs", "op", "rhs"]
# With two groups nothing is left without both.
FEWEST_GROUPS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Corrected:
    """Paths of both equations in m data sets, in the order of Model.paths.

    own: (m, k), corrected estimates with each data set's own scale values. covariances: of these,
    (m, k, k). est: (k,), corrected with scale values averaged over the data sets. df: groups - 1.
    """

    own: NDArray
    covariances: NDArray
    est: NDArray
    df: int


def groups_of(schools: pd.Series, *, count: int) -> NDArray:
    """Group 0..count-1 of each child, (n,), alike in numbers of schools and of children.

    schools: (n,), each child's school. They are dealt out from the largest to the smallest, equal
    ones in the order of their names; with fewer than `count`, each school is a group of its own.
    """
    codes, names = pd.factorize(schools, sort=True)
    order = np.argsort(-np.bincount(codes), kind="stable")
    group = np.empty(len(names), dtype=int)
    group[order] = np.arange(len(names)) % count
    return group[codes]


def corrected(frames: Sequence[pd.DataFrame], *, model: Model, table: Table) -> Corrected | None:
    """Corrected paths on completed data sets of the same children.

    All data sets leave out the same schools at a time. `est` averages fits at scale values that are
    themselves averaged: what imputation adds to one data set's values would pull its slope as well.
    None where it cannot be made: under 3 schools, or a category or column that is not there, or
    depends on others, without some of the groups.
    """
    group = groups_of(frames[0][model.cluster], count=settings.rules().groups)
    count = int(group.max()) + 1
    if count < FEWEST_GROUPS:
        return None
    times = without_one_and_two(count)
    read = [sums.products(frame, model=model, table=table, groups=group) for frame in frames]
    totals = [from_sums.weighted(products, times) for products in read]
    values = [
        from_sums.scale_values_of(products, total, fewest=1)
        for products, total in zip(read, totals, strict=True)
    ]
    if not np.isfinite(values).all():
        return None
    averaged = np.mean(values, axis=0)
    own = [_paths(*each) for each in zip(read, totals, values, strict=True)]
    shared = np.mean([_paths(*each, averaged) for each in zip(read, totals, strict=True)], axis=0)
    if not np.isfinite(own).all() or not np.isfinite(shared).all():
        return None
    noise = noise_of_values(read, totals, values, count=count)
    factors = np.array([noise.get(rhs, 1.0) for _lhs, rhs in model.paths])
    pairs = [jackknife(paths, factors, count=count) for paths in own]
    return Corrected(
        own=np.array([est for est, _ in pairs]),
        covariances=np.array([covariance for _, covariance in pairs]),
        est=jackknife(shared, factors, count=count)[0],
        df=count - 1,
    )


def pooled(found: Corrected, *, model: Model) -> pd.DataFrame:
    """Corrected paths by Rubin's rules, columns as PooledFit.parameters but label and std.

    Averaging scale values moves the estimate, to first order, in no data set but by differences
    that add up to 0; so variances are those of the data sets with their own values.
    """
    moved = found.own + (found.est - found.own.mean(axis=0))
    numbers = pooling.pool_estimates(moved, found.covariances, df_complete=found.df)
    address = pd.DataFrame([(lhs, "~", rhs) for lhs, rhs in model.paths], columns=ADDRESS)
    return pd.concat([address, numbers], axis=1)


def _paths(products: Products, totals: NDArray, values: NDArray) -> NDArray:
    moments = from_sums.moments_at(products, totals, values, draws=np.arange(len(totals)))
    return from_sums.paths(products.model, moments)


def noise_of_values(
    read: Sequence[Products], totals: Sequence[NDArray], values: Sequence[NDArray], *, count: int
) -> dict[str, float]:
    """Scaled variable -> total over within variance of its scale values, by Rubin's rules.

    totals: (b, q, q) and values: (b, k) of each data set, b as without_one_and_two. Categories
    count by their children, as they do in the noise of the column that a slope meets; 1 in a
    single data set, and where all values are set by hand.
    """
    every, m = np.array(values), len(values)
    without = every[:, 1 : 1 + count]
    apart = without - without.mean(axis=1, keepdims=True)
    within = (count - 1) / count * (apart**2).sum(axis=1).mean(axis=0)
    between = every[:, 0].var(axis=0, ddof=1) if m > 1 else np.zeros_like(within)
    columns = from_sums.indicators(read[0])
    children = np.mean(
        [total[0, 0, each.indices(columns)] for each, total in zip(read, totals, strict=True)],
        axis=0,
    )
    result = {}
    for name, indicators in read[0].categories.items():
        places = [columns.index(each) for each in indicators.values()]
        inner, outer = (float(children[places] @ each[places]) for each in (within, between))
        result[name] = 1 + (1 + 1 / m) * outer / inner if inner else 1.0
    return result


def without_one_and_two(count: int) -> NDArray:
    """Which groups count: all, then without each one, then without each pair: (b, count)."""
    first, second = np.triu_indices(count, 1)
    times = np.ones((1 + count + len(first), count))
    times[1 + np.arange(count), np.arange(count)] = 0
    pairs = 1 + count + np.arange(len(first))
    times[pairs, first] = times[pairs, second] = 0
    return times


def jackknife(paths: NDArray, factors: NDArray, *, count: int) -> tuple[NDArray, NDArray]:
    """Corrected estimate (k,) and its covariance (k, k).

    paths: (b, k), b as without_one_and_two. factors: (k,), how many times the correction counts.
    """
    whole, one = paths[0], paths[1 : 1 + count]
    first, second = np.triu_indices(count, 1)
    two = np.zeros((count, count, paths.shape[1]))
    two[first, second] = two[second, first] = paths[1 + count :]
    est = whole + factors * (count - 1) * (whole - one.mean(axis=0))
    # The same without each group, which has count - 1 others to leave out.
    each = one + factors * (count - 2) * (one - two.sum(axis=1) / (count - 1))
    apart = each - each.mean(axis=0)
    return est, (count - 1) / count * apart.T @ apart
