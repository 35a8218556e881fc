"""Tables of a comparison of two reports."""

from collections.abc import Mapping

import pandas as pd

from oablib import tables
from oablib.exhibit import About, Table
from oablib.tables_canvas import IN_HEADINGS, Look, show
from oablib.wording import words

MOST_ROWS = 60  # of a table that could have thousands; all are in the stored one


def causes(frame: pd.DataFrame, *, names: Mapping[str, str], about: About) -> Table:
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


def effects(frame: pd.DataFrame, *, names: Mapping[str, str], outcome: str, about: About) -> Table:
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


def scale_values(
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


def fit(frame: pd.DataFrame, *, names: Mapping[str, str], about: About) -> Table:
    """Fit measures side by side, named as in the report of each."""
    counts = [row for row, name in enumerate(frame["measure"]) if name in tables.FIT_COUNTS]
    named = frame["measure"].map(lambda name: tables.FIT_WORDS.get(name, name))
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


def others(frame: pd.DataFrame, *, about: About) -> Table:
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


def movements(frame: pd.DataFrame, *, names: Mapping[str, str], about: About) -> Table:
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


def text(frame: pd.DataFrame, *, names: Mapping[str, str], about: About) -> Table:
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
