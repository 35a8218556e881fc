"""Parameters in the data's units and standardised, each with its derivatives to the search's.

Standardised means lavaan's std.all: all variables, latent ones too, have implied variance 1, and
residual covariances are correlations (Bollen, 1989, p. 349; lavaan 0.6-14, standardizedSolution).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from oablib.statistics.sem.likelihood import moments
from oablib.statistics.sem.likelihood.layout import COVARIANCE, KINDS, MEAN, PATH, Layout, factor
from oablib.statistics.sem.likelihood.moments import Moments
from oablib.statistics.sem.likelihood.problem import Problem
from oablib.statistics.sem.search.estimation import Optimum
from oablib.statistics.sem.text import defined
from oablib.statistics.sem.text.spec import FIXED, Cell, ModelSpec


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """One value per cell of the specification, shape (c,), and its derivatives, shape (c, k)."""

    value: NDArray
    slopes: NDArray


def original(problem: Problem, theta: NDArray) -> Values:
    """All cells in the data's units; intercepts return from centred data."""
    spec = problem.spec
    factors = np.array([factor(cell, problem.scale) for cell in spec.cells])
    standard = _standard(problem, theta)
    value, slopes = standard.value / factors, standard.slopes / factors[:, None]
    for group in range(spec.n_groups):
        _restore_intercepts(problem, group, value, slopes)
    return Values(value, slopes)


def _restore_intercepts(problem: Problem, group: int, value: NDArray, slopes: NDArray) -> None:
    """Add to each intercept what centring took out of it: shift - A shift, in the data's units.

    A latent variable is shifted by what its predictors' shifts make of it.
    """
    cells, p = problem.spec.cells, len(problem.spec.observed)
    paths = [n for n, c in enumerate(cells) if c.group == group and c.matrix == "A"]
    A, through, shift = _shifts(problem, group, value)
    for n, cell in enumerate(cells):
        if cell.group != group or cell.matrix != "M" or cell.row >= p:
            continue
        value[n] += shift[cell.row] - A[cell.row] @ shift
        for path in paths:
            row, column = cells[path].row, cells[path].column
            reach = float(row == cell.row) if row < p else A[cell.row, p:] @ through[:, row - p]
            slopes[n] -= reach * shift[column] * slopes[path]


