"""Warnings that travel with imputed values: what a reader should know before believing them."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t

from oablib.protocol.models import Model
from oablib.statistics.imputation.predictors import FEWEST_SCHOOLS
from oablib.statistics.imputation.variables import Variable

FEWEST_ROUNDS = 4  # fewer do not show a trend
DRIFT = 0.05  # standard deviations: less than a result would show


def of_cohort(
    frame: pd.DataFrame,
    variables: tuple[Variable, ...],
    *,
    constant: tuple[str, ...],
    model: Model,
    school_level: bool,
) -> tuple[str, ...]:
    """Sentences; none when there is nothing to say."""
    school = pd.factorize(frame[model.cluster])[0]
    wave = pd.factorize(model.waves(frame))[0]
    flags = []
    if constant:
        flags.append(f"Left out of the predictors as constant: {', '.join(constant)}.")
    flags += _of_the_school_level(school, school_level=school_level)
    for variable in (each for each in variables if each.unknown.any()):
        flags += _of_schools(variable, school)
        flags += _of_waves(variable, frame[variable.name], wave)
    return tuple(flags)


def of_trace(trace: pd.DataFrame) -> tuple[str, ...]:
    """A sentence for each variable whose imputed means still move in one direction.

    trace: as Imputed.trace. Over the second half of the rounds the mean of what was filled in must
    not have moved, over the imputations together, by more than chance (99 %) and by more than
    DRIFT standard deviations (Van Buuren, 2018, Flexible Imputation of Missing Data, 6.5.2).
    """
    last = int(trace["iteration"].max()) if len(trace) else 0
    if last < FEWEST_ROUNDS:
        return ()
    means = trace.pivot_table(index=["variable", "imputation"], columns="iteration", values="mean")
    spread = trace[trace["iteration"] == last].groupby("variable", sort=False)["sd"].mean()
    flags = []
    for name, sd in spread.items():
        course = means.xs(name)
        moved = (course[last] - course[last // 2]).to_numpy(float)
        if len(moved) < 2:
            continue
        chance = t.ppf(0.995, len(moved) - 1) * moved.std(ddof=1) / np.sqrt(len(moved))
        drift = float(moved.mean())
        if abs(drift) > max(DRIFT * sd, chance):
            flags.append(
                f"{name}: imputed means still move after {last} rounds, by {drift / sd:+.2f} "
                "standard deviations in the second half; give the chains more `iterations`."
            )
    return tuple(flags)


def _of_the_school_level(school: NDArray, *, school_level: bool) -> Iterator[str]:
    if not school_level:
        yield "The school level was left out: effects of the school mean will come out too large."
    elif school.max() == 0:
        yield "All children are in one school: nothing can be learned about schools."
    elif school.max() + 1 < FEWEST_SCHOOLS:
        yield (
            f"The school level was left out: {school.max() + 1} schools are too few to learn from; "
            f"{FEWEST_SCHOOLS} or more are needed."
        )


def _of_schools(variable: Variable, school: NDArray) -> Iterator[str]:
    known = np.bincount(school, ~variable.unknown)
    if (empty := int((known == 0).sum())) and school.max() > 0:
        yield (
            f"{variable.name}: all values are unknown in {empty:,} of {len(known):,} schools; "
            "these rest on scores, background and other schools."
        )


def _of_waves(variable: Variable, column: pd.Series, wave: NDArray) -> Iterator[str]:
    if variable.codes is None:
        return
    pairs = pd.crosstab(column.to_numpy(), wave).reindex(columns=range(wave.max() + 1))
    absent = int((pairs.fillna(0) == 0).sum().sum())
    if absent:
        yield (
            f"{variable.name}: {absent} of {pairs.size} combinations of level and wave hold no "
            "known value; they are drawn by what other waves say."
        )
