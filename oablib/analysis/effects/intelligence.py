"""Effects with and without intelligence in the equation, and what runs through it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics.two_step import Equation, side_by_side

WITH, WITHOUT = "with", "without"


def with_and_without(frames: Sequence[pd.DataFrame], *, model: Model, table: Table) -> pd.DataFrame:
    """Direct effects, total effects, and the part of these that runs through the mediator.

    Total: of the same regression without the mediator, so that the part may run through any path
    to it, also one that the model leaves out. One row a predictor: name, direct, direct_se, total,
    total_se, through (total less direct), through_se, through_p, and the standardised direct_std
    and total_std. Pooled; scale values count as estimates.
    """
    equations = [
        Equation(WITH, model.outcome, (model.mediator, *model.direct)),
        Equation(WITHOUT, model.outcome, model.direct),
    ]
    plain, scaled = (
        side_by_side(
            frames, equations=equations, model=model, table=table, standardised=standardised
        )
        for standardised in (False, True)
    )
    through = plain.contrasts(
        np.array([plain.contrast(name, plus=WITHOUT, minus=WITH) for name in model.direct])
    )
    names = list(model.direct)
    direct, total = (plain.of(each).loc[names] for each in (WITH, WITHOUT))
    columns = {
        "direct": direct["est"], "direct_se": direct["se"], "total": total["est"],
        "total_se": total["se"], "through": through["est"], "through_se": through["se"],
        "through_p": through["p"], "direct_std": scaled.of(WITH).loc[names, "est"],
        "total_std": scaled.of(WITHOUT).loc[names, "est"],
    }  # fmt: skip
    return pd.DataFrame({"name": names} | {k: v.to_numpy() for k, v in columns.items()})
