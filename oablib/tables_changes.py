"""Tables of a comparison of two reports."""

from collections.abc import Mapping

import pandas as pd
from great_tables import GT

from oablib.tables import show
from oablib.wording import words

MOST_ROWS = 60  # of a table that could have thousands; all are in the stored one


def causes(frame: pd.DataFrame, *, names: Mapping[str, str], about: str) -> GT:
    """What the two reports were made from, where it differs, in groups by kind."""
    note = f"Digests in their first digits. {_cut(frame)}{about}."
    shown = frame.head(MOST_ROWS).rename(columns={"name": "what"})
    caption = "What differs in what the reports were made from"
    return show(shown, caption=caption, about=note, labels=names, groups="kind")


def effects(frame: pd.DataFrame, *, names: Mapping[str, str], outcome: str, about: str) -> GT:
    """Direct effects side by side; intervals are left to the figure."""
    shown = frame.drop(columns=[name for name in frame if str(name).startswith("ci_")])
    return show(
        shown,
        caption=f"Direct effects on {words(outcome)}, before and after",
        about=f"Difference also in standard errors of {names['before']}; {about}.",
        labels=_labels(names),
    )


def scale_values(frame: pd.DataFrame, *, names: Mapping[str, str], outcome: str, about: str) -> GT:
    """Scale values side by side, in groups by variable."""
    return show(
        frame,
        caption=f"Scale values in points {words(outcome)}, before and after",
        about="A reference, or a value set by hand, has no standard error; difference also in "
        f"standard errors of {names['before']}; {about}.",
        labels=_labels(names),
        groups="variable",
    )


def fit(frame: pd.DataFrame, *, names: Mapping[str, str], about: str) -> GT:
    """Fit measures side by side."""
    note = "Means over imputations. AIC and BIC may be compared only where children and variables "
    note += f"are the same; {about}."
    caption = "Fit, before and after"
    return show(frame, caption=caption, about=note, labels=_labels(names), digits=3)


def others(frame: pd.DataFrame, *, about: str) -> GT:
    """Every other results table that differs."""
    note = "cells: that differ, where both tables have the same rows and columns; largest "
    labels = {"rows_before": "rows before", "rows_after": "rows after", "cells": "cells changed"}
    labels |= {"largest": "largest difference", "column": "in column"}
    return show(
        frame.astype({"rows_before": "Int64", "rows_after": "Int64", "cells": "Int64"}),
        caption="Other results tables that differ",
        about=f"{note}difference: absolute; {about}.",
        labels=labels,
        digits=4,
    )


def movements(frame: pd.DataFrame, *, names: Mapping[str, str], about: str) -> GT:
    """Schools and municipalities whose numbers moved most."""
    note = f"Largest absolute differences first. {_cut(frame)}{about}."
    caption = "Schools and municipalities that moved most"
    return show(frame.head(MOST_ROWS), caption=caption, about=note, labels=_labels(names))


def text(frame: pd.DataFrame, *, names: Mapping[str, str], about: str) -> GT:
    """Sentences whose figures differ, and sentences that are new or gone, in groups by page."""
    note = f"figures: same words, other numbers. {_cut(frame)}{about}."
    caption = "Figures in the text that differ"
    return show(frame.head(MOST_ROWS), caption=caption, about=note, labels=names, groups="page")


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
    return f"{more} more rows in the stored table. " if more > 0 else ""
