"""Write a country as a data holder would: Parquet files, a manifest, and the truth apart."""

import json
from pathlib import Path

import pandas as pd

from oablib.base.files import sha256
from oablib.synthetic.country.drawn import Country


def write(country: Country, folder: Path, *, row_group: int) -> Path:
    """Write children_<year>, sites and municipalities as .parquet, and manifest.json.

    row_group: rows of children that a reader may take at a time. The truth goes to
    folder/truth/education_<year>.parquet, which no analysis reads. Returns the folder.
    """
    truth = folder / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    tables = {f"children_{year}": frame for year, frame in country.children.items()}
    tables |= {"sites": country.sites, "municipalities": country.municipalities}
    entries = [
        _written(frame, path=folder / f"{name}.parquet", row_group=row_group)
        for name, frame in tables.items()
    ]
    for year, frame in country.education.items():
        _written(frame, path=truth / f"education_{year}.parquet", row_group=row_group)
    manifest = {"source": country.source, "files": entries}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return folder


def _written(frame: pd.DataFrame, *, path: Path, row_group: int) -> dict[str, str | int]:
    frame.to_parquet(path, index=False, row_group_size=row_group)
    return {"file": path.name, "sha256": sha256(path), "rows": len(frame)}
