"""Sums of products within schools: all that both steps read of a completed data set.

A subset or a draw of schools is then a weighted sum, and needs no row of a child.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import model_columns
from oablib.statistics.two_step import combinations, scale_values
from oablib.statistics.two_step.combinations import CONSTANT


@showable(private=("sums",))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Products:
    """What one completed data set gives to any draw of schools, for one model.

    columns: names. sums: (G, q, q), products of the columns summed over the children of a school.
    categories: scaled column -> code -> name of its indicator. fixed: indicator -> value that is
    not estimated, reference categories without indicator. scaled_by: the model whose regression
    gives the scale values.
    """

    model: Model
    scaled_by: Model
    columns: tuple[str, ...]
    sums: NDArray
    categories: dict[str, dict[int, str]]
    fixed: dict[str, float]

    @property
    def n_schools(self) -> int:
        """Number of schools."""
        return len(self.sums)

    def indices(self, names: Sequence[str]) -> list[int]:
        """Which columns these are."""
        return [self.columns.index(name) for name in names]


def products(
    frame: pd.DataFrame,
    *,
    model: Model,
    table: Table,
    scaled_by: Model | None = None,
    groups: NDArray | None = None,
) -> Products:
    """Read a completed data set once. Raises EstimationError as scale_values.estimate.

    scaled_by: model whose regression gives the scale values, where not `model` itself; it has the
    same scaled columns, and its plain predictors are among those of `model`. groups: (n,),
    codes 0..G-1 of groups to be summed over instead of schools; school means stay those of schools.
    """
    read = (*model_columns.of_scale_values(model), model.mediator, *model.school_means.values())
    model_columns.fail_if_any_is_unknown(frame, read)
    categories: dict[str, dict[int, str]] = {}
    fixed: dict[str, float] = {}
    parts: dict[str, NDArray] = {CONSTANT: np.ones(len(frame))}
    for name in (model.outcome, model.mediator):
        parts[name] = frame[name].to_numpy(dtype=np.float64)
    for name in model.scaled:
        levels = table.column(name)
        held = model_columns.fixed_values(name, model=model, table=table)
        names = {code: f"{name}={code}" for code in levels.codes if code != levels.reference_code}
        parts |= {each: (frame[name] == code).to_numpy() * 1.0 for code, each in names.items()}
        fixed |= {each: held[code] for code, each in names.items() if code in held}
        categories[name] = names
    numbers = model_columns.plain(frame, model=model, table=table)
    parts |= {str(name): numbers[name].to_numpy() for name in numbers}
    for name, factors in model.products.items():
        if name not in model.plain:
            parts |= combinations.columns(name, factors, categories=categories, numbers=parts)
    schools = scale_values.schools_of(frame, model)
    for name, column in model.school_means.items():
        inner = [*categories[column].values()] if column in categories else [column]
        means = {each: model_columns.school_mean(parts[each], schools) for each in inner}
        parts |= {mean_of(name, each): mean for each, mean in means.items()}
    sums = _summed(parts, schools if groups is None else groups)
    return Products(model, scaled_by or model, tuple(parts), sums, categories, fixed)


def mean_of(name: str, column: str) -> str:
    """Name of the school mean of a column, or of the indicator of a category."""
    return f"{name} of {column}"


def _summed(parts: dict[str, NDArray], groups: NDArray) -> NDArray:
    """Products of all columns, summed within groups: (G, q, q)."""
    order = np.argsort(groups, kind="stable")
    rows = np.column_stack(list(parts.values()))[order]
    ends = np.cumsum(np.bincount(groups))
    sums = np.empty((len(ends), rows.shape[1], rows.shape[1]))
    for number, part in enumerate(np.split(rows, ends[:-1])):
        np.matmul(part.T, part, out=sums[number])
    return sums
