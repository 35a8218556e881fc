"""A file of params/rules held against what must stand in it, all faults told at once."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from oablib.base.errors import ParameterError
from oablib.base.wording import did_you_mean
from oablib.params import place, strict_yaml


class Expected(NamedTuple):
    """What a value must be: a test, and the same in words."""

    fits: Callable[[Any], bool]
    text: str


def read(name: str, expected: Mapping[str, Expected]) -> dict[str, Any]:
    """Values of params/rules/<name>.yaml, as nested as they stand there.

    expected: key, with dots where it stands within others, -> what must stand there.

    Raises ParameterError, naming file and lines, for a key that is missing, unknown or cannot be.
    """
    file = strict_yaml.read(place.named_file("rules", name))
    told = [
        f"params/rules/{name}.yaml line {file.line(*way.split('.'))}: {fault}"
        for way, fault in [*_strange(file.values, expected), *_faults(file.values, expected)]
    ]
    if told:
        raise ParameterError("\n".join(told))
    return file.values


def one_of(*allowed: str) -> Expected:
    """One of some words."""
    return Expected(lambda value: value in allowed, f"one of {', '.join(allowed)}")


def whole(low: int, high: int | None = None) -> Expected:
    """A whole number, both ends included."""
    return Expected(
        lambda value: type(value) is int and low <= value and (high is None or value <= high),
        f"a whole number from {low}" + (f" to {high:,}" if high is not None else ""),
    )


def some_of(known: Collection[str], *, fewest: int) -> Expected:
    """A list of words out of those known."""
    return Expected(
        lambda value: (
            isinstance(value, list)
            and len(value) >= fewest
            and all(each in known for each in value)
        ),
        f"a list of {fewest or 'no'} or more of {', '.join(known)}",
    )


def text(meaning: str) -> Expected:
    """A text that is not empty; meaning: what it is."""
    return Expected(lambda value: isinstance(value, str) and bool(value), meaning)


def is_number(value: Any) -> bool:
    """Whether it is a number; True and False are none."""
    return type(value) in (int, float)


COUNT = whole(1)
POSITIVE = Expected(lambda value: is_number(value) and value > 0, "a number above 0")
SHARE = Expected(
    lambda value: type(value) is float and 0 < value < 1, "a number between 0 and 1, with a point"
)
YES_OR_NO = Expected(lambda value: type(value) is bool, "true or false")


def _strange(
    values: Mapping[str, Any], expected: Mapping[str, Expected], above: str = ""
) -> Iterator[tuple[str, str]]:
    """Keys that nothing is expected under."""
    for key, value in values.items():
        way = f"{above}{key}"
        inner = [each for each in expected if each.startswith(f"{way}.")]
        if way in expected:
            continue
        if inner and isinstance(value, Mapping):
            yield from _strange(value, expected, above=f"{way}.")
        elif inner:
            parts = dict.fromkeys(each.removeprefix(f"{way}.").split(".")[0] for each in inner)
            yield way, f"{way} is {value!r}; expected {', '.join(parts)} under it."
        else:
            yield way, f"unknown key {way!r}{did_you_mean(way, expected)}"


def _faults(
    values: Mapping[str, Any], expected: Mapping[str, Expected]
) -> Iterator[tuple[str, str]]:
    """Values that are missing or cannot be."""
    for way, wanted in expected.items():
        found: Any = values
        for key in way.split("."):
            found = found.get(key) if isinstance(found, Mapping) else None
        if found is None:
            yield way, f"{way} is missing; expected {wanted.text}."
        elif not wanted.fits(found):
            yield way, f"{way} is {found!r}; expected {wanted.text}."
