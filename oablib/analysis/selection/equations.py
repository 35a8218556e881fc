"""The two equations of a variant, by least squares on moments.

A recursive model with independent residuals is estimated equation by equation, and its likelihood
is the product of theirs (Bollen, 1989, Structural Equations with Latent Variables, p. 104). So
thousands of variants and draws cost what their sums of products cost; sem.fit gives the same.
"""

from collections.abc import Iterator, Mapping, Sequence
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
        """Of a variant, in each data set and in all as one; lavaan's fixed.x."""
        return Likelihoods(self._loglik(self.covariances, paths), self._loglik(self.whole, paths))

    def _loglik(self, covariances: NDArray, paths: Paths) -> NDArray:
        """Log-likelihood of outcome and mediator given the predictors, (...)."""
        result = np.zeros(covariances.shape[:-2])
        for lhs, rhs in zip((self.model.outcome, self.model.mediator), paths, strict=True):
            chosen = [self.names.index(name) for name in rhs]
            variance = residual_variance(covariances, self.names.index(lhs), chosen)
            result -= self.n / 2 * (np.log(2 * np.pi * variance) + 1)
        return result

    def gain(self, paths: Paths, other: Paths) -> NDArray:
        """How much better `paths` fit than `other`, on the scale of chi2, (...).

        By a pooled likelihood ratio of each of the two against the model with the paths of both.
        """
        both = paths.joined(other)
        joint = self.likelihoods(both)
        of_other, of_paths = (
            ratio(self.likelihoods(each), joint, df=both.size - each.size)
            for each in (other, paths)
        )
        return of_other - of_paths

    def implied_variance(self, paths: Paths) -> NDArray:
        """Variance of the outcome that a variant implies, (m, ...); lavaan's R2 is a share of it.

        It is not the observed one where paths to the mediator are left out.
        """
        index = {name: number for number, name in enumerate(self.names)}
        y, z = index[self.model.outcome], index[self.model.mediator]
        direct = [index[name] for name in paths.outcome if name != self.model.mediator]
        to_z, to_y = [index[name] for name in paths.mediator], [z, *direct]
        covariances, implied = self.covariances, np.array(self.covariances)
        slope_z = slopes(covariances, z, to_z)
        others = [number for number in range(len(self.names)) if number not in (y, z)]
        with_z = np.einsum("...k,...kj->...j", slope_z, covariances[..., to_z, :][..., others])
        left = residual_variance(covariances, z, to_z)
        implied[..., z, z] = left + np.einsum("...k,...k", slope_z, covariances[..., to_z, z])
        implied[..., z, others] = implied[..., others, z] = with_z
        slope_y = slopes(covariances, y, to_y)
        among = implied[..., to_y, :][..., to_y]
        explained = np.einsum("...j,...jk,...k", slope_y, among, slope_y)
        return np.asarray(explained + residual_variance(covariances, y, to_y))

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
    return Paths(*model.equations.values())


def by_categories(
    paths: Mapping[str, Paths], *, categories: Mapping[str, Sequence[str]]
) -> dict[str, Paths]:
    """The same models with some scaled variables as categories, in all models alike.

    Those that one model has in an equation and another has not: their removal is judged by all
    categories jointly, for scale values are not far from 0 by chance but by their making.
    """
    sides: list[list[tuple[str, ...]]] = []
    for side in zip(*paths.values(), strict=True):
        used = [set(names) for names in side]
        uneven = set.union(*used) - set.intersection(*used)
        expanded = {name: categories[name] for name in categories if name in uneven}
        sides.append([tuple(_expanded(names, expanded)) for names in side])
    return {name: Paths(*each) for name, each in zip(paths, zip(*sides, strict=True), strict=True)}


def _expanded(names: Sequence[str], categories: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for name in names:
        yield from categories.get(name, (name,))


def residual_variance(covariances: NDArray, lhs: int, rhs: Sequence[int]) -> NDArray:
    """Variance that the columns `rhs` leave of column `lhs`, (...); covariances: (..., p, p)."""
    total = covariances[..., lhs, lhs]
    if not rhs:
        return np.asarray(total)
    across = covariances[..., rhs, lhs]
    slope = slopes(covariances, lhs, rhs)
    return np.asarray(total - np.sum(slope * across, axis=-1))


def slopes(covariances: NDArray, lhs: int, rhs: Sequence[int]) -> NDArray:
    """Least-squares slopes of `lhs` on `rhs`, (..., k); solved in correlation form.

    NaN where a column is constant, as that of a category that nobody in a sample of schools has.
    """
    chosen = np.asarray(rhs, dtype=int)
    inner = covariances[..., chosen[:, None], chosen]
    size = np.sqrt(np.diagonal(inner, axis1=-2, axis2=-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = inner / (size[..., :, None] * size[..., None, :])
        right = covariances[..., chosen, lhs] / size
    return np.asarray(np.linalg.solve(scaled, right[..., None])[..., 0] / size)


def stacked(means: NDArray, covariances: NDArray) -> NDArray:
    """Covariances of m data sets as one, (..., p, p); means (m, ..., p), (m, ..., p, p)."""
    mean = means.mean(axis=0)
    square = covariances + means[..., :, None] * means[..., None, :]
    return np.asarray(square.mean(axis=0) - mean[..., :, None] * mean[..., None, :])


def loglik_of_predictors(covariances: NDArray, indices: Sequence[int], *, n: float) -> NDArray:
    """Log-likelihood of these columns, their moments free; (...)."""
    chosen = np.asarray(indices, dtype=int)
    inner = covariances[..., chosen[:, None], chosen]
    log_det = np.linalg.slogdet(inner)[1]
    return np.asarray(-n / 2 * (len(chosen) * (np.log(2 * np.pi) + 1) + log_det))


def ratio(restricted: Likelihoods, general: Likelihoods, *, df: int) -> NDArray:
    """Pooled likelihood ratio of two nested models on the scale of chi2, (...).

    D4 times df (Chan & Meng, 2022, Stat Sinica 32:1489), as pooling.pooled_tests.d4; with one data
    set the ratio itself.
    """
    m = len(general.own)
    ratios = np.maximum(2 * (general.own - restricted.own), 0.0)
    if m == 1 or not df:
        return np.asarray(ratios[0])
    whole = np.maximum(2 * (general.stacked - restricted.stacked), 0.0)
    riv = np.maximum((m + 1) / (df * (m - 1)) * (ratios.mean(axis=0) - whole), 0.0)
    return np.asarray(whole / (1 + riv))


def free_parameters(paths: Paths) -> int:
    """Of the two equations: slopes, intercepts and residual variances."""
    return paths.size + 4


def parameters_with_scales(paths: Paths, *, costs: Mapping[str, int]) -> int:
    """The same, a scaled variable counted as all scale values that were estimated for it, once."""
    used = {*paths.outcome, *paths.mediator}
    return free_parameters(paths) + sum(cost - 1 for name, cost in costs.items() if name in used)
