"""Effects and scale values drawn around those in use."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.shown import showable
from oablib.indicator.pupil_scores import Indicator
from oablib.protocol.codebook import Table

EFFECT = ""
"""Category of a direct effect in the table `joint_covariance`."""


@showable()
@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """An indicator and the errors of its k estimates.

    addresses: (variable, code) of each, code None for a direct effect. root: (k, k), whose product
    with its transpose is their covariance. known: effects and scale values without an error.
    """

    indicator: Indicator
    addresses: tuple[tuple[str, int | None], ...]
    root: NDArray
    known: int

    def drawn(self, rng: np.random.Generator, *, sign: Literal[1, -1] = 1) -> Indicator:
        """The indicator with effects and scale values drawn from their normal distribution.

        sign: -1 for errors opposite to those that the same random numbers give with 1.
        """
        errors = sign * (self.root @ rng.standard_normal(self.root.shape[1]))
        effects = dict(self.indicator.effects)
        values = {name: table.copy() for name, table in self.indicator.values.items()}
        for (name, code), error in zip(self.addresses, errors, strict=True):
            if code is None:
                effects[name] += error
            else:
                values[name][code] += error
        return replace(self.indicator, effects=effects, values=values)


def estimates(indicator: Indicator, covariance: pd.DataFrame, *, table: Table) -> Estimates:
    """Read the joint covariance of effects and scale values for an indicator.

    covariance: the results table `joint_covariance`. What the indicator has and the table has not
    is taken as known.
    """
    listed = covariance[["variable", "category"]].drop_duplicates().itertuples(index=False)
    found = [_address(*each, indicator=indicator, table=table) for each in listed]
    places = [place for place, address in enumerate(found) if address is not None]
    square = covariance["covariance"].to_numpy().reshape(len(found), len(found))
    lengths, directions = np.linalg.eigh(square[np.ix_(places, places)])
    free = sum(len(table.column(name).categories) - 1 for name in indicator.model.scaled)
    return Estimates(
        indicator=indicator,
        addresses=tuple(address for address in found if address is not None),
        # Rounding of the table can leave a length just below 0.
        root=directions * np.sqrt(lengths.clip(min=0)),
        known=free + len(indicator.effects) - len(places),
    )


def _address(
    variable: str, category: str, *, indicator: Indicator, table: Table
) -> tuple[str, int | None] | None:
    """Where an indicator has an estimate; None where it has no such effect or value."""
    if category == EFFECT:
        return (variable, None) if variable in indicator.effects else None
    if variable not in indicator.model.scaled:
        return None
    codes = {each.key: each.code for each in table.column(variable).categories}
    return (variable, codes[category])
