"""How a selection decides: params/rules/selection.yaml."""

from dataclasses import dataclass, fields
from typing import Any, Literal, TypeAlias, get_args

from oablib import params, strict_yaml
from oablib.errors import ParameterError
from oablib.shown import showable

RULE = "selection"
PARTS = ("forward", "backward", "compare")

Criterion = Literal["aic", "bic", "p"]
RankBy = Literal["aic", "bic"]
Test = Literal["D2", "D1"]
_Choices: TypeAlias = dict[str, tuple[str, ...]]


@showable()
@dataclass(frozen=True, slots=True)
class Rules:
    """Fields are named after part and key of the file: `forward: {alpha: 0.05}`."""

    forward_test: Test
    forward_robust: bool
    forward_alpha: float
    backward_start: str
    backward_criterion: Criterion
    backward_alpha: float
    compare_rank_by: RankBy


_CHOICES: _Choices = {
    "forward_test": get_args(Test),
    "backward_criterion": get_args(Criterion),
    "compare_rank_by": get_args(RankBy),
}


def rules(name: str = RULE) -> Rules:
    """Read params/rules/<name>.yaml.

    Raises ParameterError, naming file and line, for a key that is missing, unknown or cannot be.
    """
    file = strict_yaml.read(params.named_file("rules", name))
    place = f"params/rules/{name}.yaml"
    flat = {
        f"{part}_{key}": (value, file.line(part, key))
        for part in PARTS
        for key, value in file.values.get(part, {}).items()
    }
    wanted = [each.name for each in fields(Rules)]
    missing, unknown = sorted(set(wanted) - set(flat)), sorted(set(flat) - set(wanted))
    if missing or unknown:
        line = flat[unknown[0]][1] if unknown else 1
        raise ParameterError(f"{place} line {line}: missing {missing}, unknown {unknown}.")
    faults = [
        f"{place} line {line}: {key} is {value!r}; expected {expected}."
        for key, (value, line) in flat.items()
        if (expected := _expected(key, value))
    ]
    if faults:
        raise ParameterError("\n".join(faults))
    return Rules(**{key: value for key, (value, _) in flat.items()})


def _expected(key: str, value: Any) -> str:
    """What should stand there; empty where the value can be meant."""
    if key in _CHOICES:
        return "" if value in _CHOICES[key] else f"one of {', '.join(_CHOICES[key])}"
    if key.endswith("_alpha"):
        fits = type(value) is float and 0 < value < 1
        return "" if fits else "a number between 0 and 1, with a point"
    if key.endswith("_robust"):
        return "" if type(value) is bool else "true or false"
    return "" if isinstance(value, str) and value else "the name of a model"
