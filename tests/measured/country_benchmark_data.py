"""Countries of three sizes as files: a tenth of the population, all of it, and ten times as many.

A size is given in tenths of the population; its files are in a folder of that name.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from oablib import pupil_scores, synthetic
from oablib.indicator.pupil_scores.children import UNKNOWN, Children, keys_of
from oablib.protocol import codebook

YEAR = 2020
SEED = 13
TENTH, WHOLE, TENFOLD = 1, 10, 100  # tenths of the population
DRAWS = "draws.parquet"
CHILDREN = f"children_{YEAR}.parquet"
# Name of a file of plain numbers -> column of the children.
CODES = {
    "father": "education_father",
    "mother": "education_mother",
    "origin": "origin",
    "residence": "residence_mother",
    "debts": "debt_restructuring",
}
ID_LENGTH = 9
LETTERS = 26
BRINS = 100 * LETTERS**2  # that two digits and two letters can name


def deliver(folder: Path, *, share: float) -> None:
    """A tenth and the whole of `share` of the country, unless they are there already."""
    for tenths in (TENTH, WHOLE):
        place = folder / str(tenths)
        if not (place / "manifest.json").exists():
            synthetic.deliver_country(place, share=share * tenths / WHOLE, year=YEAR, seed=SEED)


def read(folder: Path, *, tenths: int) -> Children:
    """The children of a size."""
    return pupil_scores.read(folder / str(tenths), year=YEAR, book=codebook.load())


def write_columns(folder: Path, *, tenths: int) -> None:
    """Files <name>.npy of one draw of all that a score needs: codes (uint8), school, home (int32).

    Whatever is unknown gets the code of a random other child: no child is left out of the pass.
    """
    children, rng = read(folder, tenths=tenths), np.random.default_rng(SEED)
    place = folder / str(tenths)
    for name, column in CODES.items():
        codes = children.codes[column].copy()
        unknown = np.flatnonzero(codes == UNKNOWN)
        codes[unknown] = rng.choice(codes[codes != UNKNOWN], len(unknown))
        np.save(place / f"{name}.npy", codes)
    np.save(place / "school.npy", children.site)
    np.save(place / "home.npy", children.home)


def repeat(source: Path, target: Path, *, times: int) -> None:
    """Write the country of a folder, with its draws, several times over into one.

    Each time children have other keys and stand at schools of other BRINs; homes are the same.
    """
    target.mkdir(exist_ok=True)
    pq.write_table(
        pq.read_table(source / "municipalities.parquet"), target / "municipalities.parquet"
    )
    sites = pd.read_parquet(source / "sites.parquet")
    copies = [
        sites.assign(school_id=other_schools(sites["school_id"], copy=copy, times=times))
        for copy in range(times)
    ]
    pd.concat(copies, ignore_index=True).to_parquet(target / "sites.parquet", index=False)
    schools = [pa.array(each["school_id"]) for each in copies]
    _repeat_children(source, target, schools=schools)
    _repeat_draws(source, target, times=times)


def other_schools(schools: pd.Series, *, copy: int, times: int) -> pd.Series:
    """School codes with other BRINs in each of several copies: no two share one."""
    brin, names = schools.str[:4].factorize()
    if len(names) * times > BRINS:
        raise SystemExit(f"{len(names)} BRINs cannot be named {times} times over.")
    number = copy * len(names) + brin
    first, second = (np.array([chr(65 + i) for i in range(LETTERS)])[each % LETTERS]
                     for each in (number // LETTERS, number))  # fmt: skip
    digits = pd.Series(number // LETTERS**2).astype(str).str.zfill(2)
    return digits + first + second + schools.str[4:].to_numpy()


def _repeat_children(source: Path, target: Path, *, schools: list[pa.Array]) -> None:
    file = pq.ParquetFile(source / CHILDREN)
    known = pa.array(pd.read_parquet(source / "sites.parquet")["school_id"])
    with pq.ParquetWriter(target / CHILDREN, file.schema_arrow) as writer:
        for copy, own in enumerate(schools):
            first = copy * file.metadata.num_rows
            for group in range(file.num_row_groups):
                batch = file.read_row_group(group)
                places = pc.index_in(batch["school_id"], value_set=known)
                changed = {"child_id": _ids(first, len(batch)), "school_id": pc.take(own, places)}
                writer.write_table(_changed(batch, changed))
                first += len(batch)


def _repeat_draws(source: Path, target: Path, *, times: int) -> None:
    draws = pq.read_table(source / DRAWS)
    keys = keys_of(pq.read_table(source / CHILDREN, columns=["child_id"])["child_id"])
    order = np.argsort(keys)
    row = order[np.searchsorted(keys[order], draws["key"].to_numpy())]
    new = [keys_of(_ids(copy * len(keys), len(keys)))[row] for copy in range(times)]
    copies = [_changed(draws, {"key": pa.array(own)}) for own in new]
    # In the order of keys, as they are drawn.
    ordered = pa.concat_tables(copies).take(np.argsort(np.concatenate(new)))
    pq.write_table(ordered, target / DRAWS)


def _changed(table: pa.Table, columns: Mapping[str, pa.Array | pa.ChunkedArray]) -> pa.Table:
    for name, values in columns.items():
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, values.cast(table.schema.field(at).type))
    return table


def _ids(first: int, count: int) -> pa.Array:
    numbers: NDArray = np.arange(first, first + count)
    return pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), ID_LENGTH, "0")
