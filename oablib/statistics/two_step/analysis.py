"""Everything after the imputation, in one call: both steps on each data set, pooled."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import pooling
from oablib.statistics.pooling import PooledFit
from oablib.statistics.two_step import both, scale_values
from oablib.statistics.two_step.both import TwoStep


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Analysis:
    """m data sets analysed and pooled by Rubin's rules.

    steps: scale values and fit of each data set. values: pooled scale values, as
    scale_values.pooled_table. pooled: the model, its errors counting that scale values were
    estimated; as_known: the same with errors that take them as known, as published.
    """

    steps: tuple[TwoStep, ...]
    values: pd.DataFrame
    pooled: PooledFit
    as_known: PooledFit


def analyse(frames: Sequence[pd.DataFrame], *, model: Model, table: Table) -> Analysis:
    """Analyse completed data sets of the same children.

    A single one, in which nothing was unknown, passes through; the pooled fits say so in their
    flags. Raises EstimationError as two_step.fit does.
    """
    steps = tuple(both.fit(frame, model=model, table=table) for frame in frames)
    values = [step.values for step in steps]
    estimates, variances = scale_values.arrays(values)
    rubin = pooling.rubin(estimates, variances, df_complete=values[0].n_clusters - 1)
    return Analysis(
        steps=steps,
        values=scale_values.pooled_table(values, pooled=rubin),
        pooled=pooling.pool([step.counted for step in steps]),
        as_known=pooling.pool([step.fit for step in steps]),
    )
