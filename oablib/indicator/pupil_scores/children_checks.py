"""What can be wrong with the country's files, told as counts for all columns together."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from oablib.base.errors import SchemaError
from oablib.protocol.codebook import Codebook, Column, Table

STRANGE = -2
"""Row of a place that a child names and no table lists."""

PUPIL, TODDLER = 1, 2


def fail_if_columns_are_absent(names: Iterable[str], *, table: Table, name: str) -> None:
    """Raise SchemaError that lists all columns of the table that a file lacks."""
    absent = sorted({column.key for column in table.columns} - set(names))
    if absent:
        raise SchemaError(
            f"{name}.parquet lacks the columns {', '.join(absent)}; expected those of the "
            f"codebook's table `{table.name}`."
        )


def fail_if_places_are_unfit(
    sites: pd.DataFrame, municipalities: pd.DataFrame, *, book: Codebook
) -> None:
    """Raise SchemaError unless places have their columns, each once, in codes as described."""
    for frame, name in ((sites, "sites"), (municipalities, "municipalities")):
        table = book.table(name)
        fail_if_columns_are_absent(frame.columns, table=table, name=name)
        key = table.keys[0]
        twice = int(frame[key].duplicated().sum())
        pattern = table.column(key).pattern or ".*"
        unfit = int((~frame[key].astype(str).str.fullmatch(pattern)).sum())
        if twice or unfit:
            raise SchemaError(
                f"{name}.parquet: {key} stands twice in {twice} rows and has another form than "
                f"{pattern} in {unfit}; expected one row each. Leading zeros may "
                "have been lost: read and write codes as text."
            )


@dataclass(slots=True)
class Faults:
    """Counts of what contradicts the codebook, gathered while row groups pass."""

    counts: Counter[str] = field(default_factory=Counter)

    def note(self, batch: pa.Table, *, table: Table) -> None:
        """Count values of a row group that the codebook does not know."""
        for column in table.columns:
            values = batch[column.key]
            if column.type == "id":
                self._note_ids(values, column)
            else:
                self._note_values(values, column)

    def note_order(self, key: NDArray[np.uint64]) -> None:
        """Count children that stand twice; key: ascending."""
        twice = int((key[1:] == key[:-1]).sum())
        self.counts["child_id: stands twice; expected each child once"] += twice

    def note_places(self, columns: Mapping[str, NDArray]) -> None:
        """Count children at places that no table lists, and toddlers at school."""
        for name, listed in (("school_id", "sites"), ("municipality", "municipalities")):
            strange = int((columns[name] == STRANGE).sum())
            self.counts[f"{name}: not in {listed}; add it there"] += strange
        toddlers = columns["child_group"] != PUPIL
        at_school = int((toddlers & (columns["school_id"] >= 0)).sum())
        self.counts["school_id: of toddlers; expected none"] += at_school

    def fail_if_any(self, name: str) -> None:
        """Raise SchemaError that tells each fault with its count."""
        told = [f"{text}: {count:,} children" for text, count in self.counts.items() if count]
        if told:
            raise SchemaError(
                f"{name} contradicts the codebook:\n  " + "\n  ".join(told) + "\nCorrect the file, "
                "or params/rules/codebook.yaml where that is wrong."
            )

    def _note_ids(self, values: pa.ChunkedArray, column: Column) -> None:
        absent = values.null_count if column.key == "child_id" else 0
        self.counts[f"{column.key}: empty; expected a value"] += absent
        if not pa.types.is_string(values.type) and not pa.types.is_large_string(values.type):
            self.counts[f"{column.key}: no text; leading zeros may be lost"] += len(values)
        elif column.pattern:
            fits = pc.match_substring_regex(values, f"^(?:{column.pattern})$")
            unfit = int(pc.sum(pc.invert(fits)).as_py() or 0)
            self.counts[f"{column.key}: another form than {column.pattern}"] += unfit

    def _note_values(self, values: pa.ChunkedArray, column: Column) -> None:
        if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
            self.counts[f"{column.key}: no numbers; expected {column.type}"] += len(values)
            return
        numbers = values.to_numpy()
        known = ~np.isnan(numbers) if numbers.dtype.kind == "f" else np.full(len(numbers), True)
        if not column.nullable:
            self.counts[f"{column.key}: empty; expected a value"] += int((~known).sum())
        if column.missing:
            known &= ~np.isin(numbers, list(column.missing))
        outside = ~_is_allowed(numbers, column)
        self.counts[f"{column.key}: outside {_allowed(column)}"] += int((known & outside).sum())


def _is_allowed(numbers: NDArray, column: Column) -> NDArray[np.bool_]:
    if column.type == "category":
        return np.isin(numbers, column.codes)
    low = -np.inf if column.minimum is None else column.minimum
    high = np.inf if column.maximum is None else column.maximum
    return np.asarray((numbers >= low) & (numbers <= high))


def _allowed(column: Column) -> str:
    if column.type == "category":
        return f"codes {', '.join(map(str, column.codes))}"
    return f"{column.minimum} to {column.maximum}"
