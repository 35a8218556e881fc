"""Modification indices and added paths in the report on the validation study."""

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages, paragraphs
from oablib.report.validation.names import MONTE_CARLO, Names

_ = texts_beside(__file__)
captions = _.captions

SHORTEST = 20  # percent: the least that an axis of shares spans
TITLE_WIDTH = 30  # characters of a line above a panel
NOMINAL, EVERY, OTHERS = "nominal rate", "all", "other null paths"  # of comparisons.by_rule


@in_languages
def selection_table(frame: pd.DataFrame, *, names: Names, about: About) -> Table:
    """How often a path that does not exist is added, by rule; frame: comparisons.by_rule."""
    rules = _.words("rules")
    paths = {EVERY: _("All"), OTHERS: _("Other paths that do not exist")}
    rows = names.by_method(frame)
    rows = rows.assign(
        path=[paths.get(path) or names.labels.heading(path) for path in rows["path"]],
        method=rows["method"].replace(NOMINAL, _("nominal rate")),
    )
    shares = [str(name) for name in frame.columns[2:]]
    return show(
        rows.rename(columns=dict(rules)),
        about=about,
        shares=[rules[name] for name in shares],
        **captions("tbl-selection"),
    )


@in_languages
def finding_rules(added: pd.DataFrame, *, names: Names, path: str) -> str:
    """Which rules add paths that do not exist more often than they should, with the default.

    added: selection.false_positives at one n, in one world. path: the one that is named; over the
    others the mean is taken.
    """
    own = added[added["method"] == names.default]
    one, others = own[own["name"] == path], own[own["name"] != path]
    means = others.groupby("rule", sort=False).agg(
        rate=("rate", "mean"), nominal=("nominal", "mean"), mce=("mce", _error_of_mean)
    )
    of_path = _(
        "**Path from {path}, {method}.**",
        path=names.labels(path),
        method=names.method(names.default),
    )
    of_others = _("**Other paths, their mean, {method}.**", method=names.method(names.default))
    return paragraphs(
        f"{of_path} {_too_often(one.set_index('rule'))}", f"{of_others} {_too_often(means)}"
    )


def _error_of_mean(errors: pd.Series) -> float:
    """Error of a mean of shares, as if these were independent."""
    return float(np.sqrt((errors**2).sum()) / len(errors))


def _too_often(rates: pd.DataFrame) -> str:
    """Rules that add it more often than their nominal rate, and all others."""
    words = _.words("rules")
    often = rates["rate"] - rates["nominal"] > MONTE_CARLO * rates["mce"]
    if not often.any():
        return _("No rule adds it more often than it should.")
    parts = [
        _("{rule} {rate:.1%}", rule=words[str(rule)], rate=rate)
        for rule, rate in rates.loc[often, "rate"].items()
    ]
    if often.all():
        return _("Every rule adds it more often than it should: {parts}.", parts=", ".join(parts))
    return _(
        "Added more often than it should be by: {parts}. Not by: {others}.",
        parts=", ".join(parts),
        others=", ".join(words[str(rule)] for rule in rates.index[~often]),
    )


@in_languages
@drawing.styled
def indices_figure(
    frame: pd.DataFrame, *, names: Names, bounds: Mapping[str, float], about: About
) -> Figure:
    """Share of large modification indices, one panel a path, a dot a method.

    frame: name, method, large, large_mce (fractions). bounds: as in finding_large_indices.
    """
    methods, paths, large = names.order(frame), list(frame["name"].unique()), bounds["large"]
    figure, panels = drawing.beside(len(paths), height=1.2 + 0.32 * len(methods))
    farthest = (100 * (frame["large"] + MONTE_CARLO * frame["large_mce"])).max()
    reach = min(102, max(SHORTEST, 1.05 * farthest))
    for axes, path in zip(panels, paths, strict=True):
        part = frame[frame["name"] == path].set_index("method")
        for row, method in enumerate(methods):
            share, error = 100 * part.loc[method, ["large", "large_mce"]].astype(float)
            half = MONTE_CARLO * error
            bars = [[min(half, share)], [min(half, 100 - share)]]
            look: dict[str, Any] = {
                "fmt": "o",
                "ms": 4,
                "capsize": 2,
                "color": names.colour(method),
            }
            axes.errorbar(share, row, xerr=bars, **look)
        title = textwrap.fill(names.labels.heading(path), TITLE_WIDTH)
        axes.set_title(title, fontsize=drawing.SMALL)
        axes.set_xlim(-reach / 50, reach)
        axes.grid(axis="x")
        axes.set_xlabel(_("cohorts (%)"))
    drawing.row_labels(panels[0], map(names.method, methods))
    columns = ["name", "method", "large", "large_mce"]
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Dots with intervals. {values}.", values=_shares_in_words(frame, names=names)),
        numbers=names.named(frame)[columns],
        headings=_.words("columns"),
        **captions("fig-indices", large=large),
    )


