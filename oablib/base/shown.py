"""How a result shows itself in JupyterLab: what it is and its numbers, and no row of a person."""

import html
import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, TypeAlias, TypeVar

import numpy as np
import pandas as pd

from oablib.base.wording import inert, shown_names

Result = TypeVar("Result")
Value: TypeAlias = Any  # of a field: nothing is known of it

ROWS = 10  # of a table
ITEMS = 10  # of a list
CHARACTERS = 300  # of a text
LARGE = 10_000  # from here on with commas; smaller ones may be years
_DIGITS = ".6g"


def showable(*, private: Collection[str] = ()) -> Callable[[type[Result]], type[Result]]:
    """Decorate a dataclass, outermost, so that its results show themselves in a notebook.

    private: fields that hold something for each person or school; counts and names of columns are
    all that shows of them. A class declared with repr=False, as one with private fields or tables
    should be, gets its text from here as well: a notebook keeps both.
    """
    hidden = frozenset(private)

    def add_methods(kind: type[Result]) -> type[Result]:
        methods = {"_repr_html_": lambda result: _as_html(result, hidden)}
        if kind.__repr__ is object.__repr__:
            methods["__repr__"] = lambda result: _as_text(result, hidden)
        for name, method in methods.items():
            setattr(kind, name, method)
        return kind

    return add_methods


def _as_text(result: Any, hidden: Collection[str]) -> str:
    tables, facts = _parts(result, hidden)
    parts = [f"{name} {_outline(table)}" for name, table in tables.items()]
    parts += [f"{name} {text}" for name, text in facts.items()]
    return inert(f"<{type(result).__name__}: {'; '.join(parts)}>")


def _as_html(result: Any, hidden: Collection[str]) -> str:
    tables, facts = _parts(result, hidden)
    items = "".join(f"<li>{_safe(f'{name}: {text}')}</li>" for name, text in facts.items())
    first = inspect.cleandoc(type(result).__doc__ or "").partition("\n")[0]
    title = f"<p><strong>{_safe(type(result).__name__)}</strong> {_safe(first)}</p>"
    listed = f"<ul>{items}</ul>" if items else ""
    return title + listed + "".join(_table(name, frame) for name, frame in tables.items())


def _parts(result: Any, hidden: Collection[str]) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Tables that may be shown, and all other fields as text."""
    values = {field.name: getattr(result, field.name) for field in fields(result)}
    tables = {
        name: value
        for name, value in values.items()
        if isinstance(value, pd.DataFrame) and name not in hidden
    }
    facts = {
        name: _outline(value) if name in hidden else _text(value)
        for name, value in values.items()
        if name not in tables
    }
    return tables, facts


def _outline(value: Value) -> str:
    """How much there is, and nothing of it."""
    if isinstance(value, pd.DataFrame):
        return f"{len(value):,} rows of {', '.join(shown_names(value)) or 'no column'}"
    if isinstance(value, np.ndarray):
        return f"array of shape {value.shape}"
    return f"{len(value):,} items" if isinstance(value, Collection) else "not shown"


def _text(value: Value) -> str:
    if isinstance(value, Mapping):
        return _listed([f"{key} {_one(item)}" for key, item in value.items()])
    if isinstance(value, list | tuple | set | frozenset):
        return _sequence(list(value))
    if isinstance(value, np.ndarray) and value.ndim == 1 and len(value) <= ITEMS:
        return _listed([_one(item) for item in value.tolist()])
    return _one(value)


def _sequence(values: Sequence[Value]) -> str:
    """Texts and numbers one by one, anything else as a count."""
    if all(isinstance(value, str | int | float) for value in values):
        return _listed([_one(value) for value in values])
    kinds = sorted({type(value).__name__ for value in values})
    return f"{len(values):,} {' or '.join(kinds)}"


def _listed(texts: Sequence[str]) -> str:
    more = len(texts) - ITEMS
    shown = [*texts[:ITEMS], *([f"… {more:,} more"] if more > 0 else [])]
    return "; ".join(shown) or "none"


def _one(value: Value) -> str:
    if value is None or isinstance(value, bool | np.bool_):
        return str(value)
    if isinstance(value, int | np.integer):
        return f"{value:,}" if abs(int(value)) >= LARGE else str(value)
    if isinstance(value, float | np.floating):
        return format(value, _DIGITS)
    if is_dataclass(value):
        return type(value).__name__
    if isinstance(value, Collection) and not isinstance(value, str):
        return _outline(value)
    text = str(value)
    return text if len(text) <= CHARACTERS else f"{text[:CHARACTERS]}…"


def _table(name: str, frame: pd.DataFrame) -> str:
    """A frame's first rows; numbers to the right, as JupyterLab sets all cells."""
    head = "".join(f'<th scope="col">{_safe(str(name))}</th>' for name in frame)
    rows = frame.head(ROWS).to_numpy(object)
    body = "".join(
        f"<tr>{''.join(f'<td>{_safe(_one(value))}</td>' for value in row)}</tr>" for row in rows
    )
    more = len(frame) - ROWS
    after = f"<p>… {more:,} more rows</p>" if more > 0 else ""
    return (
        f"<table><caption>{_safe(name)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>{after}"
    )


def _safe(text: str) -> str:
    return html.escape(inert(text))
