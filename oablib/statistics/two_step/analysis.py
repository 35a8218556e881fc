"""Scale values, then the structural model of the same children, with errors that count both.

The published chain takes scale values as known once they are estimated. Both steps solve
estimating equations on the same children, so that the errors of the second follow from stacking
the two: Newey (1984, Economics Letters 14:201), Murphy & Topel (1985, J. Bus. Econ. Stat. 3:370),
Newey & McFadden (1994, Handbook of Econometrics 4, section 6). That children of one school are
alike enters as in each step: what a school adds is summed before it is squared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ModelError
from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import pooling, sem
from oablib.statistics.pooling import PooledFit
from oablib.statistics.sem import SemFit
from oablib.statistics.two_step import jackknife, scale_values
from oablib.statistics.two_step.scale_values import ScaleValues
from oablib.workers.threads import single_thread

Estimator = Literal["jackknife", "published"]
"""Of paths: corrected for scale values of the same children, or as they are published."""

WEIGHT = "sampling_weight"
NO_JACKKNIFE = (
    "Paths are not corrected for scale values of the same children: without some groups of schools "
    "a category or a column is absent, or under three schools are left. Merge categories."
)


@showable(private=("influence",))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TwoStep:
    """Both steps on one data set.

    values: scale values. fit: structural model, its errors taking the values as known.
    influence: (G, r), what each school adds to fit.parameters' est, the values counted as
    estimates; schools in order of appearance.
    """

    values: ScaleValues
    fit: SemFit
    influence: NDArray

    @property
    def covariance(self) -> NDArray:
        """Of fit.parameters' est, shape (r, r), with the values counted as estimates."""
        n_schools = len(self.influence)
        return np.asarray(n_schools / (n_schools - 1) * self.influence.T @ self.influence)

    @property
    def counted(self) -> SemFit:
        """The fit with errors, tests and intervals that count both steps.

        Scaled chi-squares and modification indices keep taking the scale values as known.
        """
        return sem.with_covariance(self.fit, self.covariance)


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Analysis:
    """m data sets analysed and pooled by Rubin's rules.

    steps: scale values and fit of each data set. values: pooled scale values, as
    scale_values.pooled_table. pooled: the model, its errors counting that scale values were
    estimated; as_known: the same with errors that take them as known, as published.
    parameters: those of `pooled`, with paths by the `estimator`; "published" where it was chosen,
    or where the jackknife cannot be made, which `flags` say.
    """

    steps: tuple[TwoStep, ...]
    values: pd.DataFrame
    pooled: PooledFit
    as_known: PooledFit
    parameters: pd.DataFrame
    estimator: Estimator
    flags: tuple[str, ...] = ()


@single_thread()
def fit(
    frame: pd.DataFrame, *, model: Model, table: Table, weights: NDArray | None = None
) -> TwoStep:
    """Estimate scale values and fit the model, on a frame without unknown values.

    weights: (n,), sampling weights of the children, used in both steps and in school means.
    Raises EstimationError as scale_values.estimate and sem.fit do.
    """
    values = scale_values.estimate(frame, model=model, table=table, weights=weights)
    known = values.table
    scaled = scale_values.apply(frame, values=known, model=model, table=table, weights=weights)
    weight = None if weights is None else WEIGHT
    data = scaled if weights is None else scaled.assign(**{WEIGHT: weights})
    second = sem.fit(model.syntax, data, cluster=model.cluster, weights=weight)
    moved = scale_values.derivatives(frame, values=known, model=model, table=table, weights=weights)
    return both(
        values, second, data, moved, cluster=model.cluster, by_school=values.influence,
        weights=weight,
    )  # fmt: skip


def both(
    values: ScaleValues,
    second: SemFit,
    data: pd.DataFrame,
    moved: Sequence[Mapping[str, NDArray]],
    *,
    cluster: str,
    by_school: NDArray,
    weights: str | None = None,
) -> TwoStep:
    """Both steps, their errors stacked.

    data: the rows that `second` was fitted to. moved: scale_values.derivatives. by_school: (G, k),
    what each school of `data` adds to the scale values. weights: a column of `data`.
    """
    influence = sem.influence(second, data, cluster=cluster, weights=weights)
    influence += by_school @ sem.response(second, data, moved, weights=weights).T
    return TwoStep(values, second, influence)


@single_thread()
def analyse(
    frames: Sequence[pd.DataFrame],
    *,
    model: Model,
    table: Table,
    estimator: Estimator = "jackknife",
) -> Analysis:
    """Analyse completed data sets of the same children: both steps on each, pooled.

    A single one, in which nothing was unknown, passes through; the pooled fits say so in their
    flags. Raises EstimationError as `fit` does, ModelError for another estimator.
    """
    if estimator not in get_args(Estimator):
        raise ModelError(
            f"estimator={estimator!r} is unknown; expected one of {', '.join(get_args(Estimator))}."
        )
    steps = tuple(fit(frame, model=model, table=table) for frame in frames)
    values = [step.values for step in steps]
    estimates, variances = scale_values.arrays(values)
    rubin = pooling.rubin(estimates, variances, df_complete=values[0].n_clusters - 1)
    pooled = pooling.pool([step.counted for step in steps])
    wanted = estimator == "jackknife"
    corrected = jackknife.corrected(frames, model=model, table=table) if wanted else None
    return Analysis(
        steps=steps,
        values=scale_values.pooled_table(values, pooled=rubin),
        pooled=pooled,
        as_known=pooling.pool([step.fit for step in steps]),
        parameters=_with_paths(pooled.parameters, corrected, model=model),
        estimator="jackknife" if corrected else "published",
        flags=(NO_JACKKNIFE,) if wanted and not corrected else (),
    )


def _with_paths(
    parameters: pd.DataFrame, corrected: jackknife.Corrected | None, *, model: Model
) -> pd.DataFrame:
    """Parameters with corrected paths in the place of the others; std moves with est."""
    if corrected is None:
        return parameters
    paths = jackknife.pooled(corrected, model=model).set_index(jackknife.ADDRESS)
    result = parameters.set_index(jackknife.ADDRESS)
    per_unit = result["std"] / result["est"]
    result.loc[paths.index, list(paths)] = paths
    result.loc[paths.index, "std"] = (per_unit * result["est"]).loc[paths.index]
    return result.reset_index()[list(parameters)]
