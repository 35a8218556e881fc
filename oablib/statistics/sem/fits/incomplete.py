"""Data with missing values, read as the option `missing` of `fit` says."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import EstimationError
from oablib.statistics.sem.data import checks, sample
from oablib.statistics.sem.data.design import Design
from oablib.statistics.sem.data.rows import Rows
from oablib.statistics.sem.data.sample import Sample
from oablib.statistics.sem.likelihood import problem
from oablib.statistics.sem.likelihood.patterns import Pattern, PatternSample
from oablib.statistics.sem.results import unrestricted
from oablib.statistics.sem.text.spec import ModelSpec

# Share of rows that know both variables of a pair, below which lavaan warns.
LOW_COVERAGE = 0.1
# Pairs of variables that a message names: a thin column makes a pair with every other one.
SHOWN_PAIRS = 5


def read(
    data: pd.DataFrame, spec: ModelSpec, design: Design, *, missing: str
) -> tuple[Sample, tuple[str, ...]]:
    """The sample of a model's variables, and sentences on rows and pairs for the reader.

    missing: as in `fit`. Raises ModelError and EstimationError as `prepare`; the latter
    also for pairs of variables that no row knows together, and for moments without an estimate.
    """
    if missing == "error":
        return _complete(data, spec, design), ()
    observed = list(spec.observed)
    needed = [*observed, *design.columns]
    checks.fail_if_column_is_absent(needed, list(data.columns))
    checks.fail_if_column_is_repeated(needed, data)
    known = data[observed].notna().to_numpy()
    kept = usable(known, spec, missing)
    if not kept.any():
        raise EstimationError(f"None of {len(data)} rows can be used: all lack values.")
    used, left_out = data if kept.all() else data[kept], int((~kept).sum())
    notes = (_left_out(left_out, len(data), spec, missing),) if left_out else ()
    if missing == "fiml" and not known[kept].all():
        found, thin = _patterned(used, spec, design)
        return replace(found, left_out=left_out), (*notes, *thin)
    return replace(_complete(used, spec, design), left_out=left_out), notes


def _complete(data: pd.DataFrame, spec: ModelSpec, design: Design) -> Sample:
    ready = sample.prepare(
        data, spec.observed, cluster=design.cluster, group=design.group, weights=design.weights,
        cluster_correction=design.cluster_correction,
    )  # fmt: skip
    return ready.take(spec, centred=problem.centred(spec))


def usable(known: NDArray, spec: ModelSpec, missing: str) -> NDArray:
    """Which rows are used, (n,), of rows that know these values, (n, p).

    The conditional likelihood needs what it takes as given.
    """
    if missing == "listwise":
        return np.logical_and.reduce(known, axis=1)
    given = len(spec.exogenous) if spec.likelihood == "conditional" else 0
    if given:
        return np.logical_and.reduce(known[:, -given:], axis=1)
    return np.logical_or.reduce(known, axis=1)


def _left_out(count: int, n: int, spec: ModelSpec, missing: str) -> str:
    rows = f"{count:,} of {n:,} rows are left out"
    if missing == "listwise":
        return f"{rows}, since they lack a value: missing='listwise' keeps complete rows only."
    if spec.likelihood == "conditional" and spec.exogenous:
        return (
            f"{rows}, since they lack an exogenous variable, which likelihood='conditional' takes "
            "as given; likelihood='joint' keeps them."
        )
    return f"{rows}, since they know none of the model's variables."


def _patterned(
    data: pd.DataFrame, spec: ModelSpec, design: Design
) -> tuple[Sample, tuple[str, ...]]:
    """The sample with its rows grouped by pattern, and sentences on pairs that few rows know."""
    rows = _rows(data, spec.observed, design)
    codes, labels = _groups(data, spec, design)
    scale = sample.units(np.nanstd(rows.values, axis=0))
    groups: list[PatternSample] = []
    clusters: list[int] = []
    notes: list[str] = []
    for number, label in enumerate(labels):
        part = rows.part(codes == number)
        if part.n_clusters is not None:
            clusters.append(part.n_clusters)
            checks.fail_if_group_has_one_cluster(label, clusters=clusters[-1])
        _fail_if_column_is_never_known(spec.observed, part.values, checks.within(label))
        notes += _coverage(spec.observed, np.isfinite(part.values), label)
        group = _group(part, scale, design)
        groups.append(_estimated(spec, group, scale, label))
    found = Sample(
        groups=tuple(groups), labels=tuple(labels), scale=scale, products=np.zeros((0, 0)),
        spans=(slice(0),) * len(groups), clusters=tuple(clusters), design=design,
        n_clusters=None if rows.cluster is None else int(rows.cluster.max()) + 1,
    )  # fmt: skip
    return found, tuple(notes)


def _rows(data: pd.DataFrame, names: Sequence[str], design: Design) -> Rows:
    values = checks.numbers(data[list(names)], holes=True)
    _fail_if_column_is_never_known(names, values, "")
    checks.fail_if_column_is_constant(names, values)
    return Rows.of(values, data, design)


def _groups(data: pd.DataFrame, spec: ModelSpec, design: Design) -> tuple[NDArray, list[str]]:
    """Number of each row's group, and labels. Raises EstimationError for a group without rows."""
    if design.group is None:
        return np.zeros(len(data), dtype=int), [""]
    codes, labels = checks.codes(data[design.group], "groups")
    if len(labels) < spec.n_groups:
        raise EstimationError(
            f"{spec.n_groups - len(labels)} groups have no row that can be used; leave them out."
        )
    return codes, list(map(str, labels))


