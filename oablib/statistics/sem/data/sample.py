"""The data of a model: checked once, standardised, reduced to sufficient statistics.

Point estimates need means and covariances only. Robust errors, scaled tests and robust score
tests need the products of `features` as well. After `prepare` no step looks at a row again, so
that any number of models of the prepared columns cost the same, whatever the number of rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import block_diag

from oablib.base.errors import ModelError
from oablib.statistics.sem import arguments
from oablib.statistics.sem.data import checks
from oablib.statistics.sem.data.design import Design
from oablib.statistics.sem.data.rows import Rows, cluster_sums, count, products
from oablib.statistics.sem.text.spec import ModelSpec

# Directions with less than this share of a variable's variance are rounding of the columns.
NO_DIRECTION = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class GroupSample:
    """Moments of one group.

    n: rows, or the sum of their weights. mean (p,) and cov (p, p), divisor n, of the standardised
    rows z = (x - shift) / scale.
    root: (p, r), z - mean = root u for the whitened rows u whose features were summed.
    """

    n: float
    shift: NDArray
    mean: NDArray
    cov: NDArray
    root: NDArray

    @classmethod
    def from_moments(
        cls, n: float, mean: NDArray, cov: NDArray, root: NDArray, *, scale: NDArray, centred: bool
    ) -> "GroupSample":
        """Measured from its own means, or from zero for a model that restricts intercepts.

        mean: in the data's units; cov and root: standardised.
        """
        shift = mean if centred else np.zeros_like(mean)
        return cls(n=n, shift=shift, mean=(mean - shift) / scale, cov=cov, root=root)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What the likelihood and its robust errors need of the data.

    labels: of the groups. scale: per variable the power of two nearest to the standard deviation,
    so that dividing by it rounds nothing; one for all groups, which may share parameters.
    products: sums over clusters (or rows) of products of summed features, the groups side by
    side; spans: where each group's features are in it. n_clusters: over all groups, where one
    cluster may lie in several; clusters: in each group, empty where rows are independent.
    design: the columns behind them. left_out: rows that lack values and were not used.
    """

    groups: tuple[GroupSample, ...]
    labels: tuple[str, ...]
    scale: NDArray
    products: NDArray
    spans: tuple[slice, ...]
    n_clusters: int | None
    clusters: tuple[int, ...]
    design: Design
    left_out: int = 0

    @property
    def weighted(self) -> bool:
        """Whether rows have sampling weights."""
        return self.design.weights is not None

    @property
    def n(self) -> int:
        """Number of rows."""
        return round(sum(group.n for group in self.groups))


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Columns of one data set, ready for any model of them. Made by `prepare`.

    names: the columns. sample: their moments and feature products.
    """

    names: tuple[str, ...]
    sample: Sample

    def take(self, spec: ModelSpec, *, centred: bool) -> Sample:
        """The sample of the model's variables, in its order.

        centred: as in GroupSample.from_moments. Raises ModelError for a column that was not
        prepared, and EstimationError for too few rows and collinear columns.
        """
        checks.fail_if_column_is_absent(spec.observed, self.names)
        chosen = np.array([self.names.index(name) for name in spec.observed])
        scale = self.sample.scale[chosen]
        groups = []
        for group, label in zip(self.sample.groups, self.sample.labels, strict=True):
            checks.fail_if_rows_are_few(spec, group.n, label=label)
            cov = group.cov[np.ix_(chosen, chosen)]
            checks.fail_if_columns_are_collinear(spec.observed, cov, label=label)
            parts = (group.n, group.shift[chosen], cov, group.root[chosen])
            groups.append(GroupSample.from_moments(*parts, scale=scale, centred=centred))
        return replace(self.sample, groups=tuple(groups), scale=scale)


def prepare(
    data: pd.DataFrame,
    columns: str | Iterable[str],
    *,
    cluster: str | None = None,
    group: str | None = None,
    weights: str | None = None,
    cluster_correction: bool = True,
) -> Prepared:
    """Read `columns` once, so that many models of them can be fitted at no cost per row.

    Options as in `fit`, which does this for the columns of its model. That scores are linear in
    the features summed here: docs/decisions/0006. Raises ModelError for no column and
    for one that is absent; EstimationError for columns that are repeated, not numeric, incomplete
    or constant, weights of zero or below, and fewer than two groups or clusters (of each group).
    """
    checks.fail_if_data_are_no_frame(data)
    names = tuple(dict.fromkeys(arguments.texts("columns", columns, "names of columns, as text")))
    if not names:
        raise ModelError("There are no columns to prepare; expected those of all models to come.")
    design = Design(cluster, group, weights, cluster_correction)
    needed = [*names, *design.columns]
    checks.fail_if_column_is_absent(needed, list(data.columns))
    checks.fail_if_column_is_repeated(needed, data)
    values = checks.numbers(data[list(names)])
    checks.fail_if_column_is_constant(names, values)
    rows = Rows.of(values, data, design)
    codes, labels = (None, ("",)) if group is None else checks.codes(data[group], "groups")
    return Prepared(names, _summarised(names, rows, codes, list(map(str, labels)), design=design))


def units(sd: NDArray) -> NDArray:
    """Per variable the power of two nearest to its standard deviation."""
    return np.exp2(np.round(np.log2(sd)))


def _summarised(
    names: Sequence[str], rows: Rows, codes: NDArray | None, labels: list[str], *, design: Design
) -> Sample:
    scale = units(rows.values.std(axis=0))
    n_clusters = None if rows.cluster is None else int(rows.cluster.max()) + 1
    groups, parts, clusters = [], [], []
    for number, label in enumerate(labels):
        part = rows if codes is None else rows.part(codes == number)
        if part.n_clusters is not None:
            clusters.append(part.n_clusters)
            checks.fail_if_group_has_one_cluster(label, clusters=clusters[-1])
        group, whitening, z = _group(part, scale)
        checks.fail_if_spread_is_absent(names, group.cov, label=label)
        groups.append(group)
        parts.append(_features(part, z, whitening, n_clusters, design=design))
    ends = np.cumsum([0, *(count(group.root.shape[1]) for group in groups)])
    return Sample(
        groups=tuple(groups), labels=tuple(labels), scale=scale,
        products=_joined(parts, clustered=n_clusters is not None),
        spans=tuple(slice(*pair) for pair in pairwise(ends)),
        n_clusters=n_clusters, clusters=tuple(clusters), design=design,
    )  # fmt: skip


def _group(rows: Rows, scale: NDArray) -> tuple[GroupSample, NDArray, NDArray]:
    """Moments measured from the mean, the whitening matrix (r, p), and the standardised rows."""
    weights = rows.weights
    shift = np.average(rows.values, axis=0, weights=weights)
    z = rows.values - shift
    z /= scale
    weighted = z if weights is None else z * weights[:, None]
    n = len(z) if weights is None else float(weights.sum())
    cov = weighted.T @ z / n
    cov = (cov + cov.T) / 2
    sd = np.sqrt(np.diag(cov))
    # A column without spread is refused later, by name.
    sd = np.where(sd > 0, sd, 1.0)
    size, vectors = np.linalg.eigh(cov / np.outer(sd, sd))
    kept = size > NO_DIRECTION
    root = sd[:, None] * vectors[:, kept] * np.sqrt(size[kept])
    whitening = (vectors[:, kept] / np.sqrt(size[kept])).T / sd
    return GroupSample(n, shift, np.zeros(len(scale)), cov, root), whitening, z


def _features(
    rows: Rows, z: NDArray, whitening: NDArray, n_clusters: int | None, *, design: Design
) -> NDArray:
    """Products per row, shape (q, q), or with clusters the sums per cluster, (n_clusters, q)."""
    weights = rows.weights
    if rows.cluster is None or n_clusters is None:
        return products(z, whitening=whitening, weights=weights)
    sums = cluster_sums(
        z, whitening=whitening, weights=weights, clusters=rows.cluster, n_clusters=n_clusters
    )
    return sums * rows.correction(design)


def _joined(parts: list[NDArray], *, clustered: bool) -> NDArray:
    """Products over all groups; a cluster that occurs in two groups ties their scores together."""
    if clustered:
        sums = np.concatenate(parts, axis=1)
        return sums.T @ sums
    return block_diag(*parts)
