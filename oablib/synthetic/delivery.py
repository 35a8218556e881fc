"""Write a cohort or a country as a data holder would: files, a manifest, and the truth apart."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pyreadstat

from oablib.base.files import sha256
from oablib.base.origin import Origin
from oablib.protocol import codebook
from oablib.synthetic.cohort import Cohort
from oablib.synthetic.country import Country

# Bytes 92-108 of an SPSS system file hold its date and time. They are fixed, so that equal
# data are equal bytes (PSPP developers' manual, "System File Format", file header record).
SAV_DATE = slice(92, 109)
FIXED_DATE = b"01 Jan 2100:00:00"


def write(cohort: Cohort, folder: Path) -> Path:
    """Write tables as .sav, .csv and .parquet with manifest.json; return cohort.sav's path.

    The truth goes to folder/truth/, which no analysis reads: truth.json and education.parquet.
    """
    truth = folder / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    book = codebook.load("codebook")
    tables = {
        "cohort": cohort.children,
        "schools": cohort.schools,
        "municipalities": cohort.municipalities,
    }
    rows = {
        path: len(frame)
        for name, frame in tables.items()
        for path in _write_table(frame, folder=folder, table=book.table(name))
    }
    _write_manifest(folder, origin=cohort.origin, rows=rows)
    (truth / "truth.json").write_text(json.dumps(asdict(cohort.truth), indent=1) + "\n")
    cohort.education.to_parquet(truth / "education.parquet", index=False)
    return folder / "cohort.sav"


def write_country(country: Country, folder: Path, *, row_group: int) -> Path:
    """Write children_<year>, sites and municipalities as .parquet, and manifest.json.

    row_group: rows of children that a reader may take at a time. The truth goes to
    folder/truth/education_<year>.parquet, which no analysis reads. Returns the folder.
    """
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    tables = {f"children_{year}": frame for year, frame in country.children.items()}
    tables |= {"sites": country.sites, "municipalities": country.municipalities}
    truth = {f"truth/education_{year}": frame for year, frame in country.education.items()}
    for name, frame in (tables | truth).items():
        frame.to_parquet(folder / f"{name}.parquet", index=False, row_group_size=row_group)
    rows = {folder / f"{name}.parquet": len(frame) for name, frame in tables.items()}
    _write_manifest(folder, origin=country.origin, rows=rows)
    return folder


def _write_table(frame: pd.DataFrame, *, folder: Path, table: codebook.Table) -> list[Path]:
    paths = [folder / f"{table.name}.{suffix}" for suffix in ("sav", "csv", "parquet")]
    sav, csv, parquet = paths
    columns = [table.column(key) for key in frame.columns]
    pyreadstat.write_sav(
        frame,
        str(sav),
        column_labels=[column.label_nl for column in columns],
        variable_value_labels={c.key: _labels(c) for c in columns if c.categories or c.missing},
        missing_ranges={c.key: list(c.missing) for c in columns if c.missing},
    )
    content = bytearray(sav.read_bytes())
    content[SAV_DATE] = FIXED_DATE
    sav.write_bytes(content)
    frame.to_csv(csv, sep=table.delimiter, decimal=table.decimal, index=False, lineterminator="\n")
    frame.to_parquet(parquet, index=False)
    return paths


def _labels(column: codebook.Column) -> dict[int | float, str]:
    labels: dict[int | float, str] = {c.code: c.label_nl for c in column.categories}
    return labels | dict(column.missing)


def _write_manifest(folder: Path, *, origin: Origin, rows: Mapping[Path, int]) -> None:
    """rows: file -> its number of rows."""
    files = [
        {"file": path.name, "sha256": sha256(path), "rows": count} for path, count in rows.items()
    ]
    manifest = {**origin.columns(), "files": files}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
