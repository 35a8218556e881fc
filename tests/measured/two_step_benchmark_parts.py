"""Both steps on completed data sets, by each estimator; see benchmark_parts."""

from pathlib import Path

import pandas as pd

from oablib.protocol import codebook, models
from oablib.statistics import two_step
from oablib.statistics.two_step.analysis import Estimator

from .benchmark_parts import Result, timed


def published(folder: Path, m: int) -> Result:
    """Scale values, fits and pooling as published."""
    return _analysed(folder, m, estimator="published")


def corrected(folder: Path, m: int) -> Result:
    """The same by the default estimator."""
    return _analysed(folder, m, estimator="jackknife")


def _analysed(folder: Path, m: int, *, estimator: Estimator) -> Result:
    model, table, seconds = models.load("base"), codebook.load().table("cohort"), {}
    with timed(seconds, "reading"):
        frames = [pd.read_parquet(folder / f"completed_{i}.parquet") for i in range(1, m + 1)]
    with timed(seconds, "analysis"):
        found = two_step.analyse(frames, model=model, table=table, estimator=estimator)
    return seconds, {"estimator": found.estimator}
