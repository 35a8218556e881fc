"""What studies of many replications share: data sets imputed, and tasks side by side."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import pandas as pd
from tqdm import tqdm

from oablib import imputation
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.workers import processes

Task = TypeVar("Task")
Result = TypeVar("Result")


def completed(
    frame: pd.DataFrame, *, model: Model, table: Table, m: int, iterations: int, seed: int
) -> list[pd.DataFrame]:
    """The frame with unknown values imputed m times by the rules of runs."""
    filled = imputation.impute(
        frame,
        model=model,
        table=table,
        rule=imputation.rule(),
        m=m,
        iterations=iterations,
        seed=seed,
    )
    return imputation.all_completed(frame, cells=filled.cells)


def side_by_side(
    work: Callable[[Task], Result], tasks: Sequence[Task], *, workers: int, title: str = ""
) -> list[Result]:
    """Results in the order of the tasks, computed in processes with one thread each.

    work: a function of a module, or a partial of one. title: of the progress bar.
    """
    with processes.pool(workers) as pool:
        return list(tqdm(pool.map(work, tasks), total=len(tasks), desc=title or None))
