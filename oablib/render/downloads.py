"""Files that a reader downloads: exhibits and results tables as CSV, XLSX and PNG.

No text in them is a formula, whatever it begins with: a spreadsheet would compute it.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from oablib.base.wording import formula_safe, inert
from oablib.render import typst

FOLDER = "downloads"
# Text stays text; nothing of the moment of making is in the file, so equal tables are equal bytes.
_WORKBOOK = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "in_memory": True,
}
_MADE = datetime(2000, 1, 1)
_WIDEST = 60  # characters of a column
_ABOUT = ("title", "unit", "note", "population", "source")  # of an exhibit, for its first sheet

Row = Sequence[str | int | float | bool | None]


def write_exhibits(
    exhibits: Sequence[Mapping[str, Any]], *, stem: str, cover: Mapping[str, str], folder: Path
) -> None:
    """Write the files of one report's figures and tables to folder/downloads/<stem>.

    exhibits: payloads, see exhibit.Exhibit. cover: what the first sheet says besides.
    """
    target = folder / FOLDER / stem
    target.mkdir(parents=True)
    for exhibit in exhibits:
        columns, rows = exhibit["columns"], exhibit["rows"]
        path = target / exhibit["label"]
        text = csv_text(columns, rows)
        path.with_suffix(".csv").write_text(text, encoding="utf-8-sig", newline="")
        about = {name: exhibit[name] for name in _ABOUT if exhibit[name]}
        workbook(path.with_suffix(".xlsx"), columns, rows, cover={**about, **cover})
    drawings = {exhibit["label"]: exhibit["svg"] for exhibit in exhibits if "svg" in exhibit}
    with ThreadPoolExecutor() as threads:
        pictures = threads.map(lambda svg: typst.png(svg, stem=stem), drawings.values())
        for label, picture in zip(drawings, pictures, strict=True):
            (target / f"{label}.png").write_bytes(picture)


def csv_text(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """A table as CSV: numbers in full, nothing where there is no value."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([formula_safe(name) for name in columns])
    writer.writerows([[formula_safe(x) if isinstance(x, str) else x for x in row] for row in rows])
    return text.getvalue()


def workbook(
    path: Path, columns: Sequence[str], rows: Sequence[Row], *, cover: Mapping[str, str]
) -> None:
    """A table as XLSX: a sheet About with the cover, and a sheet Numbers."""
    with xlsxwriter.Workbook(path, _WORKBOOK) as book:
        book.set_properties({"title": inert(cover.get("title", "")), "created": _MADE})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "bottom"})
        about, numbers = book.add_worksheet("About"), book.add_worksheet("Numbers")
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        about.set_column(0, 0, 22)
        about.set_column(1, 1, 90)
        for row, (name, text) in enumerate(cover.items()):
            about.write_string(row, 0, inert(name).capitalize(), bold)
            about.write_string(row, 1, inert(str(text)), wrapped)
        for column, name in enumerate(columns):
            numbers.write_string(0, column, inert(name), bold)
            numbers.set_column(column, column, _width(name, [values[column] for values in rows]))
        for row, values in enumerate(rows, start=1):
            for column, value in enumerate(values):
                if isinstance(value, str):
                    numbers.write_string(row, column, inert(value))
                elif isinstance(value, bool):
                    numbers.write_boolean(row, column, value)
                elif value is not None:
                    numbers.write_number(row, column, value)
        numbers.freeze_panes(1, 0)


def _width(name: str, values: Sequence[Any]) -> int:
    """Characters that hold the longest text of a column, up to _WIDEST."""
    texts = [len(value) for value in values if isinstance(value, str)]
    return min(max([10, len(name) + 1, *texts]), _WIDEST)
