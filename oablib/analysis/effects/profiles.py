"""Example children: what each characteristic adds to the score of a typical child."""

from collections.abc import Iterator

import pandas as pd

from oablib.analysis.effects.settings import Profile, Rules
from oablib.base.errors import ParameterError
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model

COLUMNS = ["profile", "name", "points"]


def profiles(
    *, direct: pd.DataFrame, values: pd.DataFrame, rules: Rules, model: Model, table: Table
) -> pd.DataFrame | None:
    """Points that each predictor adds to a child of the rules, against the reference categories.

    direct: name and value of direct effects. values: pooled scale values. One row a child and
    predictor that is not 0: profile (number from 0), name, points. A school mean is left at that
    of all children. None for a model that lacks a characteristic of one of the children. Raises
    ParameterError for a category that is not in the codebook.
    """
    known = {column for name in model.direct for column in model.columns_of(name)}
    if not all(set(child.values) <= known for child in rules.profiles):
        return None
    effects = direct.set_index("name")["value"]
    rows = [
        {"profile": number, "name": name, "points": effects[name] * amount}
        for number, child in enumerate(rules.profiles)
        for name, amount in _amounts(child, values=values, model=model, table=table)
        if amount
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _amounts(
    child: Profile, *, values: pd.DataFrame, model: Model, table: Table
) -> Iterator[tuple[str, float]]:
    """The predictors of a child with their numbers."""
    codes = {name: table.column(name).code(key) for name, key in child.values.items()}
    for name in model.scaled:
        own = values[values["variable"] == name].set_index("code")["value"]
        yield name, float(own[codes[name]]) if name in codes else 0.0
    for name, (behind, key) in model.dummies.items():
        yield name, float(child.values.get(behind) == key)
    for name in (each for each in model.numeric if each in codes):
        reference = table.column(name).reference_code
        if reference is None:
            raise ParameterError(
                f"Example children: {name} is a number without a reference; leave it out."
            )
        yield name, float(codes[name] - reference)
