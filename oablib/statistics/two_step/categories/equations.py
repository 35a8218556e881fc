"""One completed data set: regressions in which scaled variables are categories.

Everything is sums of products within schools, as in sums: a regression reads columns that
are linear in those of the products. What a school adds to a test is computed with the hypothesis
imposed. A category that few schools have takes its coefficient from them, so that their own
residuals would hide how much they differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import EstimationError
from oablib.statistics.two_step import from_sums
from oablib.statistics.two_step.sums import CONSTANT, Products


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Effects of the k categories of a variable, against its reference, on one test.

    est: (k,). covariance: (k, k), clustered by school. values: (k,), scale values. slope: of the
    scale values, in the place of the categories.

    Added by each of G schools, with a hypothesis imposed; the sum over schools is tested.
    no_effect: (G, k), sum est. on_line: (G, k), sum est less slope times values. no_value:
    (G, free values), sum the coefficients without intelligence of which scale values are made.
    """

    est: NDArray
    covariance: NDArray
    values: NDArray
    slope: float
    no_effect: NDArray
    on_line: NDArray
    no_value: NDArray


@dataclass(frozen=True, slots=True, eq=False)
class _Values:
    """Scale values of one variable.

    values: (k,). moved: (G, k), what each school adds to them; 0 where one is set by hand.
    no_value: as in Effects.
    """

    values: NDArray
    moved: NDArray
    no_value: NDArray


@dataclass(frozen=True, slots=True, eq=False)
class _Regression:
    """A regression of `lhs`, (q,), on p `columns`, (q, p), both as sums of columns of products.

    places: scaled variable -> columns of its categories. moving: column that holds scale values, as
    a school mean does -> its derivatives to all r of them, (q, r). moved: (G, r), what each school
    adds to them. total: (q, q), products over all schools. inner: (p, p) and right: (p,), of the
    normal equations; inverse: of inner.
    """

    products: Products
    lhs: NDArray
    columns: NDArray
    places: Mapping[str, list[int]]
    moving: Mapping[int, NDArray] = field(default_factory=dict)
    moved: NDArray | None = None
    total: NDArray = field(init=False)
    inner: NDArray = field(init=False)
    right: NDArray = field(init=False)
    inverse: NDArray = field(init=False)

    def __post_init__(self) -> None:
        total = self.products.sums.sum(axis=0)
        inner = self.columns.T @ total @ self.columns
        parts = {"total": total, "inner": inner, "right": self.columns.T @ total @ self.lhs}
        inverse = self._solved(inner, np.eye(len(inner)))
        for name, part in {**parts, "inverse": inverse}.items():
            object.__setattr__(self, name, part)

    def slopes(self, into: NDArray) -> NDArray:
        """Least-squares slopes of sums of the columns; into: (p, r)."""
        return self._solved(into.T @ self.inner @ into, into.T @ self.right)

    def added(self, slopes: NDArray, *, at: Sequence[int]) -> NDArray:
        """What each school adds to the estimates of the columns `at`, (G, k), at these slopes (p,).

        Its sum is the distance of the estimates from these slopes. That columns hold estimated
        scale values is counted.
        """
        left = self.lhs - self.columns @ slopes
        pull = (self.products.sums @ left) @ (self.columns @ self.inverse[:, at])
        for place, moving in self.moving.items():
            change = -slopes[place] * self.columns.T @ self.total @ moving
            change[place] += left @ self.total @ moving
            pull += self.moved @ (change.T @ self.inverse[:, at])
        return pull

    def added_without(self, at: Sequence[int]) -> NDArray:
        """The same at the slopes without the columns `at`."""
        rest = np.delete(np.eye(len(self.inner)), at, axis=1)
        return self.added(rest @ self.slopes(rest), at=at)

    def _solved(self, matrix: NDArray, right: NDArray) -> NDArray:
        result = from_sums.solved(matrix, right)
        if result is None:
            raise EstimationError(
                f"Model {self.products.model.name}: with scaled variables as categories, columns "
                "depend on each other; merge categories in the codebook or leave columns out."
            )
        return result


