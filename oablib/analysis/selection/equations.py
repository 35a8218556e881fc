"""The two equations of a variant, by least squares on moments.

A recursive model with independent residuals is estimated equation by equation, and its likelihood
is the product of theirs (Bollen, 1989, Structural Equations with Latent Variables, p. 104). So
thousands of variants and draws cost what their sums of products cost; sem.fit gives the same.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oablib.analysis.selection.design import Design
from oablib.protocol.models import Model


class Paths(NamedTuple):
    """Predictors of the outcome, the mediator among them, and predictors of the mediator."""

    outcome: tuple[str, ...]
    mediator: tuple[str, ...]

    def joined(self, other: "Paths") -> "Paths":
        """The paths of both."""
        return Paths(
            tuple(dict.fromkeys((*self.outcome, *other.outcome))),
            tuple(dict.fromkeys((*self.mediator, *other.mediator))),
        )

    @property
    def size(self) -> int:
        """Number of paths."""
        return len(self.outcome) + len(self.mediator)


class Likelihoods(NamedTuple):
    """Log-likelihoods of outcome and mediator given the predictors.

    own: (m, ...), of each data set. stacked: (...), of all as one, divided by m.
    """

    own: NDArray
    stacked: NDArray


class Data(NamedTuple):
    """Moments that variants are estimated on, of one design or of draws from it.

    covariances: (m, ..., p, p), of each data set; whole: (..., p, p), of all as one. n: children,
    a number or (...,).
    """

    names: tuple[str, ...]
    model: Model
    covariances: NDArray
    whole: NDArray
    n: NDArray | float

    def likelihoods(self, paths: Paths) -> Likelihoods:
        """Of a variant, in each data set and in all as one."""
        of = partial(loglik, names=self.names, paths=paths, model=self.model, n=self.n)
        return Likelihoods(of(self.covariances), of(self.whole))

    def gain(self, paths: Paths, other: Paths) -> NDArray:
        """How much better `paths` fit than `other`, on the scale of chi2, (...).

        By a pooled likelihood ratio of each of the two against the model with the paths of both.
        """
        both = paths.joined(other)
        joint = self.likelihoods(both)
        lost, own = (
            ratio(self.likelihoods(each), joint, df=both.size - each.size)
            for each in (other, paths)
        )
        return lost - own

    @property
    def penalties(self) -> dict[str, NDArray | float]:
        """What a parameter costs, by criterion."""
        return {"aic": 2.0, "bic": np.log(self.n)}


def of_design(design: Design) -> Data:
    """The data of a design."""
    whole = stacked(design.means, design.covariances)
    return Data(design.names, design.reference, design.covariances, whole, design.n)


def of_model(model: Model) -> Paths:
    """The paths of a variant."""
    return Paths((model.mediator, *model.direct), model.indirect)


def residual_variance(covariances: NDArray, lhs: int, rhs: Sequence[int]) -> NDArray:
    """Variance that the columns `rhs` leave of column `lhs`, (...); covariances: (..., p, p)."""
    total = covariances[..., lhs, lhs]
    if not rhs:
        return np.asarray(total)
    across = covariances[..., rhs, lhs]
    slope = slopes(covariances, lhs, rhs)
    return np.asarray(total - np.sum(slope * across, axis=-1))


def slopes(covariances: NDArray, lhs: int, rhs: Sequence[int]) -> NDArray:
    """Least-squares slopes of `lhs` on `rhs`, (..., k); solved in correlation form."""
    chosen = np.asarray(rhs, dtype=int)
    inner = covariances[..., chosen[:, None], chosen]
    size = np.sqrt(np.diagonal(inner, axis1=-2, axis2=-1))
    scaled = inner / (size[..., :, None] * size[..., None, :])
    right = covariances[..., chosen, lhs] / size
    return np.asarray(np.linalg.solve(scaled, right[..., None])[..., 0] / size)


def implied_variance(
    covariances: NDArray, *, names: Sequence[str], paths: Paths, model: Model
) -> NDArray:
    """Variance of the outcome that a variant implies, (...); lavaan's R2 is a share of it.

    It is not the observed one where paths to the mediator are left out.
    """
    place = {name: at for at, name in enumerate(names)}
    y, z = place[model.outcome], place[model.mediator]
    direct = [place[each] for each in paths.outcome if each != model.mediator]
    to_z, to_y = [place[each] for each in paths.mediator], [z, *direct]
    implied = np.array(covariances)
    slope_z = slopes(covariances, z, to_z)
    others = [at for at in range(len(names)) if at not in (y, z)]
    with_z = np.einsum("...k,...kj->...j", slope_z, covariances[..., to_z, :][..., others])
    left = residual_variance(covariances, z, to_z)
    implied[..., z, z] = left + np.einsum("...k,...k", slope_z, covariances[..., to_z, z])
    implied[..., z, others] = implied[..., others, z] = with_z
    slope_y = slopes(covariances, y, to_y)
    among = implied[..., to_y, :][..., to_y]
    explained = np.einsum("...j,...jk,...k", slope_y, among, slope_y)
    return np.asarray(explained + residual_variance(covariances, y, to_y))


def stacked(means: NDArray, covariances: NDArray) -> NDArray:
    """Covariances of m data sets as one, (..., p, p); means (m, ..., p), (m, ..., p, p)."""
    mean = means.mean(axis=0)
    square = covariances + means[..., :, None] * means[..., None, :]
    return np.asarray(square.mean(axis=0) - mean[..., :, None] * mean[..., None, :])


def loglik(
    covariances: NDArray, *, names: Sequence[str], paths: Paths, model: Model, n: NDArray | float
) -> NDArray:
    """Log-likelihood of outcome and mediator given the predictors, (...); lavaan's fixed.x."""
    place = {name: at for at, name in enumerate(names)}
    result = np.zeros(covariances.shape[:-2])
    for lhs, rhs in ((model.outcome, paths.outcome), (model.mediator, paths.mediator)):
        variance = residual_variance(covariances, place[lhs], [place[each] for each in rhs])
        result -= n / 2 * (np.log(2 * np.pi * variance) + 1)
    return result


