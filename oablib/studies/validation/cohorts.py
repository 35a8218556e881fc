"""The cohort of a replication, as delivered and as it is in truth, without a file in between."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib import intake, synthetic
from oablib.protocol.codebook import Table
from oablib.studies.validation.settings import Shared, Task
from oablib.synthetic import Truth


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Tested children: delivered, with unknown education as NaN, and complete, with the truth.

    pupils: size of each school, by its id. seed: of the imputations of this cohort.
    """

    delivered: pd.DataFrame
    complete: pd.DataFrame
    pupils: pd.Series
    truth: Truth
    seed: int


def draw(task: Task, *, shared: Shared) -> Drawn:
    """The cohort of a task: the same for every method and, but for what is true, every world."""
    settings, table = shared.settings, shared.table
    seeds = np.random.SeedSequence(settings.master_seed, spawn_key=(task.n, task.replication))
    of_cohort, of_imputations = (int(state) for state in seeds.generate_state(2))
    world = settings.worlds[task.world]
    made = synthetic.draw(
        n=task.n, seed=of_cohort, path_factors=world.path_factors, missing=world.missing
    )
    true = made.children.copy()
    for name in shared.model.imputed:
        true[name] = made.education[name]
    return Drawn(
        delivered=intake.in_memory(made.children, table=table),
        complete=intake.in_memory(true, table=table),
        pupils=made.schools.set_index("school_id")["pupils"],
        truth=made.truth,
        seed=of_imputations >> 1,  # R takes whole numbers up to 2^31 - 1
    )


def scaled_by_truth(codes: pd.Series, *, truth: Truth, table: Table) -> NDArray:
    """True scale values for the codes of a scaled variable, NaN for unknown ones; shape (n,)."""
    name = str(codes.name)
    values = dict(zip(table.column(name).codes, truth.scale_values[name], strict=True))
    return codes.map(values).to_numpy(dtype=float)
