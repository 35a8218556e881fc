"""What the data of a model must be, checked once at the edge."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import EstimationError, ModelError
from oablib.base.wording import did_you_mean, plain_names, shown_names
from oablib.statistics.sem.text.spec import ModelSpec

# Spread relative to size below which a column of doubles holds nothing but rounding.
CONSTANT_TOLERANCE = 1e-12
# The sampling variance of a variance is a fourth power, which doubles hold up to 1e308.
LARGEST, LEAST_SPREAD = 1e70, 1e-70
# Smallest eigenvalue of the correlation matrix; exact dependence comes out near 1e-15.
COLLINEAR_TOLERANCE = 1e-10
# Weight in the vanishing combination from which a column counts as part of it.
COLLINEAR_SHARE = 1e-4


def fail_if_model_is_no_text(model: object) -> None:
    """Raise ModelError that says what was given in place of the model's text."""
    if not isinstance(model, str):
        lines = isinstance(model, list | tuple)
        hint = "; join the lines by '\\n'.join(lines)" if lines else ""
        raise ModelError(
            f"The model is of type {type(model).__name__}; expected one text in lavaan's syntax, "
            f"such as 'y ~ x'{hint}."
        )


def fail_if_data_are_no_frame(data: object) -> None:
    """Raise EstimationError that says what was given in place of a data frame with rows."""
    if not isinstance(data, pd.DataFrame):
        several = isinstance(data, list | tuple) and any(isinstance(d, pd.DataFrame) for d in data)
        hint = "An array becomes one by pandas.DataFrame(array, columns=[...])"
        if several:
            hint = "Fit imputations one by one, [sem.fit(model, d) for d in frames], and pool them"
        raise EstimationError(
            f"The data are of type {type(data).__name__}; expected one pandas data frame with a "
            f"column for each variable. {hint}."
        )
    if not len(data):
        raise EstimationError(
            f"The data hold 0 rows (and {data.shape[1]} columns); look at the step that chose the "
            "rows."
        )


def fail_if_column_is_absent(needed: Sequence[str], columns: Sequence) -> None:
    """Raise ModelError that names the absent columns, the nearest ones and all there are."""
    absent = [name for name in needed if name not in columns]
    if not absent:
        return
    known = plain_names(columns)
    hints = " ".join(f"There is no {name!r}{did_you_mean(name, known)}" for name in absent)
    raise ModelError(
        f"The model names columns that the data do not hold. {hints} "
        f"The data hold {len(columns)} columns: {', '.join(shown_names(columns))}."
    )


def fail_if_column_is_repeated(needed: Sequence[str], data: pd.DataFrame) -> None:
    """Raise EstimationError when two columns have a needed name."""
    repeated = sorted(set(needed) & set(data.columns[data.columns.duplicated()]))
    if repeated:
        raise EstimationError(
            f"Columns {repeated} stand more than once in the data; keep one each."
        )


def numbers(frame: pd.DataFrame, *, holes: bool = False) -> NDArray:
    """The columns as doubles, shape (n, p). Raises EstimationError for text and for holes.

    holes: missing values may be there, as NaN; infinite ones never.
    """
    kinds = list(frame.dtypes.items())
    text = [f"{name} ({kind})" for name, kind in kinds if not pd.api.types.is_numeric_dtype(kind)]
    if text:
        raise EstimationError(
            f"Columns without numbers: {', '.join(text)}; give categories scale values or dummies "
            "first."
        )
    complex_ = [str(name) for name, kind in kinds if pd.api.types.is_complex_dtype(kind)]
    if complex_:
        raise EstimationError(
            f"Columns of complex numbers: {', '.join(complex_)}; expected real ones, such as their "
            "real part."
        )
    values = np.ascontiguousarray(frame.to_numpy(dtype=np.float64, na_value=np.nan))
    # One infinite or missing value makes the sum so; only then is it worth while to count.
    if not np.isfinite(values.sum()):
        if not holes:
            _fail_if_values_are_missing(frame, (~np.isfinite(values)).sum(axis=0))
        _fail_if_values_are_infinite(frame, np.isinf(values).sum(axis=0))
    return values


def _fail_if_values_are_missing(frame: pd.DataFrame, counts: NDArray) -> None:
    if counts.any():
        holes = ", ".join(f"{name}: {k}" for name, k in zip(frame, counts, strict=True) if k)
        raise EstimationError(
            f"Missing or infinite values ({holes}); impute them, drop those rows before fitting, "
            "or give missing='fiml' to sem.fit, which uses all known values."
        )


def _fail_if_values_are_infinite(frame: pd.DataFrame, counts: NDArray) -> None:
    if counts.any():
        found = ", ".join(f"{name}: {k}" for name, k in zip(frame, counts, strict=True) if k)
        raise EstimationError(
            f"Infinite values ({found}); correct them, or make them missing where they are unknown."
        )


def weights(column: pd.Series) -> NDArray:
    """Sampling weights, shape (n,). Raises EstimationError unless all are finite and above zero."""
    values = numbers(column.to_frame())[:, 0]
    below = int((values <= 0).sum())
    if below:
        raise EstimationError(
            f"{below} weights in {column.name} are zero or below; expected positive weights. "
            "Leave those rows out or correct them."
        )
    return values


