"""The entry of the package: fit one model to one complete data set."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.errors import ModelError
from oablib.sem import estimation, inference, sample, spec
from oablib.sem.inference import Errors
from oablib.sem.spec import Likelihood


@dataclass(frozen=True, slots=True, eq=False)
class SemFit:
    """One fitted model.

    parameters: one row per free parameter, addressed by (lhs, op, rhs) with op `~` path,
        `~~` (residual) covariance, `~1` intercept (rhs empty); est, se, z, p, ci_lower and
        ci_upper (95 %, normal), std (all variables with variance 1, lavaan's std.all),
        semopy (what semopy finds, NaN where it estimates nothing: a diagnostic, not a result).
    covariance: sampling covariance of est, shape (k, k), rows as in parameters.
    loglik, aic, bic: of all variables (likelihood "joint") or given the exogenous ones
        ("conditional"): never compare them across likelihoods, variable sets or n.
    chi2, df, chi2_p: likelihood ratio against the saturated model; p is NaN when df is 0.
    r2, r2_adjusted: per endogenous variable.
    errors, information: standard errors asked for, and the information matrix under them.
    gradient_norm: largest |score| per row at the estimate, standardised units.
    flags: sentences on what a reader should know before believing the numbers.
    """

    model: str
    likelihood: Likelihood
    errors: Errors
    information: str
    parameters: pd.DataFrame
    covariance: NDArray
    n: int
    n_clusters: int | None
    n_parameters: int
    df: int
    loglik: float
    aic: float
    bic: float
    chi2: float
    chi2_p: float
    r2: Mapping[str, float]
    r2_adjusted: Mapping[str, float]
    gradient_norm: float
    converged: bool
    flags: tuple[str, ...]

    def parameter(self, lhs: str, op: str, rhs: str = "") -> pd.Series:
        """Row of `parameters` at this address; `x ~~ y` also finds `y ~~ x`. Else ModelError."""
        rows = self.parameters
        hit = (rows["lhs"] == lhs) & (rows["op"] == op) & (rows["rhs"] == rhs)
        if op == "~~":
            hit |= (rows["lhs"] == rhs) & (rows["op"] == op) & (rows["rhs"] == lhs)
        if not hit.any():
            known = ", ".join(" ".join(row) for row in rows[["lhs", "op", "rhs"]].to_numpy())
            raise ModelError(
                f"`{lhs} {op} {rhs}` is not a free parameter of this fit; its parameters: {known}."
            )
        return rows[hit].iloc[0]


def fit(
    model: str,
    data: pd.DataFrame,
    *,
    cluster: str | None = None,
    likelihood: Likelihood = "joint",
    errors: Errors = "robust",
) -> SemFit:
    """Fit `model` (lavaan's syntax) to complete rows; `data` may hold more columns.

    cluster: column whose values share a school; errors are then clustered (lavaan: robust.cluster).
    likelihood: "joint" takes exogenous variables as random (fixed.x = FALSE) and counts their
        moments as parameters; "conditional" takes them as given (fixed.x = TRUE).
    errors: "robust" (lavaan's MLR), "observed" or "expected" information.
    Raises ModelError for the model's text or a column that is absent, EstimationError for data
    that cannot be fitted, a model that is not identified, or a search without certificate.
    """
    _fail_if_option_is_unknown("likelihood", likelihood, get_args(Likelihood))
    _fail_if_option_is_unknown("errors", errors, get_args(Errors))
    if cluster is not None and errors != "robust":
        raise ModelError(f"errors={errors!r} ignores clusters; use 'robust' or leave out cluster.")
    specification = spec.parse(model, likelihood=likelihood)
    rows = sample.read(specification, data, cluster=cluster)
    optimum = estimation.estimate(specification, rows)
    full = inference.covariance(specification, rows, optimum, errors=errors)
    kept = list(specification.reported)
    measures = inference.measures(specification, rows, optimum)
    r2 = inference.explained(specification, optimum)
    return SemFit(
        model=model,
        likelihood=likelihood,
        errors=errors,
        information="expected" if errors == "expected" else "observed",
        parameters=inference.parameter_table(specification, rows, optimum, covariance=full),
        covariance=full[np.ix_(kept, kept)],
        n=rows.n,
        n_clusters=rows.n_clusters,
        n_parameters=len(kept),
        df=specification.df,
        loglik=measures.loglik,
        aic=measures.aic,
        bic=measures.bic,
        chi2=measures.chi2,
        chi2_p=measures.chi2_p,
        r2=MappingProxyType(r2),
        r2_adjusted=MappingProxyType(inference.adjusted(specification, r2, n=rows.n)),
        gradient_norm=optimum.gradient_norm,
        converged=True,
        flags=_flags(rows, len(kept)),
    )


def _fail_if_option_is_unknown(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ModelError(f"{name}={value!r} is unknown; expected one of {', '.join(known)}.")


def _flags(rows: sample.Sample, parameters: int) -> tuple[str, ...]:
    if rows.n_clusters is None or rows.n_clusters > parameters:
        return ()
    return (
        f"{rows.n_clusters} clusters for {parameters} parameters: the clustered covariance matrix "
        "is singular, single standard errors are rough and joint tests impossible.",
    )
