"""Equations side by side: least squares on parts of the same children, their errors stacked.

The equations of a model that runs in one direction are least squares, so that each can be
estimated on other rows, for another outcome or with other predictors, and still be compared with
the others: what a school adds to all of them is summed before it is squared, whichever children of
it are in which equation. Scale values are those of all children and count as estimates, as in
`analysis.fit`. Multi-group models with all parameters free give the same numbers where no school
has children in two groups (lavaan: group, cluster, estimator = "MLR").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import EstimationError
from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import pooling
from oablib.statistics.pooling import PooledTest, pooled_tests
from oablib.statistics.pooling.rules import t_tests
from oablib.statistics.two_step import scale_values
from oablib.statistics.two_step.regression import COLLINEAR_TOLERANCE
from oablib.workers.threads import single_thread


@dataclass(frozen=True, slots=True, eq=False)
class Equation:
    """One equation: a name, an outcome, its predictors, and which rows, (n,) bool; None: all."""

    name: str
    outcome: str
    predictors: tuple[str, ...]
    rows: NDArray | None = None


@showable(private=("estimates", "covariances"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SideBySide:
    """Equations estimated on m data sets, and pooled.

    rows: equation, name (predictor), n (rows of the equation), est, se, t, df, p, ci_lower,
    ci_upper (95 %). estimates, covariances: (m, q) and (m, q, q), in the order of `rows`.
    n_clusters: whose number less 1 is the degrees of freedom of complete data.
    """

    rows: pd.DataFrame
    estimates: NDArray
    covariances: NDArray
    n_clusters: int

    def of(self, equation: str) -> pd.DataFrame:
        """Rows of one equation, by predictor."""
        return self.rows[self.rows["equation"] == equation].set_index("name")

    def contrast(self, name: str, *, plus: str, minus: str) -> NDArray:
        """Weights (q,) of the effect of a predictor in one equation less that in another."""
        weights = np.zeros(len(self.rows))
        for equation, weight in ((plus, 1.0), (minus, -1.0)):
            at = (self.rows["equation"] == equation) & (self.rows["name"] == name)
            weights[at] = weight
        return weights

    def contrasts(self, weights: NDArray) -> pd.DataFrame:
        """Weighted sums of the estimates, each with its test; weights: (k, q)."""
        covariances = weights @ self.covariances @ weights.T
        df = self.n_clusters - 1
        return t_tests(pooling.rubin(self.estimates @ weights.T, covariances, df_complete=df))

    def test(self, weights: NDArray) -> PooledTest:
        """Joint test that k weighted sums of the estimates are 0; weights: (k, q)."""
        covariances = weights @ self.covariances @ weights.T
        df = self.n_clusters - 1
        return pooled_tests.wald(self.estimates @ weights.T, covariances, df_complete=df)


@single_thread()
def side_by_side(
    frames: Sequence[pd.DataFrame],
    *,
    equations: Sequence[Equation],
    model: Model,
    table: Table,
    cluster: str | None = None,
    standardised: bool = False,
) -> SideBySide:
    """Estimate equations on completed data sets of the same children; pool them together.

    equations: outcomes are columns of the frames, predictors too or of the model. cluster: column
    of the clusters, where not the model's. standardised: effects in standard deviations of the
    rows of an equation, which are taken as known. Raises EstimationError as scale_values.estimate,
    and for a predictor that follows from others in an equation.
    """
    parts = [
        _estimates(frame, equations, model=model, table=table, cluster=cluster or model.cluster)
        for frame in frames
    ]
    scales = [_scales(part.columns, equations) if standardised else 1.0 for part in parts]
    estimates = np.stack([p.est * s for p, s in zip(parts, scales, strict=True)])
    added = [part.influence * s for part, s in zip(parts, scales, strict=True)]
    n = len(added[0])
    covariances = np.stack([n / (n - 1) * each.T @ each for each in added])
    pooled = pooling.rubin(estimates, covariances, df_complete=n - 1)
    names = [
        {"equation": each.name, "name": name, "n": _count(each, len(frames[0]))}
        for each in equations
        for name in each.predictors
    ]
    rows = pd.concat([pd.DataFrame(names), t_tests(pooled)], axis=1)
    return SideBySide(rows, estimates, covariances, n)


@dataclass(frozen=True, slots=True, eq=False)
class _Estimates:
    """One data set: est (q,), influence of each cluster (G, q), and the columns in use."""

    est: NDArray
    influence: NDArray
    columns: pd.DataFrame


def _estimates(
    frame: pd.DataFrame, equations: Sequence[Equation], *, model: Model, table: Table, cluster: str
) -> _Estimates:
    values = scale_values.estimate(frame, model=replace(model, cluster=cluster), table=table)
    columns = scale_values.apply(frame, values=values.table, model=model, table=table)
    moved = scale_values.derivatives(frame, values=values.table, model=model, table=table)
    named = {name for each in equations for name in (each.outcome, *each.predictors)}
    others = [name for name in frame.columns if name in named and name not in columns]
    columns = columns.join(frame[others])
    clusters = pd.factorize(frame[cluster])[0]
    parts = [_one(columns, moved, each, clusters=clusters) for each in equations]
    response = np.concatenate([part[2] for part in parts])
    added = np.concatenate([part[1] for part in parts], axis=1)
    est = np.concatenate([part[0] for part in parts])
    return _Estimates(est, added + values.influence @ response.T, columns)


def _one(
    columns: pd.DataFrame,
    moved: Sequence[Mapping[str, NDArray]],
    equation: Equation,
    *,
    clusters: NDArray,
) -> tuple[NDArray, NDArray, NDArray]:
    """Slopes (k,), what each cluster adds (G, k), and derivatives to scale values (k, values)."""
    chosen = slice(None) if equation.rows is None else equation.rows
    part = columns[list(equation.predictors)].to_numpy(dtype=np.float64)[chosen]
    X = np.column_stack([np.ones(len(part)), part])
    y = columns[equation.outcome].to_numpy(dtype=np.float64)[chosen]
    r = np.linalg.qr(X, mode="r")
    lost = np.abs(np.diag(r)) < COLLINEAR_TOLERANCE * np.linalg.norm(r, axis=0).clip(1e-300)
    if lost.any():
        names = [n for n, gone in zip(("", *equation.predictors), lost, strict=True) if gone]
        raise EstimationError(
            f"Equation {equation.name}: {names} follow from the other predictors, or are constant "
            f"in its {len(X)} rows; leave them out of it."
        )
    inverse = np.linalg.inv(r)
    bread = inverse @ inverse.T
    beta = bread @ (X.T @ y)
    error = y - X @ beta
    influence = np.zeros((clusters.max() + 1, len(beta)))
    np.add.at(influence, clusters[chosen], (X * error[:, None]) @ bread)
    changes = np.zeros((len(moved), len(beta)))
    for number, derivatives in enumerate(moved):
        for index, name in enumerate(equation.predictors, start=1):
            if name in derivatives:
                d = derivatives[name][chosen]
                changes[number, index] += d @ error
                changes[number] -= (d @ X) * beta[index]
    return beta[1:], influence[:, 1:], (changes @ bread)[:, 1:].T


def _scales(columns: pd.DataFrame, equations: Sequence[Equation]) -> NDArray:
    """Standard deviation of each predictor by that of its outcome, (q,)."""
    parts = []
    for each in equations:
        rows = columns if each.rows is None else columns[each.rows]
        parts.append(rows[list(each.predictors)].std().to_numpy() / rows[each.outcome].std())
    return np.concatenate(parts)


def _count(equation: Equation, n: int) -> int:
    return n if equation.rows is None else int(equation.rows.sum())
