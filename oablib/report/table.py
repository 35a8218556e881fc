"""What tables share: a frame becomes headings and rows of text, with one look for every number."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from oablib.base import rounding
from oablib.base.wording import MINUS, words
from oablib.report.exhibit import About, Table

NAMES = ("name", "variable", "lhs", "rhs", "measure", "step")  # columns that hold columns' names
SMALLEST_P = 0.0005  # three decimals would show 0.000
ABSENT = "–"
IN_HEADINGS = "in headings and rows"  # unit of a table whose columns have units of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How the columns of a frame are shown.

    labels: column -> heading with unit; columns without one show their name as words.
    digits: decimals of float columns, for all or per column. shares: columns of fractions, shown
    in %. scientific: columns of very small numbers. count_rows: rows whose numbers are counts, or
    large enough to need no decimals. groups: a column whose values become groups of rows.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    digits: Mapping[str, int] | int = 2
    scientific: Sequence[str] = ()
    count_rows: Sequence[int] = ()
    shares: Sequence[str] = ()
    groups: str = ""


def show(
    frame: pd.DataFrame,
    label: str,
    *,
    title: str,
    unit: str,
    about: About,
    note: str = "",
    look: Look | None = None,
) -> Table:
    """A table for a report; label without `tbl-`, the rest as in Exhibit. NaN shows as a dash."""
    look, frame = look or Look(), rounding.rounded(frame)
    named = frame.assign(**{name: frame[name].map(_as_words) for name in NAMES if name in frame})
    shown = [str(name) for name in frame if name != look.groups]
    headings = {name: look.labels.get(name, words(name)) for name in shown}
    cells = {name: _texts(frame[name], named[name], look=look) for name in shown}
    return Table(
        label=f"tbl-{label}",
        title=title,
        unit=unit,
        note=note,
        about=about,
        numbers=_in_groups(named, by=look.groups).rename(columns=headings),
        headings=[(headings[name], _is_number(frame[name])) for name in shown],
        groups=_grouped(named, list(zip(*cells.values(), strict=True)), by=look.groups),
    )


def _in_groups(frame: pd.DataFrame, *, by: str) -> pd.DataFrame:
    """Rows as `_grouped` shows them, for who takes the numbers along."""
    return frame.iloc[np.argsort(pd.factorize(frame[by])[0], kind="stable")] if by else frame


def _grouped(
    frame: pd.DataFrame, rows: Sequence[Sequence[str]], *, by: str
) -> list[tuple[str, list[Sequence[str]]]]:
    """Rows under the value that they have in column `by`, in the order of the frame."""
    if not by:
        return [("", list(rows))]
    groups: dict[str, list[Sequence[str]]] = {}
    for name, row in zip(frame[by], rows, strict=True):
        groups.setdefault(str(name), []).append(row)
    return list(groups.items())


def _texts(values: pd.Series, named: pd.Series, *, look: Look) -> list[str]:
    """The cells of one column as text."""
    show = _format(str(values.name), values, look=look)
    texts = [ABSENT if pd.isna(value) else show(value) for value in named]
    if pd.api.types.is_float_dtype(values) and values.name not in look.shares:
        for place in look.count_rows:
            number = values.iloc[place]
            texts[place] = ABSENT if pd.isna(number) else _decimals(number, 0)
    return texts


def _format(name: str, values: pd.Series, *, look: Look) -> Callable[[Any], str]:
    """How one column writes a value that is there."""
    if name in look.shares:
        return lambda value: f"{_decimals(100 * value, 1)}\N{NO-BREAK SPACE}%"
    if name in look.scientific:
        return _power
    if not _is_number(values):
        return str
    if name == "p":
        return _probability
    digits = look.digits if isinstance(look.digits, int) else look.digits.get(name, 2)
    places = digits if pd.api.types.is_float_dtype(values) else 0
    return lambda value: _decimals(value, places)


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _decimals(value: float, places: int) -> str:
    """A number with thousands apart and a true minus sign, but none before a zero."""
    text = f"{value:,.{places}f}"
    negative = text.startswith("-") and any(digit in text for digit in "123456789")
    return text.lstrip("-") if not negative else text.replace("-", MINUS)


def _power(value: float) -> str:
    shown = f"{value:.2e}" if value else f"<{rounding.NOTHING:.0e}"
    return shown.replace("-", MINUS)


def _probability(value: float) -> str:
    return "<0.001" if value < SMALLEST_P else f"{value:.3f}"


def _as_words(name: Any) -> Any:
    return words(name) if isinstance(name, str) else name


def settings_rows(rule: Mapping[str, Any]) -> pd.DataFrame:
    """A nested rule as rows: setting (joined by dots), value."""
    flat = pd.json_normalize(dict(rule)).iloc[0]
    names = [words(name.replace(".", ": ")) for name in flat.index]
    return pd.DataFrame({"setting": names, "value": [str(value) for value in flat]})


def settings_table(frame: pd.DataFrame) -> Table:
    """Settings of the imputation."""
    about = About("every imputed variable", "params/rules/imputation.yaml")
    title = "Settings of the imputation"
    return show(frame, "settings", title=title, unit=IN_HEADINGS, about=about)