def effects(products: Products) -> dict[tuple[str, str], Effects]:
    """Effects of the categories of each scaled variable, by outcome or mediator and variable.

    Each equation of the model with categories in the place of the scaled variables; a school mean
    or a product of a scaled variable stays a number. Raises EstimationError when a category has
    fewer than 5 children or columns depend on each other.
    """
    model = products.model
    from_sums.values_of_all(products)  # refuses what cannot be estimated
    values = _scale_values(products)
    result = {}
    for lhs, names in model.equations.items():
        regression = _equation(products, values, lhs=lhs, names=names)
        for name in regression.places:
            result[lhs, name] = _effects(regression, name, values=values[name])
    return result


def _scale_values(products: Products) -> dict[str, _Values]:
    """From the regression without intelligence and school means, as scale_values.estimate."""
    model, unit = products.model, np.eye(len(products.columns))
    lhs = unit[products.columns.index(model.outcome)].copy()
    columns = [CONSTANT]
    places: dict[str, list[int]] = {}
    for name, indicators in products.categories.items():
        for indicator in indicators.values():
            if indicator in products.fixed:
                fixed = model.scaled[name] * products.fixed[indicator]
                lhs -= fixed * unit[products.columns.index(indicator)]
        free = [each for each in indicators.values() if each not in products.fixed]
        places[name] = list(range(len(columns), len(columns) + len(free)))
        columns += free
    columns += model.plain
    regression = _Regression(products, lhs, unit[:, products.indices(columns)], places)
    slopes = regression.slopes(np.eye(len(columns)))
    result = {}
    for name, at in places.items():
        named, sign = [*products.categories[name].values()], model.scaled[name]
        estimated = [each not in products.fixed for each in named]
        values = np.array([products.fixed.get(each, 0.0) for each in named])
        values[estimated] = sign * slopes[at]
        moved = np.zeros((products.n_schools, len(named)))
        moved[:, estimated] = sign * regression.added(slopes, at=at)
        result[name] = _Values(values, moved, regression.added_without(at))
    return result


def _equation(
    products: Products, values: Mapping[str, _Values], *, lhs: str, names: Sequence[str]
) -> _Regression:
    """An equation of the model."""
    known = {
        indicator: float(value)
        for name, indicators in products.categories.items()
        for indicator, value in zip(indicators.values(), values[name].values, strict=True)
    }
    unit = np.eye(len(products.columns))
    columns = [unit[products.columns.index(CONSTANT)]]
    places: dict[str, list[int]] = {}
    moving: dict[int, NDArray] = {}
    for name in names:
        if name in products.categories:
            indicators = [*products.categories[name].values()]
            places[name] = list(range(len(columns), len(columns) + len(indicators)))
            columns += [*unit[products.indices(indicators)]]
            continue
        derivatives = np.stack([_derivative(products, name, known, each) for each in known], axis=1)
        if derivatives.any():
            moving[len(columns)] = derivatives
        columns.append(from_sums.into_columns(products, [name], known)[:, 0])
    left = from_sums.into_columns(products, [lhs], known)[:, 0]
    moved = np.hstack([values[name].moved for name in products.categories])
    return _Regression(products, left, np.column_stack(columns), places, moving, moved)


def _derivative(products: Products, name: str, values: dict[str, float], indicator: str) -> NDArray:
    """Of a column to one scale value, (q,); a column is linear in each of them."""
    high, low = (
        from_sums.into_columns(products, [name], values | {indicator: value})[:, 0]
        for value in (1.0, 0.0)
    )
    return np.asarray(high - low)


def _effects(regression: _Regression, name: str, *, values: _Values) -> Effects:
    at = regression.places[name]
    unit = np.eye(len(regression.inner))
    slopes = regression.slopes(unit)
    own = regression.added(slopes, at=at)
    line = np.column_stack([np.delete(unit, at, axis=1), unit[:, at] @ values.values])
    on_line = regression.slopes(line)
    G, n, p = regression.products.n_schools, regression.total[0, 0], len(unit)
    return Effects(
        est=slopes[at],
        covariance=G / (G - 1) * (n - 1) / (n - p) * own.T @ own,
        values=values.values,
        slope=float(on_line[-1]),
        no_effect=regression.added_without(at),
        on_line=regression.added(line @ on_line, at=at) - on_line[-1] * values.moved,
        no_value=values.no_value,
    )
