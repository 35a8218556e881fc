"""The exact tables with which payments are made, for the payer alone.

They are never published: from the target group, A and B of a small school follows the score of a
single child. They leave by another way than a report does, in a folder that its owner alone reads.
"""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from oablib.base import files
from oablib.base.errors import DisclosureError, InputError, ParameterError
from oablib.base.files import sha256
from oablib.indicator import allocation
from oablib.protocol.reference_dates import reference_date
from oablib.render import downloads
from oablib.report import exhibit
from oablib.running.export import finished
from oablib.running.export.finished import Finished
from oablib.running.export.output import is_in_reports
from oablib.running.publication import MANIFEST

FOLDER = "payer"
TABLES = {
    "payer_sites": "sites", "payer_municipalities": "municipalities", "payer_grants": "grants",
    "payer_certainty": "certainty",
}  # fmt: skip
"""Private table of a stage -> name of its files."""
OTHERS = 0o077  # permissions of anybody but the owner
CENTS = 100
README = "README.txt"
NOTE = """\
CONFIDENTIAL. These files hold exact numbers of schools and municipalities, from which scores of
single children follow. They are for the payer alone: do not publish them, and remove them when the
payment is made. A published report has the same numbers in a form that may be shown.

VERTROUWELIJK. Deze bestanden bevatten exacte cijfers van scholen en gemeenten, waaruit scores van
afzonderlijke kinderen volgen. Ze zijn alleen voor de betaler: publiceer ze niet, en verwijder ze
als de betaling gedaan is. Een gepubliceerd rapport heeft dezelfde cijfers in een vorm die getoond
mag worden.
"""


def export(run: str, *, out: Path | None = None) -> Path:
    """Write the tables into a private folder, by default .work/<run>/payer, and return its path.

    Sites, schools by BRIN, municipalities, grants in whole cents, and how sure scores are, each as
    Parquet and as CSV without rounding. manifest.json comes last: a folder without it is
    incomplete. Raises InputError without such a report, for a run without country and when its
    private tables are gone; IncompleteRunError when the report is not as its manifest says;
    DisclosureError for a folder in reports/ or one that others can read; EnvironmentFault when it
    cannot be written.
    """
    if out is not None:
        _fail_if_unfit(out)
    with finished.opened(run) as report:
        sources = _sources(report)
        folder = out or report.work / FOLDER
        _write(folder, tables(sources), report, sources)
    return folder


def tables(sources: Mapping[str, Path]) -> dict[str, pd.DataFrame]:
    """The tables by name; sources: as the stage wrote them, by the names in TABLES.

    sites and municipalities: as from allocation. schools: as from allocation.brins. grants: as from
    allocation.grants, with grant_cents (whole cents). certainty: as from certainty.of_payer.
    """
    made = {TABLES[name]: pd.read_parquet(path) for name, path in sources.items()}
    cents = (made["grants"]["grant"] * CENTS).round().astype("int64")
    return {
        "sites": made["sites"],
        "schools": allocation.brins(made["sites"]),
        "municipalities": made["municipalities"],
        "grants": made["grants"].assign(grant_cents=cents),
        "certainty": made["certainty"],
    }


def _fail_if_unfit(folder: Path) -> None:
    if is_in_reports(folder):
        raise DisclosureError(
            f"{folder} is in reports/, which is published; the tables for the payer show single "
            "children. Give a folder elsewhere, or none: they then go into the private folder of "
            "the run."
        )
    if folder.exists() and not folder.is_dir():
        raise ParameterError(f"{folder} is a file; expected a folder.")
    if folder.is_dir() and folder.stat().st_mode & OTHERS:
        raise DisclosureError(
            f"Others than its owner can read {folder}, and the tables for the payer show single "
            f"children. Close it with `chmod 700 {folder}`, or give a folder that is not there yet."
        )


def _sources(report: Finished) -> dict[str, Path]:
    """Private table -> its file, the one that the report was made with."""
    if not report.manifest["parameters"]["country"]:
        raise InputError(
            f"reports/{report.run} is of a run without a country: it has no schools or "
            "municipalities to pay. Give its run file a `country`."
        )
    found = {}
    for name, stem in _stages(report).items():
        entry = report.entry(stem)
        folders = [report.work / "private", *([entry.folder / "private"] if entry else [])]
        digest = report.manifest["stages"][stem]["writes"][name]
        paths = (folder / f"{name}.parquet" for folder in folders)
        intact = [path for path in paths if path.is_file() and sha256(path) == digest]
        if intact:
            found[name] = intact[0]
    if absent := [name for name in TABLES if name not in found]:
        raise InputError(
            f"Of the private tables of reports/{report.run} {len(absent)} are no longer there as "
            f"they were made ({', '.join(absent)}). Make them again with `oab run {report.run}`."
        )
    return found


def _stages(report: Finished) -> dict[str, str]:
    """The stage that wrote each table."""
    found = {
        name: stem
        for stem, origin in report.manifest["stages"].items()
        for name in TABLES
        if name in origin["writes"]
    }
    if absent := [name for name in TABLES if name not in found]:
        raise InputError(
            f"reports/{report.run} was made without {len(absent)} tables for the payer "
            f"({', '.join(absent)}). Make it anew with `oab run {report.run}`."
        )
    return {name: found[name] for name in TABLES}


def _write(
    folder: Path, made: Mapping[str, pd.DataFrame], report: Finished, sources: Mapping[str, Path]
) -> None:
    contents = {README: NOTE.encode()}
    for name, frame in made.items():
        contents[f"{name}.parquet"] = _parquet(frame)
        contents[f"{name}.csv"] = downloads.csv_text(*exhibit.plain(frame)).encode("utf-8-sig")
    files.private_folder(folder)
    (folder / MANIFEST).unlink(missing_ok=True)
    for name, content in contents.items():
        with files.at(folder / name) as part:
            part.write_bytes(content)
    digests = {name: sha256(folder / name) for name in contents}
    about = _about(report, sources) | {"files": digests}
    files.write(folder / MANIFEST, json.dumps(about, indent=2, ensure_ascii=False) + "\n")


def _about(report: Finished, sources: Mapping[str, Path]) -> dict[str, Any]:
    manifest = report.manifest
    stems = dict.fromkeys(_stages(report).values())
    year = manifest["parameters"]["reference_year"]
    return {
        "note": NOTE,
        "run": report.run,
        "report": manifest["identity"],
        "commit": manifest["commit"],
        "stages": {stem: manifest["stages"][stem]["key"] for stem in stems},
        "tables": {name: sha256(path) for name, path in sources.items()},
        "reference_dates": [reference_date(each).isoformat() for each in (year, year - 1)],
    }


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()
