"""How certainty is measured and judged: params/rules/certainty.yaml."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from oablib.base.shown import showable
from oablib.indicator.pupil_scores.settings import Cell
from oablib.params import checked, kinds

RULE = "certainty"
Limits = Annotated[tuple[kinds.Number, ...], kinds.MANY]


@showable()
@dataclass(frozen=True, slots=True)
class Rules(kinds.Declaration):
    """Fields are the keys of the file; limits are the smallest of each class, rising."""

    draws: Annotated[int, kinds.between(20, 10_000)]
    source_draws: Annotated[int, kinds.between(10, 10_000)]
    level: kinds.Share
    coin: tuple[kinds.Share, kinds.Share]
    doubt: kinds.Share
    relied_on: kinds.Positive
    reliability: kinds.Share
    sizes: Limits
    unknown: Limits
    municipality_sizes: Limits
    most_uses: kinds.Count
    seeds: kinds.Count
    donors: Annotated[tuple[kinds.Count, ...], kinds.MANY]
    cells: Annotated[tuple[tuple[Cell, ...], ...], kinds.MANY]
    imputations: Annotated[tuple[kinds.Count, ...], kinds.MANY]
    lasting: kinds.Share

    def faults(self) -> Iterable[kinds.Fault]:
        """Limits that do not rise."""
        for name in ("sizes", "unknown", "municipality_sizes", "coin"):
            if any(low >= high for low, high in pairwise(getattr(self, name))):
                yield (name,), "expected rising numbers in brackets."


DECLARED = Rules


def rules(name: str = RULE) -> Rules:
    """Read params/rules/<name>.yaml. Raises ParameterError naming every fault with its line."""
    return checked.read("rules", name, Rules)
