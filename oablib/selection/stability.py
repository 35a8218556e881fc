"""How often another model would have been chosen, had other schools been in the cohort.

Schools are drawn with replacement; scale values, criteria and indices are computed anew in each
draw, over the same imputations. Specification searches are known to be unstable (MacCallum,
Roznowski & Necowitz, 1992, Psychol Bull 111:490).
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib import resampling
from oablib.literature import Literature
from oablib.models import Model
from oablib.models_file import split_path
from oablib.pooling import modification, pooled_tests
from oablib.resampling import Moments
from oablib.selection import equations
from oablib.selection.design import Design
from oablib.selection.settings import Rules
from oablib.shown import showable

NO_ADDITION = "no addition"
THREADS = 2  # work on imputations side by side; results do not depend on it


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Stability:
    """Selection frequencies over draws of schools.

    variants: model; first_by_aic, first_by_bic: fraction of the draws in which it has the lowest
    criterion (D4, honest counts). candidates: lhs, rhs; largest: fraction in which its index is
    the largest of the first round; significant: under alpha by Holm there; enters: added at some
    round by the whole procedure, with the literature. models: added paths ("no addition"),
    with_literature and data_alone: fraction in which the procedure ends there, with the
    groundings, and were every candidate accepted. draws: that could be estimated, of `asked`.
    """

    variants: pd.DataFrame
    candidates: pd.DataFrame
    models: pd.DataFrame
    draws: int
    asked: int


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """Draws in which every imputation could be estimated.

    times: (b, G). means (m, b, p), covariances (m, b, p, p), into (m, b, q, p), n (b,).
    """

    times: NDArray
    n: NDArray
    means: NDArray
    covariances: NDArray
    into: NDArray


def stability(
    design: Design,
    *,
    entries: Literature,
    rules: Rules,
    samples: int,
    seed: Sequence[int],
    start: Model | None = None,
) -> Stability:
    """Draw schools `samples` times and choose again in each draw; the same seed, the same draws.

    start: the model whose candidates are tried, the reference when None.
    """
    model = start or design.reference
    times = resampling.picked(design.n_clusters, samples=samples, seed=seed)
    drawn = _drawn(design, times)
    texts = list(model.candidates)
    first = _p_values(design, drawn, model, texts, tested=_untested(drawn))
    gates = {
        "with_literature": [_is_accepted(text, entries) for text in texts],
        "data_alone": [True] * len(texts),
    }
    ends = {
        name: _search(design, drawn, model, texts, gate, first=first, alpha=rules.forward_alpha)
        for name, gate in gates.items()
    }
    return Stability(
        variants=_variants(design, drawn),
        candidates=_candidates(texts, first, ends["with_literature"], rules=rules),
        models=_ends(ends),
        draws=len(drawn.times),
        asked=samples,
    )


def _is_accepted(text: str, entries: Literature) -> bool:
    return entries.judged(*(split_path(text) or ("", ""))).grounding == "accepted"


def _drawn(design: Design, times: NDArray) -> _Drawn:
    with ThreadPoolExecutor(THREADS) as threads:
        found = list(threads.map(partial(resampling.moments, times=times), design.products))
    shared = set.intersection(*(set(each.draws.tolist()) for each in found))
    kept = np.array(sorted(shared), dtype=int)

    def taken(each: Moments, name: str) -> NDArray:
        return np.asarray(getattr(each, name))[np.isin(each.draws, kept)]

    return _Drawn(
        times[kept],
        taken(found[0], "n"),
        *(np.stack([taken(e, name) for e in found]) for name in ("means", "covariances", "into")),
    )


def _variants(design: Design, drawn: _Drawn) -> pd.DataFrame:
    """How often each variant is first by AIC and by BIC, as selection.compare has them."""
    whole = equations.stacked(drawn.means, drawn.covariances)

    def likelihoods(paths: equations.Paths) -> equations.Likelihoods:
        of = partial(equations.loglik, names=design.names, paths=paths, model=design.reference)
        return equations.Likelihoods(of(drawn.covariances, n=drawn.n), of(whole, n=drawn.n))

    base = equations.of_model(design.reference)
    own_base = likelihoods(base)
    honest = equations.honest_parameters(base, costs=design.costs)
    deltas: dict[str, list[NDArray]] = {"aic": [], "bic": []}
    for model in design.models.values():
        paths = equations.of_model(model)
        both = paths.joined(base)
        joint = likelihoods(both)
        gain = equations.ratio(own_base, joint, df=both.size - base.size)
        gain = gain - equations.ratio(likelihoods(paths), joint, df=both.size - paths.size)
        extra = equations.honest_parameters(paths, costs=design.costs) - honest
        deltas["aic"].append(2 * extra - gain)
        deltas["bic"].append(np.log(drawn.n) * extra - gain)
    first = {name: np.argmin(np.stack(each), axis=0) for name, each in deltas.items()}
    return pd.DataFrame(
        {
            "model": list(design.models),
            **{
                f"first_by_{name}": [float(np.mean(at == i)) for i in range(len(design.models))]
                for name, at in first.items()
            },
        }
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Tests:
    """Statistic and Holm's p of each candidate in each draw, (b, c); NaN for what is free."""

    statistic: NDArray
    p: NDArray


def _untested(drawn: _Drawn) -> list[frozenset[int]]:
    """No candidate has been added yet, in any draw."""
    return [frozenset() for _ in drawn.times]


