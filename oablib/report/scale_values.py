"""What the report on scale values shows: table, figure and answer."""

from collections.abc import Mapping

import pandas as pd

from oablib.base.wording import number, words
from oablib.protocol.codebook import Column
from oablib.protocol.codebook import Table as CodebookTable
from oablib.report.drawing import (
    CURRENT,
    HERE,
    PUBLISHED,
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


def category_labels(values: pd.DataFrame, *, table: CodebookTable) -> pd.Series:
    """Dutch labels, as published, for the rows of a table of scale values."""
    pairs = zip(values["variable"], values["code"], strict=True)
    return pd.Series([table.column(name).category(int(code)).label_nl for name, code in pairs])


def answer(table: pd.DataFrame, *, outcome: str) -> str:
    """The span of each variable's scale values, and the distance to published ones."""
    spans = table.groupby("variable", sort=False)["value"].agg(["min", "max"])
    parts = [
        f"{words(str(name))} {number(row['min'])} to {number(row['max'])}"
        for name, row in spans.iterrows()
    ]
    text = f"In points {words(outcome)} against the reference category: {'; '.join(parts)}."
    if "published" in table:
        free = table[table["se"] > 0]
        gap = free["difference"].abs()
        text += (
            f" {int((gap <= 2 * free['se']).sum())} of {len(free)} values lie within two of their "
            f"standard errors of the published ones; the largest difference is {gap.max():.2f}."
        )
    return text


@styled
def ladder_figure(
    frame: pd.DataFrame, *, columns: Mapping[str, Column], outcome: str, about: About
) -> Figure:
    """Scale values with 95 % intervals, and published ones where the frame has them.

    frame: variable, code, value, ci_lower, ci_upper and perhaps published, current; in points.
    """
    counts = [int((frame["variable"] == name).sum()) for name in columns]
    figure, parts = panels([0.65 + 0.3 * count for count in counts])
    spoken = []
    for axes, (name, column) in zip(parts, columns.items(), strict=True):
        part = frame[frame["variable"] == name]
        labels = value_labels(part["code"], column)
        intervals(axes, part, (HERE, PUBLISHED, CURRENT))
        row_labels(axes, labels)
        axes.set_title(words(name))
        spoken.append(f"{words(name)}: {in_words(part, labels)}")
    parts[-1].set_xlabel(f"points {words(outcome)} against the reference category")
    legend(figure, parts[0])
    shown = ["variable", "code", "n", "value", "ci_lower", "ci_upper", "published", "current"]
    there = frame[[name for name in shown if name in frame]]
    return exhibited(
        figure,
        "ladder",
        title="Scale values with 95 % intervals",
        unit=f"points {words(outcome)} against the reference category",
        about=about,
        alt=f"Dots with intervals. {'. '.join(spoken)}.",
        numbers=named_values(there, columns, "code").rename(columns={"code": "category"}),
    )


def scale_values_table(frame: pd.DataFrame, *, outcome: str, about: About) -> Table:
    """Scale values in groups by variable, with labels; intervals are left to the figure."""
    hidden = ["code", "label", "ci_lower", "ci_upper"]
    return show(
        frame.assign(category=frame["label"]).drop(columns=hidden),
        "scale-values",
        title="Scale values",
        unit=f"points {words(outcome)} against the reference category",
        note="Mean over completed data sets; n: children in the category",
        about=about,
        look=Look(groups="variable", labels={"current": "indicator then in use"}),
    )
