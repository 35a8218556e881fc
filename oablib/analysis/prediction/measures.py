"""How good predictions are, on plain numbers."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FEWEST_SCHOOLS = 3  # a correlation of two points says nothing


def r2(observed: NDArray, predicted: NDArray) -> float:
    """1 - sum of squared errors over sum of squares around the mean; may be negative.

    NaN when all observed values are the same.
    """
    around = float(((observed - observed.mean()) ** 2).sum())
    return float(1 - ((observed - predicted) ** 2).sum() / around) if around > 0 else np.nan


def slope(observed: NDArray, predicted: NDArray) -> float:
    """Slope of what was observed on what was predicted.

    1 when predictions are neither too far apart nor too close together (Cox, 1958, Biometrika
    45:562); NaN when all predictions are the same.
    """
    spread = predicted - predicted.mean()
    size = float(spread @ spread)
    return float(spread @ observed / size) if size > 0 else np.nan


def sensitivity(target: NDArray, predicted: NDArray) -> float:
    """Share of the target group that is predicted; both (n,) bool. NaN without a target group."""
    return float((target & predicted).sum() / target.sum()) if target.any() else np.nan


def positive_predictive_value(target: NDArray, predicted: NDArray) -> float:
    """Share of those predicted who are of the target group; NaN when nobody is predicted."""
    return sensitivity(predicted, target)


def of_schools(
    observed: NDArray, predicted: NDArray, school: NDArray, *, smallest: int
) -> dict[str, float]:
    """Means of schools with `smallest` children or more: schools, correlation, rmse.

    predicted: (n,), NaN where a child has no prediction; a school without any is left out.
    """
    frame = pd.DataFrame({"school": school, "observed": observed, "predicted": predicted})
    grouped = frame.groupby("school")
    means = grouped[["observed", "predicted"]].mean()[grouped.size() >= smallest].dropna()
    error = means["predicted"] - means["observed"]
    few = len(means) < FEWEST_SCHOOLS or means.std().min() == 0
    correlation = np.nan if few else float(np.corrcoef(means.to_numpy().T)[0, 1])
    return {
        "schools": len(means),
        "school_correlation": correlation,
        "school_rmse": float(np.sqrt((error**2).mean())),
    }
