"""Figures of the imputation: the chain, values beside known ones, values found, values moved."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from oablib.codebook import Column
from oablib.figures_canvas import (
    GREY,
    INDIRECT,
    OURS,
    PUBLISHED,
    Captioned,
    captioned,
    intervals,
    legend,
    panels,
    row_labels,
    styled,
    value_labels,
)
from oablib.wording import words

KNOWN = 0  # the number of the "imputation" that holds the known values
SHIFT_COLOURS = (PUBLISHED, OURS, INDIRECT)
SHIFT_NAMES = {-1: "one lower", 0: "as imputed", 1: "one higher"}


@styled
def trace(frame: pd.DataFrame, *, about: str) -> Captioned:
    """Mean and standard deviation of the imputed values per iteration, one line an imputation.

    frame: variable, imputation, iteration, mean, sd.
    """
    names = list(frame["variable"].unique())
    figure, grid = _grid(len(names), 2, height=2.0)
    for row, name in zip(grid, names, strict=True):
        for axes, moment in zip(row, ("mean", "sd"), strict=True):
            for _, line in frame[frame["variable"] == name].groupby("imputation"):
                axes.plot(line["iteration"], line[moment], color=OURS, alpha=0.6, marker=".")
            axes.set_title(f"{words(name)}: {moment}")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        row[0].set_ylabel("code or number")
    for axes in grid[-1]:
        axes.set_xlabel("iteration")
    return captioned(
        figure,
        "Mean and standard deviation (sd) of the values filled in after each iteration, in units "
        f"of the column (levels: codes); one line per imputation; {about}.",
        f"Lines of means and standard deviations for {', '.join(map(words, names))}.",
    )


@styled
def shares(frame: pd.DataFrame, *, columns: Mapping[str, Column], about: str) -> Captioned:
    """Share of each value, known and in every imputation: panels variables by waves.

    frame: variable, wave, imputation (0 for known), value (code, or middle of a bin), share.
    """
    waves = list(frame["wave"].unique())
    figure, grid = _grid(len(columns), len(waves), height=2.7, share_y=True)
    for row, (name, column) in zip(grid, columns.items(), strict=True):
        own = frame[frame["variable"] == name]
        values = np.sort(own["value"].unique())
        for axes, wave in zip(row, waves, strict=True):
            _profiles(axes, own[own["wave"] == wave], values=values)
            axes.set_title(f"{words(name)}, {wave}" if len(waves) > 1 else words(name))
        row_labels(row[0], value_labels(pd.Index(values), column))
    for axes in grid[-1]:
        axes.set_xlabel("share (%)")
    legend(figure, grid[0][0])
    what = "Values that were known and values that were filled in, one line per imputation"
    what = what if (frame["imputation"] != KNOWN).any() else "Values, all of them known"
    of_wave = " of the wave" if len(waves) > 1 else ""
    return captioned(
        figure,
        f"{what}; share in % of known or of imputed values{of_wave}; {about}.",
        f"Lines of shares, known and imputed, for {', '.join(map(words, columns))}.",
    )


@styled
def calibration(frame: pd.DataFrame, *, columns: Mapping[str, Column], about: str) -> Captioned:
    """Share of each value among draws for hidden cells, beside the share that truly has it.

    frame: variable, code, known, value, ci_lower, ci_upper; fractions.
    """
    told = {name: column for name, column in columns.items() if name in set(frame["variable"])}
    figure, parts = panels(len(told), height=2.7)
    numbers = ["value", "ci_lower", "ci_upper", "known"]
    for axes, (name, column) in zip(parts, told.items(), strict=True):
        part = frame[frame["variable"] == name].reset_index(drop=True)
        part[numbers] *= 100
        intervals(axes, part)
        spots = np.arange(len(part)) + 0.25
        axes.plot(part["known"], spots, "D", color=PUBLISHED, ms=4, label="true")
        row_labels(axes, value_labels(part["code"], column))
        axes.set_title(words(name))
        axes.set_xlabel("share of hidden cells (%)")
    _rename_first(figure, parts[0], "imputed, 95 % interval")
    return captioned(
        figure,
        "Known values that were hidden and imputed: how often each value was drawn, and how often "
        f"it was true; share in %; {about}.",
        f"Dot plots of imputed and true shares for {', '.join(map(words, told))}.",
    )


@styled
def sensitivity(frame: pd.DataFrame, *, about: str) -> Captioned:
    """Direct effects with 95 % intervals for each shift of the imputed values, in units of se.

    frame: name, shift, value, se, ci_lower, ci_upper. Effects have units of their own, so that
    distances from the effect without shift are drawn, in its standard errors.
    """
    names = list(dict.fromkeys(frame["name"]))
    centre = frame[frame["shift"] == 0].set_index("name")
    figure, (axes,) = panels(1, height=0.9 + 0.5 * len(names))
    for place, (shift, label) in enumerate(SHIFT_NAMES.items()):
        part = frame[frame["shift"] == shift]
        middle, unit = (part["name"].map(centre[column]) for column in ("value", "se"))
        low, value, high = ((part[c] - middle) / unit for c in ("ci_lower", "value", "ci_upper"))
        spots = np.arange(len(names)) + 0.22 * (place - 1)
        axes.errorbar(
            value, spots, xerr=[value - low, high - value], fmt="o", ms=4, capsize=2,
            color=SHIFT_COLOURS[place], label=label,
        )  # fmt: skip
    axes.axvline(0, color=GREY, lw=0.8)
    row_labels(axes, [words(name) for name in names])
    axes.set_xlabel("distance from the effect as imputed (its standard errors)")
    legend(figure, axes)
    return captioned(
        figure,
        "Direct effects when every imputed value is one level (numbers: one standard deviation) "
        "lower or higher than drawn, with 95 % intervals; distance from the effect as imputed, in "
        f"its standard errors; {about}.",
        f"Dot plot of {len(names)} direct effects under three assumptions.",
    )


def _grid(
    rows: int, columns: int, *, height: float, share_y: bool = False
) -> tuple[Figure, list[list[Axes]]]:
    figure = Figure(figsize=(7.2, height * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharey="row" if share_y else "none")
    return figure, [list(row) for row in grid]


def _profiles(axes: Axes, frame: pd.DataFrame, *, values: np.ndarray) -> None:
    """Known shares as bars, those of each imputation as a line over them."""
    wide = frame.pivot(index="value", columns="imputation", values="share")
    wide = wide.reindex(values).fillna(0) * 100
    spots = np.arange(len(values))
    if KNOWN in wide:
        axes.barh(spots, wide[KNOWN], height=0.7, color="#A6CEE3", label="known")
    imputed = [number for number in wide if number != KNOWN]
    look: dict[str, Any] = {"color": INDIRECT, "alpha": 0.6, "lw": 1, "marker": ".", "ms": 4}
    for number in imputed:
        label = "imputed" if number == imputed[0] else None
        axes.plot(wide[number], spots, label=label, **look)


def _rename_first(figure: Figure, axes: Axes, name: str) -> None:
    """A legend whose first mark, that of `intervals`, gets another name."""
    marks, names = axes.get_legend_handles_labels()
    names = [name if each == "here" else each for each in names]
    figure.legend(marks, names, loc="outside upper left", ncols=2)
