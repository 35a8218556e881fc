"""Effects with and without intelligence in the equation, and what runs through it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics.pooling.modification import holm
from oablib.statistics.two_step import Equation, side_by_side, tests_of_categories

WITH, WITHOUT = "with", "without"


def with_and_without(frames: Sequence[pd.DataFrame], *, model: Model, table: Table) -> pd.DataFrame:
    """Direct effects, total effects, and the part of these that runs through the mediator.

    Total: of the same regression without the mediator, so that the part may run through any path
    to it, also one that the model leaves out. One row a predictor: name, direct, direct_se, total,
    total_se, through (total less direct), through_se, p and p_holm (that nothing runs through it,
    corrected over the predictors), and the standardised direct_std and total_std. Pooled; scale
    values count as estimates. Raises EstimationError as side_by_side and tests_of_categories.

    p of a scaled variable is that of its categories in the equation of the mediator, jointly. Its
    scale values hold the chance mean of the mediator in each category, so that the test of the part
    itself rejects too often (docs/two_step_bias).
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
        "p": through["p"], "direct_std": scaled.of(WITH).loc[names, "est"],
        "total_std": scaled.of(WITHOUT).loc[names, "est"],
    }  # fmt: skip
    found = pd.DataFrame({"name": names} | {k: v.to_numpy() for k, v in columns.items()})
    on_mediator = replace(model, indirect=model.direct)
    joint = {
        test.variable: test.joint.p
        for test in tests_of_categories(frames, model=on_mediator, table=table).tests
        if test.lhs == model.mediator
    }
    found["p"] = found["name"].map(joint).fillna(found["p"])
    return found.assign(p_holm=holm(found["p"].to_numpy(dtype=np.float64)))
