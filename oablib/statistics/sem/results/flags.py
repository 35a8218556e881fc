"""Sentences on a fit: what a reader should know before believing its numbers."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from oablib.statistics.sem.data.checks import dependent, smallest_eigenvalue, within
from oablib.statistics.sem.likelihood import patterns
from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.likelihood.moments import Moments
from oablib.statistics.sem.likelihood.problem import Problem
from oablib.statistics.sem.results.inference import Errors
from oablib.statistics.sem.results.measures import Measures
from oablib.statistics.sem.search.estimation import Optimum
from oablib.statistics.sem.text.spec import FIXED

# An eigenvalue or variance below this share of the largest counts as negative, not as rounding.
NEGATIVE_SHARE = 1e-10
# Rows for each parameter below which errors and tests are rough (Bentler & Chou, 1987, Sociol.
# Methods Res. 16:78).
ROWS_PER_PARAMETER = 5
# Smallest eigenvalue of the correlation matrix: two columns that correlate by 0.9999.
NEARLY_DEPENDENT = 1e-4
# Weight in the combination that nearly vanishes from which a column is named.
DEPENDENT_SHARE = 0.05


def on_fit(problem: Problem, optimum: Optimum, measures: Measures) -> Iterator[str]:
    """One sentence per fault: weights, few clusters, no scaling, Heywood cases, matrices."""
    if problem.sample.weighted:
        yield (
            "Weighted: log-likelihood, AIC, BIC and chi2 are those of a pseudo-likelihood; rely on "
            "standard errors and on the scaled chi2."
        )
    if not optimum.converged:
        yield f"Not converged, estimates are unreliable. {optimum.reason}"
    yield from _on_optima(problem, optimum)
    yield from _on_rows(problem)
    for label, group in zip(problem.sample.labels, problem.sample.groups, strict=True):
        yield from _on_columns(problem.spec.observed, group.cov, within(label))
    yield from _on_clusters(problem)
    yield from _on_limits(problem, optimum)
    if measures.df > 0 and np.isnan(measures.scaling_factor):
        yield (
            "The scaling factor of chi2 is not positive: the scaled chi2, and the scaled and the "
            "robust CFI, TLI and RMSEA, are not defined."
        )
    for label, at in zip(problem.sample.labels, optimum.at, strict=True):
        yield from _on_matrices(problem.spec.variables, at, within(label))


def on_errors(problem: Problem, errors: Errors) -> Iterator[str]:
    """What the expected information presumes where values are missing."""
    if errors == "expected" and patterns.groups(problem.sample):
        yield (
            "The expected information presumes that values are missing completely at random "
            "(Kenward & Molenberghs, 1998); errors='observed' and 'robust' need less."
        )


def _on_optima(problem: Problem, optimum: Optimum) -> Iterator[str]:
    if not optimum.others:
        return
    improper = any(np.diag(at.S).min() < 0 for at in optimum.at)
    hint = " bounds='pos.var' finds one without negative variances." if improper else ""
    highest = problems.loglik(problem, optimum.at)
    lower = [problem.sample.n * (highest - other) for other in optimum.others]
    yield (
        f"The likelihood has {len(lower) + 1} or more optima: starts ended in this one and in "
        f"{len(lower)} whose log-likelihood is lower by {', '.join(f'{x:.3g}' for x in lower)}. "
        f"Small differences say that the data hardly choose between these solutions.{hint}"
    )


def _on_columns(names: tuple[str, ...], cov: NDArray, where: str) -> Iterator[str]:
    """Columns that nearly depend on each other; exactly dependent ones were refused."""
    smallest = smallest_eigenvalue(cov)
    if smallest < NEARLY_DEPENDENT:
        columns, _ = dependent(names, cov, below=NEARLY_DEPENDENT, share=DEPENDENT_SHARE)
        yield (
            f"Columns {', '.join(columns)} nearly determine each other{where} (smallest eigenvalue "
            f"of the correlation matrix {smallest:.0e}): their paths have large standard errors "
            f"and lose about {-np.log10(smallest):.0f} of 15 digits. Centre a variable before it "
            "is squared or multiplied; of shares that add up, leave one out."
        )


def _on_rows(problem: Problem) -> Iterator[str]:
    """Few rows for what is estimated; given or free moments of exogenous variables are not."""
    spec, n = problem.spec, problem.sample.n
    given = {cell.free for cell in spec.cells if cell.exogenous and cell.free != FIXED}
    estimated = len(set(spec.reported) - given) - spec.n_equalities
    if n < ROWS_PER_PARAMETER * estimated:
        yield (
            f"{n} rows for {estimated} estimated parameters, fewer than {ROWS_PER_PARAMETER} for "
            "each: standard errors, intervals and p values, which rest on many rows, are rough."
        )
    if n <= spec.n_parameters:
        yield (
            f"{n} rows for {spec.n_parameters} parameters, moments of exogenous variables "
            "included: the robust covariance matrix is singular; single standard errors are "
            "usable, joint tests of all parameters are not."
        )


def _on_clusters(problem: Problem) -> Iterator[str]:
    """Scores of a group add up to zero, so that its own clusters bound the rank of its part."""
    spec, sample = problem.spec, problem.sample
    all_free = spec.n_free - spec.n_equalities
    counts = [] if sample.n_clusters is None else [(sample.n_clusters, all_free, "")]
    for group, (label, clusters) in enumerate(zip(sample.labels, sample.clusters, strict=False)):
        free = {c.free for c in spec.cells if c.group == group and c.free != FIXED}
        counts += [(clusters, len(free), within(label))] if label else []
    for clusters, k, where in counts:
        if clusters <= k:
            yield (
                f"{clusters} clusters{where} for {k} parameters: the clustered covariance matrix "
                "is singular, single standard errors are rough and joint tests impossible."
            )


def _on_limits(problem: Problem, optimum: Optimum) -> Iterator[str]:
    """Errors, df and scaling are those that lavaan 0.6-14 gives, in silence, for `a > 0`.

    An active lower() or upper() is ignored by its errors, and by its search beside equalities;
    here they are limits like any other.
    """
    for number in optimum.active:
        yield (
            f"The limit `{problem.spec.restrictions[number].text}` is active: without it the "
            "likelihood would rise further. Standard errors take it as an equality. df, AIC and "
            "BIC do not count it but the scaling factor does, so that p of chi2 and the scaled "
            "chi2 are too small; intervals near it are rough."
        )


def _on_matrices(variables: tuple[str, ...], at: Moments, where: str) -> Iterator[str]:
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
