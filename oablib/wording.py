"""Names and numbers as a reader sees them."""

import re

MINUS = "\N{MINUS SIGN}"


def words(name: str) -> str:
    """A column's name as words: residence_0_5_years becomes residence 0–5 years."""
    return re.sub(r"(\d)_(\d)", "\\1\N{EN DASH}\\2", name).replace("_", " ")


def number(value: float) -> str:
    """A number with two decimals and a true minus sign."""
    return f"{value:.2f}".replace("-", MINUS)


def signed(value: float) -> str:
    """A number with two decimals that always shows its sign."""
    return f"{value:+.2f}".replace("-", MINUS)
