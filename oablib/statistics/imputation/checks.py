"""What a frame must hold before anything is imputed in it, and its columns as numbers."""

from collections.abc import Iterator
from numbers import Real

import numpy as np
import pandas as pd
from pandas.api.types import is_complex_dtype, is_numeric_dtype

from oablib.base.errors import ImputationError
from oablib.base.wording import counted
from oablib.protocol.codebook import Column, Table
from oablib.protocol.codebook_checks import RESERVED
from oablib.protocol.models import Model


def as_read(frame: pd.DataFrame, *, model: Model, table: Table) -> pd.DataFrame:
    """The columns that the imputation reads: `child` and the cluster as they are, others float64.

    Categories are codes of the codebook; unknown values, NaN or None, are NaN. Raises
    ImputationError that names every fault with its column and a count.
    """
    columns = tuple(dict.fromkeys((*model.columns, *model.auxiliary)))
    _fail_if_columns_are_unfit(frame, names=(RESERVED, *columns))
    read = {name: numbers(frame[name]) for name in columns if name != model.cluster}
    faults = [*_row_faults(frame, cluster=model.cluster)]
    for name, values in read.items():
        found = _faults(
            frame[name], values, column=table.column(name), is_imputed=name in model.imputed
        )
        faults += [f"{name}: {fault}" for fault in found]
    if faults:
        count = counted(len(faults), "fault")
        raise ImputationError(
            f"The frame cannot be imputed, {count} (counts only; no value of a person is shown; "
            "intake.read puts a delivery in order):\n- " + "\n- ".join(faults)
        )
    return frame[[RESERVED, model.cluster]].assign(**read)


def numbers(values: pd.Series) -> pd.Series:
    """A column as float64, NaN where it is unknown or no number."""
    if is_numeric_dtype(values.dtype) and not is_complex_dtype(values.dtype):
        return values.astype("float64")
    read = [float(value) if isinstance(value, Real) else np.nan for value in values]
    return pd.Series(read, index=values.index, name=values.name, dtype="float64")


def _fail_if_columns_are_unfit(frame: pd.DataFrame, *, names: tuple[str, ...]) -> None:
    if not isinstance(frame, pd.DataFrame):
        raise ImputationError(
            f"Expected one pandas DataFrame with a row for each child, found {type(frame).__name__}"
            "; give the frame that intake.read returns, or one like it."
        )
    absent = [name for name in names if name not in frame.columns]
    twice = [name for name in names if list(frame.columns).count(name) > 1]
    if absent or twice or frame.empty:
        raise ImputationError(
            f"The frame has {len(frame)} rows; absent columns: {', '.join(absent) or 'none'}; "
            f"columns that are there twice: {', '.join(twice) or 'none'}. Expected one row or more "
            f"and once each column of the model, with {RESERVED}, a number for each row."
        )


def _row_faults(frame: pd.DataFrame, *, cluster: str) -> Iterator[str]:
    """What is wrong with the columns that say which row is which child, and of which school."""
    child = frame[RESERVED]
    if repeated := int((child.duplicated() | child.isna()).sum()):
        yield (
            f"{RESERVED}: {repeated} of {len(child)} values are unknown or that of an earlier row; "
            "expected another one for each row"
        )
    unknown = frame[cluster].isna()
    if is_numeric_dtype(frame[cluster].dtype):
        unknown |= np.isinf(numbers(frame[cluster]))
    if unknown.any():
        yield (
            f"{cluster}: {int(unknown.sum())} of {len(unknown)} values are unknown or infinite; "
            "expected the school of each child"
        )


def _faults(
    delivered: pd.Series, values: pd.Series, *, column: Column, is_imputed: bool
) -> Iterator[str]:
    """What is wrong with one column, as the end of a sentence; values: the same as numbers."""
    expected = f"expected {_expected(column)}"
    expected += ", and NaN where unknown" if is_imputed else " for each child"
    n_known, other = int(delivered.notna().sum()), int((delivered.notna() & values.isna()).sum())
    if other:
        yield f"{other} of {n_known} known values are text or otherwise no number; {expected}"
    known = values.dropna()
    if is_imputed or column.categories:
        outside = ~_is_held(known, column=column)
    else:
        # Ranges hold for what is drawn; a predictor may be of another scale than the delivery.
        outside = np.isinf(known) | known.isin(list(column.missing))
    if outside.any():
        n_outside, codes = int(outside.sum()), int(known.isin(list(column.missing)).sum())
        also = f", {codes} of them a code for unknown" if codes else ""
        yield (
            f"{n_outside} of {n_known} known values are not allowed by the codebook{also}; "
            f"{expected}"
        )
    if not is_imputed and (unknown := int(delivered.isna().sum())):
        yield (
            f"{unknown} of {len(values)} values are unknown, but it is no column that the model "
            "imputes; add it to `imputed` in the model's file, drop these children, or leave the "
            "column out of `auxiliary`"
        )


def _is_held(known: pd.Series, *, column: Column) -> pd.Series:
    """Which values are among the codes, or inside the range, of the codebook."""
    if column.categories:
        return known.isin(column.codes)
    if column.range is None:
        return np.isfinite(known)
    return known.between(*column.range)


def _expected(column: Column) -> str:
    if column.categories:
        return f"the codes of the codebook, {', '.join(map(str, column.codes))}"
    if column.range is None:
        return "finite numbers"
    low, high = column.range
    return f"numbers from {low:g} to {high:g}"
