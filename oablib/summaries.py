"""Small tables that describe a delivery, a cohort, settings and fits; never a single child."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from oablib import sem
from oablib.codebook import Table
from oablib.imputation import Imputed
from oablib.intake import Delivery
from oablib.models import Model
from oablib.pooling import PooledFit
from oablib.sem import SemFit
from oablib.wording import words

PATH_COLUMNS = ["lhs", "rhs", "est", "se", "df", "p", "ci_lower", "ci_upper", "fmi", "std"]
REPEAT_COLUMNS = ["lhs", "rhs", "est", "se", "mce", "fmi", "m_recommended"]


def delivery_facts(delivery: Delivery) -> pd.DataFrame:
    """Facts of a delivered file as rows: fact, value."""
    facts = dataclasses.asdict(delivery)
    rows = {name: _as_text(value) for name, value in facts.items() if name != "source"}
    return pd.DataFrame({"fact": list(rows), "value": list(rows.values())})


def population(cohort: pd.DataFrame, *, model: Model, source: str) -> pd.DataFrame:
    """One row: children, schools, source."""
    schools = cohort[model.cluster].nunique()
    return pd.DataFrame({"children": [len(cohort)], "schools": [schools], "source": [source]})


def waves(cohort: pd.DataFrame, *, model: Model) -> pd.DataFrame:
    """Children and schools per wave; one wave called "all" for a model without waves."""
    groups = cohort.groupby(model.waves(cohort).astype(str))
    table = pd.DataFrame({"children": groups.size(), "schools": groups[model.cluster].nunique()})
    return table.reset_index()


def describe(cohort: pd.DataFrame, *, model: Model, table: Table) -> pd.DataFrame:
    """Per variable: role, variable, meaning, unit, known (fraction), mean and sd of numbers."""
    roles = {model.outcome: "outcome", model.mediator: "intelligence"}
    roles |= dict.fromkeys((model.wave, *model.auxiliary), "auxiliary")
    rows = []
    for name in (*model.columns, *model.auxiliary):
        column, values = table.column(name), cohort[name]
        if column.type == "id":
            continue
        number = values.astype(float) if column.is_numeric else pd.Series(dtype=float)
        rows.append(
            {
                "role": roles.get(name, "predictor"),
                "variable": name,
                "meaning": column.label_en,
                "unit": column.unit or f"{len(column.categories)} categories",
                "known": float(values.notna().mean()),
                "mean": number.mean(),
                "sd": number.std(),
            }
        )
    return pd.DataFrame(rows)


def settings(rule: Mapping[str, Any]) -> pd.DataFrame:
    """A nested rule as rows: setting (joined by dots), value."""
    flat = pd.json_normalize(dict(rule)).iloc[0]
    names = [words(name.replace(".", ": ")) for name in flat.index]
    return pd.DataFrame({"setting": names, "value": [str(value) for value in flat]})


def imputed_counts(frame: pd.DataFrame, *, model: Model, imputed: Imputed) -> pd.DataFrame:
    """Per imputed variable: known, imputed (children) and share_unknown (fraction)."""
    unknown = frame[list(model.imputed)].isna().sum()
    drawn = (
        imputed.cells.groupby("variable")["child"].nunique().reindex(unknown.index, fill_value=0)
    )
    return pd.DataFrame(
        {
            "variable": unknown.index,
            "known": (len(frame) - unknown).to_numpy(),
            "imputed": drawn.to_numpy(int),
            "share_unknown": (unknown / len(frame)).to_numpy(),
        }
    )


def value_shares(
    frame: pd.DataFrame, *, imputed: Imputed, model: Model, table: Table
) -> pd.DataFrame:
    """Distribution of known and of imputed values: variable, kind, value, share (fraction).

    value is a code, or for numbers the middle of one of ten bins of equal width.
    """
    parts = []
    for name in model.imputed:
        filled = imputed.cells.loc[imputed.cells["variable"] == name, "value"].astype(float)
        known = frame[name].dropna().astype(float)
        edges = None if table.column(name).categories else np.linspace(known.min(), known.max(), 11)
        for kind, values in (("known", known), ("imputed", filled)):
            spread = _binned(values, edges=edges).value_counts(normalize=True).sort_index()
            part = pd.DataFrame({"value": spread.index.astype(float), "share": spread.to_numpy()})
            parts.append(part.assign(variable=name, kind=kind))
    return pd.concat(parts, ignore_index=True)[["variable", "kind", "value", "share"]]


def _binned(values: pd.Series, *, edges: np.ndarray | None) -> pd.Series:
    if edges is None:
        return values
    middles = np.round((edges[1:] + edges[:-1]) / 2, 1)
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(middles) - 1)
    return pd.Series(middles[place])


def optimum(fits: Sequence[SemFit]) -> pd.DataFrame:
    """Per imputation: largest score per child at the solution, and semopy's distance from it.

    semopy_distance: largest |semopy's estimate - ours| in our standard errors, over the paths; NaN
    where semopy fails. Raises ModelError for fits of several groups, which semopy cannot fit.
    """
    rows = []
    for number, fit in enumerate(fits, start=1):
        found = sem.semopy_estimates(fit)
        distance = found.loc[found["op"] == "~", "distance"].max()
        rows.append(
            {"imputation": number, "gradient": fit.gradient_norm, "semopy_distance": distance}
        )
    return pd.DataFrame(rows)


def paths(parameters: pd.DataFrame) -> pd.DataFrame:
    """The rows `~` of a pooled table, with the columns that readers want."""
    return parameters.loc[parameters["op"] == "~", PATH_COLUMNS].reset_index(drop=True)


def repeatability(parameters: pd.DataFrame) -> pd.DataFrame:
    """The rows `~` of a pooled table: how far they depend on the imputations that were drawn."""
    return parameters.loc[parameters["op"] == "~", REPEAT_COLUMNS].reset_index(drop=True)


def penalty_gap(pooled: PooledFit) -> float:
    """BIC minus AIC that k parameters and n children imply: k (ln n - 2)."""
    return pooled.n_parameters * (math.log(pooled.n) - 2)


def _as_text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)
