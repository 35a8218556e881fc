"""A structural model as data: which columns play which part."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

import pandas as pd

from oablib.base.errors import ModelError
from oablib.base.language import Words
from oablib.base.shown import showable
from oablib.params import checked, kinds
from oablib.protocol import formed, models_checks
from oablib.protocol.codebook import Table

Path = Annotated[
    str, kinds.made(lambda text: " ~ ".join(models_checks.split_path(text) or (text,)), of=str)
]


@showable()
@dataclass(frozen=True, slots=True, kw_only=True)
class Model(kinds.Declaration):
    """One file of params/models.

    title, title_nl: as a heading. label, label_nl: as words of a sentence and in figures; without
    them the title. extends: the model whose fields it takes over where it has none.
    scaled: categorical columns that become one scale variable; +1 or -1 is the sign that
    its slope gets (origin is published with reversed orientation).
    dummies: name -> (column, category key). school_means: name -> column averaged per school.
    products: name -> factors; splines: name -> curve of a numeric column. Both are formed from
    each imputation's own values; in direct, indirect and confounders of a loaded model the columns
    of a spline have taken its place.
    direct: predictors of the outcome beside the mediator; indirect: those of them that predict
    the mediator too. confounders: those of them that are no property of family or surroundings,
    so that a prediction of disadvantage leaves them out.
    candidates: paths such as `nscct ~ origin` that a selection may add.
    imputed: columns that may hold unknown values, outcome and mediator among them, but not cluster
    and wave. auxiliary: columns that help to fill them.
    fixed_values: column -> category key -> scale value set by hand; all others are estimated.
    fixed_effects: predictor -> points of the outcome per unit; standardised_effects: the same in
    standard deviations, where no more is published. Both are of an indicator that is given.
    """

    name: kinds.OwnName = ""
    extends: str = ""
    title: kinds.Text
    title_nl: kinds.Text = ""
    label: kinds.Text = ""
    label_nl: kinds.Text = ""
    source: kinds.Text
    codebook: kinds.Text
    outcome: kinds.Text
    mediator: kinds.Text
    cluster: kinds.Text
    wave: str
    imputed: tuple[str, ...]
    scaled: dict[str, Literal[1, -1]]
    dummies: dict[str, tuple[str, str]]
    numeric: tuple[str, ...]
    school_means: dict[str, str]
    products: dict[str, formed.Factors] = field(default_factory=dict)
    splines: dict[str, formed.Spline] = field(default_factory=dict)
    direct: tuple[str, ...]
    indirect: tuple[str, ...]
    auxiliary: tuple[str, ...]
    fixed_values: dict[str, dict[str, kinds.Number]] = field(default_factory=dict)
    fixed_effects: dict[str, kinds.Number] = field(default_factory=dict)
    standardised_effects: dict[str, kinds.Number] = field(default_factory=dict)
    confounders: tuple[str, ...] = ()
    candidates: tuple[Path, ...] = ()

    faults = models_checks.faults

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
    def heading(self) -> str:
        """Its title in the language in use."""
        return str(Words(en=self.title, nl=self.title_nl))

    @property
    def short(self) -> str:
        """Its label in the language in use."""
        return str(Words(en=self.label or self.title, nl=self.label_nl or self.title_nl))

    @property
    def equations(self) -> dict[str, tuple[str, ...]]:
        """Predictors of the outcome, the mediator among them, and predictors of the mediator."""
        return {self.outcome: (self.mediator, *self.direct), self.mediator: self.indirect}

    @property
    def paths(self) -> list[tuple[str, str]]:
        """What is affected and by what, of each path: into the outcome, then into the mediator."""
        return [(lhs, rhs) for lhs, names in self.equations.items() for rhs in names]

    @property
    def syntax(self) -> str:
        """The model in lavaan's syntax."""
        return "\n".join(f"{lhs} ~ {' + '.join(rhs)}" for lhs, rhs in self.equations.items())

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the cohort that the model itself needs, without auxiliaries."""
        parts = [self.cluster, self.outcome, self.mediator, *self.scaled, *self.numeric]
        parts += [column for column, _ in self.dummies.values()]
        parts += [*self.school_means.values(), *self.imputed]
        return tuple(dict.fromkeys(part for part in (*parts, self.wave) if part))

    @property
    def spline_of(self) -> dict[str, str]:
        """Column of a spline -> name of the spline."""
        return {
            column: name for name, each in self.splines.items() for column in each.columns(name)
        }

    @property
    def plain(self) -> tuple[str, ...]:
        """Predictors whose number does not depend on scale values; school means left out."""
        without = [
            name
            for name, factors in self.products.items()
            if not any(factor.name in self.scaled for factor in factors)
        ]
        return (*self.dummies, *self.numeric, *without, *self.spline_of)

    def parts_of(self, predictor: str) -> tuple[str, ...]:
        """Predictors that a product, a spline or a column of one is formed from; others, itself."""
        if predictor in self.products:
            return tuple(dict.fromkeys(factor.name for factor in self.products[predictor]))
        spline = self.splines.get(self.spline_of.get(predictor, predictor))
        return (spline.of if spline else predictor,)

    def columns_of(self, predictor: str) -> tuple[str, ...]:
        """Columns of the cohort that a predictor is made of."""
        parts = self.parts_of(predictor)
        coded = [self.dummies[part][0] if part in self.dummies else part for part in parts]
        return tuple(self.school_means.get(column, column) for column in coded)


def load(name: str) -> Model:
    """Read params/models/<name>.yaml, with what it extends.

    Raises ParameterError when the file is absent or no strict YAML; ModelError, naming file and
    line, when a field is missing or unknown, a predictor is not defined, a path is named twice or
    runs in a circle, or a value set by hand cannot be meant.
    """
    file = models_checks.read(name)
    model: Model = checked.check(file.values, Model, locate=file.locate, error=ModelError)
    return replace(
        model,
        name=name,
        extends=next(iter(file.chain[1:]), ""),
        direct=formed.expanded(model.direct, model.splines),
        indirect=formed.expanded(model.indirect, model.splines),
        confounders=formed.expanded(model.confounders, model.splines),
        candidates=tuple(_of_columns(text, model) for text in model.candidates),
    )


def _of_columns(candidate: str, model: Model) -> str:
    """A path that may be added, from the column of a spline instead of the spline."""
    lhs, rhs = models_checks.sides(candidate)
    (column,) = formed.expanded((rhs,), model.splines)
    return f"{lhs} ~ {column}"


def load_several(names: str, *, first: str) -> dict[str, Model]:
    """Models of params/models by name, with spaces between; `first` comes first, named or not."""
    return {name: load(name) for name in dict.fromkeys((first, *names.split()))}


def fail_if_columns_are_unknown(name: str, *, table: Table) -> None:
    """Raise ModelError, naming file and line, unless the codebook's table has what a model names.

    Columns, categories of dummies, and a reference category for each scaled column.
    """
    model, where = load(name), models_checks.read(name).where
    known = {column.key: column for column in table.columns}
    faults = [
        f"{where(*keys)}: variable {column!r} is not in the codebook's table; its columns: "
        f"{', '.join(sorted(known))}."
        for keys, column in models_checks.named_columns(model)
        if column not in known
    ]
    for name, (column, category) in model.dummies.items():
        keys = [each.key for each in known[column].categories] if column in known else [category]
        if category not in keys:
            faults.append(
                f"{where('dummies', name)}: {column} has no category {category!r}; its "
                f"categories: {', '.join(keys) or 'none'}."
            )
    faults += [
        f"{where('scaled', column)}: {column} has no reference category in the codebook; "
        "expected one, against which scale values are measured."
        for column in model.scaled
        if column in known and known[column].reference is None
    ]
    faults += [
        f"{where(key, name)}: {name!r} is a column of the codebook; give it another name."
        for key in ("products", "splines")
        for name in getattr(model, key)
        if name in known
    ]
    if faults:
        raise ModelError("\n".join(faults))
