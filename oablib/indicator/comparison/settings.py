"""How two indicators are compared: params/rules/comparison.yaml."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

from oablib.base.shown import showable
from oablib.params import checked, kinds

RULE = "comparison"

Standard = Literal["new", "current", "mean"]
Codes = Annotated[tuple[int, ...], kinds.MANY, kinds.expecting("codes in brackets, such as [1, 2]")]
Names = Annotated[tuple[kinds.Text, ...], kinds.MANY]


@showable()
@dataclass(frozen=True, slots=True)
class Rules(kinds.Declaration):
    """Fields are the keys of the file."""

    standard: Standard
    class_sds: Annotated[tuple[kinds.Number, ...], kinds.MANY]
    band_sds: kinds.Positive
    extreme_sds: kinds.Positive
    bins_per_sd: kinds.Count
    histogram_sds: kinds.Count
    difference_sds: kinds.Positive
    density_width: kinds.Positive
    density_fewest: kinds.Count
    steps_schools: kinds.Count
    steps_municipalities: kinds.Count
    largest: kinds.Count
    ordinary_gain: kinds.Positive
    interval: kinds.Share
    imputed_over: kinds.Share
    low_education: Codes
    short_residence: Codes
    in_debt: Codes
    over_represented: kinds.Positive
    named_lose: Names
    named_lose_origins: Codes
    named_gain: Names
    named_gain_origins: Codes
    late_months: kinds.Count

    def faults(self) -> Iterable[kinds.Fault]:
        """Limits of classes that do not rise."""
        if any(low >= high for low, high in pairwise(self.class_sds)):
            yield ("class_sds",), "expected rising numbers in brackets."


DECLARED = Rules


def rules(name: str = RULE) -> Rules:
    """Read params/rules/<name>.yaml. Raises ParameterError naming every fault with its line."""
    return checked.read("rules", name, Rules)
