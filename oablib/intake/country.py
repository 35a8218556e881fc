"""Tables of a country, checked as those of a cohort are; children in parts, for they are many."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from oablib.base.errors import InputError
from oablib.intake import check, decode, files
from oablib.intake.formats import Delivered
from oablib.protocol.codebook import Codebook, Table


def whole(
    path: Path, *, table: Table, codebook: Codebook, known: Mapping[str, Collection[str]]
) -> pd.DataFrame:
    """A small table in the codebook's terms: codes and whole numbers as int64, texts as str.

    known: as in check.broken_rules. Raises as reading.read.
    """
    delivered = files.read(path, table=table, obtain=codebook.obtain)
    decoded = decode.decode(delivered, table=table, codebook=codebook)
    counts = check.broken_rules(decoded.frame, table=table, known=known)
    values = check.faults(counts, file=path.name, table=table)
    check.fail_if_any([*decoded.faults, *values], codebook=codebook)
    codes = [column.key for column in table.columns if column.is_whole and not column.nullable]
    return decoded.frame.astype(dict.fromkeys(codes, "int64"))


@dataclass(frozen=True, slots=True, repr=False)
class Parts:
    """A large table that is read in parts."""

    path: Path
    table: Table
    codebook: Codebook
    file: pq.ParquetFile
    digest: str

    @property
    def rows(self) -> int:
        """Of the whole table."""
        return int(self.file.metadata.num_rows)

    def frames(self, size: int) -> Iterator[pd.DataFrame]:
        """Rows in the order of the file, as decode.Decoded has them, at most `size` at a time.

        Raises InputError when the file cannot be read to its end, IncompleteRunError when it has
        changed meanwhile.
        """
        names = decode.named(self.file.schema_arrow.names, table=self.table, file=self.path.name)
        batches = self.file.iter_batches(size, columns=list(names))
        while (part := self._next(batches)) is not None:
            delivered = Delivered(part, file=self.path.name)
            yield decode.decode(delivered, table=self.table, codebook=self.codebook).frame
        files.fail_if_changed(self.path, digest=self.digest)

    def _next(self, batches: Iterator) -> pd.DataFrame | None:
        try:
            batch = next(batches, None)
            return None if batch is None else batch.to_pandas()
        except Exception:  # a damaged file can raise anything, and the text may quote its content
            raise InputError(files.damaged(self.path)) from None


def in_parts(path: Path, *, table: Table, codebook: Codebook) -> Parts:
    """Open a table of which the names of the columns have been checked, and no value yet.

    Raises InputError as files.read, SchemaError for faults of names.
    """
    file, digest = files.open_parquet(path, table=table, obtain=codebook.obtain)
    faults = decode.name_faults(file.schema_arrow.names, table=table, codebook=codebook)
    check.fail_if_any([f"{path.name}{fault}" for fault in faults], codebook=codebook)
    return Parts(path, table, codebook, file, digest)
