"""Categories become numbers: scale values from a regression without intelligence.

Source: Walhout & Scholtus (2021), section 3.1: a linear regression of the end test on all
explanatory variables except intelligence and the school mean; the coefficients of the
categories, against their reference category, are the scale values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.special import stdtrit

from oablib.codebook import Table
from oablib.errors import EstimationError
from oablib.models import Model

MINIMUM_IN_CATEGORY = 5  # children; with fewer a category's value is noise


@dataclass(frozen=True, slots=True)
class ScaleValues:
    """Scale values of one data set.

    table: variable, code, category, n (children), value and se (points of the outcome; the
    reference category has value 0 and se 0), in codebook order. se is robust for clustering.
    n, n_clusters: children and schools behind the regression.
    """

    table: pd.DataFrame
    n: int
    n_clusters: int


class PooledValues(Protocol):
    """The part of pooling's result that is read here; stages do not import each other."""

    est: np.ndarray
    se: np.ndarray
    df: np.ndarray
    fmi: np.ndarray


def estimate(frame: pd.DataFrame, *, model: Model, table: Table) -> ScaleValues:
    """Scale values of every scaled variable, on a frame without unknown values.

    A variable whose orientation is -1 gets its coefficients with reversed sign.
    Raises EstimationError when a category has fewer than 5 children or columns are collinear.
    """
    parts = {name: _indicators(frame, name=name, table=table) for name in model.scaled}
    others = predictors_without_scale(frame, model=model, table=table)
    design = sm.add_constant(pd.concat([*parts.values(), others], axis=1).astype(float))
    _fail_if_collinear(design)
    fit = sm.OLS(frame[model.outcome].astype(float), design).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(frame[model.cluster])[0]}
    )
    rows = [
        _rows(name, fit=fit, frame=frame, table=table, sign=sign)
        for name, sign in model.scaled.items()
    ]
    return ScaleValues(
        pd.concat(rows, ignore_index=True), len(frame), frame[model.cluster].nunique()
    )


def apply(frame: pd.DataFrame, *, values: pd.DataFrame, model: Model, table: Table) -> pd.DataFrame:
    """The columns that the structural model reads: outcome, mediator, predictors, cluster.

    values: as ScaleValues.table. A school mean is the mean, over all children of the school in
    the frame, of the scaled variable (or of the column itself where it is a number).
    """
    numbers = predictors_without_scale(frame, model=model, table=table)
    for name in model.scaled:
        chosen = values.loc[values["variable"] == name]
        numbers[name] = frame[name].map(dict(zip(chosen["code"], chosen["value"], strict=True)))
    for name, column in model.school_means.items():
        numbers[name] = numbers[column].groupby(frame[model.cluster]).transform("mean")
    tests = frame[[model.outcome, model.mediator]].astype(float)
    return pd.concat([tests, numbers[list(model.direct)], frame[[model.cluster]]], axis=1)


def predictors_without_scale(frame: pd.DataFrame, *, model: Model, table: Table) -> pd.DataFrame:
    """Dummies (0/1) and numeric predictors of the model, as floats, one row a child."""
    columns = {
        name: (frame[column] == table.column(column).code(category)) * 1.0
        for name, (column, category) in model.dummies.items()
    }
    columns |= {name: frame[name].astype(float) for name in model.numeric}
    return pd.DataFrame(columns, index=frame.index)


def arrays(values: Sequence[ScaleValues]) -> tuple[np.ndarray, np.ndarray]:
    """Values and variances over imputations, both (m, categories), references left out."""
    free = _is_free(values[0].table)
    return (
        np.stack([each.table.loc[free, "value"].to_numpy() for each in values]),
        np.stack([each.table.loc[free, "se"].to_numpy() ** 2 for each in values]),
    )


def pooled_table(values: Sequence[ScaleValues], *, pooled: PooledValues) -> pd.DataFrame:
    """The table of scale values with pooled numbers: value, se, ci_lower, ci_upper, fmi.

    pooled: what Rubin's rules make of `arrays`, each field (categories,). References keep 0
    and an interval without width. n is the mean count of children over imputations.
    """
    table = values[0].table.copy()
    table["n"] = np.mean([each.table["n"] for each in values], axis=0).round().astype(int)
    free = _is_free(table)
    width = stdtrit(pooled.df, 0.975) * pooled.se
    numbers = {
        "value": pooled.est,
        "se": pooled.se,
        "ci_lower": pooled.est - width,
        "ci_upper": pooled.est + width,
        "fmi": pooled.fmi,
    }
    for name, number in numbers.items():
        table[name] = 0.0
        table.loc[free, name] = number
    return table


def slopes_of_scaled(scaled: pd.DataFrame, *, model: Model) -> dict[str, float]:
    """Slopes of the scaled variables in the same regression with numbers instead of categories.

    Each must be 1, or -1 with reversed orientation: the definition of a scale value.
    """
    names = [name for name in model.direct if name not in model.school_means]
    design = np.column_stack([np.ones(len(scaled)), scaled[names]])
    slopes = np.linalg.lstsq(design, scaled[model.outcome], rcond=None)[0]
    return {
        name: float(slope)
        for name, slope in zip(names, slopes[1:], strict=True)
        if name in model.scaled
    }


def _is_free(table: pd.DataFrame) -> np.ndarray:
    return (table["se"] > 0).to_numpy()


def _indicators(frame: pd.DataFrame, *, name: str, table: Table) -> pd.DataFrame:
    column = table.column(name)
    counts = frame[name].value_counts().reindex(column.codes, fill_value=0)
    few = [column.category(code).key for code in counts.index[counts < MINIMUM_IN_CATEGORY]]
    if few:
        raise EstimationError(
            f"{name}: fewer than {MINIMUM_IN_CATEGORY} children in {few}; no scale value can be "
            "estimated for them. Use more children or merge the categories in the codebook."
        )
    codes = [code for code in column.codes if code != column.reference_code]
    return pd.DataFrame({f"{name}={code}": (frame[name] == code) * 1.0 for code in codes})


def _rows(
    name: str,
    *,
    fit: sm.regression.linear_model.RegressionResults,
    frame: pd.DataFrame,
    table: Table,
    sign: int,
) -> pd.DataFrame:
    column, reference = table.column(name), table.column(name).reference_code
    return pd.DataFrame(
        {
            "variable": name,
            "code": code,
            "category": column.category(code).key,
            "n": int((frame[name] == code).sum()),
            "value": sign * fit.params[f"{name}={code}"] if code != reference else 0.0,
            "se": fit.bse[f"{name}={code}"] if code != reference else 0.0,
        }
        for code in column.codes
    )


def _fail_if_collinear(design: pd.DataFrame) -> None:
    # A vanishing diagonal of R marks a column that adds nothing to those before it.
    _, r = np.linalg.qr(design.to_numpy() / np.linalg.norm(design.to_numpy(), axis=0).clip(1e-300))
    lost = [name for name, size in zip(design, np.abs(np.diag(r)), strict=True) if size < 1e-9]
    if lost:
        raise EstimationError(
            f"Regression for scale values: {lost} follow exactly from the other columns "
            "(or are constant); leave them out of the model."
        )
