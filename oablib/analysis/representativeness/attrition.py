"""Whether those who were dropped are like those who stay, by what is known of both.

Every characteristic becomes shares: those of its categories, unknown ones among them, and of a
number the share below the median of those who stay.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from oablib.protocol.codebook import Table
from oablib.statistics.pooling.modification import holm

UNKNOWN, BELOW, NOT_BELOW = -1, -2, -3
"""In the place of a code: unknown; below the median of those who stay, and not below it."""

COLUMNS = ["step", "variable", "code", "n_kept", "n_dropped", "kept", "dropped", "standardised"]


def attrition(
    kept: pd.DataFrame, left_out: pd.DataFrame, *, tests: Sequence[str], table: Table
) -> pd.DataFrame:
    """Those who were dropped at each step beside those who stay, by characteristic and category.

    left_out: as Intake.left_out. tests: columns whose absence drops a child, in the order of the
    steps; those of a later step are not compared. Columns: step, variable, code, n_kept, n_dropped,
    kept and dropped (fractions), and standardised: their difference in standard deviations, of the
    mean variance of both (Austin 2009, Statistics in Medicine 28:3083), NaN where both shares are 0
    or both 1, infinite where one is 0 and the other 1; p: of the chi-square of all categories of
    the variable, after Holm's correction over all variables and steps, children of one school
    counted as independent.
    """
    parts = []
    for step, dropped in left_out.groupby("step", sort=False):
        earlier = tests[: tests.index(step)]
        names = [name for name in _names(table) if name not in tests or name in earlier]
        for name in (name for name in names if name in kept):
            codes = _coded(kept[name], kept, name=name, table=table)
            others = _coded(dropped[name], kept, name=name, table=table)
            parts.append(_counted(codes, others).assign(step=step, variable=name))
    if not parts:
        return pd.DataFrame(columns=[*COLUMNS, "p"])
    corrected = holm(np.array([_p(part) for part in parts]))
    whole = [part.assign(p=p) for part, p in zip(parts, corrected, strict=True)]
    return pd.concat(whole, ignore_index=True)[[*COLUMNS, "p"]]


def largest(frame: pd.DataFrame) -> pd.DataFrame:
    """Of each step and variable the category that differs most; frame: as `attrition`.

    Variables with nothing that may be shown (NaN) are left out; the rest in order of difference.
    """
    size = frame["standardised"].abs()
    shown = frame.assign(size=size).dropna(subset=["size"])
    rows = shown.sort_values("size", ascending=False, kind="stable")
    first = rows.drop_duplicates(["step", "variable"])
    return first.sort_values(
        ["step", "size"], ascending=[True, False], kind="stable", ignore_index=True
    ).drop(columns="size")


def _names(table: Table) -> Iterator[str]:
    return (column.key for column in table.columns if column.type != "id")


def _coded(values: pd.Series, kept: pd.DataFrame, *, name: str, table: Table) -> pd.Series:
    """Codes of categories, or of being below the median of those who stay; UNKNOWN for NaN."""
    unknown = values.isna().to_numpy()
    if table.column(name).categories:
        return values.astype(float).mask(unknown, UNKNOWN).astype(int)
    below = values.to_numpy(dtype=np.float64) < float(kept[name].median())
    return pd.Series(np.where(unknown, UNKNOWN, np.where(below, BELOW, NOT_BELOW)))


def _counted(kept: pd.Series, dropped: pd.Series) -> pd.DataFrame:
    codes = sorted({*kept.unique(), *dropped.unique()})
    counts = [each.value_counts().reindex(codes).fillna(0).to_numpy() for each in (kept, dropped)]
    shares = [count / count.sum() for count in counts]
    spread = np.sqrt(sum(share * (1 - share) for share in shares) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        standardised = (shares[1] - shares[0]) / spread
    return pd.DataFrame(
        {
            "code": codes,
            "n_kept": len(kept),
            "n_dropped": len(dropped),
            "kept": shares[0],
            "dropped": shares[1],
            "standardised": standardised,
        }
    )


def _p(part: pd.DataFrame) -> float:
    """Of Pearson's chi-square of a table with two columns; 1 where there is one category."""
    counts = part[["kept", "dropped"]].to_numpy() * part[["n_kept", "n_dropped"]].to_numpy()
    used = counts[counts.sum(axis=1) > 0]
    if len(used) < 2:
        return 1.0
    expected = np.outer(used.sum(axis=1), used.sum(axis=0)) / used.sum()
    return float(chdtrc(len(used) - 1, ((used - expected) ** 2 / expected).sum()))
