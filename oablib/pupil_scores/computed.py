"""Scores that can be computed: direct effects times what is known, or drawn, of a child."""

import numpy as np
from numpy.typing import NDArray

from oablib.pupil_scores.children import UNKNOWN, Children
from oablib.pupil_scores.education import Education
from oablib.pupil_scores.indicator import Indicator
from oablib.pupil_scores.settings import SchoolMean


def compute(
    children: Children,
    education: Education,
    *,
    indicator: Indicator,
    rule: SchoolMean,
    left_out: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Score of each child, (n,), in points without the constant; NaN where it cannot be computed.

    left_out: children who get no score of their own and count in no school mean (asylum seekers).
    The constant ("startwaarde") cancels in all that follows: law and ranks use differences alone.
    """
    score = np.zeros(len(children))
    for column in indicator.columns:
        score += education.values(
            column, codes=children.codes[column], points=indicator.points(column)
        )
    for name, of in indicator.model.school_means.items():
        values = education.values(of, codes=children.codes[of], points=_scale(indicator, of))
        counted = ~(np.isnan(values) | left_out)
        score += indicator.effects[name] * school_means(
            children, values, counted=counted, rule=rule
        )
    score[~children.computable | left_out] = np.nan
    return score


def school_means(
    children: Children, values: NDArray, *, counted: NDArray[np.bool_], rule: SchoolMean
) -> NDArray[np.float64]:
    """Mean of `values` over the counted children of each child's school, (n,).

    Toddlers get the mean of the toddlers of their municipality, or that of the country; so does
    who belongs to a school, or lives in a municipality, of which nobody is counted.
    """
    pupils = _pupil_groups(children, rule=rule)
    overall = float(values[counted].mean()) if counted.any() else 0.0
    found = _means(values, pupils, counted=counted, empty=overall)
    if rule.toddlers == "municipality":
        at_home = np.where(children.toddler, children.home, -1)
        toddlers = _means(values, at_home, counted=counted, empty=overall)
        return np.where(children.toddler, toddlers, found)
    return np.where(children.toddler, overall, found)


def _scale(indicator: Indicator, column: str) -> NDArray:
    """Scale value by code; the code itself for a column without scale values."""
    if column in indicator.values:
        return indicator.values[column]
    plain = np.arange(UNKNOWN + 1, dtype=np.float64)
    plain[UNKNOWN] = np.nan
    return plain


def _pupil_groups(children: Children, *, rule: SchoolMean) -> NDArray[np.int64]:
    """Number of the group whose mothers count together, (n,); -1 without a school."""
    if rule.per == "site":
        return children.site.astype(np.int64)
    sites = children.sites
    brin = sites["school_id"].str[:4] + sites["municipality"].fillna("")
    number = np.append(brin.factorize()[0], -1)
    return np.asarray(number[children.site], dtype=np.int64)


def _means(
    values: NDArray, group: NDArray, *, counted: NDArray[np.bool_], empty: float
) -> NDArray[np.float64]:
    """Mean of each child's group, (n,); `empty` for a group without counted children, or none."""
    inside = counted & (group >= 0)
    size = int(group.max(initial=-1)) + 1
    count = np.bincount(group[inside], minlength=size)
    total = np.bincount(group[inside], values[inside], minlength=size)
    mean = np.append(np.where(count > 0, total / np.maximum(count, 1), empty), empty)
    return np.asarray(mean[group])
