"""How two indicators are compared: params/rules/comparison.yaml."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

from oablib.base.shown import showable
from oablib.params import checked, kinds

RULE = "comparison"
CLASSES = ("matched_classes", "risk_classes", "risk_sizes")
"""Rules that are lower limits of classes, from 0 on."""
ABOVE_ZERO = ("offset_from", "one_way_from")
"""Portions that would hold of every part if they were 0."""

Standard = Literal["new", "current", "mean"]
Codes = Annotated[tuple[int, ...], kinds.MANY, kinds.expecting("codes in brackets, such as [1, 2]")]
Measure = Literal[
    "imputed", "imputed_over", "low_education", "short_residence", "in_debt", "joined",
    "joined_imputed", "joined_low_education", "origin",
]  # fmt: skip


@showable()
@dataclass(frozen=True, slots=True)
class Named(kinds.Declaration):
    """What a report says of a group of places: one characteristic, and how it is found there.

    code: of an origin, else 0.
    """

    level: Literal["schools", "municipalities"]
    group: Literal["lose most", "gain most"]
    measure: Measure
    expected: Literal["over", "not_over", "often"]
    code: int = 0


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
    large_gain: kinds.Positive
    risk_classes: Annotated[tuple[kinds.Number, ...], kinds.MANY]
    risk_sizes: Annotated[tuple[kinds.Number, ...], kinds.MANY]
    imputed_over: kinds.Share
    low_education: Codes
    short_residence: Codes
    in_debt: Codes
    over_represented: kinds.Positive
    extreme_share: kinds.Share
    often: kinds.Share
    named: Annotated[tuple[Named, ...], kinds.MANY]
    matched_classes: Annotated[tuple[kinds.Number, ...], kinds.MANY]
    offset_from: kinds.Portion
    one_way_from: kinds.Portion
    concentrated_from: kinds.Positive
    late_months: kinds.Count
    late_step: kinds.Positive
    small_effect: kinds.Share

    def faults(self) -> Iterable[kinds.Fault]:
        """Limits of classes that do not rise, and portions of 0."""
        for name in ("class_sds", *CLASSES):
            if any(low >= high for low, high in pairwise(getattr(self, name))):
                yield (name,), "expected rising numbers in brackets."
        for name in CLASSES:
            if getattr(self, name)[0] != 0:
                yield (name, 0), "expected 0, so that everything has a class."
        for name in ABOVE_ZERO:
            if not getattr(self, name) > 0:
                yield (name,), "expected a number above 0, up to 1."


DECLARED = Rules


def rules(name: str = RULE) -> Rules:
    """Read params/rules/<name>.yaml. Raises ParameterError naming every fault with its line."""
    return checked.read("rules", name, Rules)
