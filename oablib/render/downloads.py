"""Files that a reader takes along: exhibits and results tables as CSV, XLSX and PNG.

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
_WIDEST = 60  # letters of a column

Row = Sequence[str | int | float | bool | None]


def write_exhibits(
    exhibits: Sequence[Mapping[str, Any]], *, stem: str, cover: Mapping[str, str], folder: Path
) -> None:
    """Write the files of one report's figures and tables to folder/downloads/<stem>.

    exhibits: payloads, see exhibit.Exhibit. cover: what the first sheet says besides.
    """
    target = folder / FOLDER / stem
    target.mkdir(parents=True)
    for told in exhibits:
        path = target / told["label"]
        path.with_suffix(".csv").write_text(
            csv_text(told["columns"], told["rows"]), encoding="utf-8-sig", newline=""
        )
        names = ("title", "unit", "note", "population", "source")
        own = {name: told[name] for name in names if told[name]}
        workbook(path.with_suffix(".xlsx"), told["columns"], told["rows"], cover={**own, **cover})
    figures = [told for told in exhibits if "svg" in told]
    with ThreadPoolExecutor() as threads:
        pictures = threads.map(lambda told: typst.png(told["svg"], stem=stem), figures)
    for told, picture in zip(figures, pictures, strict=True):
        (target / f"{told['label']}.png").write_bytes(picture)


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
        for place, (name, text) in enumerate(cover.items()):
            about.write_string(place, 0, inert(name).capitalize(), bold)
            about.write_string(place, 1, inert(str(text)), wrapped)
        for place, name in enumerate(columns):
            numbers.write_string(0, place, inert(name), bold)
            numbers.set_column(place, place, _width(name, [row[place] for row in rows]))
        for line, row in enumerate(rows, start=1):
            for place, value in enumerate(row):
                _write(numbers, line, place, value)
        numbers.freeze_panes(1, 0)


def _write(sheet: Any, line: int, place: int, value: Any) -> None:
    if isinstance(value, str):
        sheet.write_string(line, place, inert(value))
    elif isinstance(value, bool):
        sheet.write_boolean(line, place, value)
    elif value is not None:
        sheet.write_number(line, place, value)


def _width(name: str, values: Sequence[Any]) -> int:
    """Letters that hold the longest text of a column, up to _WIDEST."""
    texts = [len(value) for value in values if isinstance(value, str)]
    return min(max([10, len(name) + 1, *texts]), _WIDEST)
