"""A structural model as data: which columns play which part."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal

import pandas as pd

from oablib import params
from oablib.errors import ModelError
from oablib.shown import showable


@showable()
@dataclass(frozen=True, slots=True)
class Model:
    """One file of params/models.

    scaled: categorical columns that become one scale variable; +1 or -1 is the sign that
    its slope gets (origin is published with reversed orientation).
    dummies: name -> (column, category key). school_means: name -> column averaged per school.
    direct: predictors of the outcome beside the mediator; indirect: predictors of the mediator.
    imputed: columns that may hold unknown values. auxiliary: columns that help to fill them.
    fixed_values: column -> category key -> scale value set by hand; all others are estimated.
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
    fixed_values: dict[str, dict[str, float]] = field(default_factory=dict)

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
    known = {each.name for each in fields(Model)} - {"name"}
    needed = {each.name for each in fields(Model) if each.default_factory is MISSING} - {"name"}
    if not needed <= set(values) <= known:
        raise ModelError(
            f"params/models/{name}.yaml: missing {sorted(needed - set(values))}, "
            f"unknown {sorted(set(values) - known)}; expected {sorted(needed)}, "
            f"and where wanted {sorted(known - needed)}."
        )
    plain: dict[str, Any] = {key: _frozen(value) for key, value in values.items()}
    _fail_if_predictor_is_undefined(name, plain)
    _fail_if_fixed_value_is_unfit(name, plain)
    return Model(name=name, **plain)


def _frozen(value: object) -> object:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return value


def _fail_if_predictor_is_undefined(name: str, values: Mapping[str, Any]) -> None:
    roles = ("scaled", "dummies", "numeric", "school_means")
    defined = {predictor for role in roles for predictor in values[role]}
    undefined = [each for each in (*values["direct"], *values["indirect"]) if each not in defined]
    if undefined:
        raise ModelError(
            f"Model {name}: {undefined} stand among the predictors but are not defined; "
            f"defined are {sorted(defined)}."
        )


def _fail_if_fixed_value_is_unfit(name: str, values: Mapping[str, Any]) -> None:
    """Column and number are checked here, the category where the codebook is at hand."""
    fixed = values.get("fixed_values", {})
    columns = [column for column in fixed if column not in values["scaled"]]
    if columns:
        raise ModelError(
            f"Model {name}: fixed_values names {columns}; expected columns that get scale values: "
            f"{sorted(values['scaled'])}."
        )
    numbers = [number for column in fixed.values() for number in column.values()]
    unfit = [number for number in numbers if type(number) not in (int, float)]
    if unfit:
        raise ModelError(
            f"Model {name}: fixed_values holds {len(unfit)} that are no numbers; expected points "
            "of the outcome, as in `education_mother: {mbo4: 7.5}`."
        )
