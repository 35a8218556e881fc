"""What a reader should know of the children and their scores: counts and shares, no persons."""

import datetime
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from oablib.base.origin import Origin
from oablib.indicator.allocation.populations import lowest_of
from oablib.indicator.pupil_scores.children import UNKNOWN, Children
from oablib.indicator.pupil_scores.education import Education
from oablib.indicator.pupil_scores.scores import Provenance, Scores
from oablib.protocol.codebook import Table

PARENTS = ("father", "mother")
MANY = 0.40  # of a school's scores matched; outliers above that in Walhout & Scholtus (2021), 4.1
BIN = 0.5  # points, of the distribution of scores
CROSSTABLE = (
    "zero_both", "zero_current_positive_new", "positive_current_zero_new", "positive_both",
)  # fmt: skip
"""Published counts that add up to all school sites."""


def country_facts(children: Children, *, origin: Origin, date: datetime.date) -> pd.DataFrame:
    """One row on the children of a reference date.

    year, reference_date (ISO), children, pupils, toddlers, sites with pupils, municipalities, and
    the origin of the files.
    """
    toddlers = int(children.toddler.sum())
    row = {
        "year": children.year,
        "reference_date": date.isoformat(),
        "children": len(children),
        "pupils": len(children) - toddlers,
        "toddlers": toddlers,
        "sites": len(np.unique(children.site[children.site >= 0])),
        "municipalities": len(children.municipalities),
        **origin.columns(),
    }
    return pd.DataFrame([row])


def turnover(before: Children, now: Children) -> pd.DataFrame:
    """Counts of who came, stayed and left between both reference dates: what (code), children."""
    stayed = np.isin(now.key, before.key, assume_unique=True)
    old = np.searchsorted(before.key, now.key[stayed])
    both = (before.site[old] >= 0) & (now.site[stayed] >= 0)
    moved = before.site[old] != now.site[stayed]
    homes = (before.home[old] >= 0) & (before.home[old] != now.home[stayed])
    rows = {
        "before": len(before),
        "left": len(before) - int(stayed.sum()),
        "new": int((~stayed).sum()),
        "became_pupils": int((before.toddler[old] & ~now.toddler[stayed]).sum()),
        "changed_school": int((both & moved).sum()),
        "moved_home": int((homes & (now.home[stayed] >= 0)).sum()),
        "now": len(now),
    }
    return pd.DataFrame({"what": list(rows), "children": list(rows.values())})


def sites_counted(
    children: Children, *, excluded: Collection[int], published: Mapping[str, Any] | None
) -> pd.DataFrame:
    """School sites from the files to those that count: what (code), sites, pupils, published.

    excluded: types of school that the law leaves out. published: figures of a recalibration; its
    sites are those of the crosstable of both indicators (Walhout & Scholtus 2021, table 4.1.2).
    """
    pupils = np.bincount(children.site[children.site >= 0], minlength=len(children.sites))
    occupied = pupils > 0
    left_out = occupied & children.sites["school_type"].isin(list(excluded)).to_numpy()
    parts = {
        "listed": np.ones_like(occupied),
        "empty": ~occupied,
        "with_pupils": occupied,
        "excluded": left_out,
        "counted": occupied & ~left_out,
    }
    rows = [(name, int(part.sum()), int(pupils[part].sum())) for name, part in parts.items()]
    frame = pd.DataFrame(rows, columns=["what", "sites", "pupils"])
    if published is None:
        return frame
    listed = published["schools"]
    total = sum(listed[name] for name in CROSSTABLE)
    return frame.assign(published=frame["what"].map({"with_pupils": float(total)}))


def registered(children: Children) -> pd.DataFrame:
    """Who is absent from the population register: absent (code), children, share."""
    child, mother, father = (
        children.codes[f"{person}_registered"] == 1 for person in ("child", "mother", "father")
    )
    groups = {
        "nobody": children.computable,
        "mother": child & ~mother & father,
        "father": child & mother & ~father,
        "parents": child & ~mother & ~father,
        "child": ~child,
    }
    counts = [int(group.sum()) for group in groups.values()]
    return pd.DataFrame(
        {"absent": list(groups), "children": counts, "share": np.array(counts) / len(children)}
    )


def known_by_year(children: Children, *, published: Mapping[str, Any] | None) -> pd.DataFrame:
    """Share whose parent's education registers know, by year of enrolment.

    years (0: toddlers), parent, children, known (fraction) and published, for 1 and 8 years (De
    Mooij et al. 2015, appendix 2, indicator 4).
    """
    listed = (published or {}).get("education_known_in_register", {})
    figures = {
        year: listed[key]
        for key, year in (("enrolled_1_year", 1), ("enrolled_8_years", 8))
        if key in listed
    }
    years = children.numbers["years_enrolled"].astype(np.int64)
    total = np.bincount(years, minlength=9)
    rows = []
    for parent in PARENTS:
        known = children.codes[f"education_{parent}"] != UNKNOWN
        share = np.bincount(years[known], minlength=9) / np.maximum(total, 1)
        rows += [
            (year, parent, int(total[year]), share[year], figures.get(year, {}).get(parent, np.nan))
            for year in range(len(total))
        ]
    return pd.DataFrame(rows, columns=["years", "parent", "children", "known", "published"])


