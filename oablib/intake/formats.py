"""The three file formats of a delivery, each read into the same plain frame."""

import codecs
import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pyreadstat

from oablib.base.errors import InputError
from oablib.base.shown import showable
from oablib.protocol.codebook import Table

EXPECTED_CONTENT = {".sav": "SPSS (.sav)", ".parquet": "Parquet (.parquet)", ".csv": "text (.csv)"}
OTHER_DELIMITERS = ",;\t|"


@showable(private=("frame",))
@dataclass(frozen=True, slots=True, repr=False)
class Delivered:
    """A file as delivered: names and values untouched.

    labels: column -> code -> value label (SPSS only). decimal: decimal sign of numbers in text.
    notes: what is not wrong but worth knowing. manifest: what manifest.json beside the file says,
    empty when there is none.
    """

    frame: pd.DataFrame
    labels: Mapping[str, Mapping[Any, str]] = field(default_factory=dict)
    decimal: str = "."
    notes: tuple[str, ...] = ()
    file: str = ""
    type: str = ""
    sha256: str = ""
    manifest: Mapping[str, Any] = field(default_factory=dict)


def _read_sav(path: Path, table: Table) -> Delivered:
    frame, meta = pyreadstat.read_sav(
        str(path), user_missing=True, disable_datetime_conversion=True
    )
    return Delivered(frame, labels=meta.variable_value_labels)


def _read_parquet(path: Path, table: Table) -> Delivered:
    return Delivered(parquet_file(path, table=table).read().to_pandas(ignore_metadata=True))


def parquet_file(path: Path, *, table: Table) -> pyarrow.parquet.ParquetFile:
    """An open Parquet file. Raises InputError when it names a column twice."""
    # One file, never a folder of partitions: the manifest and the digest are of one file.
    file = pa.parquet.ParquetFile(path, page_checksum_verification=True)
    _fail_if_header_repeats(file.schema_arrow.names, path=path, table=table)
    return file


def _read_csv(path: Path, table: Table) -> Delivered:
    payload = path.read_bytes()
    notes: tuple[str, ...] = ()
    if payload.startswith(codecs.BOM_UTF8) and codecs.lookup(table.encoding).name == "utf-8":
        payload = payload.removeprefix(codecs.BOM_UTF8)
        notes = ("the file starts with a UTF-8 byte order mark, which was skipped",)
    header = _header(_text(payload, path=path, table=table), path=path, table=table)
    frame = _csv_body(payload, header=header, path=path, table=table)
    return Delivered(frame, decimal=table.decimal, notes=notes)


READERS: Mapping[str, Callable[[Path, Table], Delivered]] = {
    ".sav": _read_sav,
    ".csv": _read_csv,
    ".parquet": _read_parquet,
}


def _text(payload: bytes, *, path: Path, table: Table) -> str:
    if b"\x00" in payload:
        raise InputError(
            f"{path} holds {payload.count(0)} NUL bytes: it is damaged or UTF-16. "
            f"Save it as {table.encoding}, as the codebook says."
        )
    try:
        return payload.decode(table.encoding)
    except UnicodeDecodeError:
        raise InputError(
            f"{path} is not in the encoding {table.encoding} that the codebook says. "
            "Save it so, or name its encoding under `dialect` in the codebook."
        ) from None


def _header(text: str, *, path: Path, table: Table) -> list[str]:
    line = io.StringIO(text.partition("\n")[0])
    header = [name.strip() for name in next(csv.reader(line, delimiter=table.delimiter), [])]
    if len(header) == 1 and len(table.columns) > 1:
        counts = {sign: header[0].count(sign) for sign in OTHER_DELIMITERS}
        likely = max(counts, key=lambda sign: counts[sign])
        hint = f"; its header seems to use {likely!r}" if counts[likely] else ""
        raise InputError(
            f"{path}: one column found with the delimiter {table.delimiter!r} of the codebook, "
            f"{len(table.columns)} expected{hint}. Write the file with {table.delimiter!r} and "
            f"decimal {table.decimal!r}, or correct `dialect` in the codebook."
        )
    _fail_if_header_repeats(header, path=path, table=table)
    return header


def _fail_if_header_repeats(names: list[str], *, path: Path, table: Table) -> None:
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        # A name that the codebook does not know could be data: the header may be missing.
        shown = sorted(repeated & {column.key for column in table.columns})
        which = f" ({', '.join(shown)})" if shown else ", which the codebook does not know"
        raise InputError(
            f"{path}: {len(repeated)} column names occur twice in the header{which}. "
            "The first line must name the columns, each once."
        )


def _csv_body(payload: bytes, *, header: list[str], path: Path, table: Table) -> pd.DataFrame:
    """All fields as text; pyarrow because it counts ragged rows instead of padding them."""
    if not payload.partition(b"\n")[2].strip():
        raise InputError(f"{path} holds a header and no rows. Ask for the file again.")
    ragged = 0

    def count_and_skip(row: Any) -> str:
        nonlocal ragged
        ragged += 1
        return "skip"

    content = pa.csv.read_csv(
        pa.BufferReader(payload),
        pa.csv.ReadOptions(
            use_threads=False, encoding=table.encoding, column_names=header, skip_rows=1
        ),
        pa.csv.ParseOptions(delimiter=table.delimiter, invalid_row_handler=count_and_skip),
        pa.csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
        ),
    )
    if ragged:
        raise InputError(
            f"{path}: {ragged} of {ragged + content.num_rows} rows do not have {len(header)} "
            "fields: the file is incomplete or damaged, or a text holds the delimiter "
            f"{table.delimiter!r} without quotes. Ask for it again."
        )
    return content.to_pandas()
