"""Joint tests over imputations, on plain numbers: D1 (Wald), D2 (chi-squares), D3 and D4 (ratios).

Each pooled statistic is compared with F; with no variance between imputations it is the chi-square
of a complete data set divided by its degrees of freedom.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, fdtrc

from oablib.base.errors import PoolingError
from oablib.base.shown import showable
from oablib.statistics.pooling import rules
from oablib.statistics.sem import arguments

Method = Literal["D1", "D2", "D3", "D4"]

ONE_IMPUTATION = "m = 1: variance between imputations is unknown, nothing can be tested."
ALL_EQUAL = (
    "All imputations gave the same statistic: either nothing was missing in what it tests, or one "
    "imputation was read several times."
)
# A relative increase nearer to 0 than this is the search noise of the fits.
NOISE = 1e-8
# Up to this k (m - 1) the reference df of Li et al. (1991) and Reiter (2007) take their other form.
FEW = 4


@showable()
@dataclass(frozen=True, slots=True)
class PooledTest:
    """One pooled test.

    statistic: to be compared with F(df1, df2). df1: number of parameters tested. df2: infinite
    where nothing varies between imputations. riv: (average) relative increase in variance;
    fmi: riv / (1 + riv), without correction for finite df. flags: sentences for the reader.
    All numbers but df1 are NaN when there is one imputation only.
    """

    method: Method
    statistic: float
    df1: int
    df2: float
    p: float
    riv: float
    fmi: float
    flags: tuple[str, ...]

    @property
    def chi2(self) -> float:
        """statistic times df1: on the scale of a likelihood ratio or a modification index."""
        return self.statistic * self.df1


def d1(
    estimates: ArrayLike, covariances: ArrayLike, *, df_complete: float | None = None
) -> PooledTest:
    """Wald test that k parameters are zero; shapes (m, k) and (m, k, k).

    Li, Raghunathan & Rubin (1991, J Am Stat Assoc 86:1065). df_complete: as in `rubin`; a finite
    one takes df2 of Reiter (2007, Biometrika 94:502) or, where few imputations
    (k (m - 1) <= 4) or few rows leave that undefined, (k + 1)/2 times Barnard & Rubin's df, the
    small-sample form of what Li et al. take. Elsewhere equal to mitml::testModels(method = "D1")
    and mice::D1. Raises PoolingError as `rubin` does.
    """
    q, u = rules.numbers(estimates, "estimates"), rules.numbers(covariances, "covariances")
    if u.ndim != 3:
        raise PoolingError(
            f"Covariances of shape {u.shape}; expected one matrix per imputation, (m, k, k)."
        )
    rules.fail_if_unfit(q, u, df_complete=df_complete)
    m, k = q.shape
    if m == 1:
        return untested("D1", k)
    mean, (riv, _) = q.mean(axis=0), increase(rules.average_increase(q, u))
    try:
        distance = float(mean @ np.linalg.solve(u.mean(axis=0), mean))
    except np.linalg.LinAlgError as error:
        raise PoolingError(
            f"The mean covariance matrix of {k} parameters is singular; test fewer parameters at "
            "once."
        ) from error
    df2 = _reiter_df(k, m=m, riv=riv, df_complete=df_complete)
    return f_test("D1", distance / (k * (1 + riv)), df1=k, df2=df2, riv=riv)


def wald(estimates: ArrayLike, covariances: ArrayLike, *, df_complete: float) -> PooledTest:
    """`d1`, or of a single data set, in which nothing was imputed, the F test of its k numbers."""
    q, u = rules.numbers(estimates, "estimates"), rules.numbers(covariances, "covariances")
    if len(q) > 1:
        return d1(q, u, df_complete=df_complete)
    distance, k = float(q[0] @ np.linalg.solve(u[0], q[0])), q.shape[1]
    test = f_test("D1", distance / k, df1=k, df2=df_complete, riv=0.0)
    return replace(test, flags=())  # nothing was imputed, so that nothing could vary


def d2(statistics: ArrayLike, df: int) -> PooledTest:
    """Pool m chi-square statistics, shape (m,), each with `df` degrees of freedom.

    Li, Meng, Raghunathan & Rubin (1991, Stat Sinica 1:65). It needs nothing else and is the
    roughest of the four. A negative pooled statistic becomes 0, with a flag. Equals
    semTools::calculate.D2 and mitml::testModels(method = "D2").
    """
    chi2 = _checked(statistics, df)
    m = len(chi2)
    if m == 1:
        return untested("D2", df)
    root = np.sqrt(chi2)
    riv, _ = increase(float((1 + 1 / m) * root.var(ddof=1)))
    statistic = (float(chi2.mean()) / df - (m + 1) / (m - 1) * riv) / (1 + riv)
    df2 = df ** (-3 / m) * (m - 1) * _inverse(riv) ** 2
    return f_test("D2", statistic, df1=df, df2=df2, riv=riv)


def d3(complete: ArrayLike, constrained: ArrayLike, df: int) -> PooledTest:
    """Pool likelihood ratios, each shape (m,), of two nested models that differ by `df`.

    Meng & Rubin (1992, Biometrika 79:103). complete: 2 (loglik general - loglik restricted), both
    at their own maximum in each imputation. constrained: the same with both models at their
    pooled estimates. A relative increase below 0 becomes 0 and a negative statistic becomes 0,
    with flags. Otherwise equal to semTools' D3 and mitml::testModels(method = "D3").
    """
    ratios, at_pooled = _checked(complete, df), rules.numbers(constrained, "ratios")
    if ratios.shape != at_pooled.shape or not np.isfinite(at_pooled).all():
        raise PoolingError(
            f"Ratios of shape {at_pooled.shape} at pooled estimates and {ratios.shape} at own "
            "ones; expected one finite number per imputation in both."
        )
    m = len(ratios)
    if m == 1:
        return untested("D3", df)
    pooled = float(at_pooled.mean())
    riv, flags = increase((m + 1) / (df * (m - 1)) * (float(ratios.mean()) - pooled))
    df2 = li_df(df, m=m, riv=riv)
    return f_test("D3", pooled / (df * (1 + riv)), df1=df, df2=df2, riv=riv, flags=flags)


def d4(
    complete: ArrayLike, stacked: float, df: int, *, general: tuple[float, int] | None = None
) -> PooledTest:
    """Pool likelihood ratios by one more, of the stacked data (Chan & Meng, 2022, Stat Sinica 32).

    complete: as in `d3`. stacked: the ratio for the m data sets as one of m n rows, divided by m.
    The relative increase is (m + 1) / (df (m - 1)) (mean complete - stacked), 0 where that is
    negative, with a flag: mitml's ariv = "positive", equal to its "default" elsewhere.
    general: 2 (mean loglik - stacked loglik / m) of the general model and its number of
        parameters; the increase is then estimated from the general model alone, which stays
        right when the restriction is wrong but assumes one fraction of missing information for
        all parameters (mitml's ariv = "robust").
    """
    ratios = _checked(complete, df)
    m = len(ratios)
    if m == 1:
        return untested("D4", df)
    arguments.number("stacked", stacked, "one likelihood ratio", error=PoolingError)
    if not (general is None or (isinstance(general, tuple) and len(general) == 2)):
        raise PoolingError(
            f"general= is of type {type(general).__name__}; expected a ratio and a number of "
            "parameters, (ratio, k)."
        )
    gap, k = (float(ratios.mean()) - stacked, df) if general is None else general
    riv, flags = increase((m + 1) / (k * (m - 1)) * gap)
    df2 = k * (m - 1) * _inverse(riv) ** 2
    return f_test("D4", stacked / (df * (1 + riv)), df1=df, df2=df2, riv=riv, flags=flags)


def f_test(
    method: Method,
    statistic: float,
    *,
    df1: int,
    df2: float,
    riv: float,
    flags: tuple[str, ...] = (),
) -> PooledTest:
    """A pooled statistic with its p and flags; a negative one becomes 0."""
    if statistic < 0:
        flags = (*flags, f"{method} was negative ({statistic:.3g}) and set to 0.")
        statistic = 0.0
    if riv == 0 and not flags:
        flags = (ALL_EQUAL,)
    p = chdtrc(df1, statistic * df1) if math.isinf(df2) else fdtrc(df1, df2, statistic)
    riv = float(riv)
    return PooledTest(
        method=method, statistic=float(statistic), df1=df1, df2=float(df2), p=float(p),
        riv=riv, fmi=riv / (1 + riv), flags=flags,
    )  # fmt: skip


# Columns of a test in tables; lavTestLRT.mi has F, df1, df2, pvalue and ariv.
COLUMNS = {"f": "statistic", "df1": "df1", "df2": "df2", "p": "p", "riv": "riv"}


def columns(suffix: str, test: PooledTest | None) -> dict[str, float]:
    """A test as columns f_<suffix>, df1_<suffix> and so on; NaN where there is none."""
    return {
        f"{name}_{suffix}": math.nan if test is None else float(getattr(test, field))
        for name, field in COLUMNS.items()
    }


def untested(method: Method, df1: int, *, reason: str = ONE_IMPUTATION) -> PooledTest:
    """A test that could not be made, and why."""
    nan = math.nan
    return PooledTest(method, nan, df1, nan, nan, nan, nan, (reason,))


def _inverse(riv: float) -> float:
    """1 + 1/riv, infinite where nothing varies."""
    return 1 + 1 / riv if riv > 0 else math.inf


def li_df(k: int, *, m: int, riv: float) -> float:
    """Li, Raghunathan & Rubin (1991); Meng & Rubin (1992) take it over."""
    t = k * (m - 1)
    if riv == 0:
        return math.inf
    if t > FEW:
        return 4 + (t - 4) * (1 + (1 - 2 / t) / riv) ** 2
    return t * (1 + 1 / k) * _inverse(riv) ** 2 / 2


def _reiter_df(k: int, *, m: int, riv: float, df_complete: float | None) -> float:
    if df_complete is None or math.isinf(df_complete):
        return li_df(k, m=m, riv=riv)
    t = k * (m - 1)
    a = riv * t / (t - 2) if t > FEW else math.inf
    whole = (df_complete + 1) / (df_complete + 3) * df_complete
    if whole <= 4 * (1 + a):
        share = np.array([riv / (1 + riv)])
        return (k + 1) / 2 * float(rules.barnard_rubin(share, m=m, df_complete=df_complete)[0])
    c0, c1, c2 = 1 / (t - 4), whole - 2 * (1 + a), whole - 4 * (1 + a)
    inverse = (
        1 / c2
        + c0 * (a**2 * c1 / ((1 + a) ** 2 * c2))
        + c0 * (8 * a**2 * c1 / ((1 + a) * c2**2) + 4 * a**2 / ((1 + a) * c2))
        + c0 * (4 * a**2 / (c2 * c1) + 16 * a**2 * c1 / c2**3)
        + c0 * (8 * a**2 / c2**2)
    )
    return 4 + 1 / inverse


def increase(riv: float) -> tuple[float, tuple[str, ...]]:
    """A relative increase in variance that can be one, and what was done to it."""
    if riv > NOISE:
        return riv, ()
    if riv >= -NOISE:
        return 0.0, ()
    return 0.0, (f"The relative increase in variance was negative ({riv:.3g}) and set to 0.",)


def _checked(statistics: ArrayLike, df: int) -> NDArray:
    chi2 = rules.numbers(statistics, "statistics")
    if chi2.ndim != 1 or not len(chi2):
        raise PoolingError(f"Statistics of shape {chi2.shape}; expected one per imputation, (m,).")
    arguments.whole_number("df", df, "a whole number from 1 on", error=PoolingError)
    bad = int((~(np.isfinite(chi2) & (chi2 >= 0))).sum())
    if bad or df < 1:
        raise PoolingError(
            f"{bad} of {len(chi2)} statistics are not finite and at least 0, and df is {df}; "
            "expected chi-squares of converged fits with 1 degree of freedom or more."
        )
    return chi2
