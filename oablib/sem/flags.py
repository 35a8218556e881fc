"""What a fit that converged still has to tell its reader before the numbers are believed."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from oablib.sem.estimation import Optimum
from oablib.sem.moments import Moments
from oablib.sem.problem import Problem

# An eigenvalue or variance below this share of the largest counts as negative, not as rounding.
NEGATIVE_SHARE = 1e-10


def of_fit(problem: Problem, optimum: Optimum) -> Iterator[str]:
    """One sentence per fault: weights, few clusters, Heywood cases, matrices not definite."""
    if problem.sample.weighted:
        yield (
            "Weighted: log-likelihood, AIC, BIC and chi2 are those of a pseudo-likelihood; rely on "
            "standard errors and on the scaled chi2."
        )
    clusters, k = problem.sample.n_clusters, problem.spec.n_free
    if clusters is not None and clusters <= k:
        yield (
            f"{clusters} clusters for {k} parameters: the clustered covariance matrix is "
            "singular, single standard errors are rough and joint tests impossible."
        )
    for label, at in zip(problem.sample.labels, optimum.at, strict=True):
        yield from _of_group(problem.spec.variables, at, f" in group {label}" if label else "")


def _of_group(variables: tuple[str, ...], at: Moments, where: str) -> Iterator[str]:
    negative = np.flatnonzero(np.diag(at.S) < -NEGATIVE_SHARE * np.diag(at.C))
    if negative.size:
        names = ", ".join(variables[i] for i in negative)
        yield (
            f"Heywood case{where}: the variance of {names} is estimated below zero; the model is "
            "too rich or wrong for these data."
        )
    latent = at.C[len(at.cov) :, len(at.cov) :]
    if latent.size and _is_indefinite(latent):
        yield (
            f"The covariance matrix of the latent variables{where} is not positive definite: two "
            "of them may be one."
        )
    elif not negative.size and _is_indefinite(at.S):
        yield (
            f"The residual covariance matrix{where} is not positive definite: some residual "
            "correlations exceed 1, alone or together."
        )


def _is_indefinite(matrix: NDArray) -> bool:
    eigenvalues = np.linalg.eigvalsh(matrix)
    return bool(eigenvalues[0] < -NEGATIVE_SHARE * eigenvalues[-1])
