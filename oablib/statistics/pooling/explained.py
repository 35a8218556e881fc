"""Explained variance and effects over imputations."""

from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import PoolingError
from oablib.statistics import sem
from oablib.statistics.pooling import pooled_fit, rules
from oablib.statistics.sem import SemFit
from oablib.statistics.sem.comparing import comparable
from oablib.statistics.sem.results.measures import r2_keys
from oablib.statistics.sem.results.solution import Z_95

COLUMNS = ["variable", "measure", "mean", "fisher_z", "ci_lower", "ci_upper", "fmi", "reason"]
ADDRESS = ("lhs", "rhs", "effect", "group")


def r2(fits: Iterable[SemFit]) -> pd.DataFrame:
    """R2 of each endogenous variable, plain and adjusted, pooled in two ways.

    Columns: variable ("name.group" in fits of several groups); measure ("r2" or "r2_adjusted");
    mean over imputations, as published; fisher_z: mean on Fisher's scale of r = sqrt(R2),
    transformed back, with ci_lower, ci_upper (95 %, normal) and fmi (Harel, 2009, J Appl Stat
    36:1109; mice::pool.r.squared); reason. The interval takes rows as independent and normal: too
    narrow for children in schools. A negative adjusted R2 keeps its sign on both scales.
    Raises PoolingError for fits that differ.
    """
    fits = comparable.to_pool(fits)
    problem = fits[0].core.problem
    sizes = {key: problem.sample.groups[g].n for key, (_, g) in r2_keys(problem).items()}
    rows = []
    for variable, measure in product(fits[0].r2, ("r2", "r2_adjusted")):
        values = np.array([getattr(fit, measure)[variable] for fit in fits])
        rows.append(_row(variable, measure, values=values, n=sizes[variable]))
    return pd.DataFrame(rows, columns=COLUMNS)


def fisher_z(values: NDArray, *, n: float) -> dict[str, float]:
    """R2 values, shape (m,), pooled on Fisher's scale, each with variance 1 / (n - 3)."""
    z = np.arctanh(np.sign(values) * np.sqrt(np.abs(values)))
    variance = np.full((len(values), 1), 1 / (n - 3))
    pooled = rules.rubin(z[:, None], variance)
    center, margin = float(pooled.est[0]), Z_95 * float(pooled.se[0])
    # The square would send a limit below 0 back above it.
    lower = center - margin if center < 0 else max(center - margin, 0.0)
    return {
        "fisher_z": _square(center),
        "ci_lower": _square(lower),
        "ci_upper": _square(center + margin),
        "fmi": float(pooled.fmi[0]),
    }


def _square(z: float) -> float:
    r = float(np.tanh(z))
    return float(np.sign(r)) * r * r


def _row(variable: str, measure: str, *, values: NDArray, n: float) -> dict[str, object]:
    row: dict[str, object] = {"variable": variable, "measure": measure, "mean": values.mean()}
    outside = int((~(np.abs(values) < 1)).sum())
    if outside:
        return row | {"reason": f"{outside} of {len(values)} values are not below 1."}
    negative = int((values < 0).sum())
    reasons = [f"{negative} of {len(values)} values are negative."] if negative else []
    if len(values) == 1:
        reasons.append("m = 1: one data set, nothing was pooled.")
    return row | fisher_z(values, n=n) | {"reason": " ".join(reasons)}


def effects(fits: Iterable[SemFit]) -> pd.DataFrame:
    """Pool sem.effects of each fit by Rubin's rules.

    Columns: lhs (outcome), rhs (cause), [group], effect ("direct", "indirect" or "total"); est,
    se, t, df, p, ci_lower, ci_upper (95 %, t), riv, fmi; std and std_se, the standardised effect
    and its standard error. Standard errors of products of paths are those of the delta method.
    An effect that is fixed (se 0) has no test. Raises PoolingError for fits that differ.
    """
    fits = comparable.to_pool(fits)
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
    return rules.with_fixed(rows, free=free, est=q.mean(axis=0))
