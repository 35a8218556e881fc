"""Dated entries: every rule of a file is a list of values, each in force from a day on.

A new year adds an entry and changes none, so that what was computed earlier can be repeated.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, fields, make_dataclass
from typing import Annotated, Any, TypeVar, get_type_hints

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from oablib import params
from oablib.base.errors import ParameterError
from oablib.params import checked, kinds, strict_yaml


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("day", "") from None


Day = Annotated[
    datetime.date, kinds.made(_day, of=Annotated[str, kinds.expecting("a day such as 2019-01-01")])
]


COLUMNS = ("rule", "value", "in_force_from", "source")
"""Of `rows`; rule: the key of the file."""

Values = TypeVar("Values")


@dataclass(frozen=True, slots=True)
class Entry(kinds.Declaration):
    """A value that is in force from a day on, with its unit and source."""

    start: Annotated[Day, kinds.key("from")]
    value: Any
    unit: kinds.Text
    source: kinds.Text


def declared(kind: type) -> type[kinds.Declaration]:
    """The declaration of a file with a list of entries, oldest first, for each field of a class."""
    parts = []
    for name, value in get_type_hints(kind, include_extras=True).items():
        entry = make_dataclass("DatedEntry", [("value", value)], bases=(Entry,), frozen=True)
        entries = tuple[entry, ...]  # type: ignore[valid-type]  # made at run time
        parts.append((name, Annotated[entries, kinds.MANY, AfterValidator(_in_order)]))
    return make_dataclass(f"Dated{kind.__name__}", parts, bases=(kinds.Declaration,), frozen=True)


def values(
    kind: type[Values],
    name: str,
    declared: type[kinds.Declaration],
    *,
    date: datetime.date | None = None,
) -> Values:
    """Values of params/rules/<name>.yaml as in force on a day; without one, its newest entries.

    kind: the class that `declared` was made of. Raises ParameterError naming every fault with its
    line, and when no entry of some key is in force yet.
    """
    chosen = _in_force(name, declared, date)
    return kind(**{key: entry.value for key, entry in chosen.items()})


def rows(
    name: str, declared: type[kinds.Declaration], *, date: datetime.date | None = None
) -> list[tuple[str, Any, datetime.date, str]]:
    """The entries that `values` reads, as rows of a table with COLUMNS; raises as that does."""
    chosen = _in_force(name, declared, date)
    return [(key, entry.value, entry.start, entry.source) for key, entry in chosen.items()]


def _in_force(
    name: str, declared: type[kinds.Declaration], date: datetime.date | None
) -> Mapping[str, Entry]:
    """Key -> the entry that counts on a day, or the newest."""
    read = checked.read("rules", name, declared)
    chosen = {}
    for key in (field.name for field in fields(read)):  # type: ignore[arg-type]
        entries: tuple[Entry, ...] = getattr(read, key)
        due = [entry for entry in entries if date is None or entry.start <= date]
        if not due:
            file = strict_yaml.read(params.named_file("rules", name))
            raise ParameterError(
                f"{checked.where(file.locate, (key,))}: {key} is known from {entries[0].start}, "
                f"and was asked for on {date}; ask for a later day, or add an older entry with "
                "its source."
            )
        chosen[key] = due[-1]
    return chosen


def _in_order(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    days = [entry.start for entry in entries]
    if days != sorted(set(days)):
        kinds.fail_if_any([((), "entries are out of order; expected the oldest first")])
    return entries
