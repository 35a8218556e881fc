"""Categories become numbers: scale values from a regression without intelligence.

Source: Walhout & Scholtus (2021), section 3.1: a linear regression of the end test on all
explanatory variables except intelligence and the school mean; the coefficients of the
categories, against their reference category, are the scale values.

Products and splines of numbers and dummies are explanatory variables like others. A product with
a scaled variable is left out: its number is not known before the scale values are. So a scale
value stays what it is without the product, the difference between categories on average over the
children, and the product says in step two for whom that difference is larger.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from oablib.base.errors import EstimationError
from oablib.base.shown import showable
from oablib.protocol.codebook import Column, Table
from oablib.protocol.models import Model
from oablib.statistics import model_columns
from oablib.statistics.pooling import Pooled
from oablib.statistics.two_step.regression import Regression, regress
from oablib.workers.threads import single_thread

MINIMUM_IN_CATEGORY = 5  # children; with fewer a category's value is noise


@showable(private=("influence",))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ScaleValues:
    """Scale values of one data set.

    table: variable, code, category, n (children), value and se (points of the outcome; the
    reference category has value 0 and se 0), in codebook order. se is robust for clustering.
    n, n_clusters: children and schools behind the regression.
    influence: (G, free values), what each school adds to the values that are not references, in
    the order of the table; schools in order of appearance. covariance: of the free values, with
    se on its diagonal: influence' influence G/(G-1) (n-1)/(n-k), k columns in the regression.
    """

    table: pd.DataFrame
    n: int
    n_clusters: int
    influence: NDArray
    covariance: NDArray


@single_thread()
def estimate(
    frame: pd.DataFrame, *, model: Model, table: Table, weights: NDArray | None = None
) -> ScaleValues:
    """Scale values of every scaled variable, on a frame without unknown values.

    A variable whose orientation is -1 gets its coefficients with reversed sign. weights: (n,),
    sampling weights of the children. A category in model.fixed_values keeps that value, without
    error, and the others are estimated given it. Raises EstimationError when a category has fewer
    than 5 children, a value is unknown, columns are collinear, a child has no school, all have the
    same, or weights are not n positive numbers; ParameterError when a fixed category is not in the
    codebook.
    """
    _fail_if_weights_are_unfit(weights, n=len(frame))
    model_columns.fail_if_any_is_unknown(frame, model_columns.of_scale_values(model))
    parts = {name: _indicators(frame, name=name, model=model, table=table) for name in model.scaled}
    others = model_columns.plain(frame, model=model, table=table)
    constant = pd.Series(1.0, index=frame.index, name="const")
    fit = regress(
        frame[model.outcome].to_numpy(dtype=np.float64) - _fixed_part(frame, model, table),
        pd.concat([constant, *parts.values(), others], axis=1),
        schools=schools_of(frame, model),
        weights=weights,
    )
    signs = [sign for name, sign in model.scaled.items() for _ in parts[name]]
    return _scale_values(frame, fit, np.array(signs, dtype=np.float64), model=model, table=table)


def apply(
    frame: pd.DataFrame,
    *,
    values: pd.DataFrame,
    model: Model,
    table: Table,
    weights: NDArray | None = None,
) -> pd.DataFrame:
    """The columns that the structural model reads: outcome, mediator, predictors, cluster.

    values: as ScaleValues.table. A school mean is the mean, over all children of the school in
    the frame, of the scaled variable (or of the column itself where it is a number); with
    weights, shape (n,), the weighted mean. An unknown category stays unknown, as NaN, and does
    not count in the school's mean. Raises EstimationError as `estimate` for schools and
    weights.
    """
    _fail_if_weights_are_unfit(weights, n=len(frame))
    numbers = _numbers(frame, values=values, model=model, table=table)
    schools = schools_of(frame, model)
    rest = model_columns.products_and_means(numbers, model=model, schools=schools, weights=weights)
    predictors = numbers.assign(**rest)[list(model.direct)]
    tests = frame[[model.outcome, model.mediator]].astype(float)
    return pd.concat([tests, predictors, frame[[model.cluster]]], axis=1)


def derivatives(
    frame: pd.DataFrame,
    *,
    values: pd.DataFrame,
    model: Model,
    table: Table,
    weights: NDArray | None = None,
) -> list[dict[str, NDArray]]:
    """Derivatives of the columns that `apply` makes to each free scale value.

    One dict per free value, in the order of `values` (as ScaleValues.table): the columns that
    move with it, each of shape (n,). They are exact: columns are linear in each value.
    """
    schools, result = schools_of(frame, model), []
    numbers = _numbers(frame, values=values, model=model, table=table)
    for name, code in values.loc[_is_free(values), ["variable", "code"]].itertuples(index=False):
        indicator = (frame[name] == code).where(frame[name].notna()).to_numpy(dtype=np.float64)
        moved = {name: indicator}
        for mean, column in model.school_means.items():
            if column == name:
                moved[mean] = model_columns.school_mean(indicator, schools, weights=weights)
        for product, factors in model.products.items():
            others = [factor for factor in factors if factor.name != name]
            if len(others) < len(factors):
                moved[product] = indicator * model_columns.product(others, numbers)
        result.append(moved)
    return result


def _numbers(
    frame: pd.DataFrame, *, values: pd.DataFrame, model: Model, table: Table
) -> pd.DataFrame:
    """Predictors that are no school mean, products with scaled variables not yet among them."""
    numbers = model_columns.plain(frame, model=model, table=table)
    for name in model.scaled:
        chosen = values.loc[values["variable"] == name]
        numbers[name] = frame[name].map(dict(zip(chosen["code"], chosen["value"], strict=True)))
    return numbers


def arrays(values: Sequence[ScaleValues]) -> tuple[np.ndarray, np.ndarray]:
    """Values and variances over imputations, both (m, categories), references left out."""
    free = _is_free(values[0].table)
    return (
        np.stack([each.table.loc[free, "value"].to_numpy() for each in values]),
        np.stack([each.table.loc[free, "se"].to_numpy() ** 2 for each in values]),
    )


def pooled_table(values: Sequence[ScaleValues], *, pooled: Pooled) -> pd.DataFrame:
    """The table of scale values with pooled numbers: value, se, ci_lower, ci_upper, fmi.

    pooled: what Rubin's rules make of `arrays`, each field (categories,). References keep 0, and
    fixed categories their value, with an interval without width. n is the mean count of children
    over imputations.
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
        # An interval around a value that is not estimated has no width.
        table[name] = table["value"] if name.startswith("ci_") else table.get(name, 0.0)
        table.loc[free, name] = number
    return table


