"""Which of the 36 indicators a cohort holds, and what models do with them."""

from collections.abc import Collection, Iterable

import pandas as pd

from oablib.protocol.codebook import Table
from oablib.protocol.indicators import Indicator
from oablib.protocol.models import Model

OUTCOME, MEDIATOR, PREDICTOR, AUXILIARY, UNUSED = (
    "outcome", "mediator", "predictor", "auxiliary", "unused"
)  # fmt: skip
"""What models do with a column, the most of it first; UNUSED: none has it."""

COLUMNS = ["number", "columns", "role", "models", "n", "unknown_here"]


def held(
    listed: Iterable[Indicator],
    *,
    table: Table,
    models: Collection[Model],
    known: pd.DataFrame | None,
    children: int | None,
) -> pd.DataFrame:
    """One row an indicator, with the columns of COLUMNS.

    columns: keys of those of the indicator that the table has, with spaces between; role: what some
    model does with them, empty without a column; models: how many have them among outcome,
    mediator and predictors. n: children of the cohort; unknown_here: largest share of them without
    a value among these columns, NaN where it is hidden; both NaN without a column.
    known: results table `known_shares`, and children: of the cohort; None without a cohort.
    """
    keys = {column.key for column in table.columns}
    shares, n = pd.Series(dtype=float), float("nan") if children is None else float(children)
    if known is not None:
        shares = 1 - known.set_index("variable")["known"].astype(float)
    rows = []
    for indicator in listed:
        columns = [key for key in indicator.columns if key in keys]
        roles = [_role(model, columns) for model in models]
        best = min(roles, key=_rank, default=UNUSED) if columns else ""
        count = sum(role in (OUTCOME, MEDIATOR, PREDICTOR) for role in roles)
        unknown = shares.reindex(columns).max(skipna=False) if columns else float("nan")
        here = n if columns else float("nan")
        rows.append((indicator.number, " ".join(columns), best, count, here, unknown))
    return pd.DataFrame(rows, columns=COLUMNS)


def _rank(role: str) -> int:
    return (OUTCOME, MEDIATOR, PREDICTOR, AUXILIARY, UNUSED).index(role)


def _role(model: Model, columns: Iterable[str]) -> str:
    """What a model does with the first of these columns that it has."""
    predictors = {column for name in model.direct for column in model.columns_of(name)}
    for column in columns:
        if column == model.outcome:
            return OUTCOME
        if column == model.mediator:
            return MEDIATOR
        if column in predictors:
            return PREDICTOR
        if column in model.auxiliary:
            return AUXILIARY
    return UNUSED
