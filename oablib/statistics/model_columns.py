"""The columns of a model's equations as numbers: dummies, products, splines, school means.

Products and splines are formed anew wherever a data set is read, from its own values: those of an
imputation are never averages over imputations (Von Hippel, 2009, Sociol. Methodol. 39:265).
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import EstimationError
from oablib.protocol.codebook import Table
from oablib.protocol.formed import Factor
from oablib.protocol.models import Model


def plain(frame: pd.DataFrame, *, model: Model, table: Table) -> pd.DataFrame:
    """Predictors that need no scale value, as floats, one row a child: those of `model.plain`.

    NaN where the column behind a predictor is unknown.
    """
    columns = {
        name: (frame[column] == table.column(column).code(category))
        .astype(float)
        .where(frame[column].notna())
        for name, (column, category) in model.dummies.items()
    }
    columns |= {name: frame[name].astype(float) for name in model.numeric}
    numbers = {name: column.to_numpy() for name, column in columns.items()}
    for name in model.products:
        if name in model.plain:
            columns[name] = pd.Series(product(model.products[name], numbers), index=frame.index)
    for name, spline in model.splines.items():
        curves = curvature(numbers[spline.of], knots=spline.knots).T
        columns |= {
            column: pd.Series(curve, index=frame.index)
            for column, curve in zip(spline.columns(name), curves, strict=True)
        }
    return pd.DataFrame(columns, index=frame.index)


def of_scale_values(model: Model) -> tuple[str, ...]:
    """Columns of the regression behind scale values, its outcome first."""
    behind = (column for name in model.plain for column in model.columns_of(name))
    return tuple(dict.fromkeys((model.outcome, *model.scaled, *behind)))


def fail_if_any_is_unknown(frame: pd.DataFrame, names: Iterable[str]) -> None:
    """Raise EstimationError that counts the children whose value is unknown, by column."""
    counts = frame[list(names)].isna().sum()
    unknown = [f"{name} ({count})" for name, count in counts.items() if count]
    if unknown:
        raise EstimationError(
            f"Columns with children whose value is unknown: {', '.join(unknown)}; expected none. "
            "Impute these columns, or leave these children out."
        )


def product(factors: Iterable[Factor], numbers: Mapping[str, NDArray] | pd.DataFrame) -> NDArray:
    """Product of the factors, each less its centre, (n,); 1 without factors."""
    return np.prod([numbers[factor.name] - factor.centre for factor in factors], axis=0)


def products_and_means(
    numbers: Mapping[str, NDArray] | pd.DataFrame,
    *,
    model: Model,
    schools: NDArray,
    weights: NDArray | None = None,
) -> dict[str, NDArray]:
    """Products that are not among the numbers of the other predictors, and school means, each (n,).

    schools: (n,), codes from 0. weights: as of school_mean.
    """
    products = {
        name: np.asarray(product(factors, numbers))
        for name, factors in model.products.items()
        if name not in numbers
    }
    means = {
        name: school_mean(np.asarray(numbers[column]), schools, weights=weights)
        for name, column in model.school_means.items()
    }
    return products | means


def school_mean(column: NDArray, schools: NDArray, *, weights: NDArray | None = None) -> NDArray:
    """Each child's school mean, shape (n,), over children whose value is known.

    NaN where the school has none. weights: (n,), sampling weights of the children.
    """
    known = ~np.isnan(column)
    counted = known * (1.0 if weights is None else weights)
    sums, counts = (
        np.bincount(schools, np.where(known, column, 0.0) * counted), np.bincount(schools, counted)
    )  # fmt: skip
    return np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)[schools]


def curvature(values: NDArray, *, knots: Iterable[float]) -> NDArray:
    """What a natural cubic spline with k knots adds to a straight line, shape (n, k - 2).

    Truncated cubes that cancel beyond the last knot, in the unit of `values`: Harrell (2015,
    Regression Modeling Strategies, 2nd ed., equation 2.25, divided by the squared range of the
    knots). With a constant and `values` they span what splines::ns of R spans, the outermost knots
    as its Boundary.knots.
    """
    t = np.array(list(knots), dtype=np.float64)
    cubes = np.clip(values[:, None] - t, 0.0, None) ** 3
    inner, gap = t[:-2], t[-1] - t[-2]
    last = cubes[:, -1:] * (t[-2] - inner) - cubes[:, -2:-1] * (t[-1] - inner)
    return np.asarray((cubes[:, :-2] + last / gap) / (t[-1] - t[0]) ** 2)


def fixed_values(name: str, *, model: Model, table: Table) -> dict[int | None, float]:
    """Scale values that are not estimated, by code: the reference's 0, and those set by hand."""
    column = table.column(name)
    by_hand = model.fixed_values.get(name, {})
    fixed: dict[int | None, float] = {column.code(key): by_hand[key] for key in by_hand}
    return {column.reference_code: 0.0} | fixed
