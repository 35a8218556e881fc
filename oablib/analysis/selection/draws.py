"""Tests of candidates in draws of schools, all draws at once.

In a model of recursive equations the efficient score of a path into an equation is the sum of
products of that equation's residual with what the equation's predictors leave of the candidate;
so it follows, school by school, from the sums of products. A scaled variable is tested as in
two_step.candidates: by the effects of its categories at equal values of the mediator, and by all
categories at once.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oablib.analysis.selection import equations
from oablib.analysis.selection.design import Design
from oablib.protocol.models import Model
from oablib.protocol.models_checks import sides
from oablib.statistics.pooling import modification, pooled_tests
from oablib.statistics.two_step import candidates, from_sums
from oablib.statistics.two_step.from_sums import Moments
from oablib.statistics.two_step.sums import Products

THREADS = 2  # work on imputations side by side; results do not depend on it


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Draws in which every imputation could be estimated.

    times: (b, G). means (m, b, p), covariances (m, b, p, p), into (m, b, q, p), n (b,). effects:
    (b, k), of all categories at equal values of the mediator, averaged over imputations.
    """

    times: NDArray
    n: NDArray
    means: NDArray
    covariances: NDArray
    into: NDArray
    effects: NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Tests:
    """Tests of each candidate in each draw, (b, c); NaN for what is free.

    statistic: of a scaled variable that of its effects. p: of a scaled variable that of both tests
    combined. p_holm: corrected for the number of candidates.
    """

    statistic: NDArray
    p: NDArray
    p_holm: NDArray

    def by_rank(self) -> NDArray:
        """Candidates of each draw, the smallest p first, (b, c); those that are free at the end."""
        # Where several p are as good as 0, their statistics still differ.
        return np.lexsort((-self.statistic, self.p), axis=1)


class _Indices(NamedTuple):
    """Robust indices of one candidate by imputation and draw, (m, b); joint: of a scaled one."""

    scaled: NDArray
    joint: NDArray | None
    df: int


def drawn(design: Design, times: NDArray) -> Drawn:
    """The design in draws in which each school occurs so many times; times: (b, G)."""
    with ThreadPoolExecutor(THREADS) as threads:
        read = partial(_moments_and_effects, times=times, names=design.names)
        moments, by_imputation = zip(*threads.map(read, design.products), strict=True)
    effects = np.mean(by_imputation, axis=0)
    shared = set.intersection(*(set(each.draws.tolist()) for each in moments))
    kept = np.array(sorted(shared), dtype=int)
    kept = kept[np.isfinite(effects[kept]).all(axis=1)]

    def taken(name: str) -> NDArray:
        return np.stack([getattr(each, name)[np.isin(each.draws, kept)] for each in moments])

    return Drawn(
        times=times[kept], n=taken("n")[0], means=taken("means"), covariances=taken("covariances"),
        into=taken("into"), effects=effects[kept],
    )  # fmt: skip


def _moments_and_effects(
    products: Products, *, times: NDArray, names: Sequence[str]
) -> tuple[Moments, NDArray]:
    """Of one data set, in every draw."""
    totals = from_sums.weighted(products, times)
    moments = from_sums.moments_of(products, totals, names=names)
    return moments, from_sums.direct_effects_of(products, totals)


def p_values(
    design: Design,
    drawn: Drawn,
    model: Model,
    texts: Sequence[str],
    *,
    added: Sequence[frozenset[int]] | None = None,
) -> Tests:
    """Test candidates; added: those (by number) already in the model, by draw; None for none."""
    if added is None:
        added = [frozenset()] * len(drawn.times)
    shape = (len(drawn.times), len(texts))
    tests = Tests(*(np.full(shape, np.nan) for _ in range(3)))
    for state in dict.fromkeys(added):
        rows = np.array([row for row, each in enumerate(added) if each == state], dtype=int)
        left = [number for number in range(len(texts)) if number not in state]
        if not left:
            continue
        inside, outside = ([texts[number] for number in part] for part in (sorted(state), left))
        indices = _indices(design, drawn, rows, model, inside, outside)
        for draw, row in enumerate(rows):
            statistics, p = zip(*(_pooled(each, draw) for each in indices), strict=True)
            tests.statistic[row, left], tests.p[row, left] = statistics, p
            tests.p_holm[row, left] = modification.holm(np.array(p))
    return tests


def _pooled(indices: _Indices, draw: int) -> tuple[float, float]:
    """Statistic and p of one candidate in one draw."""
    scaled = _d2(indices.scaled[:, draw], 1)
    if indices.joint is None:
        return scaled.statistic, scaled.p
    joint = _d2(indices.joint[:, draw], indices.df)
    return scaled.statistic, candidates.combined(scaled.p, joint.p)


