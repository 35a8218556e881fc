"""What registers know: who is in the population register, parents' education, and asylum."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from oablib.protocol.reference_dates import reference_date
from oablib.synthetic.country.background import RECENT
from oablib.synthetic.country.children import GRADES, LEFT, PUPIL, SCHOOL_AGE, TODDLER_AGE
from oablib.synthetic.country.settings import PATTERNS
from oablib.synthetic.country.world import World
from oablib.synthetic.drawing import Frame, Rules, draw_patterns, highest, redrawn, unknown_odds

ALL_REGISTERED = 0
CHILD, BOTH, MOTHER, FATHER = range(1, len(PATTERNS) + 1)
"""Who is absent from the population register, as codes of the column `absent`."""

ABSENT = {"mother": (CHILD, BOTH, MOTHER), "father": (CHILD, BOTH, FATHER)}
"""Parent -> codes by which this parent is absent."""

MONTHS = 12


def add_registers(world: World, children: Frame, *, year: int, share: float) -> None:
    """Add who is absent, whose education is unknown, and when asylum seekers were registered.

    absent and absent_before (codes above); unknown_father, unknown_mother, and the same with
    _before (bool); registered: yyyymm of the registration of asylum seekers and status holders
    with COA or IND, else 0. share: of the country that is drawn.
    """
    _add_absence(world, children)
    _hide_education(world, children)
    _add_registration(world, children, year=year, share=share)


def years_enrolled(age: NDArray[np.float64]) -> NDArray[np.int64]:
    """Year of school that children of this age (n,) are in: 1 to 8, and 0 below school age."""
    return np.clip(np.floor(age).astype(int) - SCHOOL_AGE + 1, 0, GRADES)


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


def clustered(school: NDArray[np.int32], *, sizes: list[int], total: int) -> NDArray[np.int64]:
    """Positions in `school`, (n,) in random order, of `total` children: so many at some schools.

    sizes: children at one school each, most first. The others are one a school. Where schools have
    too few children there are fewer.
    """
    rows, first, count = np.unique(school, return_index=True, return_counts=True)
    order = np.argsort(first, kind="stable")  # schools in the random order of their children
    rows, count = rows[order], count[order]
    chosen = [np.empty(0, dtype=np.int64)]
    free = np.full(len(rows), True)
    for size in [*sizes, *[1] * (total - sum(sizes))]:
        fit = np.flatnonzero(free & (count >= size))
        if len(fit):
            free[fit[0]] = False
            chosen.append(np.flatnonzero(school == rows[fit[0]])[:size])
    return np.concatenate(chosen)


def _add_absence(world: World, children: Frame) -> None:
    rng, rule = world.rng, world.rules["not_registered"]
    chance = rule["school"] * rng.normal(size=len(world.sites))
    chance += rule["newcomer_bonus"] * world.sites["newcomers"].to_numpy()
    inclined = chance[children["school"]]
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
    anew = {name: redrawn(rng, noise[name], share=rule["changed"]) for name in PATTERNS}
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


def _hide_education(world: World, children: Frame) -> None:
    rng, rule = world.rng, world.rules["unknown_education"]
    odds = unknown_odds(children, drivers=("mother_age", "household_income"), rule=rule)
    # Those who left are a class of their own: older mothers would shift what is known in grade 8.
    left = (children["group"] == LEFT).to_numpy()
    year = np.where(left, GRADES + 1, years_enrolled(children["age"].to_numpy()))
    ratio = odds_ratio(np.array(world.published["margins"]["education_known"][2013]))
    pattern = np.empty(len(children), dtype=np.int8)
    for grade in range(GRADES + 2):
        rows = np.flatnonzero(year == grade)
        possible = _can_be_known(children.iloc[rows])
        mother, father = (
            _known_share(world.known, parent=parent, year=grade) / possible[parent]
            for parent in ("mother", "father")
        )
        target = joint(mother, father, ratio=ratio)
        pattern[rows] = draw_patterns(rng, odds[rows], target=target)
    for parent, codes in (("mother", (1, 3)), ("father", (2, 3))):
        unknown = np.isin(pattern, codes)
        children[f"unknown_{parent}"] = unknown
        learned = ~unknown & (rng.random(len(children)) < rule["learned"])
        children[f"unknown_{parent}_before"] = unknown | learned


def _can_be_known(children: Frame) -> dict[str, float]:
    """Share of children whose parent's education can be looked up at all.

    The published shares are of all children, so those of children who can be looked up are higher.
    """
    absent, asylum = children["absent"].to_numpy(), children["asylum"].to_numpy()
    return {
        parent: float(np.mean(~np.isin(absent, codes) & ~asylum))
        for parent, codes in ABSENT.items()
    }


def _known_share(known: Rules, *, parent: str, year: int) -> float:
    """Published share for years 1 and 8, before and after them too; linear between."""
    ends = [known[name][parent] for name in ("enrolled_1_year", "enrolled_8_years")]
    return float(np.interp(year, [1, GRADES], ends))


def _add_registration(world: World, children: Frame, *, year: int, share: float) -> None:
    """Add the month of registration of asylum seekers and status holders.

    A child is registered when the mother arrived, or when it was born. Some who came in the year
    before a reference date are registered up to three months after it: as many, and as clustered
    in schools, as was published (Walhout & Scholtus 2021, chapter 5), times the country's share.
    """
    rule = world.rules["asylum"]
    duration, age = children["duration"].to_numpy(), children["age"].to_numpy()
    asylum = children["asylum"].to_numpy()
    ago = np.floor(MONTHS * np.minimum(duration, age)).astype(int)
    registered = np.where(asylum, _month(year, after=-ago), 0)
    for before in (1, 0):
        came = asylum & (np.floor(duration) == before)
        if not before:
            came &= (children["group"] != LEFT).to_numpy()
        rows = _late(world, children, came=came, age=age - before, share=share)
        late = world.rng.choice(rule["late_months"], len(rows), p=rule["late_months_shares"])
        registered[rows] = _month(year - before, after=late)
    children["registered"] = registered.astype(np.int32)


def _month(year: int, *, after: NDArray[np.int64]) -> NDArray[np.int64]:
    """Months (yyyymm) so many after the last before the reference date of a year; shape (n,)."""
    date = reference_date(year)
    months = year * MONTHS + date.month - 2 + after  # January is month 0
    return months // MONTHS * 100 + months % MONTHS + 1


def _late(
    world: World,
    children: Frame,
    *,
    came: NDArray[np.bool_],
    age: NDArray[np.float64],
    share: float,
) -> NDArray[np.int64]:
    """Rows of the pupils and toddlers who are registered late; age: on the reference date."""
    rng, late = world.rng, world.rules["asylum"]["late"]
    toddlers = np.flatnonzero(came & (age >= TODDLER_AGE) & (age < SCHOOL_AGE))
    pupils = rng.permutation(np.flatnonzero(came & (age >= SCHOOL_AGE)))
    school = children["school"].to_numpy()[pupils]
    sizes = [
        size
        for size, key in ((5, "schools_with_five"), (3, "schools_with_three"))
        for _ in range(round(late[key] * share))
    ]
    # One at the least, so that the smallest country shows what late registration is.
    total = max(1, round(late["pupils"] * share))
    chosen = clustered(school, sizes=sizes, total=total)
    few = rng.permutation(toddlers)[: round(late["toddlers"] * share)]
    return np.concatenate([pupils[chosen], few])
