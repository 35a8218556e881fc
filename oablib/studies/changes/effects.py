"""How results differ between two reports: effects, scale values, fit, and every other table."""

import numpy as np
import pandas as pd

from oablib.studies.changes.sides import Sides

OWN = frozenset({"direct_effects", "scale_values", "fit"})
"""Tables that have a section of their own."""

PLACES = ("school", "school_id", "municipality", "gemeente")
"""Columns that make a table one of schools or municipalities."""

OF_PLACES = ("achterstandsscore", "grant")
"""What counts of them: its terms and parts would be ten times as many rows."""

NEGLIGIBLE = 1e-9  # the ten digits of a table, one of them lost to a difference


def effects(sides: Sides) -> pd.DataFrame:
    """Direct effects: name, before, after and their intervals, difference, difference_in_se.

    difference_in_se: in standard errors of `before`. An effect of one side only has NaN on the
    other. No rows without the table on both sides.
    """
    found = sides.both("direct_effects")
    columns = ["value", "se", "ci_lower", "ci_upper"]
    return _beside(found, keys=["name"], columns=columns)


def scale_values(sides: Sides) -> pd.DataFrame:
    """Scale values: variable, category, before, after, their errors, difference and in errors.

    A value set by hand, or a reference, has no error: its difference in errors is NaN.
    """
    found = sides.both("scale_values")
    return _beside(found, keys=["variable", "category"], columns=["value", "se"])


def fit(sides: Sides) -> pd.DataFrame:
    """Fit measures: measure, before, after (means over imputations) and difference."""
    found = sides.both("fit")
    if found is None:
        return pd.DataFrame(columns=["measure", "before", "after", "difference"])
    one, other = (table.set_index("measure")["mean"] for table in found)
    table = pd.DataFrame({"before": one, "after": other})
    return table.assign(difference=table["after"] - table["before"]).reset_index()


def tables(sides: Sides) -> pd.DataFrame:
    """Every results table that differs, but those of OWN.

    Columns: table, rows_before, rows_after, cells (that differ, where both have the same rows and
    columns), largest (absolute difference), column (where it is).
    """
    names = sorted({*sides.before.tables, *sides.after.tables} - OWN)
    differing = [name for name in names if sides.before.digest(name) != sides.after.digest(name)]
    columns = ["table", "rows_before", "rows_after", "cells", "largest", "column"]
    return pd.DataFrame([_compared(name, sides) for name in differing], columns=columns)


def movements(sides: Sides) -> pd.DataFrame:
    """Schools and municipalities by how far their scores and grants moved, largest first.

    Columns: table, place, measure, before, after, difference. No rows where the reports have no
    table of them.
    """
    parts = [part for name in sides.after.tables for part in _moved(name, sides)]
    columns = ["table", "place", "measure", "before", "after", "difference"]
    table = pd.concat(parts) if parts else pd.DataFrame(columns=columns)
    order = table["difference"].astype(float).abs().sort_values(ascending=False, kind="stable")
    return table.loc[order.index, columns].reset_index(drop=True)


def _beside(
    found: tuple[pd.DataFrame, pd.DataFrame] | None, *, keys: list[str], columns: list[str]
) -> pd.DataFrame:
    """Both tables side by side; `value` becomes before and after, others get these as endings."""
    names = {"value": ("before", "after")}
    pairs = {name: names.get(name, (f"{name}_before", f"{name}_after")) for name in columns}
    if found is None:
        told = [each for pair in pairs.values() for each in pair]
        return pd.DataFrame(columns=[*keys, *told, "difference", "difference_in_se"])
    sided = [
        table[[*keys, *columns]].rename(columns={name: pair[side] for name, pair in pairs.items()})
        for side, table in enumerate(found)
    ]
    table = sided[0].merge(sided[1], on=keys, how="outer", sort=False, validate="one_to_one")
    order = pd.concat(found)[keys].drop_duplicates()
    table = order.merge(table, on=keys, how="left", validate="one_to_one")
    difference = table["after"] - table["before"]
    error = table["se_before"].where(table["se_before"] > 0)
    return table.assign(difference=difference, difference_in_se=difference / error)


def _compared(name: str, sides: Sides) -> tuple:
    before, after = sides.before.table(name), sides.after.table(name)
    counts = tuple(np.nan if each is None else len(each) for each in (before, after))
    if before is None or after is None or before.shape != after.shape:
        return (name, *counts, np.nan, np.nan, "")
    if list(before) != list(after):
        return (name, *counts, np.nan, np.nan, "")
    differs = ~((before == after) | (before.isna() & after.isna()))
    numbers = before.select_dtypes("number").columns
    gaps = (after[numbers] - before[numbers]).abs().max()
    gaps = gaps[gaps > NEGLIGIBLE]
    largest = ("", np.nan) if gaps.empty else (str(gaps.idxmax()), float(gaps.max()))
    return (name, *counts, int(differs.to_numpy().sum()), largest[1], largest[0])


def _moved(name: str, sides: Sides) -> list[pd.DataFrame]:
    found = sides.both(name)
    key = next((each for each in PLACES if found and all(each in table for table in found)), None)
    if found is None or key is None or any(table[key].duplicated().any() for table in found):
        return []
    one, other = (table.set_index(key).select_dtypes("float") for table in found)
    parts = []
    for measure in [column for column in OF_PLACES if column in one and column in other]:
        both = pd.DataFrame({"before": one[measure], "after": other[measure]})
        both["difference"] = both["after"] - both["before"]
        moved = both[both["difference"].abs() > NEGLIGIBLE].rename_axis("place").reset_index()
        parts.append(moved.assign(table=name, measure=str(measure)))
    return parts
