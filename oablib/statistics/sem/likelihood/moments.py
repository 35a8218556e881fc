"""Implied moments of one group, the Gaussian log-likelihood per row, and its derivatives.

Everything is in standardised units. The derivative of the implied covariance matrix to one cell
is f (l r' + r l') with two vectors l and r, so that derivatives of any number of cells are
products of the matrices L and R that hold those vectors (McArdle & McDonald, 1984; Magnus &
Neudecker, 2019, ch. 15). No array has more than two dimensions.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oablib.statistics.sem.data.sample import GroupSample
from oablib.statistics.sem.likelihood.layout import COVARIANCE, MEAN, PATH, Layout, Places


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Moments at one parameter vector.

    A, S, B = (I - A)^-1, C = B S B' and mu are of all v variables; cov, mean, precision and half
    (half' half = precision) of the p observed ones.
    """

    A: NDArray
    S: NDArray
    B: NDArray
    C: NDArray
    mu: NDArray
    cov: NDArray
    mean: NDArray
    half: NDArray
    precision: NDArray
    log_det: float


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """First derivatives to c cells: dcov = f (l r' + r l'), dmean = D; L, R, D of shape (p, c)."""

    L: NDArray
    R: NDArray
    f: NDArray
    D: NDArray

    def of(self, chosen: NDArray) -> "Slopes":
        """Those of some variables."""
        return Slopes(self.L[chosen], self.R[chosen], self.f, self.D[chosen])

    def whitened(self, half: NDArray) -> "Slopes":
        """Those of variables times `half`, half of a precision."""
        return Slopes(half @ self.L, half @ self.R, self.f, half @ self.D)


def implied(layout: Layout, theta: NDArray) -> Moments:
    """Moments at `theta`, shape (k,). Raises LinAlgError where they are not positive definite."""
    A, S, M = layout.A.copy(), layout.S.copy(), layout.M.copy()
    value, at = layout.unit * theta[layout.parameter], layout.places
    path, spread, mean = (at.kind == kind for kind in (PATH, COVARIANCE, MEAN))
    A[at.row[path], at.column[path]] = value[path]
    S[at.row[spread], at.column[spread]] = value[spread]
    S[at.column[spread], at.row[spread]] = value[spread]
    M[at.row[mean]] = value[mean]
    B = np.linalg.inv(np.eye(len(A)) - A)
    C = B @ S @ B.T
    C = (C + C.T) / 2
    mu, p = B @ M, layout.observed
    cov = C[:p, :p]
    root = np.linalg.cholesky(cov)
    half = np.linalg.inv(root)
    return Moments(
        A=A, S=S, B=B, C=C, mu=mu, cov=cov, mean=mu[:p], half=half,
        precision=half.T @ half, log_det=2 * float(np.log(np.diag(root)).sum()),
    )  # fmt: skip


def slopes(at: Moments, places: Places, *, latent: bool = False) -> Slopes:
    """First derivatives of the implied moments to the cells at `places`; latent: of all of them."""
    p = len(at.C) if latent else len(at.cov)
    path, mean = places.kind == PATH, places.kind == MEAN
    left = at.B[:p, places.row]
    right = np.where(path, at.C[:p, places.column], at.B[:p, places.column])
    diagonal = (places.kind == COVARIANCE) & (places.row == places.column)
    f = np.where(mean, 0.0, np.where(diagonal, 0.5, 1.0))
    D = left * np.where(path, at.mu[places.column], np.where(mean, 1.0, 0.0))
    return Slopes(L=left, R=right, f=f, D=D)


def loglik(at: Moments, sample: GroupSample) -> float:
    """Mean log-density of the standardised rows."""
    deviation = at.half @ (sample.mean - at.mean)
    spread = np.sum(at.precision * sample.cov) + deviation @ deviation
    return -0.5 * float(len(at.cov) * np.log(2 * np.pi) + at.log_det + spread)


def gradient(at: Moments, places: Places, sample: GroupSample) -> NDArray:
    """First derivatives of `loglik` to the cells, shape (c,)."""
    by, excess = slopes(at, places), _scatter(at, sample) - np.eye(len(at.cov))
    pull = at.precision @ (sample.mean - at.mean)
    left, right = at.half @ by.L, at.half @ by.R
    return by.f * np.einsum("pc,pc->c", left, excess @ right) + pull @ by.D