def loglik_of_predictors(covariances: NDArray, at: Sequence[int], *, n: float) -> NDArray:
    """Log-likelihood of the predictors at these places, their moments free; (...)."""
    chosen = np.asarray(at, dtype=int)
    inner = covariances[..., chosen[:, None], chosen]
    log_det = np.linalg.slogdet(inner)[1]
    return np.asarray(-n / 2 * (len(chosen) * (np.log(2 * np.pi) + 1) + log_det))


def ratio(restricted: Likelihoods, general: Likelihoods, *, df: int) -> NDArray:
    """Pooled likelihood ratio of two nested models on the scale of chi2, (...).

    D4 times df (Chan & Meng, 2022, Stat Sinica 32:1489), as pooling.pooled_tests.d4; with one data
    set the ratio itself.
    """
    m = len(general.own)
    own = np.maximum(2 * (general.own - restricted.own), 0.0)
    if m == 1 or not df:
        return np.asarray(own[0])
    whole = np.maximum(2 * (general.stacked - restricted.stacked), 0.0)
    riv = np.maximum((m + 1) / (df * (m - 1)) * (own.mean(axis=0) - whole), 0.0)
    return np.asarray(whole / (1 + riv))


def free_parameters(paths: Paths) -> int:
    """Of the two equations: slopes, intercepts and residual variances."""
    return paths.size + 4


def honest_parameters(paths: Paths, *, costs: Mapping[str, int]) -> int:
    """The same, a scaled variable counted as all scale values that were estimated for it, once."""
    used = {*paths.outcome, *paths.mediator}
    return free_parameters(paths) + sum(cost - 1 for name, cost in costs.items() if name in used)
