"""Which engine draws which variable: the rules, and the engines behind their names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from oablib import params
from oablib.base.errors import ParameterError
from oablib.base.shown import showable
from oablib.base.wording import did_you_mean
from oablib.statistics.imputation.forest import Forest
from oablib.statistics.imputation.nominal import Nominal
from oablib.statistics.imputation.pmm import Pmm
from oablib.statistics.imputation.predictors import View
from oablib.statistics.imputation.variables import Variable

ENGINES: Mapping[str, Any] = {each.name: each for each in (Nominal, Pmm, Forest)}


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
    engine: Engine = ENGINES[name](variable, **settings)
    return engine
