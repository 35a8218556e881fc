"""m fits of one model to m imputations become one fit."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from oablib.base.errors import EstimationError, PoolingError
from oablib.statistics import sem
from oablib.statistics.pooling import pooled_tests, rules
from oablib.statistics.pooling.pooled_tests import PooledTest
from oablib.statistics.pooling.rules import Pooled
from oablib.statistics.sem import SemFit, arguments
from oablib.statistics.sem.comparing import comparable
from oablib.statistics.sem.results.solution import Z_95

ADDRESS = ("lhs", "op", "rhs", "group")
MEASURES = (
    "loglik", "aic", "bic", "sabic", "chi2", "chi2_scaled", "cfi", "tli", "rmsea", "srmr"
)  # fmt: skip
RUBIN = ("within", "between", "riv", "fmi", "lambda_")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PooledFit:
    """m fits of one model as one.

    parameters: lhs, op, rhs, [group], label, est, se, t, df, p, ci_lower, ci_upper (95 %, t),
        within, between, riv, fmi, lambda_ (see Pooled); std, the mean of the m standardised
        estimates; df_rubin; mce and mce_p, the Monte Carlo errors of est and of p; and
        m_recommended, the number of imputations that would make se repeatable. A fixed value has
        se 0 and NaN where nothing can be tested.
    covariance: total sampling covariance of est, shape (k, k), rows as in parameters.
    fit: one row per imputation (numbered from 1) with loglik, aic, bic, sabic, chi2, chi2_scaled,
        cfi, tli, rmsea, srmr and, per endogenous variable, r2_<name> and r2_adjusted_<name>;
        `fit_mean` averages them.
    tests: of the model against the saturated one, pooled: "D4" and "D2" from the likelihood
        ratios, "D2_scaled" from the scaled ones of robust fits; empty where df is 0.
    df: of the model, not of the tests. scale_w: as in `pool`. first: the first of the m fits, for
        its model and options. flags: sentences for the reader.
    """

    parameters: pd.DataFrame
    covariance: NDArray
    fit: pd.DataFrame
    n: int
    n_parameters: int
    df: int
    n_clusters: int | None
    m: int
    tests: Mapping[str, PooledTest]
    scale_w: bool
    first: SemFit
    flags: tuple[str, ...]

    def __repr__(self) -> str:
        return (
            f"<PooledFit: {self.n_parameters} parameters, n = {self.n:,}, {self.m} imputations, "
            f"{len(self.flags)} flags; print(pooled.summary()) shows all of it>"
        )

    def summary(self) -> str:
        """Pooled tests and parameters as text, in the order of lavaan.mi's summary."""
        from oablib.statistics.pooling.summary import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from oablib.statistics.pooling.summary import as_html

        return as_html(self)

    @property
    def fit_mean(self) -> pd.Series:
        """Means over the imputations, the convention of the published report; NaN where one is."""
        return self.fit.drop(columns="imputation").mean(skipna=False)


@dataclass(frozen=True, slots=True, eq=False)
class _Numbers:
    """Estimates (m, k) and covariances (m, k, k) of the free rows, and how to pool them.

    averaged: rows over which the relative increase is averaged; None for Rubin's total variance.
    """

    q: NDArray
    u: NDArray
    df_complete: float
    averaged: NDArray | None

    def pooled(self, rows: NDArray) -> Pooled:
        """Pool the imputations with these numbers."""
        q, u, increase = self.q[rows], self.u[rows], None
        if self.averaged is not None:
            part = np.flatnonzero(self.averaged)
            increase = rules.average_increase(q[:, part], u[:, part[:, None], part])
        return rules.combine(q, u, df_complete=self.df_complete, increase=increase)


