"""The onderwijsscore of every child, and where each score comes from.

Scores that can be computed are direct effects times what is known, or drawn, of a child; others
are those of donors; asylum seekers get a mean.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ImputationError
from oablib.base.shown import showable
from oablib.indicator.allocation.populations import lowest_of
from oablib.indicator.pupil_scores import education, matching
from oablib.indicator.pupil_scores.children import UNKNOWN, Children
from oablib.indicator.pupil_scores.education import Education
from oablib.indicator.pupil_scores.indicator import Indicator
from oablib.indicator.pupil_scores.matching import Matches
from oablib.indicator.pupil_scores.settings import Asylum, Average, Rules, SchoolMean
from oablib.indicator.pupil_scores.settings import rules as read_rules
from oablib.protocol import reference_dates
from oablib.protocol.formed import Factor
from oablib.statistics import model_columns


class Provenance(IntEnum):
    """Where a score comes from."""

    DIRECT = 1
    """Computed from known characteristics alone."""
    EDUCATION = 2
    """Computed; the education of a parent is a mean over draws."""
    MATCHED = 3
    """Score of a donor: child or parent is not in the population register."""
    ASYLUM = 4
    """Mean of the lowest 15 %: asylum seeker or status holder."""


@showable(private=("score", "provenance", "computed", "matches"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Scores:
    """n scores. score: (n,) in points without the constant. provenance: (n,) of Provenance.

    computed: (n,) before matching, NaN where there is none. asylum_mean: what asylum seekers got,
    NaN where there are none.
    """

    score: NDArray[np.float64]
    provenance: NDArray[np.uint8]
    computed: NDArray[np.float64]
    matches: Matches
    asylum_mean: float


def score(
    children: Children,
    drawn: Education,
    *,
    indicator: Indicator,
    rules: Rules,
    seed: int,
    matches: Matches | None = None,
) -> Scores:
    """Score all children: compute, match, give asylum seekers their mean.

    matches: donors already chosen, as under another indicator; None to choose them here.
    Raises ImputationError as matching.candidates and lowest_mean.
    """
    seekers = children.is_asylum(
        until=last_month(children.year, months_late=rules.asylum.months_late, rules=rules)
    )
    computed = compute(
        children, drawn, indicator=indicator, rule=rules.school_mean, left_out=seekers
    )
    if matches is None:
        found = matching.candidates(
            children,
            drawn,
            computed,
            indicator=indicator,
            rule=rules.matching,
            recipients=np.isnan(computed) & ~seekers,
        )
        matches = matching.chosen(found, children, seed=seed)
    scores = matches.filled(computed)
    mean = np.nan
    if seekers.any():
        basis = scores if rules.asylum.order == "after_matching" else computed
        others = basis[~np.isnan(basis)]
        mean = lowest_mean(others, seekers=int(seekers.sum()), rule=rules.asylum)
        scores[seekers] = mean
    return Scores(scores, _provenance(children, computed, seekers), computed, matches, mean)


def compute(
    children: Children,
    drawn: Education,
    *,
    indicator: Indicator,
    rule: SchoolMean,
    left_out: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Score of each child, (n,), in points without the constant; NaN where it cannot be computed.

    left_out: children who get no score of their own and count in no school mean (asylum seekers).
    The constant ("startwaarde") cancels in all that follows: law and ranks use differences alone.
    """
    score = own_points(children.codes, drawn, indicator=indicator)
    part = np.empty(len(children))
    for name, column in indicator.model.school_means.items():
        points, codes = indicator.numbers(column), children.codes[column]
        values = drawn.values(column, codes=codes, points=points, out=part)
        counted = ~(np.isnan(values) | left_out)
        means = school_means(children, values, counted=counted, rule=rule)
        score += np.multiply(indicator.effects[name], means, out=means)
    score[~children.computable | left_out] = np.nan
    return score


def own_points(
    codes: Mapping[str, NDArray[np.uint8]], drawn: Education, *, indicator: Indicator
) -> NDArray[np.float64]:
    """What a child's own characteristics add to its score, (n,): all of it but school means.

    codes: column -> (n,) codes, 255 where unknown.
    """
    n = len(next(iter(codes.values())))
    score, part = np.zeros(n), np.empty(n)
    for column in indicator.columns:
        score += drawn.values(
            column, codes=codes[column], points=indicator.points(column), out=part
        )
    for name, factors in indicator.model.products.items():
        score += indicator.effects[name] * _product(factors, codes, drawn, indicator=indicator)
    return score


def school_means(
    children: Children, values: NDArray, *, counted: NDArray[np.bool_], rule: SchoolMean
) -> NDArray[np.float64]:
    """Mean of `values` over the counted children of each child's school, (n,).

    Toddlers get the mean of the toddlers of their municipality, or that of the country. The
    country's mean also goes to children of a school or municipality of which nobody is counted.
    """
    group, none = groups(children, rule=rule)
    # A group of their own for those who are not counted: cheaper than to leave them out.
    counting = np.where(counted, group, none + 1)
    count = np.bincount(counting, minlength=none + 2)[:-1]
    total = np.bincount(counting, values, minlength=none + 2)[:-1]
    overall = float(total.sum()) / max(int(count.sum()), 1)
    mean = np.where(count > 0, total / np.maximum(count, 1), overall)
    mean[none] = overall
    return mean.take(group, mode="clip")


