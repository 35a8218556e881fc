"""Standard errors, standardised solution and fit measures at the optimum.

Errors follow lavaan's estimator MLR: bread = observed information, meat = casewise scores
summed per row (Huber, 1967; White, 1982) or per cluster times G/(G-1) (Liang & Zeger, 1986).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import chdtrc, ndtr, ndtri

from oablib.errors import EstimationError
from oablib.sem import moments
from oablib.sem.estimation import Optimum
from oablib.sem.moments import Moments
from oablib.sem.sample import Sample
from oablib.sem.spec import Cell, ModelSpec

Errors = Literal["robust", "observed", "expected"]
# Rows whose scores are held at once: bounds the memory, whatever n.
BLOCK_ROWS = 65_536
Z_95 = float(ndtri(0.975))


@dataclass(frozen=True, slots=True)
class Measures:
    """Fit of one model; loglik counts the variables that the likelihood treats as random."""

    loglik: float
    aic: float
    bic: float
    chi2: float
    chi2_p: float


def covariance(spec: ModelSpec, sample: Sample, optimum: Optimum, *, errors: Errors) -> NDArray:
    """Sampling covariance of all free parameters in the data's own units, shape (k, k)."""
    at, n = optimum.at, sample.n
    if errors == "expected":
        standardised = _inverse(n * moments.expected_information(at))
    else:
        bread = _inverse(n * moments.observed_information(optimum.structure, at, sample))
        standardised = bread if errors == "observed" else bread @ _meat(at, sample) @ bread
    units = _units(spec, sample)
    result = units @ standardised @ units.T
    return (result + result.T) / 2


def _inverse(information: NDArray) -> NDArray:
    try:
        half = np.linalg.inv(np.linalg.cholesky(information))
    except np.linalg.LinAlgError as error:
        raise EstimationError(
            "The search ended on a saddle of the likelihood (information not positive definite); "
            "simplify the model or check that it is identified."
        ) from error
    return half.T @ half


def scores(at: Moments, sample: Sample) -> NDArray:
    """Casewise first derivatives of the log-likelihood, shape (n, k), standardised units."""
    return _features(at, sample.z) @ _score_weights(at)


def _meat(at: Moments, sample: Sample) -> NDArray:
    weights = _score_weights(at)
    if sample.clusters is None or sample.n_clusters is None:
        return weights.T @ _cross_products(at, sample) @ weights
    sums = _cluster_sums(at, sample, clusters=sample.clusters, count=sample.n_clusters) @ weights
    return sample.n_clusters / (sample.n_clusters - 1) * sums.T @ sums


def _blocks(n: int) -> list[slice]:
    return [slice(start, start + BLOCK_ROWS) for start in range(0, n, BLOCK_ROWS)]


def _cross_products(at: Moments, sample: Sample) -> NDArray:
    blocks = (_features(at, sample.z[rows]) for rows in _blocks(sample.n))
    return np.sum([features.T @ features for features in blocks], axis=0)


def _cluster_sums(at: Moments, sample: Sample, *, clusters: NDArray, count: int) -> NDArray:
    sums = np.zeros((count, len(_score_weights(at))))
    for rows in _blocks(sample.n):
        for column, values in enumerate(_features(at, sample.z[rows]).T):
            sums[:, column] += np.bincount(clusters[rows], values, count)
    return sums


def _features(at: Moments, z: NDArray) -> NDArray:
    """1, w and products w_a w_b (a <= b) per row with w = precision (z - mean).

    Every casewise score is linear in these, so summing them per cluster replaces k columns of
    scores by p (p + 3) / 2 + 1 columns, whatever the number of parameters.
    """
    w = (z - at.mean) @ at.precision
    rows, columns = np.triu_indices(w.shape[1])
    wt = np.ascontiguousarray(w.T)
    return np.concatenate([np.ones((1, len(z))), wt, wt[rows] * wt[columns]]).T


def _score_weights(at: Moments) -> NDArray:
    """Weights of `_features` in the scores, shape (1 + p + p (p + 1) / 2, k)."""
    rows, columns = np.triu_indices(len(at.cov))
    double = np.where(rows == columns, 0.5, 1.0)
    constant = -0.5 * np.tensordot(at.d_cov, at.precision, axes=2)
    return np.concatenate([constant[None], at.d_mean.T, (at.d_cov[:, rows, columns] * double).T])


def _units(spec: ModelSpec, sample: Sample) -> NDArray:
    """Derivatives of the parameters in the data's units to those in standardised units."""
    scale, shift = sample.scale, sample.shift
    units = np.diag([_factor(cell, scale) for cell in spec.free])
    intercepts = {cell.row: k for k, cell in enumerate(spec.free) if cell.matrix == "M"}
    for number, cell in enumerate(spec.free):
        if cell.matrix == "A":
            units[intercepts[cell.row], number] = -_factor(cell, scale) * shift[cell.column]
    return units


