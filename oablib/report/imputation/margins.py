"""The distribution of an imputed variable over all children, beside the published one."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from oablib.protocol.codebook import Table as CodebookTable
from oablib.protocol.models import Model
from oablib.report import drawing
from oablib.report.exhibit import About, Figure
from oablib.report.imputation.panels import Panels
from oablib.report.labels import Labels
from oablib.report.published import Published, cited
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages
from oablib.statistics import imputation
from oablib.statistics.imputation import Imputed

_ = texts_beside(__file__)
captions = _.captions

MARGINS = ["variable", "wave", "value", "n", "known", "share", "published"]


def margins(
    frame: pd.DataFrame, *, imputed: Imputed, model: Model, table: CodebookTable, figures: Published
) -> pd.DataFrame:
    """Distribution of each variable in which anything was imputed, where one is published.

    Rows: variable, wave, value (a code), n (children of the wave), known (fraction of them of whom
    this value is known), share (the same with imputed values; mean over data sets) and published.
    No rows without published figures.
    """
    listed = (figures or {}).get("margins", {})
    names = [name for name in model.imputed if name in listed and frame[name].isna().any()]
    waves = model.waves(frame)
    completed = imputation.all_completed(frame, cells=imputed.cells) if names else []
    parts = []
    for name in names:
        codes = list(table.column(name).codes)
        shares = [
            each.groupby(waves)[name].value_counts(normalize=True).rename("share")
            for each in completed
        ]
        here = pd.concat(shares).groupby(level=[0, 1]).sum() / len(completed)
        counts = frame.groupby(waves)[name].value_counts()
        for wave, published in listed[name].items():
            if wave in here.index.get_level_values(0):
                share = here.loc[wave].reindex(codes).fillna(0.0).to_numpy(float)
                n = int((waves == wave).sum())
                known = counts.loc[wave].reindex(codes).fillna(0).to_numpy(float) / n
                columns = {
                    "value": codes,
                    "n": n,
                    "known": known,
                    "share": share,
                    "published": np.array(published) / 100,
                }
                parts.append(pd.DataFrame(columns).assign(variable=name, wave=str(wave)))
    return pd.concat(parts, ignore_index=True)[MARGINS] if parts else pd.DataFrame(columns=MARGINS)


@in_languages
@drawing.styled
def margins_figure(frame: pd.DataFrame, *, wave: str, labels: Labels, about: About) -> Figure:
    """Shares over all children, and published ones. frame: as margins; wave: as Panels."""
    panels = Panels(frame, wave, labels)
    largest = _largest(frame)
    return drawing.exhibited(
        panels.drawn(_beside),
        about=about,
        alt=_(
            "Bars of known values with imputed ones beside them, diamonds of published shares. "
            "Largest difference: {place}, {share:.1%} here and {published:.1%} published.",
            **_said(largest, panels=panels),
        ),
        numbers=panels.named(frame),
        headings=_.words("columns"),
        **captions("fig-margins"),
    )


def _beside(axes: Axes, part: pd.DataFrame, *, values: np.ndarray) -> None:
    """Known values as bars, imputed ones added to them, published shares as diamonds on both."""
    wide = part.set_index("value").loc[values] * 100 if len(part) else part
    rows = np.arange(len(values))
    axes.barh(rows, wide["known"], height=0.7, color=drawing.OURS, label=_("known"))
    added = wide["share"] - wide["known"]
    axes.barh(rows, added, left=wide["known"], height=0.7, color=drawing.PALE, label=_("imputed"))
    axes.plot(
        wide["published"], rows, ls="", marker=drawing.PUBLISHED.shape, ms=4.5, mfc="white",
        color=drawing.PUBLISHED.colour, label=_("published"),
    )  # fmt: skip


@in_languages
def margins_text(
    frame: pd.DataFrame, *, figures: Published, wave: str, labels: Labels, about: About
) -> str:
    """The largest difference to the published distribution, and what it says."""
    if figures is None or frame.empty:
        return ""
    said = _said(_largest(frame), panels=Panels(frame, wave, labels))
    text = _(
        "Imputed values included, the largest difference from the published distribution is "
        "{points:.1f} percentage points: {place} {share:.1%} here, {published:.1%} published.",
        **said,
    )
    method = _(
        "The published imputations were made by a method that is not public [{source}].",
        source=cited(figures, part="margins"),
    )
    if about.drawn:
        return f"{text} {method} " + _(
            "These synthetic children were drawn with the published distribution, so differences "
            "are due to the imputation and to chance."
        )
    return f"{text} {method}"


def _largest(frame: pd.DataFrame) -> pd.Series:
    return frame.loc[[(frame["share"] - frame["published"]).abs().idxmax()]].iloc[0]


def _said(row: pd.Series, *, panels: Panels) -> dict[str, str | float]:
    """A row of margins as values of a sentence."""
    place = _(
        "{variable} “{value}” ({wave})",
        variable=panels.labels(row["variable"]),
        value=panels.labels.category(row["variable"], row["value"]),
        wave=panels.wave_label(row["wave"]),
    )
    return {
        "place": place,
        "share": row["share"],
        "published": row["published"],
        "points": 100 * abs(row["share"] - row["published"]),
    }
