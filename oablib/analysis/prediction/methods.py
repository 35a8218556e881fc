"""Ways to predict that are held against each other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
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


Method: TypeAlias = Callable[[Training, Model], Trained]


def narrowed(model: Model, *, keep: Sequence[str]) -> Model:
    """The model with these direct predictors alone."""
    chosen = [name for name in model.direct if name in keep]
    return replace(
        model,
        direct=tuple(chosen),
        indirect=tuple(name for name in model.indirect if name in keep),
        scaled={name: sign for name, sign in model.scaled.items() if name in keep},
        dummies={name: each for name, each in model.dummies.items() if name in keep},
        numeric=tuple(name for name in model.numeric if name in keep),
        school_means={name: each for name, each in model.school_means.items() if name in keep},
        confounders=tuple(name for name in model.confounders if name in keep),
        fixed_values={name: own for name, own in model.fixed_values.items() if name in keep},
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
    """The ways that this model knows, by name."""
    education, rest = education_of(model), without_education(model)
    confounders = list(model.confounders)
    found: dict[str, Method] = {ALL: _all}
    if education and rest:
        found[EDUCATION] = lambda part, own: _on(part, narrowed(own, keep=education + confounders))
        found[WITHOUT] = lambda part, own: _on(part, narrowed(own, keep=rest))
    if education:
        found[WEIGHTING] = _weighted
    return found


def _all(part: Training, model: Model) -> Trained:
    return _on(part, model)


def _on(part: Training, model: Model) -> Trained:
    return trained.train(part.completed, model=model, table=part.table)


def _weighted(part: Training, model: Model) -> Trained:
    """Children whose education is known alone, weighted to stand for all; nothing is imputed."""
    rule = weighting.rule(WEIGHTING_RULE)
    found = weighting.weights(part.delivered, model=model, table=part.table, rule=rule)
    frame = weighting.complete(part.delivered, weighted=found)
    return trained.train([frame], model=model, table=part.table, weights=found.weights)
