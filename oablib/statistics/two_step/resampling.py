"""Schools drawn with replacement, and both steps done anew on each draw.

A draw needs no row of a child: all that both steps read are sums of products within schools, and
a draw is a weighted sum of schools. Scale values follow from these sums by least squares; the
columns of the structural model are sums of indicators times scale values, and so are its moments.
Estimates are those of two_step.fit on the drawn children (Davison & Hinkley, 1997, Bootstrap
Methods and their Application, section 3.8: whole clusters are drawn).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import model_columns, sem
from oablib.statistics.two_step import combinations, scale_values
from oablib.statistics.two_step.combinations import CONSTANT
from oablib.statistics.two_step.scale_values import MINIMUM_IN_CATEGORY

# Share of a pivot's size under which columns of a draw count as dependent.
DEPENDENT = 1e-9


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


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Moments:
    """Moments of the structural model's columns, outcome and mediator first, in b draws.

    draws: (b,), numbers of the draws; others could not be estimated. n: (b,) children.
    means: (b, p). covariances: (b, p, p), divisor n. into: (b, q, p), the columns as
    sums of the columns of the products, by the scale values of the draw.
    """

    names: tuple[str, ...]
    draws: NDArray
    n: NDArray
    means: NDArray
    covariances: NDArray
    into: NDArray


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Draws:
    """Direct effects of the draws.

    effects: one row a draw that could be estimated, columns model.direct. failed: draws that
    could not, because a category had fewer than 5 children or columns depended on each other.
    """

    effects: pd.DataFrame
    failed: int


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
        means = {each: scale_values.school_mean(parts[each], schools) for each in inner}
        parts |= {_mean_of(name, each): mean for each, mean in means.items()}
    sums = _summed(parts, schools if groups is None else groups)
    return Products(model, scaled_by or model, tuple(parts), sums, categories, fixed)


def draw(products: Products, *, samples: int, seed: Sequence[int]) -> Draws:
    """Estimate `samples` draws of as many schools as there are; the same seed, the same schools.

    Two models of the same children get the same schools, so that they can be compared draw by draw.
    """
    return estimate(products, times=picked(products.n_schools, samples=samples, seed=seed))


def picked(n_schools: int, *, samples: int, seed: Sequence[int]) -> NDArray:
    """How often each school occurs in each draw of as many schools as there are: (b, G)."""
    chosen = np.random.default_rng(list(seed)).integers(n_schools, size=(samples, n_schools))
    return np.stack([np.bincount(each, minlength=n_schools) for each in chosen]).astype(np.float64)


def estimate(products: Products, *, times: NDArray) -> Draws:
    """Estimate draws in which each school occurs so many times; times: (b, G)."""
    model, drawn = products.model, moments(products, times=times)
    failed = len(times) - len(drawn.draws)
    if not len(drawn.draws):
        return Draws(pd.DataFrame(columns=list(model.direct)), failed)
    paths = sem.paths(
        model.syntax, drawn.names, n=drawn.n, means=drawn.means, covariances=drawn.covariances
    )
    effects = paths.loc[:, [(model.outcome, name) for name in model.direct]]
    return Draws(effects.set_axis(list(model.direct), axis=1), failed)


def moments(products: Products, *, times: NDArray) -> Moments:
    """Scale values of each draw, and the moments of the columns that follow; times: (b, G).

    A draw in which a category has fewer than 5 children, or columns depend on each other, is left
    out.
    """
    q, model = len(products.columns), products.model
    flat = products.sums.reshape(products.n_schools, q * q)
    totals = (times @ flat).reshape(len(times), q, q)
    estimated = {number: _values(products, total) for number, total in enumerate(totals)}
    values = {number: each for number, each in estimated.items() if each is not None}
    draws = np.array(list(values), dtype=int)
    names = (model.outcome, model.mediator, *model.direct)
    into = np.array([into_columns(products, names, each) for each in values.values()])
    into = into.reshape(len(draws), q, len(names))
    turned, n = into.transpose(0, 2, 1), totals[draws, 0, 0]
    means = (turned @ totals[draws, :, :1])[:, :, 0] / n[:, None]
    square = turned @ totals[draws] @ into / n[:, None, None]
    covariances = square - means[:, :, None] * means[:, None, :]
    return Moments(names, draws, n, means, covariances, into)


def centred(products: Products, into: NDArray, means: NDArray) -> NDArray:
    """The columns of Moments less their means; into: (..., q, p), means: (..., p)."""
    result = into.copy()
    result[..., products.columns.index(CONSTANT), :] -= means
    return result


def _values(products: Products, total: NDArray) -> dict[str, float] | None:
    """Scale value of every indicator: least squares from the sums of products."""
    if _has_rare_category(products, total):
        return None
    signs = {
        indicator: products.model.scaled[name]
        for name, indicators in products.categories.items()
        for indicator in indicators.values()
    }
    free = [indicator for indicator in signs if indicator not in products.fixed]
    design = products.indices([CONSTANT, *free, *products.scaled_by.plain])
    right = total[design, products.columns.index(products.model.outcome)].copy()
    for indicator, value in products.fixed.items():
        right -= signs[indicator] * value * total[design, products.columns.index(indicator)]
    slopes = solved(total[np.ix_(design, design)], right)
    if slopes is None:
        return None
    pairs = zip(free, slopes[1 : 1 + len(free)], strict=True)
    return products.fixed | {indicator: signs[indicator] * slope for indicator, slope in pairs}


def solved(matrix: NDArray, right: NDArray) -> NDArray | None:
    """Solve in correlation form, where dependence shows; None when columns are dependent.

    matrix: (k, k), sums of products. right: (k,) or (k, r).
    """
    size = np.sqrt(np.diag(matrix))
    if not size.all():
        return None
    try:
        factor = cho_factor(matrix / np.outer(size, size))
    except LinAlgError:
        return None
    if np.diag(factor[0]).min() ** 2 < DEPENDENT:
        return None
    return np.asarray(cho_solve(factor, (right.T / size).T).T / size).T


def _has_rare_category(products: Products, total: NDArray) -> bool:
    """A category under the minimum of scale_values.estimate; the reference is what is left over."""
    for indicators in products.categories.values():
        counts = total[0, products.indices(list(indicators.values()))]
        if min(counts.min(), total[0, 0] - counts.sum()) < MINIMUM_IN_CATEGORY:
            return True
    return False


def into_columns(products: Products, names: Sequence[str], values: dict[str, float]) -> NDArray:
    """(q, p): columns of the structural model as sums of the columns of the products.

    values: indicator of a category -> its scale value.
    """
    into = np.zeros((len(products.columns), len(names)))
    for number, name in enumerate(names):
        for column, weight in _parts(products, name, values).items():
            into[products.columns.index(column), number] = weight
    return into


def _parts(products: Products, name: str, values: dict[str, float]) -> dict[str, float]:
    categories, means = products.categories, products.model.school_means
    if name in categories:
        return {each: values[each] for each in categories[name].values()}
    if name in products.model.products and name not in products.model.plain:
        factors = products.model.products[name]
        return combinations.weights(name, factors, categories=categories, values=values)
    if name not in means:
        return {name: 1.0}
    if means[name] not in categories:
        return {_mean_of(name, means[name]): 1.0}
    return {_mean_of(name, each): values[each] for each in categories[means[name]].values()}


def _mean_of(name: str, column: str) -> str:
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
