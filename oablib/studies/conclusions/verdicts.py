"""Verdicts: what decides whether a conclusion holds in a run, one function a kind."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from oablib.analysis.prediction.explained import EVERYBODY, OWN
from oablib.analysis.representativeness.shares import ALL
from oablib.indicator.comparison.causes import DONORS
from oablib.indicator.comparison.late import PUBLISHED
from oablib.indicator.comparison.schools import GAIN_MOST, LOSE_MOST
from oablib.indicator.comparison.swing import COMPUTED, MATCHED
from oablib.indicator.pupil_scores.on_cohort import PUBLISHED as PUBLISHED_INDICATOR
from oablib.studies.conclusions.settings import UP, Conclusion, Rules
from oablib.studies.conclusions.tables import OfCohort, OfCountry

VERDICTS = HOLDS, FAILS, UNDECIDED, UNKNOWN = "holds", "fails", "undecided", "unknown"
"""Undecided: sampling error alone can make the difference. Unknown: the run cannot say."""

ABSENT, HIDDEN, PLANTED = "absent", "hidden", "planted"
"""Why a run cannot say: it has no such figures; they are of too few to be shown; or a program put
the published figure into the children."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """verdict: a code. why: of UNKNOWN, else empty. here, beside: two figures that are compared.

    same, of: how many of so many figures are as the report says; 0 where figures are not counted.
    """

    verdict: str
    why: str = ""
    here: float = float("nan")
    beside: float = float("nan")
    same: int = 0
    of: int = 0


def judge(rules: Rules, *, cohort: OfCohort, country: OfCountry | None) -> pd.DataFrame:
    """Whether each conclusion holds in a run, in the order of the rules.

    Columns: conclusion (its name), kind, move (empty where there is none), and the fields of
    Verdict. country: None for a run without one, of which nothing can be said then.
    """
    rows = [
        {
            "conclusion": each.name,
            "kind": each.judged_by,
            "move": each.move or "",
            **asdict(_verdict(each, rules=rules, cohort=cohort, country=country)),
        }
        for each in rules.conclusions
    ]
    return pd.DataFrame(rows)


def _verdict(
    conclusion: Conclusion, *, rules: Rules, cohort: OfCohort, country: OfCountry | None
) -> Verdict:
    kind = conclusion.judged_by
    if kind in _OF_COHORT:
        return _OF_COHORT[kind](conclusion, cohort, rules)
    if country is None:
        return Verdict(UNKNOWN, ABSENT)
    return _OF_COUNTRY[kind](conclusion, country, rules)


def moved(figures: pd.DataFrame, *, move: str, rounding: float) -> Verdict:
    """Whether figures weigh more (up) or less (down) than in the indicator before.

    figures: here, low, high (95% interval), before (rounded), new (as published). More is further
    from 0 on the side of the figure before, or of the published one where that is 0, or on either
    side where both are; less is nearer to 0, on either side. One whose interval, widened by the
    rounding of the other, includes the figure before (for less: or the same on the other side of 0)
    can have moved by chance: the verdict is then undecided, unless another one is clear and none is
    clearly the other way.
    """
    if figures.empty:
        return Verdict(UNKNOWN, ABSENT)
    here, before, new = figures["here"], figures["before"], figures["new"]
    low, high = figures["low"] - rounding, figures["high"] + rounding
    more = here.abs() - before.abs()
    by_chance = before.between(low, high)
    if move == UP:
        side = np.sign(before.where(before != 0, new.where(new != 0, here)))
        same = (more > 0) & (here * side > 0)
    else:
        same = more < 0
        by_chance |= (-before).between(low, high)
    one = figures.iloc[0] if len(figures) == 1 else None
    figure = (np.nan, np.nan) if one is None else (float(one["here"]), float(one["before"]))
    counts = (int(same.sum()), len(figures))
    if (~same & ~by_chance).any():
        return Verdict(FAILS, "", *figure, *counts)
    return Verdict(HOLDS if (same & ~by_chance).any() else UNDECIDED, "", *figure, *counts)


def _strongest(conclusion: Conclusion, cohort: OfCohort, _rules: Rules) -> Verdict:
    """Whether the effects that are named are the largest, in standard deviations."""
    sizes = cohort.direct.set_index("name")[["std", "value", "ci_lower", "ci_upper"]].dropna()
    named = sizes.index.isin(conclusion.effects or ())
    if named.sum() < len(conclusion.effects or ()) or named.all():
        return Verdict(UNKNOWN, ABSENT)
    size = sizes["std"].abs()
    # Half a 95% interval, on the scale of std.
    half = size * (sizes["ci_upper"] - sizes["ci_lower"]) / 2 / sizes["value"].abs()
    least, most = float(size[named].min()), float(size[~named].max())
    halves = half[size == least].iloc[0], half[size == most].iloc[0]
    apart = abs(least - most) > np.hypot(*halves)
    clear = HOLDS if least > most else FAILS
    return Verdict(clear if apart else UNDECIDED, "", least, most)


def _paths(_conclusion: Conclusion, cohort: OfCohort, _rules: Rules) -> Verdict:
    added, candidates = cohort.candidates
    if not candidates:
        return Verdict(UNKNOWN, ABSENT)
    return Verdict(FAILS if added else HOLDS, same=added, of=candidates)


def _scale_values(conclusion: Conclusion, cohort: OfCohort, rules: Rules) -> Verdict:
    figures = cohort.scale_values(conclusion)
    return moved(figures, move=str(conclusion.move), rounding=rules.rounding)


def _effects(conclusion: Conclusion, cohort: OfCohort, rules: Rules) -> Verdict:
    figures = cohort.effects(conclusion.effects or ())
    return moved(figures, move=str(conclusion.move), rounding=rules.rounding)


def _explained(_conclusion: Conclusion, cohort: OfCohort, rules: Rules) -> Verdict:
    """Whether the model explains less than the indicator in use, on the same children."""
    if cohort.explained is None:
        return Verdict(UNKNOWN, ABSENT)
    rows = cohort.explained[cohort.explained["children"] == EVERYBODY].set_index("indicator")
    shares = rows["r2_adjusted"]
    in_use = shares.drop([OWN, PUBLISHED_INDICATOR], errors="ignore")
    own = float(shares.get(OWN, np.nan))
    current = np.nan if in_use.empty else float(in_use.iloc[0])
    if np.isnan(own + current):
        return Verdict(UNKNOWN, ABSENT)
    holds = 0 < current - own <= rules.marginal
    return Verdict(HOLDS if holds else FAILS, "", own, current)


def _of_donors(conclusion: Conclusion, country: OfCountry, column: str) -> tuple[float, float]:
    """A column of donor selection, in the places that lose most and those that gain most."""
    causes = country.causes[str(conclusion.level)]
    rows = causes[causes["cause"] == DONORS].set_index("group")[column]
    lose, gain = (float(rows.get(group, np.nan)) for group in (LOSE_MOST, GAIN_MOST))
    return lose, gain


def _donors_share(conclusion: Conclusion, country: OfCountry, rules: Rules) -> Verdict:
    """Whether donor selection makes a considerable part of what both groups lose and gain."""
    lose, gain = _of_donors(conclusion, country, "net_share")
    if np.isnan(lose + gain):
        return Verdict(UNKNOWN, HIDDEN)
    return Verdict(HOLDS if min(lose, gain) >= rules.considerable else FAILS, "", lose, gain)


def _donors_sign(conclusion: Conclusion, country: OfCountry, _rules: Rules) -> Verdict:
    """Whether it lowers the scores of those that lose most and raises those that gain most."""
    lose, gain = _of_donors(conclusion, country, "mean")
    if np.isnan(lose + gain):
        return Verdict(UNKNOWN, HIDDEN)
    return Verdict(HOLDS if lose < 0 < gain else FAILS, "", lose, gain)


def _municipalities(_conclusion: Conclusion, country: OfCountry, _rules: Rules) -> Verdict:
    values = country.relative.set_index("measure")["value"]
    gain, lose = float(values["gain_ordinary"] + values["gain_more"]), float(values["lose"])
    if np.isnan(gain + lose):
        return Verdict(UNKNOWN, HIDDEN)
    return Verdict(HOLDS if gain > lose else FAILS, "", gain, lose)


def _late(_conclusion: Conclusion, country: OfCountry, rules: Rules) -> Verdict:
    """Whether later months add children, and few of all; a drawn country has them by design."""
    if country.drawn:
        return Verdict(UNKNOWN, PLANTED)
    here = country.late[country.late["month"] != PUBLISHED]
    added = here["children"].iloc[-1]
    if pd.isna(added):
        return Verdict(UNKNOWN, HIDDEN)
    share = int(added) / country.children
    return Verdict(HOLDS if 0 < share < rules.small else FAILS, "", float(added), share)


def _sample(_conclusion: Conclusion, country: OfCountry, _rules: Rules) -> Verdict:
    """Whether every distribution of the whole sample is close to the population's."""
    rows = country.distances[country.distances["wave"] == ALL]
    if rows.empty:
        return Verdict(UNKNOWN, ABSENT)
    largest = float(rows["dissimilarity"].max())
    return Verdict(HOLDS if largest <= country.close else FAILS, "", largest, country.close)


def _swing(_conclusion: Conclusion, country: OfCountry, rules: Rules) -> Verdict:
    """Whether scores that a donor gives in both years change far more than those computed twice."""
    changes = country.swings.set_index("scores")["sd"]
    matched, computed = (float(changes.get(name, np.nan)) for name in (MATCHED, COMPUTED))
    if np.isnan(matched + computed):
        return Verdict(UNKNOWN, HIDDEN)
    holds = matched >= rules.swing * computed
    return Verdict(HOLDS if holds else FAILS, "", matched, computed)


_OF_COHORT: Mapping[str, Callable[[Conclusion, OfCohort, Rules], Verdict]] = {
    "strongest": _strongest,
    "paths": _paths,
    "scale_values": _scale_values,
    "effects": _effects,
    "explained": _explained,
}
_OF_COUNTRY: Mapping[str, Callable[[Conclusion, OfCountry, Rules], Verdict]] = {
    "donors_share": _donors_share,
    "donors_sign": _donors_sign,
    "municipalities": _municipalities,
    "late": _late,
    "sample": _sample,
    "swing": _swing,
}
