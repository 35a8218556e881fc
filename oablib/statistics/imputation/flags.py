"""What a reader should know before believing imputed values: as numbers, and as sentences."""

from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from oablib.protocol.models import Model
from oablib.statistics.imputation.predictors import FEWEST_SCHOOLS
from oablib.statistics.imputation.variables import Variable

FEWEST_ROUNDS = 4  # fewer do not show a trend
DRIFT = 0.05  # standard deviations: less than a result would show
DRIFTS = ["variable", "drift", "allowed", "settled"]

TEXTS = {
    "constant": "Left out of the predictors as constant: {names}.",
    "no_school_level": (
        "The school level was left out: effects of the school mean will be overestimated."
    ),
    "one_school": "All children are in one school: nothing can be learned about schools.",
    "few_schools": (
        "The school level was left out: {schools} schools are too few to learn from; {needed} or "
        "more are needed."
    ),
    "unknown_schools": (
        "{variable}: all values are unknown in {empty:,} of {schools:,} schools; these rest on "
        "scores, background and other schools."
    ),
    "absent_levels": (
        "{variable}: {absent} of {pairs} combinations of level and wave hold no known value; they "
        "are drawn by what other waves say."
    ),
    "moving": (
        "{variable}: imputed means still move after {rounds} rounds, by {drift:+.2f} standard "
        "deviations in the second half; give the chains more `iterations`."
    ),
}


class Flag(str):
    """A sentence for the reader, with its kind (a key of TEXTS) and the values in it.

    Kind and values are there for those who say it in other words, or in another language.
    """

    kind: str
    values: Mapping[str, Any]

    def __new__(cls, kind: str, **values: Any) -> Self:
        """The sentence of a kind with these values in it."""
        flag = super().__new__(cls, TEXTS[kind].format(**values))
        flag.kind, flag.values = kind, values
        return flag

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        return (self.kind,), dict(self.values)


def of_data(
    frame: pd.DataFrame,
    variables: tuple[Variable, ...],
    *,
    constant: tuple[str, ...],
    model: Model,
    school_level: bool,
) -> tuple[Flag, ...]:
    """Flags of what there was to learn from; none when there is nothing to say.

    constant: predictors that were left out. school_level: whether the school level was asked for.
    """
    school = pd.factorize(frame[model.cluster])[0]
    wave = pd.factorize(model.waves(frame))[0]
    flags = [Flag("constant", names=", ".join(constant))] if constant else []
    flags += _of_the_school_level(school, school_level=school_level)
    for variable in (each for each in variables if each.unknown.any()):
        flags += _of_schools(variable, school)
        flags += _of_waves(variable, frame[variable.name], wave)
    return tuple(flags)


def drift(trace: pd.DataFrame) -> pd.DataFrame:
    """How far the mean of what was filled in moved over the second half of the rounds.

    trace: as Imputed.trace. Columns: variable; drift, over the imputations together, in standard
    deviations of the filled values; allowed, the larger of DRIFT and what chance explains (99 %);
    settled, whether drift stays within it (Van Buuren, 2018, Flexible Imputation of Missing Data,
    6.5.2). No rows with fewer than 4 rounds or 2 imputations, which do not show a trend.
    """
    last = int(trace["iteration"].max()) if len(trace) else 0
    if last < FEWEST_ROUNDS or trace["imputation"].nunique() < 2:
        return pd.DataFrame(columns=DRIFTS)
    means = trace.pivot_table(index=["variable", "imputation"], columns="iteration", values="mean")
    spread = trace[trace["iteration"] == last].groupby("variable", sort=False)["sd"].mean()
    rows = []
    for name, sd in spread.items():
        course = means.xs(name)
        moved = (course[last] - course[last // 2]).to_numpy(float) / (sd or 1.0)
        chance = stdtrit(len(moved) - 1, 0.995) * moved.std(ddof=1) / np.sqrt(len(moved))
        allowed = max(DRIFT, float(chance))
        rows.append((name, float(moved.mean()), allowed, bool(abs(moved.mean()) <= allowed)))
    return pd.DataFrame(rows, columns=DRIFTS)


def of_trace(trace: pd.DataFrame) -> tuple[Flag, ...]:
    """A flag for each variable whose imputed means still move in one direction."""
    return tuple(
        Flag("moving", variable=row.variable, rounds=int(trace["iteration"].max()), drift=row.drift)
        for row in drift(trace).itertuples()
        if not row.settled
    )


def _of_the_school_level(school: NDArray, *, school_level: bool) -> Iterator[Flag]:
    if not school_level:
        yield Flag("no_school_level")
    elif school.max() == 0:
        yield Flag("one_school")
    elif school.max() + 1 < FEWEST_SCHOOLS:
        yield Flag("few_schools", schools=int(school.max() + 1), needed=FEWEST_SCHOOLS)


def _of_schools(variable: Variable, school: NDArray) -> Iterator[Flag]:
    known = np.bincount(school, ~variable.unknown)
    if (empty := int((known == 0).sum())) and school.max() > 0:
        yield Flag("unknown_schools", variable=variable.name, empty=empty, schools=len(known))


def _of_waves(variable: Variable, column: pd.Series, wave: NDArray) -> Iterator[Flag]:
    if variable.codes is None:
        return
    pairs = pd.crosstab(column.to_numpy(), wave).reindex(columns=range(wave.max() + 1))
    absent = int((pairs.fillna(0) == 0).sum().sum())
    if absent:
        yield Flag("absent_levels", variable=variable.name, absent=absent, pairs=pairs.size)
