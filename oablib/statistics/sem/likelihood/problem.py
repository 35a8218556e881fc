"""One model on one data set, ready to be maximised: matrices, moments, and which parameters move.

Two sets of parameters need no search in complete data. Where no intercept is restricted the means
are those of the sample; and the moments of exogenous variables are those of the sample as long as
nothing else depends on them and nothing restricts them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from oablib.statistics.sem.data.sample import GroupSample, Sample
from oablib.statistics.sem.likelihood import bounds as limiting
from oablib.statistics.sem.likelihood import layout, moments, patterns
from oablib.statistics.sem.likelihood.bounds import Bounds
from oablib.statistics.sem.likelihood.directions import Directions, Limits
from oablib.statistics.sem.likelihood.layout import Layout, Places
from oablib.statistics.sem.likelihood.moments import Moments
from oablib.statistics.sem.likelihood.patterns import PatternSample
from oablib.statistics.sem.text.spec import FIXED, Cell, ModelSpec


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Model, moments and layouts, one layout per group; parameters are in standardised units.

    scale: unit of each variable. searched: numbers of the parameters without closed form; moving:
    the layouts of these alone, numbered anew. bounds: name of the limits that the data give, which
    are among spec.restrictions. directions: those that equalities leave to the searched parameters,
    None for all. limits: linear ones, None where there are none, which costs a search nothing;
    `climbing.climb` keeps within them, whoever sets them.
    """

    spec: ModelSpec
    sample: Sample
    scale: NDArray
    layouts: tuple[Layout, ...]
    searched: NDArray
    moving: tuple[Layout, ...]
    bounds: Bounds = "none"
    directions: Directions | None = None
    limits: Limits | None = None


def centred(spec: ModelSpec) -> bool:
    """Whether every observed mean is free of restrictions, so that means and covariances part."""
    observed = set(spec.observed)
    means = [cell for cell in spec.cells if cell.matrix == "M"]
    of_observed = [cell for cell in means if cell.lhs in observed]
    latent = [cell for cell in means if cell.lhs not in observed]
    free = _are_free(spec, of_observed)
    return free and not any(cell.free != FIXED or cell.value for cell in latent)


def set_up(spec: ModelSpec, sample: Sample, *, bounds: Bounds = "none") -> Problem:
    """The model's cells in the sample's units, with the limits that `bounds` makes of the data."""
    scale = layout.scales(spec, sample.scale)
    if bounds != "none":
        spec = replace(spec, restrictions=spec.restrictions_of_text)
    layouts, searched = layout.layouts(spec, scale), np.arange(spec.n_free)
    if not patterns.groups(sample):
        searched = _searched(spec)
    if bounds != "none":
        limits = limiting.restrictions(spec, sample, searched, bounds)
        spec = replace(spec, restrictions=(*spec.restrictions, *limits))
    return Problem(
        spec=spec, sample=sample, scale=scale, layouts=layouts, searched=searched,
        moving=tuple(each.only(searched) for each in layouts), bounds=bounds,
    )  # fmt: skip


def moved(problem: Problem, theta: NDArray, move: NDArray) -> NDArray:
    """Parameters after a move of what is searched for, shape (k,)."""
    result = theta.copy()
    result[problem.searched] += along(problem.directions, move)
    return result


def along(directions: Directions | None, move: NDArray) -> NDArray:
    """A move of the coordinates z as one of the parameters."""
    return move if directions is None else directions.basis @ move


def across(problem: Problem, rows: NDArray) -> NDArray:
    """Derivatives to the parameters, shape (r, k), as those to what is searched for, (r, s)."""
    searched = rows[:, problem.searched]
    return searched if problem.directions is None else searched @ problem.directions.basis


def implied(problem: Problem, theta: NDArray) -> tuple[Moments, ...]:
    """Moments of each group at `theta`, shape (k,). Raises LinAlgError as `moments.implied`."""
    return tuple(moments.implied(each, theta) for each in problem.layouts)


def trial(problem: Problem, theta: NDArray) -> tuple[tuple[Moments, ...] | None, float]:
    """Moments and log-likelihood; minus infinity where no data can have such moments."""
    try:
        at = implied(problem, theta)
    except np.linalg.LinAlgError:
        return None, -np.inf
    return at, loglik(problem, at)