def last_month(year: int, *, months_late: int, rules: Rules | None = None) -> int:
    """The last month (yyyymm) of which registrations count, for the reference date of a year.

    What is registered before the reference date is registered in the month before it at the
    latest; with months_late = 3 the next three months count as well (Walhout & Scholtus 2021,
    section 2.3). rules: with the days; None: those of the file.
    """
    date = (rules or read_rules()).reference_date(year)
    return reference_dates.last_month_before(date, later=months_late)


def lowest_mean(scores: NDArray[np.float64], *, seekers: int, rule: Asylum) -> float:
    """Mean of the lowest scores, for `seekers` asylum seekers beside these n others.

    mean_over "others": the lowest 15 % of the n. "all": asylum seekers, who get this very mean,
    take places among the lowest 15 % of everybody, so that the mean of the others there is the
    mean of all there. Of equal scores at the boundary as many count as there is room for.
    Raises ImputationError when there is no room for anybody.
    """
    share = Fraction(str(rule.target_share))
    room = int(share * len(scores))
    if rule.mean_over == "all":
        room = int(share * (len(scores) + seekers)) - seekers
    if not 0 < room <= len(scores):
        raise ImputationError(
            f"{seekers:,} asylum seekers beside {len(scores):,} scored children leave {room:,} "
            f"places for others among the lowest {float(share):.0%}; expected 1 or more. Choose "
            "mean_over: others in params/rules/pupil_scores.yaml."
        )
    return float(np.sort(lowest_of(scores, room)).mean())


def frames(
    children: Children,
    path: Path,
    *,
    average: Average,
    indicator: Indicator,
    rules: Rules,
    seed: int,
) -> Iterator[pd.DataFrame]:
    """Children with their scores, as an allocation takes them.

    path: the draws of education. average "child": one frame, draws averaged for each child;
    "school": a frame of each draw in turn, to average what schools get; one at a time is in
    memory.
    """
    by_child = average == "child"
    draws = [education.averaged(path, children)] if by_child else education.rounds(path, children)
    for drawn in draws:
        scores = score(children, drawn, indicator=indicator, rules=rules, seed=seed)
        yield children.frame(score=scores.score)


def sources(children: Children, scores: Scores) -> pd.DataFrame:
    """Counts of scores by source: provenance, children, pupils, toddlers, share, mean.

    mean: of computed scores alone. Asylum seekers all have one score, which their mean would be;
    with the mean of all children and that of matched scores it could be computed.
    """
    rows = []
    for source in Provenance:
        inside = scores.provenance == source
        toddlers, count = int((inside & children.toddler).sum()), int(inside.sum())
        is_computed = source in (Provenance.DIRECT, Provenance.EDUCATION)
        mean = float(scores.score[inside].mean()) if count and is_computed else np.nan
        share = count / len(children)
        rows.append((source.name.lower(), count, count - toddlers, toddlers, share, mean))
    names = ["provenance", "children", "pupils", "toddlers", "share", "mean"]
    return pd.DataFrame(rows, columns=names)


def table(children: Children, **scores: Scores) -> pd.DataFrame:
    """Scores as a private table, one row a child: key, provenance, and a column an indicator."""
    first = next(iter(scores.values()))
    columns = {name: result.score for name, result in scores.items()}
    return pd.DataFrame({"key": children.key, "provenance": first.provenance, **columns})


def _product(
    factors: Sequence[Factor],
    codes: Mapping[str, NDArray[np.uint8]],
    drawn: Education,
    *,
    indicator: Indicator,
) -> NDArray[np.float64]:
    """Product of factors of each child, (n,), mean over the draws: one factor at most is drawn."""
    numbers = {}
    for factor in factors:
        (column,) = indicator.model.columns_of(factor.name)
        numbers[factor.name] = drawn.values(
            column, codes=codes[column], points=indicator.numbers(factor.name)
        )
    return model_columns.product(factors, numbers)


def groups(children: Children, *, rule: SchoolMean) -> tuple[NDArray[np.intp], int]:
    """Number of each child's group, (n,), and the last number, of children without a group.

    A school mean is that of a group.
    """
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


def _provenance(
    children: Children, computed: NDArray[np.float64], seekers: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    source = np.full(len(children), int(Provenance.MATCHED), dtype=np.uint8)
    known = np.logical_and.reduce(
        [children.codes[f"education_{parent}"] != UNKNOWN for parent in ("father", "mother")]
    )
    has = ~np.isnan(computed)
    source[has] = Provenance.EDUCATION
    source[has & known] = Provenance.DIRECT
    source[seekers] = Provenance.ASYLUM
    return source
