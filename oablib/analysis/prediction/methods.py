"""Methods of prediction that are compared."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import pandas as pd

from oablib.analysis.prediction import trained
from oablib.analysis.prediction.trained import Trained
from oablib.base.wording import words
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import weighting

ALL, EDUCATION, WITHOUT, WEIGHTING = (
    "all characteristics",
    "education only",
    "without education",
    "weighting",
)
WEIGHTING_RULE = "plan_2015"


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """A training part: as delivered, and completed."""

    delivered: pd.DataFrame
    completed: Sequence[pd.DataFrame]
    table: Table


Method: TypeAlias = Callable[[Training], Trained]


def narrowed(model: Model, *, keep: Sequence[str]) -> Model:
    """The model with these direct predictors alone."""
    chosen = [name for name in model.direct if name in keep]
    return replace(
        model,
        direct=tuple(chosen),
        indirect=tuple(name for name in model.indirect if name in keep),
        scaled={name: sign for name, sign in model.scaled.items() if name in keep},
        dummies={name: category for name, category in model.dummies.items() if name in keep},
        numeric=tuple(name for name in model.numeric if name in keep),
        school_means={name: of for name, of in model.school_means.items() if name in keep},
        confounders=tuple(name for name in model.confounders if name in keep),
        fixed_values={name: values for name, values in model.fixed_values.items() if name in keep},
        candidates=(),
    )


def education_of(model: Model) -> list[str]:
    """Predictors that are imputed, means of schools left out."""
    return [name for name in model.direct if name in model.imputed]


def without_education(model: Model) -> list[str]:
    """Predictors for which nothing has to be imputed."""
    return [name for name in model.direct if model.column_of(name) not in model.imputed]


def composition(model: Model) -> str:
    """What the score is made of, and what of the analysis model it leaves out, in words."""
    kept = [words(name) for name in model.direct if name not in model.confounders]
    left_out = ", ".join(words(name) for name in (model.mediator, *model.confounders))
    return f"{len(kept)} characteristics: {', '.join(kept)}; left out: {left_out}"


def methods(model: Model) -> Mapping[str, Method]:
    """The methods that apply to this model, by name."""
    education, rest = education_of(model), without_education(model)
    result: dict[str, Method] = {ALL: partial(_completed, model=model)}
    if education and rest:
        keep = [*education, *model.confounders]
        result[EDUCATION] = partial(_completed, model=narrowed(model, keep=keep))
        result[WITHOUT] = partial(_completed, model=narrowed(model, keep=rest))
    if education:
        result[WEIGHTING] = partial(_weighted, model=model)
    return result


def _completed(part: Training, *, model: Model) -> Trained:
    return trained.train(part.completed, model=model, table=part.table)


def _weighted(part: Training, *, model: Model) -> Trained:
    """Only children whose education is known, weighted to represent all; nothing is imputed."""
    rule = weighting.rule(WEIGHTING_RULE)
    weighted = weighting.weights(part.delivered, model=model, table=part.table, rule=rule)
    frame = weighting.complete(part.delivered, weighted=weighted)
    return trained.train([frame], model=model, table=part.table, weights=weighted.weights)
