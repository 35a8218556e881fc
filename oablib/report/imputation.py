"""What the report on the imputation shows: the chain, imputed values, and the test of hiding."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from oablib.analysis import diagnostics
from oablib.analysis.diagnostics import OverImputed
from oablib.base.wording import words
from oablib.protocol.codebook import Table as CodebookTable
from oablib.protocol.models import Model
from oablib.report import drawing
from oablib.report.drawing import Columns, Mark
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import percent
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.statistics import imputation
from oablib.statistics.imputation import Imputed
from oablib.statistics.imputation.cells import OBSERVED

_ = texts_beside(__file__)
captions = _.captions

KNOWN = 0  # the number of the "imputation" that holds the known values
DRAWN_AND_TRUE = (
    Mark("value", "imputed, 95 % interval", drawing.OURS, "o"),
    Mark("known", "true", drawing.INK, "D", below=0.24, hollow=True),
)


def settings_table(frame: pd.DataFrame) -> Table:
    """Settings of the imputation."""
    about = About("every imputed variable", "params/rules/imputation.yaml")
    return show(frame, about=about, **captions("tbl-settings"))


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


def imputed_counts_table(frame: pd.DataFrame, *, m: int, about: About) -> Table:
    """Known and imputed values per variable; m is the number of completed data sets."""
    return show(frame, about=about, **captions("tbl-imputed-counts", m=m))


def warnings_list(flags: Sequence[str]) -> str:
    """Flags as a list, or that there are none."""
    return "\n".join(f"- {flag}" for flag in flags) or "Nothing to warn of."


@drawing.styled
def trace_figure(frame: pd.DataFrame, *, about: About) -> Figure:
    """Mean and standard deviation of the imputed values per iteration, one line an imputation.

    frame: variable, imputation, iteration, mean, sd.
    """
    names = list(frame["variable"].unique())
    figure, rows = drawing.grid(len(names), 2, height=2.0 * len(names))
    for row, name in zip(rows, names, strict=True):
        for axes, moment in zip(row, ("mean", "sd"), strict=True):
            for _, line in frame[frame["variable"] == name].groupby("imputation"):
                axes.plot(
                    line["iteration"], line[moment], color=drawing.OURS, alpha=0.6, marker="."
                )
            axes.set_title(f"{words(name)}: {moment}")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        row[0].set_ylabel("code or number")
    for axes in rows[-1]:
        axes.set_xlabel("iteration")
    means = frame.groupby(["variable", "iteration"], sort=False)["mean"].mean()
    spoken = "; ".join(
        f"{words(str(name))}: mean {course.iloc[0]:.2f} at first, {course.iloc[-1]:.2f} at last"
        for name, course in means.groupby(level=0, sort=False)
    )
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Lines of means and standard deviations. {spoken}.",
        numbers=frame.assign(variable=frame["variable"].map(words)),
        **captions("fig-trace"),
    )


def value_shares(
    frame: pd.DataFrame, *, imputed: Imputed, model: Model, table: CodebookTable
) -> pd.DataFrame:
    """Distribution of known and of imputed values: variable, wave, imputation, value, share.

    imputation 0 holds known values, 1..m imputed ones; share is a fraction of the wave's. value
    is a code, or for numbers the middle of one of ten bins of equal width.
    """
    waves = model.waves(frame).astype(str)
    wave_of_child = dict(zip(frame["child"], waves, strict=True))
    parts = []
    for name in model.imputed:
        known = frame[name].dropna().astype(float)
        cells = imputed.cells[imputed.cells["variable"] == name]
        part = pd.DataFrame({"wave": waves[known.index], "imputation": KNOWN, "value": known})
        drawn = cells[["imputation", "value"]].assign(wave=cells["child"].map(wave_of_child))
        both = pd.concat([part, drawn], ignore_index=True).astype({"imputation": int})
        if not table.column(name).categories:
            both["value"] = diagnostics.binned(both["value"].to_numpy(float), known=known)
        shares = both.groupby(["wave", "imputation"])["value"].value_counts(normalize=True)
        parts.append(shares.rename("share").reset_index().assign(variable=name))
    columns = ["variable", "wave", "imputation", "value", "share"]
    return pd.concat(parts, ignore_index=True)[columns].sort_values(columns[:4], ignore_index=True)


@drawing.styled
def shares_figure(frame: pd.DataFrame, *, columns: Columns, about: About) -> Figure:
    """Share of each value, known and in every imputation: panels variables by waves.

    frame: variable, wave, imputation (0 for known), value (code, or middle of a bin), share.
    """
    waves = list(frame["wave"].unique())
    height = 2.7 * len(columns)
    figure, rows = drawing.grid(len(columns), len(waves), height=height, sharey="row")
    for row, (name, column) in zip(rows, columns.items(), strict=True):
        part = frame[frame["variable"] == name]
        values = np.sort(part["value"].unique())
        for axes, wave in zip(row, waves, strict=True):
            _profiles(axes, part[part["wave"] == wave], values=values)
            axes.set_title(f"{words(name)}, {wave}" if len(waves) > 1 else words(name))
        drawing.row_labels(row[0], drawing.value_labels(values, column))
    for axes in rows[-1]:
        axes.set_xlabel("share (%)")
    drawing.legend(figure, rows[0][0])
    imputed = (frame["imputation"] != KNOWN).any()
    filled = "Values that were known and values that were filled in"
    return drawing.exhibited(
        figure,
        "shares",
        title=filled if imputed else "Known values",
        unit="% of known or of imputed values" + (" of the wave" if len(waves) > 1 else ""),
        note="One line per imputation" if imputed else "",
        about=about,
        alt=f"Bars of known and lines of imputed shares. {_shares_in_words(frame, columns)}.",
        numbers=drawing.named_values(frame, columns, "value"),
    )


def _profiles(axes: Axes, frame: pd.DataFrame, *, values: np.ndarray) -> None:
    """Known shares as bars, those of each imputation as a line over them."""
    wide = frame.pivot(index="value", columns="imputation", values="share")
    wide = wide.reindex(values).fillna(0) * 100
    rows = np.arange(len(values))
    if KNOWN in wide:
        axes.barh(rows, wide[KNOWN], height=0.7, color=drawing.PALE, label="known")
    imputed = [number for number in wide if number != KNOWN]
    look: dict[str, Any] = {
        "color": drawing.INDIRECT,
        "alpha": 0.6,
        "lw": 1,
        "marker": ".",
        "ms": 4,
    }
    for number in imputed:
        label = "imputed" if number == imputed[0] else None
        axes.plot(wide[number], rows, label=label, **look)


def _shares_in_words(frame: pd.DataFrame, columns: Columns) -> str:
    """Mean shares over waves and imputations, known beside imputed, in words."""
    kinds = np.where(frame["imputation"] == KNOWN, "known", "imputed")
    keys = [frame["variable"], frame["value"], kinds]
    means = frame["share"].groupby(keys, sort=False).mean().unstack()
    parts = []
    for name, column in columns.items():
        part = pd.DataFrame(means.loc[name]).sort_index()
        labels = drawing.value_labels(part.index, column)
        shares = [
            f"{label} "
            + ", ".join(f"{kind} {percent(share)}" for kind, share in row.dropna().items())
            for label, (_, row) in zip(labels, part.iterrows(), strict=True)
        ]
        parts.append(f"{words(name)}: {'; '.join(shares)}")
    return ". ".join(parts)


def coverage_table(frame: pd.DataFrame, *, about: About) -> Table:
    """How often the range of the draws contains the true value of a hidden cell."""
    return show(frame, about=about, **captions("tbl-coverage"))


@drawing.styled
def calibration_figure(frame: pd.DataFrame, *, columns: Columns, about: About) -> Figure:
    """Share of each value among draws for hidden cells, beside the share that truly has it.

    frame: variable, code, known, value, ci_lower, ci_upper; fractions.
    """
    percentages = frame.assign(**(100 * frame[["value", "ci_lower", "ci_upper", "known"]]))
    parts = {str(name): part for name, part in percentages.groupby("variable", sort=False)}
    names = [name for name in columns if name in parts]
    figure, panels = drawing.panels([0.8 + 0.3 * len(parts[name]) for name in names])
    spoken = []
    for axes, name in zip(panels, names, strict=True):
        labels = drawing.value_labels(parts[name]["code"], columns[name])
        drawing.intervals(axes, parts[name], DRAWN_AND_TRUE)
        drawing.row_labels(axes, labels)
        axes.set(title=words(name), xlabel="share of hidden cells (%)")
        spoken.append(f"{words(name)}: {drawing.in_words(parts[name], labels)}")
    drawing.legend(figure, panels[0])
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Dots with intervals of drawn shares, diamonds of true ones. {'. '.join(spoken)}.",
        numbers=drawing.named_values(frame, columns, "code"),
        **captions("fig-calibration"),
    )


def answer(counts: pd.DataFrame, *, imputed: Imputed, hidden: OverImputed) -> str:
    """The share of each variable that was imputed, how many times, and the result of the test."""
    if imputed.m == 1:
        return "**Nothing was unknown**: one data set passes through unchanged."
    unknown = zip(counts["variable"], counts["share_unknown"], strict=True)
    filled = ", ".join(f"{words(name)} {percent(share, 1)}" for name, share in unknown)
    rows = hidden.coverage[["variable", "coverage", "ci_lower", "ci_upper"]].to_numpy(object)
    coverage = ", ".join(
        f"{words(name)} {percent(share, 1)} ({percent(lower, 1)} to {percent(upper, 1)})"
        for name, share, lower, upper in rows
    )
    return (
        f"Unknown and filled in **{imputed.m} times**: {filled}. Known values are the same in "
        "every data set. Of known values that were hidden as a test, the range of the draws held: "
        f"{coverage}; promised are {percent(hidden.coverage['nominal'].iloc[0])}."
    )
