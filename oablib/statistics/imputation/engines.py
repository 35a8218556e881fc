"""The engines behind their names, and which of them draws which variable."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ParameterError
from oablib.base.wording import did_you_mean
from oablib.statistics.imputation.compatible import Compatible
from oablib.statistics.imputation.nominal import Nominal
from oablib.statistics.imputation.pmm import Pmm
from oablib.statistics.imputation.predictors import View
from oablib.statistics.imputation.products import Formed
from oablib.statistics.imputation.settings import Rule
from oablib.statistics.imputation.variables import Variable


class Engine(Protocol):
    """Draws one variable; may keep what it learned as a start for the next round."""

    @property
    def name(self) -> str:
        """As the rules call it."""
        ...

    def draw(self, view: Any, values: NDArray, *, rng: np.random.Generator) -> NDArray:
        """New values of the unknown cells, shape (unknown,), given all values (n,) as they are.

        view: a View, or a SchoolView where rows are schools.
        """
        ...


def make(
    variable: Variable, *, rule: Rule, school: NDArray, formed: Formed | None = None
) -> Engine:
    """The engine of a variable: the rule's, but for a number that stands in products or curves.

    school: (n,), number of each child's school, from 0. Raises ParameterError for an engine that
    there is not.
    """
    is_formed = formed is not None and formed.holds(variable.name)
    if is_formed and not (variable.nominal or variable.of_school):
        return Compatible(variable)
    options = dict(rule.category if variable.nominal else rule.number)
    name = options.pop("engine")
    if name not in ENGINES:
        near = did_you_mean(str(name), ENGINES)
        raise ParameterError(f"params/rules/imputation.yaml: no engine {name!r}{near}")
    make_engine = partial(ENGINES[name], **options)
    if variable.of_school:
        return OncePerSchool(variable, school=school, make_engine=make_engine)
    engine: Engine = make_engine(variable)
    return engine


class OncePerSchool:
    """Draws what all children of a school share, once for each school in which nobody knows it.

    The engine sees one row a school (as mice's 2lonly.pmm; Van Buuren, 2018, section 7.7.3).
    """

    def __init__(
        self, variable: Variable, *, school: NDArray, make_engine: Callable[[Variable], Engine]
    ) -> None:
        # A child of each school, one of those with a known value where there are any.
        self._child = np.zeros(school.max() + 1, dtype=int)
        for rows in (np.flatnonzero(variable.unknown), np.flatnonzero(~variable.unknown)):
            self._child[school[rows]] = rows
        self._cells = school[variable.unknown]
        self._of_schools = replace(variable, unknown=variable.unknown[self._child])
        self._engine = make_engine(self._of_schools)

    @property
    def name(self) -> str:
        """That of the engine which draws."""
        return self._engine.name

    def draw(self, view: View, values: NDArray, *, rng: np.random.Generator) -> NDArray:
        """New values of the unknown cells, shape (unknown,), the same within a school."""
        schools, unknown = values[self._child], self._of_schools.unknown
        if unknown.any():
            schools[unknown] = self._engine.draw(view.of_schools(), schools, rng=rng)
        return schools[self._cells]


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
