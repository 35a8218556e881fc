"""Explained variance over imputations."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.pooling import pooled_fit, rules
from oablib.sem import SemFit
from oablib.sem.measures import r2_keys
from oablib.sem.table import Z_95


def r2(fits: Sequence[SemFit]) -> pd.DataFrame:
    """R2 of each endogenous variable, plain and adjusted, pooled in two ways.

    Columns: variable ("name.group" in fits of several groups); measure ("r2" or "r2_adjusted");
    mean over imputations, as published; fisher_z: mean on Fisher's scale of r = sqrt(R2),
    transformed back, with ci_lower, ci_upper (95 %, normal) and fmi (Harel, 2009, J Appl Stat
    36:1109; mice::pool.r.squared); reason. The interval takes rows as independent and normal: too
    narrow for children in schools. A negative adjusted R2 keeps its sign on both scales.
    Raises PoolingError for fits that differ.
    """
    pooled_fit.fail_if_fits_differ(fits)
    measures = {
        "r2": [fit.r2 for fit in fits],
        "r2_adjusted": [fit.r2_adjusted for fit in fits],
    }
    problem = fits[0].core.problem
    sizes = {key: problem.sample.groups[g].n for key, (_, g) in r2_keys(problem).items()}
    return pd.DataFrame(
        _row(variable, measure, values=_column(found, variable), n=sizes[variable])
        for variable in fits[0].r2
        for measure, found in measures.items()
    )


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


def _column(found: Sequence[Mapping[str, float]], variable: str) -> NDArray:
    return np.array([r2[variable] for r2 in found])


def _row(variable: str, measure: str, *, values: NDArray, n: float) -> dict[str, object]:
    row: dict[str, object] = {"variable": variable, "measure": measure, "mean": values.mean()}
    outside = int((~(np.abs(values) < 1)).sum())
    if outside:
        nothing = dict.fromkeys(("fisher_z", "ci_lower", "ci_upper", "fmi"), np.nan)
        return row | nothing | {"reason": f"{outside} of {len(values)} values are not below 1."}
    negative = int((values < 0).sum())
    reasons = [f"{negative} of {len(values)} values are negative."] if negative else []
    if len(values) == 1:
        reasons.append("m = 1: one data set, nothing was pooled.")
    return row | fisher_z(values, n=n) | {"reason": " ".join(reasons)}
