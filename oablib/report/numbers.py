"""Numbers, shares, money and dates as the language in use writes them."""

import datetime
import math
import re
from decimal import Decimal
from functools import cache
from typing import Any

from babel import dates
from babel import numbers as babel

from oablib.base import language
from oablib.base.wording import MINUS

_SPEC = re.compile(r"(?P<sign>\+?)(?P<grouped>,?)(?:\.(?P<digits>\d+))?(?P<kind>[fd%]?)")

SMALLEST_P = 0.0005  # three decimals would show 0.000
_SYMBOLS = (babel.get_group_symbol, babel.get_decimal_symbol)


def number(value: float, digits: int = 2) -> str:
    """A number with separated thousands and a true minus sign, but no sign before a zero."""
    return _written(value, _pattern(grouped=True, digits=digits, percent=False))


def signed(value: float, digits: int = 2) -> str:
    """A number that always shows its sign."""
    return _with_sign(value, number(value, digits))


def percent(share: float, digits: int = 0) -> str:
    """A fraction in %."""
    return _written(share, _pattern(grouped=True, digits=digits, percent=True))


def probability(p: float) -> str:
    """A p-value with three decimals."""
    return number(p, 3) if p >= SMALLEST_P else f"<{number(0.001, 3)}"


def power(value: float, digits: int = 2) -> str:
    """A small number by its power of ten: 1.25e−16."""
    mantissa, exponent = f"{value:.{digits}e}".split("e")
    return f"{number(float(mantissa), digits)}e{exponent.replace('-', MINUS)}"


def euros(amount: float) -> str:
    """An amount in whole euros."""
    text = babel.format_currency(
        amount, "EUR", locale=language.current(), currency_digits=False,
        format="¤#,##0" if language.current() == "en" else "¤ #,##0",
    )  # fmt: skip
    return _without_sign_of_zero(text.replace("-", MINUS))


def day(value: datetime.date) -> str:
    """A date in words: 1 October 2020, 1 oktober 2020."""
    return dates.format_date(value, format="d MMMM y", locale=language.current())


def formatted(value: Any, spec: str) -> str:
    """A value by a specification as str.format has it: `,` `.1f` `+.2f` `.1%` `g`.

    Without a specification it is written as it is, and a date in words. Raises ValueError for
    another one.
    """
    if isinstance(value, datetime.date) and not spec:
        return day(value)
    if isinstance(value, bool) or not (spec and hasattr(value, "__float__")):
        return format(value, spec) if spec else str(value)
    if spec == "g":  # as short as it can be
        decimal = babel.get_decimal_symbol(language.current())
        return f"{value:g}".replace(".", decimal).replace("-", MINUS)
    form = _SPEC.fullmatch(spec)
    if form is None:
        raise ValueError(f"a number cannot be written by {spec!r}; expected like ,.2f or .1%.")
    whole = isinstance(value, int) or form["kind"] == "d" or not (form["digits"] or form["kind"])
    digits = int(form["digits"] or 0) if form["digits"] or whole or form["kind"] == "%" else 2
    pattern = _pattern(grouped=bool(form["grouped"]), digits=digits, percent=form["kind"] == "%")
    text = _written(float(value) if digits else value, pattern)
    return _with_sign(value, text) if form["sign"] else text


def read(text: str) -> float | int | str:
    """The number that a text in the language in use is; the text itself where it is none."""
    code = language.current()
    group, decimal = (re.escape(symbol(code)) for symbol in _SYMBOLS)
    whole = rf"[1-9]\d{{0,2}}(?:{group}\d{{3}})+|0|[1-9]\d*"
    if not re.fullmatch(rf"{MINUS}?(?:{whole})(?:{decimal}\d+)?", text):
        return text
    plain = re.sub(group, "", text).replace(MINUS, "-")
    return float(re.sub(decimal, ".", plain)) if re.search(decimal, plain) else int(plain)


def _with_sign(value: float, text: str) -> str:
    return text if value < 0 or math.isnan(value) else f"+{text}"


@cache
def _pattern(*, grouped: bool, digits: int, percent: bool) -> babel.NumberPattern:
    body = ("#,##0" if grouped else "0") + ("." + "0" * digits if digits else "")
    return babel.parse_pattern(body + ("%" if percent else ""))


def _written(value: float, pattern: babel.NumberPattern) -> str:
    if not math.isfinite(value):
        return str(value).replace("-", MINUS)
    # The number as it is held, so that it is rounded as everywhere in Python.
    text = pattern.apply(Decimal(float(value)), language.current()).replace("-", MINUS)
    return _without_sign_of_zero(text)


def _without_sign_of_zero(text: str) -> str:
    """The same number, but for one that rounds to zero, which has no minus sign."""
    return text if any(digit in text for digit in "123456789") else text.lstrip(MINUS)
