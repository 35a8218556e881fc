"""The sentences with which the validation study answers, out of its own numbers."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from oablib.base.wording import percent, signed, words


def answer(verdicts: pd.DataFrame, *, default: str, replications: int, n: int) -> str:
    """How many promises are met, and which are not; verdicts: as validation.verdicts makes them."""
    met = verdicts["verdict"] == "met"
    text = (
        f"Over {replications:,} cohorts of {n:,} children, the method *{default}* meets "
        f"**{met.sum()} of {len(verdicts)} promises**."
    )
    left = verdicts[~met]
    return text if left.empty else f"{text} Not met: {'; '.join(map(_missed, _records(left)))}."


def answer_missed(verdicts: pd.DataFrame) -> str:
    """One line for each promise that is not met, with what complete data give; or that all are."""
    left = verdicts[verdicts["verdict"] != "met"]
    lines = [
        f"- {_missed(row)}; complete data: {row['reference']:.3g}; {_cause(row)}."
        for row in _records(left)
    ]
    return "\n".join(lines) or "Every promise is met, so there is nothing to explain here."


def answer_large_indices(
    table: pd.DataFrame,
    *,
    labels: Mapping[str, str],
    reference: str,
    default: str,
    bounds: Mapping[str, float],
) -> str:
    """Does a flawed imputation alone produce large modification indices? One paragraph a path.

    table: as selection.indices, of the world without a path from origin. bounds: large (index),
    often and seldom (percent of cohorts).
    """
    mean = table[(table["detail"] == "mean") & (table["values"] == "estimated")]
    parts = []
    for name, rows in mean.groupby("name", sort=False):
        shares = 100 * rows.set_index("method")["large"]
        flawed = shares.drop([reference, default], errors="ignore")
        worst = str(flawed.idxmax())
        parts.append(
            f"**{words(str(name)).capitalize()}**: "
            f"{_conclusion(flawed[worst], whole=shares[reference], bounds=bounds)} The mean index "
            f"is above {bounds['large']:g} in {flawed[worst]:.0f} % of cohorts with "
            f"*{labels[worst]}*, the worst, in {shares.get(default, float('nan')):.0f} % with "
            f"*{labels[default]}* and in {shares[reference]:.0f} % with complete data."
        )
    return "\n\n".join(parts)


def answer_true_path(
    table: pd.DataFrame, *, world: str, n: int, reference: str, path: str, large: float
) -> str:
    """How large the index of a path is that does exist, with complete data."""
    own = table[
        (table["world"] == world)
        & (table["n"] == n)
        & (table["method"] == reference)
        & (table["name"] == path)
        & (table["detail"] == "mean")
        & (table["values"] == "estimated")
    ].iloc[0]
    return (
        f"Where {words(path)} does act on intelligence, as scale values of the published kind "
        f"imply, its index is above {large:g} in **{percent(own['large'])}** of cohorts with "
        f"complete data (median {own['median']:.1f})."
    )


def answer_estimated_values(table: pd.DataFrame, *, reference: str, path: str) -> str:
    """What estimating scale values from the same children does to the index of a null path."""
    own = table[
        (table["method"] == reference) & (table["name"] == path) & (table["detail"] == "robust")
    ].set_index("values")
    share, error = own["significant"], own["significant_mce"]
    told = (
        f"With complete data the robust index of {words(path)} is significant at 5 % in "
        f"**{percent(share['estimated'])}** of cohorts when scale values are estimated from the "
        f"same children, and in **{percent(share['true'])}** on true scale values"
    )
    # The same cohorts are behind both: their sum overstates the error of the difference.
    if share["estimated"] - share["true"] > error.sum():
        return f"{told}: values fitted to the same scores lean towards what these hold by chance."
    return f"{told}: no more of a difference than these replications leave to chance."


def answer_school_effect(
    table: pd.DataFrame, *, labels: Mapping[str, str], reference: str, default: str
) -> str:
    """How far the direct effect of the school mean is bent; table: comparisons.school_level."""
    bias = dict(zip(table["method"], table["bias"].to_numpy(dtype=float), strict=True))
    worst = max(bias.keys() - {reference, default}, key=lambda method: abs(bias[method]))
    return (
        f"The direct effect of the school mean, {table['truth'].iloc[0]:.2f} in truth, is "
        f"off by **{signed(bias[worst])}** with *{labels[worst]}*, the worst, by "
        f"{signed(bias[default])} with *{labels[default]}* and by "
        f"{signed(bias[reference])} with complete data."
    )


def _conclusion(worst: float, *, whole: float, bounds: Mapping[str, float]) -> str:
    if worst - whole >= bounds["often"]:
        return "a flawed imputation alone produces indices as large as the report of 2021 saw."
    if worst - whole >= bounds["seldom"]:
        return "a flawed imputation alone produces such indices in some cohorts, not in most."
    return "a flawed imputation alone does not explain such indices."


def _missed(row: Mapping[str, Any]) -> str:
    return (
        f"{row['promise']}, {words(str(row['name']))}: {row['found']:.3g} "
        f"(MC error {row['mce']:.2g}) where {row['lower']:g} to {row['upper']:g} was promised"
    )


def _cause(row: Mapping[str, Any]) -> str:
    if row["verdict"] == "missed by chance?":
        return "the bound lies within the Monte Carlo error, so that this may be chance"
    if not row["lower"] <= row["reference"] <= row["upper"]:
        return "complete data miss it too, so that imputation is not the cause"
    return "complete data meet it, so that the imputation is the cause"


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): row[name] for name in row} for row in table.to_dict("records")]
