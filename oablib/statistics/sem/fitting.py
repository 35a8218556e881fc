"""The entry of the package: fit one model to one complete data set."""

from collections.abc import Collection, Iterator
from dataclasses import fields
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ModelError
from oablib.statistics.sem import estimation, inference, solution, spec
from oablib.statistics.sem import measures as measuring
from oablib.statistics.sem import problem as problems
from oablib.statistics.sem.estimation import Optimum
from oablib.statistics.sem.inference import Errors
from oablib.statistics.sem.moments import Moments
from oablib.statistics.sem.problem import Problem
from oablib.statistics.sem.result import Core, SemFit
from oablib.statistics.sem.sample import Prepared, prepare
from oablib.statistics.sem.spec import Equal, Likelihood

Estimator = Literal["ml"]


def fit(
    model: str,
    data: pd.DataFrame | Prepared,
    *,
    cluster: str | None = None,
    group: str | None = None,
    equal: Equal | Collection[Equal] = (),
    weights: str | None = None,
    estimator: Estimator = "ml",
    likelihood: Likelihood = "joint",
    errors: Errors = "robust",
    mean_structure: bool = True,
    cluster_correction: bool = True,
) -> SemFit:
    """Fit `model` (lavaan's syntax) to complete rows; `data` may hold more columns.

    data: or what `prepare` made of it, with its clusters, groups, weights and correction: any
        number of models is then fitted without looking at the rows again.
    cluster: column whose values share a school; errors are then clustered (lavaan: robust.cluster).
    group: column whose values are fitted side by side; equal: classes of parameters that all
        groups share (see spec.Equal; lavaan's group.equal).
    weights: column of sampling weights, brought to a mean of 1: pseudo maximum likelihood
        (Skinner, 1989).
    likelihood: "joint" takes exogenous variables as random (fixed.x = FALSE) and counts their
        moments as parameters; "conditional" takes them as given (fixed.x = TRUE).
    errors: "robust" (lavaan's MLR), "observed" or "expected" information.
    mean_structure: False leaves intercepts out of the parameters (lavaan's default for ML).
    cluster_correction: multiply the clustered meat by C / (C - 1), as lavaan does.
    Estimates are those of Bollen (1989, Structural Equations with Latent Variables, ch. 4 and 8);
    errors and tests follow lavaan 0.6-14 (Rosseel, 2012, J. Stat. Softw. 48(2)).
    Raises ModelError for the model's text or a column that is absent, EstimationError for data
    that cannot be fitted, a model that is not identified, or a search without certificate.
    """
    if isinstance(data, Prepared):
        given = {"cluster": cluster, "group": group, "weights": weights}
        _fail_if_prepared_otherwise(data, **given, cluster_correction=cluster_correction)
        cluster, group, weights = data.cluster, data.group, data.weights
    _fail_if_options_contradict(estimator, likelihood, errors, cluster=cluster, weights=weights)
    classes = (equal,) if isinstance(equal, str) else tuple(sorted(equal))
    specification = spec.parse(
        model, likelihood=likelihood, mean_structure=mean_structure,
        n_groups=_count_groups(data, group), equal=classes,
    )  # fmt: skip
    if not isinstance(data, Prepared):
        data = prepare(
            data, specification.observed, cluster=cluster, group=group, weights=weights,
            cluster_correction=cluster_correction,
        )  # fmt: skip
    moments = data.take(specification, centred=problems.centred(specification))
    return of_sample(problems.set_up(specification, moments), errors=errors)


def of_sample(problem: Problem, *, errors: Errors) -> SemFit:
    """Fit a model that stands ready on its sample moments."""
    optimum = estimation.estimate(problem)
    parts = inference.sandwich(problem, optimum)
    covariance = inference.covariance(problem, optimum, parts, errors=errors)
    given = [cell.free for cell in problem.spec.cells if problem.spec.is_given(cell)]
    covariance[given] = covariance[:, given] = 0.0
    parameters, by_row = solution.parameter_table(problem, optimum, covariance=covariance)
    measures = measuring.measures(problem, optimum, parts)
    r2 = measuring.explained(problem, optimum)
    specification = problem.spec
    return SemFit(
        model=specification.text,
        likelihood=specification.likelihood,
        errors=errors,
        information="expected" if errors == "expected" else "observed",
        parameters=parameters,
        covariance=by_row,
        n=problem.sample.n,
        n_groups=specification.n_groups,
        n_clusters=problem.sample.n_clusters,
        n_parameters=len(specification.reported),
        df=specification.df,
        **{each.name: getattr(measures, each.name) for each in fields(measures)},
        r2=r2,
        r2_adjusted=measuring.adjusted(problem, r2),
        gradient_norm=optimum.gradient_norm,
        converged=True,
        flags=tuple(of_fit(problem, optimum)),
        core=Core(problem, optimum, covariance),
    )


def _fail_if_options_contradict(
    estimator: str, likelihood: str, errors: str, *, cluster: str | None, weights: str | None
) -> None:
    known = {"estimator": Estimator, "likelihood": Likelihood, "errors": Errors}
    given = {"estimator": estimator, "likelihood": likelihood, "errors": errors}
    for name, value in given.items():
        if value not in get_args(known[name]):
            hint = " lavaan's MLR is 'ml' with errors='robust'." if value.lower() == "mlr" else ""
            expected = ", ".join(get_args(known[name]))
            raise ModelError(f"{name}={value!r} is unknown; expected one of {expected}.{hint}")
    for name, column in (("cluster", cluster), ("weights", weights)):
        if column is not None and errors != "robust":
            raise ModelError(
                f"errors={errors!r} ignores {name}; use errors='robust' or leave out {name}."
            )


def _fail_if_prepared_otherwise(
    data: Prepared, *, cluster_correction: bool, **given: str | None
) -> None:
    used = {"cluster": data.cluster, "group": data.group, "weights": data.weights}
    if data.cluster_correction and not cluster_correction:
        raise ModelError(
            "cluster_correction=False, but the data were prepared with it; prepare them anew."
        )
    for name, column in given.items():
        if column not in (None, used[name]):
            raise ModelError(
                f"{name}={column!r}, but the data were prepared with {name}={used[name]!r}; "
                "prepare them anew or leave the option out."
            )


def _count_groups(data: pd.DataFrame | Prepared, group: str | None) -> int:
    if isinstance(data, Prepared):
        return len(data.sample.groups)
    if group is None:
        return 1
    if group not in data.columns:
        raise ModelError(
            f"group={group!r} is no column of the data, which hold {len(data.columns)}: "
            f"{', '.join(map(str, data.columns))}."
        )
    return max(int(data[group].nunique()), 1)


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
