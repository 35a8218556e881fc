"""Direct, indirect and total effects, in the data's units and standardised.

With A the matrix of paths, total effects are (I - A)^-1 - I, direct ones A, indirect ones the rest
(Bollen, 1989, p. 376). Standard errors by the delta method (Sobel, 1982); intervals also by Monte
Carlo, which allows for the skewness of a product (MacKinnon, Lockwood & Williams, 2004, Multivar.
Behav. Res. 39:99).
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ModelError
from oablib.statistics.sem import arguments
from oablib.statistics.sem.fits.fitting import SemFit, fail_if_no_fit
from oablib.statistics.sem.results import solution
from oablib.statistics.sem.results.solution import Values
from oablib.statistics.sem.scores.candidates import reach
from oablib.statistics.sem.text.spec import ModelSpec

DEFAULT_DRAWS = 20_000
# Fewer draws leave the ends of a 95 % interval to chance.
LEAST_DRAWS = 1_000
# Draws that are inverted at once: bounds the memory.
BLOCK_DRAWS = 2_000
# Sampling variance below this is rounding of a value that the standardisation fixes.
NOTHING = 1e-20
KINDS = ("direct", "indirect", "total")


class _Effects(NamedTuple):
    """Effects of variables on others by position in the matrices; each of shape (e,)."""

    outcome: NDArray
    cause: NDArray
    kind: NDArray


def effects(fit: SemFit, *, draws: int = DEFAULT_DRAWS, seed: int = 1) -> pd.DataFrame:
    """Effects of each variable on each one that a path explains, directly or through others.

    Columns: lhs (outcome), rhs (cause), effect ("direct", "indirect", "total"; those that the
    model's paths allow for), group (of several only); est, se, z, p, ci_lower, ci_upper (95 %,
    delta method); mc_lower, mc_upper (95 %, from `draws` normal draws of the parameters; NaN
    with draws=0); std (all variables with variance 1) and std_se. Raises ModelError for a model
    without paths and for too few draws.
    """
    fail_if_no_fit(fit)
    arguments.whole_number("seed", seed, "a whole number from 0 on")
    arguments.whole_number("draws", draws, f"0, or at least {LEAST_DRAWS}")
    if draws and draws < LEAST_DRAWS:
        raise ModelError(f"draws={draws}; expected 0, or at least {LEAST_DRAWS}.")
    problem, optimum = fit.core.problem, fit.core.optimum
    wanted = _structure(problem.spec)
    if not len(wanted.kind):
        raise ModelError("The model has no path `y ~ x`, so that there are no effects to compute.")
    units = [solution.original(problem, optimum.theta), solution.standardised(problem, optimum)]
    groups = range(problem.spec.n_groups)
    parts = [_of_group(fit, units, wanted, group, draws=draws, seed=seed) for group in groups]
    return pd.concat(parts, ignore_index=True)


def standardized(fit: SemFit) -> pd.DataFrame:
    """lavaan's standardizedSolution: est (std.all), se, z, p and 95 % interval of every row.

    Columns lhs, op, rhs (group), label besides. Standard errors by the delta method, of the kind
    that the fit has.
    """
    fail_if_no_fit(fit)
    problem = fit.core.problem
    values = solution.with_defined(problem.spec, solution.standardised(problem, fit.core.optimum))
    se = _errors(values.slopes, fit.core.covariance)
    address = solution.address(problem.spec, problem.sample.labels)
    return pd.DataFrame(address | solution.tests(values.value, se))


def _structure(spec: ModelSpec) -> _Effects:
    """Effects for which there is a route, pairs in the order of the text."""
    paths = [cell for cell in spec.cells if cell.op == "~" and cell.group == 0]
    direct = {(cell.row, cell.column) for cell in paths}
    moved, reached = reach(spec), set()
    for outcome in dict.fromkeys(cell.row for cell in paths):
        for cause in dict.fromkeys(cell.column for cell in paths):
            if outcome != cause and moved[outcome, cause]:
                reached.add((outcome, cause))
    result = []
    for outcome, cause in sorted(reached):
        between = [i for i, j in direct if j == cause and i != outcome and moved[outcome, i]]
        present = ((outcome, cause) in direct, bool(between), True)
        result += [(outcome, cause, k) for k, here in zip(KINDS, present, strict=True) if here]
    return _Effects(*(np.array([effect[field] for effect in result]) for field in range(3)))


class _Paths(NamedTuple):
    """Paths of one group: rows and columns in A of `size` variables, each of shape (p,)."""

    size: int
    row: NDArray
    column: NDArray

    def matrix(self, value: NDArray) -> NDArray:
        """A at these values of the paths, shape (..., p)."""
        A = np.zeros((*value.shape[:-1], self.size, self.size))
        A[..., self.row, self.column] = value
        return A


def _of_group(
    fit: SemFit, units: list[Values], wanted: _Effects, group: int, *, draws: int, seed: int
) -> pd.DataFrame:
    """The effects of one group; units: all cells in the data's units, and standardised."""
    problem, covariance = fit.core.problem, fit.core.covariance
    cells, names = problem.spec.cells, problem.spec.variables
    numbers = [n for n, c in enumerate(cells) if c.matrix == "A" and c.group == group]
    row, column = (np.array([getattr(cells[n], at) for n in numbers]) for at in ("row", "column"))
    paths = _Paths(len(names), row, column)
    values, standard = (Values(unit.value[numbers], unit.slopes[numbers]) for unit in units)
    here, there = (_values(paths, each, wanted) for each in (values, standard))
    spread = values.slopes @ covariance @ values.slopes.T
    simulated = _simulated(paths, values.value, spread, wanted, draws=draws, seed=seed)
    lower, upper = np.quantile(simulated, [0.025, 0.975], axis=0) if draws else (np.nan, np.nan)
    columns = {
        "lhs": [names[i] for i in wanted.outcome],
        "rhs": [names[i] for i in wanted.cause],
        "effect": wanted.kind.tolist(),
    }
    if problem.spec.n_groups > 1:
        columns["group"] = [problem.sample.labels[group]] * len(wanted.kind)
    return pd.DataFrame(
        columns | solution.tests(here.value, _errors(here.slopes, covariance))
    ).assign(
        mc_lower=lower, mc_upper=upper, std=there.value, std_se=_errors(there.slopes, covariance)
    )


