"""The result of a fit."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ModelError
from oablib.statistics.sem.estimation import Optimum
from oablib.statistics.sem.inference import Errors
from oablib.statistics.sem.measures import Measures
from oablib.statistics.sem.problem import Problem
from oablib.statistics.sem.spec import Likelihood


@dataclass(frozen=True, slots=True, eq=False)
class Core:
    """What later questions about a fit need: the model on its data's moments, and the optimum."""

    problem: Problem
    optimum: Optimum
    covariance: NDArray


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SemFit(Measures):
    """One fitted model.

    parameters: one row per free parameter, per value that the text or a marker fixes, and per
        defined parameter, addressed by (lhs, op, rhs), in fits of several groups by group too.
        op is `=~` loading, `~` path, `~~` (residual) covariance, `~1` intercept (rhs empty) or
        `:=` (rhs the expression); label; est, se, z, p, ci_lower and ci_upper (95 %, normal),
        std (lavaan's std.all). A fixed value has se 0, and NaN for z and p.
    covariance: sampling covariance of est, shape (r, r), rows as in parameters.
    n_parameters: free parameters that the likelihood counts; shared ones count once.
    loglik, aic, bic, chi2, cfi and the other measures of fit: see Measures.
    r2, r2_adjusted: per endogenous variable (and group: "name.group").
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
    n_groups: int
    n_clusters: int | None
    n_parameters: int
    df: int
    r2: Mapping[str, float]
    r2_adjusted: Mapping[str, float]
    gradient_norm: float
    converged: bool
    flags: tuple[str, ...]
    core: Core

    def __repr__(self) -> str:
        return (
            f"<SemFit: {self.n_parameters} parameters, n = {self.n:,}, chi2({self.df}) = "
            f"{self.chi2:.3f}, log-likelihood {self.loglik:.3f}, {len(self.flags)} flags; "
            "print(fit.summary()) shows all of it>"
        )

    def parameter(self, lhs: str, op: str, rhs: str = "", *, group: str = "") -> pd.Series:
        """Row of `parameters` at this address; `x ~~ y` also finds `y ~~ x`. Else ModelError."""
        rows = self.parameters
        hit = (rows["lhs"] == lhs) & (rows["op"] == op)
        if op != ":=":
            hit &= rows["rhs"] == rhs
        if op == "~~":
            hit |= (rows["lhs"] == rhs) & (rows["op"] == op) & (rows["rhs"] == lhs)
        if group and self.n_groups > 1:
            hit &= rows["group"] == group
        if not hit.any():
            known = ", ".join(
                " ".join(row).strip() for row in rows[["lhs", "op", "rhs"]].to_numpy()
            )
            raise ModelError(
                f"`{lhs} {op} {rhs}` is not a parameter of this fit; its parameters: {known}."
            )
        return rows[hit].iloc[0]

    def summary(self) -> str:
        """Fit and parameters as text, in the order of lavaan's summary."""
        from oablib.statistics.sem.summary import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from oablib.statistics.sem.summary import as_html

        return as_html(self)
