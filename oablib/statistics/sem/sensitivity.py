"""How a fit's estimates change with its clusters, and with numbers that its data depend on.

Two-step estimation needs this where the columns of the second step hold estimates of the first
(Newey & McFadden, 1994, Handbook of Econometrics 4, section 6).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ModelError
from oablib.statistics.sem import arguments, incomplete_rows
from oablib.statistics.sem.data import checks
from oablib.statistics.sem.data.rows import cluster_sums, normalised
from oablib.statistics.sem.fits.fitting import SemFit, fail_if_no_fit
from oablib.statistics.sem.likelihood import patterns
from oablib.statistics.sem.results import inference
from oablib.statistics.sem.results import solution as table
from oablib.statistics.sem.search import constrained

# Distance, in standard deviations, between the fit's means and those of its own rows.
SAME_MEANS = 1e-9
# Share of the largest singular value below which a direction of the table holds nothing.
NO_DIRECTION = 1e-12


def influence(
    fit: SemFit, data: pd.DataFrame, *, cluster: str, weights: str | None = None
) -> NDArray:
    """Influence of each cluster on fit.parameters' est, shape (C, r), in the data's units.

    H^-1 s_c with the observed information H and the scores s_c of a cluster; clusters in order of
    appearance. Its products, times C/(C-1), are the covariance of a fit with this cluster.
    data, weights: as in the fit. Raises ModelError for a fit of several groups or other data.
    """
    _fail_if_unfit(fit, data, weights)
    arguments.column("cluster", cluster, optional=False)
    checks.fail_if_column_is_absent([cluster], list(data.columns))
    codes, labels = checks.codes(data[cluster], "clusters")
    if patterns.groups(fit.core.problem.sample):
        scores = np.zeros((len(labels), fit.core.problem.spec.n_free))
        np.add.at(scores, codes, incomplete_rows.scores(fit, data, weights=weights))
        return scores @ _by_score(fit)
    u, w = _rows(fit, data, weights=weights)
    sums = cluster_sums(
        u, whitening=np.eye(u.shape[1]), weights=w, clusters=codes, n_clusters=len(labels)
    )
    return sums @ _pull(fit)


def response(
    fit: SemFit,
    data: pd.DataFrame,
    moved: Sequence[Mapping[str, NDArray]],
    *,
    weights: str | None = None,
) -> NDArray:
    """Derivatives of fit.parameters' est to K numbers that the data depend on, shape (r, K).

    moved: per number the columns that move with it and their derivatives, each (n,); columns
    that the model does not hold are passed over. data, weights: as in the fit. Exact, by the
    implicit function theorem on the score, without a refit; active limits are taken to stay
    active. Raises ModelError as `influence`, and for constraints that are not linear.
    """
    _fail_if_unfit(fit, data, weights)
    _fail_if_moves_are_unfit(moved, len(data))
    constrained.fail_if_curved(
        fit.core.problem, fit.core.optimum, needs="Responses", instead="fit the moved data anew"
    )
    if patterns.groups(fit.core.problem.sample):
        return (incomplete_rows.moved(fit, data, moved, weights=weights) @ _by_score(fit)).T
    u, w = _rows(fit, data, weights=weights)
    pull = _pull(fit)
    changes = np.zeros((len(moved), len(pull)))
    for number, columns in enumerate(moved):
        changes[number] = _moved_sums(fit, u, w, columns)
    return pull.T @ changes.T


def with_covariance(fit: SemFit, covariance: NDArray) -> SemFit:
    """The fit with another sampling covariance of its estimates, shape (r, r), rows as in it.

    parameters (se, z, p and the interval), and what `effects` and `standardized` make of the fit,
    follow; its tests of fit and modification indices stay as they are.
    """
    fail_if_no_fit(fit)
    covariance = arguments.array("covariance", covariance)
    if covariance.shape != fit.covariance.shape or not np.isfinite(covariance).all():
        raise ModelError(
            f"The covariance has shape {covariance.shape}; expected finite numbers of shape "
            f"{fit.covariance.shape}, rows as in fit.parameters."
        )
    inverse = np.linalg.pinv(_slopes(fit), rcond=NO_DIRECTION)
    se = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    tests = table.tests(fit.parameters["est"].to_numpy(), se)
    return replace(
        fit,
        parameters=fit.parameters.assign(**tests),
        covariance=covariance,
        core=replace(fit.core, covariance=inverse @ covariance @ inverse.T),
    )


def _fail_if_unfit(fit: SemFit, data: pd.DataFrame, weights: str | None) -> None:
    fail_if_no_fit(fit)
    arguments.column("weights", weights)
    checks.fail_if_data_are_no_frame(data)
    if fit.n_groups > 1:
        raise ModelError(
            f"The fit holds {fit.n_groups} groups; influence and response are for one. Fit the "
            "groups one by one."
        )


def _rows(fit: SemFit, data: pd.DataFrame, *, weights: str | None) -> tuple[NDArray, NDArray]:
    """Standardised rows from their mean, shape (n, p), and weights with mean 1, (n,)."""
    problem = fit.core.problem
    group = problem.sample.groups[0]
    needed = [*problem.spec.observed, *([] if weights is None else [weights])]
    checks.fail_if_column_is_absent(needed, list(data.columns))
    values = checks.numbers(data[list(problem.spec.observed)])
    raw = np.ones(len(data)) if weights is None else checks.weights(data[weights])
    u = (values - group.shift) / problem.sample.scale - group.mean
    w = normalised(raw)
    far = float(np.abs(w @ u).max()) / len(u)
    if len(u) != fit.n or far > SAME_MEANS:
        raise ModelError(
            f"{len(u)} rows whose means lie up to {far:.1e} standard deviations from those of the "
            f"fit, which has {fit.n} rows; give the rows and weights that were fitted."
        )
    return u, w


def _fail_if_moves_are_unfit(moved: Sequence[Mapping[str, NDArray]], n: int) -> None:
    mappings = isinstance(moved, Sequence) and all(isinstance(each, Mapping) for each in moved)
    if not mappings or any(np.shape(d) != (n,) for each in moved for d in each.values()):
        raise ModelError(
            f"moved= is of type {type(moved).__name__}; expected a list with a mapping for each "
            f"number, from names of columns to derivatives of shape ({n},)."
        )


def _moved_sums(fit: SemFit, u: NDArray, w: NDArray, columns: Mapping[str, NDArray]) -> NDArray:
    """Derivatives of the sums of `features` over all rows, shape (q,)."""
    names, scale = fit.core.problem.spec.observed, fit.core.problem.sample.scale
    p = len(names)
    first, second = np.zeros(p), np.zeros((p, p))
    for name in columns.keys() & set(names):
        index = names.index(name)
        change = w * columns[name] / scale[index]
        first[index] = change.sum()
        second[:, index] = change @ u
    both = second + second.T
    return np.concatenate([[0.0], first, both[np.triu_indices(p)]])


def _pull(fit: SemFit) -> NDArray:
    """Change of the estimates per feature added to the data, shape (q, r)."""
    problem, optimum = fit.core.problem, fit.core.optimum
    # Rows are used as they are, not whitened: their root is the identity.
    plain = replace(problem.sample.groups[0], root=np.eye(len(problem.spec.observed)))
    layout = problem.layouts[0]
    by_cell = inference.cell_weights(optimum.at[0], layout.places, plain)
    return layout.gather(by_cell, problem.spec.n_free) @ _by_score(fit)


def _by_score(fit: SemFit) -> NDArray:
    """Change of the estimates per unit added to the scores of the free parameters, shape (k, r)."""
    problem, optimum = fit.core.problem, fit.core.optimum
    return inference.bread(problem, optimum, information="observed") @ _slopes(fit).T


def _slopes(fit: SemFit) -> NDArray:
    """Derivatives of the table's rows to the free parameters, shape (r, k); 0 to given ones."""
    problem = fit.core.problem
    rows = table.with_defined(problem.spec, table.original(problem, fit.core.optimum.theta))
    slopes = rows.slopes.copy()
    slopes[:, [cell.free for cell in problem.spec.cells if problem.spec.is_given(cell)]] = 0.0
    return slopes
