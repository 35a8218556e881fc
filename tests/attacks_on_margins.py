"""Hidden cells of tables with margins: which come back when the margins are added up."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from oablib.base.errors import DisclosureError
from oablib.disclosure.attack.known import NEAR_LIMIT
from oablib.disclosure.attack.links import Linear
from oablib.disclosure.attack.places import EXACT
from oablib.disclosure.attack.solver import Solver
from oablib.disclosure.settings import Rules

TOTAL = "total"
MOST = 2e7
"""More than the people of the country, so more than any cell can count."""


@dataclass(frozen=True, slots=True)
class Equation:
    """A cell that is the sum of others, all by their labels."""

    total: Hashable
    members: tuple[Hashable, ...]


def recovered(
    cells: pd.Series, equations: Sequence[Equation], *, rules: Rules, whole: bool = True
) -> pd.DataFrame:
    """Hidden cells of which fewer than rules.attack.counts values are possible: cell, left.

    cells: values by unique label, NaN where hidden; a hidden one is 0 or more, and a whole number
    where `whole`. Where it need not be, left is the width of its interval, which is found where it
    is shorter than rules.attack.counts. A cell that no equation names stays hidden.

    Raises DisclosureError when cells do not add up, labels are repeated, or one is no cell.
    """
    labels = {label for each in equations for label in (each.total, *each.members)}
    unknown = len(labels - set(cells.index))
    repeated = int(cells.index.duplicated().sum())
    if unknown or repeated:
        raise DisclosureError(
            f"{unknown:,} labels of sums are no cells, and {repeated:,} cells repeat a label; give "
            "every cell once."
        )
    linear, position = Linear(), {label: i for i, label in enumerate(cells.index)}
    for value in cells.astype(float):
        hidden = bool(np.isnan(value))
        linear.column(0 if hidden else value, MOST if hidden else value, whole=whole)
    for equation in equations:
        parts = {position[member]: 1.0 for member in equation.members}
        linear.row(0, 0, parts | {position[equation.total]: -1.0})
    solver = Solver(linear)
    hidden_cells = [i for i, value in enumerate(cells.astype(float)) if np.isnan(value)]
    left = {i: _left(solver, i, rules=rules, whole=whole) for i in hidden_cells}
    few = [(cells.index[i], each) for i, each in left.items() if each < rules.attack.counts]
    return pd.DataFrame(few, columns=["cell", "left"])


def margins(
    table: pd.DataFrame, dimensions: Sequence[str], value: str
) -> tuple[pd.Series, list[Equation]]:
    """The cells of a table and the sums that its margins are, for `recovered`.

    table: a row a cell or margin; a dimension is missing where the row is a total over it. It may
    hold texts, whole numbers, fractions or truth values: what makes a margin is that it is missing,
    never the kind of the column. Labels are tuples in the order of the dimensions, with TOTAL.
    """
    columns = [table[name].astype(object).where(table[name].notna(), TOTAL) for name in dimensions]
    labels = list(zip(*columns, strict=True))
    cells = pd.Series(table[value].to_numpy(float), index=pd.Index(labels, tupleize_cols=False))
    groups: dict[tuple[int, Hashable], list[Hashable]] = {}
    for label, axis in product(labels, range(len(dimensions))):
        if label[axis] != TOTAL:
            rest = (*label[:axis], TOTAL, *label[axis + 1 :])
            groups.setdefault((axis, rest), []).append(label)
    known = set(labels)
    sums = [
        Equation(total, tuple(members)) for (_, total), members in groups.items() if total in known
    ]
    return cells, sums


def _left(solver: Solver, cell: int, *, rules: Rules, whole: bool) -> float:
    """Number of whole values that are possible, or the width of the interval."""
    low, high = (solver.extreme(cell, largest=largest)[0] for largest in (False, True))
    if not whole:
        return high - low
    values = np.floor(high + EXACT) - np.ceil(low - EXACT) + 1
    if values < rules.attack.counts + NEAR_LIMIT:
        return float(len(solver.possible(cell, low, high)))
    return float(values)
