"""Compares the numbers of a page with those of its downloads."""

import csv
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import openpyxl

ABSENT = ("–", "·")  # without a number, and hidden
SIGNS = {"en": ",.", "nl": ".,"}
FLOATING = 1e-9  # of numbers that a file stores in ten digits


@dataclass(slots=True)
class Shown:
    """A table of a page: its label, headings, and rows without the headings of groups."""

    label: str
    headings: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Shown] = []
        self.row: list[str] = []
        self.cell: list[str] | None = None
        self.page = ""  # that a link within a cell leads to; a file names it by its stem
        self.heads_group = self.in_head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "table":
            self.tables.append(Shown(attributes.get("id") or ""))
        elif tag == "tr":
            self.row, self.heads_group = [], False
        elif tag == "a":
            whole = re.fullmatch(r"(\d\d_\w+)\.html", attributes.get("href") or "")
            self.page = whole[1] if whole else ""
        elif tag in ("td", "th"):
            self.cell = []
            self.heads_group |= "colspan" in attributes
        elif tag == "thead":
            self.in_head = True

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell.append(self.page or data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.page = ""
        if tag in ("td", "th") and self.cell is not None:
            self.row.append(" ".join("".join(self.cell).split()))
            self.cell = None
        elif tag == "thead":
            self.in_head = False
        elif tag == "tr" and self.tables and self.in_head:
            self.tables[-1].headings = self.row
        elif tag == "tr" and self.tables and not self.heads_group:
            self.tables[-1].rows.append(self.row)


def tables(page: Path) -> list[Shown]:
    """Tables of a page that have a label."""
    reader = _Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    return [table for table in reader.tables if table.label.startswith("tbl-")]


def differences(report: Path) -> list[str]:
    """Cells that differ between a page and its download, over all pages of a report."""
    return [
        f"{page.relative_to(report).as_posix()} {table.label}: {fault}"
        for page in sorted(report.rglob("[0-9]*.html"))
        for table in tables(page)
        for fault in _faults(
            table,
            page.parent / "downloads" / page.stem / f"{table.label}.csv",
            signs=SIGNS[language(page)],
        )
    ]


def language(page: Path) -> str:
    """The language that a page says it is in."""
    (code,) = re.findall(r'<html lang="(\w+)">', page.read_text(encoding="utf-8")[:200])
    return str(code)


def unequal_files(report: Path) -> list[str]:
    """CSV files of exhibits and results tables whose XLSX of the same name has other numbers."""
    return [
        path.relative_to(report).as_posix()
        for part in ("tables", "downloads")
        for path in sorted(report.rglob(f"{part}/**/*.csv"))
        if read_csv(path) != read_xlsx(path.with_suffix(".xlsx"))
    ]


def read_csv(path: Path) -> list[list[str | float]]:
    """Rows of a CSV, numbers as such; without the apostrophe that makes a text safe."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [[_value(text) for text in row] for row in csv.reader(file)]


def read_xlsx(path: Path) -> list[list[str | float]]:
    """Rows of the sheet with the numbers, which is the last."""
    rows = openpyxl.load_workbook(path, read_only=True).worksheets[-1].iter_rows(values_only=True)
    return [[_value("" if cell is None else str(cell)) for cell in row] for row in rows]


def agrees(shown: str, stored: str | float, *, signs: str = ",.") -> bool:
    """Whether a cell of a page is the stored value, rounded to the digits that it shows.

    signs: between thousands, and before decimals.
    """
    if shown in ABSENT:
        return stored == ""
    if isinstance(stored, str):
        return shown == stored
    plain = shown.replace(signs[0], "").replace(signs[1], ".").replace("\N{MINUS SIGN}", "-")
    if plain.startswith("<"):
        return 0 <= stored < float(plain[1:])
    factor = 100 if plain.endswith("%") else 1
    digits = plain.rstrip("%").strip()
    value = float(digits)
    return abs(value - factor * stored) <= _half_a_unit(digits) + FLOATING * abs(value)


def _half_a_unit(digits: str) -> float:
    """Half of the last digit that is shown."""
    number, _, power = digits.lower().partition("e")
    return 0.5 * 10.0 ** (int(power or 0) - len(number.partition(".")[2]))


def _value(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        # The apostrophe before what would be a formula; that of 's-Gravenhage belongs to the name.
        return " ".join(re.sub(r"^'(?=\s*[=+\-@])", "", text).split())


def _faults(table: Shown, path: Path, *, signs: str) -> list[str]:
    headings, *rows = read_csv(path)
    if len(rows) != len(table.rows):
        return [f"{len(table.rows)} rows, the file {len(rows)}"]
    columns = [headings.index(name) for name in table.headings]
    return [
        f"row {line} {name!r}: shows {shown}, the file {row[column]}"
        for line, (cells, row) in enumerate(zip(table.rows, rows, strict=True), start=1)
        for name, shown, column in zip(table.headings, cells, columns, strict=True)
        if not agrees(shown, row[column], signs=signs)
    ]
