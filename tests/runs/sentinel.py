"""A child and a school that are known by every value, put among those of another data holder."""

from pathlib import Path

import pandas as pd

CHILD, INCOME, NEIGHBOURHOOD = "999111999", 487.3, 143.9
"""Identifier, and thousands of euro that nobody else has."""
SCHOOL, PUPILS = "99ZZ00", 6


def plant(cohort: Path, country: Path) -> None:
    """Give a child of both files these values, and take it to school with five others, all low."""
    frame = pd.read_csv(cohort, sep=";", decimal=",", dtype={"child_id": str})
    frame.loc[0, ["child_id", "household_income"]] = [CHILD, INCOME]
    frame.to_csv(cohort, sep=";", decimal=",", index=False, lineterminator="\n")
    pupils: list[str] = []
    for path in sorted(country.glob("children_*.parquet"), reverse=True):
        _move(path, pupils)
    sites = pd.read_parquet(country / "sites.parquet")
    small = sites.head(1).assign(school_id=SCHOOL)
    pd.concat([sites, small], ignore_index=True).to_parquet(country / "sites.parquet", index=False)


def _move(path: Path, pupils: list[str]) -> None:
    """To the school: the same pupils on each date, chosen on the first that is read."""
    frame = pd.read_parquet(path)
    if not pupils:
        place = frame["school_id"].dropna().iloc[0]
        pupils += frame.loc[frame["school_id"] == place, "child_id"].head(PUPILS).tolist()
    rows = frame["child_id"].isin(pupils) & frame["school_id"].notna()
    first = frame["child_id"] == pupils[0]
    frame["school_id"] = frame["school_id"].mask(rows, SCHOOL)
    frame["child_id"] = frame["child_id"].mask(first, CHILD)
    frame.loc[first, ["household_income", "neighbourhood_income"]] = [INCOME, NEIGHBOURHOOD]
    frame.loc[rows, ["education_father", "education_mother", "debt_restructuring"]] = 1
    frame.to_parquet(path, index=False)
