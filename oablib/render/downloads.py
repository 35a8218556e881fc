"""Files that a reader downloads: exhibits and results tables as CSV, XLSX and PNG.

No text in them is a formula, whatever it begins with: a spreadsheet would compute it.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from oablib.base.wording import formula_safe, inert
from oablib.render import png_text, typst
from oablib.render.edition import _
from oablib.report.texts import named

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
_ABOUT = ("title", "unit", "note", "population", "source", "data")  # of an exhibit, for its cover
# What a cover says of a table, in English; in the order in which it is given.
_COVER = {
    "title": named("Title"),
    "unit": named("Unit"),
    "rows": named("One row is"),
    "note": named("Note"),
    "population": named("Population"),
    "source": named("Source"),
    "data": named("Data"),
    "run": named("Run"),
    "commit": named("Commit"),
    "report": named("Report"),
    "stage": named("Stage"),
}

Row = Sequence[str | int | float | bool | None]


@dataclass(frozen=True, slots=True)
class Cover:
    """The first sheet of a workbook: its name, title, and lines of heading and text."""

    sheet: str
    numbers: str
    lines: Mapping[str, str]


def cover(texts: Mapping[str, str]) -> Cover:
    """A cover in the language in use; texts: by the names in _COVER, empty ones are left out."""
    lines = {_(_COVER[name]): text for name, text in texts.items() if text}
    return Cover(_("About"), _("Numbers"), lines)


def write_exhibits(
    exhibits: Sequence[Mapping[str, Any]], *, stem: str, about: Mapping[str, str], folder: Path
) -> None:
    """Write the files of one report's figures and tables to folder/downloads/<stem>.

    exhibits: payloads, see exhibit.Exhibit, in the language in use. about: what the cover says
    besides. In CSV and XLSX the kind of data is a last column.
    """
    target = folder / FOLDER / stem
    target.mkdir(parents=True)
    for exhibit in exhibits:
        columns, rows = _with_kind_of_data(exhibit)
        path = target / exhibit["label"]
        path.with_suffix(".csv").write_bytes(exhibit_csv(exhibit))
        texts = {name: exhibit[name] for name in _ABOUT if exhibit[name]}
        workbook(path.with_suffix(".xlsx"), columns, rows, covers=[cover({**texts, **about})])
    figures = [exhibit for exhibit in exhibits if "svg" in exhibit]
    with ThreadPoolExecutor() as threads:
        pictures = threads.map(lambda figure: typst.png(figure["svg"], stem=stem), figures)
        for figure, picture in zip(figures, pictures, strict=True):
            texts = {"Title": figure["title"], "Description": figure["data"]}
            path = target / f"{figure['label']}.png"
            path.write_bytes(png_text.written(picture, texts))


def exhibit_csv(exhibit: Mapping[str, Any]) -> bytes:
    """The CSV file of an exhibit, from its payload in the language in use."""
    return csv_text(*_with_kind_of_data(exhibit)).encode("utf-8-sig")


def _with_kind_of_data(exhibit: Mapping[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """Columns and rows of an exhibit, with its kind of data."""
    rows = [[*row, exhibit["data"]] for row in exhibit["rows"]]
    return [*exhibit["columns"], _("data")], rows


def csv_text(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """A table as CSV: numbers in full, nothing where there is no value."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([formula_safe(name) for name in columns])
    writer.writerows([[formula_safe(x) if isinstance(x, str) else x for x in row] for row in rows])
    return text.getvalue()


def workbook(
    path: Path, columns: Sequence[str], rows: Sequence[Row], *, covers: Sequence[Cover]
) -> None:
    """A table as XLSX: a sheet with its cover in each language, and one with its numbers."""
    with xlsxwriter.Workbook(path, _WORKBOOK) as book:
        title = next(iter(covers[0].lines.values()), "")
        book.set_properties({"title": inert(title), "created": _MADE})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "bottom"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        for cover in covers:
            about = book.add_worksheet(cover.sheet)
            about.set_column(0, 0, 22)
            about.set_column(1, 1, 90)
            for row, (name, text) in enumerate(cover.lines.items()):
                about.write_string(row, 0, inert(name), bold)
                about.write_string(row, 1, inert(str(text)), wrapped)
        numbers = book.add_worksheet(covers[0].numbers)
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
