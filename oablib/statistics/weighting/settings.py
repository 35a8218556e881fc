"""How known children are weighted: params/rules/weighting.yaml."""

from dataclasses import dataclass
from typing import Literal

from oablib.base.errors import ParameterError
from oablib.base.shown import showable
from oablib.base.wording import did_you_mean
from oablib.params import checked, kinds


@showable()
@dataclass(frozen=True, slots=True)
class Rule(kinds.Declaration):
    """One entry of params/rules/weighting.yaml.

    small_school: pupils, minimum_known: known children; a school with fewer of either is pooled.
    pool: one pool of such schools, or one a wave. trim: largest inverse chance, in medians.
    smallest_category: children; a smaller one is merged in the response model.
    """

    title: kinds.Text
    source: kinds.Text
    small_school: kinds.Count
    minimum_known: kinds.Count
    pool: Literal["all", "wave"]
    trim: kinds.Positive
    smallest_category: kinds.Count


DECLARED = dict[str, Rule]


def rule(name: str = "plan_2015") -> Rule:
    """One entry of params/rules/weighting.yaml.

    Raises ParameterError naming every fault with its line, and when there is none of this name.
    """
    entries = checked.read("rules", "weighting", DECLARED)
    if name not in entries:
        hint = did_you_mean(name, entries)
        raise ParameterError(f"params/rules/weighting.yaml has no {name!r}{hint}")
    return entries[name]
