"""The predictors of one variable at one moment of a chain, as numbers or as a table."""

from dataclasses import dataclass

import pandas as pd
from numpy.typing import NDArray

from oablib.statistics.imputation import predictors
from oablib.statistics.imputation.predictors import Columns
from oablib.statistics.imputation.variables import Variable


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What stays the same over rounds and imputations.

    variables: all of model.imputed. known: predictors known for all, as a table; columns: the same
    as numbers. school: (n,) from 0, the children that a bootstrap keeps together. school_level:
    whether engines see the school. shift: levels by which drawn values are moved.
    """

    variables: tuple[Variable, ...]
    known: pd.DataFrame
    columns: Columns
    school: NDArray
    school_level: bool
    shift: int


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What an engine may look at. values: name -> current levels or numbers, each (n,)."""

    setting: Setting
    values: dict[str, NDArray]
    target: Variable

    @property
    def school(self) -> NDArray:
        """Number of each child's school, from 0."""
        return self.setting.school

    def columns(self) -> Columns:
        """All predictors as numbers, a constant first."""
        parts = [predictors.levels(each, self.values[each.name]) for each in self._others()]
        means = predictors.as_numbers(self._means())
        return Columns.joined([self.setting.columns, *parts, *means])

    def table(self) -> pd.DataFrame:
        """All predictors as a table, for engines that split categories; no constant."""
        others = {each.name: each.outer(self.values[each.name]) for each in self._others()}
        return self.setting.known.assign(**others, **self._means())

    def _others(self) -> list[Variable]:
        return [each for each in self.setting.variables if each.name != self.target.name]

    def _means(self) -> dict[str, NDArray]:
        if not self.setting.school_level:
            return {}
        return predictors.school_means(
            self.setting.variables, self.values, school=self.setting.school
        )
