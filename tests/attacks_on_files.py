"""What an outsider finds in the files of a report: names of schools, children, one score."""

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from tests.attacks_on_reports import SCORE, Report

PUBLIC = {"school_id", "brin", "sites", "n_children", SCORE, "step", "note", "data"}
"""Columns that a table may have beside the name of a school."""
NAME = re.compile(r"\b\d\d[A-Z]{2}(?:\d\d)?\b")
PERSONS = re.compile(r"^(?:child(?:_id)?|kind|key|pupil_id|pseudonym|bsn|person)$", re.IGNORECASE)
SHOWN = {"text/html", "text/markdown"}
"""Forms of a published output: an exhibit or a text. A frame or a print has another as well."""
DECIMALS = re.compile(r"-?\d+\.(\d{3,6})\d*")


def siblings(report: Report, hidden: Iterable[str]) -> list[str]:
    """5: where a hidden site stands with a number, or a school with more than its score."""
    names, found = set(hidden), []
    for path, frame in report.frames():
        schools = frame.apply(lambda cells: cells.astype(str).str.fullmatch(NAME)).any()
        if not schools.any():
            continue
        extra = set(frame) - PUBLIC - set(schools[schools].index)
        numeric = [c for c in extra if pd.to_numeric(frame[c], errors="coerce").notna().any()]
        if numeric and path.startswith("tables/"):
            found.append(f"{path}: {', '.join(sorted(numeric))}")
        rows = frame[frame.isin(names).any(axis=1)]
        if len(rows) and (SCORE not in rows or rows[SCORE].notna().any()):
            found.append(f"{path}: hidden schools")
    for path, text in report.texts():
        if names & set(NAME.findall(text)):
            found.append(f"{path}: hidden schools")
    return found


def rows_of_children(report: Report, persons: Iterable[str]) -> list[str]:
    """6: columns that name children, outputs that are no exhibit, and the values of one child."""
    known, found = set(persons), []
    for path, frame in report.frames():
        found += [f"{path}: column {name}" for name in frame if PERSONS.match(str(name))]
        if known & set(frame.astype(str).to_numpy().ravel()):
            found.append(f"{path}: a child")
    for path, text in report.texts():
        if known and known & set(re.findall(r"[\w.-]+", text)):
            found.append(f"{path}: a child")
        cells = json.loads(text)["cells"] if path.endswith(".ipynb") else []
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        if any(set(output.get("data", {"": 0})) - SHOWN for output in outputs):
            found.append(f"{path}: an output that is no exhibit")
    return found


def prints(report: Report, score: float) -> list[str]:
    """2: cells that hold a score, to three decimals or more."""
    return [
        f"{path}: {name}"
        for path, frame in report.frames()
        for name in frame
        for cell in frame[name].dropna()
        if (match := DECIMALS.fullmatch(str(cell)))
        and abs(float(cell) - score) <= 0.5 * 10.0 ** -len(match[1])
    ]


def holding(folder: Path, values: Iterable[str]) -> list[str]:
    """Files under a folder whose text, or whatever they pack, has one of some values as a word."""
    words = re.compile(r"(?<![\w.])(?:" + "|".join(map(re.escape, values)) + r")(?![\w]|\.\d)")
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [
        path.relative_to(folder).as_posix()
        for path in paths
        if any(words.search(text) for text in texts_of(path.name, path.read_bytes()))
    ]


def texts_of(name: str, data: bytes) -> Iterator[str]:
    """What a file says: its text, files in an archive, streams of a PDF, cells of a table."""
    if zipfile.is_zipfile(file := io.BytesIO(data)):
        with zipfile.ZipFile(file) as archive:
            for part in archive.namelist():
                yield from texts_of(part, archive.read(part))
    elif name.endswith(".parquet"):
        yield pd.read_parquet(file).to_csv()
    elif name.endswith(".pdf"):
        yield data.decode("latin-1")
        for stream in re.findall(rb"stream\r?\n(.*?)endstream", data, flags=re.DOTALL):
            try:
                yield zlib.decompress(stream).decode("latin-1")
            except zlib.error:
                continue
    else:
        yield data.decode("utf-8", errors="replace")
