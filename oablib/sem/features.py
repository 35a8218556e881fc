"""Sums of the features in which every casewise score is linear.

For a whitened row u: 1, u_a, and u_a u_b (a <= b). Whitening by the sample's own covariance keeps
them of size one and nearly uncorrelated, however collinear the variables are.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

# Numbers held at once: bounds the memory, whatever n.
BLOCK_NUMBERS = 2_000_000


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
        for number, feature in enumerate(_features(u)):
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
        for number, feature in enumerate(_features(whitening @ z[rows].T)):
            weighted = feature if weights is None else feature * weights[rows]
            sums[number] += np.bincount(codes, weighted, n_clusters)
    return sums.T


def _blocks(n: int, width: int) -> list[slice]:
    size = max(BLOCK_NUMBERS // width, 1)
    return [slice(start, start + size) for start in range(0, n, size)]


def _features(u: NDArray) -> Iterator[NDArray]:
    yield np.ones(u.shape[1])
    yield from u
    for a, b in zip(*np.triu_indices(len(u)), strict=True):
        yield u[a] * u[b]
