"""How far scores swing from one year to the next, and how much of it is the choice of donors."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.shown import showable
from oablib.indicator import allocation
from oablib.indicator.comparison.causes import SCHOOLS, Procedure, Situation, table_of
from oablib.indicator.comparison.settings import Rules
from oablib.indicator.pupil_scores import Children, Provenance

MATCHED, COMPUTED, EITHER = "matched twice", "computed twice", "one of each"
KEPT, LOT = "same seed", "another seed"
OWN = (int(Provenance.DIRECT), int(Provenance.EDUCATION))
SCORE = "achterstandsscore"


@dataclass(frozen=True, slots=True, eq=False)
class Year:
    """Children of a reference date with their scores, as pupil_scores.table has them.

    scores: key, provenance, new; in the order of children.
    """

    children: Children
    scores: pd.DataFrame

    @property
    def score(self) -> NDArray[np.float64]:
        """By the new indicator, (n,), points."""
        return self.scores["new"].to_numpy(np.float64)

    @property
    def provenance(self) -> NDArray[np.uint8]:
        """Where each score comes from, (n,) of Provenance."""
        return self.scores["provenance"].to_numpy(np.uint8)


@showable(private=("schools",))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Swings:
    """Changes of scores. children: as from of_children. schools: as from of_schools."""

    children: pd.DataFrame
    schools: pd.DataFrame


def swings(
    before: Year, now: Year, *, situation: Situation, how: Procedure, rules: Rules
) -> Swings:
    """Changes from year to year, beside those that another seed gives within this year.

    situation: of this year, whose donors are drawn again with the next seed. Years are
    compared with a seed of their own each, as random numbers are new each year: with one seed a
    child keeps its number.
    """
    again = situation.scored(replace(how, seed=how.seed + 1)).score
    other = Year(now.children, now.scores.assign(new=again))
    return Swings(
        children=of_children(before, now, again=other, how=how, rules=rules),
        schools=of_schools(before, now, again=other, how=how),
    )


def of_children(
    before: Year, now: Year, *, again: Year, how: Procedure, rules: Rules
) -> pd.DataFrame:
    """Changes of the scores of children who are there in both years.

    before, now: with one seed. again: this year with another. Rows, last year's scores against
    `again`: matched twice (a donor's score in both years), computed twice, one of each. Of those
    matched twice: same seed (last year's against `now`) and another seed (`now` against `again`).
    Columns: scores, n, mean, sd, lower, upper (quantiles that hold the rules' interval), r
    (correlation of both scores), crossing (share who enter or leave the target group), beyond
    (children beyond each quantile).
    """
    _keys, then, here = np.intersect1d(
        before.children.key, now.children.key, assume_unique=True, return_indices=True
    )
    sources = before.provenance[then], now.provenance[here]
    is_matched, is_own = (
        [np.isin(source, codes) for source in sources]
        for codes in ((int(Provenance.MATCHED),), OWN)
    )
    groups = {
        MATCHED: is_matched[0] & is_matched[1],
        COMPUTED: is_own[0] & is_own[1],
        EITHER: (is_own[0] & is_matched[1]) | (is_matched[0] & is_own[1]),
    }
    sides: Mapping[str, tuple[Year, NDArray]] = {
        "before": (before, then), "now": (now, here), "again": (again, here),
    }  # fmt: skip
    score = {name: year.score[rows] for name, (year, rows) in sides.items()}
    low = {name: _in_target(year, how=how)[rows] for name, (year, rows) in sides.items()}
    pairs = {name: ("before", "again", inside) for name, inside in groups.items()}
    pairs[KEPT] = ("before", "now", groups[MATCHED])
    pairs[LOT] = ("now", "again", groups[MATCHED])
    tail = (1 - rules.interval) / 2
    rows = []
    for name, (one, two, inside) in pairs.items():
        first, second = score[one][inside], score[two][inside]
        crossing = low[one][inside] != low[two][inside]
        rows.append({"scores": name, **_change(first, second, tail), "crossing": _mean(crossing)})
    return pd.DataFrame(rows)


def of_schools(before: Year, now: Year, *, again: Year, how: Procedure) -> pd.DataFrame:
    """Changes of the scores of sites that have pupils in both years.

    Columns: school_id, n_children; matched: share of its pupils with a donor's score; year:
    absolute change from last year to `again`; lot: from `now` to `again`, points.
    """
    tables = [
        table_of(SCHOOLS, year.children, score=year.score, how=how).set_index("school_id")
        for year in (before, now, again)
    ]
    earlier, latest, other = tables
    site = now.children.site
    size = len(now.children.sites)
    is_matched = (now.provenance == int(Provenance.MATCHED)) & (site >= 0)
    pupils = np.bincount(site[site >= 0], minlength=size)
    share = np.bincount(site[is_matched], minlength=size) / np.maximum(pupils, 1)
    matched = pd.Series(share, index=now.children.sites["school_id"])
    there = latest.index[(latest["n_children"] > 0)]
    there = there.intersection(earlier.index[earlier["n_children"] > 0]).rename("school_id")
    frame = pd.DataFrame(
        {
            "n_children": latest["n_children"].loc[there],
            "matched": matched.loc[there],
            "year": (other[SCORE] - earlier[SCORE]).loc[there].abs(),
            "lot": (other[SCORE] - latest[SCORE]).loc[there].abs(),
        }
    )
    return frame.reset_index()


def by_matched(schools: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Sites in classes of the share of their pupils with a donor's score.

    schools: as from `of_schools`. Columns: lower, upper (fractions; the last has none above),
    schools, the sums year and lot of absolute changes, and of both the largest_ one, points.
    """
    limits = np.array(rules.matched_classes, float)
    row = np.searchsorted(limits, schools["matched"].to_numpy(), side="right") - 1
    grouped = schools.groupby(row)[["year", "lot"]]
    largest = grouped.max().add_prefix("largest_")
    counted = pd.concat([grouped.size().rename("schools"), grouped.sum(), largest], axis=1)
    every = counted.reindex(range(len(limits)), fill_value=0)
    return every.assign(lower=limits, upper=np.append(limits[1:], np.nan))


def _in_target(year: Year, *, how: Procedure) -> NDArray[np.bool_]:
    units = allocation.in_units(year.score, rules=how.allocation)
    return np.asarray(units <= allocation.national(year.score, rules=how.allocation).cut)


def _change(first: NDArray, second: NDArray, tail: float) -> dict[str, float]:
    change = second - first
    several = len(change) > 1
    lower, upper = np.quantile(change, [tail, 1 - tail]) if len(change) else (np.nan, np.nan)
    related = several and first.std() > 0 and second.std() > 0
    return {
        "n": len(change),
        "mean": _mean(change),
        "sd": float(change.std()) if several else np.nan,
        "lower": float(lower),
        "upper": float(upper),
        "r": float(np.corrcoef(first, second)[0, 1]) if related else np.nan,
        "beyond": int(tail * len(change)),
    }


def _mean(values: NDArray) -> float:
    return float(values.mean()) if len(values) else np.nan
