"""Texts that name a moment of a variable that nothing explains, against lavaan."""

from typing import Any

import pytest
from lavaan_reference import (
    assert_estimates_agree,
    assert_measures_agree,
    assert_standardised_agree,
    data,
    stored,
)

from oablib import sem

CASES = stored("named_moments")["fits"]


@pytest.mark.parametrize("lavaan", CASES, ids=range(len(CASES)))
def test_every_number_agrees_with_lavaan(lavaan: dict[str, Any]):
    fit = sem.fit(lavaan["text"], data("base_model"), **lavaan["options"])
    assert_estimates_agree(fit, lavaan)
    assert_standardised_agree(fit, lavaan)
    assert_measures_agree(fit, lavaan)
