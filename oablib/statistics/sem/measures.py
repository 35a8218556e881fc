"""How well a model fits, with lavaan's definitions (0.6-14, fitMeasures)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import chdtrc, chndtr

from oablib.statistics.sem import inference
from oablib.statistics.sem import problem as problems
from oablib.statistics.sem.estimation import Optimum
from oablib.statistics.sem.inference import Sandwich
from oablib.statistics.sem.problem import Problem
from oablib.statistics.sem.sample import GroupSample
from oablib.statistics.sem.spec import ModelSpec

# Ends of the 90 % interval of RMSEA (Browne & Cudeck, 1992, Sociol. Methods Res. 21:230).
UPPER_TAIL, LOWER_TAIL = 0.05, 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """How well one model fits.

    loglik, aic, bic, sabic: of all variables (likelihood "joint") or given the exogenous ones
        ("conditional"): never compare them across likelihoods, variable sets or n.
    chi2, chi2_p: likelihood ratio against the saturated model; p is NaN when df is 0.
    chi2_scaled, chi2_scaled_p: chi2 / scaling_factor, lavaan's test "yuan.bentler.mplus".
    cfi, tli, rmsea (rmsea_lower to rmsea_upper: 90 %), srmr: from chi2, baseline_chi2 and
        baseline_df, not from the scaled chi2.
    """

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
    cfi: float
    tli: float
    rmsea: float
    rmsea_lower: float
    rmsea_upper: float
    srmr: float


def measures(problem: Problem, optimum: Optimum, parts: Sandwich) -> Measures:
    """All measures of one fit; those that df = 0 leaves without meaning are NaN."""
    spec, n = problem.spec, problem.sample.n
    joint = n * problems.loglik(problem, optimum.at)
    highest = sum(saturated(group) for group in problem.sample.groups)
    chi2 = max(2 * (highest - joint), 0.0)
    loglik = log_likelihood(problem, joint)
    k = spec.n_parameters
    scaling = _scaling_factor(problem, parts)
    base, base_df = _baseline(problem)
    lower, upper = _rmsea_interval(chi2, spec.df, n, spec.n_groups)
    return Measures(
        loglik=loglik, **criteria(loglik, k=k, n=n),
        chi2=chi2, chi2_p=_p(chi2, spec.df), scaling_factor=scaling,
        chi2_scaled=chi2 / scaling, chi2_scaled_p=_p(chi2 / scaling, spec.df),
        baseline_chi2=base, baseline_df=base_df,
        cfi=_cfi(chi2, spec.df, base, base_df), tli=_tli(chi2, spec.df, base, base_df),
        rmsea=_rmsea(chi2 - spec.df, spec.df, n, spec.n_groups),
        rmsea_lower=lower, rmsea_upper=upper, srmr=_srmr(problem, optimum),
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
    loglik = standardised - sample.n * float(np.log(sample.scale).sum())
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
    """Log-likelihood of all rows and some standardised variables at their sample moments."""
    cov = group.cov[part, part]
    return -0.5 * group.n * (len(cov) * (np.log(2 * np.pi) + 1) + _log_det(cov))


def _log_det(matrix: NDArray) -> float:
    return float(np.linalg.slogdet(matrix)[1])


def _p(chi2: float, df: int) -> float:
    return float(chdtrc(df, chi2)) if df > 0 else np.nan


def _scaling_factor(problem: Problem, parts: Sandwich) -> float:
    """Mean of the eigenvalues that robust errors imply: lavaan's test "yuan.bentler.mplus".

    (tr of saturated - tr of model) / df, each tr(bread meat) (Yuan & Bentler, 2000, Sociol.
    Methodol. 30:165; Asparouhov & Muthen, 2005).
    """
    if problem.spec.df <= 0:
        return np.nan
    saturated = 0.0
    for group, span in zip(problem.sample.groups, problem.sample.spans, strict=True):
        saturated += _saturated_trace(group, problem.sample.products[span, span])
    model = float(np.sum(parts.bread * parts.meat))
    return (saturated - model) / problem.spec.df


def _saturated_trace(group: GroupSample, products: NDArray) -> float:
    """tr(bread meat) of the saturated model, for rows whitened by their own covariance.

    There the mean is 0 and the covariance I, so that the information is diagonal: 1 for means
    and covariances, 1/2 for variances.
    """
    root = np.linalg.solve(np.linalg.cholesky(group.cov), group.root).T
    r, p = root.shape
    i, j = np.triu_indices(p)
    weights = np.zeros((len(products), p + len(i)))
    weights[1 : 1 + r, :p] = root
    weights[1 + r :, p:] = inference.square_weights(root[:, i], root[:, j])
    weights[0, p:] = np.where(i == j, -1.0, 0.0)
    inverse = np.concatenate([np.ones(p), np.where(i == j, 0.5, 1.0)])
    return float(np.einsum("qc,qc,c->", weights, products @ weights, inverse)) / group.n


def _baseline(problem: Problem) -> tuple[float, int]:
    """chi2 and df of the model of independence, which keeps covariances of exogenous variables."""
    spec, chi2 = problem.spec, 0.0
    p, given = len(spec.observed), len(spec.exogenous)
    for group in problem.sample.groups:
        sd = np.sqrt(np.diag(group.cov))
        correlation = group.cov / np.outer(sd, sd)
        exogenous = correlation[_exogenous(spec), _exogenous(spec)]
        chi2 -= group.n * _log_det(correlation)
        chi2 += group.n * _log_det(exogenous)
    pairs = p * (p - 1) // 2 - given * (given - 1) // 2
    return chi2, spec.n_groups * pairs


def _cfi(chi2: float, df: int, base: float, base_df: int) -> float:
    """Bentler (1990, Psychol. Bull. 107:238)."""
    excess, worst = max(chi2 - df, 0.0), max(chi2 - df, base - base_df, 0.0)
    return 1 - excess / worst if worst > 0 else 1.0


def _tli(chi2: float, df: int, base: float, base_df: int) -> float:
    """Tucker & Lewis (1973, Psychometrika 38:1)."""
    if df <= 0 or base_df <= 0:
        return 1.0
    ratio = base / base_df
    return (ratio - chi2 / df) / (ratio - 1)


def _rmsea(excess: float, df: int, n: int, groups: int) -> float:
    """Steiger & Lind (1980), with n, not n - 1, times the root of the number of groups."""
    return float(np.sqrt(max(excess, 0.0) / (df * n) * groups)) if df > 0 else 0.0


def _rmsea_interval(chi2: float, df: int, n: int, groups: int) -> tuple[float, float]:
    if df <= 0:
        return 0.0, 0.0
    ends = [_noncentrality(chi2, df, tail) for tail in (LOWER_TAIL, UPPER_TAIL)]
    lower, upper = (_rmsea(end, df, n, groups) for end in ends)
    return lower, upper


def _noncentrality(chi2: float, df: int, tail: float) -> float:
    """Non-centrality at which chi2 lies at this quantile; 0 when none does."""
    if chdtrc(df, chi2) > 1 - tail:
        return 0.0
    highest = max(chi2, 1.0) * 10 + 100
    return float(brentq(lambda nc: chndtr(chi2, df, nc) - tail, 0.0, highest, xtol=1e-10))


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
