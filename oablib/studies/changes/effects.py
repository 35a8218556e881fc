"""How results differ between two reports: effects, scale values, fit, and every other table."""

import numpy as np
import pandas as pd

from oablib.studies.changes.reports import AFTER, BEFORE, ReportPair

WITH_SECTION = frozenset({"direct_effects", "scale_values", "fit"})
"""Tables that have a section of their own."""

KEYS = ("school", "school_id", "municipality", "gemeente")
"""Columns that make a table one of schools or municipalities."""

MEASURES = ("achterstandsscore", "grant")
"""What counts of them: its terms and parts would be ten times as many rows."""

NEGLIGIBLE = 1e-9  # the ten digits of a table, one of them lost to a difference


def effects(reports: ReportPair) -> pd.DataFrame:
    """Direct effects: name, before, after and their intervals, difference, difference_in_se.

    differs_before, differs_after: whether an effect is shown, a scaled variable by the joint test
    of its categories; NaN in a report without these tests. difference_in_se: in standard errors of
    `before`. An effect of one report only has NaN in the
    other. No rows without the table in both reports.
    """
    columns = ["value", "se", "ci_lower", "ci_upper", "differs"]
    pair = reports.both("direct_effects")
    if pair is not None:  # a report of an earlier version does not say whether an effect differs
        one, other = (table.reindex(columns=["name", *columns]) for table in pair)
        pair = one, other
    return _joined(pair, keys=["name"], columns=columns)


def scale_values(reports: ReportPair) -> pd.DataFrame:
    """Scale values: variable, category, before, after, their errors, difference and in errors.

    A value set by hand, or a reference, has no error: its difference in errors is NaN.
    """
    pair = reports.both("scale_values")
    return _joined(pair, keys=["variable", "category"], columns=["value", "se"])


def fit(reports: ReportPair) -> pd.DataFrame:
    """Fit measures: measure, before, after (means over imputations) and difference."""
    pair = reports.both("fit")
    if pair is None:
        return pd.DataFrame(columns=["measure", "before", "after", "difference"])
    one, other = (table.set_index("measure")["mean"] for table in pair)
    table = pd.DataFrame({"before": one, "after": other})
    return table.assign(difference=table["after"] - table["before"]).reset_index()


def tables(reports: ReportPair) -> pd.DataFrame:
    """Every results table that differs, but those of WITH_SECTION.

    Columns: table, rows_before, rows_after, cells (that differ, where both have the same rows and
    columns), largest (absolute difference), column (where it is).
    """
    names = sorted({*reports.before.tables, *reports.after.tables} - WITH_SECTION)
    differing = [
        name for name in names if reports.before.digest(name) != reports.after.digest(name)
    ]
    columns = ["table", "rows_before", "rows_after", "cells", "largest", "column"]
    return pd.DataFrame([_compared(name, reports) for name in differing], columns=columns)


def movements(reports: ReportPair) -> pd.DataFrame:
    """Schools and municipalities by how far their scores and grants moved.

    Columns: table, place, measure, before, after, difference; the largest difference of each
    measure of a table first. No rows where the reports have no table of them.
    """
    parts = [part for name in reports.after.tables for part in _moved(name, reports)]
    columns = ["table", "place", "measure", "before", "after", "difference"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def has_places(reports: ReportPair) -> bool:
    """Whether both reports have a table of schools or municipalities with a score or a grant."""
    return any(_of_places(name, reports) is not None for name in reports.after.tables)


def _joined(
    pair: tuple[pd.DataFrame, pd.DataFrame] | None, *, keys: list[str], columns: list[str]
) -> pd.DataFrame:
    """Both tables in one; `value` becomes before and after, others get these as suffixes."""
    names = [
        {name: end if name == "value" else f"{name}_{end}" for name in columns}
        for end in (BEFORE, AFTER)
    ]
    if pair is None:
        ends = [end[name] for name in columns for end in names]
        return pd.DataFrame(columns=[*keys, *ends, "difference", "difference_in_se"])
    one, other = (
        table[[*keys, *columns]].rename(columns=end) for table, end in zip(pair, names, strict=True)
    )
    table = one.merge(other, on=keys, how="outer", sort=False, validate="one_to_one")
    order = pd.concat(pair)[keys].drop_duplicates()
    table = order.merge(table, on=keys, how="left", validate="one_to_one")
    difference = table["after"] - table["before"]
    error = table["se_before"].where(table["se_before"] > 0)
    return table.assign(difference=difference, difference_in_se=difference / error)


def _compared(name: str, reports: ReportPair) -> tuple:
    before, after = reports.before.table(name), reports.after.table(name)
    counts = tuple(np.nan if table is None else len(table) for table in (before, after))
    if before is None or after is None or len(before) != len(after) or list(before) != list(after):
        return (name, *counts, np.nan, np.nan, "")
    # A number that one report alone hides compares as unknown.
    equal = (before == after).fillna(False).astype(bool)
    differs = ~(equal | (before.isna() & after.isna()))
    numbers = before.select_dtypes("number").columns
    gaps = (after[numbers] - before[numbers]).abs().max()
    gaps = gaps[gaps > NEGLIGIBLE]
    largest = (np.nan, "") if gaps.empty else (float(gaps.max()), str(gaps.idxmax()))
    return (name, *counts, int(differs.to_numpy().sum()), *largest)


def _moved(name: str, reports: ReportPair) -> list[pd.DataFrame]:
    """Rows of `movements` of one table, a frame a measure."""
    pair = _of_places(name, reports)
    if pair is None:
        return []
    one, other = pair
    parts = []
    for measure in [column for column in MEASURES if column in one and column in other]:
        both = pd.DataFrame({"before": one[measure], "after": other[measure]})
        both["difference"] = both["after"] - both["before"]
        moved = both[both["difference"].abs() > NEGLIGIBLE].rename_axis("place").reset_index()
        order = moved["difference"].abs().sort_values(ascending=False, kind="stable").index
        parts.append(moved.loc[order].assign(table=name, measure=measure))
    return parts


def _of_places(name: str, reports: ReportPair) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Numbers of a table of schools or municipalities, by place; None for any other table."""
    pair = reports.both(name)
    key = next((key for key in KEYS if pair and all(key in table for table in pair)), None)
    if pair is None or key is None or any(table[key].duplicated().any() for table in pair):
        return None
    one, other = (table.set_index(key).select_dtypes("float") for table in pair)
    return (one, other) if any(name in one and name in other for name in MEASURES) else None
