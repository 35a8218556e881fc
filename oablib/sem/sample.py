"""The data of a model: checked once, standardised, reduced to sufficient statistics."""

import difflib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.errors import EstimationError, ModelError
from oablib.sem.spec import ModelSpec

# Spread relative to size below which a column of doubles holds nothing but rounding.
CONSTANT_TOLERANCE = 1e-12
# Smallest eigenvalue of the correlation matrix; exact dependence comes out near 1e-15.
COLLINEAR_TOLERANCE = 1e-10
# Weight in the vanishing combination from which a column counts as part of it.
COLLINEAR_SHARE = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Standardised data and what the likelihood needs of them.

    z: (x - shift) / scale, shape (n, p). shift: column means. scale: the power of two nearest
    to the standard deviation, so that dividing by it rounds nothing. mean (p,) and cov (p, p),
    divisor n, are those of z. clusters: code per row, 0..n_clusters-1, or None.
    """

    z: NDArray
    shift: NDArray
    scale: NDArray
    mean: NDArray
    cov: NDArray
    clusters: NDArray | None
    n_clusters: int | None

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.z)


def read(spec: ModelSpec, data: pd.DataFrame, *, cluster: str | None) -> Sample:
    """Take the model's columns out of `data`, which may hold more.

    Raises ModelError for a column that is absent; EstimationError for columns that are
    repeated, not numeric, incomplete, constant or collinear, and for too few rows or clusters.
    """
    needed = [*spec.variables, *([cluster] if cluster is not None else [])]
    _fail_if_column_is_absent(needed, data)
    _fail_if_column_is_repeated(needed, data)
    values = _numbers(data[list(spec.variables)])
    _fail_if_rows_are_few(spec, len(values))
    _fail_if_column_is_constant(spec.variables, values)
    shift = values.mean(axis=0)
    scale = np.exp2(np.round(np.log2(values.std(axis=0))))
    z = (values - shift) / scale
    mean = z.mean(axis=0)
    centred = z - mean
    cov = centred.T @ centred / len(z)
    _fail_if_columns_are_collinear(spec.variables, cov)
    clusters, n_clusters = (None, None) if cluster is None else _clusters(data[cluster])
    return Sample(
        z=z, shift=shift, scale=scale, mean=mean, cov=(cov + cov.T) / 2,
        clusters=clusters, n_clusters=n_clusters,
    )  # fmt: skip


def _fail_if_column_is_absent(needed: list[str], data: pd.DataFrame) -> None:
    absent = [name for name in needed if name not in data.columns]
    if not absent:
        return
    known = [str(name) for name in data.columns]
    hints = []
    for name in absent:
        nearest = difflib.get_close_matches(name, known, n=1)
        hints.append(f"{name!r}" + (f" (did you mean {nearest[0]!r}?)" if nearest else ""))
    raise ModelError(
        f"The model names {', '.join(hints)}, which the data do not hold; "
        f"they hold {len(known)} columns: {', '.join(known)}."
    )


def _fail_if_column_is_repeated(needed: list[str], data: pd.DataFrame) -> None:
    repeated = sorted({name for name in needed if (data.columns == name).sum() > 1})
    if repeated:
        raise EstimationError(
            f"Columns {repeated} stand more than once in the data; keep one each."
        )


def _numbers(frame: pd.DataFrame) -> NDArray:
    text = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]
    if text:
        kinds = ", ".join(f"{name} ({frame[name].dtype})" for name in text)
        raise EstimationError(
            f"Columns without numbers: {kinds}; give categories scale values or dummies first."
        )
    values = np.ascontiguousarray(frame.to_numpy(dtype=np.float64, na_value=np.nan))
    counts = (~np.isfinite(values)).sum(axis=0)
    if counts.any():
        holes = ", ".join(f"{name}: {k}" for name, k in zip(frame, counts, strict=True) if k)
        raise EstimationError(
            f"Missing or infinite values ({holes}); impute them or drop those rows before fitting."
        )
    return values


def _fail_if_rows_are_few(spec: ModelSpec, n: int) -> None:
    if n <= len(spec.free):
        raise EstimationError(
            f"{n} rows for {len(spec.free)} free parameters (moments of exogenous variables "
            "included); more rows than parameters are needed."
        )


def _fail_if_column_is_constant(names: tuple[str, ...], values: NDArray) -> None:
    spread = np.ptp(values, axis=0) <= CONSTANT_TOLERANCE * np.abs(values).max(axis=0)
    if spread.any():
        constant = [name for name, flat in zip(names, spread, strict=True) if flat]
        raise EstimationError(f"Constant columns: {constant}; leave them out of the model.")


def _fail_if_columns_are_collinear(names: tuple[str, ...], cov: NDArray) -> None:
    sd = np.sqrt(np.diag(cov))
    eigenvalues, vectors = np.linalg.eigh(cov / np.outer(sd, sd))
    vanishing = vectors[:, eigenvalues < COLLINEAR_TOLERANCE]
    if vanishing.size:
        part = np.abs(vanishing).max(axis=1) > COLLINEAR_SHARE
        columns = [name for name, inside in zip(names, part, strict=True) if inside]
        raise EstimationError(
            f"Collinear columns: {columns} determine each other exactly "
            f"({vanishing.shape[1]} of them can be computed from the rest); leave that many out."
        )


def _clusters(column: pd.Series) -> tuple[NDArray, int]:
    missing = int(column.isna().sum())
    if missing:
        raise EstimationError(f"{missing} rows have no {column.name}; each needs its cluster.")
    codes, labels = pd.factorize(column)
    if len(labels) < 2:
        raise EstimationError(
            f"All rows have the same {column.name}; clustered errors need two clusters or more."
        )
    return np.asarray(codes), len(labels)
