"""Scale values and direct effects together: how their errors go with each other."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.protocol.models import Model
from oablib.statistics import pooling
from oablib.statistics.two_step import scale_values
from oablib.statistics.two_step.analysis import Analysis, TwoStep

NO_CATEGORY = ""
"""In the place of a category, of a direct effect."""


def of_both(step: TwoStep) -> NDArray:
    """Covariance of the k free scale values and then of step.fit.parameters' est, (k + r, k + r).

    The blocks on its diagonal are step.values.covariance and step.covariance.
    """
    n_schools, first = len(step.influence), step.values.influence
    # Scaled, so that squares add up to the variances of scale values: their regression corrects
    # for its number of columns as well.
    scale = np.sqrt(np.diag(step.values.covariance) / (first**2).sum(axis=0))
    second = np.sqrt(n_schools / (n_schools - 1)) * step.influence
    stacked = np.hstack([first * scale, second])
    return np.asarray(stacked.T @ stacked)


def joint_covariance(analysis: Analysis, *, model: Model) -> pd.DataFrame:
    """Covariance of free scale values and direct effects over sampling and imputation together.

    One row a pair, both orders and each with itself: variable, category (of a scale value, empty
    for a direct effect), with_variable, with_category, covariance (points by points). Scale values
    are in the order of their table, then direct effects in that of the model.

    The covariance between m data sets has rank m - 1, less than there are estimates, and says
    nothing of most directions. The covariance within data sets, that of both steps stacked, is made
    larger instead, as Li, Raghunathan & Rubin (1991, J Am Stat Assoc 86:1065) do: by one average
    increase for all values of a variable, which are missing together. Direct effects keep their
    standard errors, which for paths corrected by the jackknife are the jackknife's.
    """
    first = analysis.steps[0]
    free = first.values.table["se"] > 0
    numbered = first.fit.parameters.reset_index(drop=True).rename_axis("row").reset_index()
    rows = model.direct_rows(numbered)["row"].to_numpy()
    values, _ = scale_values.arrays([step.values for step in analysis.steps])
    chosen = np.append(np.arange(values.shape[1]), values.shape[1] + rows)
    within = np.stack([of_both(step)[np.ix_(chosen, chosen)] for step in analysis.steps])
    listed = first.values.table.loc[free, ["variable", "category"]].to_numpy().tolist()
    listed += [[name, NO_CATEGORY] for name in model.direct]
    errors = np.append(
        _errors_of_values(values, within, variables=[name for name, _ in listed]),
        model.direct_rows(analysis.parameters)["se"],
    )
    covariance = within.mean(axis=0)
    size = np.sqrt(np.diag(covariance))
    scale = np.divide(errors, size, out=np.zeros_like(size), where=size > 0)
    covariance = covariance * np.outer(scale, scale)
    pairs = [(*one, *other) for one in listed for other in listed]
    frame = pd.DataFrame(pairs, columns=["variable", "category", "with_variable", "with_category"])
    return frame.assign(covariance=covariance.ravel())


def _errors_of_values(values: NDArray, within: NDArray, *, variables: list[str]) -> NDArray:
    """Standard errors of k scale values, (k,), with one increase for each variable.

    values: (m, k). within: (m, l, l), scale values first. variables: whose they are, k or more.
    """
    errors = np.empty(values.shape[1])
    whose = np.array(variables[: len(errors)])
    for name in dict.fromkeys(whose):
        own = np.flatnonzero(whose == name)
        pooled = pooling.rubin(values[:, own], within[:, own][:, :, own], scale_w=True)
        errors[own] = pooled.se
    return errors
