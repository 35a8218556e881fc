"""Figures of the validation study: methods beside each other, with Monte Carlo errors."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from oablib.base.wording import percent, words
from oablib.report.drawing import GREY, INDIRECT, OURS, SMALL, WIDTH, exhibited, row_labels, styled
from oablib.report.exhibit import About, Figure

MONTE_CARLO = 1.96  # an error bar holds what endless replications would give in 95 of 100 studies
BARS = "Bars: 95 % Monte Carlo intervals"
COLUMNS = 4  # panels beside each other


@styled
def bias_figure(
    frame: pd.DataFrame, *, labels: Mapping[str, str], default: str, about: About
) -> Figure:
    """Bias of each quantity by method, one panel a quantity.

    frame: name, method, bias, bias_mce.
    """
    figure, panels = _grid(frame, labels=labels)
    for axes, (_, part) in zip(panels, frame.groupby("name", sort=False), strict=False):
        error = MONTE_CARLO * part["bias_mce"]
        _dots(axes, part, part["bias"], error=error, labels=labels, default=default)
        axes.axvline(0, color=GREY, lw=0.8)
    figure.supxlabel("bias (points per unit)", fontsize=9)
    return exhibited(
        figure,
        "bias",
        title="Bias of direct effects by method",
        unit="points of the outcome per unit of the predictor",
        note=BARS,
        about=about,
        alt=f"Dots with intervals. {_largest(frame, 'bias', labels)}.",
        numbers=_named(frame, labels),
    )


@styled
def coverage_figure(
    frame: pd.DataFrame,
    *,
    labels: Mapping[str, str],
    default: str,
    bounds: Sequence[float],
    about: About,
) -> Figure:
    """Coverage of 95 % intervals by method, one panel a quantity; bounds in % are shaded.

    frame: name, method, coverage, coverage_mce (fractions).
    """
    figure, panels = _grid(frame, labels=labels)
    lowest = (100 * (frame["coverage"] - MONTE_CARLO * frame["coverage_mce"])).min()
    for axes, (_, part) in zip(panels, frame.groupby("name", sort=False), strict=False):
        error = 100 * MONTE_CARLO * part["coverage_mce"]
        axes.axvspan(*bounds, color=GREY, alpha=0.25, lw=0)
        _dots(axes, part, 100 * part["coverage"], error=error, labels=labels, default=default)
        axes.set_xlim(min(lowest, 80) - 2, 102)
    figure.supxlabel("intervals that hold the true effect (%)", fontsize=9)
    least = frame.groupby("method", sort=False)["coverage"].min()
    told = "; ".join(f"{labels[str(how)]} {percent(share)}" for how, share in least.items())
    return exhibited(
        figure,
        "coverage",
        title="Coverage of 95 % intervals of direct effects by method",
        unit="% of intervals",
        note=f"{BARS}; shaded: {bounds[0]:g} to {bounds[1]:g} %",
        about=about,
        alt=f"Dots with intervals. Least coverage over effects: {told}.",
        numbers=_named(frame, labels),
    )


@styled
def scale_values_figure(
    frame: pd.DataFrame, *, labels: Mapping[str, str], default: str, least: float, about: About
) -> Figure:
    """Bias and coverage of all scale values, a dot each, one line a method.

    frame: name, method, bias, coverage (fraction); least: coverage in % asked for.
    """
    order = _order(frame, labels)
    figure = Drawing(figsize=(WIDTH, 1.0 + 0.3 * len(order)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for place, method in enumerate(order):
        part = frame[frame["method"] == method]
        spots = np.full(len(part), place)
        colour = OURS if method == default else INDIRECT
        left.plot(part["bias"], spots, "o", ms=3.5, color=colour, alpha=0.6)
        right.plot(100 * part["coverage"], spots, "o", ms=3.5, color=colour, alpha=0.6)
    row_labels(left, [labels[method] for method in order])
    left.axvline(0, color=GREY, lw=0.8)
    left.set_xlabel("bias (points)")
    right.axvline(least, color=GREY, lw=0.8, ls="--")
    right.set_xlabel("coverage (%)")
    return exhibited(
        figure,
        "scale-values",
        title="Bias and coverage of scale values by method",
        unit="points of the outcome; % of 95 % intervals",
        note=f"A dot for each category; dashed: {least:g} %",
        about=about,
        alt=f"Two rows of dots. {_largest(frame, 'bias', labels)}.",
        numbers=_named(frame, labels),
    )


@styled
def indices_figure(
    frame: pd.DataFrame, *, labels: Mapping[str, str], large: float, about: About
) -> Figure:
    """Share of large modification indices, one panel a path, a bar a method.

    frame: name, method, large, large_mce (fractions); large: the bound.
    """
    order, names = _order(frame, labels), list(frame["name"].unique())
    figure = Drawing(figsize=(WIDTH, 1.0 + 0.32 * len(order)), layout="constrained")
    panels = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for axes, name in zip(panels, names, strict=True):
        part = frame[frame["name"] == name].set_index("method").reindex(order)
        error = 100 * MONTE_CARLO * part["large_mce"]
        axes.barh(range(len(order)), 100 * part["large"], xerr=error, color=OURS, ecolor=GREY)
        axes.set_title(words(name))
        axes.set_xlim(0, 100)
        axes.set_xlabel(f"indices above {large:g} (%)")
    row_labels(panels[0], [labels[method] for method in order])
    return exhibited(
        figure,
        "indices",
        title=f"Mean modification indices above {large:g} for paths that are not there",
        unit="% of cohorts",
        note="Thin bars: 95 % Monte Carlo intervals",
        about=about,
        alt=f"Bars. {_in_words(frame, labels)}.",
        numbers=_named(frame, labels),
    )


def _in_words(frame: pd.DataFrame, labels: Mapping[str, str]) -> str:
    parts = zip(frame["name"], frame["method"], frame["large"], strict=True)
    return "; ".join(
        f"{words(name)}, {labels[how]}: {percent(share)}" for name, how, share in parts
    )


def _largest(frame: pd.DataFrame, column: str, labels: Mapping[str, str]) -> str:
    """Largest size of a column by method, in words."""
    sizes = frame[column].abs().groupby(frame["method"], sort=False).max()
    told = "; ".join(f"{labels[str(how)]} {size:.2f}" for how, size in sizes.items())
    return f"Largest {column}: {told}"


def _named(frame: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """The frame under names that a reader knows."""
    return frame.assign(method=frame["method"].map(labels), name=frame["name"].map(words))


def _order(frame: pd.DataFrame, labels: Mapping[str, str]) -> list[str]:
    """Methods of a frame in the order of the rules."""
    found = set(frame["method"])
    return [method for method in labels if method in found]


def _grid(frame: pd.DataFrame, *, labels: Mapping[str, str]) -> tuple[Drawing, list[Axes]]:
    """Panels for the quantities of a frame, with the methods as common lines."""
    names, order = list(frame["name"].unique()), _order(frame, labels)
    rows = -(-len(names) // COLUMNS)
    figure = Drawing(figsize=(WIDTH, rows * (0.7 + 0.24 * len(order))), layout="constrained")
    panels = list(figure.subplots(rows, COLUMNS, sharey=True, squeeze=False).flat)
    for axes, name in zip(panels, names, strict=False):
        # Four panels leave room for two words.
        axes.set_title(" ".join(words(name).split()[:2]), fontsize=SMALL)
        axes.tick_params(labelsize=SMALL)
    for axes in panels[len(names) :]:
        axes.set_visible(False)
    row_labels(panels[0], [labels[method] for method in order])
    return figure, panels


def _dots(
    axes: Axes,
    part: pd.DataFrame,
    values: pd.Series,
    *,
    error: pd.Series,
    labels: Mapping[str, str],
    default: str,
) -> None:
    places = {method: place for place, method in enumerate(_order(part, labels))}
    for method, value, bar in zip(part["method"], values, error, strict=True):
        colour = OURS if method == default else INDIRECT
        axes.errorbar(value, places[method], xerr=bar, fmt="o", ms=3.5, capsize=2, color=colour)
