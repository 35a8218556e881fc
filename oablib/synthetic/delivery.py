"""Write a cohort as a data holder would: three formats, a manifest, and the truth apart."""

import json
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pyreadstat

from oablib.base.files import sha256
from oablib.protocol import codebook
from oablib.synthetic.cohort import Cohort

# Bytes 92-108 of an SPSS system file hold its date and time. They are fixed, so that equal
# data are equal bytes (PSPP developers' manual, "System File Format", file header record).
SAV_DATE = slice(92, 109)
FIXED_DATE = b"01 Jan 2100:00:00"


def write(cohort: Cohort, folder: Path) -> Path:
    """Write tables as .sav, .csv and .parquet with manifest.json; return cohort.sav's path.

    The truth goes to folder/truth/, which no analysis reads: truth.json and education.parquet.
    """
    folder.mkdir(parents=True, exist_ok=True)
    book = codebook.load("codebook")
    tables = {
        "cohort": cohort.children,
        "schools": cohort.schools,
        "municipalities": cohort.municipalities,
    }
    entries = [
        {"file": path.name, "sha256": sha256(path), "rows": len(frame)}
        for name, frame in tables.items()
        for path in _write_table(frame, folder=folder, table=book.table(name), name=name)
    ]
    manifest = {"source": cohort.source, "files": entries}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    _write_truth(cohort, folder / "truth")
    return folder / "cohort.sav"


def _write_table(
    frame: pd.DataFrame, *, folder: Path, table: codebook.Table, name: str
) -> list[Path]:
    sav, csv, parquet = (folder / f"{name}.{end}" for end in ("sav", "csv", "parquet"))
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
    return [sav, csv, parquet]


def _labels(column: codebook.Column) -> dict[int | float, str]:
    labels: dict[int | float, str] = {c.code: c.label_nl for c in column.categories}
    return labels | dict(column.missing)


def _write_truth(cohort: Cohort, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "truth.json").write_text(json.dumps(asdict(cohort.truth), indent=1) + "\n")
    cohort.education.to_parquet(folder / "education.parquet", index=False)
