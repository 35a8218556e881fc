"""The school among the predictors: means over the other children of the school."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# With no more schools than columns that tell of schools (seven in the base model), the means of
# schoolmates and a child's other values add up to its own value, which then predicts itself.
FEWEST = 10


def seen(column: pd.Series, *, asked: bool) -> tuple[NDArray, bool]:
    """Number of each child's school, (n,) from 0, and whether engines are to see the school.

    asked: whether they were asked to. In fewer than 10 schools they do not see it, and each child
    counts as a school of its own: nothing can be learned from the differences of so few.
    """
    school = pd.factorize(column)[0]
    if school.max() + 1 < FEWEST:
        return np.arange(len(school)), False
    return school, asked


def leave_one_out(values: NDArray, *, school: NDArray) -> NDArray:
    """Mean of the other children of the school, shape (n,), drawn to the overall mean.

    The overall mean counts as one further child, so that a lone child has a value as well.
    values (n,); school (n,), numbers from 0. Why the child itself must not count, and that
    imputing without such means bends effects of the school level: Grund, Luedtke & Robitzsch
    (2018, Organ. Res. Methods 21:111).
    """
    count, total = np.bincount(school)[school], np.bincount(school, values)[school]
    return (total - values + values.mean()) / count
