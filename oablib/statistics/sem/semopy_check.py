"""semopy's own estimates beside ours: a second opinion from another program.

semopy 2.3.11 with its default settings stops early and calls that success; here it searches to a
tight tolerance, on standardised variables under plain names.
"""

import warnings

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ModelError
from oablib.statistics.sem.fits.fitting import SemFit, fail_if_no_fit
from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.likelihood.layout import factor
from oablib.statistics.sem.likelihood.problem import Problem
from oablib.statistics.sem.results import solution
from oablib.statistics.sem.text.spec import FIXED, Cell, Entry

SEMOPY_OPTIONS = {"ftol": 1e-12, "maxiter": 1000}


def semopy_estimates(fit: SemFit) -> pd.DataFrame:
    """What semopy estimates from the sample moments of `fit`, one row per row of parameters.

    Columns lhs, op, rhs; est (ours) and semopy, in the data's units; distance: |semopy - est| in
    our standard errors. semopy and distance are NaN for what semopy does not estimate (intercepts,
    moments of exogenous variables, fixed and defined values), and in all rows where it fails or
    cannot express the model: constraints, restricted means, values shared by parameters of
    different units, latent variables without a fixed loading. semopy keeps variances at 0 or above
    and may stop there although the likelihood rises elsewhere: a large distance is then its own.
    Raises ModelError for a fit of several groups.
    """
    fail_if_no_fit(fit)
    if fit.n_groups > 1:
        raise ModelError(
            f"The fit has {fit.n_groups} groups and semopy fits one; compare fits of one group."
        )
    try:
        estimates = _own_search(fit.core.problem)
    except Exception:  # whatever goes wrong in there, it is no fault of the fit
        estimates = {}
    rows = fit.parameters[["lhs", "op", "rhs", "est"]].copy()
    rows["semopy"] = _in_rows(fit.core.problem, estimates, len(rows))
    se = fit.parameters["se"].where(fit.parameters["se"] > 0)
    return rows.assign(distance=(rows["semopy"] - rows["est"]).abs() / se)


def _in_rows(problem: Problem, estimates: dict[Entry, float], n_rows: int) -> NDArray:
    """semopy's values in the data's units; the rows of `:=`, which come last, stay NaN."""
    result = np.full(n_rows, np.nan)
    for row, number in enumerate(solution.rows(problem.spec)):
        cell = problem.spec.cells[number]
        result[row] = estimates.get(cell.entry, np.nan) / factor(cell, problem.scale)
    return result


def _own_search(problem: Problem) -> dict[Entry, float]:
    """Estimates in standardised units; none when semopy would fit another model."""
    import semopy

    if not _is_expressible(problem):
        return {}
    # A new Model per data set: a used one keeps the exogenous covariances of its first data.
    model = semopy.Model(_text(problem))
    names = [f"v{i}" for i in range(len(problem.spec.observed))]
    cov = pd.DataFrame(problem.sample.groups[0].cov, index=names, columns=names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(cov=cov, n_samples=problem.sample.n, options=SEMOPY_OPTIONS)
    estimates: dict[Entry, float] = {}
    for row in model.inspect(std_est=False).itertuples(index=False):
        i, j = int(row.lval[1:]), int(row.rval[1:])
        entry: Entry = ("A", i, j) if row.op == "~" else ("S", min(i, j), max(i, j))
        estimates[entry] = float(row.Estimate)
    return {cell.entry: estimates[cell.entry] for cell in _cells(problem) if cell.free != FIXED}


def _cells(problem: Problem) -> list[Cell]:
    """What semopy's Model has: all but means, and moments that it takes from the sample."""
    return [c for c in problem.spec.cells if c.matrix != "M" and not c.exogenous]


def _is_expressible(problem: Problem) -> bool:
    """No constraints, free means, one unit for what is shared, a marker per latent variable.

    Without a marker semopy 2.3.11 looks for one in an endless loop.
    """
    spec = problem.spec
    marked = {cell.lhs for cell in spec.cells if cell.op == "=~" and cell.free == FIXED}
    one_unit = bool((problem.layouts[0].unit == 1).all())
    free = not spec.restrictions and problems.centred(spec)
    return free and one_unit and set(spec.latent) <= marked


def _text(problem: Problem) -> str:
    """Every parameter of the model in standardised units, the free ones under names of ours."""
    lines = []
    for cell in _cells(problem):
        value = f"{float(cell.value or 0) * factor(cell, problem.scale)!r}"
        modifier = value if cell.free == FIXED else f"p{cell.free}"
        left, right = (cell.column, cell.row) if cell.op == "=~" else (cell.row, cell.column)
        lines.append(f"v{left} {cell.op} {modifier}*v{right}")
    return "\n".join(lines)
