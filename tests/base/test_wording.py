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


@pytest.mark.parametrize("name", ["shoe_size", "_x", "Sex.1", "x1234567", "a" * 64])
def test_a_plain_name_is_shown(name: str) -> None:
    assert wording.plain_names([name]) == wording.shown_names([name]) == [name]


@pytest.mark.parametrize(
    "name",
    [
        "999111999", "x123456782", "x12345678", "x1234.56_78", "Ada L", " a", "a\n", "1a", "a" * 65,
        "Zoë", "ada@example.org", "a-b", "", 7,
    ],
)  # fmt: skip
def test_a_name_that_may_be_data_is_counted(name: object) -> None:
    assert wording.plain_names([name]) == []
    assert wording.shown_names([name, "cito", name]) == ["cito", "2 with unusual names"]


@pytest.mark.parametrize(("count", "shown"), [(0, "0 faults"), (1, "1 fault"), (2, "2 faults")])
def test_a_counted_noun_is_singular_for_one(count: int, shown: str) -> None:
    assert wording.counted(count, "fault") == shown
