"""Exact maximum likelihood: starting values, Fisher scoring, and a certificate of the optimum.

semopy's own estimates are where the search starts when they are better than equation-wise
least squares. They are kept beside the result, because its optimiser stops early and calls
that success.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.errors import EstimationError
from oablib.sem import moments
from oablib.sem.moments import Moments, Structure
from oablib.sem.sample import Sample
from oablib.sem.spec import ModelSpec

# Newton decrement per row: the distance to the optimum is this times sqrt(n) standard errors,
# 1.4e-8 of one at n = 19,247. Rounding stops the search near 1e-15.
DECREMENT_TOLERANCE = 1e-10
# Largest |score| per row in standardised units that an optimum may show.
GRADIENT_TOLERANCE = 1e-8
# A scoring step gains a factor of about 1 - misfit; good models need 2 to 10, bad ones dozens.
MAX_STEPS = 500
MAX_HALVINGS = 40
# Log-likelihood per row cannot be compared more finely than this.
LOGLIK_ROUNDING = 1e-13
# semopy's start is taken when it is better by more than its own stopping noise: a start that
# differs by noise only would make the last bits depend on the hash seed.
START_GAIN = 1e-9
SEMOPY_OPTIONS = {"ftol": 1e-12, "maxiter": 1000}
# Smallest eigenvalue of the information in correlation form; below it nothing can be solved.
IDENTIFICATION_TOLERANCE = 1e-12
# Weight in the undetermined combination from which a parameter is named.
UNDETERMINED_SHARE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """theta, semopy: shape (k,), standardised units; semopy is NaN where it estimates nothing."""

    theta: NDArray
    semopy: NDArray
    at: Moments
    structure: Structure
    gradient_norm: float


def estimate(spec: ModelSpec, sample: Sample) -> Optimum:
    """Maximise the likelihood of all variables of `spec`, exogenous ones included.

    Raises EstimationError when the model is not identified or the search ends without
    certificate: Newton decrement and largest score per row below the tolerances above.
    """
    model = moments.structure(spec, scale=sample.scale)
    semopy = _semopy_estimates(spec, sample)
    theta = _start(spec, sample, model, semopy=semopy)
    for _ in range(MAX_STEPS):
        at = moments.implied(model, theta)
        score = moments.gradient(at, sample)
        move = _solve(spec, moments.expected_information(at), score)
        decrement = float(np.sqrt(max(score @ move, 0.0)))
        norm = float(np.abs(score).max())
        if decrement < DECREMENT_TOLERANCE and norm < GRADIENT_TOLERANCE:
            return Optimum(theta, semopy, at, model, norm)
        theta = _uphill(model, sample, theta=theta, move=move, floor=moments.loglik(at, sample))
    raise EstimationError(
        f"No optimum after {MAX_STEPS} scoring steps: Newton decrement {decrement:.1e}, largest "
        f"score {norm:.1e} per row, expected {DECREMENT_TOLERANCE:.0e} and "
        f"{GRADIENT_TOLERANCE:.0e}; simplify the model or check that it is identified."
    )


def _uphill(
    model: Structure, sample: Sample, *, theta: NDArray, move: NDArray, floor: float
) -> NDArray:
    """The full step, or its first half, quarter ... that does not lower the likelihood."""
    for halving in range(MAX_HALVINGS):
        candidate = theta + move / 2**halving
        if _loglik(model, sample, candidate) >= floor - LOGLIK_ROUNDING * abs(floor):
            return candidate
    raise EstimationError(
        f"No step along the score raises the likelihood ({MAX_HALVINGS} halvings); "
        "simplify the model or check that it is identified."
    )


def _loglik(model: Structure, sample: Sample, theta: NDArray) -> float:
    try:
        return moments.loglik(moments.implied(model, theta), sample)
    except np.linalg.LinAlgError:
        return -np.inf


def _solve(spec: ModelSpec, information: NDArray, score: NDArray) -> NDArray:
    size = np.sqrt(np.diag(information))
    eigenvalues, vectors = np.linalg.eigh(information / np.outer(size, size))
    if eigenvalues[0] < IDENTIFICATION_TOLERANCE:
        weights = np.abs(vectors[:, 0])
        loose = [
            f"`{cell.lhs} {cell.op} {cell.rhs}`".replace(" `", "`")
            for cell, weight in zip(spec.free, weights, strict=True)
            if weight > UNDETERMINED_SHARE
        ]
        raise EstimationError(
            f"The model is not identified: the data cannot tell {', '.join(loose)} apart; "
            "leave one of them out or fix it."
        )
    return vectors @ ((vectors.T @ (score / size)) / eigenvalues) / size


def _start(spec: ModelSpec, sample: Sample, model: Structure, *, semopy: NDArray) -> NDArray:
    ordinary = _least_squares(spec, sample, model)
    given = np.where(np.isnan(semopy), ordinary, semopy)
    floor = _loglik(model, sample, ordinary)
    if max(floor, _loglik(model, sample, given)) == -np.inf:
        raise EstimationError(
            "The fixed values imply a covariance matrix that no data can have; change or free them."
        )
    return given if _loglik(model, sample, given) > floor + START_GAIN else ordinary


def _least_squares(spec: ModelSpec, sample: Sample, model: Structure) -> NDArray:
    """Regress each equation on its own; take exogenous moments as they are in the data."""
    A = model.base_a.copy()
    for row in range(len(spec.endogenous)):
        free = np.flatnonzero(model.d_a[:, row, :].any(axis=0))
        left = sample.cov[free, row] - sample.cov[free] @ model.base_a[row]
        A[row, free] = np.linalg.solve(sample.cov[np.ix_(free, free)], left)
    residual = np.eye(len(A)) - A
    S = residual @ sample.cov @ residual.T
    M = residual @ sample.mean
    both = {"A": A, "S": np.where(_starts_free(spec), S, 0.0)}
    return np.array(
        [M[c.row] if c.matrix == "M" else both[c.matrix][c.row, c.column] for c in spec.free]
    )


def _starts_free(spec: ModelSpec) -> NDArray:
    """Variances and exogenous moments: residual covariances of equations start at zero."""
    exogenous = np.arange(len(spec.variables)) >= len(spec.endogenous)
    return np.eye(len(exogenous), dtype=bool) | np.outer(exogenous, exogenous)


def _semopy_estimates(spec: ModelSpec, sample: Sample) -> NDArray:
    """What semopy finds for paths and residual (co)variances; NaN for all when it fails."""
    try:
        table = _semopy_table(spec, sample)
    except Exception:  # whatever goes wrong in there, least squares remains
        table = {}
    return np.array(
        [table.get((c.matrix, c.row, c.column), np.nan) for c in spec.free], dtype=np.float64
    )


def _semopy_table(spec: ModelSpec, sample: Sample) -> dict[tuple[str, int, int], float]:
    import semopy

    # A new Model per data set: a used one keeps the exogenous covariances of its first data.
    names = [f"v{i}" for i in range(len(spec.variables))]
    model = semopy.Model(_semopy_text(spec, sample, names))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cov = pd.DataFrame(sample.cov, index=names, columns=names)
        model.fit(cov=cov, n_samples=sample.n, options=SEMOPY_OPTIONS)
    place = {name: i for i, name in enumerate(names)}
    table = {}
    for row in model.inspect(std_est=False).itertuples(index=False):
        matrix, i, j = ("A" if row.op == "~" else "S"), place[row.lval], place[row.rval]
        table[matrix, i, j] = float(row.Estimate)
        if matrix == "S":
            table[matrix, j, i] = float(row.Estimate)
    return table


def _semopy_text(spec: ModelSpec, sample: Sample, names: list[str]) -> str:
    """The equations in standardised units under plain names, which semopy always reads."""
    lines = []
    for cell in (*spec.free, *spec.fixed):
        if cell.matrix == "M" or cell.exogenous:
            continue
        i, j = cell.row, cell.column
        factor = ""
        if cell.value is not None:
            unit = sample.scale[j] / sample.scale[i]
            unit = unit if cell.matrix == "A" else 1 / (sample.scale[i] * sample.scale[j])
            factor = f"{cell.value * unit!r}*"
        lines.append(f"{names[i]} {cell.op} {factor}{names[j]}")
    return "\n".join(lines)
