"""The cells of one table, held against what it is declared to be.

A fault names column and row, and never a value: it may be read where the table may not. Each table
is checked alone; what several give away together is the matter of oablib.disclosure.attack.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.disclosure.declared import POPULATION, Cells, Declared
from oablib.disclosure.settings import Rules

Numbers = NDArray[np.float64]

NEAR = 0.01  # of a unit: shares have ten digits, so that of 16 million children 0.002 is lost


@dataclass(frozen=True, slots=True)
class Population:
    """All children that a report is about, and the schools they go to."""

    children: int
    schools: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that may not be published. row: position, from 1; 0 for the whole column."""

    column: str
    row: int
    rule: str

    def __str__(self) -> str:
        place = f"column {self.column}, row {self.row}" if self.row else f"column {self.column}"
        return f"{place}: {self.rule}"


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of a check: cells that were looked at, hidden counts and shares, and faults."""

    cells: int = 0
    hidden: int = 0
    faults: tuple[Fault, ...] = ()

    def __add__(self, other: "Looked") -> "Looked":
        """Both checks in one."""
        return Looked(
            self.cells + other.cells, self.hidden + other.hidden, self.faults + other.faults
        )


def check(
    frame: pd.DataFrame, declared: Declared, *, rules: Rules, population: Population | None
) -> Looked:
    """Whether each cell may be published.

    population: None where there are no children, as in a study of replications.
    """
    if not isinstance(declared, Cells):
        if declared != "statistics":
            return Looked()
        size = frame.select_dtypes("number").size
        return Looked(size, 0, tuple(_of_model(str(frame.columns[0]), population, rules)))
    table = _Table(frame, declared, rules, population)
    columns = [*declared.counts, *declared.shares, *declared.means, *declared.extremes]
    columns += [*declared.sums, *declared.estimates]
    looked_at = sum(name in frame for name in columns) * len(frame)
    can_be_hidden = [name for name in (*declared.counts, *declared.shares) if name in frame]
    hidden = int(frame[can_be_hidden].isna().to_numpy().sum())
    return Looked(looked_at, hidden, tuple(table.faults()))


def is_few(amount: Numbers, *, fewest: int) -> NDArray[np.bool_]:
    """Whether an amount is some, and of fewer than it takes; not where it is hidden (NaN)."""
    return np.asarray((amount > NEAR) & (amount < fewest - NEAR))


def numbers(values: pd.Series) -> Numbers:
    """Values of a column as numbers, NaN where there is none, whatever their type."""
    return np.asarray(pd.to_numeric(values, errors="coerce"), dtype=np.float64)


def _of_model(column: str, population: Population | None, rules: Rules) -> Iterator[Fault]:
    """Estimates of a model: enough children, and enough schools for its standard errors."""
    if population is None:
        return
    if population.children < rules.fewest:
        yield Fault(column, 0, f"an estimate over fewer than {rules.fewest} children")
    if population.schools - 1 < rules.fewest_df:
        yield Fault(column, 0, f"fewer than {rules.fewest_df} residual degrees of freedom")


@dataclass(frozen=True, slots=True)
class _Table:
    frame: pd.DataFrame
    declared: Cells
    rules: Rules
    population: Population | None

    def faults(self) -> Iterator[Fault]:
        declared = self.declared
        for name in map(str, self.frame):
            is_yes_or_no = pd.api.types.is_bool_dtype(self.frame[name])
            if name not in declared.columns and not is_yes_or_no:
                yield Fault(name, 0, "not declared")
        yield from self._texts()
        yield from self._counts()
        yield from self._shares()
        for names, what in ((declared.means, "a mean over"), (declared.extremes, "an extreme of")):
            for name in filter(self._has, names):
                few = ~(self._n(names[name]) >= self.rules.fewest)
                rule = f"{what} fewer than {self.rules.fewest} {declared.of}"
                yield from self._at(name, few & ~np.isnan(self._values(name)), rule)
        yield from self._sums()
        for name in filter(self._has, declared.estimates):
            yield from _of_model(name, self.population, self.rules)
        yield from self._open_ends()
        yield from self._totals()

    def _has(self, name: str) -> bool:
        return name in self.frame

    def _values(self, name: str) -> Numbers:
        return numbers(self.frame[name])

    def _n(self, name: str) -> Numbers:
        """The n behind each cell of a column; NaN where it is not given."""
        if name in self.frame:
            return self._values(name)
        all_children = np.nan
        if name == POPULATION and self.population is not None:
            all_children = self.population.children
        return np.full(len(self.frame), all_children)

    def _at(self, name: str, wrong: NDArray[np.bool_], rule: str) -> Iterator[Fault]:
        for row in np.flatnonzero(wrong):
            yield Fault(name, int(row) + 1, rule)

    def _few(self, amount: Numbers) -> NDArray[np.bool_]:
        return is_few(amount, fewest=self.rules.fewest)

    def _texts(self) -> Iterator[Fault]:
        """Something that is no number cannot be checked."""
        declared = self.declared
        for name in (*declared.counts, *declared.shares, *declared.means, *declared.extremes):
            if self._has(name):
                there = self.frame[name].notna().to_numpy()
                yield from self._at(name, there & np.isnan(self._values(name)), "no number")

    def _counts(self) -> Iterator[Fault]:
        rule = f"fewer than {self.rules.fewest} {self.declared.of}"
        for name in filter(self._has, self.declared.counts):
            values = self._values(name)
            yield from self._at(name, self._few(values) | (values < 0), rule)

    def _shares(self) -> Iterator[Fault]:
        """Numerator and complement; and no group that is known to have, or to lack, something."""
        declared, fewest = self.declared, self.rules.fewest
        for name, of in declared.shares.items():
            if not self._has(name):
                continue
            share, n = self._values(name), self._n(of)
            there = ~np.isnan(share)
            few = self._few(share * n) | self._few((1 - share) * n)
            yield from self._at(
                name, there & few, f"a share that is of fewer than {fewest} {declared.of}"
            )
            of_nobody = (n == 0) & (share == 0)  # a group without schools or children
            too_few = there & ~(n >= fewest) & ~of_nobody
            yield from self._at(name, too_few, f"a share of fewer than {fewest}")
            if name in declared.telling:
                all_of_them = (share >= self.rules.largest_category) | (share == 0)
                yield from self._at(name, there & all_of_them, "(nearly) all of a group, or none")

    def _sums(self) -> Iterator[Fault]:
        for name, largest in self.declared.sums.items():
            if self._has(name):
                wrong = ~(self._n(largest) <= self.rules.largest_part)
                rule = f"one contributor makes up more than {self.rules.largest_part:.0%}"
                yield from self._at(name, wrong & ~np.isnan(self._values(name)), rule)

    def _open_ends(self) -> Iterator[Fault]:
        """The first or last limit would say where the first or last child is."""
        for names, row in ((self.declared.lowest, 0), (self.declared.highest, len(self.frame) - 1)):
            for name in filter(self._has, names):
                if len(self.frame) and not np.isnan(self._values(name)[row]):
                    yield Fault(name, row + 1, "a limit that is an extreme; expected an open class")

    def _totals(self) -> Iterator[Fault]:
        """What is hidden and follows from what is not."""
        declared = self.declared
        for name in filter(self._has, declared.running):
            known = np.unique(self._levels())
            if self._few(np.diff(known)).any():
                yield Fault(name, 0, f"differs between rows by fewer than {self.rules.fewest}")
        if declared.adds is None:
            return
        by = [name for name in declared.adds if self._has(name)]
        groups = self.frame.groupby(by, sort=False, dropna=False).ngroup() if by else None
        group = np.zeros(len(self.frame), int) if groups is None else groups.to_numpy()
        for name in filter(self._has, (*declared.counts, *declared.shares)):
            if name in declared.shares.values():
                continue  # the total itself
            for number in np.unique(group):
                yield from self._group(name, np.flatnonzero(group == number))

    def _levels(self) -> Numbers:
        """All numbers of the running columns that are shown."""
        columns = [self._values(name) for name in self.declared.running if self._has(name)]
        levels = np.concatenate(columns)
        return levels[~np.isnan(levels)]

    def _group(self, name: str, rows: NDArray[np.intp]) -> Iterator[Fault]:
        """Rows that add up: a single one that is hidden, or several that are few together."""
        values = self._values(name)[rows]
        hidden = rows[np.isnan(values)] if len(rows) > 1 else rows[:0]
        if len(hidden) == 1:
            yield Fault(name, int(hidden[0]) + 1, "hidden, and follows from the other rows")
        elif len(hidden) and name in self.declared.shares:
            n = self._n(self.declared.shares[name])[rows]
            total = np.nanmax(n) if (~np.isnan(n)).any() else np.nan
            if self._few(np.array([(1 - np.nansum(values)) * total]))[0]:
                yield Fault(name, int(hidden[0]) + 1, "hidden rows are few together")
