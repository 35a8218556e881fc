"""Figures of the imputation: the chain, values beside known ones, values found, values moved."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import MaxNLocator

from oablib.analysis import diagnostics
from oablib.analysis.diagnostics import OverImputed
from oablib.base.wording import percent, words
from oablib.protocol.codebook import Column
from oablib.protocol.codebook import Table as CodebookTable
from oablib.protocol.models import Model
from oablib.report.drawing import (
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
from oablib.report.exhibit import About, Figure, Table
from oablib.report.table import Look, show
from oablib.statistics import imputation
from oablib.statistics.imputation import Imputed
from oablib.statistics.imputation.cells import OBSERVED

KNOWN = 0  # the number of the "imputation" that holds the known values
DRAWN_AND_TRUE = (
    Mark("value", "imputed, 95 % interval", OURS, "o"),
    Mark("known", "true", INK, "D", below=0.24, hollow=True),
)


@styled
def trace_figure(frame: pd.DataFrame, *, about: About) -> Figure:
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
def shares_figure(frame: pd.DataFrame, *, columns: Mapping[str, Column], about: About) -> Figure:
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
def calibration_figure(
    frame: pd.DataFrame, *, columns: Mapping[str, Column], about: About
) -> Figure:
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


def answer(counts: pd.DataFrame, *, imputed: Imputed, hidden: OverImputed) -> str:
    """Which share of each variable was filled, how many times, and how the test of it ended."""
    if imputed.m == 1:
        return "**Nothing was unknown**: one data set passes through unchanged."
    unknown = zip(counts["variable"], counts["share_unknown"], strict=True)
    parts = [f"{words(name)} {percent(share, 1)}" for name, share in unknown]
    return (
        f"Unknown and filled in **{imputed.m} times**: {', '.join(parts)}. "
        f"Known values are the same in every data set. {_coverage(hidden)}"
    )


def warnings_list(flags: Sequence[str]) -> str:
    """Flags as a list, or that there are none."""
    return "\n".join(f"- {flag}" for flag in flags) or "Nothing to warn of."


def _coverage(hidden: OverImputed) -> str:
    held = hidden.coverage[["variable", "coverage", "ci_lower", "ci_upper"]].to_numpy(object)
    shares = [
        f"{words(name)} {percent(share, 1)} ({percent(lower, 1)} to {percent(upper, 1)})"
        for name, share, lower, upper in held
    ]
    promised = hidden.coverage["nominal"].iloc[0]
    return (
        "Of known values that were hidden as a test, the range of the draws held: "
        f"{', '.join(shares)}; promised are {percent(promised)}."
    )


def imputed_counts(frame: pd.DataFrame, *, model: Model, imputed: Imputed) -> pd.DataFrame:
    """Per imputed variable: known, imputed (children), share_unknown (fraction) and engine.

    Counted from the provenance of each cell; engine: which drew the imputed ones, "none" for none.
    """
    origin = imputation.provenance(frame, imputed=imputed, model=model)
    rows = []
    for name in model.imputed:
        known = origin[name] == OBSERVED
        engine = ", ".join(origin.loc[~known, name].unique()) or "none"
        rows.append((name, int(known.sum()), int((~known).sum()), float((~known).mean()), engine))
    return pd.DataFrame(rows, columns=["variable", "known", "imputed", "share_unknown", "engine"])


def value_shares(
    frame: pd.DataFrame, *, imputed: Imputed, model: Model, table: CodebookTable
) -> pd.DataFrame:
    """Distribution of known and of imputed values: variable, wave, imputation, value, share.

    imputation 0 holds known values, 1..m imputed ones; share is a fraction of the wave's. value
    is a code, or for numbers the middle of one of ten bins of equal width.
    """
    waves = model.waves(frame).astype(str)
    of_child = dict(zip(frame["child"], waves, strict=True))
    parts = []
    for name in model.imputed:
        known = frame[name].dropna().astype(float)
        own = imputed.cells[imputed.cells["variable"] == name]
        part = pd.DataFrame({"wave": waves[known.index], "imputation": 0, "value": known})
        drawn = own[["imputation"]].assign(wave=own["child"].map(of_child), value=own["value"])
        both = pd.concat([part, drawn], ignore_index=True).astype({"imputation": int})
        if not table.column(name).categories:
            both["value"] = diagnostics.binned(both["value"].to_numpy(float), known=known)
        shares = both.groupby(["wave", "imputation"])["value"].value_counts(normalize=True)
        parts.append(shares.rename("share").reset_index().assign(variable=name))
    columns = ["variable", "wave", "imputation", "value", "share"]
    return pd.concat(parts, ignore_index=True)[columns].sort_values(columns[:4], ignore_index=True)


def imputed_counts_table(frame: pd.DataFrame, *, m: int, about: About) -> Table:
    """Known and imputed values per variable; m is the number of completed data sets."""
    return show(
        frame,
        "imputed-counts",
        title="Known and imputed values",
        unit="children",
        note=f"Completed data sets: {m}",
        about=about,
        look=Look(shares=("share_unknown",)),
    )


def coverage_table(frame: pd.DataFrame, *, about: About) -> Table:
    """How often the range of the draws held the true value of a hidden cell."""
    return show(
        frame,
        "coverage",
        title="Known values hidden and imputed: does the range of the draws hold the truth?",
        unit="% of hidden cells",
        note="hidden: known cells that were hidden; from, to: its 95 % Monte Carlo interval",
        about=about,
        look=Look(
            labels={"nominal": "promised", "ci_lower": "from", "ci_upper": "to"},
            shares=("nominal", "coverage", "ci_lower", "ci_upper"),
        ),
    )
