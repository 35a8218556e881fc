"""Modification indices of candidates in draws of schools, all draws at once.

In a model of recursive equations the efficient score of a path into an equation is the sum of
products of that equation's residual with what the equation's predictors leave of the candidate;
so it follows, school by school, from the sums of products.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from oablib.analysis.selection import equations
from oablib.analysis.selection.design import Design
from oablib.protocol.models import Model
from oablib.protocol.models_checks import sides
from oablib.statistics.pooling import modification, pooled_tests
from oablib.statistics.two_step import from_sums

THREADS = 2  # work on imputations side by side; results do not depend on it


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Draws in which every imputation could be estimated.

    times: (b, G). means (m, b, p), covariances (m, b, p, p), into (m, b, q, p), n (b,).
    """

    times: NDArray
    n: NDArray
    means: NDArray
    covariances: NDArray
    into: NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Tests:
    """Statistic and Holm's p of each candidate in each draw, (b, c); NaN for what is free."""

    statistic: NDArray
    p: NDArray


def drawn(design: Design, times: NDArray) -> Drawn:
    """The design in draws in which each school occurs so many times; times: (b, G)."""
    with ThreadPoolExecutor(THREADS) as threads:
        read = partial(from_sums.moments, times=times, names=design.names)
        moments = list(threads.map(read, design.products))
    shared = set.intersection(*(set(each.draws.tolist()) for each in moments))
    kept = np.array(sorted(shared), dtype=int)

    def taken(name: str) -> NDArray:
        return np.stack([getattr(each, name)[np.isin(each.draws, kept)] for each in moments])

    return Drawn(times[kept], taken("n")[0], taken("means"), taken("covariances"), taken("into"))


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
    tests = Tests(np.full(shape, np.nan), np.full(shape, np.nan))
    for state in dict.fromkeys(added):
        rows = np.array([row for row, each in enumerate(added) if each == state], dtype=int)
        left = [number for number in range(len(texts)) if number not in state]
        if not left:
            continue
        inside, outside = ([texts[number] for number in part] for part in (sorted(state), left))
        indices = _indices(design, drawn, rows, model, inside, outside)
        for row, of_draw in zip(rows, indices.transpose(2, 1, 0), strict=True):
            pooled = [_pooled(of_candidate) for of_candidate in of_draw]
            tests.statistic[row, left] = [each.statistic for each in pooled]
            tests.p[row, left] = modification.holm(np.array([each.p for each in pooled]))
    return tests


def _pooled(indices: NDArray) -> pooled_tests.PooledTest:
    if len(indices) == 1:
        return pooled_tests.f_test("D2", float(indices[0]), df1=1, df2=np.inf, riv=0.0)
    return pooled_tests.d2(indices, 1)


def _indices(
    design: Design,
    drawn: Drawn,
    rows: NDArray,
    model: Model,
    added: Sequence[str],
    candidates: Sequence[str],
) -> NDArray:
    """Robust modification index of each candidate, (m, candidates, draws of `rows`)."""
    extra = {sides(text)[1] for text in added}
    mediator = design.indices([*model.indirect, *(name for name in model.direct if name in extra)])
    columns = design.indices([sides(text)[1] for text in candidates])

    def of_imputation(i: int) -> NDArray:
        cov, times = drawn.covariances[i, rows], drawn.times[rows]
        into = from_sums.centred(design.products[i], drawn.into[i, rows], drawn.means[i, rows])
        error = _left_over(into, cov, 1, mediator)
        rest = [_left_over(into, cov, column, mediator) for column in columns]
        scores = _scores(design.products[i].sums, error, rest)
        return np.stack([_index(each, times) for each in scores])

    # Almost all of it is in numpy, which lets threads work side by side.
    with ThreadPoolExecutor(THREADS) as threads:
        return np.stack(list(threads.map(of_imputation, range(design.m))))


def _scores(sums: NDArray, error: NDArray, rest: Sequence[NDArray]) -> list[NDArray]:
    """Each school's sum of products of `error` with each of `rest`, in every draw: (G, b) each.

    Columns that neither is made of are left out: most are of other variants.
    """
    in_error = np.flatnonzero(error.any(axis=0))
    in_rest = np.flatnonzero(np.any([each.any(axis=0) for each in rest], axis=0))
    needed = np.ascontiguousarray(sums[:, in_rest[:, None], in_error])
    with_error = needed.reshape(-1, len(in_error)) @ error[:, in_error].T
    with_error = with_error.reshape(len(sums), len(in_rest), len(error))
    return [np.einsum("gqb,qb->gb", with_error, each[:, in_rest].T) for each in rest]


def _left_over(into: NDArray, covariances: NDArray, lhs: int, rhs: Sequence[int]) -> NDArray:
    """What `rhs` leave of column `lhs`, as a sum of the products' columns: (b, q)."""
    slope = equations.slopes(covariances, lhs, rhs)
    return np.asarray(into[:, :, lhs] - np.einsum("bqk,bk->bq", into[:, :, rhs], slope))


def _index(scores: NDArray, times: NDArray) -> NDArray:
    """Generalised score test (Boos, 1992), schools as drawn; scores (G, b), times (b, G)."""
    G = times.sum(axis=1)
    total = np.einsum("gb,bg->b", scores, times)
    meat = np.einsum("gb,gb,bg->b", scores, scores, times) * G / (G - 1)
    return np.asarray(total**2 / meat)
