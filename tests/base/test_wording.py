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


def test_numbers_have_a_true_minus_sign_and_shares_stay_in_one_piece() -> None:
    assert wording.number(-1.005) == "\N{MINUS SIGN}1.00"
    assert wording.signed(0.5) == "+0.50"
    assert wording.percent(0.4044, 1) == "40.4\N{NO-BREAK SPACE}%"
    assert wording.percent(-0.05) == "\N{MINUS SIGN}5\N{NO-BREAK SPACE}%"


@given(st.text())
def test_no_text_acts(text: str) -> None:
    kinds = {unicodedata.category(letter) for letter in wording.inert(text)}
    assert not kinds & {"Cc", "Cf", "Cs", "Co"}
    assert not wording.formula_safe(text).lstrip().startswith(BEGINS_FORMULA)


@given(st.text(string.ascii_letters + string.digits + " .,;:()'\"éë"))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert wording.inert(text) == wording.formula_safe(text) == text
