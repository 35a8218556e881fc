"""Imputed values beside known ones: per wave as a figure, over all waves as a sentence."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from oablib.analysis import diagnostics
from oablib.protocol.codebook import Table as CodebookTable
from oablib.protocol.models import Model
from oablib.report import drawing
from oablib.report.exhibit import About, Figure
from oablib.report.imputation.panels import Panels
from oablib.report.labels import Labels
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages
from oablib.statistics.imputation import Imputed

_ = texts_beside(__file__)
captions = _.captions

KNOWN = 0  # the number of the "imputation" that holds the known values
LEVELS = ["variable", "value", "n", "known", "imputed", "lowest", "highest"]


def value_shares(
    frame: pd.DataFrame, *, imputed: Imputed, model: Model, table: CodebookTable
) -> pd.DataFrame:
    """Distribution of known and of imputed values: variable, wave, imputation, value, n, share.

    imputation 0 holds known values, 1..m imputed ones; share is a fraction of the wave's n. value
    is a code, or for numbers the middle of one of ten bins of equal width.
    """
    parts = []
    for name in model.imputed:
        values = _values(frame, name, imputed=imputed, model=model, table=table)
        groups = ["wave", "imputation"]
        counts = values.groupby(groups)["value"].value_counts()
        n = counts.groupby(level=groups).transform("sum")
        part = pd.DataFrame({"n": n, "share": counts / n})
        parts.append(part.reset_index().assign(variable=name))
    columns = ["variable", "wave", "imputation", "value", "n", "share"]
    return pd.concat(parts, ignore_index=True)[columns].sort_values(columns[:4], ignore_index=True)


def level_shares(
    frame: pd.DataFrame, *, imputed: Imputed, model: Model, table: CodebookTable
) -> pd.DataFrame:
    """Shares over all waves of the values of each variable in which anything was imputed.

    Columns: variable, value (as in value_shares), n (known values), known, imputed (mean over
    imputations), and the lowest and highest share in an imputation. Fractions.
    """
    parts = []
    for name in (name for name in model.imputed if frame[name].isna().any()):
        values = _values(frame, name, imputed=imputed, model=model, table=table)
        shares = values.groupby("imputation")["value"].value_counts(normalize=True)
        wide = shares.unstack("imputation").fillna(0.0).sort_index()
        drawn = wide.drop(columns=KNOWN)
        ends = {"lowest": drawn.min(axis=1), "highest": drawn.max(axis=1)}
        n = int((values["imputation"] == KNOWN).sum())
        shares_of = {"known": wide[KNOWN], "imputed": drawn.mean(axis=1)}
        part = pd.DataFrame({"n": n, **shares_of, **ends})
        parts.append(part.rename_axis("value").reset_index().assign(variable=name))
    return pd.concat(parts, ignore_index=True)[LEVELS] if parts else pd.DataFrame(columns=LEVELS)


def _values(
    frame: pd.DataFrame, name: str, *, imputed: Imputed, model: Model, table: CodebookTable
) -> pd.DataFrame:
    """Wave, imputation (0: known) and value of each known and each imputed cell of a variable."""
    waves = model.waves(frame).astype(str)
    wave_of_child = dict(zip(frame["child"], waves, strict=True))
    known = frame[name].dropna().astype(float)
    cells = imputed.cells[imputed.cells["variable"] == name]
    part = pd.DataFrame({"wave": waves[known.index], "imputation": KNOWN, "value": known})
    drawn = cells[["imputation", "value"]].assign(wave=cells["child"].map(wave_of_child))
    both = pd.concat([part, drawn], ignore_index=True).astype({"imputation": int})
    if not table.column(name).categories:
        both["value"] = diagnostics.binned(both["value"].to_numpy(float), known=known)
    return both


@in_languages
@drawing.styled
def shares_figure(frame: pd.DataFrame, *, wave: str, labels: Labels, about: About) -> Figure:
    """Share of each value, known and in every imputation: panels variables by waves.

    frame: as value_shares. wave: name of the variable of the waves, empty without waves.
    """
    drawn = frame.loc[frame["imputation"] != KNOWN, "variable"].unique()
    shown = frame[frame["variable"].isin(drawn)]
    panels = Panels(shown, wave, labels)
    figure = panels.drawn(_shares)
    numbers = panels.named(shown).assign(
        imputation=[_("known") if i == KNOWN else str(i) for i in shown["imputation"]]
    )
    spoken = _spoken(shown, labels)
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Bars of known shares, a dot for each data set. {shares}.", shares=spoken),
        numbers=numbers,
        headings=_.words("columns"),
        **captions("fig-shares"),
    )


def _shares(axes: Axes, part: pd.DataFrame, *, values: np.ndarray) -> None:
    """Known shares as bars, those of each imputation as dots on them."""
    wide = part.pivot(index="value", columns="imputation", values="share")
    wide = wide.reindex(values) * 100
    rows = np.arange(len(values))
    if KNOWN in wide:
        axes.barh(rows, wide[KNOWN], height=0.7, color=drawing.PALE, label=_("known"))
    look: dict[str, Any] = {
        "color": drawing.INDIRECT,
        "alpha": 0.6,
        "ls": "",
        "marker": "o",
        "ms": 3.5,
    }
    drawn = [number for number in wide if number != KNOWN]
    for number in drawn:
        name = _("imputed, one dot for each data set") if number == drawn[0] else None
        axes.plot(wide[number], rows, label=name, **look)


def _spoken(frame: pd.DataFrame, labels: Labels) -> str:
    """Mean shares over waves and imputations, known beside imputed, in words."""
    kinds = np.where(frame["imputation"] == KNOWN, "known", "imputed")
    keys = [frame["variable"], frame["value"], kinds]
    means = frame["share"].groupby(keys).mean().unstack().reindex(columns=["imputed", "known"])
    means = means.dropna()
    parts = []
    for name, part in means.groupby(level=0, sort=False):
        shares = [
            _(
                "{value} known {known:.0%}, imputed {imputed:.0%}",
                value=labels.category(str(name), value), known=known, imputed=imputed,
            )
            for (_name, value), imputed, known in part.itertuples()
        ]  # fmt: skip
        parts.append(f"{labels.heading(str(name))}: {'; '.join(shares)}")
    return ". ".join(parts)


def widest_gap(levels: pd.DataFrame) -> float:
    """Largest difference between an imputed and a known share, as a fraction."""
    return float((levels["imputed"] - levels["known"]).abs().max())


@in_languages
def shares_text(levels: pd.DataFrame, *, labels: Labels) -> str:
    """Where imputed shares differ most from known ones, and by how much imputations differ.

    levels: as level_shares.
    """
    if levels.empty:
        return ""
    gaps = (levels["imputed"] - levels["known"]).abs()
    rows = levels.loc[
        [part.idxmax() for _name, part in gaps.groupby(levels["variable"], sort=False)]
    ]
    largest = [
        _(
            "{variable} “{value}”: {imputed:.1%} imputed, {known:.1%} known",
            variable=labels(row["variable"]), value=labels.category(row["variable"], row["value"]),
            imputed=row["imputed"], known=row["known"],
        )
        for row in rows.to_dict("records")
    ]  # fmt: skip
    widest = levels.loc[[(levels["highest"] - levels["lowest"]).idxmax()]].iloc[0]
    spread = _(
        "Between data sets the imputed share of a value differs by at most {points:.1f} percentage "
        "points ({variable} “{value}”).",
        points=100 * (widest["highest"] - widest["lowest"]),
        variable=labels(widest["variable"]),
        value=labels.category(widest["variable"], widest["value"]),
    )  # fmt: skip
    differences = _("The largest differences: {largest}.", largest="; ".join(largest))
    return f"{differences} {_absent(levels, labels=labels)} {spread}"


def _absent(levels: pd.DataFrame, *, labels: Labels) -> str:
    """Whether there is a known value that some imputation does not have."""
    absent = levels[(levels["known"] > 0) & (levels["lowest"] == 0)]
    if absent.empty:
        return _("Every value that occurs was imputed in every data set.")
    pairs = zip(absent["variable"], absent["value"], strict=True)
    names = [
        _("{variable} “{value}”", variable=labels(name), value=labels.category(name, value))
        for name, value in pairs
    ]
    return _("Not imputed in every data set: {values}.", values="; ".join(names))