def levels(children: Children, drawn: Education, *, table: Table) -> pd.DataFrame:
    """Shares of each level where education is known and where it is drawn.

    variable, code, n_known, n_drawn (children whose score is computable, and whose education is
    known or drawn), known and drawn: fractions of these.
    """
    rows = []
    for name in drawn.rows:
        codes = children.codes[name][children.computable]
        known = np.bincount(codes[codes != UNKNOWN], minlength=UNKNOWN)
        counts = drawn.counts[name].sum(axis=0, dtype=np.int64)
        n = int(known.sum()), len(drawn.counts[name])
        for category in table.column(name).categories:
            shares = known[category.code] / known.sum(), counts[category.code] / counts.sum()
            rows.append((name, category.code, *n, *map(float, shares)))
    return pd.DataFrame(rows, columns=["variable", "code", "n_known", "n_drawn", "known", "drawn"])


def distribution(scores: Scores) -> pd.DataFrame:
    """Children by score in steps of half a point: lower, upper (points), a column per provenance.

    Without asylum seekers, who all have one score: a class would say which.
    """
    lower = np.floor(scores.score / BIN) * BIN
    first, last = float(lower.min()), float(lower.max())
    edges = np.arange(first, last + 2 * BIN, BIN)
    counts = {
        source.name.lower(): np.histogram(scores.score[scores.provenance == source], edges)[0]
        for source in Provenance
        if source != Provenance.ASYLUM
    }
    return pd.DataFrame({"lower": edges[:-1], "upper": edges[1:], **counts})


def matched_by_school(children: Children, scores: Scores) -> pd.DataFrame:
    """Schools by the share of their pupils' scores that are matched: lower, upper, schools, pupils.

    upper of the last class is 1; shares are fractions.
    """
    at_school = children.site >= 0
    total = np.bincount(children.site[at_school], minlength=len(children.sites))
    matched = at_school & (scores.provenance == Provenance.MATCHED)
    share = np.bincount(children.site[matched], minlength=len(total)) / np.maximum(total, 1)
    edges = np.array([0.0, 0.05, 0.1, 0.2, MANY, 1.0])
    which = np.clip(np.searchsorted(edges, share, side="right") - 1, 0, len(edges) - 2)
    classes = len(edges) - 1
    return pd.DataFrame(
        {
            "lower": edges[:-1],
            "upper": edges[1:],
            "schools": np.bincount(which[total > 0], minlength=classes),
            "pupils": np.bincount(which, total, minlength=classes).astype(np.int64),
        }
    )


def score_facts(scores: Mapping[str, Scores]) -> pd.DataFrame:
    """Facts of each indicator's scores: indicator, mean, sd, few, outside (children).

    few, outside: as Matches.
    """
    rows = []
    for name, result in scores.items():
        mean, sd, matches = result.score.mean(), result.score.std(), result.matches
        rows.append((name, mean, sd, matches.few, matches.outside))
    return pd.DataFrame(rows, columns=["indicator", "mean", "sd", "few", "outside"])


def agreement(scores: Mapping[str, Scores], *, applied: str, share: float) -> pd.DataFrame:
    """How far another indicator finds the same children among the lowest scores.

    scores: by indicator, of the same children. share: of the lowest scores. A row for each other
    indicator: indicator, n (children with the lowest scores by the applied one), correlation of the
    scores, same (fraction of n that are the lowest by the other as well), boundary (points, of the
    other).
    """
    own = scores[applied].score
    count = max(1, int(share * len(own)))
    boundary = lowest_of(own, count)[-1]
    rows = []
    for name, result in scores.items():
        if name == applied:
            continue
        other = lowest_of(result.score, count)[-1]
        lowest = own <= boundary
        same = (lowest & (result.score <= other)).sum() / lowest.sum()
        r = np.corrcoef(own, result.score)[0, 1]
        rows.append((name, int(lowest.sum()), float(r), float(same), float(other)))
    return pd.DataFrame(rows, columns=["indicator", "n", "correlation", "same", "boundary"])


def reuse(scores: Scores) -> pd.DataFrame:
    """How often donors are used: times, up_to, donors, children, matched, share.

    One row a number of times; up_to is the same, until rows are merged. children: who got a score
    of these donors, of `matched` in all; share: the fraction. With many recipients of one donor a
    single child would decide over many.
    """
    times = Counter(np.unique(scores.matches.donors, return_counts=True)[1].tolist())
    total = len(scores.matches.donors)
    rows = [
        (number, number, count, number * count, total, number * count / total)
        for number, count in sorted(times.items())
    ]
    return pd.DataFrame(rows, columns=["times", "up_to", "donors", "children", "matched", "share"])