def _errors(slopes: NDArray, covariance: NDArray) -> NDArray:
    variance = np.einsum("rk,rk->r", slopes @ covariance, slopes)
    return np.sqrt(np.where(variance > NOTHING, variance, 0.0))


def _values(paths: _Paths, values: Values, wanted: _Effects) -> Values:
    """The wanted effects and their derivatives, from paths in either unit."""
    A = paths.matrix(values.value)
    B = np.linalg.inv(np.eye(len(A)) - A)
    by_path = B[np.ix_(wanted.outcome, paths.row)] * B[np.ix_(paths.column, wanted.cause)].T
    straight = wanted.outcome[:, None] == paths.row
    straight &= wanted.cause[:, None] == paths.column
    slopes = _chosen(straight, by_path, wanted.kind[:, None]) @ values.slopes
    return Values(_pick(A, B, wanted), slopes)


def _pick(A: NDArray, B: NDArray, wanted: _Effects) -> NDArray:
    """Wanted effects out of matrices, shape (..., e)."""
    outcome, cause, kind = wanted
    return _chosen(A[..., outcome, cause], B[..., outcome, cause], kind)


def _chosen(direct: NDArray, total: NDArray, kind: NDArray) -> NDArray:
    """The wanted kind of effect, from direct and total ones."""
    indirect = total - direct
    return np.where(kind == "direct", direct, np.where(kind == "total", total, indirect))


def _simulated(
    paths: _Paths, mean: NDArray, covariance: NDArray, wanted: _Effects, *, draws: int, seed: int
) -> NDArray:
    """Effects at normal draws of the paths, shape (draws, effects)."""
    rng = np.random.default_rng(seed)
    blocks = [np.empty((0, len(wanted.kind)))]
    for start in range(0, draws, BLOCK_DRAWS):
        count = min(BLOCK_DRAWS, draws - start)
        # A fixed path has variance zero, so that the matrix is singular on purpose.
        drawn = rng.multivariate_normal(mean, covariance, size=count, method="eigh")
        A = paths.matrix(drawn)
        blocks.append(_pick(A, np.linalg.inv(np.eye(paths.size) - A), wanted))
    return np.concatenate(blocks)
