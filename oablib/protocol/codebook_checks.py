"""What a codebook file must say to be meant: each fault as one sentence."""

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from oablib.base.wording import did_you_mean

TYPES = ("id", "category", "integer", "number", "text")
LEVELS = ("child", "school", "neighbourhood", "municipality")
RESERVED = "child"  # the running number that intake puts in place of a child's id
_KEY = re.compile(r"[a-z][a-z0-9_]*")

Fields = Mapping[str, tuple[type, ...]]

BOOK: Fields = {
    "title": (str,),
    "source": (str,),
    "obtain": (str,),
    "dialect": (dict,),
    "refused_columns": (list,),
    "lists": (dict,),
    "tables": (dict,),
}
DIALECT: Fields = {"delimiter": (str,), "decimal": (str,), "encoding": (str,)}
TABLE: Fields = {"title": (str,), "keys": (list,), "columns": (dict,)}
TABLE_OPTIONS: Fields = {"links": (dict,)}
COLUMN: Fields = {"nl": (str,), "en": (str,), "type": (str,), "level": (str,), "source": (str,)}
COLUMN_OPTIONS: Fields = {
    "unit": (str,),
    "categories": (str, list),
    "reference": (str,),
    "missing": (dict,),
    "range": (list,),
    "pattern": (str,),
    "indicator": (int,),
    "nullable": (bool,),
    "required": (bool,),
    "aliases": (list,),
}
CATEGORY: Fields = {"code": (int,), "key": (str,), "nl": (str,), "en": (str,)}
CATEGORY_OPTIONS: Fields = {"delivered_as": (list,)}


def faults(values: Mapping[str, Any]) -> list[str]:
    """List every fault of a codebook's content; an empty list means that it can be used.

    Shape is judged first (unknown, missing and mistyped fields); what fields say about each
    other is judged only when the shape is right.
    """
    return list(_shapes(values)) or list(_meanings(values))


def delivered_forms(category: Mapping[str, Any]) -> set[str]:
    """Texts, as `plain` makes them, under which a category may stand in a text column."""
    named = (category["key"], category["nl"], category["en"], *category.get("delivered_as", ()))
    return {plain(str(text)) for text in (category["code"], *named)}


