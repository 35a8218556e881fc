"""How a selection decides: params/rules/selection.yaml."""

from dataclasses import dataclass
from typing import Any, Literal, get_type_hints

from oablib.base.shown import showable
from oablib.params import checked, kinds

RULE = "selection"
PARTS = ("forward", "backward", "compare")

Criterion = Literal["aic", "bic", "p"]
RankBy = Literal["aic", "bic"]
Test = Literal["D2", "D1"]


@showable()
@dataclass(frozen=True, slots=True)
class Rules:
    """Fields are named after part and key of the file: `forward: {alpha: 0.05}`."""

    forward_test: Test
    forward_robust: bool
    forward_alpha: kinds.Share
    backward_start: kinds.Text
    backward_criterion: Criterion
    backward_alpha: kinds.Share
    compare_rank_by: RankBy


_KINDS = get_type_hints(Rules, include_extras=True)


def _of_part(part: str) -> dict[str, Any]:
    return {name.removeprefix(part): kind for name, kind in _KINDS.items() if name.startswith(part)}


DECLARED = kinds.shaped("Selection", {part: _of_part(f"{part}_") for part in PARTS})


def rules(name: str = RULE) -> Rules:
    """Read params/rules/<name>.yaml. Raises ParameterError naming every fault with its line."""
    values = checked.values("rules", name, DECLARED)
    return Rules(
        **{f"{part}_{key}": value for part, pairs in values.items() for key, value in pairs.items()}
    )
