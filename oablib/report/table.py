"""What tables share: a frame becomes headings and rows of text; every number has one look."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import pandas as pd

from oablib.base import rounding
from oablib.base.wording import words
from oablib.report import numbers
from oablib.report.exhibit import About, Table
from oablib.report.texts import texts_beside

_ = texts_beside(__file__)

# Columns that hold names of columns or of models: they are shown as words.
NAMES = ("name", "variable", "lhs", "rhs", "measure", "step", "model", "cause", "term", "path")
PROBABILITIES = ("p", "p_holm")
ABSENT = "–"
HIDDEN = "·"
"""In the place of a count or share that is not shown, because it is of too few."""


def show(
    frame: pd.DataFrame,
    label: str,
    *,
    title: str,
    about: About,
    unit: str = "",
    note: str = "",
    labels: Mapping[str, str] | None = None,
    digits: Mapping[str, int] | int = 2,
    shares: Sequence[str] = (),
    scientific: Sequence[str] = (),
    count_rows: Sequence[int] = (),
    not_given_rows: Sequence[int] = (),
    groups: str = "",
    cells: Any = None,
) -> Table:
    """A table for a report; NaN is shown as a dash, of a declared count or share as hidden.

    label: without `tbl-`. title, about, note: as in Exhibit. unit: of the numbers; empty where
    headings and rows name units of their own. labels: column -> heading with
    unit; columns without one show their name as words. digits: decimals of float columns, for all
    or per column. shares: columns of fractions, shown in % with one decimal, or as many as `digits`
    names for the column. scientific: columns of very small numbers.
    count_rows: rows whose numbers are counts, or large enough to need no decimals.
    not_given_rows: such as those of a publication, in which NaN is not given rather than hidden.
    groups: a column whose values become groups of rows. cells: as in Exhibit.
    """
    frame, labels = rounding.rounded(frame), labels or {}
    named = frame.assign(**{name: frame[name].map(_as_words) for name in NAMES if name in frame})
    shown = [str(name) for name in frame if name != groups]
    headings = {name: labels.get(name, words(name)) for name in shown}
    counts, protected = _declared(cells)
    texts = []
    for name in shown:
        share, values = name in shares, frame[name]
        decimals = 0 if name in counts else _decimals(digits, name, share=share)
        write = _writer(values, share=share, scientific=name in scientific, decimals=decimals)
        whole = () if share or not pd.api.types.is_float_dtype(values) else count_rows
        hidden = set(range(len(frame))) - {*not_given_rows} if name in protected else ()
        texts.append(_texts(named[name], write, whole=whole, hidden=hidden))
    positions = _positions(named[groups] if groups else [""] * len(named))
    rows = list(zip(*texts, strict=True))
    return Table(
        label=f"tbl-{label}",
        title=title,
        unit=unit or _("in headings and rows"),
        note=_with_mark(note, rows),
        about=about,
        cells=cells,
        keys=[str(name) for name in named],
        numbers=_as_numbers(named)
        .iloc[[*chain(*positions.values())]]
        .rename(columns=lambda name: labels.get(name, words(str(name)))),
        headings=[(heading, _is_number(frame[name])) for name, heading in headings.items()],
        groups=[(group, [rows[i] for i in part]) for group, part in positions.items()],
    )


def _decimals(digits: Mapping[str, int] | int, name: str, *, share: bool) -> int:
    """Decimals of a column; a number for all columns is not that of shares."""
    usual = 1 if share else 2
    if isinstance(digits, int):
        return usual if share else digits
    return digits.get(name, usual)


def _positions(groups: Iterable[Any]) -> dict[str, list[int]]:
    """Positions of the rows of each group, in the order in which groups are first met."""
    positions: dict[str, list[int]] = {}
    for index, group in enumerate(groups):
        positions.setdefault(str(group), []).append(index)
    return positions


def _with_mark(note: str, rows: Iterable[Sequence[str]]) -> str:
    """A table's note, with what the mark of a hidden cell means where it has one."""
    if not any(HIDDEN in row for row in rows):
        return note
    why = _("{mark}: not shown, it is of too few or would give such a number away", mark=HIDDEN)
    return f"{note}. {why}" if note else why


def _declared(cells: Any) -> tuple[Sequence[str], frozenset[str]]:
    """Columns that are declared as counts, and as counts or shares."""
    if not isinstance(cells, Mapping):
        return (), frozenset()
    counts = cells.get("counts", ())
    return counts, frozenset((*counts, *cells.get("shares", ())))


def _texts(
    values: pd.Series, write: Callable[[Any], str], *, whole: Container[int], hidden: Container[int]
) -> list[str]:
    """The cells of one column as text.

    whole: rows that are written without decimals. hidden: rows in which NaN is a hidden number.
    """

    def text(row: int, value: Any) -> str:
        if pd.isna(value):
            return HIDDEN if row in hidden else ABSENT
        return numbers.number(value, 0) if row in whole else write(value)

    return [text(row, value) for row, value in enumerate(values)]


def _writer(
    values: pd.Series, *, share: bool, scientific: bool, decimals: int
) -> Callable[[Any], str]:
    """How one column writes a value that is there."""
    if share:
        return lambda value: numbers.percent(value, decimals)
    if scientific:
        return _power
    if not _is_number(values):
        return str
    if values.name in PROBABILITIES:
        return numbers.probability
    places = decimals if pd.api.types.is_float_dtype(values) else 0
    return lambda value: numbers.number(value, places)


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _power(value: float) -> str:
    return numbers.power(value) if value else f"<{numbers.power(rounding.NOTHING, 0)}"


def _as_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """For a file: texts that are numbers as numbers, whatever separates thousands on the page."""
    texts = frame.select_dtypes(["object", "string"])
    read = {
        str(name): [numbers.read(x) if isinstance(x, str) else x for x in texts[name]]
        for name in texts
    }
    return frame.assign(**{name: pd.Series(x, frame.index, object) for name, x in read.items()})


def _as_words(name: Any) -> Any:
    return words(name) if isinstance(name, str) else name
