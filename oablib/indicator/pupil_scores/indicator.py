"""An indicator: what each characteristic of a child adds to its onderwijsscore."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ModelError
from oablib.base.shown import showable
from oablib.indicator.pupil_scores.children import UNKNOWN
from oablib.protocol import formed, models
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import model_columns

SIZE = UNKNOWN + 1  # of a table that any code can look up
MARGINS = {"origin": "origin_child"}
"""Scaled columns whose published shares have another name."""

PER_UNIT = -1
"""In the place of a code, of a school mean."""

PUBLISHED, DERIVED, ESTIMATED = "published", "derived", "estimated"


@showable()
@dataclass(frozen=True, slots=True, eq=False)
class Indicator:
    """Direct effects and scale values.

    effects: predictor -> points of the outcome per unit. values: scaled column -> scale value by
    code, shape (256,), NaN for codes without one. origins: predictor -> where its effect is from.
    """

    model: Model
    effects: Mapping[str, float]
    values: Mapping[str, NDArray]
    origins: Mapping[str, str]

    def __post_init__(self) -> None:
        formed.fail_if_scores_are_out_of_reach(self.model)

    def has_numbers_of(self, other: "Indicator") -> bool:
        """Whether effects and scale values are the same."""
        return self.effects == other.effects and all(
            name in other.values and np.array_equal(values, other.values[name], equal_nan=True)
            for name, values in self.values.items()
        )

    def points(self, column: str) -> NDArray:
        """What each code of a column adds to a score, shape (256,); NaN for codes unknown.

        Products come on top.
        """
        points = np.zeros(SIZE)
        points[UNKNOWN] = np.nan
        model = self.model
        if column in model.scaled:
            points = points + self.effects[column] * self.values[column]
        for name, (coded, _) in model.dummies.items():
            if coded == column:
                points = points + self.effects[name] * self.values[name]
        if column in model.numeric:
            points = points + self.effects[column] * np.arange(SIZE)
        for name, spline in model.splines.items():
            if spline.of == column:
                effects = [self.effects[each] for each in spline.columns(name)]
                curves = model_columns.curvature(np.arange(SIZE) * 1.0, knots=spline.knots)
                points = points + curves @ effects
        return points

    def numbers(self, factor: str) -> NDArray:
        """A factor of a product by the code of its column, shape (256,); NaN for unknown."""
        if factor in self.values:
            return self.values[factor]
        plain = np.arange(SIZE, dtype=np.float64)
        plain[UNKNOWN] = np.nan
        return plain

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of a child that add to its score."""
        model = self.model
        coded = (column for column, _ in model.dummies.values())
        names = [*model.scaled, *coded, *model.numeric]
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Available:
    """What a run can apply: given indicators by name, and that of its own estimates.

    model: that of the run, with the results tables that it has estimated. published: figures that
    the run names, None without.
    """

    model: Model
    table: Table
    published: Mapping[str, Any] | None
    direct_effects: pd.DataFrame
    scale_values: pd.DataFrame

    def chosen(self, name: str) -> Indicator:
        """That of this name in params/models, the run's own without one; raises as `given`."""
        if name:
            return given(models.load(name), table=self.table, published=self.published)
        return self._estimated()

    def beside(self, name: str) -> Indicator | None:
        """What to show beside the chosen one: the run's own, or beside that the published one."""
        if name:
            return self._estimated()
        if not self.published:
            return None
        return of_published(self.model, table=self.table, published=self.published)

    def _estimated(self) -> Indicator:
        return estimated(
            self.model,
            table=self.table,
            direct_effects=self.direct_effects,
            scale_values=self.scale_values,
        )


def of_published(model: Model, *, table: Table, published: Mapping[str, Any]) -> Indicator | None:
    """The indicator of published effects and scale values; None where they lack one of the model.

    Published scale values are in the order of the codebook's categories.
    """
    figures, listed = published["direct_effects"], published["scale_values"]
    sizes = {name: len(table.column(name).categories) for name in model.scaled}
    lacking = [name for name in model.direct if name not in figures]
    lacking += [name for name, n in sizes.items() if len(listed.get(name, {}).get("new", ())) != n]
    if lacking:
        return None
    keys = {
        name: {
            category.key: value
            for category, value in zip(
                table.column(name).categories, listed[name]["new"], strict=True
            )
        }
        for name in model.scaled
    }
    named = replace(model, label="published indicator", label_nl="gepubliceerde indicator")
    effects = {name: float(figures[name]["coef"]) for name in model.direct}
    origins = dict.fromkeys(model.direct, PUBLISHED)
    return Indicator(named, effects, _values(model, keys, table=table), origins)


