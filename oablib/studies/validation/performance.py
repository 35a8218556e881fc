"""How good estimates and intervals are: bias, spread and coverage over replications.

Measures and their Monte Carlo errors: Morris, White & Crowther (2019), Statistics in Medicine
38:2074, table 6.
"""

import numpy as np
import pandas as pd
from scipy.special import stdtrit

CELL = ["world", "n", "method"]
QUANTITY = [*CELL, "name"]
COHORT = ["world", "n", "replication", "name"]
KINDS = ("direct", "value", "indirect", "indirect_wider", "r2")
CONFIDENCE = 0.95


def chosen(rows: pd.DataFrame, kind: str, detail: str = "") -> pd.DataFrame:
    """Rows of one kind and, where it has several, one detail."""
    chosen = rows[rows["kind"] == kind]
    return chosen[chosen["detail"] == detail] if detail else chosen


def known_truth(rows: pd.DataFrame, *, reference: str) -> pd.DataFrame:
    """Rows without a truth get the mean of the reference method in their cohorts."""
    whole = rows[rows["method"] == reference]
    means = whole.groupby(["world", "n", "name"])["est"].mean().rename("of_reference")
    joined = rows.join(means, on=["world", "n", "name"])
    return rows.assign(truth=rows["truth"].fillna(joined["of_reference"]))


def performance(rows: pd.DataFrame, *, reference: str) -> pd.DataFrame:
    """Rows of one kind and detail become a row per world, n, method and name.

    replications; truth (its mean, where it is the cohort's own); mean of the estimates; bias =
    mean of estimate - truth, bias_mce its Monte Carlo error, percent_bias and percent_mce in % of
    the truth's size; sd, of estimate - truth over replications; se, the mean standard error, and
    se_ratio = se / sd; coverage (fraction of 95 % intervals that hold the truth) and coverage_mce
    = sqrt(c (1 - c) / R); width, of the interval; fmi. bias_paired, bias_paired_mce: mean of the
    estimate minus that of the reference method in the same cohorts, whose sampling error is
    shared and cancels.
    """
    margin = stdtrit(rows["df"], (1 + CONFIDENCE) / 2) * rows["se"]
    error = rows["est"] - rows["truth"]
    covered = (error.abs() <= margin).astype(float).where(margin.notna())
    groups = rows.assign(error=error, width=2 * margin, covered=covered).groupby(
        QUANTITY, sort=False
    )
    means = groups[["truth", "est", "error", "se", "width", "covered", "fmi"]].mean()
    table = means.set_axis(["truth", "mean", "bias", "se", "width", "coverage", "fmi"], axis=1)
    count, sd = groups.size(), groups["error"].std()
    table = table.assign(replications=count, sd=sd, bias_mce=sd / np.sqrt(count))
    table["se_ratio"] = table["se"] / table["sd"]
    table["percent_bias"] = 100 * table["bias"] / table["truth"].abs()
    table["percent_mce"] = 100 * table["bias_mce"] / table["truth"].abs()
    table["coverage_mce"] = proportion_error(table["coverage"], count)
    return table.join(paired(rows, reference=reference)).reset_index()


def paired(rows: pd.DataFrame, *, reference: str) -> pd.DataFrame:
    """bias_paired and bias_paired_mce by world, n, method and name; see `performance`."""
    whole = rows.loc[rows["method"] == reference, [*COHORT, "est"]]
    both = rows.merge(whole.rename(columns={"est": "of_reference"}), on=COHORT)
    both["gap"] = both["est"] - both["of_reference"]
    table = both.groupby(QUANTITY)["gap"].agg(["mean", "std", "size"])
    error = table["std"] / np.sqrt(table["size"])
    return pd.DataFrame({"bias_paired": table["mean"], "bias_paired_mce": error})


def proportion_error(share: pd.Series, count: pd.Series) -> pd.Series:
    """Monte Carlo error of a share of `count` replications."""
    return (share * (1 - share) / count) ** 0.5


def overview(rows: pd.DataFrame, *, reference: str) -> pd.DataFrame:
    """`performance` of every kind of quantity, with kind and detail as first columns.

    Indirect effects of the model itself and R2 have no truth of their own: theirs is the mean of
    the reference method.
    """
    kinds = rows.loc[rows["kind"].isin(KINDS), ["kind", "detail"]].drop_duplicates().fillna("")
    parts = []
    for kind, detail in kinds.itertuples(index=False):
        part = known_truth(chosen(rows, kind, detail), reference=reference)
        parts.append(performance(part, reference=reference).assign(kind=kind, detail=detail))
    table = pd.concat(parts, ignore_index=True)
    return table[["kind", "detail", *table.columns.drop(["kind", "detail"])]]


def drawn(rows: pd.DataFrame) -> pd.DataFrame:
    """Drawn minus true education by world, n, method, name (the parent) and origin.

    mean over replications, its Monte Carlo error mce, and how many replications have it.
    """
    of = chosen(rows, "drawn").rename(columns={"detail": "origin"})
    groups = of.groupby([*QUANTITY, "origin"], sort=False)["est"]
    table = groups.agg(mean="mean", sd="std", replications="size").reset_index()
    table["mce"] = table.pop("sd") / np.sqrt(table["replications"])
    return table


def schools(rows: pd.DataFrame) -> pd.DataFrame:
    """Means over replications of `replication.school_rows`, by world, n, method and size.

    Columns bias, rmse, width, coverage, without; bias_mce, the Monte Carlo error of bias.
    """
    groups = chosen(rows, "school").groupby([*QUANTITY, "detail"], sort=False)["est"]
    table = groups.mean().unstack("detail")
    bias = chosen(rows, "school", "bias").groupby(QUANTITY, sort=False)["est"]
    table["bias_mce"] = bias.std() / np.sqrt(bias.size())
    return table.rename_axis(columns=None).reset_index()
