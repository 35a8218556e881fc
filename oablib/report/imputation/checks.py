"""Whether imputed values look right: the chains, and known values that were hidden."""

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from oablib.report import drawing
from oablib.report.drawing import Mark
from oablib.report.exhibit import About, Figure, Table
from oablib.report.labels import Labels
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

MISSES = 0.05  # of intervals of 95 % by chance alone


@in_languages
@drawing.styled
def trace_figure(frame: pd.DataFrame, *, labels: Labels, about: About) -> Figure:
    """Mean and standard deviation of the imputed values per iteration, one line an imputation.

    frame: variable, imputation, iteration, mean, sd.
    """
    names = list(frame["variable"].unique())
    moments = _.words("moments")
    figure, rows = drawing.grid(len(names), 2, height=2.1 * len(names))
    for row, name in zip(rows, names, strict=True):
        for axes, (moment, words) in zip(row, moments.items(), strict=True):
            for _number, line in frame[frame["variable"] == name].groupby("imputation"):
                axes.plot(
                    line["iteration"], line[moment], color=drawing.OURS, alpha=0.6, marker="."
                )
            axes.set_ylabel(words)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        row[0].set_title(labels.heading(name))
    for axes in rows[-1]:
        axes.set_xlabel(_("iteration"))
    means = frame.groupby(["variable", "iteration"], sort=False)["mean"].mean()
    spoken = [
        _(
            "{variable}: mean {first:.2f} in the first iteration, {last:.2f} in the last",
            variable=labels.heading(str(name)), first=course.iloc[0], last=course.iloc[-1],
        )
        for name, course in means.groupby(level=0, sort=False)
    ]  # fmt: skip
    numbers = frame.assign(variable=[labels.heading(name) for name in frame["variable"]])
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Lines, one for each data set. {means}.", means="; ".join(spoken)),
        numbers=numbers,
        headings=_.words("columns"),
        **captions("fig-trace"),
    )


@in_languages
def limits() -> str:
    """What the test with hidden values cannot show."""
    return _(
        "Hiding known values tests the method where values are known, which may differ from where "
        "they are unknown. `90_validation` compares this method with others on children of whom "
        "everything is known."
    )


@in_languages
def settled_text(drifts: pd.DataFrame, *, labels: Labels) -> str:
    """Whether the chain of each variable settled, with the measure. drifts: as imputation.drift."""
    if drifts.empty:
        return _("There are too few iterations or data sets to see whether the chains settled.")
    texts = []
    for settled in (True, False):
        rows = drifts[drifts["settled"].astype(bool) == settled].to_dict("records")
        measures = [
            _(
                "{variable} (drift {drift:+.2f}, up to {allowed:.2f} is allowed)",
                variable=labels(row["variable"]), drift=row["drift"], allowed=row["allowed"],
            )
            for row in rows
        ]  # fmt: skip
        if measures and settled:
            texts.append(_("The chains settled for {variables}.", variables=listed(measures)))
        elif measures:
            text = _(
                "The chains did not settle for {variables}; more iterations are needed.",
                variables=listed(measures),
            )
            texts.append(text)
    return " ".join(texts)


def verdicts(coverage: pd.DataFrame) -> list[str]:
    """For each row "met", "below" or "above": nominal coverage in, above or below the interval."""
    below = coverage["ci_upper"] < coverage["nominal"]
    above = coverage["ci_lower"] > coverage["nominal"]
    return list(np.select([below, above], ["below", "above"], default="met"))


@in_languages
def coverage_table(frame: pd.DataFrame, *, labels: Labels, about: About) -> Table:
    """How often the range of the draws contains the true value of a hidden cell."""
    words = _.words("verdicts")
    rows = frame.assign(
        variable=[labels.heading(name) for name in frame["variable"]],
        verdict=[words[verdict] for verdict in verdicts(frame)],
    )
    return show(rows, about=about, **captions("tbl-coverage"))


@in_languages
@drawing.styled
def calibration_figure(frame: pd.DataFrame, *, labels: Labels, about: About) -> Figure:
    """Share of each value among draws for hidden cells, beside the share that truly has it.

    frame: variable, code, known, value, ci_lower, ci_upper; fractions, NaN where hidden.
    """
    shown = frame.dropna(subset=["known"])
    marks = (
        Mark("value", _("imputed, with 95% interval"), drawing.OURS, "o"),
        Mark("known", _("true"), drawing.INK, "D", below=0.24, hollow=True),
    )
    percentages = shown.assign(**(100 * shown[["value", "ci_lower", "ci_upper", "known"]]))
    parts = {str(name): part for name, part in percentages.groupby("variable", sort=False)}
    figure, panels = drawing.panels([0.8 + 0.32 * len(part) for part in parts.values()])
    spoken = []
    for axes, (name, part) in zip(panels, parts.items(), strict=True):
        rows = [labels.category(name, code) for code in part["code"]]
        drawing.intervals(axes, part, marks)
        drawing.row_labels(axes, rows)
        axes.set_title(labels.heading(name))
        axes.set_xlim(0, min(100, axes.get_xlim()[1]))
        spoken.append(f"{labels.heading(name)}: {drawing.in_words(part, rows)}")
    panels[-1].set_xlabel(_("share of hidden values (%)"))
    drawing.legend(figure, panels[0])
    pairs = zip(frame["variable"], frame["code"], strict=True)
    numbers = frame.assign(
        code=[labels.category(name, code) for name, code in pairs],
        variable=[labels.heading(name) for name in frame["variable"]],
    )
    return drawing.exhibited(
        figure,
        about=about,
        alt=_(
            "Dots with intervals of imputed shares (%), diamonds of true ones. {values}.",
            values=". ".join(spoken),
        ),
        numbers=numbers,
        headings=_.words("columns"),
        **captions("fig-calibration"),
    )


@in_languages
def calibration_text(frame: pd.DataFrame, *, labels: Labels) -> str:
    """How many values were imputed more, or less, often than true. frame: as of the figure."""
    frame = frame.dropna(subset=["known"])
    missed = frame[~frame["known"].between(frame["ci_lower"], frame["ci_upper"])]
    counts = {"count": len(missed), "all": len(frame), "expected": MISSES * len(frame)}
    if missed.empty:
        return _(
            "For none of {all} values the interval excludes the true share; by chance alone "
            "{expected:.1f} would.",
            **counts,
        )
    pairs = zip(missed["variable"], missed["code"], strict=True)
    names = [
        _("{variable} “{value}”", variable=labels(name), value=labels.category(name, code))
        for name, code in pairs
    ]
    return _(
        "For {count} of {all} values the interval excludes the true share: {values}. By chance "
        "alone {expected:.1f} would.",
        values=listed(names), **counts,
    )  # fmt: skip
