"""Numbers of few schools that follow from several tables of a report together.

The tables of schools that change are sums of the same few groups. Each published number is an
equation over these groups, and a group comes back where it is a sum of equations.
"""

import re

import numpy as np
import pandas as pd

from tests.attacks_on_reports import FEWEST, Report

STEP = 10
"""Numbers that end in a 0 may be rounded to it."""
EXACT = 1e-6
ALLOCATION = "11_allocation.html"
BESIDE = re.compile(r"counts above zero would be (?:about )?([\d,]+)")
Equation = tuple[np.ndarray, float]


def few_schools(report: Report) -> list[str]:
    """Groups of 1 to 9 schools: of the crosstable, and of neighbouring classes of change.

    Not those that are zero under both: the tables of changes are of all others, and published rows
    show who is zero now.
    """
    return [*_of_crosstable(report), *_of_classes(report)]


def _of_crosstable(report: Report) -> list[str]:
    table, bands = report.table("school_crosstable"), _bands(report)
    if table.empty or bands.empty:
        return []
    current, new = (table[name].eq("above zero").to_numpy(float) for name in ("current", "new"))
    known = _shown(table["n"])
    known += [(np.ones(4), bands["all"]), (np.maximum(current, new), bands["not zero under both"])]
    averaging = report.table("allocation_averaging").set_index("measure")
    above = averaging["early"].get("above_zero", np.nan)
    if above % STEP:
        known.append((new, above))
    names = (table["current"] + ", " + table["new"]).tolist()
    parts, other = dict(zip(names[1:], np.eye(4)[1:], strict=True)), _by_the_other(report)
    with_other = [*known, (current, other)] if other % STEP else known
    return _few(known, parts) or _few(with_other, parts)


def _of_classes(report: Report) -> list[str]:
    table, bands = report.table("school_classes"), _bands(report)
    if table.empty or bands.empty:
        return []
    size = len(table)
    loses, gains = table["upper"].le(0).to_numpy(float), table["lower"].ge(0).to_numpy(float)
    groups = report.table("causes").groupby("group")["places"].first()
    known = _shown(table["n"])
    known += [(np.ones(size), bands["not zero under both"])]
    known += [(loses, groups["losers"]), (gains, groups["gainers"])]
    band = report.table("school_bands").set_index("schools").loc["not zero under both"]
    inside = table["lower"].round().ge(band["lower"]) & table["upper"].round().le(band["upper"])
    known.append((inside.to_numpy(float), round(band["share"] * band["n"], 6)))
    parts = {f"classes {i + 1} to {j}": np.r_[[0.0] * i, [1.0] * (j - i), [0.0] * (size - j)]
             for i in range(size) for j in range(i + 1, size + 1)}  # fmt: skip
    return _few(known, parts)


def _by_the_other(report: Report) -> float:
    """Sites above zero by the indicator beside, of which a sentence tells; often the current."""
    found = (BESIDE.search(text) for path, text in report.texts() if path == ALLOCATION)
    return next((float(each[1].replace(",", "")) for each in found if each), np.nan)


def _bands(report: Report) -> pd.Series:
    bands = report.table("school_bands")
    return bands.set_index("schools")["n"] if len(bands) else pd.Series(dtype=float)


def _shown(counts: pd.Series) -> list[Equation]:
    return [(row, n) for row, n in zip(np.eye(len(counts)), counts, strict=True)]


def _few(equations: list[Equation], parts: dict[str, np.ndarray]) -> list[str]:
    """Parts that are sums of equations, and are of few schools."""
    known = [(row, value) for row, value in equations if not np.isnan(value)]
    if not known:  # all is hidden: there is nothing to add up
        return []
    rows, values = (np.array(column) for column in zip(*known, strict=True))
    if np.abs(rows @ np.linalg.lstsq(rows, values, rcond=None)[0] - values).max() > EXACT:
        return []  # they are not all of the same indicators
    found = []
    for name, part in parts.items():
        weights = np.linalg.lstsq(rows.T, part, rcond=None)[0]
        number = round(float(weights @ values), 3)
        if np.abs(rows.T @ weights - part).max() < EXACT and 0 < number < FEWEST:
            found.append(f"{name}: {number:g} schools")
    return found
