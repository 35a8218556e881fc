"""What registers know: who is in the population register, and whose education is known."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.synthetic.country.background import RECENT
from oablib.synthetic.country.children import GRADES, LEFT, PUPIL, SCHOOL_AGE
from oablib.synthetic.country.drawing import highest, redrawn
from oablib.synthetic.country.settings import PATTERNS
from oablib.synthetic.outcomes import with_margin
from oablib.synthetic.population import Frame, Rules, standard

ALL_REGISTERED = 0
CHILD, BOTH, MOTHER, FATHER = range(1, len(PATTERNS) + 1)
"""Who is absent from the population register, as codes of the column `absent`."""

UNKNOWN = ("mother", "father", "both")
"""Whose education is unknown: the patterns of figure 2.2.3 after "both known"."""


def add_registers(
    rng: np.random.Generator,
    children: Frame,
    *,
    sites: Frame,
    rules: Rules,
    published: Rules,
    known: Rules,
) -> None:
    """Add absent and absent_before (codes above), and whose education is unknown on both dates.

    unknown_father, unknown_mother, and the same with _before (bool). published: herijking2021;
    known: the shares by years enrolled of herziening2015, education_known_in_register.
    """
    _add_absence(rng, children, sites=sites, rule=rules["not_registered"])
    _hide_education(
        rng, children, rule=rules["unknown_education"], published=published, known=known
    )


def years_enrolled(age: NDArray[np.float64]) -> NDArray[np.int64]:
    """Year of school that children of this age (n,) are in: 1 to 8, and 0 below school age."""
    return np.clip(np.floor(age).astype(int) - SCHOOL_AGE + 1, 0, GRADES)


def _add_absence(rng: np.random.Generator, children: Frame, *, sites: Frame, rule: Rules) -> None:
    liking = rule["school"] * rng.normal(size=len(sites))
    liking += rule["newcomer_bonus"] * sites["newcomers"].to_numpy()
    inclined = liking[children["school"]]
    inclined += rule["foreign"] * (children["origin"] != 1).to_numpy()
    inclined += rule["recent"] * (children["duration"] < RECENT).to_numpy()
    child = inclined + rule["asylum"] * children["asylum"].to_numpy()
    scores = {pattern: child if pattern == "child" else inclined for pattern in PATTERNS}
    noise = {pattern: rng.gumbel(size=len(children)) for pattern in PATTERNS}
    children["absent"] = _absence(
        {name: scores[name] + noise[name] for name in PATTERNS},
        may_be_absent=(children["group"] == PUPIL).to_numpy(),
        shares=rule["shares"],
    )
    anew = {name: redrawn(rng, each, share=rule["changed"]) for name, each in noise.items()}
    children["absent_before"] = _absence(
        {name: scores[name] + anew[name] for name in PATTERNS},
        may_be_absent=(children["age"] - 1 >= SCHOOL_AGE).to_numpy(),
        shares=rule["shares"],
    )


def _absence(
    scores: Mapping[str, NDArray[np.float64]],
    *,
    may_be_absent: NDArray[np.bool_],
    shares: Mapping[str, float],
) -> NDArray[np.int8]:
    absent = np.zeros(len(may_be_absent), dtype=np.int8)
    for code, pattern in enumerate(PATTERNS, start=1):
        # Toddlers are counted in the population register, so that none of them is absent from it.
        free = (absent == ALL_REGISTERED) & (may_be_absent if code == CHILD else True)
        rows = np.flatnonzero(free)
        count = round(shares[pattern] * len(absent))
        absent[rows[highest(scores[pattern][rows], count=count)]] = code
    return absent


def _hide_education(
    rng: np.random.Generator, children: Frame, *, rule: Rules, published: Rules, known: Rules
) -> None:
    odds = _odds(children, rule=rule)
    # Those who left are a class of their own: older mothers would shift what is known in grade 8.
    left = (children["group"] == LEFT).to_numpy()
    year = np.where(left, GRADES + 1, years_enrolled(children["age"].to_numpy()))
    ratio = odds_ratio(np.array(published["margins"]["education_known"][2013]))
    pattern = np.empty(len(children), dtype=np.int8)
    for grade in range(GRADES + 2):
        rows = np.flatnonzero(year == grade)
        found = _found(children.iloc[rows])
        mother, father = (
            _known_share(known, parent=each, year=grade) / found[each]
            for each in ("mother", "father")
        )
        chances = with_margin(odds[rows], target=joint(mother, father, ratio=ratio))
        pattern[rows] = (rng.random((len(rows), 1)) > np.cumsum(chances, axis=1)).sum(axis=1)
    for parent, codes in (("mother", (1, 3)), ("father", (2, 3))):
        unknown = np.isin(pattern, codes)
        children[f"unknown_{parent}"] = unknown
        learned = ~unknown & (rng.random(len(children)) < rule["learned"])
        children[f"unknown_{parent}_before"] = unknown | learned


def _odds(children: Frame, *, rule: Rules) -> NDArray[np.float64]:
    """Odds (n, 3) of mother, father and both unknown, by what is observed of a child."""
    drivers = pd.DataFrame(
        {key: standard(children[key]) for key in ("mother_age", "household_income")}
    ).assign(foreign=(children["origin"] != 1) * 1.0)
    slopes = pd.DataFrame({pattern: rule[pattern] for pattern in UNKNOWN})
    return np.exp(drivers.to_numpy() @ slopes.loc[drivers.columns].to_numpy())


def _found(children: Frame) -> dict[str, float]:
    """Share of children whose parent's education can be looked up at all.

    The published shares are of all children; that of whom can be looked up must be higher.
    """
    absent, asylum = children["absent"].to_numpy(), children["asylum"].to_numpy()
    never = {"mother": (CHILD, BOTH, MOTHER), "father": (CHILD, BOTH, FATHER)}
    return {
        parent: float(np.mean(~np.isin(absent, codes) & ~asylum)) for parent, codes in never.items()
    }


def _known_share(known: Rules, *, parent: str, year: int) -> float:
    """Published share for years 1 and 8, before and after them too; linear between."""
    ends = [known[name][parent] for name in ("enrolled_1_year", "enrolled_8_years")]
    return float(np.interp(year, [1, GRADES], ends))


def odds_ratio(shares: NDArray[np.float64]) -> float:
    """Association of what is known of both parents.

    shares: both known, mother unknown, father unknown, both unknown.
    """
    both, mother, father, neither = shares
    return float(both * neither / (mother * father))


def joint(mother: float, father: float, *, ratio: float) -> NDArray[np.float64]:
    """Shares (4,) of both known, mother unknown, father unknown, both unknown.

    mother, father: shares known; ratio: odds ratio, not 1 (Plackett, 1965, JASA 60, p. 516).
    """
    total = 1 + (ratio - 1) * (mother + father)
    root = np.sqrt(total**2 - 4 * ratio * (ratio - 1) * mother * father)
    both = (total - root) / (2 * (ratio - 1))
    return np.array([both, father - both, mother - both, 1 - mother - father + both])
