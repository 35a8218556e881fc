"""What products and splines of a model add to the predictors of an imputation.

They are formed from the values as they are at that moment (passive imputation). For another
variable a product is a predictor as any column is. Levels that are a factor themselves need more
(Von Hippel, 2009, Sociol. Methodol. 39:265; Seaman, Bartlett & White, 2012, BMC Med. Res. Methodol.
12:46). Let an equation of the model be y = c + a(t) + g s(t) b + e, with e normal, t the variable,
b the other factor, and c all that t is not in. The log-odds of the levels of t are then linear in
r = y - c, in r b, and in b and its square. So r b is added for both equations, c by least squares.
Of a number that is a factor nothing of the kind is linear: see `compatible`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import model_columns


@dataclass(frozen=True, slots=True, eq=False)
class Formed:
    """Products and splines of a model. names: of those in its equations."""

    names: tuple[str, ...]
    model: Model
    table: Table
    frame: pd.DataFrame
    school: NDArray

    def predictors(self, values: dict[str, NDArray], *, target: str) -> dict[str, NDArray]:
        """Further predictors of the variable `target`, by name, each (n,).

        values: current values of all variables with unknown ones, as the frame has them.
        """
        numbers = self.numbers(values)
        inside = [name for name in self.names if self.moves(name, target)]
        if not inside:
            return {name: numbers[name] for name in self.names}
        result = {name: numbers[name] for name in self.names if name not in inside}
        factors = {name: self._others(name, numbers, target) for name in inside}
        others = {name: other for name, other in factors.items() if other is not None}
        for lhs, left in self._left(numbers, target).items():
            result |= {f"{lhs} in {name}": left * other for name, other in others.items()}
        return result | dict(_squares(others))

    def holds(self, variable: str) -> bool:
        """Whether a variable is a factor of a product, or has a curve."""
        return any(self.moves(name, variable) for name in self.names)

    def changed(
        self, values: NDArray, *, target: str, numbers: dict[str, NDArray]
    ) -> dict[str, NDArray]:
        """What other values of a numeric column make of it, its products and curves; each (n,)."""
        numbers = {**numbers, target: values}
        result = {target: values}
        for name, factors in self.model.products.items():
            if self.moves(name, target):
                result[name] = model_columns.product(factors, numbers)
        for name, spline in self.model.splines.items():
            if spline.of == target:
                curves = model_columns.curvature(values, knots=spline.knots).T
                result |= dict(zip(spline.columns(name), curves, strict=True))
        return result

    def sides(self) -> list[tuple[str, list[str]]]:
        """Left side and predictors of both equations, all paths in both."""
        model, direct = self.model, [*self.model.direct]
        return [(model.outcome, [model.mediator, *direct]), (model.mediator, direct)]

    def moves(self, predictor: str, target: str) -> bool:
        """Whether a predictor is made of this column."""
        return target in self.model.columns_of(predictor)

    def _others(self, name: str, numbers: dict[str, NDArray], target: str) -> NDArray | None:
        """Product of the factors that are not made of the target; None without any."""
        factors = self.model.products.get(name, ())
        rest = [factor for factor in factors if not self.moves(factor.name, target)]
        return model_columns.product(rest, numbers) if rest else None

    def _left(self, numbers: dict[str, NDArray], target: str) -> dict[str, NDArray]:
        """Outcome and mediator, less what their equations make of all but the target."""
        result = {}
        for lhs, rhs in self.sides():
            columns = np.column_stack([numbers[name] for name in rhs])
            slopes = _slopes(columns, numbers[lhs])
            kept = np.array([not self.moves(name, target) for name in rhs])
            left = numbers[lhs] - columns[:, kept] @ slopes[kept]
            result[lhs] = left - left.mean()
        return result

    def numbers(self, values: dict[str, NDArray]) -> dict[str, NDArray]:
        """All columns of both equations, as two_step.scale_values makes them."""
        model, frame = self.model, self.frame.assign(**values)
        plain = model_columns.plain(frame, model=model, table=self.table)
        numbers = {str(name): plain[name].to_numpy() for name in plain}
        for name in (model.outcome, model.mediator):
            numbers[name] = frame[name].to_numpy(dtype=np.float64)
        numbers |= self._scaled(frame, numbers)
        rest = model_columns.products_and_means(numbers, model=model, schools=self.school)
        return numbers | rest

    def _scaled(self, frame: pd.DataFrame, numbers: dict[str, NDArray]) -> dict[str, NDArray]:
        """Scaled variables as numbers, by the regression without the mediator."""
        indicators, result = [], {}
        outcome = numbers[self.model.outcome].copy()
        for name, sign in self.model.scaled.items():
            fixed = model_columns.fixed_values(name, model=self.model, table=self.table)
            result[name] = frame[name].map(fixed).fillna(0.0).to_numpy(dtype=np.float64)
            outcome -= sign * result[name]
            free = [code for code in self.table.column(name).codes if code not in fixed]
            indicators += [(name, sign, (frame[name] == code).to_numpy() * 1.0) for code in free]
        columns = [indicator for *_, indicator in indicators]
        columns += [numbers[name] for name in self.model.plain]
        slopes = _slopes(np.column_stack(columns), outcome) if indicators else ()
        for (name, sign, indicator), slope in zip(indicators, slopes, strict=False):
            result[name] = result[name] + sign * slope * indicator
        return result


def read(frame: pd.DataFrame, *, model: Model, table: Table, school: NDArray) -> Formed | None:
    """The products and splines in the equations of a model; None without any."""
    names = tuple(name for name in model.direct if name in {*model.products, *model.spline_of})
    return Formed(names, model, table, frame, school) if names else None


def _slopes(columns: NDArray, outcome: NDArray) -> NDArray:
    """Least squares beside a constant, (p,); the shortest solution where columns depend."""
    centred = columns - columns.mean(axis=0)
    size = np.linalg.norm(centred, axis=0)
    size[size == 0] = 1.0
    solved = np.linalg.lstsq(centred / size, outcome - outcome.mean(), rcond=None)
    return np.asarray(solved[0] / size)


def _squares(others: dict[str, NDArray]) -> Iterator[tuple[str, NDArray]]:
    """The other factors, their squares and products; what is 0 or 1 is among the predictors."""
    factors = {name: other for name, other in others.items() if not _is_binary(other)}
    yield from ((f"other in {name}", other) for name, other in factors.items())
    for (one, left), (two, right) in combinations_with_replacement(factors.items(), 2):
        yield f"others in {one} and {two}", left * right


def _is_binary(values: NDArray) -> bool:
    return len(np.unique(values)) <= 2