def whitened(at: Moments, places: Places, sample: GroupSample) -> tuple[NDArray, NDArray]:
    """Residual moments whitened by the implied ones, shape (p p + p,), and slopes to the cells.

    Slopes (p p + p, c): their products are the expected information, and with the residuals the
    gradient.
    """
    deviation = at.half @ (sample.mean - at.mean)
    return stacked(slopes(at, places).whitened(at.half), _scatter(at, sample), deviation)


def stacked(by: Slopes, seen: NDArray, pull: NDArray) -> tuple[NDArray, NDArray]:
    """The same from whitened slopes, scatter around the implied mean, and deviation from it."""
    p, c = by.L.shape
    turned = (by.L[:, None] * by.R[None] + by.R[:, None] * by.L[None]) * (by.f / np.sqrt(2))
    residual = np.concatenate([(seen - np.eye(p)).ravel() / np.sqrt(2), pull])
    return residual, np.concatenate([turned.reshape(p * p, c), by.D])


def expected_information(at: Moments, places: Places) -> NDArray:
    """Fisher information of one row, shape (c, c)."""
    return expected(slopes(at, places).whitened(at.half))


def expected(by: Slopes) -> NDArray:
    """Fisher information of one row, given whitened slopes."""
    across = by.L.T @ by.R
    both = (by.L.T @ by.L) * (by.R.T @ by.R) + across * across.T
    return both * np.outer(by.f, by.f) + by.D.T @ by.D


def observed_information(at: Moments, places: Places, sample: GroupSample) -> NDArray:
    """Minus the second derivatives of `loglik` to the cells, shape (c, c)."""
    pull, seen = at.half @ (sample.mean - at.mean), _scatter(at, sample)
    white = at.half @ at.B[: len(pull)]
    bend = curvature(at, places, X=white.T @ (seen - np.eye(len(seen))) @ white, lift=pull @ white)
    return straight(slopes(at, places).whitened(at.half), seen=seen, pull=pull) - bend


def straight(by: Slopes, *, seen: NDArray, pull: NDArray) -> NDArray:
    """Minus the second derivatives as if the moments were linear in the cells; all whitened.

    seen: scatter around the implied mean; pull: the sample's mean minus the implied one.
    """
    L, R, D, Q = by.L, by.R, by.D, seen - np.eye(len(seen)) / 2
    by_p, by_q = L.T @ R, L.T @ Q @ R
    turn = (L.T @ L) * (R.T @ Q @ R) + (R.T @ R) * (L.T @ Q @ L)
    turn += by_p * by_q.T + by_p.T * by_q
    twist = (by.f * (pull @ L))[:, None] * (R.T @ D) + (by.f * (pull @ R))[:, None] * (L.T @ D)
    return turn * np.outer(by.f, by.f) + twist + twist.T + D.T @ D


def curvature(at: Moments, places: Places, *, X: NDArray, lift: NDArray) -> NDArray:
    """tr(excess d2cov)/2 + pull' d2mean: what bends because the implied moments do.

    X = B' excess B, shape (v, v), and lift = B' pull, (v,).
    """
    c = len(places.kind)
    moved = X @ at.S @ at.B.T
    bend = np.zeros((c, c))
    path = np.flatnonzero(places.kind == PATH)
    i, j = places.row[path], places.column[path]
    B_ji = at.B[np.ix_(j, i)]
    through = B_ji * (moved[np.ix_(i, j)] + np.outer(lift[i], at.mu[j]))
    bend[np.ix_(path, path)] = through + through.T + at.C[np.ix_(j, j)] * X[np.ix_(i, i)]
    spread = np.flatnonzero(places.kind == COVARIANCE)
    a, b = places.row[spread], places.column[spread]
    mixed = at.B[np.ix_(j, a)] * X[np.ix_(i, b)] + at.B[np.ix_(j, b)] * X[np.ix_(i, a)]
    bend[np.ix_(path, spread)] = mixed * np.where(a == b, 0.5, 1.0)
    mean = np.flatnonzero(places.kind == MEAN)
    bend[np.ix_(path, mean)] = lift[i][:, None] * at.B[np.ix_(j, places.row[mean])]
    below = np.concatenate([spread, mean])
    bend[np.ix_(below, path)] = bend[np.ix_(path, below)].T
    return bend


def _scatter(at: Moments, sample: GroupSample) -> NDArray:
    """Around the implied mean, whitened by the implied covariance matrix: about 1.

    Products with the precision itself lose twice as many digits where columns nearly depend on
    each other.
    """
    deviation = at.half @ (sample.mean - at.mean)
    return at.half @ sample.cov @ at.half.T + np.outer(deviation, deviation)
