"""What the fields of a codebook must say about each other, and how labels are compared."""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from oablib.base.wording import did_you_mean
from oablib.params import kinds

if TYPE_CHECKING:
    from oablib.protocol.codebook import Codebook, Column, Dialect, Table

RESERVED = "child"  # the running number that intake puts in place of a child's id
_KEY = re.compile(r"[a-z][a-z0-9_]*")


def plain(text: str) -> str:
    """Small letters, single blanks and composed accents, so that equal labels compare equal."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def of_dialect(dialect: "Dialect") -> Iterator[kinds.Fault]:
    """Signs that could be confused, and an encoding that Python does not know."""
    if len(dialect.delimiter) != 1 or dialect.delimiter == dialect.decimal:
        yield ("delimiter",), "delimiter must be one character that is not the decimal sign"
    try:
        codecs.lookup(dialect.encoding)
    except LookupError:
        yield ("encoding",), "encoding is not known; expected for example utf-8 or cp1252"


def of_book(book: "Codebook") -> Iterator[kinds.Fault]:
    """Links that lead to no table."""
    keys = {table.name: table.keys for table in book.tables}
    for table in book.tables:
        for key, target in table.links.items():
            if keys.get(target) != (key,):
                text = f"{key} links to {target!r}, which is no table with key {key!r}"
                yield ("tables", table.name, "links", key), text


def of_table(table: "Table") -> Iterator[kinds.Fault]:
    """Keys and links that are no columns, and names that mean two columns."""
    columns = [column.key for column in table.columns]
    named: list[kinds.Fault] = [(("keys", index), key) for index, key in enumerate(table.keys)]
    named += [(("links", key), key) for key in table.links]
    for keys, name in named:
        if name not in columns:
            yield keys, f"no column {name!r}{did_you_mean(name, columns)}"
    used = [(key.casefold(), key) for key in columns]
    for column in table.columns:
        others = sorted({alias.casefold() for alias in column.aliases} - {column.key})
        used += [(other, column.key) for other in others]
    for index in kinds.repeated(name for name, _ in used):
        name, key = used[index]
        yield ("columns", key), f"{name!r} names more than one column"


def of_column(column: "Column") -> Iterator[kinds.Fault]:
    """Fields that a column of its type cannot have, or needs beside each other."""
    if not _KEY.fullmatch(column.key) or column.key == RESERVED:
        yield (), f"a column key is small letters, digits and _, and not {RESERVED!r}"
    if column.nullable and column.required:
        yield (), "nullable and required contradict each other"
    if column.optional and not column.nullable:
        yield ("optional",), "an optional column must be nullable: whoever lacks it has no value"
    if column.is_numeric != (column.range is not None):
        yield (), "a range belongs to a column of type integer or number, and to no other"
    if column.pattern is not None and column.type not in ("id", "text"):
        yield ("pattern",), "a pattern belongs to a column of type id or text"
    try:
        re.compile(column.pattern or "")
    except re.error:
        yield ("pattern",), "pattern is no regular expression"
    if column.range and column.range[0] >= column.range[1]:
        text = f"range {list(column.range)} is not in order; expected [lowest, highest]"
        yield ("range",), text
    yield from _of_categories(column)
    yield from _of_missing(column)


def _of_categories(column: "Column") -> Iterator[kinds.Fault]:
    categories = column.categories
    if bool(categories) != (column.type == "category"):
        yield (), "categories belong to a column of type category, and to no other"
    for index in kinds.repeated(column.codes):
        code = categories[index].code
        yield ("categories", index), f"code {code} is the code of more than one category"
    forms = [
        (form, index)
        for index, category in enumerate(categories)
        for form in sorted(category.forms)
    ]
    for position in kinds.repeated(form for form, _ in forms):
        form, index = forms[position]
        yield ("categories", index), f"{form!r} names more than one category"
    keys = [category.key for category in categories]
    if column.reference is not None and column.reference not in keys:
        near = did_you_mean(column.reference, keys)
        yield ("reference",), f"reference {column.reference!r} is no category{near}"


def _of_missing(column: "Column") -> Iterator[kinds.Fault]:
    if column.missing and column.type not in ("category", "integer", "number", "month"):
        yield ("missing",), "missing codes belong to a category or a number"
    if column.missing and not (column.nullable or column.required):
        text = "a missing code needs nullable (kept as unknown) or required (the row is dropped)"
        yield ("missing",), text
    for code in column.missing:
        if column.range and column.range[0] <= code <= column.range[1]:
            text = (
                "a missing code lies inside the range, so it cannot be distinguished from a value"
            )
            yield ("missing", code), text
        if code in column.codes:
            yield ("missing", code), f"code {code} is a category and a missing code"
