"""How two indicators are compared: params/rules/comparison.yaml."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, Literal, TypeAlias, get_args

from oablib import params, strict_yaml
from oablib.errors import ParameterError
from oablib.shown import showable

RULE = "comparison"

Standard = Literal["new", "current", "mean"]
_Check: TypeAlias = tuple[Callable[[Any], bool], str]


@showable()
@dataclass(frozen=True, slots=True)
class Rules:
    """Fields are the keys of the file."""

    standard: Standard
    class_sds: tuple[float, ...]
    band_sds: float
    extreme_sds: float
    bins_per_sd: int
    histogram_sds: int
    most_changed: int
    difference_sds: float
    density_width: float
    density_fewest: int
    largest: int
    interval: float
    imputed_over: float
    low_education: tuple[int, ...]
    short_residence: tuple[int, ...]
    in_debt: tuple[int, ...]
    late_months: int


def rules(name: str = RULE) -> Rules:
    """Read params/rules/<name>.yaml.

    Raises ParameterError, naming file and line, for a key that is missing, unknown or cannot be.
    """
    file = strict_yaml.read(params.named_file("rules", name))
    values, place = file.values, f"params/rules/{name}.yaml"
    wanted = [each.name for each in fields(Rules)]
    missing, unknown = sorted(set(wanted) - set(values)), sorted(set(values) - set(wanted))
    if missing or unknown:
        raise ParameterError(
            f"{place} line {file.line(*unknown[:1])}: missing {missing}, unknown {unknown}."
        )
    faults = [
        f"{place} line {file.line(key)}: {key} is {values[key]!r}; expected {expected}."
        for key in wanted
        for fits, expected in [_CHECKS[key]]
        if not fits(values[key])
    ]
    if faults:
        raise ParameterError("\n".join(faults))
    return Rules(**{key: _fixed(value) for key, value in values.items()})


def _fixed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 1


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _is_width(value: Any) -> bool:
    return _is_number(value) and value > 0


def _is_share(value: Any) -> bool:
    return type(value) is float and 0 < value < 1


def _are_limits(value: Any) -> bool:
    if not isinstance(value, list) or not value or not all(map(_is_number, value)):
        return False
    return all(a < b for a, b in pairwise(value))


def _are_codes(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(type(each) is int for each in value)


_COUNT: _Check = (_is_count, "a whole number from 1")
_WIDTH: _Check = (_is_width, "a number above 0")
_SHARE: _Check = (_is_share, "a number between 0 and 1, with a point")
_CODES: _Check = (_are_codes, "codes in brackets, such as [1, 2]")
_CHECKS: Mapping[str, _Check] = {
    "standard": (lambda value: value in get_args(Standard), "new, current or mean"),
    "class_sds": (_are_limits, "rising numbers in brackets"),
    "band_sds": _WIDTH,
    "extreme_sds": _WIDTH,
    "bins_per_sd": _COUNT,
    "histogram_sds": _COUNT,
    "most_changed": _COUNT,
    "difference_sds": _WIDTH,
    "density_width": _WIDTH,
    "density_fewest": _COUNT,
    "largest": _COUNT,
    "interval": _SHARE,
    "imputed_over": _SHARE,
    "low_education": _CODES,
    "short_residence": _CODES,
    "in_debt": _CODES,
    "late_months": _COUNT,
}
