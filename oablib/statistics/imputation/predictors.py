"""What the imputed variables are predicted from: columns that are known, and columns that change.

`View` gives the predictors of one variable at one moment of a chain, as numbers or as a table.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics.imputation.products import Formed
from oablib.statistics.imputation.variables import Variable


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Predictors as numbers: matrix (n, p); binary (p,), whether a column is a dummy."""

    matrix: NDArray
    binary: NDArray[np.bool_]

    @classmethod
    def joined(cls, parts: list["Columns"]) -> "Columns":
        """The columns of all parts, in their order."""
        return cls(
            np.concatenate([part.matrix for part in parts], axis=1),
            np.concatenate([part.binary for part in parts]),
        )


def fixed(
    frame: pd.DataFrame, *, model: Model, table: Table, school_level: bool
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Predictors that are known for all, and the names of those left out as constant.

    Outcome, mediator, all other variables of the model, its auxiliary columns and the wave; per
    school, without the child itself, means of outcome and mediator and the share outside the
    reference category of each known category; and the school's number of children. What is imputed
    is left out: see `View`. Categories are pandas categories, all else floats.
    """
    # Auxiliary columns last, also those that the model itself has: models with the same columns
    # then draw the same values, whatever paths they have.
    others = [name for name in model.columns if name not in model.auxiliary]
    columns = {
        name: frame[name].astype("category" if _is_nominal(table, name) else float)
        for name in (model.outcome, model.mediator, *others, *model.auxiliary)
        if name not in (model.cluster, *model.imputed)
    }
    predictors = pd.DataFrame(columns, index=frame.index)
    if school_level:
        predictors = predictors.assign(**dict(_of_school(frame, model=model, table=table)))
    constant = [str(name) for name in predictors if predictors[name].nunique() < 2]
    return predictors.drop(columns=constant), tuple(constant)


def as_columns(frame: pd.DataFrame, *, linear: tuple[str, ...]) -> Columns:
    """Constant, dummies of categories and of numbers with two values, and standardised numbers.

    linear: numbers that enter as they are (a normal outcome has log-odds of levels that are linear
    in it); others enter as normal scores, so that skewed incomes neither dominate nor distort.
    """
    constant = Columns(np.ones((len(frame), 1)), np.array([False]))
    parts = [_column(frame[name], linear=name in linear) for name in frame]
    return Columns.joined([constant, *parts])


def _of_school(frame: pd.DataFrame, *, model: Model, table: Table) -> Iterator[tuple[str, NDArray]]:
    school = pd.factorize(frame[model.cluster])[0]
    for name in (model.outcome, model.mediator):
        if name not in model.imputed:
            yield f"school_{name}", leave_one_out(frame[name].to_numpy(float), school=school)
    for name in model.scaled:
        if name not in model.imputed:
            other = (frame[name] != table.column(name).reference_code).to_numpy(float)
            yield f"school_{name}", leave_one_out(other, school=school)
    yield "school_children", np.log(np.bincount(school)[school])


def _is_nominal(table: Table, name: str) -> bool:
    return table.column(name).type == "category" and len(table.column(name).codes) > 2


def _column(column: pd.Series, *, linear: bool) -> Columns:
    if isinstance(column.dtype, pd.CategoricalDtype) or column.nunique() == 2:
        codes, counts = np.unique(column.to_numpy(), return_counts=True)
        return _dummies(column.to_numpy(), codes=np.delete(codes, counts.argmax()))
    values = column.to_numpy(float)
    return _standard(values if linear else _normal_scores(values))


def _dummies(values: NDArray, *, codes: NDArray) -> Columns:
    return Columns(np.equal.outer(values, codes).astype(float), np.full(len(codes), True))


def _standard(values: NDArray) -> Columns:
    return Columns(((values - values.mean()) / values.std())[:, None], np.array([False]))


def _normal_scores(values: NDArray) -> NDArray:
    """Quantiles of the normal distribution at the mean rank of each value."""
    rank = pd.Series(values).rank().to_numpy()
    return ndtri((rank - 0.5) / len(values))


# With no more schools than columns about schools (seven in the base model), the means of
# schoolmates and a child's other values add up to its own value, which then predicts itself.
FEWEST_SCHOOLS = 10


def school_codes(column: pd.Series, *, school_level: bool) -> tuple[NDArray, bool]:
    """Number of each child's school, (n,) from 0, and whether predictors describe schools.

    school_level: whether they should. In fewer than 10 schools they do not, and each child counts
    as a school of its own: nothing can be learned from the differences of so few.
    """
    school = pd.factorize(column)[0]
    if school.max() + 1 < FEWEST_SCHOOLS:
        return np.arange(len(school)), False
    return school, school_level


def leave_one_out(values: NDArray, *, school: NDArray) -> NDArray:
    """Mean of the other children of the school, shape (n,), drawn to the overall mean.

    The overall mean counts as one further child, so that a lone child has a value as well.
    values (n,); school (n,), numbers from 0. Why the child itself must not count, and that
    imputing without such means bends effects of the school level: Grund, Luedtke & Robitzsch
    (2018, Organ. Res. Methods 21:111).
    """
    count, total = np.bincount(school)[school], np.bincount(school, values)[school]
    return (total - values + values.mean()) / count


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What stays the same over rounds and imputations.

    variables: all of model.imputed. known: predictors known for all, as a table; columns: the same
    as numbers. school: (n,) from 0, the children that a bootstrap keeps together. school_level:
    whether predictors describe the school. shift: levels by which drawn values are moved.
    formed: products and splines of the model, None without any. tests: outcome and mediator.
    """

    variables: tuple[Variable, ...]
    known: pd.DataFrame
    columns: Columns
    school: NDArray
    school_level: bool
    shift: int
    formed: Formed | None = None
    tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Predictors of `target`. values: name -> current levels or numbers of all, each (n,)."""

    setting: Setting
    values: dict[str, NDArray]
    target: Variable

    @property
    def school(self) -> NDArray:
        """Number of each child's school, from 0."""
        return self.setting.school

    def columns(self) -> Columns:
        """All predictors as numbers, a constant first.

        Means are left out where they are constant, as when all schools hold one child.
        """
        changing = [*self._school_means().values(), *self._formed().values()]
        return self._joined(self.setting.columns, self._others(), changing)

    def background(self) -> Columns:
        """The same without outcome and mediator, products and splines."""
        tests = self.setting.tests
        known = self.setting.known.drop(columns=list(tests), errors="ignore")
        others = [each for each in self._others() if each.name not in tests]
        means = [*self._school_means().values()]
        return self._joined(as_columns(known, linear=()), others, means)

    def outer(self) -> dict[str, NDArray]:
        """Current values of all variables, as the frame has them."""
        return {each.name: each.outer(self.values[each.name]) for each in self.setting.variables}

    def table(self) -> pd.DataFrame:
        """All predictors as a table, for engines that split categories; no constant."""
        others = {each.name: each.outer(self.values[each.name]) for each in self._others()}
        return self.setting.known.assign(**others, **self._school_means(), **self._formed())

    def of_schools(self) -> "SchoolView":
        """The same with one row a school: what its children are on average."""
        formed, count = [*self._formed().values()], np.bincount(self.school)
        columns = self._joined(self.setting.columns, self._others(), formed)
        means = [np.bincount(self.school, column) / count for column in columns.matrix.T]
        return SchoolView(Columns(np.column_stack(means), columns.binary))

    def _joined(self, known: Columns, others: list[Variable], changing: list[NDArray]) -> Columns:
        levels = [_levels(each, self.values[each.name]) for each in others]
        numbers = [_standard(column) for column in changing if column.std() > 0]
        return Columns.joined([known, *levels, *numbers])

    def _others(self) -> list[Variable]:
        return [each for each in self.setting.variables if each.name != self.target.name]

    def _school_means(self) -> dict[str, NDArray]:
        """Leave-one-out school means of the scores as currently filled; name -> (n,).

        The target is among them: the mean of a child's schoolmates describes the school, not the
        child. What schoolmates share has none.
        """
        school, variables = self.setting.school, self.setting.variables
        return {
            f"school_{each.name}": leave_one_out(each.score(self.values[each.name]), school=school)
            for each in (variables if self.setting.school_level else ())
            if not each.of_school
        }

    def _formed(self) -> dict[str, NDArray]:
        """What products and splines add, as the values are now; name -> (n,)."""
        if self.setting.formed is None:
            return {}
        return self.setting.formed.predictors(self.outer(), target=self.target.name)


@dataclass(frozen=True, slots=True, eq=False)
class SchoolView:
    """Predictors of a property of schools, as `View` gives them, with one row a school."""

    matrix: Columns

    @property
    def school(self) -> NDArray:
        """Each row is a school of its own."""
        return np.arange(len(self.matrix.matrix))

    def columns(self) -> Columns:
        """All predictors as numbers, a constant first."""
        return self.matrix

    def table(self) -> pd.DataFrame:
        """The same as a table, without the constant."""
        numbers = self.matrix.matrix[:, 1:]
        return pd.DataFrame(numbers, columns=[f"x{i}" for i in range(1, numbers.shape[1] + 1)])


def _levels(variable: Variable, values: NDArray) -> Columns:
    """Another variable as a predictor: dummies against its commonest known level, or a number."""
    if variable.codes is None:
        return _standard(values)
    commonest = np.bincount(values[~variable.unknown]).argmax()
    return _dummies(values, codes=np.delete(np.arange(len(variable.codes)), commonest))
