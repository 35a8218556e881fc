"""R's results on five imputations of one data set, and fits to the same imputations."""

import json
from functools import cache

import numpy as np
import pandas as pd

from oablib import sem
from tests.places import REFERENCE

RULES = json.loads((REFERENCE / "stored" / "pooling.json").read_text(encoding="utf-8"))
TESTS = json.loads((REFERENCE / "stored" / "pooling_tests.json").read_text(encoding="utf-8"))
DATA = pd.read_csv(REFERENCE / "data" / "base_model.csv")
MODELS = TESTS["sem"]["models"]


@cache
def frames() -> tuple[pd.DataFrame, ...]:
    """The five completed data sets."""
    rows = np.array(RULES["sem"]["hidden_rows"]) - 1
    completed = []
    for values in RULES["sem"]["imputed_values"]:
        frame = DATA.copy()
        frame.loc[rows, "education_mother"] = values
        completed.append(frame)
    return tuple(completed)


@cache
def fits(model: str, **options: object) -> tuple[sem.SemFit, ...]:
    """Fits of a model, by its name in MODELS or by its text."""
    return tuple(sem.fit(MODELS.get(model, model), frame, **options) for frame in frames())
