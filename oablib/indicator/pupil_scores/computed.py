"""Scores that can be computed: direct effects times what is known, or drawn, of a child."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.indicator.pupil_scores.children import UNKNOWN, Children
from oablib.indicator.pupil_scores.education import Education
from oablib.indicator.pupil_scores.indicator import Indicator
from oablib.indicator.pupil_scores.settings import SchoolMean


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
    score, part = np.zeros(len(children)), np.empty(len(children))
    for column in indicator.columns:
        score += education.values(
            column, codes=children.codes[column], points=indicator.points(column), out=part
        )
    for name, of in indicator.model.school_means.items():
        points = _scale(indicator, of)
        values = education.values(of, codes=children.codes[of], points=points, out=part)
        counted = ~(np.isnan(values) | left_out)
        means = school_means(children, values, counted=counted, rule=rule)
        score += np.multiply(indicator.effects[name], means, out=means)
    score[~children.computable | left_out] = np.nan
    return score


def school_means(
    children: Children, values: NDArray, *, counted: NDArray[np.bool_], rule: SchoolMean
) -> NDArray[np.float64]:
    """Mean of `values` over the counted children of each child's school, (n,).

    Toddlers get the mean of the toddlers of their municipality, or that of the country; so does
    who belongs to a school, or lives in a municipality, of which nobody is counted.
    """
    group, none = _groups(children, rule=rule)
    # A place of their own for those who are not counted: cheaper than to leave them out.
    place = np.where(counted, group, none + 1)
    count = np.bincount(place, minlength=none + 2)[:-1]
    total = np.bincount(place, values, minlength=none + 2)[:-1]
    overall = float(total.sum()) / max(int(count.sum()), 1)
    mean = np.where(count > 0, total / np.maximum(count, 1), overall)
    mean[none] = overall
    return mean.take(group, mode="clip")


def _scale(indicator: Indicator, column: str) -> NDArray:
    """Scale value by code; the code itself for a column without scale values."""
    if column in indicator.values:
        return indicator.values[column]
    plain = np.arange(UNKNOWN + 1, dtype=np.float64)
    plain[UNKNOWN] = np.nan
    return plain


def _groups(children: Children, *, rule: SchoolMean) -> tuple[NDArray[np.intp], int]:
    """Number of each child's group, (n,), and the last number, of those who have none."""
    of_site = _of_site(children.sites, per=rule.per)
    homes = len(children.municipalities) if rule.toddlers == "municipality" else 0
    first = int(of_site.max(initial=-1)) + 1
    none = first + homes
    # "wrap": -1, no school or no home, is the last.
    group = np.append(of_site, none).take(children.site, mode="wrap")
    if homes:
        rows = np.flatnonzero(children.toddler)
        group[rows] = np.arange(first, none + 1).take(children.home[rows], mode="wrap")
    return group, none


def _of_site(sites: pd.DataFrame, *, per: str) -> NDArray[np.intp]:
    """Number of the group of each site whose mothers count together."""
    if per == "site":
        return np.arange(len(sites))
    brin = sites["school_id"].str[:4] + sites["municipality"].fillna("")
    return brin.factorize()[0]