def pool(fits: Iterable[SemFit], *, scale_w: bool = False, cv: float = 0.05) -> PooledFit:
    """Pool fits of one model to m imputations of the same rows.

    scale_w: as in `rubin`, the relative increase averaged over all parameters but defined ones.
    cv: how far a standard error may vary over sets of imputations (fraction), for m_recommended.
    df_complete is clusters - 1 when errors are clustered, else n minus parameters. Sources: Rubin
    (1987), Barnard & Rubin (1999), Enders (2010) for scale_w; precision gives the others. Raises
    PoolingError when there is no fit or `comparable.to_pool` finds that the fits differ.
    """
    arguments.switch("scale_w", scale_w, error=PoolingError)
    arguments.number("cv", cv, "a fraction above 0, such as 0.05", error=PoolingError)
    fits = comparable.to_pool(fits)
    first, m = fits[0], len(fits)
    q, u = arrays(fits)
    free = (np.diagonal(u, axis1=1, axis2=2) != 0).any(axis=0)
    rows = np.flatnonzero(free)
    averaged = (first.parameters["op"] != ":=").to_numpy()[free] if scale_w else None
    numbers = _Numbers(q[:, free], u[:, rows[:, None], rows], complete_df(first), averaged)
    rules.fail_if_unfit(numbers.q, numbers.u, df_complete=numbers.df_complete)
    pooled = numbers.pooled(np.arange(m))
    covariance = np.zeros(u.shape[1:])
    covariance[np.ix_(free, free)] = pooled.covariance
    std = np.mean([fit.parameters["std"] for fit in fits], axis=0)
    table = rules.with_fixed(_free_rows(numbers, pooled, cv=cv), free=free, est=q[0])
    table.insert(list(table).index("df_rubin"), "std", std)
    address = [name for name in (*ADDRESS, "label") if name in first.parameters]
    return PooledFit(
        parameters=pd.concat([first.parameters[address], table], axis=1),
        covariance=covariance,
        fit=pd.DataFrame([_fit_row(i, fit) for i, fit in enumerate(fits, start=1)]),
        n=first.n,
        n_parameters=first.n_parameters,
        df=first.df,
        n_clusters=first.n_clusters,
        m=m,
        tests=_tests_of_model(fits),
        scale_w=scale_w,
        first=first,
        flags=_flags(fits, identical=not pooled.between.any()),
    )


def _tests_of_model(fits: Sequence[SemFit]) -> dict[str, PooledTest]:
    """See PooledFit.tests. Clusters enter the scaled ratios only."""
    df = fits[0].df
    if df == 0:
        return {}
    ratios = [fit.chi2 for fit in fits]
    try:
        d4 = pooled_tests.d4(ratios, sem.stacked_chi2(fits), df)
    except EstimationError as error:
        d4 = pooled_tests.untested("D4", df, reason=str(error))
    tests = {"D4": d4, "D2": pooled_tests.d2(ratios, df)}
    if fits[0].errors != "robust":
        return tests
    scaled = [fit.chi2_scaled for fit in fits]
    defined = np.isfinite(scaled).all() and min(scaled) >= 0
    reason = "The scaled statistic is not defined in every imputation."
    d2 = pooled_tests.d2(scaled, df) if defined else pooled_tests.untested("D2", df, reason=reason)
    return tests | {"D2_scaled": d2}


def arrays(fits: Sequence[SemFit]) -> tuple[NDArray, NDArray]:
    """Estimates, shape (m, k), and covariance matrices, (m, k, k), of all rows of parameters."""
    estimates = np.array([fit.parameters["est"] for fit in fits], dtype=np.float64)
    return estimates, np.array([fit.covariance for fit in fits], dtype=np.float64)


def complete_df(fit: SemFit) -> float:
    """Degrees of freedom of a t test had nothing been missing."""
    return fit.n - fit.n_parameters if fit.n_clusters is None else fit.n_clusters - 1


def _flags(fits: Sequence[SemFit], *, identical: bool) -> tuple[str, ...]:
    """Flags of the fits, each once, and those on the imputations."""
    flags = list(dict.fromkeys(flag for fit in fits for flag in fit.flags))
    if len(fits) == 1:
        flags.append("m = 1: one data set passed through, nothing was pooled.")
    elif identical:
        flags.append(
            f"All {len(fits)} imputations gave identical estimates: either nothing was missing "
            "in the model's columns, or one imputation was read several times."
        )
    return tuple(flags)