def _estimated(spec: ModelSpec, group: PatternSample, scale: NDArray, label: str) -> PatternSample:
    """The group with the moments of the unrestricted model, measured from where the model asks."""
    names = spec.observed
    checks.fail_if_spread_is_absent(names, group.cov, label=label)
    checks.fail_if_rows_are_few(spec, group.n, label=label)
    full = unrestricted.estimated(names, group, where=checks.within(label))
    checks.fail_if_columns_are_collinear(names, full.cov, label=label)
    centred = problem.centred(spec)
    return _moved(full, full.shift + scale * full.mean if centred else 0 * scale, scale)


def _fail_if_column_is_never_known(names: Sequence[str], values: NDArray, where: str) -> None:
    never = [name for name, column in zip(names, values.T, strict=True) if np.isnan(column).all()]
    if never:
        raise EstimationError(
            f"Columns without a known value{where}: {', '.join(never)}; leave them out."
        )


def _coverage(names: Sequence[str], known: NDArray, label: str) -> Iterator[str]:
    """Say which pairs hardly a row knows. Raises EstimationError for pairs that no row knows."""
    counts = known.T.astype(float) @ known
    where = checks.within(label)
    apart = _pairs(names, counts == 0)
    if apart:
        raise EstimationError(
            f"No row{where} knows both of {apart}, so that their covariance has no estimate; "
            "leave one of them out, or impute the missing values."
        )
    thin = _pairs(names, counts < LOW_COVERAGE * len(known))
    if thin:
        yield (
            f"Under {LOW_COVERAGE:.0%} of the rows{where} know both of {thin}: what depends on "
            "their covariance rests on few rows and on normal distributions."
        )


def _pairs(names: Sequence[str], chosen: NDArray) -> str:
    found = [
        f"{names[i]} and {names[j]}" for i, j in combinations(range(len(names)), 2) if chosen[i, j]
    ]
    more = f"; {len(found) - SHOWN_PAIRS} pairs more" if len(found) > SHOWN_PAIRS else ""
    return "; ".join(found[:SHOWN_PAIRS]) + more


def _group(rows: Rows, scale: NDArray, design: Design) -> PatternSample:
    """Rows by pattern, measured from the means of known values; moments to start from."""
    known = np.isfinite(rows.values)
    given = known.astype(float) if rows.weights is None else known * rows.weights[:, None]
    filled = np.where(known, rows.values, 0.0)
    shift = np.sum(given * filled, axis=0) / given.sum(axis=0)
    z = (rows.values - shift) / scale
    variance = np.nansum(given * z**2, axis=0) / given.sum(axis=0)
    patterns = by_pattern(Rows(z, rows.cluster, rows.weights))
    return PatternSample(
        n=sum(pattern.n for pattern in patterns), shift=shift, mean=np.zeros(len(scale)),
        cov=np.diag(variance), root=np.zeros((len(scale), 0)), patterns=patterns, loglik=np.nan,
        correction=rows.correction(design),
    )  # fmt: skip


def by_pattern(rows: Rows) -> tuple[Pattern, ...]:
    """Standardised rows, missing values as NaN, in groups that know the same variables."""
    kinds, codes = np.unique(np.isfinite(rows.values), axis=0, return_inverse=True)
    parts = (rows.part(codes == number) for number in range(len(kinds)))
    return tuple(_pattern(p, np.flatnonzero(k)) for p, k in zip(parts, kinds, strict=True))


def _pattern(rows: Rows, known: NDArray) -> Pattern:
    z, weights = rows.values[:, known], rows.weights
    n = len(z) if weights is None else float(weights.sum())
    mean = np.average(z, axis=0, weights=weights)
    apart = z - mean
    weighted = apart if weights is None else apart * weights[:, None]
    cov = weighted.T @ apart / n
    return Pattern(known, n, mean, (cov + cov.T) / 2, z, rows.cluster, weights)


def _moved(group: PatternSample, origin: NDArray, scale: NDArray) -> PatternSample:
    """The same rows measured from `origin`, in the data's units."""
    by = (group.shift - origin) / scale
    patterns = tuple(
        replace(each, mean=each.mean + by[each.known], z=each.z + by[each.known])
        for each in group.patterns
    )
    return replace(group, shift=origin, mean=group.mean + by, patterns=patterns)
