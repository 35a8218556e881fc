"""Tables of a comparison of two reports."""

from collections.abc import Mapping

import pandas as pd

from oablib.base.wording import number, signed, words
from oablib.report import base_model
from oablib.report.drawing import INK, OURS, Mark, canvas, exhibited, in_words, legend, styled
from oablib.report.exhibit import About, Figure, Table
from oablib.report.table import IN_HEADINGS, Look, show

MOST_ROWS = 60  # of a table that could have thousands; all are in the stored one


def causes_table(frame: pd.DataFrame, *, names: Mapping[str, str], about: About) -> Table:
    """What the two reports were made from, where it differs, in groups by kind."""
    return show(
        frame.head(MOST_ROWS).rename(columns={"name": "what"}),
        "causes",
        title="What differs in what the reports were made from",
        unit=IN_HEADINGS,
        note=f"Digests in their first digits{_cut(frame)}",
        about=about,
        look=Look(labels=names, groups="kind"),
    )


def effects_table(
    frame: pd.DataFrame, *, names: Mapping[str, str], outcome: str, about: About
) -> Table:
    """Direct effects side by side; intervals are left to the figure."""
    return show(
        frame.drop(columns=[name for name in frame if str(name).startswith("ci_")]),
        "effects",
        title=f"Direct effects on {words(outcome)}, before and after",
        unit=f"points {words(outcome)} per unit of the predictor",
        note=f"Difference also in standard errors of {names['before']}",
        about=about,
        look=Look(labels=_labels(names)),
    )


def scale_values_table(
    frame: pd.DataFrame, *, names: Mapping[str, str], outcome: str, about: About
) -> Table:
    """Scale values side by side, in groups by variable."""
    return show(
        frame,
        "scale-values",
        title="Scale values, before and after",
        unit=f"points {words(outcome)} against the reference category",
        note="A reference, or a value set by hand, has no standard error; difference also in "
        f"standard errors of {names['before']}",
        about=about,
        look=Look(labels=_labels(names), groups="variable"),
    )


def fit_table(frame: pd.DataFrame, *, names: Mapping[str, str], about: About) -> Table:
    """Fit measures side by side, named as in the report of each."""
    counts = [row for row, name in enumerate(frame["measure"]) if name in base_model.FIT_COUNTS]
    named = frame["measure"].map(lambda name: base_model.FIT_WORDS.get(name, name))
    return show(
        frame.assign(measure=named),
        "fit",
        title="Fit, before and after",
        unit=IN_HEADINGS,
        note="Means over imputations. AIC and BIC may be compared only where children and "
        "variables are the same",
        about=about,
        look=Look(labels=_labels(names), digits=3, count_rows=counts),
    )


def others_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Every other results table that differs."""
    labels = {"rows_before": "rows before", "rows_after": "rows after", "cells": "cells changed"}
    return show(
        frame.astype({"rows_before": "Int64", "rows_after": "Int64", "cells": "Int64"}),
        "others",
        title="Other results tables that differ",
        unit="those of each table",
        note="cells: that differ, where both tables have the same rows and columns; largest "
        "difference: absolute",
        about=about,
        look=Look(
            labels={**labels, "largest": "largest difference", "column": "in column"}, digits=4
        ),
    )


def movements_table(frame: pd.DataFrame, *, names: Mapping[str, str], about: About) -> Table:
    """Schools and municipalities whose numbers moved most."""
    return show(
        frame.head(MOST_ROWS),
        "movements",
        title="Schools and municipalities that moved most",
        unit="those of each table",
        note=f"Largest absolute differences first{_cut(frame)}",
        about=about,
        look=Look(labels=_labels(names)),
    )


def text_table(frame: pd.DataFrame, *, names: Mapping[str, str], about: About) -> Table:
    """Sentences whose figures differ, and sentences that are new or gone, in groups by page."""
    return show(
        frame.head(MOST_ROWS),
        "text",
        title="Figures in the text that differ",
        unit="as in the text",
        note=f"figures: same words, other numbers{_cut(frame)}",
        about=about,
        look=Look(labels=names, groups="page"),
    )


def _labels(names: Mapping[str, str]) -> dict[str, str]:
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


NAMED = 4  # causes of a kind that the answer names; the table has all
CHANGED = 1e-9
# What differs between any two commits and changes no number by itself.
QUIET = frozenset({"commit", "notebook, its text"})


def answer(
    causes: pd.DataFrame, *, effects: pd.DataFrame, values: pd.DataFrame, tables: pd.DataFrame
) -> str:
    """What differs between two reports and what it does to the direct effects."""
    if causes.empty and _moved(effects).empty and tables.empty:
        return "**Nothing differs**: both reports were made from the same, and show the same."
    return " ".join([_causes(causes), _scale_values(values), _effects(effects), _tables(tables)])


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
    told = [f"`{name}` ({before} → {after})" for name, before, after in rows]
    more = f" and {len(part) - NAMED} more" if len(part) > NAMED else ""
    return f"**{kind}** {', '.join(told)}{more}"


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


def _tables(tables: pd.DataFrame) -> str:
    count = len(tables)
    return f"{count} other results {'table differs' if count == 1 else 'tables differ'}."


@styled
def effects_figure(
    frame: pd.DataFrame, *, names: Mapping[str, str], outcome: str, about: About
) -> Figure:
    """Direct effects of both reports with 95 % intervals; frame: as changes.effects."""
    figure, axes = canvas(height=0.9 + 0.46 * len(frame))
    marks = (
        Mark("before", names["before"], INK, "D", below=-0.14, hollow=True),
        Mark("after", names["after"], OURS, "o", below=0.14),
    )
    base_model.effects(axes, frame, marks)
    unit = f"points {words(outcome)} per unit of the predictor"
    axes.set_xlabel(unit)
    legend(figure, axes)
    return exhibited(
        figure,
        "effects",
        title=f"Direct effects on {words(outcome)} in {names['before']} and {names['after']}",
        unit=unit,
        note="With 95 % intervals",
        about=about,
        alt=f"Dots with intervals. {'. '.join(_spoken(frame, side, names) for side in names)}.",
        numbers=frame.assign(name=frame["name"].map(words)),
    )


def _spoken(frame: pd.DataFrame, side: str, names: Mapping[str, str]) -> str:
    columns = {side: "value", f"ci_lower_{side}": "ci_lower", f"ci_upper_{side}": "ci_upper"}
    part = frame[["name", *columns]].rename(columns=columns).dropna()
    return f"{names[side]}: {in_words(part, part['name'].map(words))}"