def loglik(problem: Problem, at: tuple[Moments, ...]) -> float:
    """Mean log-density of the standardised rows of all groups."""
    groups = problem.sample.groups
    total = sum(g.n * _loglik(m, g) for g, m in zip(groups, at, strict=True))
    return total / problem.sample.n


def gradient(problem: Problem, at: tuple[Moments, ...], *, moving: bool = False) -> NDArray:
    """Derivatives of `loglik` to all parameters, or only to what is searched for (moving).

    Where equalities hold, these are the coordinates of their directions.
    """
    return _summed(problem, at, _gradient, moving=moving)


def expected_information(
    problem: Problem, at: tuple[Moments, ...], *, moving: bool = False
) -> NDArray:
    """Fisher information of one row about the parameters, as in `gradient`."""
    return _summed(problem, at, _expected, moving=moving)


def observed_information(
    problem: Problem, at: tuple[Moments, ...], *, moving: bool = False
) -> NDArray:
    """Minus the second derivatives of `loglik`, to parameters as in `gradient`."""
    return _summed(problem, at, _observed, moving=moving)


def whitened(at: Moments, places: Places, group: GroupSample) -> tuple[NDArray, NDArray]:
    """Residual moments of one group and their slopes to the cells, as moments.whitened."""
    if isinstance(group, PatternSample):
        return patterns.whitened(at, places, group)
    return moments.whitened(at, places, group)


def _loglik(at: Moments, group: GroupSample) -> float:
    if isinstance(group, PatternSample):
        return patterns.loglik(at, group)
    return moments.loglik(at, group)


def _gradient(at: Moments, places: Places, group: GroupSample) -> NDArray:
    if isinstance(group, PatternSample):
        return patterns.gradient(at, places, group)
    return moments.gradient(at, places, group)


def _expected(at: Moments, places: Places, group: GroupSample) -> NDArray:
    if isinstance(group, PatternSample):
        return patterns.expected_information(at, places, group)
    return moments.expected_information(at, places)


def _observed(at: Moments, places: Places, group: GroupSample) -> NDArray:
    if isinstance(group, PatternSample):
        return patterns.observed_information(at, places, group)
    return moments.observed_information(at, places, group)


def _summed(
    problem: Problem,
    at: tuple[Moments, ...],
    derivative: Callable[[Moments, Places, GroupSample], NDArray],
    *,
    moving: bool,
) -> NDArray:
    """Add up a derivative over groups by their share in the rows, over cells by their parameter."""
    layouts = problem.moving if moving else problem.layouts
    k = len(problem.searched) if moving else problem.spec.n_free
    parts = []
    for cells, m, group in zip(layouts, at, problem.sample.groups, strict=True):
        d = derivative(m, cells.places, group)
        by_parameter = cells.gather_both(d, k) if d.ndim > 1 else cells.gather(d, k)
        parts.append(group.n / problem.sample.n * by_parameter)
    total = np.sum(parts, axis=0)
    if not moving or problem.directions is None:
        return total
    basis = problem.directions.basis
    return basis.T @ total @ basis if total.ndim > 1 else basis.T @ total


def _are_free(spec: ModelSpec, cells: list[Cell]) -> bool:
    numbers = [cell.free for cell in cells]
    used = [cell.free for cell in spec.cells if cell.free in set(numbers)]
    alone = len(used) == len(set(used)) and not spec.restricted & set(numbers)
    return FIXED not in numbers and alone


def _searched(spec: ModelSpec) -> NDArray:
    means_part = centred(spec)
    closed = [c for c in spec.cells if means_part and c.matrix == "M"]
    exogenous = [c for c in spec.cells if c.exogenous]
    touched = any(
        c.matrix == "S" and not c.exogenous and {c.lhs, c.rhs} & set(spec.exogenous)
        for c in spec.cells
    )
    if _are_free(spec, exogenous) and not touched:
        closed += exogenous
    return np.setdiff1d(np.arange(spec.n_free), [c.free for c in closed if c.free != FIXED])