def pool_estimates(
    estimates: NDArray, covariances: NDArray, *, df_complete: float, cv: float = 0.05
) -> pd.DataFrame:
    """Pool estimates (m, k) with covariances (m, k, k) that are no fit's, such as resampled ones.

    Columns as PooledFit.parameters, without addresses, labels and std; cv as in `pool`. Raises
    PoolingError as `rubin`.
    """
    numbers = _Numbers(estimates, covariances, df_complete, averaged=None)
    rules.fail_if_unfit(estimates, covariances, df_complete=df_complete)
    return _free_rows(numbers, numbers.pooled(np.arange(len(estimates))), cv=cv)


def _free_rows(numbers: _Numbers, pooled: Pooled, *, cv: float) -> pd.DataFrame:
    m = len(numbers.q)
    return rules.t_tests(pooled).assign(
        **{name: getattr(pooled, name) for name in RUBIN},
        df_rubin=pooled.df_rubin,
        mce=monte_carlo_error(pooled.between, m=m),
        mce_p=jackknife_error(
            lambda rows: rules.t_tests(numbers.pooled(rows))["p"].to_numpy(), m=m
        ),
        m_recommended=recommended_imputations(pooled.fmi, m=m, cv=cv),
    )


def _fit_row(imputation: int, fit: SemFit) -> dict[str, float]:
    row = {"imputation": imputation} | {name: getattr(fit, name) for name in MEASURES}
    row |= {f"r2_{name}": value for name, value in fit.r2.items()}
    return row | {f"r2_adjusted_{name}": value for name, value in fit.r2_adjusted.items()}


# A jackknife leaves m - 1 imputations, and variance between imputations needs two of them.
FEWEST_FOR_JACKKNIFE = 3


def monte_carlo_error(between: NDArray, *, m: int) -> NDArray:
    """Standard deviation of a pooled estimate over sets of m imputations: sqrt(between / m).

    NaN when m is 1. Royston, Carlin & White (2009, Stata J 9:252).
    """
    return np.sqrt(between / m) if m > 1 else np.full(between.shape, np.nan)


def jackknife_error(statistic: Callable[[NDArray], NDArray], *, m: int) -> NDArray:
    """Monte Carlo error of any pooled statistic, by leaving out each imputation in turn.

    statistic: gives the statistic, shape (k,), for the numbers of the imputations used. The error
    is the root of (m - 1)/m times the sum of squared deviations of the m values from their mean
    (Royston, Carlin & White, 2009). NaN when m is below 3.
    """
    everything = np.arange(m)
    if m < FEWEST_FOR_JACKKNIFE:
        return np.full(statistic(everything).shape, np.nan)
    values = np.array([statistic(np.delete(everything, left_out)) for left_out in everything])
    return np.sqrt((m - 1) * values.var(axis=0))


def recommended_imputations(fmi: NDArray, *, m: int, cv: float) -> NDArray:
    """Imputations after which a standard error would vary by `cv` (a fraction) at most.

    1 + (f / cv)^2 / 2, rounded up, with f the upper end of the 95 % interval of fmi, which on the
    logit scale has the standard error sqrt(2/m) (von Hippel, 2020, Sociol Methods Res 49:699;
    Stata's and R's how_many_imputations). NaN when m is 1. From few imputations f is rough: the
    author starts with 20. Raises PoolingError for a cv that is not above 0.
    """
    if not cv > 0:
        raise PoolingError(f"cv is {cv}; expected a fraction above 0, such as 0.05.")
    if m == 1:
        return np.full(fmi.shape, np.nan)
    upper = expit(logit(fmi) + Z_95 * np.sqrt(2 / m))
    return np.ceil(1 + (upper / cv) ** 2 / 2)
