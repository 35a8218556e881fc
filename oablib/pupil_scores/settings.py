"""How scores are computed: params/rules/pupil_scores.yaml."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple

from oablib import params, strict_yaml
from oablib.errors import ParameterError
from oablib.shown import showable
from oablib.strict_yaml import YamlFile

RULE = "pupil_scores"
Average = Literal["child", "school"]
PREDICTORS = (
    "school_score", "education_father", "education_mother", "origin", "residence_mother",
    "debt_restructuring", "age", "years_enrolled", "neighbourhood_income", "household_income",
)  # fmt: skip
CELLS = ("child_group", "asylum", "urbanity")


class Expected(NamedTuple):
    """What a value must be: a test, and the same in words."""

    fits: Callable[[Any], bool]
    text: str


@showable()
@dataclass(frozen=True, slots=True)
class SchoolMean:
    """Whose mothers count: per site or BRIN within a municipality; what toddlers get."""

    per: Literal["site", "brin_in_municipality"]
    toddlers: Literal["municipality", "country"]


@showable()
@dataclass(frozen=True, slots=True)
class EducationRule:
    """block: children imputed together. iterations: rounds of chained equations."""

    block: int
    iterations: int


@showable()
@dataclass(frozen=True, slots=True)
class Matching:
    """predictors, cells: columns. donors: how many, of whom one is drawn."""

    predictors: tuple[str, ...]
    cells: tuple[str, ...]
    donors: int


@showable()
@dataclass(frozen=True, slots=True)
class Asylum:
    """Which mean asylum seekers get, when, and who of them is known in time."""

    target_share: float
    mean_over: Literal["others", "all"]
    order: Literal["after_matching", "before_matching"]
    months_late: int


@showable()
@dataclass(frozen=True, slots=True)
class Rules:
    """Fields are the keys of the file."""

    average: Average
    school_mean: SchoolMean
    education: EducationRule
    matching: Matching
    asylum: Asylum

    @property
    def shown(self) -> dict[str, object]:
        """Settings as a reader wants them, one value each."""
        told: dict[str, object] = {"average": self.average}
        for name in ("school_mean", "education", "matching", "asylum"):
            part = getattr(self, name)
            for each in fields(part):
                value = getattr(part, each.name)
                told[f"{name}: {each.name}"] = (
                    ", ".join(value) if isinstance(value, tuple) else value
                )
        return told


def rules(name: str = RULE) -> Rules:
    """Read params/rules/<name>.yaml.

    Raises ParameterError, naming file and line, for a key that is missing, unknown or cannot be.
    """
    file = strict_yaml.read(params.named_file("rules", name))
    faults = list(_faults(file))
    if faults:
        told = [f"params/rules/{name}.yaml line {file.line(*way)}: {text}" for way, text in faults]
        raise ParameterError("\n".join(told))
    values: Mapping[str, Any] = file.values
    matching = values["matching"]
    return Rules(
        average=values["average"],
        school_mean=SchoolMean(**values["school_mean"]),
        education=EducationRule(**values["education"]),
        matching=Matching(
            predictors=tuple(matching["predictors"]),
            cells=tuple(matching["cells"]),
            donors=matching["donors"],
        ),
        asylum=Asylum(**values["asylum"]),
    )


def _one_of(*allowed: str) -> Expected:
    return Expected(lambda value: value in allowed, f"one of {', '.join(allowed)}")


def _whole(low: int, high: int) -> Expected:
    return Expected(
        lambda value: type(value) is int and low <= value <= high,
        f"a whole number from {low} to {high:,}",
    )


def _columns(known: tuple[str, ...], *, fewest: int) -> Expected:
    return Expected(
        lambda value: (
            isinstance(value, list)
            and len(value) >= fewest
            and all(each in known for each in value)
        ),
        f"a list of {fewest or 'no'} or more of {', '.join(known)}",
    )


EXPECTED: Mapping[tuple[str, ...], Expected] = {
    ("average",): _one_of("child", "school"),
    ("school_mean", "per"): _one_of("site", "brin_in_municipality"),
    ("school_mean", "toddlers"): _one_of("municipality", "country"),
    ("education", "block"): _whole(1000, 1_000_000),
    ("education", "iterations"): _whole(1, 1000),
    ("matching", "predictors"): _columns(PREDICTORS, fewest=1),
    ("matching", "cells"): _columns(CELLS, fewest=0),
    ("matching", "donors"): _whole(1, 1000),
    ("asylum", "target_share"): Expected(
        lambda value: type(value) is float and 0 < value < 1,
        "a number between 0 and 1, with a point",
    ),
    ("asylum", "mean_over"): _one_of("others", "all"),
    ("asylum", "order"): _one_of("after_matching", "before_matching"),
    ("asylum", "months_late"): _whole(0, 12),
}
"""Way to a value in the file -> what must stand there."""


def _faults(file: YamlFile) -> Iterator[tuple[tuple[str, ...], str]]:
    """Way to each fault, and the fault."""
    ways = [way for way in _ways(file.values) if way not in EXPECTED]
    known = [".".join(way) for way in EXPECTED]
    for way in ways:
        yield way, f"unknown key {'.'.join(way)!r}{params.did_you_mean('.'.join(way), known)}"
    for way, expected in EXPECTED.items():
        found: Any = file.values
        for key in way:
            found = found.get(key) if isinstance(found, dict) else None
        if found is None:
            yield way, f"{'.'.join(way)} is missing; expected {expected.text}."
        elif not expected.fits(found):
            yield way, f"{'.'.join(way)} is {found!r}; expected {expected.text}."


def _ways(values: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from ((key, each) for each in value)
        else:
            yield (key,)
