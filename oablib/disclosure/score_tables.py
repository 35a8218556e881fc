"""Tables of the country's scores, fit to be published.

Beside single cells they keep one number: the score that all asylum seekers have. Whoever knows it
to many digits finds them in scores of places; `pupil_scores.sources` and `distribution` leave it
out, and the national mean is rounded, so that it does not follow from the other means.
"""

import pandas as pd

from oablib.disclosure.hiding import hide, merge
from oablib.disclosure.settings import Rules

ENDS = ("lower", "upper")


def sources(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Counts by source of the score, as pupil_scores.sources: rows that are few are hidden.

    Where pupils or toddlers alone are few, these two are hidden and their sum is not.
    """
    parts = ["pupils", "toddlers"]
    rows = hide(frame, counts=["children"], also=[*parts, "share", "mean"], rules=rules)
    return hide(rows, counts=parts, rules=rules)


def distribution(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Classes of scores, as pupil_scores.distribution, merged from both ends, which are open."""
    counts = [str(name) for name in frame if name not in ENDS]
    return merge(frame, counts=counts, open_at=ENDS, rules=rules)


def agreement(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """As pupil_scores.agreement; the boundary, the score of one child, is rounded."""
    rounded = frame.round({"boundary": rules.constants.boundary})
    return hide(rounded, shares={"same": "n"}, added_up=False, rules=rules)


def donors(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Donors by number of uses, as pupil_scores.reuse; the last class is open."""
    return merge(
        frame,
        counts=["donors"],
        sums=["children", "share"],
        lower="times",
        upper="up_to",
        open_at=["up_to"],
        rules=rules,
    )


def schools(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Schools by the share of matched scores, as pupil_scores.matched_by_school, in fewer rows."""
    return merge(frame, counts=["schools"], sums=["pupils"], rules=rules)


def facts(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """As pupil_scores.score_facts; means and standard deviations as national means are shown."""
    rounded = frame.round(rules.constants.means)
    return hide(rounded, counts=["few", "outside"], added_up=False, rules=rules)
