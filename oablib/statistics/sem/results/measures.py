"""How well a model fits, with lavaan's definitions (0.6-14, fitMeasures)."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from oablib.statistics.sem.data.sample import GroupSample
from oablib.statistics.sem.likelihood import patterns
from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.likelihood.patterns import PatternSample
from oablib.statistics.sem.likelihood.problem import Problem
from oablib.statistics.sem.results import fit_indices, scaling_factors, unrestricted
from oablib.statistics.sem.results.inference import Sandwich
from oablib.statistics.sem.search.estimation import Optimum
from oablib.statistics.sem.text.spec import ModelSpec


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """How well one model fits.

    loglik, aic, bic, sabic: of all variables (likelihood "joint") or given the exogenous ones
        ("conditional"): never compare them across likelihoods, variable sets or n.
    chi2, chi2_p: likelihood ratio against the saturated model; p is NaN when df is 0.
    chi2_scaled, chi2_scaled_p: chi2 / scaling_factor, lavaan's test "yuan.bentler.mplus"; NaN, as
        there, when df is 0 or the factor is not positive. baseline_*: of the model of independence.
    cfi, tli, rmsea (rmsea_lower to rmsea_upper: 90 %), srmr: from chi2 and baseline_chi2.
    *_scaled: the same from the two scaled chi2. *_robust: estimates of what cfi, tli and rmsea
        would be if data were normal and rows independent; see fit_indices for the sources. NaN
        with missing values, where lavaan corrects them further (Zhang & Savalei, 2022).
    """

    n: int
    n_groups: int
    df: int
    loglik: float
    aic: float
    bic: float
    sabic: float
    chi2: float
    chi2_p: float
    scaling_factor: float
    chi2_scaled: float
    chi2_scaled_p: float
    baseline_chi2: float
    baseline_df: int
    baseline_scaling_factor: float
    baseline_chi2_scaled: float
    cfi: float
    cfi_scaled: float
    cfi_robust: float
    tli: float
    tli_scaled: float
    tli_robust: float
    rmsea: float
    rmsea_lower: float
    rmsea_upper: float
    rmsea_scaled: float
    rmsea_robust: float
    srmr: float

    # Each end is a search: too slow for every fit, and few ask.
    @property
    def rmsea_scaled_lower(self) -> float:
        """Lower end of the 90 % interval of rmsea_scaled."""
        return self._scaled_interval()[0]

    @property
    def rmsea_scaled_upper(self) -> float:
        """Upper end of the 90 % interval of rmsea_scaled."""
        return self._scaled_interval()[1]

    @property
    def rmsea_robust_lower(self) -> float:
        """Lower end of the 90 % interval of rmsea_robust."""
        return self._robust_interval()[0]

    @property
    def rmsea_robust_upper(self) -> float:
        """Upper end of the 90 % interval of rmsea_robust."""
        return self._robust_interval()[1]

    def _scaled_interval(self) -> tuple[float, float]:
        df = self.df * self.scaling_factor
        return fit_indices.rmsea_interval(self.chi2, df, self.n, self.n_groups)

    def _robust_interval(self) -> tuple[float, float]:
        chi2, factor = self.chi2_scaled, self.scaling_factor + 0 * self.rmsea_robust
        return fit_indices.rmsea_interval(chi2, self.df, self.n, self.n_groups, factor=factor)


def measures(problem: Problem, optimum: Optimum, parts: Sandwich) -> Measures:
    """All measures of one fit; those that df = 0 leaves without meaning are NaN."""
    spec, n, groups, df = problem.spec, problem.sample.n, problem.spec.n_groups, problem.spec.df
    joint = n * problems.loglik(problem, optimum.at)
    chi2 = deviance(problem, joint)
    loglik = log_likelihood(problem, joint)
    base, base_df = _baseline(problem)
    unrestricted, independent = scaling_factors.traces_without_paths(problem)
    factor = scaling_factors.factor(unrestricted, scaling_factors.trace(parts), df)
    base_factor = scaling_factors.factor(unrestricted, independent, base_df)
    lower, upper = fit_indices.rmsea_interval(chi2, df, n, groups)
    pair = (chi2, df, base, base_df)
    # Missing values lower the information as well, which these factors do not allow for.
    known = np.nan if patterns.groups(problem.sample) else 1.0
    robust, robust_base = known * factor, known * base_factor
    scaled = (chi2 / factor if df > 0 else 0.0, df, base / base_factor, base_df)
    return Measures(
        n=n, n_groups=groups, df=df,
        loglik=loglik, **criteria(loglik, k=spec.n_parameters, n=n),
        chi2=chi2, chi2_p=_p(chi2, df), scaling_factor=factor,
        chi2_scaled=chi2 / factor, chi2_scaled_p=_p(chi2 / factor, df),
        baseline_chi2=base, baseline_df=base_df, baseline_scaling_factor=base_factor,
        baseline_chi2_scaled=base / base_factor,
        cfi=fit_indices.cfi(*pair), cfi_scaled=fit_indices.cfi(*scaled),
        cfi_robust=fit_indices.cfi(*pair, factor=robust, base_factor=robust_base),
        tli=fit_indices.tli(*pair), tli_scaled=fit_indices.tli(*scaled),
        tli_robust=fit_indices.tli(*pair, factor=robust, base_factor=robust_base),
        rmsea=fit_indices.rmsea(chi2, df, n, groups), rmsea_lower=lower, rmsea_upper=upper,
        rmsea_scaled=fit_indices.rmsea(chi2, df * factor, n, groups),
        rmsea_robust=fit_indices.rmsea(chi2, df, n, groups, factor=robust),
        srmr=_srmr(problem, optimum),
    )  # fmt: skip


def unknown(problem: Problem) -> Measures:
    """Of a search without optimum: NaN, but for the baseline, which needs no search."""
    base, base_df = _baseline(problem)
    known = ("n", "n_groups", "df", "baseline_chi2", "baseline_df")
    rest = [each.name for each in fields(Measures) if each.name not in known]
    return Measures(
        n=problem.sample.n, n_groups=problem.spec.n_groups, df=problem.spec.df,
        baseline_chi2=base, baseline_df=base_df, **dict.fromkeys(rest, np.nan),
    )  # fmt: skip


def criteria(loglik: float, *, k: int, n: int) -> dict[str, float]:
    """AIC (Akaike, 1974), BIC (Schwarz, 1978) and its sample-size adjustment (Sclove, 1987)."""
    deviance = -2 * loglik
    return {
        "aic": deviance + 2 * k,
        "bic": deviance + k * float(np.log(n)),
        "sabic": deviance + k * float(np.log((n + 2) / 24)),
    }


def log_likelihood(problem: Problem, standardised: float) -> float:
    """In the data's units, of the variables that the likelihood treats as random.

    standardised: log-likelihood of all standardised rows and variables.
    """
    spec, sample = problem.spec, problem.sample
    loglik = standardised - float(patterns.rows_that_know(sample) @ np.log(sample.scale))
    if spec.likelihood == "joint":
        return loglik
    given = _exogenous(spec)
    jacobian = sample.n * float(np.log(sample.scale[given]).sum())
    return loglik - sum(saturated(g, given) for g in sample.groups) + jacobian


def explained(problem: Problem, optimum: Optimum) -> tuple[dict[str, float], dict[str, float]]:
    """R2 per endogenous variable, one minus residual over implied variance, and adjusted.

    Adjusted for the number of free paths into the variable (Ezekiel, 1930).
    """
    r2, adjusted = {}, {}
    shares = [1 - np.diag(at.S) / np.diag(at.C) for at in optimum.at]
    for key, (name, group) in r2_keys(problem).items():
        r2[key] = float(shares[group][problem.spec.variables.index(name)])
        n = problem.sample.groups[group].n
        lost = n - 1 - len(problem.spec.predictors(name))
        adjusted[key] = float(1 - (1 - r2[key]) * (n - 1) / lost)
    return r2, adjusted


def r2_keys(problem: Problem) -> dict[str, tuple[str, int]]:
    """Variable and number of the group behind each name of SemFit.r2, groups one by one."""
    return {
        f"{name}.{label}" if label else name: (name, group)
        for group, label in enumerate(problem.sample.labels)
        for name in problem.spec.endogenous
    }


def _exogenous(spec: ModelSpec) -> slice:
    return slice(len(spec.observed) - len(spec.exogenous), None)


def saturated(group: GroupSample, part: slice = slice(None)) -> float:
    """Highest log-likelihood of all rows and some standardised variables, under any moments."""
    if isinstance(group, PatternSample):
        return unrestricted.loglik(group, part)
    cov = group.cov[part, part]
    return -0.5 * group.n * (len(cov) * (np.log(2 * np.pi) + 1) + _log_det(cov))


def deviance(problem: Problem, standardised: float) -> float:
    """Likelihood ratio against the saturated model; standardised as in `log_likelihood`."""
    highest = sum(saturated(group) for group in problem.sample.groups)
    return max(2 * (highest - standardised), 0.0)


def _log_det(matrix: NDArray) -> float:
    return float(np.linalg.slogdet(matrix)[1])


def _p(chi2: float, df: int) -> float:
    return float(chdtrc(df, chi2)) if df > 0 else np.nan


def _baseline(problem: Problem) -> tuple[float, int]:
    """chi2 and df of the model of independence, which keeps covariances of exogenous variables."""
    spec, chi2 = problem.spec, 0.0
    p, given = len(spec.observed), len(spec.exogenous)
    for group in problem.sample.groups:
        if isinstance(group, PatternSample):
            apart = [saturated(group, slice(i, i + 1)) for i in range(p - given)]
            chi2 += 2 * (saturated(group) - sum(apart) - saturated(group, _exogenous(spec)))
            continue
        sd = np.sqrt(np.diag(group.cov))
        correlation = group.cov / np.outer(sd, sd)
        exogenous = correlation[_exogenous(spec), _exogenous(spec)]
        chi2 -= group.n * _log_det(correlation)
        chi2 += group.n * _log_det(exogenous)
    pairs = p * (p - 1) // 2 - given * (given - 1) // 2
    return chi2, spec.n_groups * pairs


def _srmr(problem: Problem, optimum: Optimum) -> float:
    """Bentler's (1995): residuals in sample standard deviations, means included, groups by size."""
    total, means = 0.0, problem.spec.mean_structure
    for group, at in zip(problem.sample.groups, optimum.at, strict=True):
        sd = np.sqrt(np.diag(group.cov))
        residual = (group.cov - at.cov) / np.outer(sd, sd)
        lower = residual[np.tril_indices(len(sd))]
        off = (group.mean - at.mean) / sd if means else np.zeros(0)
        mean_square = (lower @ lower + off @ off) / (len(lower) + len(off))
        total += group.n / problem.sample.n * float(np.sqrt(mean_square))
    return total
