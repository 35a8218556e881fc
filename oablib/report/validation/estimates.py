"""Bias and coverage of direct effects by method in the report on the validation study."""

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from oablib.report import drawing
from oablib.report.exhibit import About, Figure
from oablib.report.numbers import formatted
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages
from oablib.report.validation.names import MONTE_CARLO, Names, largest

_ = texts_beside(__file__)
captions = _.captions

COLUMNS = 4  # panels beside each other
TITLE_WIDTH = 17  # characters of a line above a panel


@in_languages
@drawing.styled
def bias_figure(frame: pd.DataFrame, *, names: Names, about: About) -> Figure:
    """Bias of each effect by method, one panel an effect; frame: name, method, bias, bias_mce."""
    figure, panels = _dots(frame, "bias", names=names)
    for axes in panels:
        axes.axvline(0, color=drawing.GREY, lw=0.8)
    panels[-1].set_xlabel(_("bias"), fontsize=drawing.SMALL)
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Dots with intervals. {finding}", finding=finding_bias(
            frame, names=names)),
        numbers=_numbers(frame, "bias", names=names),
        headings=_.words("columns"),
        **captions("fig-bias"),
    )  # fmt: skip


@in_languages
def finding_bias(frame: pd.DataFrame, *, names: Names) -> str:
    """The largest bias of the default method, and of all."""
    own = frame[frame["method"] == names.default]
    worst, mine = (largest(rows, rows["bias"].abs()) for rows in (frame, own))
    if worst["method"] == names.default:
        return _(
            "No method has a larger bias than *{default}*: {bias:+.2f} ({effect}).",
            default=names.method(names.default),
            bias=worst["bias"],
            effect=names.labels(worst["name"]),
        )
    return _(
        "The largest bias is {bias:+.2f}, of the effect of {effect} with *{method}*; with "
        "*{default}* it is at most {own:+.2f} ({of}).",
        bias=worst["bias"],
        effect=names.labels(worst["name"]),
        method=names.method(worst["method"]),
        default=names.method(names.default),
        own=mine["bias"],
        of=names.labels(mine["name"]),
    )


@in_languages
@drawing.styled
def coverage_figure(
    frame: pd.DataFrame, *, names: Names, bounds: Sequence[float], about: About
) -> Figure:
    """Coverage of 95% intervals by method, one panel an effect; bounds in % are shaded.

    frame: name, method, coverage, coverage_mce (fractions).
    """
    figure, panels = _dots(frame, "coverage", names=names, most=100, factor=100)
    lowest = (100 * (frame["coverage"] - MONTE_CARLO * frame["coverage_mce"])).min()
    for axes in panels:
        axes.axvspan(*bounds, color=drawing.GREY, alpha=0.25, lw=0)
        axes.set_xlim(max(min(lowest, 80) - 2, -2), 102)
    panels[-1].set_xlabel(_("coverage (%)"), fontsize=drawing.SMALL)
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Dots with intervals. {finding}", finding=finding_coverage(
            frame, names=names, bounds=bounds)),
        numbers=_numbers(frame, "coverage", names=names),
        headings=_.words("columns"),
        **captions("fig-coverage", least=bounds[0], most=bounds[1]),
    )  # fmt: skip


@in_languages
def finding_coverage(frame: pd.DataFrame, *, names: Names, bounds: Sequence[float]) -> str:
    """How many methods cover every effect as they should, and the lowest coverage."""
    reach = MONTE_CARLO * frame["coverage_mce"]
    fits = (frame["coverage"] + reach >= bounds[0] / 100) & (
        frame["coverage"] - reach <= bounds[1] / 100
    )
    by_method = fits.groupby(frame["method"], sort=False).all()
    worst = largest(frame, -frame["coverage"])
    return _(
        "For {fitting} of {n} methods the coverage of every effect lies between {least:g}% and "
        "{most:g}%, allowing for Monte Carlo error. The lowest is {lowest:.0%}, of the effect of "
        "{effect} with *{method}*.",
        fitting=int(by_method.sum()),
        n=len(by_method),
        least=bounds[0],
        most=bounds[1],
        lowest=worst["coverage"],
        effect=names.labels(worst["name"]),
        method=names.method(worst["method"]),
    )


def _dots(
    frame: pd.DataFrame, column: str, *, names: Names, factor: float = 1, most: float = np.inf
) -> tuple[Drawing, list[Axes]]:
    """A panel an effect, a line a method: dots with Monte Carlo intervals, which end at `most`."""
    effects, rows_of = list(frame["name"].unique()), names.order(frame)
    rows = -(-len(effects) // COLUMNS)
    figure, grid = drawing.grid(rows, COLUMNS, height=rows * (0.9 + 0.24 * len(rows_of)),
                                sharey=True)  # fmt: skip
    panels = [axes for row in grid for axes in row]
    for axes in panels[len(effects) :]:
        axes.set_visible(False)
    for axes, name in zip(panels, effects, strict=False):
        title = textwrap.fill(names.heading(name), TITLE_WIDTH)
        axes.set_title(title, fontsize=drawing.SMALL, fontweight="normal")
        axes.tick_params(labelsize=drawing.SMALL)
        axes.locator_params(axis="x", nbins=3, steps=[1, 2, 5, 10])
        axes.xaxis.set_major_formatter(lambda value, _position: formatted(value, "g"))
        part = frame[frame["name"] == name]
        values, errors = factor * part[column], factor * MONTE_CARLO * part[f"{column}_mce"]
        for method, value, error in zip(part["method"], values, errors, strict=True):
            bars = [[error], [min(error, max(most - value, 0.0))]]
            axes.errorbar(value, rows_of.index(method), xerr=bars, fmt="o", ms=3.5, capsize=2,
                          color=names.colour(method))  # fmt: skip
    drawing.row_labels(panels[0], map(names.method, rows_of))
    return figure, panels[: len(effects)]


def _numbers(frame: pd.DataFrame, column: str, *, names: Names) -> pd.DataFrame:
    columns = ["name", "method", column, f"{column}_mce"]
    return names.named(frame)[columns]
