"""What a caller gave for an argument, checked where a function begins.

A message quotes text and whole numbers, of anything else the type only: it may hold values of
persons.
"""

from collections.abc import Iterable
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import ModelError, OabError

Kind = type[OabError]


def quoted(value: object) -> str:
    """The value as a message may show it."""
    return repr(value) if isinstance(value, str | bool | int) else f"<{type(value).__name__}>"


def one_of(name: str, value: object, kinds: Any, *, error: Kind = ModelError) -> None:
    """Raise unless the value is one of a Literal's; the message lists them."""
    known = get_args(kinds)
    if not isinstance(value, str) or value not in known:
        raise error(f"{name}={quoted(value)} is unknown; expected one of {', '.join(known)}.")


def switch(name: str, value: object, *, error: Kind = ModelError) -> None:
    """Raise unless the value is True or False: any text would count as true."""
    if not isinstance(value, bool | np.bool_):
        raise error(f"{name}={quoted(value)} is unknown; expected True or False.")


def number(name: str, value: object, expected: str, *, error: Kind = ModelError) -> None:
    """Raise unless the value is a real number; expected: as the message says it."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise error(f"{name}={quoted(value)} is no number; expected {expected}.")


def whole_number(name: str, value: object, expected: str, *, error: Kind = ModelError) -> None:
    """Raise unless the value is a whole number from 0 on; expected: as the message says it."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or int(value) < 0:  # type: ignore[call-overload]
        raise error(f"{name}={quoted(value)} is no such number; expected {expected}.")


def column(role: str, value: object, *, optional: bool = True) -> None:
    """Raise unless the value is the name of a column (or None): no list, and no values."""
    if not isinstance(value, str) and not (optional and value is None):
        raise ModelError(
            f"{role}= is of type {type(value).__name__}; expected the name of one column of the "
            "data, as text."
        )


def texts(name: str, value: object, expected: str) -> list[str]:
    """One text or several as a list. Raises ModelError for anything else."""
    listed = [value] if isinstance(value, str) else value
    if isinstance(listed, bytes) or not isinstance(listed, Iterable):
        raise ModelError(f"{name} is of type {type(value).__name__}; expected {expected}.")
    listed = list(listed)
    others = sorted({type(each).__name__ for each in listed if not isinstance(each, str)})
    if others:
        raise ModelError(f"{name} holds objects of type {', '.join(others)}; expected {expected}.")
    return listed


def array(what: str, values: object, *, error: Kind = ModelError) -> NDArray:
    """An array of doubles. Raises for text, complex numbers and rows of different lengths."""
    try:
        found = np.asarray(values)
        if found.dtype.kind in "buifO":
            return found.astype(np.float64)
    except (TypeError, ValueError):
        pass
    raise error(
        f"The {what} are no array of real numbers ({type(values).__name__}); expected numbers in "
        "rows of one length."
    )