def codes(column: pd.Series, kind: str) -> tuple[NDArray, pd.Index]:
    """Code per row, and labels (groups sorted). Raises EstimationError for rows without one."""
    missing = int(column.isna().sum())
    if missing:
        raise EstimationError(f"{missing} rows have no {column.name}; each needs its own.")
    try:
        numbered, labels = pd.factorize(column, sort=kind == "groups")
    except TypeError:
        raise _mixed(column) from None
    # Text and numbers that differ read differently; objects such as 1 and "1" do not.
    plain = isinstance(labels.dtype, pd.StringDtype) or pd.api.types.is_numeric_dtype(labels)
    if not plain and len(set(map(str, labels))) < len(labels):
        raise _mixed(column)
    if len(labels) < 2:
        raise EstimationError(
            f"All rows have the same {column.name}; two or more {kind} are needed."
        )
    return np.asarray(numbered), labels


def _mixed(column: pd.Series) -> EstimationError:
    kinds = ", ".join(sorted({type(value).__name__ for value in column}))
    return EstimationError(
        f"{column.name} holds values of different types ({kinds}), whose order or text is not "
        "clear; make all of them text or all of them numbers."
    )


def within(label: str) -> str:
    """Which group is meant, by a name that may be shown; a code of groups may be a person's."""
    if not label:
        return ""
    return f" in group {label!r}" if plain_names([label]) else " in one of the groups"


def fail_if_rows_are_few(spec: ModelSpec, n: float, *, label: str) -> None:
    """Raise EstimationError when a group has no more rows than variables.

    Its covariance matrix is singular then. With fewer rows than parameters a model can still be
    identified; `flags` says where rows are few for what is estimated.
    """
    p = len(spec.observed)
    if n <= p:
        raise EstimationError(
            f"{n:.0f} rows{within(label)} for {p} variables, whose covariance matrix is singular "
            "then; more rows than variables are needed, and five for each estimated parameter are "
            "advisable."
        )


def fail_if_group_has_one_cluster(label: str, *, clusters: int) -> None:
    """Raise EstimationError for a group whose scores, summed over its one cluster, are all zero."""
    if clusters < 2:
        raise EstimationError(
            f"The rows{within(label)} lie in {clusters} cluster; standard errors that allow for "
            "clusters need two or more in each group. Leave the group out, join it with another, "
            "or leave out cluster=."
        )


def fail_if_column_is_constant(names: Sequence[str], values: NDArray) -> None:
    """Raise EstimationError that names columns without spread, or beyond what can be squared.

    Missing values are passed over.
    """
    columns = np.ascontiguousarray(values.T)  # each column in one piece is read three times as fast
    low, high = np.fmin.reduce(columns, axis=1), np.fmax.reduce(columns, axis=1)
    flat = high - low <= CONSTANT_TOLERANCE * np.maximum(np.abs(low), np.abs(high))
    if flat.any():
        constant = [name for name, is_flat in zip(names, flat, strict=True) if is_flat]
        raise EstimationError(f"Constant columns: {constant}; leave them out of the model.")
    extreme = (np.maximum(np.abs(low), np.abs(high)) > LARGEST) | (high - low < LEAST_SPREAD)
    if extreme.any():
        beyond = [name for name, is_beyond in zip(names, extreme, strict=True) if is_beyond]
        raise EstimationError(
            f"Columns {beyond} hold numbers beyond {LARGEST:.0e}, or differences below "
            f"{LEAST_SPREAD:.0e} only, whose squares a computer cannot hold; measure them in "
            "another unit."
        )


def fail_if_spread_is_absent(names: Sequence[str], cov: NDArray, *, label: str) -> None:
    """Raise EstimationError that names the columns that are constant within one group."""
    constant = [name for name, spread in zip(names, np.diag(cov), strict=True) if spread <= 0]
    if constant:
        raise EstimationError(
            f"Columns {constant} are constant{within(label)}; leave them out of the model."
        )


def fail_if_columns_are_collinear(names: Sequence[str], cov: NDArray, *, label: str) -> None:
    """Raise EstimationError that names the columns which determine each other."""
    columns, count = dependent(names, cov, below=COLLINEAR_TOLERANCE, share=COLLINEAR_SHARE)
    if count:
        raise EstimationError(
            f"Collinear columns{within(label)}: {columns} determine each other exactly "
            f"({count} of them can be computed from the rest); leave that many out."
        )


def smallest_eigenvalue(cov: NDArray) -> float:
    """Of the correlation matrix: near 0 where columns nearly depend on each other."""
    sd = np.sqrt(np.diag(cov))
    return float(np.linalg.eigvalsh(cov / np.outer(sd, sd))[0])


def dependent(
    names: Sequence[str], cov: NDArray, *, below: float, share: float
) -> tuple[list[str], int]:
    """Columns in combinations that vanish, and the number of these combinations.

    below: eigenvalue of the correlation matrix up to which one vanishes; share: weight in it from
    which a column counts as part of it.
    """
    sd = np.sqrt(np.diag(cov))
    eigenvalues, vectors = np.linalg.eigh(cov / np.outer(sd, sd))
    vanishing = vectors[:, eigenvalues < below]
    part = np.abs(vanishing).max(axis=1, initial=0.0) > share
    return [name for name, inside in zip(names, part, strict=True) if inside], vanishing.shape[1]
