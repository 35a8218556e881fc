"""How a scaled variable is judged: params/rules/categories.yaml."""

from dataclasses import dataclass

from oablib.base.shown import showable
from oablib.params import checked, kinds

RULE = "categories"


@showable()
@dataclass(frozen=True, slots=True)
class Rules(kinds.Declaration):
    """level: of tests. weak_below: F of the scale values, under which a slope says little."""

    source: kinds.Text
    level: kinds.Share
    weak_below: kinds.Number


DECLARED = Rules


def rules(name: str = RULE) -> Rules:
    """Read params/rules/<name>.yaml. Raises ParameterError naming every fault with its line."""
    return checked.read("rules", name, Rules)
