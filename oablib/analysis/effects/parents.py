"""What the effects of both parents' education come to, in points between categories."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics.two_step import Equation, side_by_side

BOTH = "both"


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Parents:
    """Effects of two scaled variables with the same categories.

    rows: name (a variable, or "both"), est (points per unit of the scale), lowest and highest
    (codes, by scale value), span (of scale values), points (est times span), std, and with
    published figures published_points, published_std and current_std; both: sums. difference: est,
    se, p of the first slope less the second, neither corrected for scale values of these children.
    """

    rows: pd.DataFrame
    difference: Mapping[str, float]


def parents(
    frames: Sequence[pd.DataFrame],
    *,
    direct: pd.DataFrame,
    values: pd.DataFrame,
    figures: Mapping[str, Any] | None,
    model: Model,
    table: Table,
) -> Parents | None:
    """The two; None where the model has no two scaled variables with the same categories.

    direct: name, value, std, and perhaps published, published_std, current_std. values:
    pooled scale values. figures: published ones, or None.
    """
    names = _pair(model, table=table)
    if not names:
        return None
    rows = [_row(name, direct=direct, values=values, figures=figures) for name in names]
    frame = pd.DataFrame(rows)
    summed = [column for column in ("points", "published_points") if column in frame]
    both = {"name": BOTH} | frame[summed].sum(skipna=False).to_dict()
    equation = Equation(model.outcome, model.outcome, (model.mediator, *model.direct))
    found = side_by_side(frames, equations=[equation], model=model, table=table)
    weights = np.zeros((1, len(found.rows)))
    weights[0, found.rows["name"] == names[0]] = 1.0
    weights[0, found.rows["name"] == names[1]] = -1.0
    test = found.contrasts(weights).iloc[0]
    return Parents(
        rows=pd.concat([frame, pd.DataFrame([both])], ignore_index=True),
        difference={name: float(test[name]) for name in ("est", "se", "p")},
    )


def _pair(model: Model, *, table: Table) -> tuple[str, ...]:
    """Two imputed columns with scale values and the same categories, or none."""
    categories = {
        name: tuple(each.key for each in table.column(name).categories)
        for name, sign in model.scaled.items()
        if sign > 0
    }
    names = [name for name in categories if list(categories.values()).count(categories[name]) == 2]
    return tuple(names) if len(names) == 2 else ()


def _row(
    name: str, *, direct: pd.DataFrame, values: pd.DataFrame, figures: Mapping[str, Any] | None
) -> dict[str, Any]:
    effect = direct.set_index("name").loc[name]
    own = values[values["variable"] == name]
    low, high = (own.iloc[int(at)] for at in (own["value"].argmin(), own["value"].argmax()))
    span = high["value"] - low["value"]
    row = {
        "name": name, "est": effect["value"], "lowest": low["code"], "highest": high["code"],
        "span": span, "points": effect["value"] * span, "std": effect["std"],
    }  # fmt: skip
    if figures is None:
        return row
    new = figures["scale_values"].get(name, {}).get("new", [np.nan])
    row["published_points"] = effect["published"] * (max(new) - min(new))
    return row | {column: effect[column] for column in ("published_std", "current_std")}
