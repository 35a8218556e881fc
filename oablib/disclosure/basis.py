"""What the cells of a table rest on: the n behind each, and the rules that they were held against.

For whoever checks output: a table or figure is judged by the numbers under its numbers.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from oablib.disclosure.cells import Population, numbers
from oablib.disclosure.declared import POPULATION, Cells, Declared
from oablib.disclosure.of_places.scores import SCORE

SIZES = ("n_children", "n_pupils")
"""Columns with the children of a place, in tables of places."""
PLACES = "places"
RULES = ("fewest", "fewest_df", "largest_part", "largest_category")
"""Keys of the rules that a cell can be held against, as in params/rules/disclosure.yaml."""
_MODEL = "model"  # in the place of a column with n: all that a model is estimated over


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """The n behind the cells of one table.

    of: what n counts: children, parents or schools; empty without any. smallest, largest: n above
    zero, None where there is none. rules: those of RULES that apply. places: whether a profile
    decides what is shown. hidden: cells without a number. behind: n of each cell, beside the
    columns that name the row; None where no n is declared.
    """

    of: str = ""
    smallest: int | None = None
    largest: int | None = None
    rules: frozenset[str] = frozenset()
    places: bool = False
    hidden: int = 0
    behind: pd.DataFrame | None = None


def basis(frame: pd.DataFrame, declared: Declared, *, population: Population | None) -> Basis:
    """What a table rests on; frame: its numbers, as they are checked before they are published.

    population: None where there are no children, as in a study of replications.
    """
    if isinstance(declared, Cells):
        return _of_cells(frame, declared, population)
    children = population.children if population else None
    everybody = {"of": "children" if children else "", "smallest": children, "largest": children}
    if declared == PLACES:
        return Basis(
            **everybody | _of_places(frame),  # type: ignore[arg-type]
            places=True,
            hidden=_hidden(frame),
        )
    if declared == "statistics" and population:
        rules = frozenset({"fewest", "fewest_df"})
        return Basis(**everybody, rules=rules)  # type: ignore[arg-type]
    return Basis()


def _of_cells(frame: pd.DataFrame, declared: Cells, population: Population | None) -> Basis:
    children = population.children if population else np.nan
    schools = population.schools if population else np.nan
    everything = {POPULATION: children, _MODEL: schools if declared.of == "schools" else children}
    of_column = {name: name for name in declared.counts}
    of_column |= {**declared.shares, **declared.means, **declared.extremes}
    of_column |= dict.fromkeys(declared.estimates, _MODEL)
    behind = {
        name: numbers(frame[n])
        if n in frame
        else np.full(len(frame), everything.get(n, np.nan), float)
        for name, n in of_column.items()
        if name in frame
    }
    found = np.concatenate([[], *behind.values()])
    found = found[found > 0]  # hidden, NaN, is not
    names = {str(name): frame[name] for name in declared.known if name in frame}
    can_be_hidden = [name for name in (*declared.counts, *declared.shares) if name in frame]
    return Basis(
        of=declared.of,
        smallest=int(found.min()) if len(found) else None,
        largest=int(found.max()) if len(found) else None,
        rules=frozenset(_rules(frame, declared)),
        hidden=_hidden(frame[can_be_hidden]),
        behind=pd.DataFrame({**names, **behind}) if behind else None,
    )


def _rules(frame: pd.DataFrame, declared: Cells) -> set[str]:
    """Rules about the parts that columns of the table play."""
    parts = {
        "fewest": (
            *declared.counts, *declared.shares, *declared.means, *declared.extremes,
            *declared.estimates,
        ),
        "fewest_df": declared.estimates,
        "largest_part": tuple(declared.sums),
        "largest_category": declared.telling,
    }  # fmt: skip
    return {rule for rule, names in parts.items() if any(name in frame for name in names)}


def _of_places(frame: pd.DataFrame) -> dict[str, int]:
    """Children of the smallest and largest place with a score, where the table has them."""
    sizes = [name for name in SIZES if name in frame and SCORE in frame]
    n = numbers(frame.loc[frame[SCORE].notna(), sizes[0]]) if sizes else np.array([])
    n = n[n > 0]
    return {"smallest": int(n.min()), "largest": int(n.max())} if len(n) else {}


def _hidden(frame: pd.DataFrame) -> int:
    """Cells of columns with numbers that hold none."""
    return int(frame.infer_objects().select_dtypes("number").isna().to_numpy().sum())
