"""Numbers as lavaan's summary writes them, in lines, and parameters of a fit in blocks."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from oablib.statistics.sem.fits.fitting import SemFit
from oablib.statistics.sem.results import solution
from oablib.statistics.sem.results.measures import r2_keys

# Widths of lavaan's text: labels with the first number, each further number.
LINE_WIDTH, NUMBER_WIDTH = 54, 12
TITLES = {
    "=~": "Latent Variables", "~": "Regressions", "~~": "Covariances", "~1": "Intercepts",
    "variance": "Variances", ":=": "Defined Parameters",
}  # fmt: skip
COLUMNS = {"est": "Estimate", "se": "Std.Err", "z": "z-value", "p": "P(>|z|)", "std": "Std.all"}
R_SQUARE, R_SQUARE_COLUMNS = "R-Square", ("Estimate", "Adjusted")


class Row(NamedTuple):
    """One parameter. lead: left side and sign, such as `cito ~`; numbers: text, "" where none."""

    lead: str
    name: str
    label: str
    numbers: tuple[str, ...]


class Block(NamedTuple):
    """Parameters under one title; group: number and label, such as "1 [north]", or "" for one."""

    group: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def number(value: float) -> str:
    """Three decimals, Inf, and NA where there is no number."""
    if math.isinf(value):
        return "Inf"
    return "NA" if math.isnan(value) else f"{value:.3f}"


def blocks(fit: SemFit) -> list[Block]:
    """Per group in lavaan's order of titles, then what the text defines."""
    r2 = {name: (r2, fit.r2_adjusted[name]) for name, r2 in fit.r2.items()}
    return blocks_of(fit, fit.parameters, columns=COLUMNS, r2=r2)


def blocks_of(
    fit: SemFit,
    rows: pd.DataFrame,
    *,
    columns: Mapping[str, str],
    r2: Mapping[str, tuple[float, float]],
) -> list[Block]:
    """The same for other numbers on the parameters of `fit`; columns: of rows, with headings.

    r2: plain and adjusted, by the names in SemFit.r2.
    """
    labels = fit.core.problem.sample.labels
    titles = rows["op"].where(rows["op"].ne("~~") | rows["lhs"].ne(rows["rhs"]), "variance")
    result = []
    for group, label in enumerate(labels):
        heading = f"{group + 1} [{label}]" if len(labels) > 1 else ""
        part = rows[rows["group"] == label] if len(labels) > 1 else rows
        result += [
            _block(fit, part[titles[part.index] == key], key, heading, columns=columns)
            for key in TITLES
            if key != ":="
        ]
        r_square = tuple(
            Row("", name, "", tuple(map(number, r2[key])))
            for key, (name, of_group) in r2_keys(fit.core.problem).items()
            if of_group == group
        )
        result.append(Block(heading, R_SQUARE, R_SQUARE_COLUMNS, r_square))
    result.append(_block(fit, rows[rows["op"] == ":="], ":=", "", columns=columns))
    return [block for block in result if block.rows]


def _shared(fit: SemFit) -> set[int]:
    """Rows of `parameters` whose value some other row shares."""
    spec = fit.core.problem.spec
    numbers = pd.Series([spec.cells[n].free for n in solution.rows(spec)])
    repeated = numbers.duplicated(keep=False) & numbers.ge(0)
    return set(repeated.index[repeated])


def _block(
    fit: SemFit, rows: pd.DataFrame, key: str, group: str, *, columns: Mapping[str, str]
) -> Block:
    """lavaan dots a variable that an equation explains: its moments are those of the residual."""
    dotted = fit.core.problem.spec.endogenous if key in ("~~", "~1", "variance") else ()
    shared, shown = _shared(fit), []
    for index, row in rows.iterrows():
        lhs, name = row["lhs"], row["lhs"] if key in ("~1", ":=") else row["rhs"]
        lead = f"{'.' * (lhs in dotted)}{lhs} {key}" if key in ("=~", "~", "~~") else ""
        label = row["label"] or "equal" * (index in shared)
        # A fixed value has no error and no test.
        absent = columns.keys() - {"est", "std"} if row["se"] == 0 else ()
        numbers = tuple("" if name in absent else number(row[name]) for name in columns)
        shown.append(Row(lead, "." * (name in dotted) + name, label * (key != ":="), numbers))
    return Block(group, TITLES[key], tuple(columns.values()), tuple(shown))


def line(label: str, *values: float | int | str) -> str:
    """A label, and values in columns; what is no whole number gets three decimals."""
    first, *more = (number(v) if isinstance(v, float) else str(v) for v in values)
    start = f"  {label}{first:>{LINE_WIDTH - 2 - len(label)}}"
    return (start + "".join(f"{text:>{NUMBER_WIDTH}}" for text in more)).rstrip()
