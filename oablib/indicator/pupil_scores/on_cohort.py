"""Indicators that are given, held against the tests of a cohort."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from oablib.analysis.prediction import explained
from oablib.analysis.prediction.methods import Trained
from oablib.indicator.pupil_scores.indicator import Indicator, given, of_published
from oablib.protocol import models
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model

PUBLISHED = "published"
"""In the place of a name: the published effects and scale values of the run's model."""


def variance_explained(
    frames: Sequence[pd.DataFrame],
    *,
    current: str,
    model: Model,
    table: Table,
    figures: Mapping[str, Any] | None,
) -> pd.DataFrame:
    """`explained` of the indicator in use, of the published one, and of the model itself.

    frames: completed data sets. current: name in params/models. No rows without published figures,
    and where the indicator in use is of another codebook or outcome than the model.
    """
    if not figures or not current:
        return pd.DataFrame(columns=explained.COLUMNS)
    in_use = models.load(current)
    if (in_use.codebook, in_use.outcome) != (model.codebook, model.outcome):
        return pd.DataFrame(columns=explained.COLUMNS)
    listed = {current: given(in_use, table=table, published=figures)}
    if new := of_published(model, table=table, published=figures):
        listed[PUBLISHED] = new
    applied = {name: _applied(each, table=table) for name, each in listed.items()}
    return explained.explained(frames, given=applied, model=model, table=table)


def _applied(indicator: Indicator, *, table: Table) -> Trained:
    values = {
        name: {code: float(indicator.values[name][code]) for code in table.column(name).codes}
        for name in indicator.model.scaled
    }
    return explained.applied(indicator.model, values=values, effects=indicator.effects)
