"""Asylum seekers and status holders: no score of their own, but the mean of the lowest 15 %."""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from oablib.errors import ImputationError
from oablib.pupil_scores.settings import Asylum


def last_month(year: int, *, months_late: int) -> int:
    """The last month (yyyymm) of which registrations count, for 1 October of a year.

    What is registered before the reference date stands in September at the latest; with
    months_late = 3 October to December count as well (Walhout & Scholtus 2021, section 2.3).
    """
    months = 12 * year + 8 + months_late  # September is month 8 from 0
    return months // 12 * 100 + months % 12 + 1


def lowest_mean(scores: NDArray[np.float64], *, seekers: int, rule: Asylum) -> float:
    """Mean of the lowest scores, for `seekers` asylum seekers beside these n others.

    mean_over "others": the lowest 15 % of the n. "all": asylum seekers, who get this very mean,
    fill places among the lowest 15 % of everybody; the mean of who else is there is the mean of
    all who are there. Of equal scores at the boundary as many count as there is room for.
    Raises ImputationError when there is no room for anybody.
    """
    share = Fraction(str(rule.target_share))
    places = int(share * len(scores))
    if rule.mean_over == "all":
        places = int(share * (len(scores) + seekers)) - seekers
    if not 0 < places <= len(scores):
        raise ImputationError(
            f"{seekers:,} asylum seekers beside {len(scores):,} scored children leave {places:,} "
            f"places for others among the lowest {float(share):.0%}; expected 1 or more. Choose "
            "mean_over: others in params/rules/pupil_scores.yaml."
        )
    lowest = np.sort(np.partition(scores, places - 1)[:places])
    return float(lowest.mean())
