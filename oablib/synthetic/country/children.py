"""Children of both reference dates: their schools, ages and homes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.synthetic.country.world import World
from oablib.synthetic.drawing import Frame, Rules, standard

PUPIL, TODDLER, LEFT = 1, 2, 0
TODDLER_AGE, SCHOOL_AGE, LAST_AGE = 2.5, 4, 12
"""Years: toddlers of the law, entry to school, and end of grade 8 without a repeated grade."""

GRADES = 8


@dataclass(frozen=True, slots=True)
class _Part:
    """So many children of one group, their ages from `first` on; some are in the year after."""

    group: int
    n: int
    first: float
    width: float
    delayed: float


def draw_children(world: World) -> Frame:
    """All children who are there on one of both reference dates, in random order.

    group: 1 pupil, 2 toddler, 0 left since the earlier date; all other columns are as on the later
    date, for those who left as if they had stayed. child: a number of nine digits. school (row of
    sites; toddlers: where they will go), age (years), area and standing z (mean 0, sd 1).
    """
    rng, pupils = world.rng, world.sites["pupils"].to_numpy()
    parts = _parts(int(pupils.sum()), rules=world.rules)
    group = np.repeat(np.array([p.group for p in parts], dtype=np.int8), [p.n for p in parts])
    others = rng.choice(len(pupils), len(group) - pupils.sum(), p=pupils / pupils.sum())
    school = np.concatenate([np.repeat(np.arange(len(pupils)), pupils), others])
    age = np.concatenate([_ages(rng, part) for part in parts])
    order = rng.permutation(len(group))
    children = pd.DataFrame(
        {
            "child": rng.choice(900_000_000, len(group), replace=False) + 100_000_000,
            "group": group[order],
            "school": school[order].astype(np.int32),
            "age": age[order],
        }
    )
    children["area"] = homes(world, children["school"].to_numpy())
    weights = world.rules["homes"]
    near = weights["school_weight"] * world.sites["z"].to_numpy()[children["school"]]
    home = weights["area_weight"] * world.areas.table["z"].to_numpy()[children["area"]]
    children["z"] = standard(pd.Series(near + home))
    return children


def _parts(pupils: int, *, rules: Rules) -> list[_Part]:
    """Pupils, toddlers, those who left grade 8 and those who left the country; pupils first."""
    rule = rules["children"]
    delayed = rule["delayed"]
    toddlers = round(rules["toddlers_per_pupil"] * pupils)
    abroad = round(rule["left_country"] * (pupils + toddlers))
    grade = round((1 - delayed) * pupils / GRADES)
    # As many of those who left grade 8 had repeated a grade as there are such pupils now.
    repeated = GRADES * delayed / (1 - delayed)
    return [
        _Part(PUPIL, pupils, SCHOOL_AGE, GRADES, delayed),
        _Part(TODDLER, toddlers, TODDLER_AGE, SCHOOL_AGE - TODDLER_AGE, 0.0),
        _Part(LEFT, grade, LAST_AGE, 1, repeated),
        _Part(LEFT, abroad, TODDLER_AGE + 1, LAST_AGE - TODDLER_AGE - 1, 0.0),
    ]


def _ages(rng: np.random.Generator, part: _Part) -> NDArray[np.float64]:
    """Ages on the later date in years, rounded down to a tenth."""
    usual = part.first + part.width * rng.random(part.n)
    older = part.first + part.width + rng.random(part.n)
    age = np.where(rng.random(part.n) < part.delayed, older, usual)
    return np.floor(age * 10) / 10


def homes(world: World, school: NDArray[np.int32]) -> NDArray[np.int32]:
    """Row of the home area of children, (n,), by the row of their school: most in its town."""
    rng, areas, rule, n = world.rng, world.areas, world.rules["homes"], len(school)
    start = world.sites["area"].to_numpy()[school]
    town = world.sites["municipality"].to_numpy()[school]
    steps = np.rint(rng.laplace(scale=rule["spread"], size=n)).astype(np.int32)
    first, last = areas.first[town], areas.first[town] + areas.count[town] - 1
    near = np.clip(start + steps, first, last)
    reach = rule["elsewhere_reach"]
    far = np.clip(start + rng.integers(-reach, reach + 1, n), 0, len(areas.table) - 1)
    return np.where(rng.random(n) < rule["elsewhere"], far, near).astype(np.int32)
