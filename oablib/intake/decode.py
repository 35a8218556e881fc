"""Put a delivered table in the codebook's terms: its names, its codes, its numbers."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import is_integer_dtype, is_numeric_dtype

from oablib.base.errors import InputError
from oablib.base.shown import showable
from oablib.base.wording import shown_names
from oablib.intake.formats import Delivered
from oablib.protocol.codebook import Codebook, Column, Table
from oablib.protocol.codebook_checks import plain

# What UTF-8 characters become when read as cp1252, and the mark of a lost character.
MOJIBAKE = re.compile("[ÃÂ][\u0080-\u00bf\u0152-\u2122]|â€|\ufffd")
# Marks inside decoded columns, where no delivered value can be infinite.
NOT_READABLE, OTHER_ENCODING = np.inf, -np.inf


@showable(private=("frame",))
@dataclass(frozen=True, slots=True, repr=False)
class Decoded:
    """A table in the codebook's terms.

    frame: the columns that the codebook knows, in its order: numbers and category codes as
    float64 with missing codes still in, ids and texts as str; blank is NaN; NOT_READABLE is no
    number or no category, OTHER_ENCODING a label in another encoding. faults: of names and
    value labels. ignored: delivered columns that the codebook does not know.
    """

    frame: pd.DataFrame
    faults: list[str]
    ignored: tuple[str, ...]


def decode(delivered: Delivered, *, table: Table, codebook: Codebook) -> Decoded:
    """Name the columns as the codebook does and turn codes, keys and labels into codes.

    Raises InputError when not one column of the codebook is found, as without a header.
    """
    header = list(delivered.frame.columns)
    names = named(header, table=table, file=delivered.file)
    by_key = {key: name for name, key in names.items()}
    columns = [column for column in table.columns if column.key in by_key]
    values = {
        column.key: _decode_column(
            delivered.frame[by_key[column.key]], column=column, decimal=delivered.decimal
        )
        for column in columns
    }
    label_faults = [
        fault
        for column in columns
        for fault in _label_faults(delivered.labels.get(by_key[column.key], {}), column=column)
    ]
    faults = [*name_faults(header, table=table, codebook=codebook), *label_faults]
    return Decoded(
        frame=pd.DataFrame(values),
        faults=[f"{delivered.file}{fault}" for fault in faults],
        ignored=tuple(shown_names([str(name) for name in header if name not in names])),
    )


def named(header: list[str], *, table: Table, file: str) -> dict[str, str]:
    """Delivered name -> key, in capitals or not. Raises InputError when no key is found."""
    known = {
        name.casefold(): column.key
        for column in table.columns
        for name in (column.key, *column.aliases)
    }
    keys = {name: known.get(str(name).casefold()) for name in header}
    names = {name: key for name, key in keys.items() if key is not None}
    if not names:
        raise InputError(
            f"{file}: none of the {len(table.columns)} columns of table {table.name} "
            "was found. The file must name its columns as the codebook does."
        )
    return names


def name_faults(header: list[str], *, table: Table, codebook: Codebook) -> Iterator[str]:
    """Columns that are absent, there under two names, or identify persons."""
    names = named(header, table=table, file="")
    extra = [str(name) for name in header if name not in names]
    keys = list(names.values())
    needed = [column.key for column in table.columns if not column.optional]
    missing = [key for key in needed if key not in keys]
    if missing:
        yield (
            f": {len(missing)} missing: {', '.join(missing)}; deliver every column of table "
            f"{table.name}, by its name in the codebook"
        )
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield f", column {key}: delivered under {keys.count(key)} names; deliver it once"
    refused = sorted({word for name in extra for word in _refused_words(name, codebook=codebook)})
    if refused:
        yield (
            f": columns that identify persons ({', '.join(refused)}); no analysis needs them: "
            "have the data holder remove them and destroy this file"
        )


def _refused_words(name: str, *, codebook: Codebook) -> set[str]:
    whole = name.casefold().strip()
    parts = {whole, re.sub(r"[\W_]+", "", whole), *re.split(r"[\W_]+", whole)}
    return parts & set(codebook.refused_columns)


def _label_faults(labels: Mapping[object, str], *, column: Column) -> Iterator[str]:
    """Compare the value labels of an SPSS file with the codebook, by code."""
    texts = {code: str(text) for code, text in labels.items() if isinstance(code, (int, float))}
    if any(MOJIBAKE.search(text) for text in texts.values()):
        yield (
            f", column {column.key}: labels look like text in another encoding; "
            "have the file written again as UTF-8"
        )
        return
    wrong = [
        f"{category.code} = {category.label_nl}"
        for category in column.categories
        if category.code in texts and plain(texts[category.code]) not in category.forms
    ]
    if wrong:
        yield (
            f", column {column.key}: {len(wrong)} value label(s) other than in the "
            f"codebook; expected {', '.join(wrong)}"
        )


def _decode_column(values: pd.Series, *, column: Column, decimal: str) -> pd.Series:
    if column.is_numeric:
        return _numbers(values, decimal=decimal)
    if column.type == "category":
        return _codes(values, column=column, decimal=decimal)
    return _texts(values)


def _numbers(values: pd.Series, *, decimal: str) -> pd.Series:
    """Numbers as float64; blank is NaN, anything else that is no finite number NOT_READABLE."""
    if is_numeric_dtype(values.dtype):
        numbers = values.astype("float64")
        return numbers.mask(np.isinf(numbers), NOT_READABLE)
    texts = _texts(values)
    read = {text: _number(text, decimal=decimal) for text in texts.dropna().unique()}
    return texts.map(read).astype("float64")


def _number(text: str, *, decimal: str) -> float:
    if not re.fullmatch(rf"[-+]?\d+({re.escape(decimal)}\d*)?([eE][-+]?\d+)?", text):
        return NOT_READABLE
    # Python's float rounds correctly, so text gives the bits that a binary file holds.
    number = float(text.replace(decimal, "."))
    return number if np.isfinite(number) else NOT_READABLE


def _codes(values: pd.Series, *, column: Column, decimal: str) -> pd.Series:
    """Codes as float64 out of codes, keys or labels; blank is NaN."""
    if is_numeric_dtype(values.dtype):
        return _numbers(values, decimal=decimal)
    forms = {form: float(c.code) for c in column.categories for form in c.forms}
    forms |= {plain(label): float(code) for code, label in column.missing.items()}

    def code(text: str) -> float:
        if plain(text) in forms:
            return forms[plain(text)]
        return OTHER_ENCODING if MOJIBAKE.search(text) else _number(text, decimal=decimal)

    texts = _texts(values)
    return texts.map({text: code(text) for text in texts.dropna().unique()}).astype("float64")


def _texts(values: pd.Series) -> pd.Series:
    """Texts without outer blanks; a whole number as SPSS keeps it (7.0) becomes 7."""
    if is_integer_dtype(values.dtype):
        return values.astype("str")
    if is_numeric_dtype(values.dtype):
        shown = values.map(lambda x: f"{x:.0f}" if x % 1 == 0 else str(x), na_action="ignore")
        return shown.astype("str")
    texts = values.astype("str").str.strip()
    return texts.mask(texts == "")
