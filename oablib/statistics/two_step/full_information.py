"""Scale values from children whose categories are known, the model from all by full information.

Full-information maximum likelihood (Arbuckle, 1996) needs no imputation, but it knows numbers and
no categories: values of unknown categories cannot be estimated in it. So the first step takes
children for whom it knows all, and the second all children, what is unknown as a missing number.
The school's mean is that of its known children.
"""

import numpy as np
import pandas as pd

from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import model_columns, sem
from oablib.statistics.two_step import scale_values
from oablib.statistics.two_step.analysis import TwoStep, both
from oablib.workers.threads import single_thread


@single_thread()
def fit(frame: pd.DataFrame, *, model: Model, table: Table) -> TwoStep:
    """Both steps on a frame in which values may be unknown.

    Errors count both steps, as in `analysis.fit`: a school adds what its complete cases add to the
    scale values, and what all its children add to the model. Raises EstimationError as there.
    """
    known = frame[list(model_columns.of_scale_values(model))].notna().all(axis=1)
    complete = frame[known].reset_index(drop=True)
    values = scale_values.estimate(complete, model=model, table=table)
    scaled = scale_values.apply(frame, values=values.table, model=model, table=table)
    second = sem.fit(model.syntax, scaled, cluster=model.cluster, missing="fiml")
    moved = scale_values.derivatives(frame, values=values.table, model=model, table=table)
    schools = pd.unique(frame[model.cluster])
    by_school = np.zeros((len(schools), values.influence.shape[1]))
    rows = pd.Index(schools).get_indexer(pd.Index(pd.unique(complete[model.cluster])))
    by_school[rows] = values.influence
    return both(values, second, scaled, moved, cluster=model.cluster, by_school=by_school)
