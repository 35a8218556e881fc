"""What the report on scale values shows: table, figure and answer."""

import pandas as pd

from oablib.base.wording import number, words
from oablib.protocol.codebook import Table as CodebookTable
from oablib.report import drawing
from oablib.report.captions import captions_beside
from oablib.report.drawing import Columns
from oablib.report.exhibit import About, Figure, Table
from oablib.report.table import show

captions = captions_beside(__file__)


def category_labels(values: pd.DataFrame, *, table: CodebookTable) -> pd.Series:
    """Dutch labels, as published, for the rows of a table of scale values."""
    pairs = zip(values["variable"], values["code"], strict=True)
    return pd.Series([table.column(name).category(int(code)).label_nl for name, code in pairs])


def scale_values_table(frame: pd.DataFrame, *, outcome: str, about: About) -> Table:
    """Scale values in groups by variable, with labels; intervals are left to the figure."""
    hidden = ["code", "label", "ci_lower", "ci_upper"]
    return show(
        frame.assign(category=frame["label"]).drop(columns=hidden),
        about=about,
        **captions("tbl-scale-values", outcome=words(outcome)),
    )


@drawing.styled
def ladder_figure(frame: pd.DataFrame, *, columns: Columns, outcome: str, about: About) -> Figure:
    """Scale values with 95 % intervals, and published ones where the frame has them.

    frame: variable, code, value, ci_lower, ci_upper and perhaps published, current; in points.
    """
    unit = f"points {words(outcome)} against the reference category"
    parts = {name: frame[frame["variable"] == name] for name in columns}
    figure, panels = drawing.panels([0.65 + 0.3 * len(part) for part in parts.values()])
    spoken = []
    for axes, (name, part) in zip(panels, parts.items(), strict=True):
        labels = drawing.value_labels(part["code"], columns[name])
        drawing.intervals(axes, part, (drawing.HERE, drawing.PUBLISHED, drawing.CURRENT))
        drawing.row_labels(axes, labels)
        axes.set_title(words(name))
        spoken.append(f"{words(name)}: {drawing.in_words(part, labels)}")
    panels[-1].set_xlabel(unit)
    drawing.legend(figure, panels[0])
    shown = ["variable", "code", "n", "value", "ci_lower", "ci_upper", "published", "current"]
    numbers = frame[[name for name in shown if name in frame]]
    return drawing.exhibited(
        figure,
        unit=unit,
        about=about,
        alt=f"Dots with intervals. {'. '.join(spoken)}.",
        numbers=drawing.named_values(numbers, columns, "code").rename(columns={"code": "category"}),
        **captions("fig-ladder"),
    )


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
