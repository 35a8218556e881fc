"""The table of parameters: one row per free, fixed or defined one, with its standard error."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from oablib.sem import defined, solution
from oablib.sem.estimation import Optimum
from oablib.sem.problem import Problem
from oablib.sem.solution import Values
from oablib.sem.spec import ModelSpec

Z_95 = float(ndtri(0.975))


def parameter_table(
    problem: Problem, optimum: Optimum, *, covariance: NDArray
) -> tuple[pd.DataFrame, NDArray]:
    """Columns of SemFit.parameters, and the covariance of its rows, shape (r, r).

    covariance: of the free parameters in standardised units, shape (k, k).
    """
    own = with_defined(problem.spec, solution.original(problem, optimum.theta))
    std = with_defined(problem.spec, solution.standardised(problem, optimum))
    full = own.slopes @ covariance @ own.slopes.T
    se = np.sqrt(np.maximum(np.diag(full), 0.0))
    columns = address(problem.spec, problem.sample.labels) | tests(own.value, se)
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
