"""The answer of a comparison: every cause by name, and the largest effect."""

import pandas as pd

from oablib.wording import number, signed, words

NAMED = 4  # causes of a kind that the answer names; the table has all
CHANGED = 1e-9
# What differs between any two commits and changes no number by itself.
QUIET = frozenset({"commit", "notebook, its text"})


def changes(
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
