"""How often a path that is not there is added, and what makes a modification index large."""

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from oablib.studies.validation.performance import CELL, QUANTITY, chosen, proportion_error

LEVEL = 0.05
AIC_PENALTY = 2.0


def false_positives(rows: pd.DataFrame) -> pd.DataFrame:
    """How often each null path is added: world, n, method, name, rule, rate, mce, nominal.

    rule: "AIC" and "BIC" by mean, D3 and D4 (a gain above 2, above ln n with n the children of
    the cohort), and modification indices with p under 0.05: mean, model-based, robust (both D2)
    and robust D1; of a single data set mean and pooled are the same. nominal: the rate of a test
    that holds: a chi-square with one degree of freedom beyond the penalty.
    """
    gains, indices = chosen(rows, "gain"), chosen(rows, "index")
    parts = [
        gains.assign(
            rule=gains["detail"] + " " + name,
            added=gains["est"] > penalty,
            nominal=chdtrc(1, penalty),
        )
        for name, penalty in {"AIC": AIC_PENALTY, "BIC": np.log(gains["n"])}.items()
    ]
    added = indices["p"] < LEVEL
    parts.append(indices.assign(rule=indices["detail"] + " index", added=added, nominal=LEVEL))
    every = pd.concat(parts)
    groups = every[every["est"].notna()].groupby([*QUANTITY, "rule"], sort=False)
    table = groups.agg(rate=("added", "mean"), nominal=("nominal", "mean"))
    table["mce"] = proportion_error(table["rate"], groups.size())
    return table.reset_index()


def path_tests(rows: pd.DataFrame, *, path: str) -> pd.DataFrame:
    """How often each test finds a path, at 5 %: world, n, method, test, rate, mce.

    test: those of replication.rows_of, and "same children D2" and "D1", the robust index with scale
    values of the same children.
    """
    same = {"robust": "same children D2", "robust D1": "same children D1"}
    index = chosen(rows, "index_base")
    index = index[(index["name"] == path) & index["detail"].isin(same)]
    index = index.assign(test=index["detail"].map(same))
    tests = chosen(rows, "path_test")
    every = pd.concat([index, tests.assign(test=tests["detail"])])
    groups = every.assign(found=every["p"] < LEVEL).groupby([*CELL, "test"], sort=False)["found"]
    table = groups.agg(rate="mean", count="size").reset_index()
    table["mce"] = proportion_error(table["rate"], table.pop("count"))
    return table


def indices(rows: pd.DataFrame, *, large: float) -> pd.DataFrame:
    """Indices of the judged paths in the model itself, by world, n, method, name, detail.

    values: "estimated" or "true" scale values. median of the index; significant: share with p
    under 0.05; large: share above `large`; their Monte Carlo errors end in _mce.
    """
    kinds = {"index_base": "estimated", "index_base_by_truth": "true"}
    judged = rows[rows["kind"].isin(kinds)]
    judged = judged.assign(
        values=judged["kind"].map(kinds),
        significant=judged["p"] < LEVEL,
        large=judged["est"] > large,
    )
    groups = judged.groupby([*QUANTITY, "detail", "values"], sort=False)
    table = groups.agg(
        median=("est", "median"), significant=("significant", "mean"), large=("large", "mean")
    )
    for name in ("significant", "large"):
        table[f"{name}_mce"] = proportion_error(table[name], groups.size())
    return table.reset_index()
