"""The parameters of a fit in the blocks, order and digits in which lavaan prints them."""

import math
from typing import NamedTuple

import pandas as pd

from oablib.statistics.sem import solution
from oablib.statistics.sem.result import SemFit

TITLES = {
    "=~": "Latent Variables", "~": "Regressions", "~~": "Covariances", "~1": "Intercepts",
    "variance": "Variances", ":=": "Defined Parameters",
}  # fmt: skip
PER_GROUP = [key for key in TITLES if key != ":="]
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
    """Three decimals, and NA where there is no number."""
    return "NA" if math.isnan(value) else f"{value:.3f}"


def blocks(fit: SemFit) -> list[Block]:
    """Per group in lavaan's order of titles, then what the text defines."""
    rows, labels = fit.parameters, fit.core.problem.sample.labels
    titles = rows["op"].where(rows["op"].ne("~~") | rows["lhs"].ne(rows["rhs"]), "variance")
    shared = _shared(fit)
    found = []
    for place, label in enumerate(labels, start=1):
        group = f"{place} [{label}]" if len(labels) > 1 else ""
        own = rows[rows["group"] == label] if len(labels) > 1 else rows
        found += [
            _block(fit, own[titles[own.index] == key], key, group, shared=shared)
            for key in PER_GROUP
        ]
        found.append(Block(group, R_SQUARE, R_SQUARE_COLUMNS, _r_square(fit, label)))
    found.append(_block(fit, rows[rows["op"] == ":="], ":=", "", shared=shared))
    return [block for block in found if block.rows]


def _r_square(fit: SemFit, label: str) -> tuple[Row, ...]:
    keys = {n: f"{n}.{label}" if label else n for n in fit.core.problem.spec.endogenous}
    values = {name: (fit.r2[key], fit.r2_adjusted[key]) for name, key in keys.items()}
    return tuple(Row("", name, "", tuple(map(number, pair))) for name, pair in values.items())


def _shared(fit: SemFit) -> set[int]:
    """Rows of `parameters` whose value some other row shares."""
    spec = fit.core.problem.spec
    numbers = pd.Series([spec.cells[n].free for n in solution.rows(spec)])
    repeated = numbers.duplicated(keep=False) & numbers.ge(0)
    return set(repeated.index[repeated])


def _block(fit: SemFit, rows: pd.DataFrame, key: str, group: str, *, shared: set[int]) -> Block:
    """lavaan dots a variable that an equation explains: its moments are those of the residual."""
    dotted = fit.core.problem.spec.endogenous if key in ("~~", "~1", "variance") else ()
    shown = []
    for place, row in rows.iterrows():
        lhs, name = row["lhs"], row["lhs"] if key in ("~1", ":=") else row["rhs"]
        lead = f"{'.' * (lhs in dotted)}{lhs} {key}" if key in ("=~", "~", "~~") else ""
        label = row["label"] or "equal" * (place in shared)
        numbers = tuple(_cell(row, column) for column in COLUMNS)
        shown.append(Row(lead, "." * (name in dotted) + name, label * (key != ":="), numbers))
    return Block(group, TITLES[key], tuple(COLUMNS.values()), tuple(shown))


def _cell(row: pd.Series, column: str) -> str:
    """A fixed value has no error and no test."""
    fixed = row["se"] == 0 and column in ("se", "z", "p")
    return "" if fixed else number(row[column])
