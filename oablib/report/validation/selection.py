"""Modification indices and added paths in the report on the validation study."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from oablib.base.wording import words
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import percent
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.validation.estimates import MONTE_CARLO, Labels, by_method, methods, named

_ = texts_beside(__file__)
captions = _.captions


def selection_table(frame: pd.DataFrame, *, labels: Labels, about: About) -> Table:
    """How often a path that does not exist is added, by rule."""
    return show(
        by_method(frame, labels),
        about=about,
        shares=[str(name) for name in frame.columns[2:]],
        **captions("tbl-selection"),
    )


@drawing.styled
def indices_figure(frame: pd.DataFrame, *, labels: Labels, large: float, about: About) -> Figure:
    """Share of large modification indices, one panel a path, a bar a method.

    frame: name, method, large, large_mce (fractions); large: the bound.
    """
    order, names = methods(frame, labels), list(frame["name"].unique())
    figure, panels = drawing.beside(len(names), height=1.0 + 0.32 * len(order))
    for axes, name in zip(panels, names, strict=True):
        part = (
            100
            * frame[frame["name"] == name]
            .set_index("method")
            .reindex(order)[["large", "large_mce"]]
        )
        error = MONTE_CARLO * part["large_mce"]
        axes.barh(
            range(len(order)), part["large"], xerr=error, color=drawing.OURS, ecolor=drawing.GREY
        )
        axes.set(title=words(name), xlim=(0, 100), xlabel=f"indices above {large:g} (%)")
    drawing.row_labels(panels[0], [labels[method] for method in order])
    columns = zip(frame["name"], frame["method"], frame["large"], strict=True)
    spoken = "; ".join(
        f"{words(name)}, {labels[method]}: {percent(share)}" for name, method, share in columns
    )
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Bars. {spoken}.",
        numbers=named(frame, labels),
        **captions("fig-indices", large=large),
    )


def answer_large_indices(
    table: pd.DataFrame,
    *,
    labels: Labels,
    reference: str,
    default: str,
    bounds: Mapping[str, float],
) -> str:
    """Does a flawed imputation alone produce large modification indices? One paragraph a path.

    table: as selection.indices, of the world without a path from origin. bounds: large (index),
    often and seldom (percent of cohorts).
    """
    parts = []
    for name, rows in _rows(table, detail="mean", values="estimated").groupby("name", sort=False):
        shares = 100 * rows.set_index("method")["large"]
        flawed = shares.drop([reference, default], errors="ignore")
        worst = str(flawed.idxmax())
        parts.append(
            f"**{words(str(name)).capitalize()}**: "
            f"{_conclusion(flawed[worst] - shares[reference], bounds=bounds)} The mean index "
            f"is above {bounds['large']:g} in {flawed[worst]:.0f} % of cohorts with "
            f"*{labels[worst]}*, the worst, in {shares.get(default, float('nan')):.0f} % with "
            f"*{labels[default]}* and in {shares[reference]:.0f} % with complete data."
        )
    return "\n\n".join(parts)


def _conclusion(more: float, *, bounds: Mapping[str, float]) -> str:
    if more >= bounds["often"]:
        return "a flawed imputation alone produces indices as large as the report of 2021 saw."
    if more >= bounds["seldom"]:
        return "a flawed imputation alone produces such indices in some cohorts, not in most."
    return "a flawed imputation alone does not explain such indices."


def answer_true_path(
    table: pd.DataFrame, *, world: str, n: int, reference: str, path: str, large: float
) -> str:
    """How large the index of a path is that exists, with complete data."""
    options = {"method": reference, "name": path, "detail": "mean", "values": "estimated"}
    row = _rows(table, world=world, n=n, **options).iloc[0]
    return (
        f"Where {words(path)} does act on intelligence, as scale values of the published kind "
        f"imply, its index is above {large:g} in **{percent(row['large'])}** of cohorts with "
        f"complete data (median {row['median']:.1f})."
    )


def answer_estimated_values(table: pd.DataFrame, *, reference: str, path: str) -> str:
    """What estimating scale values from the same children does to the index of a null path."""
    rows = _rows(table, method=reference, name=path, detail="robust").set_index("values")
    share, error = rows["significant"], rows["significant_mce"]
    text = (
        f"With complete data the robust index of {words(path)} is significant at 5 % in "
        f"**{percent(share['estimated'])}** of cohorts when scale values are estimated from the "
        f"same children, and in **{percent(share['true'])}** on true scale values"
    )
    # The same cohorts are behind both: their sum overstates the error of the difference.
    if share["estimated"] - share["true"] > error.sum():
        return f"{text}: values fitted to the same scores lean towards what these hold by chance."
    return f"{text}: no more of a difference than these replications leave to chance."


def _rows(table: pd.DataFrame, **values: Any) -> pd.DataFrame:
    """The rows that have these values, by column."""
    for column, value in values.items():
        table = table[table[column] == value]
    return table
