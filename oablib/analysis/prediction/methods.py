"""From analysis model to prediction model, and the methods of prediction that are compared.

The outcome equation is estimated with intelligence and confounders in it, and the score keeps
only the direct effects of the other characteristics: it predicts what family and surroundings
add to the outcome that a child's intelligence predicts (De Mooij et al., 2015, section 3.2.1).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.analysis.prediction import measures
from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import weighting
from oablib.statistics.two_step import scale_values

ALL, IMPUTED, WITHOUT, WEIGHTING = "all", "imputed_only", "without_imputed", "weighting"
MIXED = "mixed"
"""Codes of methods: by all characteristics, by those that are imputed where they are unknown, by
all others, by all from weighted children of whom everything is known, and by all characteristics
for children of whom these are known, all others for the rest (De Mooij et al. 2015, 3.2.3)."""
WEIGHTING_RULE = "plan_2015"


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Trained:
    """An outcome equation, averaged over completed data sets.

    values: scale values, as ScaleValues.table. effects: slope of the mediator and of each direct
    predictor, by name. intercept: points of the outcome. r2: of the outcome where it was learned.
    mean: score of those children, on average.
    """

    model: Model
    values: pd.DataFrame
    effects: pd.Series
    intercept: float
    r2: float
    mean: float


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """Predictions for n children, each (n,), in points of the outcome.

    score: sum of direct effects, intelligence and confounders left out. whole: prediction of the
    outcome by the analysis model. left: outcome less intercept, intelligence and confounders,
    which the score predicts. outcome: what was observed.
    """

    score: NDArray
    whole: NDArray
    left: NDArray
    outcome: NDArray


def train(
    frames: Sequence[pd.DataFrame], *, model: Model, table: Table, weights: NDArray | None = None
) -> Trained:
    """Learn scale values and effects from completed data sets of the same children.

    Scale values and effects are averaged over the data sets one by one, as the published chain
    does. weights: (n,), of the children. Raises EstimationError as scale_values.estimate.
    """
    tables, equations, shares, means = [], [], [], []
    names = [model.mediator, *model.direct]
    for frame in frames:
        values = scale_values.estimate(frame, model=model, table=table, weights=weights).table
        data = scale_values.apply(frame, values=values, model=model, table=table, weights=weights)
        columns, outcome = data[names], frame[model.outcome].to_numpy(dtype=np.float64)
        effects = _least_squares(outcome, columns, weights=weights)
        tables.append(values)
        equations.append(effects)
        means.append(columns.mean())
        shares.append(measures.r2(outcome, effects[0] + columns.to_numpy() @ effects[1:]))
    mean = np.mean([values["value"] for values in tables], axis=0)
    equation = np.mean(equations, axis=0)
    slopes = pd.Series(equation[1:], index=names)
    kept, _ = composition(model)
    return Trained(
        model=model,
        values=tables[0].assign(value=mean),
        effects=slopes,
        intercept=float(equation[0]),
        r2=float(np.mean(shares)),
        mean=float(np.mean([each[kept] @ slopes[kept] for each in means])),
    )


def predict(trained: Trained, copies: pd.DataFrame, *, m: int, table: Table) -> Predicted:
    """Predictions for n children, averaged over m completed data sets.

    copies: the data sets under each other, children in the same order. All columns are linear in
    the values of a data set, so that one pass over all copies gives the mean over them.
    """
    model = trained.model
    kept, apart = composition(model)
    columns = scale_values.apply(copies, values=trained.values, model=model, table=table)
    score, other = (
        (columns[names].to_numpy() @ trained.effects[names].to_numpy()).reshape(m, -1).mean(axis=0)
        for names in (kept, apart)
    )
    other = other + trained.intercept
    outcome = copies[model.outcome].to_numpy(dtype=np.float64)[: len(score)]
    return Predicted(score, score + other, left=outcome - other, outcome=outcome)


def mixed(
    everything: Predicted, rest: Predicted, *, known: NDArray[np.bool_], shift: float
) -> Predicted:
    """Predictions by everything for children of whom all is `known`, (n,), by the rest for others.

    shift: brings scores by the rest to the level of the others, points. What scores are held
    against is that of everything for all children.
    """
    return Predicted(
        score=np.where(known, everything.score, rest.score + shift),
        whole=np.where(known, everything.whole, rest.whole),
        left=everything.left,
        outcome=everything.outcome,
    )


def _least_squares(outcome: NDArray, columns: pd.DataFrame, *, weights: NDArray | None) -> NDArray:
    """Intercept and slopes of the outcome equation; what sem.fit estimates for it."""
    root = np.ones(len(columns)) if weights is None else np.sqrt(weights)
    design = np.column_stack([np.ones(len(columns)), columns]) * root[:, None]
    solved = np.linalg.lstsq(design, outcome * root, rcond=None)
    return np.asarray(solved[0])


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """A training part: as delivered, and completed."""

    delivered: pd.DataFrame
    completed: Sequence[pd.DataFrame]
    table: Table


Method: TypeAlias = Callable[[Training], Trained]


def narrowed(model: Model, *, keep: Sequence[str]) -> Model:
    """The model with these direct predictors alone, and no product without its factors."""
    keep = [name for name in keep if {*model.parts_of(name)} <= {*keep}]
    chosen = [name for name in model.direct if name in keep]
    splines = {model.spline_of[name] for name in keep if name in model.spline_of}
    return replace(
        model,
        direct=tuple(chosen),
        indirect=tuple(name for name in model.indirect if name in keep),
        scaled={name: sign for name, sign in model.scaled.items() if name in keep},
        dummies={name: category for name, category in model.dummies.items() if name in keep},
        numeric=tuple(name for name in model.numeric if name in keep),
        school_means={name: of for name, of in model.school_means.items() if name in keep},
        products={name: factors for name, factors in model.products.items() if name in keep},
        splines={name: spline for name, spline in model.splines.items() if name in splines},
        confounders=tuple(name for name in model.confounders if name in keep),
        fixed_values={name: values for name, values in model.fixed_values.items() if name in keep},
        candidates=(),
    )


def imputed_of(model: Model) -> list[str]:
    """Predictors that are imputed, means of schools left out."""
    return [name for name in model.direct if {*model.parts_of(name)} <= {*model.imputed}]


def without_imputed(model: Model) -> list[str]:
    """Predictors for which nothing has to be imputed."""
    return [name for name in model.direct if not {*model.columns_of(name)} & {*model.imputed}]


def composition(model: Model) -> tuple[list[str], list[str]]:
    """Predictors that the score is made of, and what of the analysis model it leaves out."""
    kept = [name for name in model.direct if name not in model.confounders]
    return kept, [model.mediator, *model.confounders]


def methods(model: Model, *, unknown: bool) -> Mapping[str, Method]:
    """The methods that apply to this model, by code.

    unknown: whether a value of the imputed variables is unknown; otherwise weights are all 1.
    """
    imputed, rest = imputed_of(model), without_imputed(model)
    result: dict[str, Method] = {ALL: partial(_completed, model=model)}
    if imputed and rest:
        keep = [*imputed, *model.confounders]
        result[IMPUTED] = partial(_completed, model=narrowed(model, keep=keep))
        result[WITHOUT] = partial(_completed, model=narrowed(model, keep=rest))
    if imputed and unknown:
        result[WEIGHTING] = partial(_weighted, model=model)
    return result


def _completed(part: Training, *, model: Model) -> Trained:
    return train(part.completed, model=model, table=part.table)


def _weighted(part: Training, *, model: Model) -> Trained:
    """Only children of whom all is known, weighted to represent all; nothing is imputed."""
    rule = weighting.rule(WEIGHTING_RULE)
    weighted = weighting.weights(part.delivered, model=model, table=part.table, rule=rule)
    frame = weighting.complete(part.delivered, weighted=weighted)
    return train([frame], model=model, table=part.table, weights=weighted.weights)
