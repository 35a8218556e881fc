"""A structural model as data: which columns play which part."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import pandas as pd

from oablib import params
from oablib.errors import ModelError


@dataclass(frozen=True, slots=True)
class Model:
    """One file of params/models.

    scaled: categorical columns that become one scale variable; +1 or -1 is the sign that
    its slope gets (origin is published with reversed orientation).
    dummies: name -> (column, category key). school_means: name -> column averaged per school.
    direct: predictors of the outcome beside the mediator; indirect: predictors of the mediator.
    imputed: columns that may hold unknown values. auxiliary: columns that help to fill them.
    """

    name: str
    title: str
    source: str
    codebook: str
    outcome: str
    mediator: str
    cluster: str
    wave: str
    imputed: tuple[str, ...]
    scaled: dict[str, Literal[1, -1]]
    dummies: dict[str, tuple[str, str]]
    numeric: tuple[str, ...]
    school_means: dict[str, str]
    direct: tuple[str, ...]
    indirect: tuple[str, ...]
    auxiliary: tuple[str, ...]

    def waves(self, frame: pd.DataFrame) -> pd.Series:
        """Wave of each child of a frame; "all" for everybody in a model without waves."""
        wave = frame[self.wave] if self.wave else pd.Series("all", index=frame.index)
        return wave.rename("wave")

    def paths_to_outcome(self, parameters: pd.DataFrame, *, of: Sequence[str]) -> pd.DataFrame:
        """Rows of a fit's table of parameters that are paths of these predictors, by `rhs`."""
        rows = parameters[(parameters["lhs"] == self.outcome) & (parameters["op"] == "~")]
        return rows.set_index("rhs").loc[list(of)]

    def direct_rows(self, parameters: pd.DataFrame) -> pd.DataFrame:
        """Rows of a fit's table of parameters that are direct effects, in their order, by `rhs`."""
        return self.paths_to_outcome(parameters, of=self.direct)

    @property
    def syntax(self) -> str:
        """The model in lavaan's syntax."""
        return (
            f"{self.outcome} ~ {' + '.join((self.mediator, *self.direct))}\n"
            f"{self.mediator} ~ {' + '.join(self.indirect)}"
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the cohort that the model itself needs, without auxiliaries."""
        parts = [self.cluster, self.outcome, self.mediator, *self.scaled, *self.numeric]
        parts += [column for column, _ in self.dummies.values()]
        parts += [*self.school_means.values(), *self.imputed]
        return tuple(dict.fromkeys(part for part in (*parts, self.wave) if part))


def load(name: str) -> Model:
    """Read params/models/<name>.yaml.

    Raises ParameterError when the file is absent or no strict YAML, ModelError when a field
    is missing or unknown, or a predictor is named that the file does not define.
    """
    values = params.load_yaml(params.named_file("models", name))
    known = {field.name for field in fields(Model)} - {"name"}
    if set(values) != known:
        raise ModelError(
            f"params/models/{name}.yaml: missing {sorted(known - set(values))}, "
            f"unknown {sorted(set(values) - known)}; expected exactly {sorted(known)}."
        )
    plain: dict[str, Any] = {key: _frozen(value) for key, value in values.items()}
    model = Model(name=name, **plain)
    _fail_if_predictor_is_undefined(model)
    return model


def _frozen(value: object) -> object:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return value


def _fail_if_predictor_is_undefined(model: Model) -> None:
    defined = {*model.scaled, *model.dummies, *model.numeric, *model.school_means}
    undefined = [name for name in (*model.direct, *model.indirect) if name not in defined]
    if undefined:
        raise ModelError(
            f"Model {model.name}: {undefined} stand among the predictors but are not defined; "
            f"defined are {sorted(defined)}."
        )
