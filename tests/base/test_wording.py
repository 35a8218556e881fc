"""Names and numbers as a reader sees them."""

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oablib.base import wording

BEGINS_FORMULA = ("=", "+", "-", "@")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("residence_0_5_years", "residence 0\N{EN DASH}5 years"),
        ("school_mean_ses", "school mean ses"),
        ("cito", "cito"),
    ],
)
def test_names_become_words(name: str, shown: str) -> None:
    assert wording.words(name) == shown


@given(st.text())
def test_no_text_acts(text: str) -> None:
    kinds = {unicodedata.category(letter) for letter in wording.inert(text)}
    assert not kinds & {"Cc", "Cf", "Cs", "Co"}
    assert not wording.formula_safe(text).lstrip().startswith(BEGINS_FORMULA)


@given(st.text(string.ascii_letters + string.digits + " .,;:()'\"éë"))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert wording.inert(text) == wording.formula_safe(text) == text