def _shares_in_words(frame: pd.DataFrame, *, names: Names) -> str:
    rows = frame[["name", "method", "large"]].itertuples(index=False)
    return "; ".join(
        _(
            "{path}, {method}: {share:.0%}",
            path=names.labels(path),
            method=names.method(method),
            share=share,
        )
        for path, method, share in rows
    )


@in_languages
def finding_large_indices(table: pd.DataFrame, *, names: Names, bounds: Mapping[str, float]) -> str:
    """Does a flawed imputation alone produce large modification indices? One paragraph a path.

    table: as selection.indices, of the world without a path from origin. bounds: large (index),
    often and seldom (percent of cohorts).
    """
    parts = []
    for path, rows in large_shares(table).items():
        flawed = rows.drop([names.reference, names.default], errors="ignore")
        worst = str(flawed.idxmax())
        shares = _(
            "The mean index is above {large:g} in {worst:.0%} of cohorts with *{method}*, the "
            "highest share, in {own:.0%} with *{default}* and in {whole:.0%} with complete data.",
            large=bounds["large"],
            worst=flawed[worst],
            method=names.method(worst),
            own=rows[names.default],
            default=names.method(names.default),
            whole=rows[names.reference],
        )
        verdict = _verdict(flawed[worst] - rows[names.reference], bounds=bounds)
        parts.append(f"**{names.labels.heading(path)}**. {verdict} {shares}")
    return "\n\n".join(parts)


def large_shares(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Path -> share of cohorts with a large mean index, by method."""
    rows = rows_of(table, detail="mean", values="estimated")
    return {
        str(name): part.set_index("method")["large"]
        for name, part in rows.groupby("name", sort=False)
    }


def _verdict(more: float, *, bounds: Mapping[str, float]) -> str:
    if 100 * more >= bounds["often"]:
        return _("A flawed imputation alone produces such indices in most cohorts.")
    if 100 * more >= bounds["seldom"]:
        return _("A flawed imputation alone produces such indices in some cohorts, not in most.")
    return _("A flawed imputation alone does not explain such indices.")


@in_languages
def finding_true_path(
    row: pd.Series, *, names: Names, outcome: str, bounds: Mapping[str, float]
) -> str:
    """How large the index of a path is that exists; row: of selection.indices."""
    return _(
        "Where the path from {path} to {outcome} does exist, its index is above {large:g} in "
        "**{share:.0%}** of cohorts with complete data (median {median:.1f}).",
        path=names.labels(row["name"]),
        outcome=names.labels(outcome),
        large=bounds["large"],
        share=row["large"],
        median=row["median"],
    )


@in_languages
def finding_estimated_values(table: pd.DataFrame, *, path: str, names: Names) -> str:
    """What estimating scale values from the same children does to the index of a null path."""
    rows = rows_of(table, method=names.reference, name=path, detail="robust").set_index("values")
    share, error = rows["significant"], rows["significant_mce"]
    shares = _(
        "With complete data the robust index of the path from {path}, which does not exist, is "
        "significant at 5% in **{estimated:.0%}** of cohorts with scale values that were "
        "estimated from the same children, and in **{true:.0%}** with true scale values.",
        path=names.labels(path),
        estimated=share["estimated"],
        true=share["true"],
    )
    # The same cohorts are behind both: their sum overstates the error of the difference.
    if share["estimated"] - share["true"] > error.sum():
        return shares + " " + _("Estimated scale values make the index significant too often.")
    return shares + " " + _("The difference is within Monte Carlo error.")


def rows_of(table: pd.DataFrame, **values: Any) -> pd.DataFrame:
    """The rows that have these values, by column."""
    for column, value in values.items():
        table = table[table[column] == value]
    return table