def plain(text: str) -> str:
    """Small letters, single blanks and composed accents, so that equal labels compare equal."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _shapes(values: Mapping[str, Any]) -> Iterator[str]:
    top = list(_shape(values, where="codebook", needed=BOOK))
    if top:
        yield from top
        return
    yield from _shape(values["dialect"], where="dialect", needed=DIALECT)
    for name, categories in values["lists"].items():
        yield from _category_shapes(categories, where=f"list {name}")
    for name, table in values["tables"].items():
        yield from _table_shapes(table, name=str(name))


def _table_shapes(table: Any, *, name: str) -> Iterator[str]:
    shape = list(_shape(table, where=f"table {name}", needed=TABLE, options=TABLE_OPTIONS))
    yield from shape
    for key, column in {} if shape else table["columns"].items():
        where = f"{name}.{key}"
        if not isinstance(key, str) or not _KEY.fullmatch(key) or key == RESERVED:
            yield f"{where}: a column key is small letters, digits and _, and not {RESERVED!r}"
        yield from _shape(column, where=where, needed=COLUMN, options=COLUMN_OPTIONS)
        if isinstance(column, dict) and isinstance(column.get("categories"), list):
            yield from _category_shapes(column["categories"], where=where)


def _category_shapes(categories: Any, *, where: str) -> Iterator[str]:
    if not isinstance(categories, list) or not categories:
        yield f"{where}: expected a list of categories"
        return
    for place, category in enumerate(categories, start=1):
        yield from _shape(
            category,
            where=f"{where} category {place}",
            needed=CATEGORY,
            options=CATEGORY_OPTIONS,
        )


def _shape(
    values: Any, *, where: str, needed: Fields, options: Fields | None = None
) -> Iterator[str]:
    """Unknown, missing and mistyped fields of one mapping."""
    if not isinstance(values, dict):
        yield f"{where}: expected a mapping with {', '.join(needed)}"
        return
    known = {**needed, **(options or {})}
    for key in [key for key in values if key not in known]:
        yield f"{where}: unknown key {key!r}{did_you_mean(str(key), known)}"
    for key in [key for key in needed if key not in values]:
        yield f"{where}: {key} is missing"
    for key in [key for key in known if key in values and type(values[key]) not in known[key]]:
        wanted = " or ".join(kind.__name__ for kind in known[key])
        yield f"{where}: {key} is of type {type(values[key]).__name__}; expected {wanted}"


def _meanings(values: Mapping[str, Any]) -> Iterator[str]:
    yield from _dialect_faults(values["dialect"])
    for name, table in values["tables"].items():
        yield from _table_faults(table, name=name, tables=values["tables"])
        for key, column in table["columns"].items():
            said = chain(
                _column_faults(column),
                _category_faults(column, lists=values["lists"]),
                _missing_faults(column, lists=values["lists"]),
            )
            yield from (f"{name}.{key}: {fault}" for fault in said)


def _dialect_faults(dialect: Mapping[str, str]) -> Iterator[str]:
    if len(dialect["delimiter"]) != 1 or dialect["delimiter"] == dialect["decimal"]:
        yield "dialect: delimiter must be one character that is not the decimal sign"
    if dialect["decimal"] not in (",", "."):
        yield "dialect: decimal must be ',' or '.'"
    try:
        codecs.lookup(dialect["encoding"])
    except LookupError:
        yield "dialect: encoding is not known; expected for example utf-8 or cp1252"


def _table_faults(
    table: Mapping[str, Any], *, name: str, tables: Mapping[str, Any]
) -> Iterator[str]:
    columns = table["columns"]
    for key in [*table["keys"], *table.get("links", {})]:
        if key not in columns:
            yield f"table {name}: no column {key!r}{did_you_mean(str(key), columns)}"
    for key, target in table.get("links", {}).items():
        if target not in tables or tables[target]["keys"] != [key]:
            yield f"table {name}: {key} links to {target!r}, which is no table with key {key!r}"
    used = [key.casefold() for key in columns]
    for key, column in columns.items():
        other = {str(alias).casefold() for alias in column.get("aliases", ())} - {key}
        used += sorted(other)
    for repeated in _repeated(used):
        yield f"table {name}: {repeated!r} names more than one column"


def _column_faults(column: Mapping[str, Any]) -> Iterator[str]:
    if column["type"] not in TYPES:
        yield f"type {column['type']!r} is unknown{did_you_mean(column['type'], TYPES)}"
    if column["level"] not in LEVELS:
        yield f"level {column['level']!r} is unknown{did_you_mean(column['level'], LEVELS)}"
    if column.get("nullable") and column.get("required"):
        yield "nullable and required contradict each other"
    numeric = column["type"] in ("integer", "number")
    if numeric != ("range" in column):
        yield "a range belongs to a column of type integer or number, and to no other"
    if "pattern" in column and column["type"] not in ("id", "text"):
        yield "a pattern belongs to a column of type id or text"
    yield from _range_faults(column)
    try:
        re.compile(column.get("pattern", ""))
    except re.error:
        yield "pattern is no regular expression"


def _range_faults(column: Mapping[str, Any]) -> Iterator[str]:
    bounds = column.get("range", [0, 1])
    if len(bounds) != 2 or any(type(bound) not in (int, float) for bound in bounds):
        yield "range must be two numbers, [lowest, highest]"
    elif bounds[0] >= bounds[1]:
        yield f"range {bounds} is not in order; expected [lowest, highest]"
    elif any(bounds[0] <= code <= bounds[1] for code in _missing_codes(column)):
        yield "a missing code lies inside the range, so it cannot be told from a value"


def _category_faults(column: Mapping[str, Any], *, lists: Mapping[str, Any]) -> Iterator[str]:
    if ("categories" in column) != (column["type"] == "category"):
        yield "categories belong to a column of type category, and to no other"
    named = column.get("categories")
    if isinstance(named, str) and named not in lists:
        yield f"there is no list {named!r}{did_you_mean(named, lists)}"
    categories = listed(column, lists=lists)
    for code in _repeated(category["code"] for category in categories):
        yield f"code {code} stands for more than one category"
    for text in _repeated(chain.from_iterable(map(delivered_forms, categories))):
        yield f"{text!r} stands for more than one category"
    keys = [category["key"] for category in categories]
    if "reference" in column and column["reference"] not in keys:
        near = did_you_mean(column["reference"], keys)
        yield f"reference {column['reference']!r} is no category{near}"


def _missing_faults(column: Mapping[str, Any], *, lists: Mapping[str, Any]) -> Iterator[str]:
    missing = column.get("missing", {})
    if any(type(code) is not int or type(label) is not str for code, label in missing.items()):
        yield "missing must map whole numbers to labels"
    if missing and column["type"] not in ("category", "integer", "number"):
        yield "missing codes belong to a category or a number"
    if missing and not (column.get("nullable") or column.get("required")):
        yield "a missing code needs nullable (kept as unknown) or required (the row is dropped)"
    codes = {category["code"] for category in listed(column, lists=lists)}
    for code in sorted(codes & set(_missing_codes(column))):
        yield f"code {code} is a category and a missing code"


def listed(column: Mapping[str, Any], *, lists: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Categories of a column, written there or in a named list; empty when there are none."""
    categories = column.get("categories", [])
    return lists.get(categories, []) if isinstance(categories, str) else categories


def _missing_codes(column: Mapping[str, Any]) -> list[int]:
    return [code for code in column.get("missing", {}) if type(code) is int]


def _repeated(items: Iterable[Any]) -> list[Any]:
    return sorted(item for item, count in Counter(items).items() if count > 1)
