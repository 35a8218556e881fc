"""Score tests of parameters that a model leaves out: modification indices, plain and robust.

Plain: lavaan's modindices (Sorbom, 1989, Psychometrika 54:371). Robust: the generalised score
test with the sandwich of casewise or clustered scores in place of the information (Boos, 1992,
Am. Stat. 46:327). Both use the expected information to take out the free parameters.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import block_diag
from scipy.special import chdtrc

from oablib.base.shown import showable
from oablib.statistics.sem import arguments, constrained, directions, inference, solution
from oablib.statistics.sem import problem as problems
from oablib.statistics.sem.candidates import (
    against,
    candidates_of,
    extended,
    listed,
    read_candidates,
)
from oablib.statistics.sem.fitting import SemFit, fail_if_no_fit
from oablib.statistics.sem.layout import factor
from oablib.statistics.sem.spec import Cell

# Share of a candidate's information that must be left once the free parameters are taken out:
# of a candidate that is not identified rounding leaves some 1e-14.
LEAST_INFORMATION = 1e-9


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ScoreTest:
    """Score test of one candidate of d terms, in the data's units.

    rhs: the terms' right sides joined by " + ". score: efficient score of all rows, shape (d,).
    information: its expected variance, meat: its robust variance, both (d, d). epc: expected
    change of each parameter, sepc the same standardised, (d,). reverse_path: a term would point
    against the paths there are. All but the score is NaN where the candidate is not identified,
    and meat alone where there are too few clusters for the terms.
    """

    lhs: str
    op: str
    rhs: str
    group: str
    score: NDArray
    information: NDArray
    meat: NDArray
    epc: NDArray
    sepc: NDArray
    reverse_path: bool

    @property
    def df(self) -> int:
        """Number of terms."""
        return len(self.score)

    @property
    def mi(self) -> float:
        """chi2 with `df` degrees of freedom if the model holds and rows are independent."""
        return _quadratic(self.score, self.information)

    @property
    def mi_robust(self) -> float:
        """The same under other distributions and, in a clustered fit, alike rows in a cluster."""
        return _quadratic(self.score, self.meat)


def modification_indices(
    fit: SemFit, candidates: str | Iterable[str] | None = None, *, robust: bool = True
) -> pd.DataFrame:
    """Test what the model leaves out.

    candidates: one text or several, such as `y ~ x`; `y ~ d1 + d2` is one test of two terms.
        Default: every path, loading and residual covariance that the model does not estimate and
        that is identified.
    Columns: lhs, op, rhs (group); mi: lavaan's; mi_robust; epc: expected parameter change; sepc:
    standardised, lavaan's sepc.all; p: of mi_robust, or of mi with robust=False; df; reverse_path:
    the path would run against those there are, as from a test score to what came before it. epc
    and sepc of several terms are NaN. Sources: Sorbom (1989), Boos (1992); both with the
    expected information, as lavaan's. Raises ModelError for a candidate that is free already or
    names what the model does not hold.
    """
    arguments.switch("robust", robust)
    rows = [_row(test, robust=robust) for test in score_tests(fit, candidates)]
    columns = ["lhs", "op", "rhs", "group", "mi", "mi_robust", "epc", "sepc", "p", "df"]
    table = pd.DataFrame(rows, columns=[*columns, "reverse_path"])
    return table if fit.n_groups > 1 else table.drop(columns="group")


def score_tests(
    fit: SemFit, candidates: str | Iterable[str] | None = None
) -> tuple[ScoreTest, ...]:
    """The tests behind `modification_indices`, one per candidate and group; errors as there.

    Without candidates those that are not identified are left out. Source: Boos (1992).
    """
    tests = _tests(fit, _sets(fit, candidates))
    return tuple(t for t in tests if candidates is not None or np.isfinite(t.mi))


def score_information(fit: SemFit, candidates: str | Iterable[str] | None = None) -> NDArray:
    """Expected information of all rows about the free parameters and then the candidates' terms.

    Shape (k + e, k + e), the data's units; what pooling the information itself needs. Where
    equalities or active limits hold, k counts the directions that they leave. Terms as in
    `score_tests`, groups one after the other, none left out; errors as there. Source: Mansolf,
    Jorgensen & Enders (2020, Psychol. Methods 25:393).
    """
    fail_if_no_fit(fit)
    problem = fit.core.problem
    cells = [cell for terms in _sets(fit, candidates) for cell in terms]
    wide = extended(problem, cells)
    fixed = [float(cell.value or 0) * factor(cell, problem.scale) for cell in cells]
    theta = np.concatenate([fit.core.optimum.theta, fixed])
    first = {cell.free: n for n, cell in reversed(list(enumerate(wide.spec.cells)))}
    rows = [first[number] for number in range(wide.spec.n_free)]
    inverse = np.linalg.inv(solution.original(wide, theta).slopes[rows])
    whole = fit.n * problems.expected_information(wide, fit.core.optimum.at)
    information = inverse.T @ whole @ inverse
    held = constrained.held(problem, fit.core.optimum)
    if not held:
        return information
    constrained.fail_if_curved(
        problem, fit.core.optimum, needs="Pooled modification indices",
        instead="look at those of each fit",
    )  # fmt: skip
    # In the data's units, so that all imputations have the same directions.
    _, slopes = constrained.in_data_units(problem, fit.core.optimum.theta)
    there = directions.of_equalities(slopes[held], np.zeros(len(held)))
    free = block_diag(there.basis, np.eye(len(cells)))
    return free.T @ information @ free


def _sets(fit: SemFit, candidates: str | Iterable[str] | None) -> list[list[Cell]]:
    """The cells of each candidate in each group."""
    fail_if_no_fit(fit)
    spec, groups = fit.core.problem.spec, range(fit.n_groups)
    texts = candidates_of(spec) if candidates is None else listed(candidates)
    named = read_candidates(spec, texts)
    return [[cell._replace(group=g) for cell in terms] for g in groups for terms in named]


def _row(test: ScoreTest, *, robust: bool) -> dict[str, object]:
    names = ("lhs", "op", "rhs", "group", "mi", "mi_robust", "df", "reverse_path")
    row = {name: getattr(test, name) for name in names}
    epc, sepc = (test.epc[0], test.sepc[0]) if test.df == 1 else (np.nan, np.nan)
    p = float(chdtrc(test.df, test.mi_robust if robust else test.mi))
    return row | {"epc": epc, "sepc": sepc, "p": p}


def _quadratic(score: NDArray, variance: NDArray) -> float:
    if not np.isfinite(variance).all():
        return np.nan
    return float(score @ np.linalg.solve(variance, score))


@dataclass(frozen=True, slots=True, eq=False)
class _Efficient:
    """Scores of e candidate cells with the free parameters taken out, in the data's units.

    share: what is left of each cell's information, (e,). units: what standardising multiplies
    each cell by, (e,).
    """

    score: NDArray
    information: NDArray
    meat: NDArray
    share: NDArray
    units: NDArray


def _tests(fit: SemFit, sets: list[list[Cell]]) -> list[ScoreTest]:
    if not sets:
        return []
    efficient = _efficient(fit, [cell for terms in sets for cell in terms])
    ends = np.cumsum([0, *map(len, sets)])
    reverse = against(fit.core.problem.spec)
    return [
        _test(fit, terms, efficient, slice(*span), reverse=reverse)
        for terms, span in zip(sets, pairwise(ends), strict=True)
    ]


def _test(
    fit: SemFit, terms: list[Cell], efficient: _Efficient, span: slice, *, reverse: NDArray
) -> ScoreTest:
    """span: where the terms are among all cells."""
    score, first = efficient.score[span], terms[0]
    information, meat = efficient.information[span, span], efficient.meat[span, span]
    nothing = np.full_like(information, np.nan)
    if efficient.share[span].min() > LEAST_INFORMATION and _is_definite(information):
        epc = np.linalg.solve(information, score)
    else:
        information = meat = nothing
        epc = nothing[0]
    # Fewer clusters than terms: no joint test is possible.
    meat = meat if _is_definite(meat) else nothing
    return ScoreTest(
        lhs=first.lhs, op=first.op, rhs=" + ".join(cell.rhs for cell in terms),
        group=fit.core.problem.sample.labels[first.group], score=score, information=information,
        meat=meat, epc=epc, sepc=epc * efficient.units[span],
        reverse_path=any(c.matrix == "A" and bool(reverse[c.row, c.column]) for c in terms),
    )  # fmt: skip


def _is_definite(variance: NDArray) -> bool:
    """Whether the data can distinguish the terms from each other."""
    size = np.sqrt(np.diag(variance))
    if not (np.isfinite(variance).all() and size.all()):
        return False
    smallest = np.linalg.eigvalsh(variance / np.outer(size, size))[0]
    return bool(smallest > LEAST_INFORMATION)


def _efficient(fit: SemFit, cells: list[Cell]) -> _Efficient:
    problem, optimum, k = fit.core.problem, fit.core.optimum, fit.core.problem.spec.n_free
    wide = extended(problem, cells)
    whole = fit.n * problems.expected_information(wide, optimum.at)
    weights = inference.score_weights(wide, optimum.at)
    taken = inference.bread(problem, optimum, information="expected") @ whole[:k, k:]
    clear = weights[:, k:] - weights[:, :k] @ taken
    left = whole[k:, k:] - whole[k:, :k] @ taken
    factors = np.array([factor(cell, problem.scale) for cell in cells])
    square = np.outer(factors, factors)
    return _Efficient(
        score=fit.n * problems.gradient(wide, optimum.at)[k:] * factors,
        information=left * square,
        meat=clear.T @ problem.sample.products @ clear * square,
        share=np.diag(left) / np.diag(whole)[k:],
        units=solution.standard_units(problem, optimum, cells),
    )
