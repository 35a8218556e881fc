"""Hold a decoded table against the codebook: every fault, counts only, never a value."""

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet

import numpy as np
import pandas as pd
import pandera.pandas as pa

from oablib.intake.decode import NOT_READABLE, OTHER_ENCODING
from oablib.protocol.codebook import Column, Table


def value_faults(
    frame: pd.DataFrame, *, file: str, table: Table, known: Mapping[str, AbstractSet[str]]
) -> list[str]:
    """Every rule of the codebook that a decoded frame breaks, one line each.

    known: column -> values that exist in the table to which the column links.
    """
    columns = [column for column in table.columns if column.key in frame.columns]
    checks = {
        column.key: _checks(column, known=known.get(column.key)) + _key_checks(column, frame, table)
        for column in columns
    }
    schema = pa.DataFrameSchema(
        {c.key: pa.Column(None, checks=checks[c.key], nullable=c.nullable) for c in columns}
    )
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases[["column", "check", "index"]]
        return list(_lines(cases, file=file, table=table))
    return []


def _checks(column: Column, *, known: AbstractSet[str] | None) -> list[pa.Check]:
    checks = [_absence_check(column)] if column.nullable or column.required else []
    if column.is_numeric:
        checks += _number_checks(column)
    elif column.type == "category":
        checks += _category_checks(column)
    if column.pattern is not None:
        pattern = column.pattern
        checks.append(
            _check(
                lambda s: s.str.fullmatch(pattern),
                f"not of the form {pattern}; leading zeros may be lost: deliver it as text",
            )
        )
    if known is not None:
        checks.append(
            _check(
                lambda s: s.isin(known),
                "not in the file of the table it links to; deliver files that belong together",
            )
        )
    return checks


def _check(test: Callable[[pd.Series], object], error: str) -> pa.Check:
    return pa.Check(test, error=error)


def _absence_check(column: Column) -> pa.Check:
    codes = list(column.missing)
    return pa.Check(
        lambda s: bool((s.notna() & ~s.isin(codes)).any()),
        error="no known value: nothing can be learned from this column; deliver its values",
        ignore_na=False,
    )


def _number_checks(column: Column) -> list[pa.Check]:
    low = -np.inf if column.minimum is None else column.minimum
    high = np.inf if column.maximum is None else column.maximum
    missing = list(column.missing)
    also = f" or missing code {', '.join(map(str, missing))}" if missing else ""
    unit = f" {column.unit}" if column.unit else ""
    checks = [
        _check(
            lambda s: s != NOT_READABLE,
            "not a finite number in the dialect of the codebook; correct them at the source",
        ),
        _check(
            lambda s: s.between(low, high) | s.isin([*missing, NOT_READABLE]),
            f"outside the range; expected {low} to {high}{unit}{also}",
        ),
    ]
    if column.type == "integer":
        checks.append(
            _check(lambda s: np.isinf(s) | (s % 1 == 0), "not whole; expected whole numbers")
        )
    return checks


def _category_checks(column: Column) -> list[pa.Check]:
    allowed = [*column.codes, *column.missing]
    listed = ", ".join(
        [f"{c.code} {c.key}" for c in column.categories]
        + [f"{code} {label}" for code, label in column.missing.items()]
    )
    return [
        _check(
            lambda s: s != OTHER_ENCODING,
            "labels that look like text in another encoding; have the file written as UTF-8",
        ),
        _check(
            lambda s: s.isin([*allowed, OTHER_ENCODING]),
            f"not among the categories; expected {listed}, or their labels",
        ),
    ]


def _key_checks(column: Column, frame: pd.DataFrame, table: Table) -> list[pa.Check]:
    """Uniqueness of rows, as a check of the last key column so that it is told once."""
    keys = list(table.keys)
    if column.key != keys[-1] or not set(keys) <= set(frame.columns):
        return []
    first = ~frame.duplicated(keys)
    return [
        _check(
            lambda s: first[s.index],
            f"repeating the {' and '.join(keys)} of an earlier row; deliver each row once",
        )
    ]


def _lines(cases: pd.DataFrame, *, file: str, table: Table) -> Iterator[str]:
    """One line a broken rule: file, column, count, rule and remedy; never a failing value."""
    counts = cases.groupby(["column", "check"])["index"].nunique()
    for column in table.columns:
        if column.key not in counts.index.get_level_values("column"):
            continue
        for check, count in counts.xs(column.key, level="column").items():
            rule = _blank_rule(column, table=table) if check == "not_nullable" else check
            of = f"{_count(count, 'value')} " if count else ""
            yield f"{file}, column {column.key}: {of}{rule}"


def _blank_rule(column: Column, *, table: Table) -> str:
    if column.missing:
        codes = " or ".join(f"{code} ({label})" for code, label in column.missing.items())
        return f"blank; expected a value or {codes}"
    if column.type == "id" and column.level == "school" and column.key not in table.keys:
        return "blank: children without a school; give each the school it belongs to"
    return "blank; expected a value in every row"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
