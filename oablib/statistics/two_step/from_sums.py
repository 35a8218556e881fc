"""Both steps by least squares from sums of products, on many weighted sums of schools at once.

Scale values follow from these sums; the columns of the structural model are sums of indicators
times scale values, and so are its moments. Its equations are recursive and their residuals
independent, so that least squares is their maximum likelihood.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from oablib.base.errors import EstimationError
from oablib.base.shown import showable
from oablib.protocol.models import Model
from oablib.statistics.two_step import combinations
from oablib.statistics.two_step.combinations import CONSTANT
from oablib.statistics.two_step.scale_values import MINIMUM_IN_CATEGORY
from oablib.statistics.two_step.sums import Products, mean_of

# Share of a pivot's size under which columns count as dependent.
DEPENDENT = 1e-9


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


def moments(products: Products, *, times: NDArray, names: Sequence[str] | None = None) -> Moments:
    """Scale values of each draw, and the moments of the columns that follow; times: (b, G).

    names: columns of the model, and indicators of categories; None for all columns of the model,
    outcome and mediator first. A draw in which a category has fewer than 5 children, or columns
    depend on each other, is left out.
    """
    return moments_of(products, weighted(products, times), names=names)


def moments_of(
    products: Products, totals: NDArray, *, names: Sequence[str] | None = None
) -> Moments:
    """The same from the sums of products of each draw, (b, q, q), as `weighted` gives them."""
    values = scale_values_of(products, totals, fewest=MINIMUM_IN_CATEGORY)
    possible = np.isfinite(values).all(axis=1)
    draws = np.flatnonzero(possible)
    return moments_at(products, totals[possible], values[possible], draws=draws, names=names)


def weighted(products: Products, times: NDArray) -> NDArray:
    """Sums of products over the schools of each draw, (b, q, q); times: (b, G)."""
    q = len(products.columns)
    return (times @ products.sums.reshape(products.n_schools, q * q)).reshape(len(times), q, q)


def moments_at(
    products: Products,
    totals: NDArray,
    values: NDArray,
    *,
    draws: NDArray,
    names: Sequence[str] | None = None,
) -> Moments:
    """Moments of sums (b, q, q) at these scale values, (b, k) in the order of `indicators`.

    names: as in `moments`.
    """
    model = products.model
    names = tuple(names or (model.outcome, model.mediator, *model.direct))
    into = into_columns(products, names, dict(zip(indicators(products), values.T, strict=True)))
    into = np.broadcast_to(into, (len(totals), *into.shape[-2:]))
    turned, n = into.transpose(0, 2, 1), totals[:, 0, 0]
    means = (turned @ totals[:, :, :1])[:, :, 0] / n[:, None]
    square = turned @ totals @ into / n[:, None, None]
    covariances = square - means[:, :, None] * means[:, None, :]
    return Moments(names, draws, n, means, covariances, into)


def centred(products: Products, into: NDArray, means: NDArray) -> NDArray:
    """The columns of Moments less their means; into: (..., q, p), means: (..., p)."""
    result = into.copy()
    result[..., products.columns.index(CONSTANT), :] -= means
    return result


def indicators(products: Products) -> list[str]:
    """Indicators of the categories of all scaled columns, references left out."""
    return [each for named in products.categories.values() for each in named.values()]


def scale_values_of(products: Products, totals: NDArray, *, fewest: int) -> NDArray:
    """Scale value of every indicator, (b, k), by least squares from sums of products (b, q, q).

    NaN where a category has fewer than `fewest` children or columns depend on each other.
    """
    columns, signs = indicators(products), _signs(products)
    held = np.array([products.fixed.get(each, np.nan) for each in columns])
    free = [each for each in columns if each not in products.fixed]
    design = products.indices([CONSTANT, *free, *products.scaled_by.plain])
    right = totals[:, design, products.columns.index(products.model.outcome)]
    for place in np.flatnonzero(np.isfinite(held)):
        column = totals[:, design, products.columns.index(columns[place])]
        right = right - signs[place] * held[place] * column
    slopes = _solved_each(totals[:, design][:, :, design], right)
    values = np.tile(held, (len(totals), 1))
    values[:, np.isnan(held)] = signs[np.isnan(held)] * slopes[:, 1 : 1 + len(free)]
    values[~_are_common(products, totals, fewest) | np.isnan(slopes).any(axis=1)] = np.nan
    return values


def values_of_all(products: Products) -> dict[str, float]:
    """Scale value of every indicator, over all schools.

    Raises EstimationError when a category has fewer than 5 children or columns depend on each
    other.
    """
    total = products.sums.sum(axis=0)[None]
    (values,) = scale_values_of(products, total, fewest=MINIMUM_IN_CATEGORY)
    if not np.isfinite(values).all():
        raise EstimationError(
            f"Model {products.model.name}: a category has fewer than {MINIMUM_IN_CATEGORY} "
            "children, or columns depend on each other; merge categories in the codebook or leave "
            "columns out."
        )
    return dict(zip(indicators(products), values.tolist(), strict=True))


def direct_effects_of(products: Products, totals: NDArray) -> NDArray:
    """Effects of the categories at equal values of the mediator, (b, k), signs as scale values.

    The regression behind scale values with the mediator beside it, and no value set by hand.
    """
    columns = [CONSTANT, *indicators(products), *products.scaled_by.plain, products.model.mediator]
    design = products.indices(columns)
    right = totals[:, design, products.columns.index(products.model.outcome)]
    slopes = _solved_each(totals[:, design][:, :, design], right)
    signs = _signs(products)
    return np.asarray(signs * slopes[:, 1 : 1 + len(signs)])


def _signs(products: Products) -> NDArray:
    """Orientation of each indicator's variable, (k,)."""
    named = products.categories.items()
    return np.array(
        [products.model.scaled[name] for name, each in named for _ in each], dtype=float
    )


