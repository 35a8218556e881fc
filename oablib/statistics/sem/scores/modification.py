"""Score tests of parameters that a model leaves out: modification indices, plain and robust.

Plain: lavaan's modindices; robust: see score_statistics.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import block_diag

from oablib.statistics.sem import arguments
from oablib.statistics.sem.fits.fitting import SemFit, fail_if_no_fit
from oablib.statistics.sem.likelihood import directions
from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.likelihood.layout import factor
from oablib.statistics.sem.results import solution
from oablib.statistics.sem.scores.candidates import candidates_of, extended, listed, read_candidates
from oablib.statistics.sem.scores.score_statistics import Freed, ScoreTest, tests_of, together
from oablib.statistics.sem.search import constrained


def modification_indices(
    fit: SemFit,
    candidates: str | Iterable[str] | None = None,
    *,
    robust: bool = True,
    over_groups: bool = False,
) -> pd.DataFrame:
    """Test what the model leaves out.

    candidates: one text or several, such as `y ~ x`; `y ~ d1 + d2` is one test of two terms.
        Default: every path, loading and residual covariance that the model does not estimate and
        that is identified.
    over_groups: one test of each candidate, freed in all groups at once, instead of one per group.
    Columns: lhs, op, rhs (group); mi: lavaan's; mi_robust; epc: expected parameter change; sepc:
    standardised, lavaan's sepc.all; p: of mi_robust, or of mi with robust=False; df; reverse_path:
    the path would run against those there are, as from a test score to what came before it. epc
    and sepc of several terms are NaN. Sources: Sorbom (1989), Boos (1992); both with the
    expected information, as lavaan's. Raises ModelError for a candidate that is free already or
    names what the model does not hold.
    """
    arguments.switch("robust", robust)
    tests = score_tests(fit, candidates, over_groups=over_groups)
    rows = [_row(test, robust=robust) for test in tests]
    columns = ["lhs", "op", "rhs", "group", "mi", "mi_robust", "epc", "sepc", "p", "df"]
    table = pd.DataFrame(rows, columns=[*columns, "reverse_path"])
    several = fit.n_groups > 1 and not over_groups
    return table if several else table.drop(columns="group")


def score_tests(
    fit: SemFit,
    candidates: str | Iterable[str] | None = None,
    *,
    over_groups: bool = False,
    jointly: bool = False,
) -> tuple[ScoreTest, ...]:
    """The tests behind `modification_indices`, one per candidate and group; errors as there.

    rhs: the terms' right sides joined by " + ". over_groups: one test per candidate, its group "".
    jointly: one test of all candidates and groups, lavaan's "total score test"; its lhs holds the
    candidates. Without candidates those that are not identified are left out. Source: Boos (1992).
    """
    arguments.switch("over_groups", over_groups)
    arguments.switch("jointly", jointly)
    freed = _freed(fit, candidates, over_groups=over_groups)
    tests = tests_of(fit, [_jointly(freed)] if jointly and freed else freed)
    return tuple(t for t in tests if candidates is not None or np.isfinite(t.mi))


def score_information(
    fit: SemFit, candidates: str | Iterable[str] | None = None, *, over_groups: bool = False
) -> NDArray:
    """Expected information of all rows about the free parameters and then the candidates' terms.

    Shape (k + e, k + e), the data's units; what pooling the information itself needs. Where
    equalities or active limits hold, k counts the directions that they leave. Terms as in
    `score_tests`, in its order, none left out; errors as there. Source: Mansolf, Jorgensen &
    Enders (2020, Psychol. Methods 25:393).
    """
    fail_if_no_fit(fit)
    problem = fit.core.problem
    freed = _freed(fit, candidates, over_groups=over_groups)
    cells = [cell for each in freed for cell in each.cells]
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


def _freed(
    fit: SemFit, candidates: str | Iterable[str] | None, *, over_groups: bool
) -> list[Freed]:
    """Each candidate, group by group, or in all groups."""
    fail_if_no_fit(fit)
    spec, labels = fit.core.problem.spec, fit.core.problem.sample.labels
    texts = candidates_of(spec) if candidates is None else listed(candidates)
    every = tuple(range(fit.n_groups))
    parts = [("", every)] if over_groups else [(labels[g], (g,)) for g in every]
    freed = []
    for label, groups in parts:
        for terms in read_candidates(spec, texts):
            cells = tuple(cell._replace(group=g) for g in groups for cell in terms)
            name = (terms[0].lhs, terms[0].op, " + ".join(cell.rhs for cell in terms))
            freed.append(Freed(*name, label, cells))
    return freed


def _jointly(freed: list[Freed]) -> Freed:
    names = dict.fromkeys(f"{each.lhs} {each.op} {each.rhs}".strip() for each in freed)
    return together("; ".join(names), freed)


def _row(test: ScoreTest, *, robust: bool) -> dict[str, object]:
    names = ("lhs", "op", "rhs", "group", "mi", "mi_robust", "df", "reverse_path")
    row = {name: getattr(test, name) for name in names}
    epc, sepc = (test.epc[0], test.sepc[0]) if test.df == 1 else (np.nan, np.nan)
    return row | {"epc": epc, "sepc": sepc, "p": test.p(robust=robust)}
