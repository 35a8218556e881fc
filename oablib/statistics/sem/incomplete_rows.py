"""Scores of rows with missing values, and how they change with numbers that the rows hold."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ModelError
from oablib.statistics.sem.data import checks
from oablib.statistics.sem.data.rows import Rows, normalised
from oablib.statistics.sem.fits import incomplete
from oablib.statistics.sem.fits.fitting import SemFit
from oablib.statistics.sem.likelihood import moments, patterns
from oablib.statistics.sem.likelihood.moments import Moments
from oablib.statistics.sem.likelihood.patterns import Pattern

# Distance, in standard deviations, between the fit's means of known values and those of its rows.
SAME_MEANS = 1e-9


def scores(fit: SemFit, data: pd.DataFrame, *, weights: str | None) -> NDArray:
    """Derivatives of each row's log-density to the free parameters, shape (n, k).

    Times its weight, and 0 where the fit left a row out. Raises ModelError for other data.
    """
    problem, at = fit.core.problem, fit.core.optimum.at[0]
    layout, k = problem.layouts[0], problem.spec.n_free
    by, result = moments.slopes(at, layout.places), np.zeros((len(data), k))
    for pattern in _by_pattern(fit, data, weights=weights):
        by_cell = patterns.casewise(at, by.of(pattern.known), pattern)
        result[pattern.cluster] = layout.gather(by_cell, k)
    return result


def moved(
    fit: SemFit,
    data: pd.DataFrame,
    columns: Sequence[Mapping[str, NDArray]],
    *,
    weights: str | None,
) -> NDArray:
    """Derivatives of the sum of all scores to K numbers, shape (K, k); columns as in `response`.

    What moves an unknown value changes nothing.
    """
    problem, at = fit.core.problem, fit.core.optimum.at[0]
    layout, names = problem.layouts[0], problem.spec.observed
    by, parts = moments.slopes(at, layout.places), _by_pattern(fit, data, weights=weights)
    result = np.zeros((len(columns), problem.spec.n_free))
    for number, each in enumerate(columns):
        steps = np.zeros((len(data), len(names)))
        for name in each.keys() & set(names):
            index = names.index(name)
            steps[:, index] = each[name] / problem.sample.scale[index]
        excess, pull = _moved_moments(at, parts, steps)
        result[number] = layout.gather(patterns.slope(by, excess, pull), problem.spec.n_free)
    return result


def _moved_moments(
    at: Moments, parts: Sequence[Pattern], steps: NDArray
) -> tuple[NDArray, NDArray]:
    """Change of what `moments.slope` takes, where rows move by `steps`, shape (n, p)."""
    excess, pull = np.zeros_like(at.cov), np.zeros_like(at.mean)
    for pattern in parts:
        known, precision = pattern.known, patterns.precision(at, pattern)
        step = steps[pattern.cluster][:, known]
        step = step if pattern.weights is None else step * pattern.weights[:, None]
        both = step.T @ (pattern.z - at.mean[known])
        excess[np.ix_(known, known)] += precision @ (both + both.T) @ precision
        pull[known] += precision @ step.sum(axis=0)
    return excess, pull


def _by_pattern(fit: SemFit, data: pd.DataFrame, *, weights: str | None) -> tuple[Pattern, ...]:
    """The fit's rows in groups that know the same, each with its position in `data` as cluster."""
    problem = fit.core.problem
    spec, (group,) = problem.spec, patterns.groups(problem.sample)
    needed = [*spec.observed, *([] if weights is None else [weights])]
    checks.fail_if_column_is_absent(needed, list(data.columns))
    values = checks.numbers(data[list(spec.observed)], holes=True)
    used = np.flatnonzero(incomplete.usable(np.isfinite(values), spec, "fiml"))
    z = (values[used] - group.shift) / problem.sample.scale
    given = None if weights is None else normalised(checks.weights(data[weights])[used])
    found = incomplete.by_pattern(Rows(z, used, given))
    far = np.abs(_sums(found, z.shape[1]) - _sums(group.patterns, z.shape[1])).max() / len(used)
    if len(used) != fit.n or far > SAME_MEANS:
        raise ModelError(
            f"{len(used)} rows whose means of known values lie up to {far:.1e} standard deviations "
            f"from those of the fit, which has {fit.n} rows; give the rows and weights that were "
            "fitted."
        )
    return found


def _sums(parts: Sequence[Pattern], p: int) -> NDArray:
    """Sums of known values, shape (p,)."""
    total = np.zeros(p)
    for pattern in parts:
        total[pattern.known] += pattern.n * pattern.mean
    return total