def paths(model: Model, moments: Moments) -> NDArray:
    """Paths of both equations, (b, k), in the order of model.paths.

    NaN where columns depend on each other.
    """
    parts = []
    for lhs, names in model.equations.items():
        chosen = [moments.names.index(name) for name in names]
        inner = moments.covariances[:, chosen][:, :, chosen]
        right = moments.covariances[:, chosen, moments.names.index(lhs)]
        parts.append(_solved_each(inner, right))
    return np.concatenate(parts, axis=1)


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


def _solved_each(matrices: NDArray, right: NDArray) -> NDArray:
    """`solved` for each of b matrices, (b, k, k) and (b, k); NaN where columns are dependent."""
    size = np.sqrt(np.einsum("bkk->bk", matrices))
    with np.errstate(divide="ignore", invalid="ignore"):
        correlations = matrices / (size[:, :, None] * size[:, None, :])
    try:
        pivots = np.einsum("bkk->bk", np.linalg.cholesky(correlations)).min(axis=1, initial=1.0)
        if (pivots**2 >= DEPENDENT).all():
            return np.linalg.solve(correlations, (right / size)[..., None])[..., 0] / size
    except np.linalg.LinAlgError:
        pass
    # One that cannot be solved stops them all: each by itself.
    each = (solved(*pair) for pair in zip(matrices, right, strict=True))
    nothing = np.full(right.shape[1], np.nan)
    return np.array([nothing if one is None else one for one in each]).reshape(right.shape)


def _are_common(products: Products, totals: NDArray, fewest: int) -> NDArray:
    """Whether no category has fewer children, (b,); the reference is what is left over."""
    result = np.ones(len(totals), dtype=bool)
    for named in products.categories.values():
        counts = totals[:, 0, products.indices(list(named.values()))]
        left = totals[:, 0, 0] - counts.sum(axis=1)
        result &= np.minimum(counts.min(axis=1), left) >= fewest
    return result


def into_columns(
    products: Products, names: Sequence[str], values: Mapping[str, NDArray | float]
) -> NDArray:
    """(..., q, p): columns of the structural model as sums of the columns of the products.

    values: indicator of a category -> its scale value, or one for each of b draws, (b,).
    """
    shape = np.broadcast_shapes(*(np.shape(value) for value in values.values()))
    into = np.zeros((*shape, len(products.columns), len(names)))
    for number, name in enumerate(names):
        for column, weight in _parts(products, name, values).items():
            into[..., products.columns.index(column), number] = weight
    return into


def _parts(
    products: Products, name: str, values: Mapping[str, NDArray | float]
) -> Mapping[str, NDArray | float]:
    categories, means = products.categories, products.model.school_means
    if name in categories:
        return {each: values[each] for each in categories[name].values()}
    if name in products.model.products and name not in products.model.plain:
        factors = products.model.products[name]
        return combinations.weights(name, factors, categories=categories, values=values)
    if name not in means:
        return {name: 1.0}
    if means[name] not in categories:
        return {mean_of(name, means[name]): 1.0}
    return {mean_of(name, each): values[each] for each in categories[means[name]].values()}
