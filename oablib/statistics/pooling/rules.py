"""Rubin's rules on plain numbers.

Rubin (1987, ch. 3); degrees of freedom of Barnard & Rubin (1999, Biometrika 86:948).
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from oablib.base.errors import PoolingError
from oablib.base.shown import showable
from oablib.statistics.sem import arguments

# Eigenvalues of the within-imputation correlation matrix below this share of the largest are those
# of repeated parameters (equal over groups): exact dependence comes out near 1e-15.
SINGULAR_SHARE = 1e-10
# Covariances that differ more than this from their mirror image (relative) are no rounding.
SYMMETRY_TOLERANCE = 1e-8


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Pooled:
    """Rubin's quantities, each of shape (k,).

    est: mean of the m estimates. within: mean sampling variance. between: variance of the
    estimates, divisor m - 1. total = within + (1 + 1/m) between, or with scale_w
    (1 + average relative increase) within; se its root. df: Barnard & Rubin. df_rubin: Rubin
    (1987, eq. 3.1.6), infinite where nothing varies between imputations. riv: relative increase
    in variance (1 + 1/m) between / within; lambda_: riv / (1 + riv); fmi: fraction of missing
    information with the correction for finite df, as in mice::pool.
    covariance: total, shape (k, k); None when only variances were given.
    """

    est: NDArray
    within: NDArray
    between: NDArray
    total: NDArray
    se: NDArray
    df: NDArray
    df_rubin: NDArray
    riv: NDArray
    fmi: NDArray
    lambda_: NDArray
    covariance: NDArray | None


def rubin(
    estimates: ArrayLike,
    covariances: ArrayLike,
    *,
    df_complete: float | None = None,
    scale_w: bool = False,
) -> Pooled:
    """Pool estimates, shape (m, k), with variances (m, k) or covariance matrices (m, k, k).

    df_complete: degrees of freedom had nothing been missing; None when large, and df is then
        df_rubin. With m = 1 between, riv and fmi are 0 and df is df_complete. Where the m
        estimates are equal mice sets lambda to 1e-4 before it computes df; here it is 0.
    scale_w: total = (1 + r) within with r the average relative increase in variance (Enders,
        2010, Applied Missing Data Analysis, p. 235; the default of semTools and lavaan.mi). It
        assumes one fraction of missing information for all parameters; needs matrices.
    Raises PoolingError for no imputation, shapes that differ, numbers that cannot be, and
    scale_w without matrices.
    """
    arguments.switch("scale_w", scale_w, error=PoolingError)
    q, u = numbers(estimates, "estimates"), numbers(covariances, "covariances")
    fail_if_unfit(q, u, df_complete=df_complete)
    if scale_w and u.ndim == 2:
        raise PoolingError(
            f"scale_w needs covariance matrices, found variances of shape {u.shape}; give shape "
            f"{(*u.shape, u.shape[1])} or leave scale_w out."
        )
    increase = average_increase(q, u) if scale_w else None
    return combine(q, u, df_complete=df_complete, increase=increase)


def numbers(values: ArrayLike, what: str) -> NDArray:
    """An array of doubles. Raises PoolingError for text, complex numbers, rows of two lengths."""
    return arguments.array(what, values, error=PoolingError)


def combine(
    q: NDArray, u: NDArray, *, df_complete: float | None, increase: float | None = None
) -> Pooled:
    """`rubin` without its checks; a relative `increase` given replaces within + (1 + 1/m) between.

    Shapes as in `rubin`.
    """
    m = len(q)
    within, between = u.mean(axis=0), between_imputations(q, matrix=u.ndim == 3)
    extra = (1 + 1 / m) * between
    total = within + extra if increase is None else (1 + increase) * within
    w, b, t = (np.diag(x) if x.ndim == 2 else x for x in (within, between, total))
    riv = (1 + 1 / m) * b / w
    lambda_ = riv / (1 + riv)
    df = barnard_rubin(lambda_, m=m, df_complete=df_complete)
    return Pooled(
        est=q.mean(axis=0), within=w, between=b, total=t, se=np.sqrt(t),
        df=df, df_rubin=barnard_rubin(lambda_, m=m, df_complete=None), riv=riv, lambda_=lambda_,
        fmi=(riv + 2 / (df + 3)) / (riv + 1) if m > 1 else np.zeros_like(riv),
        covariance=total if u.ndim == 3 else None,
    )  # fmt: skip


def between_imputations(q: NDArray, *, matrix: bool) -> NDArray:
    """Variance of the m estimates, divisor m - 1: shape (k, k) or (k,); zeros when m is 1.

    Estimates that are all the same double get exactly 0, which their rounded mean would not.
    """
    deviation = np.where(np.ptp(q, axis=0) == 0, 0.0, q - q.mean(axis=0))
    divisor = max(len(q) - 1, 1)
    if matrix:
        return deviation.T @ deviation / divisor
    return (deviation**2).sum(axis=0) / divisor


def average_increase(q: NDArray, u: NDArray) -> float:
    """Average relative increase in variance, (1 + 1/m) trace(between within^-1) / k.

    Shapes (m, k) and (m, k, k). Li, Raghunathan & Rubin (1991, J Am Stat Assoc 86:1065). Repeated
    parameters count once: a generalised inverse in correlation form, with its rank as k.
    """
    within = u.mean(axis=0)
    size = np.sqrt(np.diag(within))
    values, vectors = np.linalg.eigh(within / np.outer(size, size))
    kept = values > SINGULAR_SHARE * values[-1]
    between = between_imputations(q / size, matrix=True)
    rotated = vectors[:, kept].T @ between @ vectors[:, kept]
    return float((1 + 1 / len(q)) * np.sum(np.diag(rotated) / values[kept]) / kept.sum())


def barnard_rubin(lambda_: NDArray, *, m: int, df_complete: float | None) -> NDArray:
    """Degrees of freedom for a share `lambda_` of variance due to missing values.

    1/df = 1/df_old + 1/df_observed with df_old = (m - 1) / lambda^2 (Rubin, 1987, eq. 3.1.6)
    and df_observed = (c + 1) / (c + 3) c (1 - lambda), c = df_complete (Barnard & Rubin, eq. 3).
    df_complete=None (or infinite) leaves df_old.
    """
    complete = math.inf if df_complete is None else float(df_complete)
    if m == 1:
        return np.full(lambda_.shape, complete)
    inverse_old = lambda_**2 / (m - 1)
    if math.isinf(complete):
        with np.errstate(divide="ignore", over="ignore"):
            return 1 / inverse_old
    observed = (complete + 1) / (complete + 3) * complete * (1 - lambda_)
    return observed / (1 + observed * inverse_old)


def t_tests(pooled: Pooled) -> pd.DataFrame:
    """One row per estimate: est, se, t, df, p (two-sided) and ci_lower, ci_upper (95 %)."""
    t = pooled.est / pooled.se
    margin = stdtrit(pooled.df, 0.975) * pooled.se
    return pd.DataFrame(
        {
            "est": pooled.est,
            "se": pooled.se,
            "t": t,
            "df": pooled.df,
            "p": 2 * stdtr(pooled.df, -np.abs(t)),
            "ci_lower": pooled.est - margin,
            "ci_upper": pooled.est + margin,
        }
    )


def with_fixed(rows: pd.DataFrame, *, free: NDArray, est: NDArray) -> pd.DataFrame:
    """Rows of free estimates among those of all, shape (k,); a fixed one has se 0 and no test."""
    table = rows.set_axis(np.flatnonzero(free)).reindex(range(len(free)))
    return table.assign(est=table["est"].fillna(pd.Series(est)), se=table["se"].fillna(0.0))


def fail_if_unfit(q: NDArray, u: NDArray, *, df_complete: float | None) -> None:
    """Raise PoolingError for what `rubin` cannot pool."""
    if q.ndim != 2 or u.shape not in (q.shape, (*q.shape, q.shape[1])) or not len(q):
        raise PoolingError(
            f"Estimates of shape {q.shape} and covariances of shape {u.shape}; expected (m, k) "
            "with (m, k) variances or (m, k, k) matrices, and at least one imputation."
        )
    _fail_if_numbers_are_impossible(q, u)
    if df_complete is None:
        return
    arguments.number("df_complete", df_complete, "a number above 0, or None", error=PoolingError)
    if not df_complete > 0:
        raise PoolingError(
            f"df_complete is {df_complete}; expected a number above 0, or None when it is large."
        )


def _fail_if_numbers_are_impossible(q: NDArray, u: NDArray) -> None:
    variances = u if u.ndim == 2 else np.diagonal(u, axis1=1, axis2=2)
    bad = int((~(np.isfinite(variances) & (variances > 0))).sum())
    if not np.isfinite(q).all() or bad:
        raise PoolingError(
            f"{int((~np.isfinite(q)).sum())} estimates are not finite and {bad} variances not "
            "finite and positive; expected results of fits that converged."
        )
    if u.ndim == 3 and not _is_symmetric(u, variances):
        raise PoolingError(
            "A covariance matrix holds numbers that are not finite or is not symmetric; "
            "expected results of fits that converged."
        )


def _is_symmetric(u: NDArray, variances: NDArray) -> bool:
    size = np.sqrt(variances)
    correlation = u / (size[:, :, None] * size[:, None, :])
    gap = np.abs(correlation - correlation.transpose(0, 2, 1))
    return bool((gap <= SYMMETRY_TOLERANCE).all())