def _factor(cell: Cell, scale: NDArray) -> float:
    if cell.matrix == "A":
        return scale[cell.row] / scale[cell.column]
    return scale[cell.row] * (scale[cell.column] if cell.matrix == "S" else 1.0)


def _original(spec: ModelSpec, sample: Sample, theta: NDArray) -> NDArray:
    """Parameters in the data's units; intercepts return from the centred data."""
    offset = np.zeros(len(theta))
    for number, cell in enumerate(spec.free):
        if cell.matrix == "M":
            fixed = [c for c in spec.fixed if c.matrix == "A" and c.row == cell.row]
            taken = sum(float(c.value or 0) * sample.shift[c.column] for c in fixed)
            offset[number] = sample.shift[cell.row] - taken
    return _units(spec, sample) @ theta + offset


def parameter_table(
    spec: ModelSpec, sample: Sample, optimum: Optimum, *, covariance: NDArray
) -> pd.DataFrame:
    """Columns of SemFit.parameters, one row per parameter that the likelihood counts."""
    kept = list(spec.reported)
    est = _original(spec, sample, optimum.theta)
    semopy = np.diag(_units(spec, sample)) * optimum.semopy
    se = np.sqrt(np.diag(covariance))
    table = pd.DataFrame([cell.key for cell in spec.free], columns=["lhs", "op", "rhs"])
    table = table.assign(est=est, se=se, z=est / se, p=2 * ndtr(-np.abs(est / se)))
    table = table.assign(ci_lower=est - Z_95 * se, ci_upper=est + Z_95 * se)
    table = table.assign(std=_standardised(spec, sample, optimum, est), semopy=semopy)
    return table.iloc[kept].reset_index(drop=True)


def _standardised(spec: ModelSpec, sample: Sample, optimum: Optimum, est: NDArray) -> NDArray:
    """lavaan's std.all: all variables have variance 1; residual covariances are correlations."""
    sd = np.sqrt(np.diag(optimum.at.cov)) * sample.scale
    residual_sd = np.sqrt(np.diag(optimum.at.S)) * sample.scale
    unit = {"A": 1 / sd[:, None] * sd, "S": 1 / np.outer(residual_sd, residual_sd)}
    std = np.empty(len(est))
    for number, cell in enumerate(spec.free):
        if cell.matrix == "M" or cell.lhs == cell.rhs:
            std[number] = est[number] / sd[cell.row] ** (1 if cell.matrix == "M" else 2)
        else:
            std[number] = est[number] * unit[cell.matrix][cell.row, cell.column]
    return std


def explained(spec: ModelSpec, optimum: Optimum) -> dict[str, float]:
    """R2 per endogenous variable: one minus residual over implied variance."""
    share = 1 - np.diag(optimum.at.S) / np.diag(optimum.at.cov)
    return {name: float(share[i]) for i, name in enumerate(spec.endogenous)}


def adjusted(spec: ModelSpec, r2: dict[str, float], *, n: int) -> dict[str, float]:
    """R2 adjusted for the number of free paths into each variable (Ezekiel, 1930)."""
    lost = {name: n - 1 - len(spec.predictors(name)) for name in r2}
    return {name: 1 - (1 - value) * (n - 1) / lost[name] for name, value in r2.items()}


def measures(spec: ModelSpec, sample: Sample, optimum: Optimum) -> Measures:
    """Log-likelihood, information criteria with k = reported parameters, likelihood-ratio chi2.

    chi2 compares with the saturated model and has n, not n - 1, in it, as in lavaan.
    """
    n, k = sample.n, len(spec.reported)
    jacobian = n * float(np.log(sample.scale).sum())
    joint = n * moments.loglik(optimum.at, sample) - jacobian
    saturated = _saturated(sample, slice(None))
    loglik = joint
    if spec.likelihood == "conditional":
        loglik -= _saturated(sample, slice(len(spec.endogenous), None))
    chi2 = max(2 * (saturated - joint), 0.0)
    p = float(chdtrc(spec.df, chi2)) if spec.df > 0 else np.nan
    aic, bic = 2 * k - 2 * loglik, k * float(np.log(n)) - 2 * loglik
    return Measures(loglik=loglik, aic=aic, bic=bic, chi2=chi2, chi2_p=p)


def _saturated(sample: Sample, part: slice) -> float:
    """Log-likelihood of some variables at their sample moments."""
    cov = sample.cov[part, part]
    log_det = float(np.linalg.slogdet(cov)[1] + 2 * np.log(sample.scale[part]).sum())
    return -0.5 * sample.n * (len(cov) * (np.log(2 * np.pi) + 1) + log_det)
