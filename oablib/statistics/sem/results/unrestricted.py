"""The unrestricted model of incomplete data: any means and covariances.

Complete data show them; here they have to be searched. Steps of EM (Dempster, Laird & Rubin,
1977, J. R. Stat. Soc. B 39:1) bring the search near, Newton's steps of `estimation` end it.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import EstimationError
from oablib.statistics.sem.data.design import Design
from oablib.statistics.sem.data.sample import GroupSample, Sample
from oablib.statistics.sem.likelihood import patterns
from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.likelihood.patterns import Pattern, PatternSample
from oablib.statistics.sem.likelihood.problem import Problem
from oablib.statistics.sem.results import inference
from oablib.statistics.sem.results.inference import Sandwich
from oablib.statistics.sem.search import estimation, start
from oablib.statistics.sem.search.estimation import Optimum
from oablib.statistics.sem.text import spec

# EM ends once no moment changes by more than this, in standardised units: from there on Newton's
# steps take a few rounds, those of EM some hundreds.
NEAR = 1e-2
MAX_EM_STEPS = 200
# Weight in the combination with the least variance from which a column is named.
NAMED_SHARE = 0.1


def estimated(names: Sequence[str], group: PatternSample, *, where: str) -> PatternSample:
    """The group with the moments of the unrestricted model and its log-likelihood.

    Raises EstimationError that names the columns whose moments the rows do not determine.
    """
    if len(group.patterns) == 1:
        return _complete(group)
    mean, cov = _em(group)
    near = replace(group, mean=mean, cov=cov)
    try:
        (at,) = _optimum(_problem(near)).at
    except (EstimationError, np.linalg.LinAlgError) as error:
        raise EstimationError(_undetermined(names, near, where)) from error
    return replace(group, mean=at.mean, cov=at.cov, loglik=group.n * patterns.loglik(at, group))


def _complete(group: PatternSample) -> PatternSample:
    """Rows that know the same variables, whose own moments have the highest likelihood."""
    (rows,) = group.patterns
    log_det = np.linalg.slogdet(rows.cov)[1]
    loglik = -0.5 * rows.n * (len(rows.mean) * (np.log(2 * np.pi) + 1) + float(log_det))
    return replace(group, mean=rows.mean, cov=rows.cov, loglik=loglik)


def loglik(group: PatternSample, part: slice) -> float:
    """Highest log-likelihood of the known values of some variables, under any moments of theirs."""
    return _only(group, part).loglik


def sandwich(group: PatternSample, part: slice, n_clusters: int | None) -> Sandwich:
    """Both parts of the sampling covariance of the moments of some variables."""
    problem = _problem(_only(group, part), n_clusters)
    return inference.sandwich(problem, _optimum(problem))


def _problem(group: PatternSample, n_clusters: int | None = None) -> Problem:
    """The search for any means and covariances, from those that the group holds."""
    names = [f"v{number}" for number in range(len(group.mean))]
    pairs = combinations_with_replacement(names, 2)
    model = spec.parse("\n".join(f"{a} ~~ {b}" for a, b in pairs))
    sample = Sample(
        groups=(group,), labels=("",), scale=np.ones(len(names)), products=np.zeros((0, 0)),
        spans=(slice(0),), n_clusters=n_clusters, clusters=(), design=Design(),
    )  # fmt: skip
    return problems.set_up(model, sample)


def _optimum(problem: Problem) -> Optimum:
    """From the moments that the group holds. Raises EstimationError where there is none."""
    optimum = estimation.estimate(problem, start.values(problem))
    if not optimum.converged:
        raise EstimationError(optimum.reason)
    return optimum


def on_moments(problem: Problem) -> Problem:
    """The model on complete rows with the moments of the unrestricted model: a place to start."""
    groups = tuple(
        GroupSample(group.n, group.shift, group.mean, group.cov, group.root)
        for group in problem.sample.groups
    )
    sample = replace(problem.sample, groups=groups)
    return problems.set_up(problem.spec, sample, bounds=problem.bounds)


def _em(group: PatternSample) -> tuple[NDArray, NDArray]:
    """Mean and covariance near those with the highest likelihood, each step a higher one."""
    mean, cov = group.mean, group.cov
    for _ in range(MAX_EM_STEPS):
        first, second = np.zeros_like(mean), np.zeros_like(cov)
        for pattern in group.patterns:
            row, square = _completed(pattern, mean, cov)
            first += pattern.n / group.n * row
            second += pattern.n / group.n * (square + np.outer(row, row))
        before, mean, cov = (mean, cov), first, second - np.outer(first, first)
        if max(np.abs(mean - before[0]).max(), np.abs(cov - before[1]).max()) < NEAR:
            break
    return mean, cov


def _completed(pattern: Pattern, mean: NDArray, cov: NDArray) -> tuple[NDArray, NDArray]:
    """Mean row and covariance of a pattern once what it lacks is regressed on what it knows."""
    known = pattern.known
    slopes = np.linalg.solve(cov[np.ix_(known, known)], cov[known]).T
    row = mean + slopes @ (pattern.mean - mean[known])
    return row, slopes @ pattern.cov @ slopes.T + cov - slopes @ cov[known]


def _only(group: PatternSample, part: slice) -> PatternSample:
    """Some variables of the group; rows that now know the same ones become one pattern."""
    chosen = np.arange(len(group.mean))[part]
    if len(chosen) == len(group.mean):
        return group
    if not len(chosen):
        return replace(group, loglik=0.0)
    merged: dict[tuple[int, ...], list[Pattern]] = {}
    for pattern in group.patterns:
        inside = np.isin(pattern.known, chosen)
        known = np.searchsorted(chosen, pattern.known[inside])
        smaller = replace(
            pattern, known=known, mean=pattern.mean[inside], z=pattern.z[:, inside],
            cov=pattern.cov[inside][:, inside],
        )  # fmt: skip
        if len(known):
            merged.setdefault(tuple(known), []).append(smaller)
    merged_patterns = tuple(map(_merged, merged.values()))
    n = sum(pattern.n for pattern in merged_patterns)
    mean, cov = group.mean[chosen], group.cov[np.ix_(chosen, chosen)]
    found = replace(group, n=n, mean=mean, cov=cov, patterns=merged_patterns)
    return estimated([f"v{i}" for i in chosen], found, where="")


def _merged(parts: list[Pattern]) -> Pattern:
    """One pattern of several that know the same variables."""
    n = sum(part.n for part in parts)
    mean = np.sum([part.n / n * part.mean for part in parts], axis=0)
    apart = [part.mean - mean for part in parts]
    squares = [p.n / n * (p.cov + np.outer(d, d)) for p, d in zip(parts, apart, strict=True)]
    clusters = [part.cluster for part in parts if part.cluster is not None]
    weights = [part.weights for part in parts if part.weights is not None]
    return replace(
        parts[0], n=n, mean=mean, cov=np.sum(squares, axis=0),
        z=np.concatenate([part.z for part in parts]),
        cluster=np.concatenate(clusters) if clusters else None,
        weights=np.concatenate(weights) if weights else None,
    )  # fmt: skip


def _undetermined(names: Sequence[str], group: PatternSample, where: str) -> str:
    """Which columns are at fault: a combination that hardly varies, or a pair in hardly a row."""
    sd = np.sqrt(np.diag(group.cov))
    _, vectors = np.linalg.eigh(group.cov / np.outer(sd, sd))
    weight = np.abs(vectors[:, 0])
    columns = [name for name, w in zip(names, weight, strict=True) if w > NAMED_SHARE]
    rows = np.zeros(group.cov.shape)
    for pattern in group.patterns:
        rows[np.ix_(pattern.known, pattern.known)] += len(pattern.z)
    first, second = divmod(int(np.argmin(rows)), len(rows))
    return (
        f"The means and covariances of incomplete columns{where} have no estimate. Either "
        f"{', '.join(columns)} determine each other, or too few rows know two columns together: "
        f"the fewest, {rows.min():.0f}, know {names[first]} and {names[second]}. Leave one of them "
        "out, or impute the missing values."
    )
