"""What the report on changes shows: two reports side by side, and what differs."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from oablib.base.wording import words
from oablib.report import base_model, drawing, model_fit
from oablib.report.drawing import Mark
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import number, signed
from oablib.report.published import FIT_COUNTS
from oablib.report.table import show
from oablib.report.texts import texts_beside

_ = texts_beside(__file__)
captions = _.captions

Names = Mapping[str, str]  # "before" and "after" -> the name of that report

MOST_ROWS = 60  # of a table that could have thousands; the stored table has all
NAMED = 4  # causes of a kind that the answer names; the table has all
CHANGED = 1e-9
# What differs between any two commits and changes no number by itself.
QUIET = frozenset({"commit", "notebook, its text"})


def causes_table(frame: pd.DataFrame, *, names: Names, about: About) -> Table:
    """What the two reports were made from, where it differs, in groups by kind."""
    return show(
        frame.head(MOST_ROWS).rename(columns={"name": "what"}),
        about=about,
        labels=names,
        **captions("tbl-causes", cut=_cut(frame)),
    )


def scale_values_table(frame: pd.DataFrame, *, names: Names, outcome: str, about: About) -> Table:
    """Scale values side by side, in groups by variable."""
    return show(
        frame,
        about=about,
        labels=_labels(names),
        **captions("tbl-scale-values", outcome=words(outcome), before=names["before"]),
    )


@drawing.styled
def effects_figure(frame: pd.DataFrame, *, names: Names, outcome: str, about: About) -> Figure:
    """Direct effects of both reports with 95 % intervals; frame: as changes.effects."""
    figure, axes = drawing.canvas(height=0.9 + 0.46 * len(frame))
    marks = (
        Mark("before", names["before"], drawing.INK, "D", below=-0.14, hollow=True),
        Mark("after", names["after"], drawing.OURS, "o", below=0.14),
    )
    base_model.effects(axes, frame, marks)
    unit = f"points {words(outcome)} per unit of the predictor"
    axes.set_xlabel(unit)
    drawing.legend(figure, axes)
    spoken = ". ".join(f"{names[side]}: {_effects_in_words(frame, side)}" for side in names)
    return drawing.exhibited(
        figure,
        unit=unit,
        about=about,
        alt=f"Dots with intervals. {spoken}.",
        numbers=frame.assign(name=frame["name"].map(words)),
        **captions(
            "fig-effects", outcome=words(outcome), before=names["before"], after=names["after"]
        ),
    )


def _effects_in_words(frame: pd.DataFrame, side: str) -> str:
    columns = {side: "value", f"ci_lower_{side}": "ci_lower", f"ci_upper_{side}": "ci_upper"}
    part = frame[["name", *columns]].rename(columns=columns).dropna()
    return drawing.in_words(part, part["name"].map(words))


def effects_table(frame: pd.DataFrame, *, names: Names, outcome: str, about: About) -> Table:
    """Direct effects side by side; intervals are left to the figure."""
    return show(
        frame.loc[:, ~frame.columns.str.startswith("ci_")],
        about=about,
        labels=_labels(names),
        **captions("tbl-effects", outcome=words(outcome), before=names["before"]),
    )


def fit_table(frame: pd.DataFrame, *, names: Names, about: About) -> Table:
    """Fit measures side by side, named as in the report of each."""
    known = model_fit.measure_words()
    named = frame["measure"].map(lambda name: known.get(name, name))
    return show(
        frame.assign(measure=named),
        about=about,
        labels=_labels(names),
        count_rows=list(np.flatnonzero(frame["measure"].isin(FIT_COUNTS))),
        **captions("tbl-fit"),
    )


def movements_table(frame: pd.DataFrame, *, names: Names, about: About) -> Table:
    """Schools and municipalities whose numbers moved most."""
    return show(
        frame.head(MOST_ROWS),
        about=about,
        labels=_labels(names),
        **captions("tbl-movements", cut=_cut(frame)),
    )


def others_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Every other results table that differs."""
    return show(
        frame.astype({"rows_before": "Int64", "rows_after": "Int64", "cells": "Int64"}),
        about=about,
        **captions("tbl-others"),
    )


def text_table(frame: pd.DataFrame, *, names: Names, about: About) -> Table:
    """Sentences whose figures differ, and sentences that are new or gone, in groups by page."""
    return show(
        frame.head(MOST_ROWS), about=about, labels=names, **captions("tbl-text", cut=_cut(frame))
    )


def _labels(names: Names) -> dict[str, str]:
    return {
        **names,
        "name": "predictor",
        "se_before": f"se, {names['before']}",
        "se_after": f"se, {names['after']}",
        "difference_in_se": "difference (se)",
    }


def _cut(frame: pd.DataFrame) -> str:
    more = len(frame) - MOST_ROWS
    return f"; {more} more rows in the stored table" if more > 0 else ""


def answer(
    causes: pd.DataFrame, *, effects: pd.DataFrame, values: pd.DataFrame, tables: pd.DataFrame
) -> str:
    """What differs between two reports and what it does to the direct effects."""
    if causes.empty and _moved(effects).empty and tables.empty:
        return "**Nothing differs**: both reports were made from the same, and show the same."
    noun = "table differs" if len(tables) == 1 else "tables differ"
    others = f"{len(tables)} other results {noun}."
    return " ".join([_causes(causes), _scale_values(values), _effects(effects), others])


def _causes(causes: pd.DataFrame) -> str:
    if causes.empty:
        return "**Nothing differs in what the reports were made from.**"
    loud = causes[~causes["kind"].isin(QUIET)]
    if loud.empty:
        return "The reports differ in commit or prose, and in nothing that decides a number."
    parts = [_kind(str(kind), part) for kind, part in loud.groupby("kind", sort=False)]
    return f"They differ in {'; '.join(parts)}."


def _kind(kind: str, part: pd.DataFrame) -> str:
    rows = part[["name", "before", "after"]].head(NAMED).itertuples(index=False, name=None)
    causes = ", ".join(f"`{name}` ({before} → {after})" for name, before, after in rows)
    more = f" and {len(part) - NAMED} more" if len(part) > NAMED else ""
    return f"**{kind}** {causes}{more}"


def _scale_values(values: pd.DataFrame) -> str:
    moved = _moved(values)
    if moved.empty:
        return "No scale value moved."
    row = _largest(moved, "difference")
    return (
        f"{len(moved)} of {len(values)} scale values moved, most {words(str(row['category']))} "
        f"({words(str(row['variable']))}): {number(row['before'])} → {number(row['after'])} points."
    )


def _effects(effects: pd.DataFrame) -> str:
    moved = _moved(effects)
    if moved.empty:
        return "No direct effect moved."
    row = _largest(moved, "difference_in_se")
    return (
        f"**{len(moved)} of {len(effects)} direct effects moved**, most that of "
        f"{words(str(row['name']))}: {number(row['before'])} → {number(row['after'])}, "
        f"{signed(row['difference_in_se'])} standard errors."
    )


def _moved(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["difference"].abs() > CHANGED]


def _largest(frame: pd.DataFrame, column: str) -> pd.Series:
    return frame.loc[frame[column].abs().sort_values().index[-1]]
