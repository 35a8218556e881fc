"""Schools drawn with replacement, and all that follows the imputation done anew on each draw.

A draw needs no row of a child: all that both steps read are sums of products within schools, and
a draw is a weighted sum of schools. Scale values follow from these sums by least squares; the
columns of the structural model are linear in them, and so are its moments. Estimates are those of
two_step.fit on the drawn children (Davison & Hinkley, 1997, Bootstrap Methods and their
Application, section 3.8: whole clusters are drawn).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from oablib.base.errors import EstimationError
from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import sem
from oablib.statistics.two_step import scale_values
from oablib.statistics.two_step.scale_values import MINIMUM_IN_CATEGORY

CONSTANT = "const"
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

    def at(self, names: Sequence[str]) -> list[int]:
        """Places of columns."""
        return [self.columns.index(name) for name in names]


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Moments:
    """Moments of the structural model's columns, outcome and mediator first, in b draws.

    draws: (b,), which of those asked for they are; others could not be estimated. n: (b,)
    children. means: (b, p). covariances: (b, p, p), divisor n. into: (b, q, p), the columns as
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
    same scaled columns, and its dummies and numbers are among those of `model`. groups: (n,),
    codes 0..G-1 of groups to be summed over instead of schools; school means stay those of schools.
    """
    categories: dict[str, dict[int, str]] = {}
    fixed: dict[str, float] = {}
    parts: dict[str, NDArray] = {CONSTANT: np.ones(len(frame))}
    for name in (model.outcome, model.mediator):
        parts[name] = frame[name].to_numpy(dtype=np.float64)
    for name in model.scaled:
        levels = table.column(name)
        held = scale_values.fixed_values(name, model=model, table=table)
        own = {code: f"{name}={code}" for code in levels.codes if code != levels.reference_code}
        parts |= {each: (frame[name] == code).to_numpy() * 1.0 for code, each in own.items()}
        fixed |= {each: held[code] for code, each in own.items() if code in held}
        categories[name] = own
    numbers = scale_values.predictors_without_scale(frame, model=model, table=table)
    parts |= {str(name): numbers[name].to_numpy() for name in numbers}
    schools = pd.factorize(frame[model.cluster])[0]
    _fail_if_school_is_absent(schools)
    for name, column in model.school_means.items():
        inner = [*categories[column].values()] if column in categories else [column]
        parts |= {_mean_of(name, each): _school_mean(parts[each], schools) for each in inner}
    sums = _summed(parts, schools if groups is None else groups)
    return Products(model, scaled_by or model, tuple(parts), sums, categories, fixed)


def draw(of: Products, *, samples: int, seed: Sequence[int]) -> Draws:
    """Estimate `samples` draws of as many schools as there are; the same seed, the same schools.

    Two models of the same children get the same schools, so that they can be compared draw by draw.
    """
    return estimate(of, times=picked(of.n_schools, samples=samples, seed=seed))


def picked(n_schools: int, *, samples: int, seed: Sequence[int]) -> NDArray:
    """How often each school occurs in each draw of as many schools as there are: (b, G)."""
    chosen = np.random.default_rng(list(seed)).integers(n_schools, size=(samples, n_schools))
    return np.stack([np.bincount(each, minlength=n_schools) for each in chosen]).astype(np.float64)


def estimate(of: Products, *, times: NDArray) -> Draws:
    """Estimate draws in which each school occurs so many times; times: (b, G)."""
    model, found = of.model, moments(of, times=times)
    failed = len(times) - len(found.draws)
    if not len(found.draws):
        return Draws(pd.DataFrame(columns=list(model.direct)), failed)
    told = {"n": found.n, "means": found.means, "covariances": found.covariances}
    paths = sem.paths(model.syntax, found.names, **told)
    effects = paths.loc[:, [(model.outcome, name) for name in model.direct]]
    return Draws(effects.set_axis(list(model.direct), axis=1), failed)


def moments(of: Products, *, times: NDArray) -> Moments:
    """Scale values of each draw, and the moments of the columns that follow; times: (b, G).

    A draw in which a category has fewer than 5 children, or columns depend on each other, is left
    out.
    """
    q, model = len(of.columns), of.model
    totals = (times @ of.sums.reshape(of.n_schools, q * q)).reshape(len(times), q, q)
    values = [_values(of, total) for total in totals]
    draws = np.array([at for at, each in enumerate(values) if each is not None], dtype=int)
    names = (model.outcome, model.mediator, *model.direct)
    into = np.array([_into_columns(of, each) for each in values if each is not None])
    into = into.reshape(len(draws), q, len(names))
    turned, n = into.transpose(0, 2, 1), totals[draws, 0, 0]
    means = (turned @ totals[draws, :, :1])[:, :, 0] / n[:, None]
    square = turned @ totals[draws] @ into / n[:, None, None]
    covariances = square - means[:, :, None] * means[:, None, :]
    return Moments(names, draws, n, means, covariances, into)


def centred(of: Products, into: NDArray, means: NDArray) -> NDArray:
    """The columns of Moments less their means; into: (..., q, p), means: (..., p)."""
    found = into.copy()
    found[..., of.at([CONSTANT])[0], :] -= means
    return found


def _values(of: Products, total: NDArray) -> dict[str, float] | None:
    """Scale value of every indicator: least squares from the sums of products."""
    indicators = [each for own in of.categories.values() for each in own.values()]
    if _has_rare_category(of, total):
        return None
    free = [each for each in indicators if each not in of.fixed]
    rest = [*of.scaled_by.dummies, *of.scaled_by.numeric]
    design, outcome = of.at([CONSTANT, *free, *rest]), of.at([of.model.outcome])[0]
    signs = {
        each: of.model.scaled[name] for name, own in of.categories.items() for each in own.values()
    }
    right = total[design, outcome].copy()
    for each, value in of.fixed.items():
        right -= signs[each] * value * total[design, of.columns.index(each)]
    solved = _solved(total[np.ix_(design, design)], right)
    if solved is None:
        return None
    found = dict(zip(free, solved[1 : 1 + len(free)], strict=True))
    return of.fixed | {each: signs[each] * found[each] for each in free}


def _solved(matrix: NDArray, right: NDArray) -> NDArray | None:
    """Solve in correlation form, where dependence shows; None when columns are dependent."""
    size = np.sqrt(np.diag(matrix))
    if not size.all():
        return None
    try:
        factor = cho_factor(matrix / np.outer(size, size))
    except LinAlgError:
        return None
    if np.diag(factor[0]).min() ** 2 < DEPENDENT:
        return None
    return np.asarray(cho_solve(factor, right / size)) / size


def _has_rare_category(of: Products, total: NDArray) -> bool:
    """A category under the minimum of scale_values.estimate; the reference is what is left over."""
    for own in of.categories.values():
        counts = total[0, of.at(list(own.values()))]
        if min(counts.min(), total[0, 0] - counts.sum()) < MINIMUM_IN_CATEGORY:
            return True
    return False


def _into_columns(of: Products, values: dict[str, float]) -> NDArray:
    """(q, p): the columns of the structural model as sums of the columns of the products."""
    model = of.model
    names = [model.outcome, model.mediator, *model.direct]
    into = np.zeros((len(of.columns), len(names)))
    for place, name in enumerate(names):
        for column, weight in _parts(of, name, values).items():
            into[of.columns.index(column), place] = weight
    return into


def _parts(of: Products, name: str, values: dict[str, float]) -> dict[str, float]:
    if name in of.categories:
        return {each: values[each] for each in of.categories[name].values()}
    if name not in of.model.school_means:
        return {name: 1.0}
    column = of.model.school_means[name]
    if column not in of.categories:
        return {_mean_of(name, column): 1.0}
    return {_mean_of(name, each): values[each] for each in of.categories[column].values()}


def _mean_of(name: str, column: str) -> str:
    return f"{name} of {column}"


def _school_mean(column: NDArray, schools: NDArray) -> NDArray:
    return (np.bincount(schools, column) / np.bincount(schools))[schools]


def _fail_if_school_is_absent(schools: NDArray) -> None:
    if (schools < 0).any():
        raise EstimationError(f"{(schools < 0).sum()} children have no school; each needs its own.")


def _summed(parts: dict[str, NDArray], groups: NDArray) -> NDArray:
    """Products of all columns, summed within groups: (G, q, q)."""
    order = np.argsort(groups, kind="stable")
    rows = np.column_stack(list(parts.values()))[order]
    ends = np.cumsum(np.bincount(groups))
    sums = np.empty((len(ends), rows.shape[1], rows.shape[1]))
    for number, own in enumerate(np.split(rows, ends[:-1])):
        np.matmul(own.T, own, out=sums[number])
    return sums
