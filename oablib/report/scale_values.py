"""What the report on scale values shows: table, figure and answer."""

import pandas as pd

from oablib.protocol.codebook import Table as CodebookTable
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.labels import Labels
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions


def category_keys(values: pd.DataFrame, *, table: CodebookTable) -> pd.Series:
    """Keys of the categories in the rows of a table of scale values."""
    pairs = zip(values["variable"], values["code"], strict=True)
    return pd.Series([table.column(name).category(int(code)).key for name, code in pairs])


@in_languages
def scale_values_table(frame: pd.DataFrame, *, outcome: str, labels: Labels, about: About) -> Table:
    """Scale values in groups by variable; intervals are left to the figure."""
    shown = [
        "variable",
        "category",
        "n",
        "value",
        "se",
        "fmi",
        "published",
        "difference",
        "current",
    ]
    rows = frame.assign(**named(frame, labels=labels))
    return show(
        rows[[name for name in shown if name in rows]],
        about=about,
        **captions("tbl-scale-values", outcome=labels(outcome)),
    )


def named(frame: pd.DataFrame, *, labels: Labels) -> dict[str, list[str]]:
    """Columns variable and category in words."""
    pairs = list(zip(frame["variable"], frame["code"], strict=True))
    return {
        "variable": [labels.heading(name) for name, _code in pairs],
        "category": [labels.category(name, code) for name, code in pairs],
    }


@in_languages
@drawing.styled
def ladder_figure(frame: pd.DataFrame, *, labels: Labels, outcome: str, about: About) -> Figure:
    """Scale values with 95 % intervals, and published ones where the frame has them.

    frame: variable, code, value, ci_lower, ci_upper and perhaps published, current; in points.
    """
    unit = _("points of the {outcome} against the reference category", outcome=labels(outcome))
    parts = {str(name): part for name, part in frame.groupby("variable", sort=False)}
    figure, panels = drawing.panels([0.65 + 0.3 * len(part) for part in parts.values()])
    spoken = []
    for axes, (name, part) in zip(panels, parts.items(), strict=True):
        rows = [labels.category(name, code) for code in part["code"]]
        drawing.intervals(axes, part, (drawing.HERE, drawing.PUBLISHED, drawing.CURRENT))
        drawing.row_labels(axes, rows)
        axes.set_title(labels.heading(name))
        spoken.append(f"{labels.heading(name)}: {drawing.in_words(part, rows)}")
    panels[-1].set_xlabel(unit)
    drawing.legend(figure, panels[0])
    shown = ["variable", "category", "n", "value", "ci_lower", "ci_upper", "published", "current"]
    numbers = frame.assign(**named(frame, labels=labels))
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Dots with intervals. {values}.", values=". ".join(spoken)),
        numbers=numbers[[name for name in shown if name in numbers]],
        **captions("fig-ladder", unit=unit),
    )


@in_languages
def answer(table: pd.DataFrame, *, outcome: str, labels: Labels) -> str:
    """The span of each variable's scale values, and the distance to published ones."""
    spans = table.groupby("variable", sort=False)["value"].agg(["min", "max"])
    parts = [
        _("{variable} {least:.2f} to {most:.2f}", variable=labels(str(name)), least=a, most=b)
        for name, a, b in spans.itertuples()
    ]
    text = _(
        "In points of the {outcome} against the reference category: {spans}.",
        outcome=labels(outcome),
        spans="; ".join(parts),
    )
    if "published" in table:
        free = table[table["se"] > 0]
        gap = free["difference"].abs()
        text += " " + _(
            "{near:,} of {n:,} values lie within two of their standard errors of the published "
            "ones; the largest difference is {largest:.2f}.",
            near=int((gap <= 2 * free["se"]).sum()),
            n=len(free),
            largest=gap.max(),
        )
    return text
