"""Scaling factors of chi2 under other distributions than the normal one, and under clusters.

A factor is the mean of the eigenvalues that robust errors imply: (trace of the wider model - trace
of the model) / df, each trace being tr(bread meat) (Yuan & Bentler, 2000, Sociol. Methodol.
30:165; Asparouhov & Muthen, 2005): lavaan's test "yuan.bentler.mplus".
"""

import numpy as np
from numpy.typing import NDArray

from oablib.statistics.sem.data.sample import GroupSample
from oablib.statistics.sem.likelihood.patterns import PatternSample
from oablib.statistics.sem.likelihood.problem import Problem
from oablib.statistics.sem.results import inference, unrestricted
from oablib.statistics.sem.results.inference import Sandwich


def trace(parts: Sandwich) -> float:
    """tr(bread meat) of a model."""
    return float(np.sum(parts.bread * parts.meat))


def factor(wider: float, narrower: float, df: int) -> float:
    """Scaling factor from two traces, NaN where df is 0 or the factor is not positive."""
    found = (wider - narrower) / df if df > 0 else np.nan
    return found if found > 0 else np.nan


def traces_without_paths(problem: Problem) -> tuple[float, float]:
    """tr(bread meat) of the saturated model, and of the one of independence.

    The latter keeps covariances of exogenous variables.
    """
    given, saturated, independent = len(problem.spec.exogenous), 0.0, 0.0
    for group, span in zip(problem.sample.groups, problem.sample.spans, strict=True):
        if isinstance(group, PatternSample):
            both = _traces_of_patterns(group, given=given, n_clusters=problem.sample.n_clusters)
        else:
            products = problem.sample.products[span, span]
            both = _traces_of_group(group, products, given=given)
        saturated, independent = saturated + both[0], independent + both[1]
    return saturated, independent


def _traces_of_patterns(
    group: PatternSample, *, given: int, n_clusters: int | None
) -> tuple[float, float]:
    """The same of rows with missing values: variables that are independent have one trace each."""
    p = len(group.mean)
    parts = [slice(i, i + 1) for i in range(p - given)] + [slice(p - given, p)] * (given > 0)
    traces = [trace(unrestricted.sandwich(group, part, n_clusters)) for part in parts]
    return trace(unrestricted.sandwich(group, slice(None), n_clusters)), sum(traces)


def _traces_of_group(group: GroupSample, products: NDArray, *, given: int) -> tuple[float, float]:
    """Both traces of one group; `given` exogenous variables are the last ones.

    Whitened rows have mean 0 and covariance I, so that the information is diagonal: 1 for means
    and covariances, 1/2 for variances. All p are whitened, the exogenous ones first and so among
    themselves, and the others, each alone, follow.
    """
    p = len(group.cov)
    back = group.cov[::-1, ::-1]
    whitened = np.linalg.solve(np.linalg.cholesky(back), group.root[::-1])
    sd = np.sqrt(np.diag(group.cov))[: p - given]
    root = np.concatenate([whitened, group.root[: p - given] / sd[:, None]]).T
    alone = np.arange(p, root.shape[1])
    i, j = (np.concatenate([pair, alone]) for pair in np.triu_indices(p))
    weights = np.zeros((len(products), root.shape[1] + len(i)))
    weights[1 : 1 + len(root), : root.shape[1]] = root
    weights[1 + len(root) :, root.shape[1] :] = inference.square_weights(root[:, i], root[:, j])
    weights[0, root.shape[1] :] = np.where(i == j, -1.0, 0.0)
    meat = np.einsum("qc,qc->c", weights, products @ weights) / group.n
    terms = meat * np.concatenate([np.ones(root.shape[1]), np.where(i == j, 0.5, 1.0)])
    last = np.concatenate([np.arange(root.shape[1]), j])
    return float(terms[last < p].sum()), float(terms[(last < given) | (last >= p)].sum())
