"""Bias and coverage of effects and scale values in the report on the validation study."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from oablib.base.wording import words
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import percent, signed
from oablib.report.table import show
from oablib.report.texts import texts_beside

_ = texts_beside(__file__)
captions = _.captions

Labels = Mapping[str, str]  # method -> the name that a reader sees, in the order of the rules

MONTE_CARLO = 1.96  # an interval that includes what endless replications give, in 95 of 100 studies
COLUMNS = 4  # panels beside each other
SHARES = ("coverage", "coverage_mce", "coverage_known", "without")
_show_effects = partial(show, shares=SHARES, digits=3)


def design_table(frame: pd.DataFrame, *, labels: Labels) -> Table:
    """Replications, those that failed, and seconds of each method; frame: study.read_seconds."""
    ordered = by_method(frame, labels).sort_values(["world", "n"], ascending=False, kind="stable")
    pairs = zip(ordered["world"], ordered["n"], strict=True)
    cohorts = [f"{words(world)}: {n:,} children" for world, n in pairs]
    columns = ["cohorts", "method", "replications", "failed", "median"]
    return show(
        ordered.assign(cohorts=cohorts)[columns],
        about=About("synthetic cohorts", "rows of all replications, rows.csv.xz"),
        **captions("tbl-design"),
    )


def performance_table(frame: pd.DataFrame, *, what: str, labels: Labels, about: About) -> Table:
    """Bias, spread and coverage, in groups by quantity."""
    columns = """name method truth bias bias_mce bias_paired bias_paired_mce sd se se_known
        coverage coverage_mce coverage_known width fmi""".split()
    ordered = by_method(frame, labels)
    return _show_effects(
        ordered[[name for name in columns if name in ordered]],
        about=about,
        **captions("tbl-performance", what=what),
    )


@drawing.styled
def bias_figure(frame: pd.DataFrame, *, labels: Labels, default: str, about: About) -> Figure:
    """Bias of each quantity by method, one panel a quantity.

    frame: name, method, bias, bias_mce.
    """
    figure, panels = _dots(frame, "bias", labels=labels, default=default)
    for axes in panels:
        axes.axvline(0, color=drawing.GREY, lw=0.8)
    figure.supxlabel("bias (points per unit)", fontsize=9)
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Dots with intervals. {_largest_bias(frame, labels)}.",
        numbers=named(frame, labels),
        **captions("fig-bias"),
    )


@drawing.styled
def coverage_figure(
    frame: pd.DataFrame, *, labels: Labels, default: str, bounds: Sequence[float], about: About
) -> Figure:
    """Coverage of 95 % intervals by method, one panel a quantity; bounds in % are shaded.

    frame: name, method, coverage, coverage_mce (fractions).
    """
    figure, panels = _dots(frame, "coverage", factor=100, labels=labels, default=default)
    lowest = (100 * (frame["coverage"] - MONTE_CARLO * frame["coverage_mce"])).min()
    for axes in panels:
        axes.axvspan(*bounds, color=drawing.GREY, alpha=0.25, lw=0)
        axes.set_xlim(min(lowest, 80) - 2, 102)
    figure.supxlabel("intervals that hold the true effect (%)", fontsize=9)
    least = frame.groupby("method", sort=False)["coverage"].min()
    spoken = "; ".join(f"{labels[str(name)]} {percent(share)}" for name, share in least.items())
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Dots with intervals. Least coverage over effects: {spoken}.",
        numbers=named(frame, labels),
        **captions("fig-coverage", least=bounds[0], most=bounds[1]),
    )


def _dots(
    frame: pd.DataFrame, column: str, *, factor: float = 1, labels: Labels, default: str
) -> tuple[Drawing, list[Axes]]:
    """A panel a quantity, a line a method: dots with Monte Carlo intervals, times a factor."""
    names, order = list(frame["name"].unique()), methods(frame, labels)
    rows = -(-len(names) // COLUMNS)
    height = rows * (0.7 + 0.24 * len(order))
    figure, grid = drawing.grid(rows, COLUMNS, height=height, sharey=True)
    panels = [axes for row in grid for axes in row]
    for axes in panels[len(names) :]:
        axes.set_visible(False)
    for axes, name in zip(panels, names, strict=False):
        # Four panels leave room for two words.
        axes.set_title(" ".join(words(name).split()[:2]), fontsize=drawing.SMALL)
        axes.tick_params(labelsize=drawing.SMALL)
        part = frame[frame["name"] == name]
        values, errors = factor * part[column], factor * MONTE_CARLO * part[f"{column}_mce"]
        for method, value, error in zip(part["method"], values, errors, strict=True):
            row, colour = order.index(method), _colour(method, default)
            axes.errorbar(value, row, xerr=error, fmt="o", ms=3.5, capsize=2, color=colour)
    drawing.row_labels(panels[0], [labels[method] for method in order])
    return figure, panels[: len(names)]


@drawing.styled
def scale_values_figure(
    frame: pd.DataFrame, *, labels: Labels, default: str, least: float, about: About
) -> Figure:
    """Bias and coverage of all scale values, a dot each, one line a method.

    frame: name, method, bias, coverage (fraction); least: coverage in % asked for.
    """
    order = methods(frame, labels)
    figure, (left, right) = drawing.beside(2, height=1.0 + 0.3 * len(order))
    for row, method in enumerate(order):
        part = frame[frame["method"] == method]
        rows, colour = np.full(len(part), row), _colour(method, default)
        left.plot(part["bias"], rows, "o", ms=3.5, color=colour, alpha=0.6)
        right.plot(100 * part["coverage"], rows, "o", ms=3.5, color=colour, alpha=0.6)
    drawing.row_labels(left, [labels[method] for method in order])
    left.axvline(0, color=drawing.GREY, lw=0.8)
    left.set_xlabel("bias (points)")
    right.axvline(least, color=drawing.GREY, lw=0.8, ls="--")
    right.set_xlabel("coverage (%)")
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Two rows of dots. {_largest_bias(frame, labels)}.",
        numbers=named(frame, labels),
        **captions("fig-scale-values", least=least),
    )


def _colour(method: str, default: str) -> str:
    return drawing.OURS if method == default else drawing.INDIRECT


def _largest_bias(frame: pd.DataFrame, labels: Labels) -> str:
    """Largest size of the bias by method, in words."""
    sizes = frame["bias"].abs().groupby(frame["method"], sort=False).max()
    parts = "; ".join(f"{labels[str(name)]} {size:.2f}" for name, size in sizes.items())
    return f"Largest bias: {parts}"


def named(frame: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """The frame of a figure under names that a reader knows."""
    return frame.assign(method=frame["method"].map(labels), name=frame["name"].map(words))


def methods(frame: pd.DataFrame, labels: Labels) -> list[str]:
    """Methods of a frame in the order of the rules."""
    return [method for method in labels if method in set(frame["method"])]


def by_method(frame: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Methods in the order of the rules, under the names that a reader sees."""
    order = frame["method"].map({name: index for index, name in enumerate(labels)})
    ordered = frame.iloc[order.fillna(-1).argsort(kind="stable")]
    return ordered.assign(method=ordered["method"].map(labels).fillna(ordered["method"]))


