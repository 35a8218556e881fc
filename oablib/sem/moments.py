"""Implied moments of a RAM model, the Gaussian log-likelihood and its derivatives, per row.

Everything is in the units of the standardised sample. Matrix derivatives follow Magnus &
Neudecker (2019, ch. 15); the matrices are linear in the parameters, which is why equality of
parameters or more matrices would change `structure` only.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oablib.sem.sample import Sample
from oablib.sem.spec import ModelSpec


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """A(t) = base_a + sum_k t_k d_a[k], likewise S, and M(t) = t d_m.

    Shapes: base (p, p), d_a and d_s (k, p, p), d_m (k, p).
    """

    base_a: NDArray
    base_s: NDArray
    d_a: NDArray
    d_s: NDArray
    d_m: NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Moments at one parameter vector, with their first derivatives (d_cov, d_mean)."""

    A: NDArray
    S: NDArray
    B: NDArray
    cov: NDArray
    mean: NDArray
    precision: NDArray
    log_det: float
    d_cov: NDArray
    d_mean: NDArray


def structure(spec: ModelSpec, *, scale: NDArray) -> Structure:
    """Place the cells of `spec`; fixed values are translated into standardised units."""
    p, k = len(spec.variables), len(spec.free)
    base_a, base_s = np.zeros((p, p)), np.zeros((p, p))
    d_a, d_s, d_m = np.zeros((k, p, p)), np.zeros((k, p, p)), np.zeros((k, p))
    for cell in spec.fixed:
        i, j = cell.row, cell.column
        if cell.matrix == "A":
            base_a[i, j] = float(cell.value or 0) * scale[j] / scale[i]
        else:
            base_s[i, j] = base_s[j, i] = float(cell.value or 0) / (scale[i] * scale[j])
    for number, cell in enumerate(spec.free):
        if cell.matrix == "A":
            d_a[number, cell.row, cell.column] = 1
        elif cell.matrix == "S":
            d_s[number, cell.row, cell.column] = d_s[number, cell.column, cell.row] = 1
        else:
            d_m[number, cell.row] = 1
    return Structure(base_a=base_a, base_s=base_s, d_a=d_a, d_s=d_s, d_m=d_m)


def implied(model: Structure, theta: NDArray) -> Moments:
    """Moments at `theta`, shape (k,). Raises LinAlgError where they are not positive definite."""
    A = model.base_a + np.tensordot(theta, model.d_a, axes=1)
    S = model.base_s + np.tensordot(theta, model.d_s, axes=1)
    B = np.linalg.inv(np.eye(len(A)) - A)
    cov = B @ S @ B.T
    cov = (cov + cov.T) / 2
    root = np.linalg.cholesky(cov)
    half = np.linalg.inv(root)
    mean = B @ (theta @ model.d_m)
    reach = B @ model.d_a
    moved = reach @ cov
    return Moments(
        A=A, S=S, B=B, cov=cov, mean=mean,
        precision=half.T @ half,
        log_det=2 * float(np.log(np.diag(root)).sum()),
        d_cov=moved + moved.transpose(0, 2, 1) + B @ model.d_s @ B.T,
        d_mean=reach @ mean + model.d_m @ B.T,
    )  # fmt: skip


def loglik(at: Moments, sample: Sample) -> float:
    """Mean log-density of the standardised rows."""
    deviation = sample.mean - at.mean
    spread = np.sum(at.precision * sample.cov) + deviation @ at.precision @ deviation
    return -0.5 * float(len(at.cov) * np.log(2 * np.pi) + at.log_det + spread)


def gradient(at: Moments, sample: Sample) -> NDArray:
    """First derivatives of `loglik`, shape (k,)."""
    deviation = sample.mean - at.mean
    excess = at.precision @ _scatter(at, sample) @ at.precision - at.precision
    return 0.5 * _flat(at.d_cov) @ excess.ravel() + at.d_mean @ (at.precision @ deviation)


def expected_information(at: Moments) -> NDArray:
    """Fisher information of one row, shape (k, k)."""
    weighted = at.precision @ at.d_cov
    return _traces(weighted, weighted) / 2 + at.d_mean @ at.precision @ at.d_mean.T


def observed_information(model: Structure, at: Moments, sample: Sample) -> NDArray:
    """Minus the second derivatives of `loglik`, shape (k, k)."""
    P, pull = at.precision, at.precision @ (sample.mean - at.mean)
    seen = P @ _scatter(at, sample) @ P
    twist = pull @ at.d_cov @ P @ at.d_mean.T
    turn = _traces(at.d_cov @ P, at.d_cov @ (seen - P / 2))
    bend = _curvature(model, at, excess=seen - P, pull=pull)
    return turn + twist + twist.T + at.d_mean @ P @ at.d_mean.T - bend


def _curvature(model: Structure, at: Moments, *, excess: NDArray, pull: NDArray) -> NDArray:
    """tr(excess d2cov)/2 + pull' d2mean: what bends because the implied moments do."""
    reach, spread = at.B @ model.d_a, at.B @ model.d_s @ at.B.T
    half = _traces(reach, reach @ at.cov @ excess) + _traces(excess @ reach, spread)
    half += (pull @ reach) @ at.d_mean.T
    return half + half.T + _flat(excess @ reach @ at.cov) @ _flat(reach).T


def _traces(left: NDArray, right: NDArray) -> NDArray:
    """tr(left_k right_l) for all k and l."""
    return _flat(left) @ _flat(right.transpose(0, 2, 1)).T


def _scatter(at: Moments, sample: Sample) -> NDArray:
    deviation = sample.mean - at.mean
    return sample.cov + np.outer(deviation, deviation)


def _flat(matrices: NDArray) -> NDArray:
    return matrices.reshape(len(matrices), -1)
