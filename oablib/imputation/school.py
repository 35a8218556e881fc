"""The school among the predictors: means over the other children of the school."""

import numpy as np
from numpy.typing import NDArray


def leave_one_out(values: NDArray, *, school: NDArray) -> NDArray:
    """Mean of the other children of the school, shape (n,), drawn to the overall mean.

    The overall mean counts as one further child, so that a lone child has a value as well.
    values (n,); school (n,), numbers from 0. Why the child itself must not count, and that
    imputing without such means bends effects of the school level: Grund, Luedtke & Robitzsch
    (2018, Organ. Res. Methods 21:111).
    """
    count, total = np.bincount(school)[school], np.bincount(school, values)[school]
    return (total - values + values.mean()) / count