def summary_table(frame: pd.DataFrame, *, what: str, labels: Labels, about: About) -> Table:
    """Largest bias, spread of coverage and mean ratios by method.

    frame: name, method, bias, coverage, se_ratio, width, fmi.
    """
    sizes = by_method(frame, labels).assign(size=lambda rows: rows["bias"].abs())
    measures = {
        "largest bias": ("size", "max"),
        "mean size of bias": ("size", "mean"),
        "least coverage": ("coverage", "min"),
        "mean coverage": ("coverage", "mean"),
        "se / sd": ("se_ratio", "mean"),
        "width of interval": ("width", "mean"),
        "fmi": ("fmi", "mean"),
    }
    return show(
        sizes.groupby("method", sort=False).agg(**measures).reset_index(),
        about=about,
        **captions("tbl-summary", what=what),
    )


def school_level_table(frame: pd.DataFrame, *, labels: Labels, about: About) -> Table:
    """The effect of the school mean, and its null path, with and without the school level."""
    rates = [str(name) for name in frame if str(name).endswith(("AIC", "index"))]
    return show(
        by_method(frame, labels),
        about=about,
        shares=(*SHARES, *rates),
        **captions("tbl-school-level"),
    )


def answer_school_effect(
    table: pd.DataFrame, *, labels: Labels, reference: str, default: str
) -> str:
    """The bias of the direct effect of the school mean; table: comparisons.school_level."""
    bias = dict(zip(table["method"], table["bias"].to_numpy(dtype=float), strict=True))
    worst = max(bias.keys() - {reference, default}, key=lambda method: abs(bias[method]))
    return (
        f"The direct effect of the school mean, {table['truth'].iloc[0]:.2f} in truth, is "
        f"off by **{signed(bias[worst])}** with *{labels[worst]}*, the worst, by "
        f"{signed(bias[default])} with *{labels[default]}* and by "
        f"{signed(bias[reference])} with complete data."
    )


def rivals_table(frame: pd.DataFrame, *, labels: Labels, about: About) -> Table:
    """Weighting and complete cases beside the default."""
    return _show_effects(by_method(frame, labels), about=about, **captions("tbl-rivals"))


def schools_table(frame: pd.DataFrame, *, labels: Labels, about: About) -> Table:
    """Means of schools; small schools are shown apart."""
    ordered = by_method(frame, labels).drop(columns=["world", "n"])
    return _show_effects(
        ordered.assign(name=ordered["name"] + " schools"), about=about, **captions("tbl-schools")
    )
