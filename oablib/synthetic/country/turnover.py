"""The same children a year earlier: those who were there, their schools, and what was known."""

import numpy as np
from numpy.typing import NDArray

from oablib.synthetic.country.children import LEFT, SCHOOL_AGE, TODDLER_AGE, homes
from oablib.synthetic.country.world import World
from oablib.synthetic.drawing import Frame


def now(children: Frame) -> Frame:
    """Children who are there on the later date."""
    return children[(children["group"] != LEFT).to_numpy()]


def before(world: World, children: Frame) -> Frame:
    """Children who were there on the earlier date, with what was true then; columns as in `now`.

    Absent are those who were too young, and those whose mother has arrived since.
    """
    age = np.round(children["age"].to_numpy() - 1, 1)
    present = (age >= TODDLER_AGE) & (children["duration"].to_numpy() >= 1)
    kept = children[present]
    area, school = _homes_and_schools(world, kept)
    rule = world.rules["income"]
    change = np.exp(rule["change"] * world.rng.normal(size=len(kept)) - rule["growth"])
    return kept.assign(
        age=age[present],
        area=area,
        school=school,
        duration=kept["duration"] - 1,
        debt=kept["debt_before"],
        absent=kept["absent_before"],
        unknown_father=kept["unknown_father_before"],
        unknown_mother=kept["unknown_mother_before"],
        mother_age=kept["mother_age"] - 1,
        household_income=(kept["household_income"] * change).round(1),
    )


def _homes_and_schools(
    world: World, children: Frame
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Rows of area and school before: most the same, some moved, some schools opened or ended."""
    rng, sites, rule, n = world.rng, world.sites, world.rules["turnover"], len(children)
    school, area = (children[key].to_numpy() for key in ("school", "area"))
    moved = rng.random(n) < rule["home"]
    far = moved & (rng.random(n) < rule["home_far"])
    changed = (rng.random(n) < rule["school"]) & (children["age"] - 1 >= SCHOOL_AGE).to_numpy()
    opened = sites["opened"].to_numpy()
    town = sites["municipality"].to_numpy()[school]
    pupils = sites["pupils"].to_numpy()
    anywhere = rng.choice(len(sites), n, p=pupils / pupils.sum())
    old = np.where(changed | opened[school], _another(rng, town, sites=sites), school)
    old = np.where(far, anywhere, old)
    old = np.where(opened[old], _next_old(sites)[old], old)
    home = np.where(moved, homes(world, old), area)
    gave = rng.random(n) < sites["gave_share"].to_numpy()[old]
    old = np.where(gave, sites["gave_to"].to_numpy()[old], old)
    return home.astype(np.int32), old.astype(np.int32)


def _another(
    rng: np.random.Generator, town: NDArray[np.int64], *, sites: Frame
) -> NDArray[np.int64]:
    """Row of a random site in each town (n,), among the sites that go on; these are by town."""
    towns = sites["municipality"].to_numpy()[sites["pupils"].to_numpy() > 0]
    first = np.searchsorted(towns, town, side="left")
    last = np.searchsorted(towns, town, side="right")
    return first + (rng.random(len(town)) * (last - first)).astype(np.int64)


def _next_old(sites: Frame) -> NDArray[np.int64]:
    """Row of the first site after each, itself among them, that did not open; in a circle."""
    old = np.flatnonzero(~sites["opened"].to_numpy() & (sites["pupils"].to_numpy() > 0))
    position = np.searchsorted(old, np.arange(len(sites)))
    return old[position % len(old)]
