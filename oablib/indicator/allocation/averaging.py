"""Schools and municipalities of several drawings of the same children, and their means."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from oablib.base.errors import AllocationError
from oablib.base.shown import showable
from oablib.indicator.allocation.of_municipalities import municipalities
from oablib.indicator.allocation.of_schools import schools
from oablib.indicator.allocation.settings import Rules


@showable(private=("schools", "municipalities"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Allocated:
    """Tables as of `allocation.schools` and `allocation.municipalities`; draws: behind each."""

    schools: pd.DataFrame
    municipalities: pd.DataFrame
    draws: int


def of_frames(
    frames: Iterable[pd.DataFrame],
    sites: pd.DataFrame,
    places: pd.DataFrame,
    *,
    rules: Rules,
) -> Allocated:
    """Allocate each frame of children in turn and average what schools and municipalities get.

    frames: as `allocation.schools` takes them, one a draw; one is in memory at a time.
    Averaging scores of schools after drempel and rounding is what CBS (2024), herijking fase 1,
    chapter 2, calls postponed averaging. Raises AllocationError without a frame.
    """
    pairs = [
        (schools(each, sites, rules=rules), municipalities(each, sites, places, rules=rules))
        for each in frames
    ]
    if not pairs:
        raise AllocationError("No draw of scores was given; expected one or more.")
    first, second = zip(*pairs, strict=True)
    return Allocated(averaged(first), averaged(second), len(pairs))


def averaged(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Means of the numbers of tables with the same places; one table comes back as it is.

    achterstandsscore is the mean of the rounded scores, not rounded again.
    """
    first = tables[0]
    if len(tables) == 1:
        return first
    numbers = [str(name) for name in first if pd.api.types.is_float_dtype(first[name])]
    means = {name: np.mean([each[name].to_numpy() for each in tables], axis=0) for name in numbers}
    return first.assign(**means)


def early_and_late(early: pd.DataFrame, late: pd.DataFrame) -> pd.DataFrame:
    """What postponed averaging changes: measure, early, late.

    early, late: tables of the same places. places above 0; sum of scores; of the target group; and
    mean absolute difference, standard deviation of differences, and correlation, in `late`.
    """
    a, b = (each["achterstandsscore"].to_numpy(float) for each in (early, late))
    either = (a > 0) | (b > 0)
    differences = b[either] - a[either]
    spread = differences.size > 1
    rows = [
        ("above_zero", float((a > 0).sum()), float((b > 0).sum())),
        ("sum", float(a.sum()), float(b.sum())),
        ("n_target", float(early["n_target"].sum()), float(late["n_target"].sum())),
        ("mean_absolute", np.nan, float(np.abs(differences).mean()) if either.any() else np.nan),
        ("sd", np.nan, float(differences.std()) if spread else np.nan),
        ("correlation", np.nan, float(np.corrcoef(a, b)[0, 1]) if spread else np.nan),
    ]
    return pd.DataFrame(rows, columns=["measure", "early", "late"])
