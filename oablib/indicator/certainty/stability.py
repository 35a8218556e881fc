"""How stable scores of schools are: another seed, other donors and draws, and a year before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.indicator import allocation, pupil_scores
from oablib.indicator.certainty import draws
from oablib.indicator.certainty.layout import Layout
from oablib.indicator.certainty.settings import Rules
from oablib.indicator.pupil_scores import Children, Education, Matches, education, matching
from oablib.indicator.pupil_scores.matching import Candidates
from oablib.indicator.pupil_scores.settings import Matching

SEED, DONORS, CELLS, DRAWS, LATE, YEAR = "seed", "donors", "cells", "draws", "late", "year"
NO_CELLS = "none"
SCORE = "achterstandsscore"
HALF_NORMAL = float(np.sqrt(2 / np.pi))  # mean absolute value of a standard normal variable
COLUMNS = ["what", "value", "rank", "moved", "crossing", "sites", "children"]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What scores of children lead to.

    sites: school_id -> score, of those with pupils. low: (n,) children in the target group.
    """

    sites: pd.Series
    low: NDArray[np.bool_]


def outcome(children: Children, score: NDArray[np.float64], *, law: allocation.Rules) -> Outcome:
    """Scores of sites, and who is in the target group, by scores of children, (n,) points."""
    table = allocation.schools(children.frame(score=score), children.sites, rules=law)
    sites = allocation.with_pupils(table).set_index("school_id")[SCORE]
    cut = allocation.national(score, rules=law).cut
    return Outcome(sites, np.asarray(allocation.in_units(score, rules=law) <= cut))


def beside_variants(
    layout: Layout, path: Path, *, before: Outcome | None, rules: Rules, seed: int
) -> pd.DataFrame:
    """Scores of sites in each variant beside those of the run.

    path: the draws of education. seed: of the run. before: of a year before, None without one.
    Rows by what: seed (mean of the rules' seeds, each with other random numbers), donors and cells
    (the rules' others), draws (one half of the draws against the other, averaged for each child),
    late (two sets of so many draws, averaged for each school: from the variance between draws,
    exact but for the normal distribution that is taken), year. Donors are held where draws differ.
    Columns: value: which; rank: correlation of ranks of the sites above 0 in either; moved:
    fraction of all points, scaled to one sum; crossing: sites above 0 in one alone; sites: above 0
    in either (late: in any draw); children: fraction of all who enter or leave the target group.
    """
    usual = outcome(layout.children, layout.early.score, law=layout.law)
    rows = _of_matching(layout, path, usual, rules=rules, seed=seed)
    rows += _of_draws(layout, path, rules=rules)
    if before is not None:
        rows.append({"what": YEAR, "value": "1", **compared(usual, before)})
    return pd.DataFrame(rows, columns=COLUMNS)


def compared(first: Outcome, second: Outcome) -> dict[str, float]:
    """Sites that both have, and children where these are the same; columns as above."""
    one, other = first.sites.align(second.sites, join="inner")
    either = (one > 0) | (other > 0)
    total, sum_of_other = float(one.sum()), float(other.sum())
    scaled = other * (total / sum_of_other) if sum_of_other > 0 else other
    same = len(first.low) == len(second.low)
    return {
        "rank": float(one[either].rank().corr(other[either].rank())),
        "moved": float((scaled - one).abs().sum()) / 2 / total if total > 0 else np.nan,
        "crossing": float(((one > 0) != (other > 0)).sum()),
        "sites": float(either.sum()),
        "children": float((first.low != second.low).mean()) if same else np.nan,
    }


def _of_matching(
    layout: Layout, path: Path, usual: Outcome, *, rules: Rules, seed: int
) -> list[dict[str, object]]:
    """What other seeds, numbers of donors and cells change."""
    rule, drawn = layout.rules.matching, pupil_scores.averaged(path, layout.children)
    numbers = [rule.donors, *(k for k in rules.donors if k != rule.donors)]
    own, *others = _candidates(layout, drawn, rule=rule, donors=numbers)

    def beside(found: Candidates, seed: int) -> dict[str, float]:
        matches = matching.chosen(found, layout.children, seed=seed)
        return compared(usual, _scored(layout, drawn, matches))

    lots = [beside(own, seed + number) for number in range(1, rules.seeds + 1)]
    mean = {name: float(np.mean([lot[name] for lot in lots])) for name in lots[0]}
    variants = [(DONORS, str(k), found) for k, found in zip(numbers[1:], others, strict=True)]
    for cells in rules.cells:
        if set(cells) != set(rule.cells):
            changed = replace(rule, cells=cells)
            (found,) = _candidates(layout, drawn, rule=changed, donors=[rule.donors])
            variants.append((CELLS, ", ".join(cells) or NO_CELLS, found))
    return [
        {"what": SEED, "value": str(rules.seeds), **mean},
        *({"what": what, "value": value, **beside(found, seed)} for what, value, found in variants),
    ]


def _scored(layout: Layout, drawn: Education, matches: Matches) -> Outcome:
    score = pupil_scores.score(
        layout.children,
        drawn,
        indicator=layout.indicator,
        rules=layout.rules,
        seed=0,
        matches=matches,
    ).score
    return outcome(layout.children, score, law=layout.law)


def _candidates(
    layout: Layout, drawn: Education, *, rule: Matching, donors: Sequence[int]
) -> list[Candidates]:
    """From whom donors are drawn by a rule, for each of several numbers of them."""
    recipients = np.zeros(len(layout.children), bool)
    recipients[layout.candidates.recipients] = True
    found = matching.several(
        layout.children,
        drawn,
        layout.early.computed,
        indicator=layout.indicator,
        rule=rule,
        recipients=recipients,
        donors=donors,
    )
    return list(found)


def _of_draws(layout: Layout, path: Path, *, rules: Rules) -> list[dict[str, object]]:
    """What other draws of education change."""
    rows: list[dict[str, object]] = []
    halves = [_scored(layout, drawn, layout.early.matches) for drawn in _halves(layout, path)]
    if halves:
        value = str(layout.profiles.m // 2)
        rows.append({"what": DRAWS, "value": value, **compared(*halves)})
    scores = np.maximum(draws.rounds(layout, layout.indicator).sites, 0)
    if len(scores) < 2 or not (total := float(scores.mean(axis=0).sum())) > 0:
        return rows
    spread = scores.std(axis=0, ddof=1)
    above_zero = float((scores > 0).any(axis=0).sum())
    for m in rules.imputations:
        apart = float((np.sqrt(2 / m) * spread).sum()) * HALF_NORMAL
        moved = {"moved": apart / 2 / total, "sites": above_zero}
        rows.append({"what": LATE, "value": str(m), **moved})
    return rows


def _halves(layout: Layout, path: Path) -> list[Education]:
    """Both halves of the draws, each counted by code; none of a single draw."""
    half = layout.profiles.m // 2
    parts: list[Education] = []
    for number, drawn in enumerate(education.rounds(path, layout.children)):
        if number == 2 * half:
            break
        if number % half == 0:
            parts.append(replace(drawn, m=half))
        else:
            for name, values in drawn.counts.items():
                parts[-1].counts[name][...] += values
    return parts
