"""Which engine draws which variable: the rules, and the engines behind their names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib import params
from oablib.base.errors import ParameterError
from oablib.base.shown import showable
from oablib.base.wording import did_you_mean
from oablib.statistics.imputation.nominal import Nominal
from oablib.statistics.imputation.pmm import Pmm
from oablib.statistics.imputation.predictors import View
from oablib.statistics.imputation.variables import Variable


class Engine(Protocol):
    """Draws one variable; may keep what it learned as a start for the next round."""

    name: str

    def draw(self, view: View, values: NDArray, *, rng: np.random.Generator) -> NDArray:
        """New values of the unknown cells, shape (unknown,), given all values (n,) as they are."""
        ...


@showable()
@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of params/rules/imputation.yaml: engine and settings for levels, for numbers."""

    name: str
    category: Mapping[str, Any]
    number: Mapping[str, Any]


def engine_names() -> list[str]:
    """Names of the rules, in the order of the file."""
    return list(params.rules("imputation")["engines"])


def rule(name: str = "") -> Rule:
    """The rule of this name; the default one for an empty name.

    Raises ParameterError, with the nearest name, when there is none.
    """
    rules = params.rules("imputation")
    chosen, known = name or rules["default"], rules["engines"]
    if chosen not in known:
        near = did_you_mean(chosen, known)
        raise ParameterError(f"params/rules/imputation.yaml has no engine {chosen!r}{near}")
    return Rule(chosen, **known[chosen])


def make(variable: Variable, *, rule: Rule) -> Engine:
    """The engine of a variable. Raises ParameterError for an unknown one."""
    settings = dict(rule.category if variable.nominal else rule.number)
    name = settings.pop("engine")
    if name not in ENGINES:
        near = did_you_mean(str(name), ENGINES)
        raise ParameterError(f"params/rules/imputation.yaml: no engine {name!r}{near}")
    return ENGINES[name](variable, **settings)


class Forest:
    """Draws by miceforest (lightgbm); settings have its names.

    match: "fast" draws a level from the forest's chances, "normal" takes the value of one of the
    `donors` known cells whose predictions are nearest. learner: lightgbm's parameters.
    """

    name = "forest"

    def __init__(
        self, variable: Variable, *, match: str, donors: int, learner: dict[str, Any]
    ) -> None:
        self._variable, self._match, self._donors = variable, match, donors
        self._learner = dict(learner)

    def draw(self, view: View, values: NDArray, *, rng: np.random.Generator) -> NDArray:
        """New values of the unknown cells."""
        # Imported here: miceforest takes a second that other engines need not wait for.
        import miceforest

        name, unknown = self._variable.name, self._variable.unknown
        target = pd.Series(np.where(unknown, np.nan, values), index=view.table().index)
        frame = view.table().assign(
            **{name: target.astype("category") if self._variable.nominal else target}
        )
        kernel = miceforest.ImputationKernel(
            frame,
            num_datasets=1,
            variable_schema=[name],
            mean_match_candidates=self._donors,
            mean_match_strategy=self._match,
            random_state=int(rng.integers(2**31)),
        )
        kernel.mice(1, **self._learner, num_threads=1, deterministic=True)
        drawn = kernel.complete_data(0)[name].to_numpy(float)[unknown]
        return drawn.astype(values.dtype)


ENGINES: Mapping[str, Any] = {engine.name: engine for engine in (Nominal, Pmm, Forest)}
