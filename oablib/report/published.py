"""Results of a run beside published ones: direct effects, scale values, measures of fit."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from oablib.protocol.models import Model
from oablib.report.texts import named, texts_beside

_ = texts_beside(__file__)

Published = Mapping[str, Any] | None  # figures of a publication; None to compare with none

FIT_MEASURES = {
    "n": "model",
    "free_parameters": "model",
    "chi2": "test",
    "chi2_scaled": "test",
    "df": "test",
    "cfi": "baseline",
    "tli": "baseline",
    "loglik": "criteria",
    "aic": "criteria",
    "bic": "criteria",
    "sabic": "criteria",
    "rmsea": "residuals",
    "srmr": "residuals",
    "r2_adjusted": "explained",
}
"""Measures in the order of lavaan's summary, and the part of it that holds each."""

FIT_COUNTS = ("df", "loglik", "free_parameters", "aic", "bic", "sabic", "n")
"""Those that are counts, or large enough to need no decimals."""

DERIVED = ("free_parameters", "df")
"""Those that no publication prints; they follow from its AIC, log-likelihood and model."""


LOCATORS = {
    "chapter": named("chapter {number}"),
    "section": named("section {number}"),
    "figure": named("figure {number}"),
    "table": named("table {number}"),
}


def cited(figures: Mapping[str, Any], *, part: str) -> str:
    """Where a part of the figures is printed, as Markdown cites it: its key, and where in it.

    part: name of an entry under source in the file of the figures.
    """
    kind, _space, number = figures["source"][part].partition(" ")
    return f"@{figures['source']['key']}, {_(LOCATORS[kind], number=number)}"


def compare_direct(
    parameters: pd.DataFrame, *, model: Model, figures: Published, known: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Direct effects in the model's order, beside the published ones where there are any.

    parameters: of a pooled fit, or as CategoryTests.judged, with tested, differs and weak.
    known: the same parameters by the published convention: paths that are not corrected, and errors
    that take scale values as known. Columns: name, value, se, [value_known, se_known], ci_lower,
    ci_upper, p, fmi, std, [tested, differs, weak]; and with published figures: published,
    published_se, difference_in_se (ours minus published, in published standard errors), se_ratio
    (se_known, or else se, by published_se), and the standardised ones published_std and current_std
    (of the indicator then in use); NaN for an effect that was not published.
    """
    rows = model.direct_rows(parameters)
    if known is not None:
        rows = rows.assign(
            value_known=model.direct_rows(known)["est"], se_known=model.direct_rows(known)["se"]
        )
    table = rows.reset_index().rename(columns={"rhs": "name", "est": "value"})
    columns = "name value se value_known se_known ci_lower ci_upper p fmi std".split()
    columns += ["tested", "differs", "weak"]
    table = table[[name for name in columns if name in table]]
    if figures is None:
        return table
    effects = pd.DataFrame(figures["direct_effects"]).T.reindex(table["name"])
    table["published"] = effects["coef"].astype(float).to_numpy()
    table["published_se"] = effects["se"].astype(float).to_numpy()
    table["difference_in_se"] = (table["value"] - table["published"]) / table["published_se"]
    errors = table["se" if known is None else "se_known"]
    table["se_ratio"] = errors / table["published_se"]
    table["published_std"] = effects["beta"].astype(float).to_numpy()
    table["current_std"] = effects["beta_current"].astype(float).to_numpy()
    return table


def compare_scale_values(values: pd.DataFrame, *, figures: Published) -> pd.DataFrame:
    """Pooled scale values beside published ones, where there are any.

    Adds published (the base model of 2021), difference (ours minus published) and current (the
    indicator then in use).
    """
    if figures is None:
        return values
    new, current = (_listed(values, figures=figures, column=name) for name in ("new", "current"))
    return values.assign(published=new, difference=values["value"] - new, current=current)


def _listed(values: pd.DataFrame, *, figures: Mapping[str, Any], column: str) -> np.ndarray:
    """Published scale values of the rows of `values`; NaN where there is none."""
    known: dict[Any, float] = {
        (name, code): value
        for name, listed in figures["scale_values"].items()
        for code, value in enumerate(listed[column], start=1)
    }
    pairs = zip(values["variable"], values["code"], strict=True)
    return np.array([known.get(pair, np.nan) for pair in pairs], dtype=float)


def compare_fit(
    fit: pd.DataFrame, *, outcome: str, counts: Mapping[str, int], figures: Published
) -> pd.DataFrame:
    """Fit measures in lavaan's order: mean, smallest and largest over imputations, published.

    fit: one row an imputation, as PooledFit.fit. counts: free_parameters, df and n, the same
    in all imputations. Columns: part (a code), measure, mean, min, max, [published].
    """
    table = fit.rename(columns={f"r2_adjusted_{outcome}": "r2_adjusted"})
    table = table.assign(**{name: float(count) for name, count in counts.items()})
    wanted = [name for name in FIT_MEASURES if name in table]
    rows = table[wanted].agg(["mean", "min", "max"]).T.rename_axis("measure").reset_index()
    rows.insert(0, "part", [FIT_MEASURES[name] for name in rows["measure"]])
    if figures is not None:
        listed = figures["fit"] | {"n": figures["sample"]["n"]}
        rows["published"] = [float(listed.get(name, "nan")) for name in rows["measure"]]
    return rows
