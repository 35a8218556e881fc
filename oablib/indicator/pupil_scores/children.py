"""All children of a reference date as compact columns, read by row groups.

Children stand in the order of their keys, so that no result can depend on the order of a file's
rows, on its row groups, or on who reads them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from oablib.base.errors import EnvironmentFault, InputError
from oablib.base.shown import showable
from oablib.indicator.pupil_scores import children_checks as checks
from oablib.protocol.codebook import Codebook, Column

UNKNOWN = 255
"""What stands in a column of codes for a value that is not known."""

BYTES_A_CHILD = 390  # at the peak of the chain with 16 million children: docs/benchmarks.md
NOWHERE = -1


@showable(private=("key", "site", "home", "codes", "numbers", "sites", "municipalities"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Children:
    """n children of one reference date.

    key: (n,) uint64, made of child_id, ascending. site: (n,) row in `sites`, -1 for toddlers and
    for pupils whose school is unknown. home: (n,) row in `municipalities`, -1 where unknown.
    codes: column -> (n,) uint8 codes, 255 where unknown. numbers: column -> (n,) float32, NaN
    where unknown. registered: (n,) yyyymm in which asylum was registered, 0 for all others.
    sites, municipalities: the tables of these names.
    """

    year: int
    key: NDArray[np.uint64]
    site: NDArray[np.int32]
    home: NDArray[np.int32]
    codes: Mapping[str, NDArray[np.uint8]]
    numbers: Mapping[str, NDArray[np.float32]]
    registered: NDArray[np.int32]
    sites: pd.DataFrame
    municipalities: pd.DataFrame

    def __len__(self) -> int:
        """How many children."""
        return len(self.key)

    @property
    def toddler(self) -> NDArray[np.bool_]:
        """Whether a child is a toddler, (n,)."""
        return self.codes["child_group"] == checks.TODDLER

    @property
    def computable(self) -> NDArray[np.bool_]:
        """Whether child and both parents are in the population register, (n,)."""
        present = [self.codes[f"{who}_registered"] == 1 for who in ("child", "mother", "father")]
        return np.logical_and.reduce(present)

    def is_asylum(self, *, until: int) -> NDArray[np.bool_]:
        """Asylum seekers and status holders registered in month `until` (yyyymm) or before."""
        return (self.registered > 0) & (self.registered <= until)

    def frame(self, **columns: NDArray) -> pd.DataFrame:
        """School, home and group of each child, with more columns beside them.

        toddler, school_id and municipality (categories of all sites and municipalities).
        """
        places = {
            "school_id": pd.Categorical.from_codes(
                self.site, categories=pd.Index(self.sites["school_id"])
            ),
            "municipality": pd.Categorical.from_codes(
                self.home, categories=pd.Index(self.municipalities["municipality"])
            ),
        }
        return pd.DataFrame({"toddler": self.toddler, **places, **columns}, copy=False)


def read(folder: str | Path, *, year: int, book: Codebook) -> Children:
    """Read children_<year>.parquet with sites and municipalities from a folder.

    Raises InputError when a file is absent or no Parquet; SchemaError, with counts for all columns
    together, when values contradict the codebook's tables; EnvironmentFault when the memory of
    this machine is too small for so many children.
    """
    place = Path(folder)
    sites, municipalities = (_table(place / f"{n}.parquet") for n in ("sites", "municipalities"))
    checks.fail_if_places_are_unfit(sites, municipalities, book=book)
    file = _opened(place / f"children_{year}.parquet")
    table = book.table("children")
    checks.fail_if_columns_are_absent(file.schema_arrow.names, table=table, name=f"children_{year}")
    fail_if_memory_is_short(file.metadata.num_rows)
    schools, homes = (
        pa.array(frame[name])
        for frame, name in ((sites, "school_id"), (municipalities, "municipality"))
    )
    names = [column.key for column in table.columns]
    parts, faults = [], checks.Faults()
    for group in range(file.num_row_groups):
        batch = file.read_row_group(group, columns=names)
        faults.note(batch, table=table)
        parts.append(_part(batch, table.columns, schools=schools, homes=homes))
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(columns["key"], kind="stable")
    faults.note_order(columns["key"][order])
    faults.note_places(columns)
    faults.fail_if_any(f"children_{year}.parquet")
    ordered = {name: values[order] for name, values in columns.items()}
    return _children(ordered, table.columns, year=year, sites=sites, municipalities=municipalities)


def source(folder: str | Path) -> str:
    """A sentence that says where a country's files are from: what their manifest tells."""
    try:
        told = json.loads((Path(folder) / "manifest.json").read_text(encoding="utf-8"))
        return str(told["source"])
    except (OSError, ValueError, KeyError, TypeError):
        return "files of the data holder"


