"""Direct effects if the test of intelligence measures with error.

The mediator becomes a latent variable with one indicator, whose error variance is fixed at
(1 - reliability) times the variance of the test: Bollen (1989, Structural Equations with Latent
Variables, p. 168). Plan of 2015, section 3.1, "Intelligentie". Here every predictor may act on the
latent variable: a path that is left out would hold its direct effect as it is.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import pooling, sem
from oablib.statistics.sem import SemFit
from oablib.statistics.two_step import scale_values
from oablib.statistics.two_step.analysis import both
from oablib.statistics.two_step.scale_values import ScaleValues
from oablib.workers.threads import single_thread

LATENT = "without_error"
COLUMNS = ["reliability", "name", "est", "se", "p", "ci_lower", "ci_upper"]


@single_thread()
def by_reliability(
    frames: Sequence[pd.DataFrame], *, model: Model, table: Table, reliabilities: Sequence[float]
) -> pd.DataFrame:
    """Direct effects, and that of the mediator, for each reliability of the mediator's test.

    One row a reliability and predictor: reliability, name, est, se, p, ci_lower, ci_upper; pooled,
    errors clustered and counting scale values as estimates. Raises EstimationError where a fit
    does not converge, as when the predictors explain more of the test than is measured truly.
    """
    variance = float(np.mean([frame[model.mediator].var(ddof=0) for frame in frames]))
    given = [scale_values.estimate(frame, model=model, table=table) for frame in frames]
    parts = []
    for reliability in reliabilities:
        text = syntax(model, error=(1 - reliability) * variance)
        fits = [
            _fit(text, frame, values, model=model, table=table)
            for frame, values in zip(frames, given, strict=True)
        ]
        rows = pooling.pool(fits).parameters
        rows = rows[(rows["lhs"] == model.outcome) & (rows["op"] == "~")]
        named = rows["rhs"].replace(LATENT, model.mediator)
        parts.append(rows.assign(name=named, reliability=reliability)[COLUMNS])
    return pd.concat(parts, ignore_index=True)


def syntax(model: Model, *, error: float) -> str:
    """The model with a latent mediator; error: variance of what its test measures beside it."""
    return "\n".join(
        [
            f"{LATENT} =~ 1*{model.mediator}",
            f"{model.mediator} ~~ {error!r}*{model.mediator}",
            f"{model.outcome} ~ {' + '.join((LATENT, *model.direct))}",
            f"{LATENT} ~ {' + '.join(model.direct)}",
        ]
    )


def _fit(
    text: str, frame: pd.DataFrame, values: ScaleValues, *, model: Model, table: Table
) -> SemFit:
    """The model in this syntax, its errors counting that scale values were estimated."""
    known = values.table
    data = scale_values.apply(frame, values=known, model=model, table=table)
    moved = scale_values.derivatives(frame, values=known, model=model, table=table)
    fit = sem.fit(text, data, cluster=model.cluster)
    return both(values, fit, data, moved, cluster=model.cluster, by_school=values.influence).counted
