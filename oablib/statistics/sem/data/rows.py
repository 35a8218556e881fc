"""Rows of data with their clusters and weights, and the sums of their features.

Features of a row are 1, its whitened values, and the products of each two of these: scores of any
model of the columns are linear in them (docs/decisions/0006).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.statistics.sem.data import checks
from oablib.statistics.sem.data.design import Design

# Numbers held at once: bounds the memory, whatever n.
BLOCK_NUMBERS = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Values (n, p), and codes of clusters and weights (n,) where there are any."""

    values: NDArray
    cluster: NDArray | None
    weights: NDArray | None

    @classmethod
    def of(cls, values: NDArray, data: pd.DataFrame, design: Design) -> "Rows":
        """Values with the clusters and weights of `data`; errors as `checks.codes` and weights."""
        cluster, weights = design.cluster, design.weights
        return cls(
            values=values,
            cluster=None if cluster is None else checks.codes(data[cluster], "clusters")[0],
            weights=None if weights is None else normalised(checks.weights(data[weights])),
        )

    @property
    def n_clusters(self) -> int | None:
        """Number of clusters among these rows; None where rows are independent."""
        return None if self.cluster is None else int(np.count_nonzero(np.bincount(self.cluster)))

    def correction(self, design: Design) -> float:
        """What sums of scores over clusters are multiplied by: the root of C / (C - 1), or 1."""
        count = self.n_clusters
        if count is None or not design.cluster_correction:
            return 1.0
        return float(np.sqrt(count / (count - 1)))

    def part(self, chosen: NDArray) -> "Rows":
        """Some of the rows."""
        others = (None if each is None else each[chosen] for each in (self.cluster, self.weights))
        return Rows(self.values[chosen], *others)


def normalised(weights: NDArray) -> NDArray:
    """Weights that add up to the number of rows, as lavaan's default has them."""
    return weights * (len(weights) / weights.sum())


def count(width: int) -> int:
    """Number of features of `width` whitened variables."""
    return 1 + width + width * (width + 1) // 2


def products(z: NDArray, *, whitening: NDArray, weights: NDArray | None) -> NDArray:
    """Sum over rows of w^2 f f', shape (q, q), for independent rows.

    z: centred rows, shape (n, p); whitening: u = whitening z, shape (r, p).
    """
    q = count(len(whitening))
    total = np.zeros((q, q))
    for rows in _blocks(len(z), q):
        u = whitening @ z[rows].T
        f = np.empty((q, u.shape[1]))
        for number, feature in enumerate(_products_of_row(u)):
            f[number] = feature if weights is None else feature * weights[rows]
        total += f @ f.T
    return total


def cluster_sums(
    z: NDArray, *, whitening: NDArray, weights: NDArray | None, clusters: NDArray, n_clusters: int
) -> NDArray:
    """Sum of w f over the rows of each cluster, shape (n_clusters, q)."""
    sums = np.zeros((count(len(whitening)), n_clusters))
    for rows in _blocks(len(z), len(whitening)):
        codes = clusters[rows]
        for number, feature in enumerate(_products_of_row(whitening @ z[rows].T)):
            weighted = feature if weights is None else feature * weights[rows]
            sums[number] += np.bincount(codes, weighted, n_clusters)
    return sums.T


def _blocks(n: int, width: int) -> list[slice]:
    size = max(BLOCK_NUMBERS // width, 1)
    return [slice(start, start + size) for start in range(0, n, size)]


def _products_of_row(u: NDArray) -> Iterator[NDArray]:
    yield np.ones(u.shape[1])
    yield from u
    for a, b in zip(*np.triu_indices(len(u)), strict=True):
        yield u[a] * u[b]
