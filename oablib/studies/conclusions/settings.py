"""What the report of 2021 concludes: params/rules/conclusions.yaml."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from oablib.base.language import Words
from oablib.base.shown import showable
from oablib.params import checked, kinds

RULE = "conclusions"

UP, DOWN = "up", "down"

Kind = Literal[
    "strongest", "paths", "scale_values", "effects", "donors_share", "donors_sign",
    "municipalities", "late", "sample", "swing",
    "explained",
]  # fmt: skip
NEEDS: Mapping[str, tuple[str, ...]] = {
    "strongest": ("effects",),
    "scale_values": ("move", "categories"),
    "effects": ("move", "effects"),
    "donors_share": ("level",),
    "donors_sign": ("level",),
}
"""Kind -> the keys that it needs; the others need none."""

Names = Annotated[tuple[kinds.Text, ...] | None, kinds.MANY, kinds.IF_GIVEN]
Codes = Annotated[tuple[int, ...], kinds.MANY]


@showable()
@dataclass(frozen=True, slots=True)
class Conclusion(kinds.Declaration):
    """One conclusion of the report.

    part: its place there. report: what it says. judged_by: what decides whether it holds. move:
    whether the figures that are named weigh more (up: further from 0) or less (down) than in the
    indicator then in use. categories: variable -> codes. effects: predictors. level: of places.
    """

    name: kinds.OwnName
    part: kinds.Text
    report: kinds.Text
    report_nl: kinds.Text
    judged_by: Kind
    move: Annotated[Literal["up", "down"] | None, kinds.IF_GIVEN] = None
    categories: Annotated[Mapping[str, Codes] | None, kinds.IF_GIVEN] = None
    effects: Names = None
    level: Annotated[Literal["schools", "municipalities"] | None, kinds.IF_GIVEN] = None

    def faults(self) -> Iterable[kinds.Fault]:
        """Keys that the kind needs and that are not there, or the other way round."""
        needed = NEEDS.get(self.judged_by, ())
        for key in ("move", "categories", "effects", "level"):
            if (getattr(self, key) is not None) != (key in needed):
                verb = "needs" if key in needed else "has no"
                yield (), f"{self.judged_by} {verb} {key}"

    @property
    def words(self) -> Words:
        """What the report says, in both languages."""
        return Words(en=self.report, nl=self.report_nl)


@showable()
@dataclass(frozen=True, slots=True)
class Rules(kinds.Declaration):
    """Fields are the keys of the file."""

    source: kinds.Text
    rounding: kinds.Positive
    considerable: kinds.Share
    marginal: kinds.Share
    swing: kinds.Positive
    small: kinds.Share
    conclusions: Annotated[tuple[Conclusion, ...], kinds.NAMED, kinds.MANY]


DECLARED = Rules


def rules(name: str = RULE) -> Rules:
    """Read params/rules/<name>.yaml. Raises ParameterError naming every fault with its line."""
    return checked.read("rules", name, Rules)
