"""Which predictors can be compared over parts of the children, and tests of their equality."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import model_columns
from oablib.statistics.pooling import PooledTest
from oablib.statistics.pooling.modification import holm
from oablib.statistics.two_step import SideBySide

COLUMNS = ["name", "f", "df1", "df2", "p", "p_holm"]


@showable()
@dataclass(frozen=True, slots=True)
class Predictors:
    """estimable: that vary in every part. compared: those of which no part has too few children."""

    estimable: tuple[str, ...]
    compared: tuple[str, ...]


def predictors(
    frame: pd.DataFrame, parts: Mapping[str, NDArray], *, model: Model, table: Table, least: int
) -> Predictors:
    """Direct predictors that parts of the children, (n,) bool each, allow to compare.

    least: children with each value of a predictor that has two of them.
    """
    plain = model_columns.plain(frame, model=model, table=table)
    estimable, compared = [], []
    for name in model.direct:
        counts = [_counts(plain[name][rows]) for rows in parts.values()] if name in plain else []
        if all(len(each) > 1 for each in counts):
            estimable.append(name)
            if all(len(each) > 2 or each.min() >= least for each in counts):
                compared.append(name)
    return Predictors(tuple(estimable), tuple(compared))


def tests(
    found: SideBySide, names: Sequence[str], *, parts: Sequence[str]
) -> tuple[pd.DataFrame, PooledTest] | None:
    """Tests that effects are equal in all parts: of each name, with Holm's p, and of all jointly.

    Pooled by D1, clusters shared by parts counted once. None without names, and with too few
    clusters for the joint test.
    """
    if not 0 < len(names) * (len(parts) - 1) < found.n_clusters - 1:
        return None
    weights = {
        name: np.array([found.contrast(name, plus=part, minus=parts[0]) for part in parts[1:]])
        for name in names
    }
    rows = [
        {"name": name, "f": test.statistic, "df1": test.df1, "df2": test.df2, "p": test.p}
        for name, test in ((name, found.test(each)) for name, each in weights.items())
    ]
    table = pd.DataFrame(rows, columns=COLUMNS[:-1])
    joint = found.test(np.concatenate(list(weights.values())))
    return table.assign(p_holm=holm(table["p"].to_numpy())), joint


def _counts(column: pd.Series) -> pd.Series:
    return column.value_counts()
