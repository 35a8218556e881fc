"""What the cells of a table or exhibit are: the key `cells` of its entry in a YAML file.

One word for a whole table, or the part that each column plays. A column that is not named is not
declared, unless it says yes or no alone, and what is not declared is not published.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from oablib.params import checked, kinds

Whole: TypeAlias = Literal["none", "statistics", "places"]
"""none: no number is of children (rules, literature, published figures, settings). statistics:
estimates, tests and fits over all children of the population, or over replications of a study.
places: scores of places, which oablib.disclosure.of_places makes fit to be shown."""

Columns: TypeAlias = tuple[kinds.Text, ...]
OfColumns: TypeAlias = dict[kinds.Text, kinds.Text]

POPULATION = "population"
"""In the place of a column with n: all children that the report is about."""


@dataclass(frozen=True, slots=True)
class Cells(kinds.Declaration):
    """Which part each column plays, by the names of the frame; absent ones may be named.

    of: what the counts count. counts: numbers of them. shares: column -> column with the n that it
    is a fraction of. means: means and standard deviations -> n. extremes: smallest, largest and
    quantiles -> number beyond. sums: of amounts -> the share that its largest contributor makes up.
    estimates: of a model over the whole population. known: names, codes, settings and published
    figures, not of these children.
    lowest, highest: limits of classes, of which the first or last is open. adds: rows within the
    same values of these columns, or all rows where there are none, add up to what is known.
    running: columns whose numbers differ by counts, such as rows left after a step. telling: shares
    of something that none should be known to have.
    """

    of: Literal["children", "parents", "schools"]
    counts: Columns = ()
    shares: OfColumns = field(default_factory=dict)
    means: OfColumns = field(default_factory=dict)
    extremes: OfColumns = field(default_factory=dict)
    sums: OfColumns = field(default_factory=dict)
    estimates: Columns = ()
    known: Columns = ()
    lowest: Columns = ()
    highest: Columns = ()
    adds: Columns | None = None
    running: Columns = ()
    telling: Columns = ()

    @property
    def columns(self) -> frozenset[str]:
        """All columns that play a part."""
        parts = (
            self.counts, self.shares, self.means, self.extremes, self.sums, self.sums.values(),
            self.estimates, self.known, self.lowest, self.highest, self.running,
        )  # fmt: skip
        return frozenset(name for part in parts for name in part)

    def faults(self) -> Iterable[kinds.Fault]:
        """Numbers without a declared n, and rules about shares that are none."""
        for part in ("shares", "means", "extremes"):
            for name, n in getattr(self, part).items():
                if n not in (*self.counts, *self.known, POPULATION):
                    yield (part, name), f"names {n!r}; expected a column under counts or known."
        for index, name in enumerate(self.telling):
            if name not in self.shares:
                yield ("telling", index), f"is {name!r}; expected a column under shares."


Declared: TypeAlias = Whole | Cells


@dataclass(frozen=True, slots=True)
class Entry(kinds.Declaration):
    """The part of an entry that is looked at here."""

    cells: Declared


def read(cells: Any, *, where: str) -> Declared:
    """A declaration as a file has it; where: what it is of, for a message.

    Raises ParameterError naming every fault.
    """
    values: Mapping[str, Any] = {"cells": cells}
    entry: Entry = checked.check(values, Entry, locate=lambda _keys: (where, 0))
    return entry.cells
