"""Rubin's rules: m fits of the same model to m imputations become one.

Rubin (1987, ch. 3); degrees of freedom of Barnard & Rubin (1999, Biometrika 86:948).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from oablib.errors import PoolingError
from oablib.sem import SemFit

ADDRESS = ["lhs", "op", "rhs"]


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """Rubin's quantities, each of shape (k,).

    est: mean of the m estimates. within: mean sampling variance. between: variance of the
    estimates, divisor m - 1. total = within + (1 + 1/m) between, se its root. df: Barnard &
    Rubin. riv: relative increase in variance; lambda_: its share of total; fmi: fraction of
    missing information with the correction for finite df, as in mice::pool.
    """

    est: NDArray
    within: NDArray
    between: NDArray
    total: NDArray
    se: NDArray
    df: NDArray
    riv: NDArray
    fmi: NDArray
    lambda_: NDArray


@dataclass(frozen=True, slots=True, eq=False)
class PooledFit:
    """m fits of one model as one.

    parameters: lhs, op, rhs, est, se, t, df, p, ci_lower, ci_upper (95 %, t), within, between,
        riv, fmi, lambda_, and std, the mean of the m standardised estimates.
    fit: one row per imputation (numbered from 1) with loglik, aic, bic, chi2 and, per
        endogenous variable, r2_<name> and r2_adjusted_<name>; `fit_mean` averages them.
    df: of the model, not of the tests. flags: sentences for the reader.
    """

    parameters: pd.DataFrame
    fit: pd.DataFrame
    n: int
    n_parameters: int
    df: int
    n_clusters: int | None
    m: int
    flags: tuple[str, ...]

    @property
    def fit_mean(self) -> pd.Series:
        """Means over the imputations: the convention of the published report."""
        return self.fit.drop(columns="imputation").mean()


def rubin(estimates: ArrayLike, variances: ArrayLike, *, df_complete: float) -> Pooled:
    """Pool estimates and sampling variances, both of shape (m, k).

    df_complete: degrees of freedom had nothing been missing (math.inf when large). With m = 1
    between, riv and fmi are 0 and df is df_complete. Where the m estimates are equal mice sets
    lambda to 1e-4 before it computes df; here it is 0.
    Raises PoolingError for no imputation, shapes that differ, and numbers that cannot be.
    """
    q, u = np.asarray(estimates, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    _fail_if_numbers_are_impossible(q, u, df_complete)
    m, k = q.shape
    within = u.mean(axis=0)
    between = q.var(axis=0, ddof=1) if m > 1 else np.zeros(k)
    between = np.where(np.ptp(q, axis=0) == 0, 0.0, between)
    extra = (1 + 1 / m) * between
    total, riv = within + extra, extra / within
    lambda_ = extra / total
    df = barnard_rubin(lambda_, m=m, df_complete=df_complete)
    return Pooled(
        est=q.mean(axis=0), within=within, between=between, total=total, se=np.sqrt(total),
        df=df, riv=riv, lambda_=lambda_,
        fmi=(riv + 2 / (df + 3)) / (riv + 1) if m > 1 else np.zeros(k),
    )  # fmt: skip


def barnard_rubin(lambda_: NDArray, *, m: int, df_complete: float) -> NDArray:
    """Degrees of freedom for a share `lambda_` of variance due to missing values.

    1/df = 1/df_old + 1/df_observed with df_old = (m - 1) / lambda^2 (Rubin, 1987, eq. 3.1.6)
    and df_observed = (c + 1) / (c + 3) c (1 - lambda), c = df_complete (Barnard & Rubin, eq. 3).
    """
    if m == 1:
        return np.full(lambda_.shape, float(df_complete))
    inverse_old = lambda_**2 / (m - 1)
    if math.isinf(df_complete):
        with np.errstate(divide="ignore"):
            return 1 / inverse_old
    observed = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - lambda_)
    return observed / (1 + observed * inverse_old)


def pool(fits: Sequence[SemFit]) -> PooledFit:
    """Pool fits of one model to m imputations of the same rows.

    df_complete is clusters - 1 when errors are clustered, else n minus parameters. Raises
    PoolingError when there is no fit or the fits differ in parameters, n, likelihood or errors.
    """
    if not fits:
        raise PoolingError("No fits to pool; expected one per imputation.")
    _fail_if_fits_differ(fits)
    first = fits[0]
    pooled = rubin(
        [fit.parameters["est"] for fit in fits],
        [np.diag(fit.covariance) for fit in fits],
        df_complete=_complete_df(first),
    )
    std = np.mean([fit.parameters["std"] for fit in fits], axis=0)
    return PooledFit(
        parameters=_parameter_table(first.parameters[ADDRESS], pooled).assign(std=std),
        fit=pd.DataFrame([_fit_row(i, fit) for i, fit in enumerate(fits, start=1)]),
        n=first.n,
        n_parameters=first.n_parameters,
        df=first.df,
        n_clusters=first.n_clusters,
        m=len(fits),
        flags=_flags(fits, pooled),
    )


def _complete_df(fit: SemFit) -> int:
    return fit.n - fit.n_parameters if fit.n_clusters is None else fit.n_clusters - 1


def _parameter_table(address: pd.DataFrame, pooled: Pooled) -> pd.DataFrame:
    t = pooled.est / pooled.se
    margin = stdtrit(pooled.df, 0.975) * pooled.se
    return address.assign(
        est=pooled.est, se=pooled.se, t=t, df=pooled.df, p=2 * stdtr(pooled.df, -np.abs(t)),
        ci_lower=pooled.est - margin, ci_upper=pooled.est + margin,
        within=pooled.within, between=pooled.between,
        riv=pooled.riv, fmi=pooled.fmi, lambda_=pooled.lambda_,
    )  # fmt: skip


def _fit_row(imputation: int, fit: SemFit) -> dict[str, float]:
    row = {"imputation": imputation, "loglik": fit.loglik, "aic": fit.aic, "bic": fit.bic}
    row["chi2"] = fit.chi2
    row |= {f"r2_{name}": value for name, value in fit.r2.items()}
    return row | {f"r2_adjusted_{name}": value for name, value in fit.r2_adjusted.items()}


def _flags(fits: Sequence[SemFit], pooled: Pooled) -> tuple[str, ...]:
    own = tuple(dict.fromkeys(flag for fit in fits for flag in fit.flags))
    if len(fits) == 1:
        return (*own, "m = 1: one data set passed through, nothing was pooled.")
    if not pooled.between.any():
        return (
            *own,
            f"All {len(fits)} imputations gave identical estimates: either nothing was missing "
            "in the model's columns, or one imputation was read several times.",
        )
    return own


def _fail_if_fits_differ(fits: Sequence[SemFit]) -> None:
    facts: dict[str, Callable[[SemFit], object]] = {
        "parameters": lambda fit: tuple(map(tuple, fit.parameters[ADDRESS].to_numpy())),
        "numbers of rows": lambda fit: fit.n,
        "numbers of clusters": lambda fit: fit.n_clusters,
        "likelihoods": lambda fit: fit.likelihood,
        "kinds of standard errors": lambda fit: fit.errors,
    }
    for name, fact in facts.items():
        found = list(dict.fromkeys(fact(fit) for fit in fits))
        if len(found) > 1:
            shown = "" if name == "parameters" else f": {', '.join(map(str, found))}"
            raise PoolingError(
                f"The {len(fits)} fits have {len(found)} different {name}{shown}; "
                "expected one model fitted to imputations of the same rows."
            )


def _fail_if_numbers_are_impossible(q: NDArray, u: NDArray, df_complete: float) -> None:
    if q.ndim != 2 or q.shape != u.shape or q.shape[0] == 0:
        raise PoolingError(
            f"Estimates of shape {q.shape} and variances of shape {u.shape}; expected (m, k) for "
            "both, with at least one imputation."
        )
    if not (np.isfinite(q).all() and np.isfinite(u).all() and (u > 0).all()):
        raise PoolingError(
            f"{int((~np.isfinite(q)).sum())} estimates are not finite and "
            f"{int((~(np.isfinite(u) & (u > 0))).sum())} variances not finite and positive; "
            "expected results of fits that converged."
        )
    if not df_complete > 0:
        raise PoolingError(f"df_complete is {df_complete}; expected a number above 0.")
