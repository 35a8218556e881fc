"""All children of a reference date as compact columns, read in parts.

Children are in the order of their keys, so that no result can depend on the order of a file's
rows, on its row groups, or on the reader.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from oablib.base.errors import EnvironmentFault
from oablib.base.origin import Origin
from oablib.base.shown import showable
from oablib.intake import check, country, files
from oablib.protocol.codebook import Codebook, Table

UNKNOWN = 255
"""Code, in a column of codes, of a value that is not known."""

PUPIL, TODDLER = 1, 2
COMPACT: Mapping[str, tuple[float, type]] = {
    "category": (UNKNOWN, np.uint8),
    "integer": (np.nan, np.float32),
    "number": (np.nan, np.float32),
    "month": (0, np.int32),
}
"""Type of a column -> what stands for an unknown value, and how values are kept."""

PART = 100_000  # children that are read at a time
BYTES_A_CHILD = 390  # at the peak of the chain with 16 million children: docs/benchmarks.md


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
        return self.codes["child_group"] == TODDLER

    @property
    def computable(self) -> NDArray[np.bool_]:
        """Whether child and both parents are in the population register, (n,)."""
        persons = ("child", "mother", "father")
        present = [self.codes[f"{person}_registered"] == 1 for person in persons]
        return np.logical_and.reduce(present)

    def values(self, name: str, rows: NDArray | slice = slice(None)) -> NDArray[np.float64]:
        """Codes or numbers of a column, for some children or all; NaN where unknown."""
        if name in self.numbers:
            return self.numbers[name][rows].astype(np.float64)
        codes = self.codes[name][rows]
        return np.where(codes == UNKNOWN, np.nan, codes.astype(np.float64))

    def is_asylum(self, *, until: int) -> NDArray[np.bool_]:
        """Asylum seekers and status holders registered in month `until` (yyyymm) or before."""
        return (self.registered > 0) & (self.registered <= until)

    def frame(self, **columns: NDArray) -> pd.DataFrame:
        """School, home and group of each child, with more columns beside them.

        toddler, school_id and municipality (categories of all sites and municipalities).
        """
        rows = {"school_id": (self.site, self.sites)}
        rows["municipality"] = (self.home, self.municipalities)
        listed = {
            name: pd.Categorical.from_codes(row, categories=pd.Index(table[name]))
            for name, (row, table) in rows.items()
        }
        return pd.DataFrame({"toddler": self.toddler, **listed, **columns}, copy=False)


def read(folder: str | Path, *, year: int, book: Codebook) -> Children:
    """Read children_<year>.parquet with sites and municipalities from a folder.

    Raises InputError when a file is absent, damaged or not as a manifest beside it says;
    SchemaError, with counts for all columns of a file together, when it contradicts the
    codebook; EnvironmentFault when this machine has too little memory for so many children.
    """
    folder, name, table = Path(folder), f"children_{year}.parquet", book.table("children")
    municipalities = _listed(folder, "municipalities", book=book)
    sites = _listed(folder, "sites", book=book, municipality=municipalities["municipality"])
    large = country.in_parts(folder / name, table=table, codebook=book)
    fail_if_memory_is_short(large.rows)
    rows = {
        "school_id": pd.Index(sites["school_id"]),
        "municipality": pd.Index(municipalities["municipality"]),
    }
    keys, parts, counts = [], [], Counter[tuple[str, str]]()
    for part in large.frames(PART):
        keys.append(keys_of(part["child_id"]))
        counts += check.broken_rules(part, table=table, known=rows, whole=False)
        at_school = (part["child_group"] == TODDLER) & part["school_id"].notna()
        counts += Counter({("school_id", "of toddlers; expected none"): int(at_school.sum())})
        if not counts:
            parts.append(_compact(part, table=table, rows=rows))
    key = np.concatenate(keys)
    order = np.argsort(key, kind="stable")
    key = key[order]
    repeated = int((key[1:] == key[:-1]).sum())
    counts += Counter({("child_id", check.repeated_rule(table)): repeated})
    check.fail_if_any(check.faults(counts, file=name, table=table), codebook=book)
    columns = {name: np.concatenate([part[name] for part in parts])[order] for name in parts[0]}
    site, home, registered = (columns.pop(name) for name in (*rows, "asylum_registered"))
    codes = {column.key for column in table.columns if column.type == "category"}
    return Children(
        year=year,
        key=key,
        site=site,
        home=home,
        codes={name: values for name, values in columns.items() if name in codes},
        numbers={name: values for name, values in columns.items() if name not in codes},
        registered=registered,
        sites=sites,
        municipalities=municipalities,
    )


def origin(folder: str | Path) -> Origin:
    """Where a country's files come from, as their manifest has it."""
    try:
        return Origin.of_manifest(json.loads((Path(folder) / files.MANIFEST).read_bytes()))
    except (OSError, ValueError, AttributeError):
        return Origin.of_manifest({})


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


def keys_of(ids: ArrayLike) -> NDArray[np.uint64]:
    """A number for each identifier, (n,): the same in every file, and never the identifier."""
    texts = np.asarray(ids, dtype=object)
    return np.asarray(pd.util.hash_array(texts, categorize=False))


def _listed(folder: Path, name: str, *, book: Codebook, **known: Collection[str]) -> pd.DataFrame:
    """Sites or municipalities, as the codebook describes them."""
    path = folder / f"{name}.parquet"
    return country.whole(path, table=book.table(name), codebook=book, known=known)


def _compact(
    part: pd.DataFrame, *, table: Table, rows: Mapping[str, pd.Index]
) -> dict[str, NDArray]:
    """Columns of some children: rows of their school and home, codes and numbers."""
    columns: dict[str, NDArray] = {
        name: index.get_indexer(pd.Index(part[name])).astype(np.int32)
        for name, index in rows.items()
    }
    for column in table.columns:
        if column.key in columns or column.type == "id":
            continue
        values = part[column.key].to_numpy()
        unknown = np.isnan(values) | np.isin(values, list(column.missing))
        absent, kind = COMPACT[column.type]
        columns[column.key] = np.where(unknown, absent, values).astype(kind)
    return columns


def _available() -> int | None:
    """Bytes of memory that are free, None where the system does not say."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    line = next((line for line in text.splitlines() if line.startswith("MemAvailable:")), "")
    return int(line.split()[1]) * 1024 if line else None