def fail_if_memory_is_short(rows: int, *, available: int | None = None) -> None:
    """Raise EnvironmentFault when `rows` children need more memory than is available (bytes)."""
    free = _available() if available is None else available
    needed = rows * BYTES_A_CHILD
    if free is not None and needed > free:
        raise EnvironmentFault(
            f"{rows:,} children need about {needed / 2**30:.1f} GiB of memory and "
            f"{free / 2**30:.1f} GiB are free. End other programs, use a larger machine, or draw "
            "a smaller country (country_share)."
        )


def numbers_of(key: NDArray[np.uint64], *, seed: int, purpose: int) -> NDArray[np.float64]:
    """A random number in [0, 1) for each key, (n,), that depends on key, seed and purpose alone.

    The generator splitmix64 (Steele, Lea & Flood, 2014, OOPSLA, figure 17), one step from a state
    made of the three.
    """
    with np.errstate(over="ignore"):
        start = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(purpose)
        state = key ^ _mixed(np.array([start], dtype=np.uint64))
        return np.asarray((_mixed(state) >> np.uint64(11)) * 2.0**-53, dtype=np.float64)


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        z = state + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def keys_of(ids: pa.ChunkedArray | pa.Array) -> NDArray[np.uint64]:
    """A number for each identifier: the same wherever it stands, and never the identifier."""
    texts = ids.to_numpy(zero_copy_only=False)
    return np.asarray(pd.util.hash_array(texts, categorize=False))


def _part(
    batch: pa.Table, columns: tuple[Column, ...], *, schools: pa.Array, homes: pa.Array
) -> dict[str, NDArray]:
    """One row group as arrays."""
    part = {
        "key": keys_of(batch["child_id"]),
        "school_id": _rows(batch["school_id"], schools),
        "municipality": _rows(batch["municipality"], homes),
        "asylum_registered": batch["asylum_registered"].to_numpy().astype(np.int32),
    }
    for column in columns:
        if column.key in part or column.type == "id":
            continue
        values = batch[column.key].to_numpy()  # with NaN where there is nothing
        unknown = np.isin(values, list(column.missing)) if column.missing else np.False_
        if values.dtype.kind == "f":
            unknown = unknown | np.isnan(values)
        absent, kind = (UNKNOWN, np.uint8) if column.type == "category" else (np.nan, np.float32)
        part[column.key] = np.where(unknown, absent, values).astype(kind)
    return part


def _rows(values: pa.ChunkedArray, known: pa.Array) -> NDArray[np.int32]:
    found = pc.fill_null(pc.index_in(values, value_set=known), NOWHERE).to_numpy()
    absent = values.is_null().to_numpy()
    return np.where(found >= 0, found, np.where(absent, NOWHERE, checks.STRANGE)).astype(np.int32)


def _children(
    columns: Mapping[str, NDArray],
    described: tuple[Column, ...],
    *,
    year: int,
    sites: pd.DataFrame,
    municipalities: pd.DataFrame,
) -> Children:
    codes = [each.key for each in described if each.type == "category"]
    taken = {*codes, "asylum_registered"}
    numbers = [each.key for each in described if each.type != "id" and each.key not in taken]
    return Children(
        year=year,
        key=columns["key"],
        site=columns["school_id"],
        home=columns["municipality"],
        codes={name: columns[name] for name in codes},
        numbers={name: columns[name] for name in numbers},
        registered=columns["asylum_registered"],
        sites=sites,
        municipalities=municipalities,
    )


def _opened(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except FileNotFoundError:
        raise InputError(
            f"The file {path.name} is not in {path.parent}; expected the children of the country "
            "as the codebook's table `children` describes them."
        ) from None
    except (pa.ArrowException, OSError):
        raise InputError(
            f"{path.name} cannot be read as Parquet; it may be cut off or of another type. Get it "
            "anew."
        ) from None


def _table(path: Path) -> pd.DataFrame:
    return _opened(path).read().to_pandas()


def _available() -> int | None:
    """Bytes of memory that are free, None where the system does not tell."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    line = next((each for each in text.splitlines() if each.startswith("MemAvailable:")), "")
    return int(line.split()[1]) * 1024 if line else None
