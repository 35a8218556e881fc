"""How a result shows itself in JupyterLab: what it is and its numbers, and no row of a person."""

import html
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, TypeAlias, TypeVar

import numpy as np
import pandas as pd

from oablib.base.wording import inert

Result = TypeVar("Result")
Value: TypeAlias = Any  # of a field: nothing is known of it

ROWS = 10  # of a table
ITEMS = 10  # of a list
LETTERS = 300  # of a text
LARGE = 10_000  # from here on with commas; smaller ones may be years
_DIGITS = ".6g"


def showable(*, private: Collection[str] = ()) -> Callable[[type[Result]], type[Result]]:
    """Decorate a dataclass, outermost, so that its results show themselves in a notebook.

    private: fields that hold something for each person or school; counts and names of columns are
    all that shows of them. A class declared with repr=False, as one with private fields or tables
    should be, gets its text from here as well: a notebook keeps both.
    """
    hidden = frozenset(private)

    def give(kind: type[Result]) -> type[Result]:
        # A base class would do the same, but makes all methods of a class part of what a stage
        # that uses it depends on (see reach).
        methods = {"_repr_html_": lambda result: _as_html(result, hidden)}
        if kind.__repr__ is object.__repr__:
            methods["__repr__"] = lambda result: _as_text(result, hidden)
        for name, method in methods.items():
            setattr(kind, name, method)
        return kind

    return give


def _as_text(result: Any, hidden: Collection[str]) -> str:
    parts = [f"{name} {_outline(value)}" for name, value in _tables(result, hidden)]
    parts += [f"{name} {text}" for name, text in _facts(result, hidden)]
    return inert(f"<{type(result).__name__}: {'; '.join(parts)}>")


def _as_html(result: Any, hidden: Collection[str]) -> str:
    kind = type(result)
    told = "".join(f"<li>{_safe(f'{name}: {text}')}</li>" for name, text in _facts(result, hidden))
    tables = "".join(_table(name, frame) for name, frame in _tables(result, hidden))
    first = inspect.cleandoc(kind.__doc__ or "").partition("\n")[0]
    title = f"<p><strong>{_safe(kind.__name__)}</strong> {_safe(first)}</p>"
    return f"{title}<ul>{told}</ul>{tables}" if told else f"{title}{tables}"


def _items(result: Any) -> Iterator[tuple[str, Value]]:
    for each in fields(result):
        yield each.name, getattr(result, each.name)


def _tables(result: Any, hidden: Collection[str]) -> list[tuple[str, pd.DataFrame]]:
    """Tables that may be shown."""
    return [
        (name, value)
        for name, value in _items(result)
        if isinstance(value, pd.DataFrame) and name not in hidden
    ]


def _facts(result: Any, hidden: Collection[str]) -> list[tuple[str, str]]:
    """All other fields, as text."""
    tables = {name for name, _ in _tables(result, hidden)}
    return [
        (name, _outline(value) if name in hidden else _text(value))
        for name, value in _items(result)
        if name not in tables
    ]


def _outline(value: Value) -> str:
    """How much there is, and nothing of it."""
    if isinstance(value, pd.DataFrame):
        return f"{len(value):,} rows of {', '.join(map(str, value)) or 'no column'}"
    if isinstance(value, np.ndarray):
        return f"array of shape {value.shape}"
    return f"{len(value):,} items" if isinstance(value, Collection) else "not shown"


def _text(value: Value) -> str:
    if isinstance(value, Mapping):
        return _listed([f"{key} {_one(each)}" for key, each in value.items()])
    if isinstance(value, list | tuple | set | frozenset):
        return _sequence(list(value))
    if isinstance(value, np.ndarray) and value.ndim == 1 and len(value) <= ITEMS:
        return _listed([_one(each) for each in value.tolist()])
    return _one(value)


def _sequence(values: Sequence[Value]) -> str:
    """Texts and numbers one by one, anything else as a count."""
    if all(isinstance(each, str | int | float) for each in values):
        return _listed([_one(each) for each in values])
    kinds = sorted({type(each).__name__ for each in values})
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
    return text if len(text) <= LETTERS else f"{text[:LETTERS]}…"


def _table(name: str, frame: pd.DataFrame) -> str:
    """A frame's first rows; numbers to the right, as JupyterLab sets all cells."""
    head = "".join(f'<th scope="col">{_safe(str(each))}</th>' for each in frame)
    rows = frame.head(ROWS).to_numpy(object)
    body = "".join(
        f"<tr>{''.join(f'<td>{_safe(_one(each))}</td>' for each in row)}</tr>" for row in rows
    )
    more = len(frame) - ROWS
    after = f"<p>… {more:,} more rows</p>" if more > 0 else ""
    return (
        f"<table><caption>{_safe(name)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>{after}"
    )


def _safe(text: str) -> str:
    return html.escape(inert(text))
