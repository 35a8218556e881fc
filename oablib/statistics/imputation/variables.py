"""One variable with unknown values, as the engines see it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ImputationError
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model

MINIMUM_KNOWN = 50  # known values of a variable; with fewer nothing can be learned about the others


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """A variable of model.imputed.

    unknown: (n,) bool. codes: known codes in codebook order, shape (K,), None for a number.
    scores: a number per level, shape (K,): the mean outcome of children of whom both are known;
    that of all children for a level that none of these has. They replace levels where a predictor
    or a distance must be one number. spread: standard deviation of known numbers, or of scores over
    children. of_school: whether all children of a school share the value, as the codebook says.
    """

    name: str
    unknown: NDArray[np.bool_]
    codes: NDArray | None
    scores: NDArray
    spread: float
    of_school: bool = False

    @property
    def nominal(self) -> bool:
        """Whether values are levels (0..K-1) and not numbers."""
        return self.codes is not None

    def inner(self, column: pd.Series) -> NDArray:
        """A column of the frame as levels or numbers, unknown ones 0."""
        values = column.to_numpy(float)
        if self.codes is None:
            return np.where(self.unknown, 0.0, values)
        levels = np.searchsorted(self.codes, np.where(self.unknown, self.codes[0], values))
        return np.where(self.unknown, 0, levels)

    def outer(self, values: NDArray) -> NDArray:
        """Levels or numbers as the frame has them."""
        return values if self.codes is None else self.codes[values]

    def shifted(self, values: NDArray, *, by: int) -> NDArray:
        """Levels moved up or down as far as there are any, or numbers by standard deviations."""
        if self.codes is None:
            return values + by * self.spread
        return np.clip(values + by, 0, len(self.codes) - 1)

    def score(self, values: NDArray) -> NDArray:
        """One number per value, shape as values."""
        return values if self.codes is None else self.scores[values]


def read(frame: pd.DataFrame, *, model: Model, table: Table) -> tuple[Variable, ...]:
    """The variables of model.imputed, whether or not something is unknown.

    Raises ImputationError when a variable has fewer than 50 known values, those of a school counted
    once.
    """
    result = tuple(_variable(frame, name, model=model, table=table) for name in model.imputed)
    school = frame[model.cluster]
    known = {
        each.name: school[~each.unknown].nunique() if each.of_school else int((~each.unknown).sum())
        for each in result
    }
    few = {name: count for name, count in known.items() if count < MINIMUM_KNOWN}
    if few:
        raise ImputationError(
            f"Known values per variable: {few}; at least {MINIMUM_KNOWN} are needed to fill the "
            "others (of schools, for a property of the school). Check the codes for unknown in the "
            "codebook, or leave the variable out."
        )
    for each in result:
        _fail_if_all_are_the_same(frame[each.name].dropna(), name=each.name)
    return result


def _variable(frame: pd.DataFrame, name: str, *, model: Model, table: Table) -> Variable:
    column, unknown = table.column(name), frame[name].isna().to_numpy()
    known = frame[name].dropna().astype(float)
    # One value in each school as far as known: where schools hold several, children are drawn.
    of_school = column.level == "school" and bool(
        (known.groupby(frame.loc[known.index, model.cluster]).nunique() < 2).all()
    )
    if not column.categories:
        spread = float(known.std())
        return Variable(name, unknown, None, np.empty(0), spread=spread, of_school=of_school)
    outcome = frame.loc[~unknown, model.outcome].astype(float)
    means = outcome.groupby(known.to_numpy()).mean().fillna(outcome.mean())
    codes, scores, spread = means.index.to_numpy(), means.to_numpy(), float(known.map(means).std())
    return Variable(name, unknown, codes, scores, spread=spread, of_school=of_school)


def _fail_if_all_are_the_same(known: pd.Series, *, name: str) -> None:
    if known.nunique() < 2:
        raise ImputationError(
            f"{name}: all {len(known)} known values are the same; expected two or more different "
            "ones to learn from. Check the codes for unknown in the codebook."
        )
