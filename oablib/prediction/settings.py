"""How a prediction is tried out: params/rules/prediction.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from oablib import params, strict_yaml
from oablib.errors import ParameterError
from oablib.shown import showable

RULE = "prediction"
SHARES = ("test_share", "target_share")
COUNTS = (
    "imputations", "iterations", "register_imputations", "register_iterations",
    "smallest_school", "groups",
)  # fmt: skip
WHOLE = 0.005  # shares of patterns add up to 1 but for their rounding


class Pattern(NamedTuple):
    """Columns that are unknown together, and how often."""

    unknown: tuple[str, ...]
    share: float


@showable()
@dataclass(frozen=True, slots=True)
class Rules:
    """Fields are the keys of the file."""

    test_share: float
    imputations: int
    iterations: int
    register_imputations: int
    register_iterations: int
    target_share: float
    smallest_school: int
    groups: int
    region: str
    register: tuple[Pattern, ...]
    stand_ins: Mapping[str, str]

    @property
    def shown(self) -> dict[str, object]:
        """Settings as a reader wants them: single values, and shares of the register's patterns."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        patterns = {
            f"register: unknown {' and '.join(each.unknown) or 'nothing'}": each.share
            for each in plain.pop("register")
        }
        return {**plain, **patterns}


def rules(name: str = RULE) -> Rules:
    """Read params/rules/<name>.yaml.

    Raises ParameterError, naming file and line, for a key that is missing, unknown or cannot be.
    """
    file = strict_yaml.read(params.named_file("rules", name))
    values, place = file.values, f"params/rules/{name}.yaml"
    wanted = {each.name for each in fields(Rules)}
    if set(values) != wanted:
        unknown = sorted(set(values) - wanted)
        raise ParameterError(
            f"{place} line {file.line(*unknown[:1])}: missing {sorted(wanted - set(values))}, "
            f"unknown {unknown}."
        )
    faults = [
        f"{place} line {file.line(key)}: {key} is {values[key]!r}; expected {expected}."
        for key in wanted
        if (expected := _expected(key, values[key]))
    ]
    if faults:
        raise ParameterError("\n".join(sorted(faults)))
    patterns = tuple(Pattern(tuple(each["unknown"]), each["share"]) for each in values["register"])
    return Rules(**(values | {"register": patterns}))


def _expected(key: str, value: Any) -> str:
    """What should stand there; empty where the value can be meant."""
    if key in SHARES:
        fits = type(value) is float and 0 < value < 1
        return "" if fits else "a number between 0 and 1, with a point"
    if key in COUNTS:
        return "" if type(value) is int and value >= 1 else "a whole number from 1"
    if key == "register":
        return "" if _are_patterns(value) else "patterns {unknown: [...], share: ...} that sum to 1"
    if key == "stand_ins":
        return "" if isinstance(value, dict) and value else "pairs of columns"
    return "" if isinstance(value, str) else "the name of a column"


def _are_patterns(value: Any) -> bool:
    if not isinstance(value, list) or not value:
        return False
    whole = all(isinstance(each, dict) and set(each) == {"unknown", "share"} for each in value)
    return whole and abs(sum(each["share"] for each in value) - 1) < WHOLE
