"""What other ways of distributing give schools and municipalities, as it may be shown.

Only sums over ten places and more leave, in steps beside which no hidden score of a place follows.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.disclosure.cells import is_few, numbers
from oablib.disclosure.hiding import hide
from oablib.disclosure.of_places.scores import whole_steps
from oablib.disclosure.settings import Rules

DECIMALS = 3  # of shares: 0.1 %
COUNTS = ("paid", "enter", "leave")


def beside_law(frame: pd.DataFrame, *, places: int, rules: Rules) -> pd.DataFrame:
    """Variants beside the law, as distribution.side_by_side, of so many places.

    Counts of places are in steps, and not shown where they, or the places left, are few.
    """
    fewest, constants = rules.fewest, rules.constants
    shown = frame.copy()
    for name in COUNTS:
        count = frame[name].astype(float)
        few = ((count > 0) & (count < fewest)) | ((places - count).between(1, fewest - 1))
        steps = pd.Series(whole_steps(count, constants.count_step), count.index)
        shown[name] = steps.mask(few)
    shown["moved"] = whole_steps(frame["moved"], constants.euro_step)
    return _rounded(shown, "moved_share", "turnover", "gini", "top")


def distribution_groups(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Money of groups of places, as distribution.by_group; groups of few places are hidden."""
    also = ["children", "share", "per_child", "change"]
    shown = hide(frame, counts=["places"], also=also, by=["variant"], rules=rules)
    shown[also] = shown[also].mask(frame["places"] == 0)
    return _rounded(shown, "share", "change").assign(per_child=shown["per_child"].round())


def reached(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Children who are reached, as distribution.reach, in steps; not shown for groups of few.

    Few by what is counted, and by what is shown: a rounded share of a number in steps is another.
    """
    step = rules.constants.sum_step
    shown = _rounded(frame, "reached", "outside").assign(euro=frame["euro"].round())
    for name in ("children", "reached_in_all"):
        shown[name] = np.maximum(whole_steps(frame[name], step), step)
    hidden = _few_reached(frame, rules=rules) | _few_reached(shown, rules=rules)
    shown["reached"] = shown["reached"].mask(hidden)
    return shown


def _few_reached(frame: pd.DataFrame, *, rules: Rules) -> NDArray[np.bool_]:
    """Where those who are reached, or those who are not, are few and not nobody."""
    inside = numbers(frame["children"] * frame["reached"])
    outside = numbers(frame["children"]) - inside
    return is_few(inside, fewest=rules.fewest) | is_few(outside, fewest=rules.fewest)


def _rounded(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    return frame.assign(**{name: frame[name].round(DECIMALS) for name in names if name in frame})
