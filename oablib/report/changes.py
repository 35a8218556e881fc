"""What the report on changes shows: two reports side by side, and what differs."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from oablib.base import language
from oablib.base.language import Words
from oablib.base.wording import words
from oablib.report import drawing
from oablib.report.drawing import Mark
from oablib.report.exhibit import About, Figure, Table
from oablib.report.labels import Labels
from oablib.report.table import show
from oablib.report.texts import sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

Names = Mapping[str, str]  # "before" and "after" -> the name of that report

MOST_ROWS = 60  # of a table that could have thousands; the stored table has all
MOST_PLACES = 10
LARGE_NUMBERS = ("df", "loglik", "free_parameters", "aic", "bic", "sabic", "n")  # no decimals


def about_reports(names: Names, *, drawn: bool | None) -> About:
    """What is compared; drawn: whether its children are synthetic, None where some are."""
    population = _.later("reports {before} and {after}", **names)
    source = _.later("their manifests and tables")
    return About(population, source, drawn=drawn, both=drawn is None)


@in_languages
def nothing() -> str:
    """What stands in the place of an exhibit without rows."""
    return _("Nothing differs here.")


@in_languages
def no_places(*, has_places: bool) -> str:
    """The same for schools and municipalities."""
    if has_places:
        return _("No school and no municipality has another score or grant.")
    return _("The reports have no scores of schools or municipalities in common.")


@in_languages
def causes_table(frame: pd.DataFrame, *, names: Names, about: About) -> Table:
    """What the two reports were made from, where it differs, in groups by kind."""
    kinds = _.words("kinds")
    rows = frame.head(MOST_ROWS).rename(columns={"name": "what"})
    what = [
        kinds[kind] if kind == name else name
        for kind, name in zip(rows["kind"], rows["what"], strict=True)
    ]
    kind = [sentence(kinds[name]) for name in rows["kind"]]
    return show(
        rows.assign(kind=kind, what=what), about=about, **_named(captions("tbl-causes"), names)
    )


@in_languages
def scale_values_table(
    frame: pd.DataFrame, *, names: Names, outcome: str, labels: Labels, about: About
) -> Table:
    """Scale values side by side, in groups by variable."""
    pairs = list(zip(frame["variable"], frame["category"], strict=True))
    rows = frame.assign(
        variable=[labels.heading(name) for name, _key in pairs],
        category=[category(name, key, labels=labels) for name, key in pairs],
    )
    caption = captions("tbl-scale-values", outcome=labels(outcome), before=names["before"])
    return show(rows, about=about, **_named(caption, names))


def kinds() -> Mapping[str, str]:
    """Kind of a cause -> its words."""
    return _.words("kinds")


def category(variable: str, key: str, *, labels: Labels) -> str:
    """Label of a category by its key; the key in words where the codebook has none."""
    column = labels.columns.get(variable)
    known = {item.key: item.label for item in column.categories} if column else {}
    return known.get(key, words(key))


@in_languages
@drawing.styled
def effects_figure(
    frame: pd.DataFrame, *, names: Names, outcome: str, labels: Labels, about: About
) -> Figure:
    """Direct effects of both reports with 95% intervals; frame: as changes.effects."""
    figure, axes = drawing.canvas(height=0.9 + 0.46 * len(frame))
    marks = (
        Mark("before", names["before"], drawing.INK, "D", below=-0.14, hollow=True),
        Mark("after", names["after"], drawing.OURS, "o", below=0.14),
    )
    drawing.intervals(axes, frame, marks)
    drawing.row_labels(axes, map(labels.heading, frame["name"]))
    caption = captions(
        "fig-effects", outcome=labels(outcome), before=names["before"], after=names["after"]
    )
    axes.set_xlabel(caption["unit"])
    drawing.legend(figure, axes)
    columns = {
        "name": _("predictor"),
        **{
            f"{column}{side}": text
            for side in names
            for column, text in _columns_of(side, names=names).items()
        },
    }
    rows = frame.assign(name=frame["name"].map(labels.heading))
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Dots with intervals. {values}.", values=_in_words(frame, names, labels)),
        numbers=rows[list(columns)],
        headings=columns,
        **caption,
    )


def _columns_of(side: str, *, names: Names) -> dict[str, str]:
    """Beginning of a column of one report -> its heading."""
    name = names[side]
    return {
        "": name,
        "ci_lower_": _("95% interval from, {report}", report=name),
        "ci_upper_": _("95% interval to, {report}", report=name),
    }


def _in_words(frame: pd.DataFrame, names: Names, labels: Labels) -> str:
    parts = []
    for side, name in names.items():
        columns = {side: "value", f"ci_lower_{side}": "ci_lower", f"ci_upper_{side}": "ci_upper"}
        part = frame[["name", *columns]].rename(columns=columns).dropna()
        effects = drawing.in_words(part, part["name"].map(labels))
        parts.append(_("{report}: {effects}", report=name, effects=effects))
    return ". ".join(parts)


@in_languages
def effects_table(
    frame: pd.DataFrame, *, names: Names, outcome: str, labels: Labels, about: About
) -> Table:
    """Direct effects side by side; intervals are left to the figure."""
    rows = frame.loc[:, ~frame.columns.str.startswith(("ci_", "differs_"))]
    caption = captions("tbl-effects", outcome=labels(outcome), before=names["before"])
    return show(
        rows.assign(name=rows["name"].map(labels.heading)), about=about, **_named(caption, names)
    )


@in_languages
def fit_table(frame: pd.DataFrame, *, names: Names, about: About) -> Table:
    """Fit measures side by side."""
    measures = _.words("measures")
    named = [measures.get(name, words(name)) for name in frame["measure"]]
    return show(
        frame.assign(measure=named),
        about=about,
        count_rows=list(np.flatnonzero(frame["measure"].isin(LARGE_NUMBERS))),
        **_named(captions("tbl-fit"), names),
    )


@in_languages
def movements_table(
    frame: pd.DataFrame, *, names: Names, titles: Mapping[str, Words], about: About
) -> Table:
    """Schools and municipalities whose numbers moved most, in groups by table."""
    rows = frame.groupby("table", sort=False).head(MOST_PLACES)
    rows = rows.assign(table=_titled(rows["table"], titles)).drop(columns="measure")
    return show(rows, about=about, **_named(captions("tbl-movements", most=MOST_PLACES), names))


@in_languages
def others_table(
    frame: pd.DataFrame, *, names: Names, titles: Mapping[str, Words], about: About
) -> Table:
    """Every other results table that differs."""
    counts = ["rows_before", "rows_after", "cells"]
    rows = frame[["table", *counts]].astype(dict.fromkeys(counts, "Int64"))
    rows = rows.assign(table=_titled(rows["table"], titles))
    return show(rows, about=about, **_named(captions("tbl-others"), names))


def _titled(tables: Iterable[str], titles: Mapping[str, Words]) -> list[str]:
    return [str(titles.get(name) or words(name)) for name in tables]


@in_languages
def text_table(frame: pd.DataFrame, *, names: Names, about: About) -> Table:
    """Sentences that differ on pages of the language in use, in groups by page."""
    own = frame[frame["language"] == language.current()]
    rows = own.head(MOST_ROWS)[["title", "change", "before", "after"]]
    rows = rows.assign(change=rows["change"].map(_.words("changes")))
    if own.empty:  # a table all the same, for in the other language there is one
        nothing = _("No sentence differs on pages in this language.")
        rows = pd.DataFrame([[nothing, "", "", ""]], columns=rows.columns)
    return show(rows, about=about, **_named(captions("tbl-text", most=MOST_ROWS), names))


def _named(caption: dict[str, Any], names: Names) -> dict[str, Any]:
    """The caption of a table with headings that name the reports."""
    headings = dict(names)
    for side, name in names.items():
        headings[f"se_{side}"] = _("standard error, {report}", report=name)
        headings[f"rows_{side}"] = _("rows, {report}", report=name)
    return caption | {"labels": caption["labels"] | headings}
