"""Paths of one model on many sets of moments: what a bootstrap asks for, without a row or an error.

The estimates are those of `fit` on data with these moments; nothing else of a fit is computed.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ModelError
from oablib.statistics.sem import estimation, solution, spec
from oablib.statistics.sem import problem as problems
from oablib.statistics.sem.problem import Problem
from oablib.statistics.sem.sample import GroupSample, Sample


def paths(
    model: str, names: Sequence[str], *, n: NDArray, means: NDArray, covariances: NDArray
) -> pd.DataFrame:
    """Estimates of all paths `lhs ~ rhs`: one row a set of moments, columns (lhs, rhs).

    names: variables of the moments, which may be more than the model's. n: (b,) children; means:
    (b, p); covariances: (b, p, p), divisor n. Raises ModelError for a model whose intercepts are
    restricted or that names other variables, EstimationError as `fit`.
    """
    specification = spec.parse(model, likelihood="joint", mean_structure=True, n_groups=1, equal=())
    absent = [name for name in specification.observed if name not in names]
    if absent or not problems.centred(specification):
        raise ModelError(
            f"The model names {absent or 'restricted intercepts'}; expected free intercepts and "
            f"variables among {', '.join(names)}."
        )
    chosen = [names.index(name) for name in specification.observed]
    cells = [k for k, cell in enumerate(specification.cells) if cell.op == "~"]
    moments = zip(n, means[:, chosen], covariances[:, chosen][:, :, chosen], strict=True)
    setting = problems.set_up(specification, _sample(*_first(n, means, covariances, chosen)))
    found = [_estimates(setting, *each)[cells] for each in moments]
    labels = [(specification.cells[k].lhs, specification.cells[k].rhs) for k in cells]
    return pd.DataFrame(found, columns=pd.MultiIndex.from_tuples(labels, names=["lhs", "rhs"]))


def _first(
    n: NDArray, means: NDArray, covariances: NDArray, chosen: list[int]
) -> tuple[float, NDArray, NDArray]:
    return float(n[0]), means[0, chosen], covariances[0][np.ix_(chosen, chosen)]


def _estimates(setting: Problem, n: float, mean: NDArray, covariance: NDArray) -> NDArray:
    """All cells in the data's units. The units of the search are those of the first moments."""
    scale = setting.sample.scale
    problem = replace(setting, sample=_sample(n, mean, covariance, scale=scale))
    return solution.original(problem, estimation.estimate(problem).theta).value


def _sample(
    n: float, mean: NDArray, covariance: NDArray, *, scale: NDArray | None = None
) -> Sample:
    if scale is None:
        scale = np.exp2(np.round(np.log2(np.sqrt(np.diag(covariance)))))
    standard, nothing = covariance / np.outer(scale, scale), np.zeros((len(mean), 0))
    group = GroupSample.from_moments(n, mean, standard, nothing, scale=scale, centred=True)
    return Sample((group,), ("",), scale, np.zeros((0, 0)), (slice(0, 0),), None, weighted=False)
