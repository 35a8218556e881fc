"""What is true in a cohort that a program has drawn: params/rules/planted.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from oablib.base.shown import showable
from oablib.params import checked, kinds

RULE = "planted"


@showable()
@dataclass(frozen=True, slots=True)
class Chosen(kinds.Declaration):
    """The cohort whose seed was chosen."""

    n: kinds.Count
    seed: kinds.Count


@showable()
@dataclass(frozen=True, slots=True)
class Planted(kinds.Declaration):
    """Fields are the keys of the file."""

    source: kinds.Text
    published: kinds.Text
    paths: Annotated[Mapping[str, tuple[kinds.Text, ...]], kinds.MANY]
    chosen: Chosen
    n: kinds.Count
    cohorts: kinds.Count
    spread: Annotated[Mapping[str, kinds.Positive], kinds.MANY]

    def has_path(self, lhs: str, rhs: str) -> bool:
        """Whether a path is true in the drawn children."""
        return rhs in self.paths.get(lhs, ())

    def spread_at(self, name: str, *, n: int) -> float:
        """Standard deviation of an estimate over seeds, with n children; NaN if unknown."""
        return float(self.spread.get(name, float("nan")) * (self.n / n) ** 0.5)


DECLARED = Planted


def rules(name: str = RULE) -> Planted:
    """Read params/rules/<name>.yaml. Raises ParameterError naming every fault with its line."""
    return checked.read("rules", name, DECLARED)
