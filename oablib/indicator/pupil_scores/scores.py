"""The onderwijsscore of every child, and where each score comes from."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ImputationError
from oablib.base.shown import showable
from oablib.indicator.pupil_scores import education, matching
from oablib.indicator.pupil_scores.children import UNKNOWN, Children
from oablib.indicator.pupil_scores.computed import compute
from oablib.indicator.pupil_scores.education import Education
from oablib.indicator.pupil_scores.indicator import Indicator
from oablib.indicator.pupil_scores.matching import Matches
from oablib.indicator.pupil_scores.settings import Asylum, Average, Rules


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
    Raises ImputationError as matching.match and asylum.lowest_mean.
    """
    seekers = children.is_asylum(
        until=last_month(children.year, months_late=rules.asylum.months_late)
    )
    means = rules.school_mean
    computed = compute(children, drawn, indicator=indicator, rule=means, left_out=seekers)
    if matches is None:
        matches = matching.match(
            *(children, drawn, computed),
            indicator=indicator,
            rule=rules.matching,
            means=means,
            recipients=np.isnan(computed) & ~seekers,
            seed=seed,
        )
    found = matches.filled(computed)
    mean = np.nan
    if seekers.any():
        basis = found if rules.asylum.order == "after_matching" else computed
        others = basis[~np.isnan(basis)]
        mean = lowest_mean(others, seekers=int(seekers.sum()), rule=rules.asylum)
        found[seekers] = mean
    return Scores(found, _provenance(children, computed, seekers), computed, matches, mean)


def frames(
    children: Children,
    path: Path,
    *,
    average: Average,
    indicator: Indicator,
    rules: Rules,
    seed: int,
) -> Iterator[pd.DataFrame]:
    """Children with their scores, as an allocation takes them, to go on with.

    path: the draws of education. average "child": one frame, draws averaged for each child;
    "school": a frame of each draw in turn, for who averages what schools get; one at a time is in
    memory.
    """
    if average == "child":
        found = iter([education.averaged(path, children)])
    else:
        found = education.rounds(path, children)
    for drawn in found:
        scores = score(children, drawn, indicator=indicator, rules=rules, seed=seed)
        yield children.frame(score=scores.score)


def sources(children: Children, scores: Scores) -> pd.DataFrame:
    """How many scores come from where: provenance, children, pupils, toddlers, share, mean."""
    rows = []
    for each in Provenance:
        own = scores.provenance == each
        toddlers = int((own & children.toddler).sum())
        count = int(own.sum())
        mean = float(scores.score[own].mean()) if count else np.nan
        share = count / len(children)
        rows.append((each.name.lower(), count, count - toddlers, toddlers, share, mean))
    names = ["provenance", "children", "pupils", "toddlers", "share", "mean"]
    return pd.DataFrame(rows, columns=names)


def table(children: Children, **scores: Scores) -> pd.DataFrame:
    """Scores as a private table, one row a child: key, provenance, and a column an indicator."""
    first = next(iter(scores.values()))
    columns = {name: each.score for name, each in scores.items()}
    return pd.DataFrame({"key": children.key, "provenance": first.provenance, **columns})


def reuse(scores: Scores) -> pd.DataFrame:
    """How often donors lend their score: times, donors, share of matched children.

    One donor with many recipients would let a single child decide over many.
    """
    times = Counter(np.unique(scores.matches.donors, return_counts=True)[1].tolist())
    total = max(len(scores.matches.donors), 1)
    rows = [(each, count, each * count / total) for each, count in sorted(times.items())]
    return pd.DataFrame(rows, columns=["times", "donors", "share"])


def _provenance(
    children: Children, computed: NDArray[np.float64], seekers: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    found = np.full(len(children), int(Provenance.MATCHED), dtype=np.uint8)
    known = np.logical_and.reduce(
        [children.codes[f"education_{parent}"] != UNKNOWN for parent in ("father", "mother")]
    )
    has = ~np.isnan(computed)
    found[has] = Provenance.EDUCATION
    found[has & known] = Provenance.DIRECT
    found[seekers] = Provenance.ASYLUM
    return found


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
