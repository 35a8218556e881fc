"""What makes scores uncertain: education, donors, estimates, and who is at school this year."""

import numpy as np
import pandas as pd

from oablib.indicator.certainty import SOURCES, Estimates
from oablib.indicator.certainty.classes import SIZE
from oablib.indicator.pupil_scores.indicator import DERIVED, ESTIMATED
from oablib.protocol.codebook import Table as CodebookTable
from oablib.report import drawing
from oablib.report.certainty.classes import labels
from oablib.report.exhibit import About, Figure
from oablib.report.numbers import percent
from oablib.report.texts import listed, sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

COLOURS = dict(
    zip(SOURCES, (drawing.OURS, drawing.PURPLE, drawing.INDIRECT, drawing.PALE), strict=True)
)


@in_languages
@drawing.styled
def sources_figure(frame: pd.DataFrame, *, table: CodebookTable, about: About) -> Figure:
    """Shares of the variance by source, a bar a class; frame: as of_places.sure_sources."""
    is_shown = frame["schools"].notna()
    shown = frame[is_shown].reset_index(drop=True)
    names, words = labels(frame, table=table)[is_shown].tolist(), _.words("sources")
    figure, axes = drawing.canvas(height=1.2 + 0.32 * max(len(shown), 1))
    left, rows = np.zeros(len(shown)), np.arange(len(shown))
    for source in SOURCES:
        share = shown[source].to_numpy(float)
        axes.barh(rows, share, left=left, height=0.6, color=COLOURS[source], label=words[source])
        left = left + share
    axes.set(xlabel=_("share of the variance"), xlim=(0, 1))
    axes.xaxis.set_major_formatter(lambda value, _position: percent(value))
    drawing.row_labels(axes, names)
    drawing.legend(figure, axes, columns=2)
    spoken = [
        _("{name}: {shares}", name=name, shares=listed(
            f"{words[source]} {percent(row[source])}" for source in SOURCES))
        for name, (_number, row) in zip(names, shown.iterrows(), strict=True)
    ]  # fmt: skip
    numbers = shown.assign(by=names)[["by", "schools", "sd", *SOURCES]]
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Stacked bars. {values}.", values="; ".join(spoken)),
        numbers=numbers,
        headings={**words, "by": _("school sites"), "schools": _("sites"),
                  "sd": _("standard deviation (points)")},
        **captions("fig-sources"),
    )  # fmt: skip


@in_languages
def sources_finding(frame: pd.DataFrame) -> str:
    """Which source is largest, and what it is without sampling."""
    rows = frame[(frame["by"] == SIZE) & frame["schools"].notna()]
    if rows.empty:
        return _("Too few school sites to show what makes scores uncertain.")
    weights = rows["schools"] / rows["schools"].sum()
    sampling = float((rows["sampling"] * weights).sum())
    begin = (
        _(
            "Most of the variance, {share:.0%}, is which children of the same kind are at school "
            "this year.",
            share=sampling,
        )
        if sampling >= 0.5
        else _(
            "Which children of the same kind are at school this year is {share:.0%} of the "
            "variance.",
            share=sampling,
        )
    )
    return f"{begin} {apart_from_sampling(frame)}"


def apart_from_sampling(frame: pd.DataFrame) -> str:
    """The largest source for the children who are there, in plain text; empty where none shows."""
    rows = frame[(frame["by"] == SIZE) & frame["schools"].notna()]
    if rows.empty:
        return ""
    weights = rows["schools"] / rows["schools"].sum()
    shares = {
        source: float((rows[source] * weights).sum()) for source in SOURCES if source != "sampling"
    }
    if not sum(shares.values()) > 0:
        return ""
    most = max(shares, key=lambda source: shares[source])
    text = _(
        "Apart from which children are there, the largest source is {most}: {share:.0%} of the "
        "rest.",
        most=_.words("sources")[most], share=shares[most] / sum(shares.values()),
    )  # fmt: skip
    return sentence(text)


@in_languages
def estimates_finding(estimates: Estimates) -> str:
    """Whose errors of effects and scale values are used, and how many are taken as known."""
    origins = set(estimates.indicator.origins.values())
    if origins == {ESTIMATED}:
        text = _(
            "Effects and scale values, and their errors, are those that this run has estimated."
        )
    elif DERIVED in origins:
        text = _(
            "Effects and scale values are those of a published indicator; some effects are derived "
            "from its standardised ones. Their covariance was not published: that of this run's "
            "own estimates stands in for it, around the published values."
        )
    else:
        text = _(
            "Effects and scale values are those that were published. Their covariance was not "
            "published: that of this run's own estimates stands in for it, around the published "
            "values."
        )
    if not estimates.known:
        return text
    known = _.plural(
        "{n} estimate without an error here is taken as known.",
        "{n} estimates without an error here are taken as known.",
        n=estimates.known,
    )
    return f"{text} {known}"
