"""The core pass, from columns to the table of schools, beside plain numpy on the same columns.

A part as in country_benchmark_parts, called in a process of its own.
"""

from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib import allocation, pupil_scores
from oablib.indicator.comparison.causes import Procedure
from oablib.indicator.pupil_scores import Children, Education, Indicator
from oablib.indicator.pupil_scores.children import PUPIL, TODDLER
from oablib.indicator.pupil_scores.scores import compute

from .benchmark_parts import Result, memory, timed
from .country_benchmark_data import CODES, YEAR
from .country_benchmark_parts import indicators

REPEATS = 7  # of the core pass and of plain numpy, turn by turn


def core(folder: Path, tenths: int) -> Result:
    """The core pass beside what plain numpy needs for its columns: medians, turn by turn."""
    place = folder / str(tenths)
    sites, municipalities = (
        pd.read_parquet(place / f"{name}.parquet") for name in ("sites", "municipalities")
    )
    options = {
        "indicator": indicators()[1],
        "how": Procedure(pupil_scores.rules(), allocation.rules(), 0),
    }
    work = {
        "plain numpy": partial(plain_sums, place),
        "core pass": partial(core_pass, place, sites, municipalities, **options),
    }
    taken: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(1 + REPEATS):
        for name, each in work.items():
            seconds: dict[str, float] = {}
            with timed(seconds, name):
                each()
            taken[name].append(seconds[name])
    children = int(plain_sums(place)[0].sum())
    # The first turn warms up.
    medians = {name: median(each[1:]) for name, each in taken.items()}
    return medians, {"children": children, "peak": memory("VmHWM")}


def plain_sums(place: Path) -> tuple[NDArray, list[NDArray]]:
    """Load the columns; children, and the sum of each column of codes, of each school.

    Toddlers, who have none, are the first: what is at place s + 1 belongs to school s.
    """
    columns = {name: np.load(place / f"{name}.npy") for name in (*CODES, "school", "home")}
    school = columns["school"] + 1
    return np.bincount(school), [np.bincount(school, columns[name]) for name in CODES]


def core_pass(
    place: Path,
    sites: pd.DataFrame,
    municipalities: pd.DataFrame,
    *,
    indicator: Indicator,
    how: Procedure,
) -> pd.DataFrame:
    """Load the columns; compute every score, find the boundary, make the table of schools."""
    children = _plain_children(place, sites, municipalities)
    score = compute(
        children,
        Education(1, {}, {}),
        indicator=indicator,
        rule=how.scores.school_mean,
        left_out=np.zeros(len(children), dtype=bool),
    )
    return allocation.schools(children.frame(score=score), sites, rules=how.allocation)


def _plain_children(place: Path, sites: pd.DataFrame, municipalities: pd.DataFrame) -> Children:
    codes = {column: np.load(place / f"{name}.npy") for name, column in CODES.items()}
    school, home = (np.load(place / f"{name}.npy") for name in ("school", "home"))
    present = dict.fromkeys(
        (f"{who}_registered" for who in ("child", "mother", "father")),
        np.ones(len(school), dtype=np.uint8),
    )
    group = np.where(school < 0, np.uint8(TODDLER), np.uint8(PUPIL))
    return Children(
        year=YEAR,
        key=np.broadcast_to(np.uint64(0), len(school)),  # nothing in the pass asks who they are
        site=school,
        home=home,
        codes={**codes, **present, "child_group": group},
        numbers={},
        registered=np.broadcast_to(np.int32(0), len(school)),
        sites=sites,
        municipalities=municipalities,
    )
