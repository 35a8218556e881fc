"""When asylum seekers and status holders came into the registers of COA and IND."""

import numpy as np
from numpy.typing import NDArray

from oablib.synthetic.country.children import LEFT, SCHOOL_AGE, TODDLER_AGE
from oablib.synthetic.population import Frame, Rules

MONTHS = 12
LAST_MONTH = 8  # September, counted from 0: the last month before the reference date of 1 October


def add_registration(
    rng: np.random.Generator, children: Frame, *, year: int, share: float, rule: Rules
) -> None:
    """Add registered: yyyymm of the registration of asylum seekers and status holders, else 0.

    A child is registered when the mother arrived, or when it was born. Some who came in the year
    before a reference date are registered up to three months after it: as many, and as clustered
    in schools, as was published (Walhout & Scholtus 2021, chapter 5), times the country's share.
    """
    duration, age = children["duration"].to_numpy(), children["age"].to_numpy()
    asylum = children["asylum"].to_numpy()
    ago = np.floor(MONTHS * np.minimum(duration, age)).astype(int)
    registered = np.where(asylum, _yyyymm(year * MONTHS + LAST_MONTH - ago), 0)
    for before in (1, 0):
        came = asylum & (np.floor(duration) == before)
        if not before:
            came &= (children["group"] != LEFT).to_numpy()
        rows = _late(rng, children, came=came, age=age - before, share=share, rule=rule)
        month = rng.choice(rule["late_months"], len(rows), p=rule["late_months_shares"])
        registered[rows] = (year - before) * 100 + month
    children["registered"] = registered.astype(np.int32)


def _yyyymm(months: NDArray[np.int64]) -> NDArray[np.int64]:
    return months // MONTHS * 100 + months % MONTHS + 1


def _late(
    rng: np.random.Generator,
    children: Frame,
    *,
    came: NDArray[np.bool_],
    age: NDArray[np.float64],
    share: float,
    rule: Rules,
) -> NDArray[np.int64]:
    """Rows of the pupils and toddlers who are registered late; age: on the reference date."""
    late = rule["late"]
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


def clustered(school: NDArray[np.int32], *, sizes: list[int], total: int) -> NDArray[np.int64]:
    """Places in `school`, (n,) in random order, of `total` children: so many at some schools.

    sizes: children at one school each, most first. The others are one a school. Where schools have
    too few children there are fewer.
    """
    rows, place, count = np.unique(school, return_index=True, return_counts=True)
    order = np.argsort(place, kind="stable")  # schools in the random order of their children
    rows, count = rows[order], count[order]
    chosen: list[NDArray[np.int64]] = []
    free = np.full(len(rows), True)
    for size in [*sizes, *[1] * (total - sum(sizes))]:
        fit = np.flatnonzero(free & (count >= size))
        if len(fit):
            free[fit[0]] = False
            chosen.append(np.flatnonzero(school == rows[fit[0]])[:size])
    return np.concatenate(chosen) if chosen else np.empty(0, dtype=np.int64)
