"""Small tables that describe a delivery, a cohort, settings and fits; never a single child."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from oablib import diagnostics, imputation, sem
from oablib.codebook import Table
from oablib.imputation import Imputed
from oablib.imputation.cells import OBSERVED
from oablib.intake import Delivery
from oablib.models import Model
from oablib.pooling import PooledFit
from oablib.sem import SemFit
from oablib.wording import words

PATH_COLUMNS = ["lhs", "rhs", "est", "se", "df", "p", "ci_lower", "ci_upper", "fmi", "std"]
INFORMATION_COLUMNS = ["lhs", "rhs", "est", "se", "riv", "fmi", "mce", "m_recommended"]


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
    """Per imputed variable: known, imputed (children), share_unknown (fraction) and engine.

    Counted from the provenance of each cell; engine: which drew the imputed ones, "none" for none.
    """
    origin = imputation.provenance(frame, imputed=imputed, model=model)
    rows = []
    for name in model.imputed:
        known = origin[name] == OBSERVED
        engine = ", ".join(origin.loc[~known, name].unique()) or "none"
        rows.append((name, int(known.sum()), int((~known).sum()), float((~known).mean()), engine))
    return pd.DataFrame(rows, columns=["variable", "known", "imputed", "share_unknown", "engine"])


def value_shares(
    frame: pd.DataFrame, *, imputed: Imputed, model: Model, table: Table
) -> pd.DataFrame:
    """Distribution of known and of imputed values: variable, wave, imputation, value, share.

    imputation 0 holds known values, 1..m imputed ones; share is a fraction of the wave's. value
    is a code, or for numbers the middle of one of ten bins of equal width.
    """
    waves = model.waves(frame).astype(str)
    of_child = dict(zip(frame["child"], waves, strict=True))
    parts = []
    for name in model.imputed:
        known = frame[name].dropna().astype(float)
        own = imputed.cells[imputed.cells["variable"] == name]
        part = pd.DataFrame({"wave": waves[known.index], "imputation": 0, "value": known})
        drawn = own[["imputation"]].assign(wave=own["child"].map(of_child), value=own["value"])
        both = pd.concat([part, drawn], ignore_index=True).astype({"imputation": int})
        if not table.column(name).categories:
            both["value"] = diagnostics.binned(both["value"].to_numpy(float), known=known)
        shares = both.groupby(["wave", "imputation"])["value"].value_counts(normalize=True)
        parts.append(shares.rename("share").reset_index().assign(variable=name))
    columns = ["variable", "wave", "imputation", "value", "share"]
    return pd.concat(parts, ignore_index=True)[columns].sort_values(columns[:4], ignore_index=True)


def optimum(fits: Sequence[SemFit]) -> pd.DataFrame:
    """Per imputation: largest score per child at the solution, and semopy's distance from it.

    semopy_distance: largest |semopy's estimate - ours| in our standard errors, over the paths, to
    three digits: where exactly its search stops depends on the processor. NaN where semopy fails.
    Raises ModelError for fits of several groups, which semopy cannot fit.
    """
    rows = []
    for number, fit in enumerate(fits, start=1):
        found = sem.semopy_estimates(fit)
        distance = float(f"{found.loc[found['op'] == '~', 'distance'].max():.3g}")
        rows.append(
            {"imputation": number, "gradient": fit.gradient_norm, "semopy_distance": distance}
        )
    return pd.DataFrame(rows)


def paths(parameters: pd.DataFrame) -> pd.DataFrame:
    """The rows `~` of a pooled table, with the columns that readers want."""
    return parameters.loc[parameters["op"] == "~", PATH_COLUMNS].reset_index(drop=True)


def information(parameters: pd.DataFrame) -> pd.DataFrame:
    """The rows `~` of a pooled table: what is lost to unknown values, and to few imputations."""
    return parameters.loc[parameters["op"] == "~", INFORMATION_COLUMNS].reset_index(drop=True)


def penalty_gap(pooled: PooledFit) -> float:
    """BIC minus AIC that k parameters and n children imply: k (ln n - 2)."""
    return pooled.n_parameters * (math.log(pooled.n) - 2)


def _as_text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)
