"""Every imputed value is moved and all redone: what if values are not missing at random."""

from functools import partial

import pandas as pd

from oablib.base.errors import EstimationError
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import imputation, two_step
from oablib.statistics.imputation import Rule
from oablib.statistics.two_step import Analysis, CategoryTests

SHIFTS = (-1, 0, 1)
COLUMNS = ["name", "shift", "value", "se", "ci_lower", "ci_upper", "p", "differs"]


def sensitivity(
    frame: pd.DataFrame,
    *,
    found: Analysis,
    tests: CategoryTests,
    model: Model,
    table: Table,
    rule: Rule,
    m: int,
    iterations: int,
    seed: int,
    unknown_outcome: str = imputation.KEPT,
) -> pd.DataFrame:
    """Direct effects when imputed values are moved by a level (numbers: a standard deviation).

    Rows per effect and shift (-1, 0, 1): name, shift, value, se, ci_lower, ci_upper (95 %), and p
    and differs as in CategoryTests.judged. Shift 0 is `found` with `tests`. A moved analysis that
    cannot be estimated has NaN. No rows when nothing was unknown. unknown_outcome: as of
    imputation.analysed. Delta adjustment: Van Buuren (2018, Flexible Imputation of Missing Data,
    2nd ed., section 9.2). Raises ImputationError as imputation.impute does.
    """
    if not frame[list(model.imputed)].isna().any(axis=None):
        return pd.DataFrame(columns=COLUMNS)
    impute = partial(imputation.impute, frame, model=model, table=table, rule=rule)
    parts = []
    for shift in SHIFTS:
        moved: tuple[Analysis, CategoryTests] | None = (found, tests)
        if shift:
            cells = impute(m=m, iterations=iterations, seed=seed, shift=shift).cells
            try:
                completed = imputation.analysed(
                    frame, cells=cells, model=model, unknown_outcome=unknown_outcome
                )
                moved = (
                    two_step.analyse(
                        completed, model=model, table=table, estimator=found.estimator
                    ),
                    two_step.tests_of_categories(completed, model=model, table=table),
                )
            except EstimationError:
                # A level that only imputed children had may be empty now: no fault of the data.
                moved = None
        parts.append(_direct(moved, model=model).assign(shift=shift))
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def _direct(moved: tuple[Analysis, CategoryTests] | None, *, model: Model) -> pd.DataFrame:
    if moved is None:
        return pd.DataFrame({"name": model.direct}).reindex(columns=COLUMNS).assign(differs=False)
    analysis, tests = moved
    rows = model.direct_rows(tests.judged(analysis.parameters))
    numbers = rows[["est", "se", "ci_lower", "ci_upper", "p", "differs"]].reset_index()
    return numbers.rename(columns={"rhs": "name", "est": "value"})