def given(model: Model, *, table: Table, published: Mapping[str, Any] | None) -> Indicator:
    """The indicator whose effects and scale values are in the model's file.

    Effects that are given in standard deviations alone become points as `unstandardised` says;
    published: the figures that this needs. Raises ModelError when an effect or value is missing.
    """
    values = _values(model, model.fixed_values, table=table)
    effects, origins = dict(model.fixed_effects), dict.fromkeys(model.fixed_effects, PUBLISHED)
    lacking = [name for name in model.direct if name not in effects]
    if lacking and published is None:
        raise ModelError(
            f"params/models/{model.name}.yaml gives {len(lacking)} effects in standard deviations; "
            "name the published figures that turn them into points: `published` in the run's file."
        )
    if set(lacking) - set(model.standardised_effects):
        raise ModelError(
            f"params/models/{model.name}.yaml: no effect for {sorted(lacking)}; expected each "
            "predictor of `direct` in fixed_effects or standardised_effects."
        )
    if lacking and published is not None:
        points = unstandardised(model, published=published)
        effects |= {name: points[name] for name in lacking}
        origins |= dict.fromkeys(lacking, DERIVED)
    return Indicator(model, {name: effects[name] for name in model.direct}, values, origins)


def estimated(
    model: Model, *, direct_effects: pd.DataFrame, scale_values: pd.DataFrame, table: Table
) -> Indicator:
    """The indicator that a run has estimated, from its results tables of these names."""
    effects = direct_effects.set_index("name")["value"]
    keys = {
        str(name): dict(zip(part["category"], part["value"], strict=True))
        for name, part in scale_values.groupby("variable")
    }
    chosen = {name: float(effects[name]) for name in model.direct}
    origins = dict.fromkeys(model.direct, ESTIMATED)
    return Indicator(model, chosen, _values(model, keys, table=table), origins)


def unstandardised(model: Model, *, published: Mapping[str, Any]) -> dict[str, float]:
    """Points per unit out of effects in standard deviations: beta sd(y) / sd(x).

    sd(x) of a scaled variable follows from its scale values and published shares of categories;
    of any other from the new model, where beta and coefficient are both published: it is the same
    variable. sd(y) is that which the new model's two most precise effects, those of education,
    agree on. The school mean is scaled by the mothers' values. Rounding of beta to 0.01 bounds
    the result: see `bounds`. Source: Walhout & Scholtus (2021), tables 3.1.1 to 3.1.4.
    """
    betas, outcome = model.standardised_effects, _sd_outcome(model, published)
    spreads = _spreads(model, published).items()
    return {name: betas[name] * outcome / spread for name, spread in spreads if name in betas}


def bounds(model: Model, *, published: Mapping[str, Any]) -> pd.DataFrame:
    """The range of each derived effect, given that beta is rounded: name, low, high."""
    half, spreads = 0.005 * _sd_outcome(model, published), _spreads(model, published)
    points = unstandardised(model, published=published)
    rows = [
        (name, point - half / spreads[name], point + half / spreads[name])
        for name, point in points.items()
    ]
    return pd.DataFrame(rows, columns=["name", "low", "high"])


def _sd_outcome(model: Model, published: Mapping[str, Any]) -> float:
    listed = published["direct_effects"]
    outcomes = [
        listed[name]["coef"] * _sd(name, "new", published) / listed[name]["beta"]
        for name in model.imputed
        if name in model.scaled
    ]
    return float(np.mean(outcomes))


def _spreads(model: Model, published: Mapping[str, Any]) -> dict[str, float]:
    """Standard deviation of each predictor with the current indicator's scale values."""
    outcome, listed = _sd_outcome(model, published), published["direct_effects"]
    spreads = {
        name: abs(listed[name]["beta"] / listed[name]["coef"]) * outcome
        for name in model.direct
        if name in listed
    }
    for name, column in model.school_means.items():
        spreads[name] *= _sd(column, "current", published) / _sd(column, "new", published)
    return spreads | {name: _sd(name, "current", published) for name in model.scaled}


def _sd(name: str, which: str, published: Mapping[str, Any]) -> float:
    """Standard deviation of a scaled variable over all published waves, which weigh alike."""
    waves = published["margins"][MARGINS.get(name, name)].values()
    shares = np.mean([np.array(wave) / np.sum(wave) for wave in waves], axis=0)
    values = np.array(published["scale_values"][name][which])
    return float(np.sqrt(shares @ values**2 - (shares @ values) ** 2))


def _values(
    model: Model, keys: Mapping[str, Mapping[str, float]], *, table: Table
) -> dict[str, NDArray]:
    """Scale values by code; 0 and 1 by code for a dummy."""
    by_code = {}
    for name in model.scaled:
        listed, column = keys.get(name, {}), table.column(name)
        lacking = [c.key for c in column.categories if c.key not in listed]
        if lacking:
            raise ModelError(
                f"params/models/{model.name}.yaml: {name} has no scale value for {lacking}; "
                "expected one in fixed_values for each category of the codebook."
            )
        by_code[name] = _by_code({c.code: listed[c.key] for c in column.categories})
    for name, (coded, category) in model.dummies.items():
        categories = table.column(coded).categories
        by_code[name] = _by_code({c.code: c.key == category for c in categories})
    return by_code


def _by_code(values: Mapping[int, float]) -> NDArray:
    table = np.full(SIZE, np.nan)
    table[list(values)] = list(values.values())
    return table
