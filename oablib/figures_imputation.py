"""Figures of the imputation: the chain, values beside known ones, values found, values moved."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import MaxNLocator

from oablib.codebook import Column
from oablib.exhibit import About, Figure
from oablib.figures_canvas import (
    GREY,
    INDIRECT,
    INK,
    OURS,
    PALE,
    WIDTH,
    Mark,
    exhibited,
    in_words,
    intervals,
    legend,
    named_values,
    panels,
    row_labels,
    styled,
    value_labels,
)
from oablib.wording import percent, words

KNOWN = 0  # the number of the "imputation" that holds the known values
SHIFT_LOOKS = ((INDIRECT, "v"), (OURS, "o"), (INK, "^"))
DRAWN_AND_TRUE = (
    Mark("value", "imputed, 95 % interval", OURS, "o"),
    Mark("known", "true", INK, "D", below=0.24, hollow=True),
)
SHIFT_NAMES = {-1: "one lower", 0: "as imputed", 1: "one higher"}


@styled
def trace(frame: pd.DataFrame, *, about: About) -> Figure:
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
    return exhibited(
        figure,
        "trace",
        title="Mean and standard deviation of the values filled in, by iteration",
        unit="the variable's own (levels: codes)",
        note="One line per imputation; sd: standard deviation",
        about=about,
        alt=f"Lines of means and standard deviations. {_settled(frame)}.",
        numbers=frame.assign(variable=frame["variable"].map(words)),
    )


@styled
def shares(frame: pd.DataFrame, *, columns: Mapping[str, Column], about: About) -> Figure:
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
    imputed = (frame["imputation"] != KNOWN).any()
    return exhibited(
        figure,
        "shares",
        title="Values that were known and values that were filled in"
        if imputed
        else "Known values",
        unit="% of known or of imputed values" + (" of the wave" if len(waves) > 1 else ""),
        note="One line per imputation" if imputed else "",
        about=about,
        alt=f"Bars of known and lines of imputed shares. {_spoken_shares(frame, columns)}.",
        numbers=named_values(frame, columns, "value"),
    )


@styled
def calibration(frame: pd.DataFrame, *, columns: Mapping[str, Column], about: About) -> Figure:
    """Share of each value among draws for hidden cells, beside the share that truly has it.

    frame: variable, code, known, value, ci_lower, ci_upper; fractions.
    """
    told = {name: column for name, column in columns.items() if name in set(frame["variable"])}
    counts = [int((frame["variable"] == name).sum()) for name in told]
    figure, parts = panels([0.8 + 0.3 * count for count in counts])
    numbers, spoken = ["value", "ci_lower", "ci_upper", "known"], []
    for axes, (name, column) in zip(parts, told.items(), strict=True):
        part = frame[frame["variable"] == name].reset_index(drop=True)
        part[numbers] *= 100
        labels = value_labels(part["code"], column)
        intervals(axes, part, DRAWN_AND_TRUE)
        row_labels(axes, labels)
        axes.set_title(words(name))
        axes.set_xlabel("share of hidden cells (%)")
        spoken.append(f"{words(name)}: {in_words(part, labels)}")
    legend(figure, parts[0])
    return exhibited(
        figure,
        "calibration",
        title="Known values that were hidden: how often each was drawn, and how often it was true",
        unit="% of hidden cells",
        about=about,
        alt=f"Dots with intervals of drawn shares, diamonds of true ones. {'. '.join(spoken)}.",
        numbers=named_values(frame, columns, "code"),
    )


@styled
def sensitivity(frame: pd.DataFrame, *, about: About) -> Figure:
    """Direct effects with 95 % intervals for each shift of the imputed values, in units of se.

    frame: name, shift, value, se, ci_lower, ci_upper. Effects have units of their own, so that
    distances from the effect without shift are drawn, in its standard errors.
    """
    names = list(dict.fromkeys(frame["name"]))
    centre = frame[frame["shift"] == 0].set_index("name")
    figure, (axes,) = panels([0.9 + 0.5 * len(names)])
    for place, (shift, label) in enumerate(SHIFT_NAMES.items()):
        part = frame[frame["shift"] == shift]
        middle, unit = (part["name"].map(centre[column]) for column in ("value", "se"))
        low, value, high = ((part[c] - middle) / unit for c in ("ci_lower", "value", "ci_upper"))
        spots = np.arange(len(names)) + 0.22 * (place - 1)
        axes.errorbar(
            value, spots, xerr=[value - low, high - value], fmt=SHIFT_LOOKS[place][1], ms=4.5,
            capsize=2, color=SHIFT_LOOKS[place][0], label=label,
        )  # fmt: skip
    axes.axvline(0, color=GREY, lw=0.8)
    axes.grid(axis="x")
    row_labels(axes, [words(name) for name in names])
    axes.set_xlabel("distance from the effect as imputed (its standard errors)")
    legend(figure, axes)
    labels = [
        f"{words(n)}, {SHIFT_NAMES[s]}" for n, s in zip(frame["name"], frame["shift"], strict=True)
    ]
    return exhibited(
        figure,
        "sensitivity",
        title="Direct effects when every imputed value is lower or higher than drawn",
        unit="distance from the effect as imputed, in its standard errors",
        note="One level (numbers: one standard deviation) lower or higher; 95 % intervals",
        about=about,
        alt=f"Dots with intervals. Effects: {in_words(frame, labels)}.",
        numbers=frame.assign(name=frame["name"].map(words), shift=frame["shift"].map(SHIFT_NAMES)),
    )


def _grid(
    rows: int, columns: int, *, height: float, share_y: bool = False
) -> tuple[Drawing, list[list[Axes]]]:
    figure = Drawing(figsize=(WIDTH, height * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharey="row" if share_y else "none")
    return figure, [list(row) for row in grid]


def _profiles(axes: Axes, frame: pd.DataFrame, *, values: np.ndarray) -> None:
    """Known shares as bars, those of each imputation as a line over them."""
    wide = frame.pivot(index="value", columns="imputation", values="share")
    wide = wide.reindex(values).fillna(0) * 100
    spots = np.arange(len(values))
    if KNOWN in wide:
        axes.barh(spots, wide[KNOWN], height=0.7, color=PALE, label="known")
    imputed = [number for number in wide if number != KNOWN]
    look: dict[str, Any] = {"color": INDIRECT, "alpha": 0.6, "lw": 1, "marker": ".", "ms": 4}
    for number in imputed:
        label = "imputed" if number == imputed[0] else None
        axes.plot(wide[number], spots, label=label, **look)


def _settled(frame: pd.DataFrame) -> str:
    """Means over imputations after the first and the last iteration, in words."""
    means = frame.groupby(["variable", "iteration"], sort=False)["mean"].mean()
    parts = []
    for name, course in means.groupby(level=0, sort=False):
        parts.append(
            f"{words(str(name))}: mean {course.iloc[0]:.2f} at first, {course.iloc[-1]:.2f} at last"
        )
    return "; ".join(parts)


def _spoken_shares(frame: pd.DataFrame, columns: Mapping[str, Column]) -> str:
    """Mean shares over waves and imputations, known beside imputed, in words."""
    kinds = np.where(frame["imputation"] == KNOWN, "known", "imputed")
    keys = [frame["variable"], frame["value"], kinds]
    means = frame["share"].groupby(keys, sort=False).mean().unstack()
    parts = []
    for name, column in columns.items():
        part = pd.DataFrame(means.loc[name]).sort_index()
        labels = value_labels(part.index, column)
        told = [
            f"{label} "
            + ", ".join(f"{kind} {percent(share)}" for kind, share in row.dropna().items())
            for label, (_, row) in zip(labels, part.iterrows(), strict=True)
        ]
        parts.append(f"{words(name)}: {'; '.join(told)}")
    return ". ".join(parts)
