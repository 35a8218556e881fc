"""The data dictionary: codebooks and indicators as one Markdown page.

`oab dictionary` writes docs/data_dictionary.md anew.
"""

from collections.abc import Iterable, Iterator, Sequence

from oablib.protocol import codebook, indicators
from oablib.protocol.codebook import Codebook, Column, Table
from oablib.protocol.indicators import Indicator, Indicators

CODEBOOKS = ("codebook", "codebook_snijders_bosker")
PAGE = "docs/data_dictionary.md"
HEADING = """# Data dictionary

Generated from `params/rules/codebook*.yaml` and `params/rules/indicators.yaml` by
`oab dictionary`; change those files, not this page.

A delivery is a `.sav`, `.csv` or `.parquet` file per table. A category may be delivered as its
code, its key or one of its labels. A missing code in a *required* column drops the row with a
count; in an *unknown allowed* column the row stays and the value is unknown. A delivery may lack a
column that is *optional*: the sections that need it are left out of the report.

Labels are those of reports, in both languages; in italics the words within a sentence, where these
are others.
"""


def to_markdown(books: Sequence[Codebook], *, listed: Indicators) -> str:
    """One Markdown page: tables and columns of each codebook, then the 36 indicators."""
    lines = [HEADING]
    for book in books:
        lines += _book(book)
    lines += _indicators(listed)
    return "\n".join(lines).rstrip() + "\n"


def page() -> str:
    """Content that docs/data_dictionary.md must have."""
    books = [codebook.load(name) for name in CODEBOOKS]
    return to_markdown(books, listed=indicators.load())


def _book(book: Codebook) -> Iterator[str]:
    yield f"## {book.title} (`{book.name}.yaml`)\n"
    yield f"Source: {book.source}. To get the data: {book.obtain}.\n"
    for table in book.tables:
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    yield f"### Table `{table.name}`: {table.title}\n"
    keys = ", ".join(f"`{key}`" for key in table.keys)
    links = "".join(f" `{key}` is in table `{to}`." for key, to in table.links.items())
    yield f"A row is named by {keys}.{links}"
    yield f"CSV: delimiter `{table.delimiter}`, decimal `{table.decimal}`, {table.encoding}.\n"
    yield from _grid(
        ("Column", "Nederlands", "English", "Type", "Values", "Unknown", "Level", "Source"),
        (_column_cells(column) for column in table.columns),
    )
    for column in table.columns:
        yield from _categories(column)


def _column_cells(column: Column) -> tuple[str, ...]:
    names = ", ".join(f"`{name}`" for name in (column.key, *column.aliases))
    number = f" (indicator {column.indicator})" if column.indicator else ""
    units = " / ".join(filter(None, (column.unit, column.unit_nl)))
    kind = f"{column.type}, {units}" if units else column.type
    return (
        names,
        _labels(column.label_nl, column.short_nl),
        _labels(column.label_en, column.short_en),
        kind,
        _values(column),
        _unknown(column),
        column.level,
        f"{column.source}{number}",
    )


def _labels(label: str, short: str) -> str:
    return f"{label}; *{short}*" if short else label


def _values(column: Column) -> str:
    if column.is_numeric:
        return f"{column.minimum} to {column.maximum}"
    if column.pattern is not None:
        return f"`{column.pattern}`"
    return ", ".join(str(code) for code in column.codes) or "any"


def _unknown(column: Column) -> str:
    codes = ", ".join(f"{code} = {label}" for code, label in column.missing.items())
    if column.required:
        return f"required; {codes}" if codes else "required"
    if column.nullable:
        allowed = "column optional, " * column.optional + "unknown allowed"
        return f"{allowed}; {codes or 'blank'}"
    return "never"


def _categories(column: Column) -> Iterator[str]:
    if not column.categories:
        return
    reference = f"; reference `{column.reference}`" if column.reference else ""
    yield f"Categories of `{column.key}`{reference}:\n"
    yield from _grid(
        ("Code", "Key", "Nederlands", "English"),
        ((str(c.code), f"`{c.key}`", c.label_nl, c.label_en) for c in column.categories),
    )


def _indicators(listed: Indicators) -> Iterator[str]:
    yield "## The 36 indicators of 2015\n"
    yield f"Source: {listed.source}."
    yield "Years are those available on 30 November 2015.\n"
    yield from _grid(
        ("No", "Indicator", "English", "Definition", "Source", "Years", "Note", "Column"),
        (_indicator_cells(indicator) for indicator in listed.indicators),
    )


def _indicator_cells(indicator: Indicator) -> tuple[str, ...]:
    first, last = indicator.first_year, indicator.last_year
    years = "not given" if first is None else f"{first}-{last or ''}"
    columns = ", ".join(f"`{key}`" for key in indicator.columns) or "none"
    return (
        str(indicator.number),
        indicator.label_nl,
        indicator.label_en,
        indicator.definition,
        indicator.source,
        years,
        indicator.note,
        columns,
    )


def _grid(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _row(heading)
    yield _row(["---"] * len(heading))
    yield from (_row(cells) for cells in rows)
    yield ""


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
