"""How a sample is judged beside its population: params/rules/representativeness.yaml."""

from dataclasses import dataclass

from oablib.base.shown import showable
from oablib.params import checked, kinds

RULE = "representativeness"


@showable()
@dataclass(frozen=True, slots=True)
class Raking(kinds.Declaration):
    """tolerance: fraction of the children. most_rounds: over all margins."""

    tolerance: kinds.Positive
    most_rounds: kinds.Count


@showable()
@dataclass(frozen=True, slots=True)
class Rules(kinds.Declaration):
    """largest_dissimilarity: fraction. notable_change: standard errors. level: of tests.

    notable_imbalance: standardised difference of those who were dropped.
    """

    largest_dissimilarity: kinds.Share
    notable_change: kinds.Positive
    level: kinds.Share
    notable_imbalance: kinds.Positive
    raking: Raking


DECLARED = Rules


def rules(name: str = RULE) -> Rules:
    """Read params/rules/<name>.yaml. Raises ParameterError naming every fault with its line."""
    return checked.read("rules", name, Rules)
