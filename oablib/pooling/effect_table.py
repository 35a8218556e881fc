"""Direct, indirect and total effects over imputations."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from oablib import sem
from oablib.errors import PoolingError
from oablib.pooling import pooled_fit, rules
from oablib.sem import SemFit

ADDRESS = ("lhs", "rhs", "effect", "group")


def effects(fits: Sequence[SemFit]) -> pd.DataFrame:
    """Pool sem.effects of each fit by Rubin's rules.

    Columns: lhs (outcome), rhs (cause), [group], effect ("direct", "indirect" or "total"); est,
    se, t, df, p, ci_lower, ci_upper (95 %, t), riv, fmi; std and std_se, the standardised effect
    and its standard error. Standard errors of products of paths are those of the delta method.
    An effect that is fixed (se 0) has no test. Raises PoolingError for fits that differ.
    """
    pooled_fit.fail_if_fits_differ(fits)
    tables = [sem.effects(fit, draws=0) for fit in fits]
    address = tables[0][[name for name in ADDRESS if name in tables[0]]]
    if any(not table[address.columns].equals(address) for table in tables):
        raise PoolingError(
            f"The {len(fits)} fits have different effects; expected one model fitted to "
            "imputations of the same rows."
        )
    df_complete = pooled_fit.complete_df(fits[0])
    plain = _pooled(tables, "est", "se", df_complete=df_complete)
    std = _pooled(tables, "std", "std_se", df_complete=df_complete)
    return pd.concat([address, plain], axis=1).assign(std=std["est"], std_se=std["se"])


def _pooled(
    tables: Sequence[pd.DataFrame], est: str, se: str, *, df_complete: float
) -> pd.DataFrame:
    q = np.array([table[est] for table in tables], dtype=np.float64)
    u = np.array([table[se] for table in tables], dtype=np.float64) ** 2
    free = (u != 0).any(axis=0)
    pooled = rules.rubin(q[:, free], u[:, free], df_complete=df_complete)
    rows = rules.t_tests(pooled).assign(riv=pooled.riv, fmi=pooled.fmi)
    rows = rows.set_axis(np.flatnonzero(free)).reindex(range(len(free)))
    rows["est"] = rows["est"].fillna(pd.Series(q.mean(axis=0)))
    rows["se"] = rows["se"].fillna(0.0)
    return rows
