"""What a method says of each school: mothers' mean education, held against the truth."""

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from oablib.statistics import weighting
from oablib.studies.validation.cohorts import Drawn, scaled_by_truth
from oablib.studies.validation.methods import Data
from oablib.studies.validation.settings import Shared

SIZES = ("small", "large")
ROUNDING = 1e-9  # points; what summing in another order may change in a mean


def rows(made: Data, *, drawn: Drawn, shared: Shared) -> pd.DataFrame:
    """Per size of school: bias, rmse, width, coverage, without; columns name, detail, est.

    Both sides have the true scale values, so that what differs is the composition alone. Errors
    are of unknown education alone, for all children of the cohort are there: over imputations
    the variance is (1 + 1/m) between, with m - 1 degrees of freedom; of weighting, that of the
    response, with the school's known children minus 1. width: of the 95 % interval; without:
    share of schools for which there is no mean (weighting, with no known child).
    """
    truth = _means(drawn.complete, drawn=drawn, shared=shared)
    est, margin = _estimates(made, drawn=drawn, shared=shared)
    est, margin = est.reindex(truth.index), margin.reindex(truth.index)
    small = drawn.pupils.reindex(truth.index) < shared.settings.small_school
    parts = [
        _summary(est[own], margin[own], truth=truth[own]).assign(name=size)
        for size, own in zip(SIZES, (small, ~small), strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def _estimates(made: Data, *, drawn: Drawn, shared: Shared) -> tuple[pd.Series, pd.Series]:
    """Mean and half the width of its interval, by school."""
    if made.weighted is not None:
        codes = drawn.delivered[_column(shared)]
        scaled = scaled_by_truth(codes, truth=drawn.truth, table=shared.table)
        found = weighting.school_means(
            drawn.delivered.assign(scaled=scaled), weighted=made.weighted, column="scaled"
        ).set_index("school")
        return found["mean"], found["se"] * stdtrit(np.maximum(found["known"] - 1, 1), 0.975)
    each = [_means(frame, drawn=drawn, shared=shared) for frame in made.frames]
    if len(each) == 1:
        return each[0], each[0] * np.nan
    means = np.array(each)
    between = means.var(axis=0, ddof=1)
    margin = stdtrit(len(means) - 1, 0.975) * np.sqrt((1 + 1 / len(means)) * between)
    return pd.Series(means.mean(axis=0), each[0].index), pd.Series(margin, each[0].index)


def _means(frame: pd.DataFrame, *, drawn: Drawn, shared: Shared) -> pd.Series:
    codes = frame[_column(shared)]
    scaled = pd.Series(scaled_by_truth(codes, truth=drawn.truth, table=shared.table), frame.index)
    return scaled.groupby(frame[shared.model.cluster]).mean()


def _column(shared: Shared) -> str:
    """The scaled variable whose school mean the model holds."""
    return next(iter(shared.model.school_means.values()))


def _summary(est: pd.Series, margin: pd.Series, *, truth: pd.Series) -> pd.DataFrame:
    gap = (est - truth).dropna()
    told = margin.dropna()
    # An interval without width is right where nothing was unknown: rounding is no miss.
    covered = (est - truth).abs()[told.index] <= told + ROUNDING
    numbers = {
        "bias": gap.mean(),
        "rmse": np.sqrt((gap**2).mean()),
        "width": 2 * told.mean(),
        "coverage": covered.mean() if len(told) else np.nan,
        "without": est.isna().mean(),
    }
    return pd.DataFrame({"detail": list(numbers), "est": list(numbers.values())})
