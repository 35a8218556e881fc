"""Models that nobody chose, against lavaan: every number of every fit (see make_models.py)."""

import json
from typing import Any

import pytest
from lavaan_reference import (
    REFERENCE,
    assert_estimates_agree,
    assert_indices_agree,
    assert_measures_agree,
    assert_standardised_agree,
    by_address,
    data,
    lavaan_indices,
    stored,
)

from oablib import sem

MODELS = json.loads((REFERENCE / "data" / "random_models.json").read_text(encoding="utf-8"))
CASES = list(zip(MODELS, stored("random_models")["fits"], strict=True))


@pytest.mark.parametrize(("model", "lavaan"), CASES, ids=range(len(CASES)))
def test_every_number_agrees_with_lavaan(model: dict[str, Any], lavaan: dict[str, Any]):
    fit = sem.fit(model["text"], data(model["data"]), **model["options"])
    assert_estimates_agree(fit, lavaan)
    assert_standardised_agree(fit, lavaan)
    assert_measures_agree(fit, lavaan)
    listed = lavaan_indices(lavaan["modification_indices"])
    found = by_address(sem.modification_indices(fit))
    if model["options"]["likelihood"] == "conditional":
        # lavaan lists exogenous variables there, which are given, and gives them 0 or less.
        listed = listed[listed["lhs"].isin(found["lhs"]) & listed.index.isin(found.index)]
    assert_indices_agree(found.loc[list(listed.index)], listed)
