"""The engines behind their names, and which of them draws which variable."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ParameterError
from oablib.base.wording import did_you_mean
from oablib.statistics.imputation.nominal import Nominal
from oablib.statistics.imputation.pmm import Pmm
from oablib.statistics.imputation.predictors import View
from oablib.statistics.imputation.settings import Rule
from oablib.statistics.imputation.variables import Variable


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
