"""How a selection decides: params/rules/selection.yaml."""

from dataclasses import dataclass
from typing import Literal, get_args

from oablib.base.shown import showable
from oablib.params import checked
from oablib.params.checked import SHARE, YES_OR_NO, one_of

RULE = "selection"

Criterion = Literal["aic", "bic", "p"]
RankBy = Literal["aic", "bic"]
Test = Literal["D2", "D1"]


@showable()
@dataclass(frozen=True, slots=True)
class Rules:
    """Fields are named after part and key of the file: `forward: {alpha: 0.05}`."""

    forward_test: Test
    forward_robust: bool
    forward_alpha: float
    backward_start: str
    backward_criterion: Criterion
    backward_alpha: float
    compare_rank_by: RankBy


EXPECTED = {
    "forward.test": one_of(*get_args(Test)),
    "forward.robust": YES_OR_NO,
    "forward.alpha": SHARE,
    "backward.start": checked.text("the name of a model"),
    "backward.criterion": one_of(*get_args(Criterion)),
    "backward.alpha": SHARE,
    "compare.rank_by": one_of(*get_args(RankBy)),
}


def rules(name: str = RULE) -> Rules:
    """Read params/rules/<name>.yaml.

    Raises ParameterError, naming file and line, for a key that is missing, unknown or cannot be.
    """
    values = checked.read(name, EXPECTED)
    return Rules(
        **{f"{part}_{key}": value for part, pairs in values.items() for key, value in pairs.items()}
    )
