"""How much of the outcome an indicator explains beside the mediator, on the same children.

Two published shares, that of an indicator in use and that of its successor, are often of different
children (Walhout & Scholtus 2021, section 3.2). Here both are of the same, and each also of the
children of all waves but the last, who are most of those that the older one was made from.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from oablib.analysis.prediction import measures, methods
from oablib.analysis.prediction.methods import Trained
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model

EVERYBODY, OLDER = "all", "older"
"""Children: of all waves, and of all but the last."""
OWN = "estimated"
"""In the place of an indicator's name: the model, estimated on the children themselves."""

COLUMNS = ["children", "indicator", "n", "parameters", "r2", "r2_adjusted"]


def applied(
    model: Model, *, values: Mapping[str, Mapping[int, float]], effects: Mapping[str, float]
) -> Trained:
    """An indicator as it is given; values: scaled column -> code -> scale value."""
    rows = [(name, code, value) for name, by in values.items() for code, value in by.items()]
    slopes = pd.Series({model.mediator: 0.0, **effects})
    table = pd.DataFrame(rows, columns=["variable", "code", "value"])
    return Trained(model, table, slopes, intercept=0.0, r2=np.nan, mean=np.nan)


def explained(
    frames: Sequence[pd.DataFrame], *, given: Mapping[str, Trained], model: Model, table: Table
) -> pd.DataFrame:
    """Share of the variance of the outcome that mediator and score explain, mean over data sets.

    given: indicators by name; of each, the outcome is regressed on the mediator and on its score,
    so that two parameters are estimated. The model itself, named OWN, is estimated on the children
    it is measured on, scale values too (see `_parameters`). Columns: children (EVERYBODY, and OLDER
    where there are several waves), indicator, n, parameters, r2 and r2_adjusted (fractions).
    Raises EstimationError as scale_values.estimate.
    """
    waves = model.waves(frames[0])
    groups = {EVERYBODY: np.ones(len(waves), dtype=bool)}
    if waves.nunique() > 1:
        groups[OLDER] = (waves < waves.max()).to_numpy()
    rows = []
    for children, inside in groups.items():
        chosen = [frame[inside].reset_index(drop=True) for frame in frames]
        n = int(inside.sum())
        shares = {name: (_by_score(chosen, by, table=table), 2) for name, by in given.items()}
        own = methods.train(chosen, model=model, table=table)
        shares[OWN] = (own.r2, _parameters(own))
        rows += [
            (children, name, n, used, r2, 1 - (1 - r2) * (n - 1) / (n - used - 1))
            for name, (r2, used) in shares.items()
        ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _parameters(own: Trained) -> int:
    """Those of the outcome equation but the intercept.

    All slopes and free scale values, less one for each variable whose values are free but for those
    held at 0: its values times a number, with its slopes divided by it, predict the same.
    """
    values = own.values
    free = values["se"] > 0
    held = set(values.loc[~free & (values["value"] != 0), "variable"])
    of_any_unit = set(values.loc[free, "variable"]) - held
    return len(own.effects) + int(free.sum()) - len(of_any_unit)


def _by_score(frames: Sequence[pd.DataFrame], given: Trained, *, table: Table) -> float:
    shares = []
    for frame in frames:
        score = methods.predict(given, frame, m=1, table=table).score
        outcome = frame[given.model.outcome].to_numpy(dtype=np.float64)
        mediator = frame[given.model.mediator].to_numpy(dtype=np.float64)
        design = np.column_stack([np.ones(len(frame)), mediator, score])
        fitted = design @ np.linalg.lstsq(design, outcome, rcond=None)[0]
        shares.append(measures.r2(outcome, fitted))
    return float(np.mean(shares))