def _shifts(problem: Problem, group: int, value: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """A in the data's units, (I - A)^-1 of the latent variables, and the shift of all variables."""
    p, v = len(problem.spec.observed), len(problem.scale)
    A, shift = np.zeros((v, v)), np.zeros(v)
    for n, cell in enumerate(problem.spec.cells):
        if cell.group == group and cell.matrix == "A":
            A[cell.row, cell.column] = value[n]
    shift[:p] = problem.sample.groups[group].shift
    through = np.linalg.inv(np.eye(v - p) - A[p:, p:])
    shift[p:] = through @ A[p:, :p] @ shift[:p]
    return A, through, shift


def standard_theta(problem: Problem, value: NDArray, *, given: NDArray) -> NDArray:
    """Parameters in standardised units from cells in the data's units, shape (c,).

    Where `value` is NaN the parameter stays as in `given`, shape (k,). The inverse of `original`.
    """
    spec, theta, p = problem.spec, given.copy(), len(problem.spec.observed)
    moved = value.copy()
    for group in range(spec.n_groups):
        A, _, shift = _shifts(problem, group, value)
        for n, cell in enumerate(spec.cells):
            if cell.group == group and cell.matrix == "M" and cell.row < p:
                moved[n] -= shift[cell.row] - A[cell.row] @ shift
    for n in reversed(range(len(spec.cells))):
        cell = spec.cells[n]
        if cell.free != FIXED and np.isfinite(moved[n]):
            theta[cell.free] = moved[n] * factor(cell, problem.scale)
    return theta


def standardised(problem: Problem, optimum: Optimum) -> Values:
    """All cells with every variable's implied variance at 1."""
    values, cells = original(problem, optimum.theta), problem.spec.cells
    unit = standard_units(problem, optimum, list(cells))
    log = np.empty_like(values.slopes)
    for group, layout in enumerate(problem.layouts):
        here = [n for n, cell in enumerate(cells) if cell.group == group]
        log[here] = _log_slopes(problem, layout, optimum.at[group], [cells[n] for n in here])
    value = values.value * unit
    return Values(value, values.slopes * unit[:, None] + value[:, None] * log)


def _standard(problem: Problem, theta: NDArray) -> Values:
    spec = problem.spec
    value, slopes = np.zeros(len(spec.cells)), np.zeros((len(spec.cells), spec.n_free))
    for group, layout in enumerate(problem.layouts):
        free = [n for n, c in enumerate(spec.cells) if c.group == group and c.free != FIXED]
        value[free] = layout.unit * theta[layout.parameter]
        slopes[free, layout.parameter] = layout.unit
    for number, cell in enumerate(spec.cells):
        if cell.free == FIXED:
            value[number] = float(cell.value or 0) * factor(cell, problem.scale)
    return Values(value, slopes)


def standard_units(problem: Problem, optimum: Optimum, cells: list[Cell]) -> NDArray:
    """What standardising multiplies each cell in the data's units by, shape (c,).

    NaN where a variance of zero or below leaves a cell without a unit.
    """
    result = np.empty(len(cells))
    with np.errstate(invalid="ignore"):
        totals = [np.sqrt(np.diag(at.C)) * problem.scale for at in optimum.at]
    for number, cell in enumerate(cells):
        at, i, j = optimum.at[cell.group], cell.row, cell.column
        total = totals[cell.group]
        if cell.matrix == "A":
            result[number] = total[j] / total[i]
        elif cell.matrix == "M":
            result[number] = 1 / total[i]
        elif i == j:
            result[number] = 1 / total[i] ** 2
        else:
            residual = at.S[i, i] * at.S[j, j]
            size = problem.scale[i] * problem.scale[j]
            result[number] = 1 / (np.sqrt(residual) * size) if residual > 0 else np.nan
    return result


def _log_slopes(problem: Problem, layout: Layout, at: Moments, cells: list[Cell]) -> NDArray:
    """Derivatives of the logarithm of `standard_units` to the parameters, shape (c, k).

    Each unit is a product of powers of total or residual standard deviations.
    """
    k = problem.spec.n_free
    by = moments.slopes(at, layout.places, latent=True)
    total = layout.gather(by.f * by.L * by.R, k) / np.diag(at.C)[:, None]
    spread = (layout.places.kind == COVARIANCE) & (layout.places.row == layout.places.column)
    by_cell = np.zeros((len(at.S), len(layout.parameter)))
    by_cell[layout.places.row[spread], np.flatnonzero(spread)] = 0.5
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = layout.gather(by_cell, k) / np.diag(at.S)[:, None]
    kind = np.array([KINDS[cell.matrix] for cell in cells])[:, None]
    i, j = np.array([c.row for c in cells]), np.array([c.column for c in cells])
    diagonal = (kind == COVARIANCE) & (i == j)[:, None]
    log = np.where(kind == PATH, total[j] - total[i], -residual[i] - residual[j])
    log = np.where(diagonal, -2 * total[i], log)
    return np.where(kind == MEAN, -total[i], log)


Z_95 = float(ndtri(0.975))


def parameter_table(
    problem: Problem, optimum: Optimum, *, covariance: NDArray
) -> tuple[pd.DataFrame, NDArray]:
    """Columns of SemFit.parameters, and the covariance of its rows, shape (r, r).

    covariance: of the free parameters in standardised units, shape (k, k).
    """
    values = with_defined(problem.spec, original(problem, optimum.theta))
    std = with_defined(problem.spec, standardised(problem, optimum))
    # What is fixed has no error, also where those of all others are unknown.
    estimated = np.flatnonzero(values.slopes.any(axis=1))
    full = np.zeros((len(values.value), len(values.value)))
    slopes = values.slopes[estimated]
    full[np.ix_(estimated, estimated)] = slopes @ covariance @ slopes.T
    se = np.sqrt(np.maximum(np.diag(full), 0.0))
    columns = address(problem.spec, problem.sample.labels) | tests(values.value, se)
    return pd.DataFrame({**columns, "std": std.value}), (full + full.T) / 2


def rows(spec: ModelSpec) -> NDArray:
    """Positions in spec.cells of those that the table shows."""
    return np.array([n for n, c in enumerate(spec.cells) if c.shown and spec.counts(c)])


def with_defined(spec: ModelSpec, cells: Values) -> Values:
    """The table's rows out of all cells, followed by the parameters that the text defines."""
    chosen = rows(spec)
    value, slopes = cells.value[chosen], cells.slopes[chosen]
    if not spec.definitions:
        return Values(value, slopes)
    labelled = {cell.label: n for n, cell in reversed(list(enumerate(spec.cells))) if cell.label}
    labels = {label: float(cells.value[n]) for label, n in labelled.items()}
    extra, by_label = defined.evaluate(spec.definitions, labels)
    extra_slopes = by_label @ cells.slopes[list(labelled.values())]
    return Values(np.concatenate([value, extra]), np.concatenate([slopes, extra_slopes]))


def address(spec: ModelSpec, labels: tuple[str, ...]) -> dict[str, list[str]]:
    """Columns lhs, op, rhs, group (of several only) and label of the table's rows."""
    shown = [spec.cells[n] for n in rows(spec)]
    columns = {
        "lhs": [cell.lhs for cell in shown] + [d.name for d in spec.definitions],
        "op": [cell.op for cell in shown] + [":=" for _ in spec.definitions],
        "rhs": [cell.rhs for cell in shown] + [d.expression for d in spec.definitions],
    }
    if spec.n_groups > 1:
        columns["group"] = [labels[cell.group] for cell in shown] + ["" for _ in spec.definitions]
    columns["label"] = [cell.label for cell in shown] + [d.name for d in spec.definitions]
    return columns


def tests(est: NDArray, se: NDArray) -> dict[str, NDArray]:
    """Columns est, se, z, p and the 95 % interval; a fixed value has se 0 and no test."""
    z = np.divide(est, se, out=np.full(len(est), np.nan), where=se > 0)
    return {
        "est": est, "se": se, "z": z, "p": 2 * ndtr(-np.abs(z)),
        "ci_lower": est - Z_95 * se, "ci_upper": est + Z_95 * se,
    }  # fmt: skip
