"""How a prediction is tried out: params/rules/prediction.yaml."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from oablib.base.shown import showable
from oablib.params import checked, kinds

RULE = "prediction"
ROUNDING = 0.005  # of the sum of shares


@dataclass(frozen=True, slots=True)
class Pattern(kinds.Declaration):
    """Columns that are unknown together, and how often."""

    unknown: tuple[kinds.Text, ...]
    share: kinds.Portion


@showable()
@dataclass(frozen=True, slots=True)
class Rules(kinds.Declaration):
    """Fields are the keys of the file; clear: in standard deviations over splits."""

    test_share: kinds.Share
    imputations: kinds.Count
    iterations: kinds.Count
    register_imputations: kinds.Count
    register_iterations: kinds.Count
    target_share: kinds.Share
    smallest_school: kinds.Count
    groups: kinds.Count
    clear: kinds.Positive
    region: kinds.Text
    register: Annotated[tuple[Pattern, ...], kinds.MANY]
    stand_ins: Annotated[Mapping[str, kinds.Text], kinds.MANY]

    def faults(self) -> Iterable[kinds.Fault]:
        """Shares of patterns that do not add up."""
        total = sum(pattern.share for pattern in self.register)
        if abs(total - 1) >= ROUNDING:
            yield ("register",), f"shares sum to {total:g}; expected patterns that sum to 1."


DECLARED = Rules


def rules(name: str = RULE) -> Rules:
    """Read params/rules/<name>.yaml. Raises ParameterError naming every fault with its line."""
    return checked.read("rules", name, Rules)
