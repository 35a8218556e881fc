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
    """Fields are the keys of the file; limits are the smallest of each class, rising.

    alike: ratio of half widths up to which classes are alike. same_mean: of a mean score, up to
    which two ways of averaging give the same. near_level: of coverage to the level.
    """

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
    alike: kinds.Positive
    same_mean: kinds.Share
    near_level: kinds.Share

    def faults(self) -> Iterable[kinds.Fault]:
        """Limits that do not rise or leave places out; a doubt within the chances of a coin."""
        for name in ("sizes", "unknown", "municipality_sizes"):
            if len(getattr(self, name)) < 2:
                yield (name,), "expected two classes or more, to compare the first and the last."
        for name in ("sizes", "unknown", "municipality_sizes", "coin"):
            if any(low >= high for low, high in pairwise(getattr(self, name))):
                yield (name,), "expected rising numbers in brackets."
        for name, least in (("sizes", 1), ("municipality_sizes", 1), ("unknown", 0)):
            if getattr(self, name)[0] > least:
                yield (name, 0), f"expected {least} or less, so that every place has a class."
        low, high = self.coin
        if not self.doubt <= low < high <= 1 - self.doubt:
            yield (
                ("doubt",),
                "expected no more than the first of coin, and than 1 minus the second.",
            )
        if self.alike < 1:
            yield ("alike",), "expected 1 or more."


DECLARED = Rules


def rules(name: str = RULE) -> Rules:
    """Read params/rules/<name>.yaml. Raises ParameterError naming every fault with its line."""
    return checked.read("rules", name, Rules)
