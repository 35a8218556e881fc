"""The engines behind their names, and which of them draws which variable."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import ParameterError
from oablib.base.wording import did_you_mean
from oablib.statistics.imputation.forest import Forest
from oablib.statistics.imputation.nominal import Nominal
from oablib.statistics.imputation.pmm import Pmm
from oablib.statistics.imputation.settings import Rule
from oablib.statistics.imputation.variables import Variable
from oablib.statistics.imputation.view import View

ENGINES: Mapping[str, Any] = {each.name: each for each in (Nominal, Pmm, Forest)}


class Engine(Protocol):
    """Draws one variable; may keep what it learned as a start for the next round."""

    name: str

    def draw(self, view: View, values: NDArray, *, rng: np.random.Generator) -> NDArray:
        """New values of the unknown cells, shape (unknown,), given all values (n,) as they are."""
        ...


def make(variable: Variable, *, rule: Rule) -> Engine:
    """The engine of a variable. Raises ParameterError for one that there is not."""
    options = dict(rule.category if variable.nominal else rule.number)
    name = options.pop("engine")
    if name not in ENGINES:
        near = did_you_mean(str(name), ENGINES)
        raise ParameterError(f"params/rules/imputation.yaml: no engine {name!r}{near}")
    engine: Engine = ENGINES[name](variable, **options)
    return engine


def name_of(variable: Variable, *, rule: Rule) -> str:
    """The engine that draws a variable under a rule."""
    return str((rule.category if variable.nominal else rule.number)["engine"])