def slopes_of_scaled(scaled: pd.DataFrame, *, model: Model) -> dict[str, float]:
    """Slopes of the scaled variables in the same regression with numbers instead of categories.

    Each must be 1, or -1 with reversed orientation: the definition of a scale value.
    """
    names = [name for name in model.direct if name in model.scaled or name in model.plain]
    design = np.column_stack([np.ones(len(scaled)), scaled[names]])
    slopes = np.linalg.lstsq(design, scaled[model.outcome], rcond=None)[0]
    pairs = zip(names, slopes[1:], strict=True)
    return {name: float(slope) for name, slope in pairs if name in model.scaled}


def _is_free(table: pd.DataFrame) -> np.ndarray:
    return (table["se"] > 0).to_numpy()


def _fixed_part(frame: pd.DataFrame, model: Model, table: Table) -> NDArray:
    """What values set by hand contribute to each child's outcome, shape (n,)."""
    part = np.zeros(len(frame))
    for name, sign in model.scaled.items():
        fixed = model_columns.fixed_values(name, model=model, table=table)
        part += sign * frame[name].map(fixed).fillna(0.0).to_numpy(dtype=np.float64)
    return part


def _indicators(frame: pd.DataFrame, *, name: str, model: Model, table: Table) -> pd.DataFrame:
    column = table.column(name)
    counts = _counts(frame[name], column)
    few = [column.category(code).key for code in counts.index[counts < MINIMUM_IN_CATEGORY]]
    if few:
        raise EstimationError(
            f"{name}: fewer than {MINIMUM_IN_CATEGORY} children in {few}; no scale value can be "
            "estimated for them. Use more children or merge the categories in the codebook."
        )
    fixed = model_columns.fixed_values(name, model=model, table=table)
    codes = [code for code in column.codes if code not in fixed]
    return pd.DataFrame({f"{name}={code}": (frame[name] == code) * 1.0 for code in codes})


def _scale_values(
    frame: pd.DataFrame, fit: Regression, signs: NDArray, *, model: Model, table: Table
) -> ScaleValues:
    """The free values are the columns that follow the constant."""
    rows = []
    for name in model.scaled:
        column, fixed = (
            table.column(name),
            model_columns.fixed_values(name, model=model, table=table),
        )
        for code, count in zip(column.codes, _counts(frame[name], column), strict=True):
            rows.append((name, code, column.category(code).key, count, fixed.get(code, np.nan)))
    values = pd.DataFrame(rows, columns=["variable", "code", "category", "n", "value"])
    values["se"] = 0.0
    chosen, free = slice(1, 1 + len(signs)), values["value"].isna()
    covariance = fit.covariance[chosen, chosen] * np.outer(signs, signs)
    values.loc[free, "value"] = signs * fit.coefficients[chosen]
    values.loc[free, "se"] = np.sqrt(np.diag(covariance))
    influence = fit.influence[:, chosen] * signs
    return ScaleValues(values, len(frame), len(influence), influence, covariance)


def _counts(codes: pd.Series, column: Column) -> pd.Series:
    """Children per category, in codebook order."""
    return codes.value_counts().reindex(column.codes, fill_value=0)


def schools_of(frame: pd.DataFrame, model: Model) -> NDArray:
    """Code of each child's school, shape (n,), in order of appearance.

    Raises EstimationError for a child without one.
    """
    codes = pd.factorize(frame[model.cluster])[0]
    absent = int((codes < 0).sum())
    if absent:
        raise EstimationError(f"{absent} children have no {model.cluster}; each needs its own.")
    return np.asarray(codes)


def _fail_if_weights_are_unfit(weights: NDArray | None, *, n: int) -> None:
    if weights is None:
        return
    unfit = int((~(np.isfinite(weights) & (weights > 0))).sum())
    if weights.shape != (n,) or unfit:
        raise EstimationError(
            f"Weights of shape {weights.shape}, {unfit} of them not finite and above zero; "
            f"expected one positive weight for each of {n} children. Leave those children out or "
            "correct their weights."
        )
