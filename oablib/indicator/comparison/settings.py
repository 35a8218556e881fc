"""How two indicators are compared: params/rules/comparison.yaml."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, get_args

from oablib.base.shown import showable
from oablib.params import checked
from oablib.params.checked import COUNT, POSITIVE, SHARE, Expected, is_number, one_of

RULE = "comparison"

Standard = Literal["new", "current", "mean"]


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
    values = checked.read(name, EXPECTED)
    return Rules(**{key: _fixed(value) for key, value in values.items()})


def _fixed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _are_limits(value: Any) -> bool:
    if not isinstance(value, list) or not value or not all(map(is_number, value)):
        return False
    return all(a < b for a, b in pairwise(value))


def _are_codes(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(type(each) is int for each in value)


_CODES = Expected(_are_codes, "codes in brackets, such as [1, 2]")
EXPECTED = {
    "standard": one_of(*get_args(Standard)),
    "class_sds": Expected(_are_limits, "rising numbers in brackets"),
    "band_sds": POSITIVE,
    "extreme_sds": POSITIVE,
    "bins_per_sd": COUNT,
    "histogram_sds": COUNT,
    "most_changed": COUNT,
    "difference_sds": POSITIVE,
    "density_width": POSITIVE,
    "density_fewest": COUNT,
    "largest": COUNT,
    "interval": SHARE,
    "imputed_over": SHARE,
    "low_education": _CODES,
    "short_residence": _CODES,
    "in_debt": _CODES,
    "late_months": COUNT,
}
