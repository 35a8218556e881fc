"""Origin of the children by wave, beside the published distribution."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from oablib.indicator.pupil_scores.indicator import MARGINS
from oablib.protocol.codebook import Table as CodebookTable
from oablib.protocol.roles import HasRoles
from oablib.report import drawing
from oablib.report.exhibit import About, Figure
from oablib.report.imputation.panels import Panels
from oablib.report.labels import Labels
from oablib.report.published import Published, cited
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

COLUMNS = ["variable", "wave", "value", "n", "share", "published"]


def origins(
    cohort: pd.DataFrame, *, roles: HasRoles, table: CodebookTable, figures: Published
) -> pd.DataFrame:
    """Shares of each category by wave, for columns that are published and not imputed.

    Rows: variable, wave, value (a code), n (children with a known value), share (fraction of them)
    and published. No rows without published figures of these waves.
    """
    parts, waves, listed = [], roles.waves(cohort), (figures or {}).get("margins", {})
    for name, published in ((n, listed[key]) for n, key in MARGINS.items() if key in listed):
        if name not in cohort or name in roles.imputed:
            continue
        codes = list(table.column(name).codes)
        for wave, shares in published.items():
            values = cohort.loc[waves == wave, name].dropna()
            if len(values) and len(shares) == len(codes):
                share = values.value_counts(normalize=True).reindex(codes).fillna(0).to_numpy()
                columns = {"value": codes, "n": len(values), "share": share}
                part = pd.DataFrame(columns).assign(published=np.array(shares) / 100)
                parts.append(part.assign(variable=name, wave=str(wave)))
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


@in_languages
@drawing.styled
def background_figure(frame: pd.DataFrame, *, wave: str, labels: Labels, about: About) -> Figure:
    """Shares here as bars, published ones as diamonds; frame: as `origins`, wave: as Panels."""
    panels = Panels(frame, wave, labels)
    return drawing.exhibited(
        panels.drawn(_beside),
        about=about,
        alt=_(
            "Bars of shares here, diamonds of published ones. Largest difference: {largest}.",
            largest=_largest(frame, panels=panels),
        ),
        numbers=panels.named(frame),
        headings=_.words("columns"),
        **captions("fig-background"),
    )


def _beside(axes: Axes, part: pd.DataFrame, *, values: np.ndarray) -> None:
    wide = part.set_index("value").reindex(values)
    rows = np.arange(len(values))
    axes.barh(rows, 100 * wide["share"], height=0.7, color=drawing.OURS, label=_("here"))
    axes.plot(
        100 * wide["published"], rows, ls="", marker=drawing.PUBLISHED.shape, ms=4.5, mfc="white",
        color=drawing.PUBLISHED.colour, label=_("published"),
    )  # fmt: skip


@in_languages
def finding_background(
    frame: pd.DataFrame, *, figures: Published, wave: str, labels: Labels, about: About
) -> str:
    """How far shares are from the published ones; empty without them. frame: as `origins`."""
    shown = frame.dropna(subset=["share"])
    if figures is None or shown.empty:
        return ""
    share, published = shown["share"], shown["published"]
    error = np.sqrt(published * (1 - published) / shown["n"].astype(float))
    beyond = int(((share - published).abs() > 2 * error).sum())
    panels = Panels(shown, wave, labels)
    texts = [
        _("The largest difference from the published distribution [{source}]: {largest}.",
          source=cited(figures, part="origin_child"), largest=_largest(shown, panels=panels))
    ]  # fmt: skip
    if beyond:
        texts.append(
            _.plural(
                "{n:,} of {all:,} shares differs by more than two standard errors of a simple "
                "random sample; children of one school are alike, so that somewhat more is due to "
                "chance.",
                "{n:,} of {all:,} shares differ by more than two standard errors of a simple "
                "random sample; children of one school are alike, so that somewhat more is due to "
                "chance.",
                n=beyond,
                all=len(shown),
            )
        )
    else:
        texts.append(
            _("No share differs by more than two standard errors of a simple random sample.")
        )
    if about.drawn:
        texts.append(_("The synthetic children were drawn with the published distribution."))
    return " ".join(texts)


def _largest(frame: pd.DataFrame, *, panels: Panels) -> str:
    gaps = (frame["share"] - frame["published"]).abs()
    if gaps.isna().all():
        return _("not shown")
    row = frame.loc[[gaps.idxmax()]].iloc[0]
    return _(
        "{variable} “{value}” ({wave}), {share:.1%} here and {published:.1%} published",
        variable=panels.labels(row["variable"]),
        value=panels.labels.category(row["variable"], row["value"]),
        wave=panels.wave_label(row["wave"]),
        share=row["share"],
        published=row["published"],
    )
