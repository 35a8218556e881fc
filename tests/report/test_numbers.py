"""Numbers, shares, money and dates, in both languages of reports."""

import datetime
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oablib.base import language
from oablib.report import numbers

MINUS = "\N{MINUS SIGN}"


def both(write: Callable[..., str], *arguments: Any) -> tuple[str, str]:
    """What a function writes in English and in Dutch."""
    texts = []
    for code in language.LANGUAGES:
        with language.use(code):
            texts.append(write(*arguments))
    english, dutch = texts
    return english, dutch


@pytest.mark.parametrize(
    ("write", "value", "english", "dutch"),
    [
        ((numbers.number, 2), 1234.567, "1,234.57", "1.234,57"),
        ((numbers.number, 0), 19247, "19,247", "19.247"),
        ((numbers.number, 2), -1234.5, f"{MINUS}1,234.50", f"{MINUS}1.234,50"),
        ((numbers.number, 1), -math.inf, f"{MINUS}inf", f"{MINUS}inf"),
        ((numbers.signed, 1), 3.14, "+3.1", "+3,1"),
        ((numbers.signed, 1), -3.14, f"{MINUS}3.1", f"{MINUS}3,1"),
        ((numbers.percent, 0), 0.1234, "12%", "12%"),
        ((numbers.percent, 1), 0.1234, "12.3%", "12,3%"),
        ((numbers.percent, 0), -0.05, f"{MINUS}5%", f"{MINUS}5%"),
        ((numbers.probability,), 0.0004, "<0.001", "<0,001"),
        ((numbers.probability,), 0.0123, "0.012", "0,012"),
        ((numbers.euros,), 1234567.8, "€1,234,568", "€ 1.234.568"),
        ((numbers.euros,), -1500, f"{MINUS}€1,500", f"{MINUS}€ 1.500"),
        ((numbers.day,), datetime.date(2020, 10, 1), "1 October 2020", "1 oktober 2020"),
        ((numbers.day,), datetime.date(2022, 2, 1), "1 February 2022", "1 februari 2022"),
    ],
)
def test_each_language_has_its_signs(write: tuple, value: Any, english: str, dutch: str) -> None:
    function, *digits = write
    assert both(function, value, *digits) == (english, dutch)


@pytest.mark.parametrize("code", language.LANGUAGES)
def test_a_number_that_rounds_to_zero_has_no_minus_sign(code: str) -> None:
    with language.use(code):
        texts = (
            numbers.number(-0.001),
            numbers.number(-0.4, 0),
            numbers.signed(-0.001),
            numbers.percent(-0.0001),
            numbers.euros(-0.2),
            numbers.formatted(-0.001, ".2f"),
        )
    assert not [text for text in texts if MINUS in text or "-" in text]


@pytest.mark.parametrize(
    ("value", "spec", "english", "dutch"),
    [
        (12345, ",", "12,345", "12.345"),
        (np.int64(12345), ",", "12,345", "12.345"),
        (12345, "d", "12345", "12345"),
        (1234.5, ",.1f", "1,234.5", "1.234,5"),
        (1234.5, ".1f", "1234.5", "1234,5"),
        (np.float64(-2.5), "+.2f", f"{MINUS}2.50", f"{MINUS}2,50"),
        (0.5, "+.1%", "+50.0%", "+50,0%"),
        (0.25, ".0%", "25%", "25%"),
        (0.25, "g", "0.25", "0,25"),
        (2.0, "g", "2", "2"),
        (-0.5, "g", f"{MINUS}0.5", f"{MINUS}0,5"),
    ],
)
def test_values_in_braces_are_written_as_the_language_writes_them(
    value: Any, spec: str, english: str, dutch: str
) -> None:
    assert both(numbers.formatted, value, spec) == (english, dutch)


def test_what_is_no_number_stays_as_it_is() -> None:
    assert both(numbers.formatted, "2.5", "") == ("2.5", "2.5")
    assert both(numbers.formatted, True, "") == ("True", "True")
    assert both(numbers.formatted, 2020, "") == ("2020", "2020")  # a year has no thousands


@pytest.mark.parametrize("spec", ["e", "x", "08.1f", "_"])
def test_a_specification_that_no_language_has_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="a number cannot be written by"):
        numbers.formatted(2.5, spec)


@given(st.floats(-1e12, 1e12), st.integers(0, 4))
def test_both_languages_write_the_same_digits(value: float, digits: int) -> None:
    english, dutch = both(numbers.number, value, digits)
    swapped = str.maketrans(",.", ".,")
    assert english.translate(swapped) == dutch
    read_back = float(english.replace(",", "").replace(MINUS, "-"))
    assert abs(read_back - value) <= 0.5 * 10**-digits * (1 + 1e-9) + 1e-9 * abs(value)


def test_a_number_is_read_back_as_it_was_written() -> None:
    for code, text in (("en", "−1,234.5"), ("nl", "−1.234,5")):
        with language.use(code):
            assert numbers.number(-1234.5, 1) == text
            assert numbers.read(text) == -1234.5
            assert numbers.read("5 (105)") == "5 (105)"