def _d2(indices: NDArray, df: int) -> pooled_tests.PooledTest:
    if len(indices) == 1:
        return pooled_tests.f_test("D2", float(indices[0]) / df, df1=df, df2=np.inf, riv=0.0)
    return pooled_tests.d2(indices, df)


def _indices(
    design: Design,
    drawn: Drawn,
    rows: NDArray,
    model: Model,
    added: Sequence[str],
    texts: Sequence[str],
) -> list[_Indices]:
    """Robust indices of each candidate in the draws of `rows`."""
    extra = {sides(text)[1] for text in added}
    mediator = design.indices([*model.indirect, *(name for name in model.direct if name in extra)])
    names = [sides(text)[1] for text in texts]
    parts = [design.categories.get(name, (name,)) for name in names]
    columns = design.indices([each for part in parts for each in part])
    weights = [_weights(design, drawn.effects[rows], name) for name in names]

    def of_imputation(i: int) -> list[tuple[NDArray, NDArray | None]]:
        cov, times = drawn.covariances[i, rows], drawn.times[rows]
        into = from_sums.centred(design.products[i], drawn.into[i, rows], drawn.means[i, rows])
        error = _left_over(into, cov, 1, mediator)
        rest = [_left_over(into, cov, column, mediator) for column in columns]
        scores = _scores(design.products[i].sums, error, np.stack(rest, axis=-1))
        of_parts = np.split(scores, np.cumsum([len(part) for part in parts])[:-1], axis=-1)
        return [_scaled_and_joint(*each, times) for each in zip(of_parts, weights, strict=True)]

    # Almost all of it is in numpy, which lets threads work side by side.
    with ThreadPoolExecutor(THREADS) as threads:
        by_imputation = list(threads.map(of_imputation, range(design.m)))
    result = []
    for part, of_candidate in zip(parts, zip(*by_imputation, strict=True), strict=True):
        scaled, joint = zip(*of_candidate, strict=True)
        several = None if joint[0] is None else np.stack(joint)
        result.append(_Indices(np.stack(scaled), several, len(part)))
    return result


def _weights(design: Design, effects: NDArray, name: str) -> NDArray | None:
    """Effects of the categories of a scaled variable, (b, k); None for another."""
    if name not in design.categories:
        return None
    every = [each for part in design.categories.values() for each in part]
    return effects[:, [every.index(each) for each in design.categories[name]]]


def _scaled_and_joint(
    scores: NDArray, weights: NDArray | None, times: NDArray
) -> tuple[NDArray, NDArray | None]:
    """Indices (b,) of scores (b, G, k), one of a plain column or one of each category."""
    if weights is None:
        return _index(scores, times), None
    return _index(scores @ weights[:, :, None], times), _index(scores, times)


def _scores(sums: NDArray, error: NDArray, rest: NDArray) -> NDArray:
    """Each school's sums of products of `error`, (b, q), with `rest`, (b, q, c): (b, G, c).

    Columns that neither is made of are left out: most are of other variants.
    """
    in_error = np.flatnonzero(error.any(axis=0))
    in_rest = np.flatnonzero(rest.any(axis=(0, 2)))
    needed = np.ascontiguousarray(sums[:, in_rest[:, None], in_error])
    with_error = error[:, in_error] @ needed.reshape(-1, len(in_error)).T
    return with_error.reshape(len(error), len(sums), len(in_rest)) @ rest[:, in_rest]


def _left_over(into: NDArray, covariances: NDArray, lhs: int, rhs: Sequence[int]) -> NDArray:
    """What `rhs` leave of column `lhs`, as a sum of the products' columns: (b, q)."""
    slope = equations.slopes(covariances, lhs, rhs)
    return np.asarray(into[:, :, lhs] - np.einsum("bqk,bk->bq", into[:, :, rhs], slope))


def _index(scores: NDArray, times: NDArray) -> NDArray:
    """Generalised score test (Boos, 1992), schools as drawn; scores (b, G, k), times (b, G)."""
    G = times.sum(axis=1)
    drawn = scores * times[:, :, None]
    total = drawn.sum(axis=1)
    meat = drawn.transpose(0, 2, 1) @ scores * (G / (G - 1))[:, None, None]
    # Two categories of the same few schools may leave a direction without variance.
    inverse = np.linalg.pinv(meat, hermitian=True)
    return (total[:, None] @ inverse @ total[:, :, None])[:, 0, 0]
