"""How near the education that a method fills in is to the truth: by origin, and by school."""

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from oablib.statistics import weighting
from oablib.studies.validation.cohorts import Drawn, scaled_by_truth
from oablib.studies.validation.methods import Data
from oablib.studies.validation.settings import Shared

SIZES = ("small", "large")
ORIGIN = "origin"  # of the codebook
ROUNDING = 1e-9  # points; what summing in another order may change in a mean


def drawn_rows(made: Data, *, drawn: Drawn, shared: Shared) -> pd.DataFrame:
    """Drawn minus true education where it is unknown, its mean by parent and origin.

    Columns kind ("drawn"), name (the parent's column), detail (key of the origin), est, in points
    of the true scale. Absent for methods that draw nothing.
    """
    if len(made.frames) == 1:
        return pd.DataFrame()
    column = shared.table.column(ORIGIN)
    keys = {category.code: category.key for category in column.categories}
    parts = []
    for name in shared.model.imputed:
        unknown = drawn.delivered[name].isna().to_numpy()
        true, *filled = (
            scaled_by_truth(frame.loc[unknown, name], truth=drawn.truth, table=shared.table)
            for frame in (drawn.complete, *made.frames)
        )
        gap = pd.Series(np.mean(filled, axis=0) - true)
        means = gap.groupby(drawn.delivered.loc[unknown, ORIGIN].map(keys).to_numpy()).mean()
        parts.append(pd.DataFrame({"name": name, "detail": means.index, "est": means.to_numpy()}))
    return pd.concat(parts, ignore_index=True).assign(kind="drawn")


def school_rows(made: Data, *, drawn: Drawn, shared: Shared) -> pd.DataFrame:
    """Mothers' mean education by school against the truth.

    Columns kind ("school"), name (size of the school), detail, est, the details being bias, rmse,
    width, coverage, without. Both means use the true scale values, so that only the composition
    differs. Errors are of unknown education alone, because all children of the cohort are there:
    over imputations the variance is (1 + 1/m) between, with m - 1 degrees of freedom; of weighting,
    that of the response, with the school's known children minus 1. width: of the 95 % interval;
    without: share of schools for which there is no mean (weighting, with no known child).
    """
    truth = _means(drawn.complete, drawn=drawn, shared=shared)
    est, margin = _estimates(made, drawn=drawn, shared=shared)
    est, margin = est.reindex(truth.index), margin.reindex(truth.index)
    small = drawn.pupils.reindex(truth.index) < shared.settings.small_school
    parts = [
        _summary(est[some], margin[some], truth=truth[some]).assign(name=size)
        for size, some in zip(SIZES, (small, ~small), strict=True)
    ]
    return pd.concat(parts, ignore_index=True).assign(kind="school")


def _estimates(made: Data, *, drawn: Drawn, shared: Shared) -> tuple[pd.Series, pd.Series]:
    """Mean and half the width of its interval, by school."""
    if made.weighted is not None:
        codes = drawn.delivered[_column(shared)]
        scaled = scaled_by_truth(codes, truth=drawn.truth, table=shared.table)
        table = weighting.school_means(
            drawn.delivered.assign(scaled=scaled), weighted=made.weighted, column="scaled"
        ).set_index("school")
        return table["mean"], table["se"] * stdtrit(np.maximum(table["known"] - 1, 1), 0.975)
    series = [_means(frame, drawn=drawn, shared=shared) for frame in made.frames]
    if len(series) == 1:
        return series[0], series[0] * np.nan
    means, index = np.array(series), series[0].index
    between = means.var(axis=0, ddof=1)
    margin = stdtrit(len(means) - 1, 0.975) * np.sqrt((1 + 1 / len(means)) * between)
    return pd.Series(means.mean(axis=0), index), pd.Series(margin, index)


def _means(frame: pd.DataFrame, *, drawn: Drawn, shared: Shared) -> pd.Series:
    codes = frame[_column(shared)]
    scaled = pd.Series(scaled_by_truth(codes, truth=drawn.truth, table=shared.table), frame.index)
    return scaled.groupby(frame[shared.model.cluster]).mean()


def _column(shared: Shared) -> str:
    """The scaled variable whose school mean the model holds."""
    return next(iter(shared.model.school_means.values()))


def _summary(est: pd.Series, margin: pd.Series, *, truth: pd.Series) -> pd.DataFrame:
    gap = (est - truth).dropna()
    known = margin.dropna()
    # An interval without width is right where nothing was unknown: rounding is no miss.
    covered = (est - truth).abs()[known.index] <= known + ROUNDING
    numbers = {
        "bias": gap.mean(),
        "rmse": np.sqrt((gap**2).mean()),
        "width": 2 * known.mean(),
        "coverage": covered.mean() if len(known) else np.nan,
        "without": est.isna().mean(),
    }
    return pd.DataFrame({"detail": list(numbers), "est": list(numbers.values())})
