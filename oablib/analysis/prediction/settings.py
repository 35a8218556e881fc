"""How a prediction is tried out: params/rules/prediction.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from oablib.base.shown import showable
from oablib.params import checked
from oablib.params.checked import COUNT, SHARE, Expected

RULE = "prediction"
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
    values = checked.read(name, EXPECTED)
    patterns = tuple(Pattern(tuple(each["unknown"]), each["share"]) for each in values["register"])
    return Rules(**(values | {"register": patterns}))


def _are_patterns(value: Any) -> bool:
    if not isinstance(value, list) or not value:
        return False
    whole = all(isinstance(each, dict) and set(each) == {"unknown", "share"} for each in value)
    return whole and abs(sum(each["share"] for each in value) - 1) < WHOLE


EXPECTED = {
    "test_share": SHARE,
    "imputations": COUNT,
    "iterations": COUNT,
    "register_imputations": COUNT,
    "register_iterations": COUNT,
    "target_share": SHARE,
    "smallest_school": COUNT,
    "groups": COUNT,
    "region": checked.text("the name of a column"),
    "register": Expected(_are_patterns, "patterns {unknown: [...], share: ...} that sum to 1"),
    "stand_ins": Expected(
        lambda value: isinstance(value, dict) and bool(value), "pairs of columns"
    ),
}