def _p_values(
    design: Design,
    drawn: _Drawn,
    model: Model,
    texts: Sequence[str],
    *,
    tested: Sequence[frozenset[int]],
) -> _Tests:
    """tested: candidates (by number) that are in the model already, for each draw."""
    shape = (len(drawn.times), len(texts))
    tests = _Tests(np.full(shape, np.nan), np.full(shape, np.nan))
    for state in dict.fromkeys(tested):
        rows = np.array([at for at, each in enumerate(tested) if each == state], dtype=int)
        left = [at for at in range(len(texts)) if at not in state]
        if not left:
            continue
        added = [texts[at] for at in sorted(state)]
        indices = _indices(design, drawn, rows, model, added, [texts[at] for at in left])
        for row, own in zip(rows, indices.transpose(2, 1, 0), strict=True):
            pooled = [_pooled(each) for each in own]
            tests.statistic[row, left] = [each.statistic for each in pooled]
            tests.p[row, left] = modification.holm(np.array([each.p for each in pooled]))
    return tests


def _pooled(indices: NDArray) -> pooled_tests.PooledTest:
    if len(indices) == 1:
        return pooled_tests.f_test("D2", float(indices[0]), df1=1, df2=np.inf, riv=0.0)
    return pooled_tests.d2(indices, 1)


def _indices(
    design: Design,
    drawn: _Drawn,
    rows: NDArray,
    model: Model,
    added: Sequence[str],
    left: Sequence[str],
) -> NDArray:
    """Robust modification index of each candidate, (m, candidates, draws of `rows`)."""
    extra = {rhs for _, rhs in (split_path(text) or ("", "") for text in added)}
    mediator = design.at([*model.indirect, *(name for name in model.direct if name in extra)])
    places = design.at([(split_path(text) or ("", ""))[1] for text in left])

    def of_imputation(i: int) -> NDArray:
        cov, times = drawn.covariances[i, rows], drawn.times[rows]
        into = _centred(design.products[i], drawn, i, rows)
        error = _left_over(into, cov, 1, mediator)
        own = [_left_over(into, cov, place, mediator) for place in places]
        scores = _scores(design.products[i].sums, error, own)
        return np.stack([_index(each, times) for each in scores])

    # Almost all of it is in numpy, which lets threads work side by side.
    with ThreadPoolExecutor(THREADS) as threads:
        return np.stack(list(threads.map(of_imputation, range(design.m))))


def _scores(sums: NDArray, error: NDArray, own: Sequence[NDArray]) -> list[NDArray]:
    """Each school's sum of products of `error` with each of `own`, in every draw: (G, b) each.

    Columns that neither is made of are left out: most are of other variants.
    """
    in_error = np.flatnonzero(error.any(axis=0))
    in_own = np.flatnonzero(np.any([each.any(axis=0) for each in own], axis=0))
    needed = np.ascontiguousarray(sums[:, in_own[:, None], in_error])
    with_error = (needed.reshape(-1, len(in_error)) @ error[:, in_error].T).reshape(
        len(sums), len(in_own), len(error)
    )
    return [np.einsum("gqb,qb->gb", with_error, each[:, in_own].T) for each in own]


def _centred(of: resampling.Products, drawn: _Drawn, i: int, rows: NDArray) -> NDArray:
    """Columns less their means, as sums of the products' columns: (b, q, p)."""
    into = drawn.into[i, rows].copy()
    into[:, of.at([resampling.CONSTANT])[0]] -= drawn.means[i, rows]
    return into


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


def _search(
    design: Design,
    drawn: _Drawn,
    model: Model,
    texts: Sequence[str],
    accepted: Sequence[bool],
    *,
    first: _Tests,
    alpha: float,
) -> list[tuple[str, ...]]:
    """What the procedure adds in each draw, in alphabetical order; first: tests of round one."""
    state, found = _untested(drawn), first
    while True:
        fits = (found.p < alpha) & np.array(accepted, dtype=bool)[None, :]
        going_on = np.flatnonzero(fits.any(axis=1))
        if not len(going_on):
            break
        for row in going_on:
            best = np.where(fits[row], found.statistic[row], -np.inf).argmax()
            state[row] = state[row] | {int(best)}
        found = _p_values(design, drawn, model, texts, tested=state)
    return [tuple(sorted(texts[at] for at in each)) for each in state]


def _candidates(
    texts: Sequence[str], first: _Tests, ends: Sequence[tuple[str, ...]], *, rules: Rules
) -> pd.DataFrame:
    if not texts:
        return pd.DataFrame(columns=["lhs", "rhs", "largest", "significant", "enters"])
    largest = np.nanargmax(first.statistic, axis=1)
    rows = []
    for at, text in enumerate(texts):
        lhs, rhs = split_path(text) or ("", "")
        rows.append(
            {
                "lhs": lhs,
                "rhs": rhs,
                "largest": float(np.mean(largest == at)),
                "significant": float(np.mean(first.p[:, at] < rules.forward_alpha)),
                "enters": float(np.mean([text in each for each in ends])),
            }
        )
    return pd.DataFrame(rows)


def _ends(ends: dict[str, list[tuple[str, ...]]]) -> pd.DataFrame:
    shares = {
        name: pd.Series([", ".join(each) or NO_ADDITION for each in found]).value_counts(
            normalize=True
        )
        for name, found in ends.items()
    }
    table = pd.DataFrame(shares).fillna(0.0).rename_axis("added")
    order = table.sort_values(["with_literature", "data_alone"], ascending=False, kind="stable")
    return order.reset_index()
