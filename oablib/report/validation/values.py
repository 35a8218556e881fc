"""Bias and coverage of scale values in the report on the validation study."""

from typing import Any

import numpy as np
import pandas as pd

from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages
from oablib.report.validation.names import Names, largest

_ = texts_beside(__file__)
captions = _.captions


@in_languages
@drawing.styled
def scale_values_figure(frame: pd.DataFrame, *, names: Names, least: float, about: About) -> Figure:
    """Bias and coverage of all scale values, a dot each, one line a method.

    frame: name, method, bias, coverage (fraction); least: coverage in % asked for.
    """
    rows_of = names.order(frame)
    figure, (left, right) = drawing.beside(2, height=1.0 + 0.3 * len(rows_of))
    for row, method in enumerate(rows_of):
        part = frame[frame["method"] == method]
        rows = np.full(len(part), row)
        look: dict[str, Any] = {"ms": 3.5, "alpha": 0.6, "color": names.colour(method)}
        left.plot(part["bias"], rows, "o", **look)
        right.plot(100 * part["coverage"], rows, "o", **look)
    drawing.row_labels(left, map(names.method, rows_of))
    left.axvline(0, color=drawing.GREY, lw=0.8)
    left.set_xlabel(_("bias (points)"))
    right.axvline(least, color=drawing.GREY, lw=0.8, ls="--")
    right.set_xlabel(_("coverage (%)"))
    columns = ["name", "method", "bias", "coverage"]
    numbers = names.named(frame)[columns]
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Two panels of dots. {finding}", finding=finding_values(
            frame, names=names)),
        numbers=numbers,
        headings=_.words("columns"),
        **captions("fig-scale-values", least=least),
    )  # fmt: skip


@in_languages
def finding_values(frame: pd.DataFrame, *, names: Names) -> str:
    """Bias and coverage of the default method, and the lowest coverage of all."""
    own = frame[frame["method"] == names.default]
    worst = largest(frame, -frame["coverage"])
    text = _(
        "With *{default}* the bias of a scale value is at most {bias:.2f} points, and {least:.0%} "
        "or more of its intervals hold the true value.",
        default=names.method(names.default),
        bias=own["bias"].abs().max(),
        least=own["coverage"].min(),
    )
    if worst["method"] == names.default:
        return text + " " + _("No other method has a lower coverage.")
    lowest = _(
        "The lowest coverage of all is {lowest:.0%}, of {category} with *{method}*, whose bias "
        "is {bias:+.2f} points.",
        lowest=worst["coverage"],
        category=names.quantity(worst["name"]),
        method=names.method(worst["method"]),
        bias=worst["bias"],
    )
    return f"{text} {lowest}"


@in_languages
def summary_table(frame: pd.DataFrame, *, names: Names, about: About) -> Table:
    """Largest bias, spread of coverage and mean ratios by method.

    frame: name, method, bias, coverage, se_ratio, width, fmi.
    """
    sizes = names.by_method(frame).assign(size=lambda rows: rows["bias"].abs())
    rows = sizes.groupby("method", sort=False).agg(
        largest=("size", "max"),
        least=("coverage", "min"),
        mean=("coverage", "mean"),
        ratio=("se_ratio", "mean"),
        width=("width", "mean"),
        fmi=("fmi", "mean"),
    )
    return show(rows.reset_index(), about=about, **captions("tbl-summary"))
