"""How many groups of schools are left out: params/rules/jackknife.yaml."""

from dataclasses import dataclass

from oablib.base.shown import showable
from oablib.params import checked, kinds

RULE = "jackknife"


@showable()
@dataclass(frozen=True, slots=True)
class Rules(kinds.Declaration):
    """groups: of schools, that the jackknife leaves out one by one and in pairs."""

    source: kinds.Text
    groups: kinds.Count


DECLARED = Rules


def rules() -> Rules:
    """Read params/rules/jackknife.yaml. Raises ParameterError naming every fault with its line."""
    return checked.read("rules", RULE, Rules)
