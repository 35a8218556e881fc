"""Check a decoded table against the codebook: every fault, with counts, never with a value."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from oablib.base.errors import SchemaError
from oablib.base.wording import counted
from oablib.intake.decode import NOT_READABLE, OTHER_ENCODING
from oablib.protocol.codebook import Codebook, Column, Table
from oablib.protocol.models import Model

NOTHING_KNOWN = "no known value: nothing can be learned from this column; deliver its values"
Rules: TypeAlias = dict[str, Callable[[pd.Series], ArrayLike]]
"""What is wrong with a value -> a test that is True for each value that is right."""


def broken_rules(
    frame: pd.DataFrame, *, table: Table, known: Mapping[str, Collection[str]], whole: bool = True
) -> Counter[tuple[str, str]]:
    """Count the rows of a decoded frame that break a rule of the codebook, by column and rule.

    known: column -> values of the table to which it links. whole: whether the frame has all rows
    of its table; in a part of them, repeated rows and columns without any known value cannot be
    seen. A rule about a column as a whole counts 0 rows.
    """
    counts = Counter[tuple[str, str]]()
    for column in (column for column in table.columns if column.key in frame):
        values = frame[column.key]
        present = values.dropna()
        rules = _rules(column, known=known)
        broken: dict[str, ArrayLike] = {
            rule: ~np.asarray(test(present)) for rule, test in rules.items()
        }
        if not column.nullable:
            broken[_blank_rule(column, table=table)] = values.isna()
        if whole and column.key == table.keys[-1] and set(table.keys) <= set(frame):
            broken[repeated_rule(table)] = frame.duplicated(list(table.keys))
        for rule, rows in broken.items():
            if count := int(np.sum(rows)):
                counts[column.key, rule] = count
        needed = column.nullable or column.required
        if whole and needed and np.isin(present, list(column.missing)).all():
            counts[column.key, NOTHING_KNOWN] = 0
    return counts


def faults(counts: Mapping[tuple[str, str], int], *, file: str, table: Table) -> Iterator[str]:
    """One line a broken rule: file, column, count, rule and remedy."""
    for column in table.columns:
        for (key, rule), count in sorted(counts.items()):
            if key == column.key:
                rows = f"{counted(count, 'value')} " if count else ""
                yield f"{file}, column {key}: {rows}{rule}"


def dropped_without(table: Table, *, imputed: Collection[str]) -> list[Column]:
    """Columns whose missing code drops the row, unless they are `imputed`."""
    required = [column for column in table.columns if column.required and column.missing]
    return [column for column in required if column.key not in imputed]


def unknown(frame: pd.DataFrame, *, model: Model, table: Table, file: str) -> Iterator[str]:
    """One line a column that the model needs of every child, and that is unknown for some.

    frame: decoded rows; those that are dropped do not count. What breaks a rule of the codebook,
    such as a blank in a column that may have none, has its line in `faults`.
    """
    kept = frame
    for column in dropped_without(table, imputed=model.imputed):
        if column.key in kept:
            kept = kept[~kept[column.key].isin(list(column.missing))]
    needed = dict.fromkeys((*model.columns, *model.auxiliary))
    for key in needed:
        if key not in kept and table.column(key).optional:
            yield f"{file}: {key} is missing, which model {model.name} needs; deliver it"
    for key in (key for key in needed if key in kept and key not in model.imputed):
        column, values = table.column(key), kept[key]
        count = int((values.isna() | values.isin(list(column.missing))).sum())
        if count and column.nullable:
            yield f"{file}, column {key}: {counted(count, 'value')} {_remedy(key, model=model)}"


def _remedy(key: str, *, model: Model) -> str:
    if key in (model.cluster, model.wave):
        part = "cluster" if key == model.cluster else "wave"
        return f"unknown, but it is the {part} of model {model.name}; drop these rows"
    auxiliary = "" if key in model.columns else " or leave the column out of `auxiliary`"
    return (
        f"unknown, which model {model.name} needs of every child; name the column in `imputed` of "
        f"params/models/{model.name}.yaml, drop these rows{auxiliary}"
    )


def fail_if_any(lines: Iterable[str], *, codebook: Codebook) -> None:
    """Raise SchemaError that lists the faults of all files together, if there are any."""
    lines = list(lines)
    if lines:
        count = counted(len(lines), "fault")
        raise SchemaError(
            f"The delivery contradicts the codebook {codebook.name} or the model in {count} "
            "(counts only; no value of a person is shown):\n- " + "\n- ".join(lines)
        )


def repeated_rule(table: Table) -> str:
    """What is wrong with a row whose keys an earlier row has."""
    return f"repeating the {' and '.join(table.keys)} of an earlier row; deliver each row once"


def _rules(column: Column, *, known: Mapping[str, Collection[str]]) -> Rules:
    """Rules about single values of a column; blank ones are left out of them."""
    rules: Rules = {}
    if column.is_numeric:
        rules |= _number_rules(column)
    elif column.type == "category":
        rules |= _category_rules(column)
    if (pattern := column.pattern) is not None:
        form = f"not of the form {pattern}; leading zeros may be lost: deliver it as text"
        rules[form] = lambda s: s.str.fullmatch(pattern)
    if (values := known.get(column.key)) is not None:
        link = "not in the file of the table it links to; deliver files that belong together"
        rules[link] = lambda s: s.isin(values)
    return rules


def _number_rules(column: Column) -> Rules:
    low = -np.inf if column.minimum is None else column.minimum
    high = np.inf if column.maximum is None else column.maximum
    missing = list(column.missing)
    also = f" or missing code {', '.join(map(str, missing))}" if missing else ""
    unit = f" {column.unit}" if column.unit else ""
    finite = "not a finite number in the dialect of the codebook; correct them at the source"
    inside = f"outside the range; expected {low} to {high}{unit}{also}"
    rules: Rules = {
        finite: lambda s: s != NOT_READABLE,
        inside: lambda s: s.between(low, high) | np.isin(s, [*missing, NOT_READABLE]),
    }
    if column.is_whole:
        rules["not whole; expected whole numbers"] = lambda s: np.isinf(s) | (s % 1 == 0)
    if column.type == "month":
        # What is not whole breaks the rule before, and a missing code is no month.
        rules["no month of a year; expected 01 to 12 as the last two digits"] = lambda s: (
            (s % 100 // 1).between(1, 12) | np.isin(s, [*missing, NOT_READABLE])
        )
    return rules


def _category_rules(column: Column) -> Rules:
    allowed = [*column.codes, *column.missing, OTHER_ENCODING]
    listed = [f"{category.code} {category.key}" for category in column.categories]
    listed += [f"{code} {label}" for code, label in column.missing.items()]
    encoding = "labels that look like text in another encoding; have the file written as UTF-8"
    among = f"not among the categories; expected {', '.join(listed)}, or their labels"
    return {encoding: lambda s: s != OTHER_ENCODING, among: lambda s: np.isin(s, allowed)}


def _blank_rule(column: Column, *, table: Table) -> str:
    if column.missing:
        codes = " or ".join(f"{code} ({label})" for code, label in column.missing.items())
        return f"blank; expected a value or {codes}"
    if column.type == "id" and column.level == "school" and column.key not in table.keys:
        return "blank: children without a school; give each the school it belongs to"
    return "blank; expected a value in every row"
