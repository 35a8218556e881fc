"""Education that imputation draws, beside the truth, in the report on the validation study."""

import numpy as np
import pandas as pd

from oablib.report import drawing
from oablib.report.exhibit import About, Figure
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages
from oablib.report.validation.names import MONTE_CARLO, Names, largest

_ = texts_beside(__file__)
captions = _.captions

COLOURS = (drawing.OURS, drawing.INDIRECT, drawing.GREY, drawing.INK)
APART = 0.16  # of a row, between cohorts


@in_languages
@drawing.styled
def drawn_figure(frame: pd.DataFrame, *, names: Names, most: float, about: About) -> Figure:
    """Drawn minus true education by origin, one panel a parent, one mark for each kind of cohort.

    frame: performance.drawn of the default method; most: points asked for.
    """
    ordered = names.by_cohorts(frame)
    parents, origins = list(ordered["name"].unique()), list(ordered["origin"].unique())
    cohorts = list(ordered["cohorts"].unique())
    figure, panels = drawing.beside(len(parents), height=1.2 + 0.42 * len(origins))
    for axes, parent in zip(panels, parents, strict=True):
        axes.axvspan(-most, most, color=drawing.GREY, alpha=0.25, lw=0)
        for index, name in enumerate(cohorts):
            part = ordered[(ordered["name"] == parent) & (ordered["cohorts"] == name)]
            rows = np.array([origins.index(origin) for origin in part["origin"]])
            shift = APART * (index - (len(cohorts) - 1) / 2)
            axes.errorbar(part["mean"], rows + shift, xerr=MONTE_CARLO * part["mce"], fmt="o",
                          ms=3.5, capsize=2, color=COLOURS[index % len(COLOURS)],
                          label=name)  # fmt: skip
        axes.axvline(0, color=drawing.GREY, lw=0.8)
        axes.set_title(names.heading(parent), fontsize=drawing.SMALL)
        axes.set_xlabel(_("drawn minus true (points)"))
    drawing.row_labels(panels[0], [names.category("origin", origin) for origin in origins])
    drawing.legend(figure, panels[0], columns=1)
    columns = ["cohorts", "name", "origin", "mean", "mce"]
    numbers = ordered.assign(
        name=ordered["name"].map(names.heading),
        origin=[names.category("origin", origin) for origin in ordered["origin"]],
    )[columns]
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Dots with intervals. {finding}", finding=finding_drawn(
            frame, names=names, most=most)),
        numbers=numbers,
        headings=_.words("columns"),
        **captions("fig-drawn", most=most),
    )  # fmt: skip


@in_languages
def finding_drawn(frame: pd.DataFrame, *, names: Names, most: float) -> str:
    """How many means lie within the bound or within Monte Carlo error of 0, and the farthest."""
    size, error = frame["mean"].abs(), MONTE_CARLO * frame["mce"]
    fits = int(((size <= most) | (size <= error)).sum())
    worst = largest(frame, (size - np.maximum(error, most)))
    return _(
        "{fits} of {n} means of drawn minus true education are at most {most:g} points, or within "
        "Monte Carlo error of 0. The farthest is {mean:+.2f} points (Monte Carlo error {mce:.2f}): "
        "{parent}, {origin}, {cohorts}.",
        fits=fits,
        n=len(frame),
        most=most,
        mean=worst["mean"],
        mce=worst["mce"],
        parent=names.labels(worst["name"]),
        origin=names.category("origin", worst["origin"]),
        cohorts=names.cohorts(worst["world"], worst["n"]),
    )
