"""Every imputed value is moved and all redone: what if values are not missing at random."""

from typing import Any

import pandas as pd

from oablib.base.errors import EstimationError
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import imputation
from oablib.statistics.imputation import Rule
from oablib.statistics.two_step import analysis
from oablib.statistics.two_step.analysis import Analysis

SHIFTS = (-1, 0, 1)
COLUMNS = ["name", "shift", "value", "se", "ci_lower", "ci_upper"]


def sensitivity(
    frame: pd.DataFrame,
    *,
    found: Analysis,
    model: Model,
    table: Table,
    rule: Rule,
    m: int,
    iterations: int,
    seed: int,
) -> pd.DataFrame:
    """Direct effects when imputed values are moved by a level (numbers: a standard deviation).

    Rows per effect and shift (-1, 0, 1): name, shift, value, se, ci_lower, ci_upper (95 %). Shift
    0 is `found`. A moved analysis that cannot be estimated has NaN. No rows when nothing was
    unknown. Delta adjustment: Van Buuren (2018, Flexible Imputation of Missing Data, 2nd ed.,
    section 9.2). Raises ImputationError as imputation.impute does.
    """
    if not frame[list(model.imputed)].isna().any(axis=None):
        return pd.DataFrame(columns=COLUMNS)
    told: dict[str, Any] = {"rule": rule, "m": m, "iterations": iterations, "seed": seed}
    parts = []
    for shift in SHIFTS:
        moved = found if shift == 0 else None
        if moved is None:
            cells = imputation.impute(frame, model=model, table=table, shift=shift, **told).cells
            frames = imputation.all_completed(frame, cells=cells)
            moved = _analysed(frames, model=model, table=table)
        parts.append(_direct(moved, model=model).assign(shift=shift))
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def _analysed(frames: list[pd.DataFrame], *, model: Model, table: Table) -> Analysis | None:
    try:
        return analysis.analyse(frames, model=model, table=table)
    except EstimationError:
        # A level that only imputed children had may be empty after the shift: no fault of the data.
        return None


def _direct(found: Analysis | None, *, model: Model) -> pd.DataFrame:
    names = pd.DataFrame({"name": model.direct})
    if found is None:
        return names.reindex(columns=COLUMNS)
    rows = model.direct_rows(found.pooled.parameters)
    own = rows[["est", "se", "ci_lower", "ci_upper"]].reset_index()
    return own.rename(columns={"rhs": "name", "est": "value"})
