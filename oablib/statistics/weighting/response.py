"""The chance that a child's values are known: logistic regression on what is known of all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.special import expit, ndtr

from oablib.base.errors import WeightingError
from oablib.base.shown import showable
from oablib.protocol.codebook import Column, Table
from oablib.protocol.models import Model

TABLE = ["term", "est", "se", "z", "p"]
# Newton doubles the correct digits, so that after such a last step rounding is all that is left.
LAST_STEP = 1e-9
# Ten rounds reach any finite optimum; under separation each adds one to the largest log odds.
MOST_ROUNDS = 30
MOST_HALVINGS = 20
# Relative to its size, what rounding leaves of a log-likelihood.
LOGLIK_ROUNDING = 1e-12
# Spread relative to size below which a column of doubles holds nothing but rounding.
CONSTANT_TOLERANCE = 1e-12
# Length that a column of norm 1 keeps beside those before it; exact dependence leaves 1e-15.
COLLINEAR_TOLERANCE = 1e-9
# Share of the largest last step from which a term counts as one that runs away.
RUNAWAY_SHARE = 0.1


@showable(private=("chances",))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Response:
    """The model of who is known.

    chances: (n,), of being known. table: term, est, se (log odds a unit of the term), z, p.
    covariance: of est. flags: what was left out, as sentences.
    """

    chances: NDArray
    table: pd.DataFrame
    covariance: NDArray
    flags: tuple[str, ...]


def predictors(
    frame: pd.DataFrame, *, model: Model, table: Table, smallest_category: int
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """What is known of all children, as columns of floats, with flags.

    Columns are wave, outcome, mediator, all else of the model and its auxiliary variables but
    the imputed, and school means over all children: of outcome and mediator, and of belonging
    to another than the reference category of each scaled variable that is not imputed. A
    category becomes a column of 0 and 1; the most common, and those of fewer children than
    `smallest_category`, have none. Raises WeightingError for unknown values.
    """
    wanted = dict.fromkeys((model.wave, *model.columns, *model.auxiliary))
    names = [name for name in wanted if name not in ("", model.cluster, *model.imputed)]
    _fail_if_predictors_are_unknown(frame[names])
    parts, small = [], []
    for name in names:
        column = table.column(name)
        if column.categories:
            dummies, few = _dummies(frame[name], column=column, smallest=smallest_category)
            parts.append(dummies)
            small += few
        else:
            parts.append(frame[[name]].astype(float))
    flags = [
        f"In the response model, categories of fewer than {smallest_category} children count with "
        f"the most common one: {', '.join(small)}."
    ]
    design = pd.concat([*parts, _school_means(frame, model=model, table=table)], axis=1)
    return design, tuple(flags if small else [])


def fit(design: pd.DataFrame, *, known: NDArray) -> Response:
    """Maximum likelihood of `known`, (n,) bool, given the columns of `design`, by Newton's method.

    Standard errors are of the observed information, children taken as independent. A column that
    is constant or follows from those before it is left out and flagged. Raises WeightingError
    when columns separate known from unknown children, for then no estimate is finite.
    """
    flat = [name for name in design if _is_constant(design[name].to_numpy())]
    varied = design.drop(columns=flat)
    center, spread = varied.mean().to_numpy(), varied.std(ddof=0).to_numpy()
    Z = np.column_stack([np.ones(len(varied)), (varied.to_numpy() - center) / spread])
    keep = _is_independent(Z)
    dependent = list(varied.columns[~keep[1:]])
    names = ["intercept", *varied.columns[keep[1:]]]
    slopes, information = _newton(Z[:, keep], known.astype(float), names=names)
    # From standardised columns back to the columns' own units.
    units = np.diag(1 / np.append(1.0, spread[keep[1:]]))
    units[0, 1:] = -(center / spread)[keep[1:]]
    covariance = units @ np.linalg.inv(information) @ units.T
    est, se = units @ slopes, np.sqrt(np.diag(covariance))
    columns = (names, est, se, est / se, 2 * ndtr(-np.abs(est / se)))
    return Response(
        chances=expit(Z[:, keep] @ slopes),
        table=pd.DataFrame(dict(zip(TABLE, columns, strict=True))),
        covariance=covariance,
        flags=(*_left_out(flat, "constant"), *_left_out(dependent, "given by other columns")),
    )


def _dummies(codes: pd.Series, *, column: Column, smallest: int) -> tuple[pd.DataFrame, list[str]]:
    """Columns of 0 and 1, and the names of categories that were too small for one."""
    counts = codes.value_counts().sort_index()
    others = counts.drop(counts.idxmax())
    few = [f"{column.key}={column.category(code).key}" for code in others.index[others < smallest]]
    columns = {
        f"{column.key}={column.category(code).key}": (codes == code) * 1.0
        for code in others.index[others >= smallest]
    }
    if others.empty:
        columns = {column.key: codes * 0.0}
    return pd.DataFrame(columns, index=codes.index), few


def _school_means(frame: pd.DataFrame, *, model: Model, table: Table) -> pd.DataFrame:
    tests = [name for name in (model.outcome, model.mediator) if name not in model.imputed]
    columns = {name: frame[name].astype(float) for name in tests}
    for name in model.scaled:
        if name not in model.imputed:
            columns[name] = (frame[name] != table.column(name).reference_code) * 1.0
    means = pd.DataFrame(columns, index=frame.index).groupby(frame[model.cluster]).transform("mean")
    return means.add_prefix("school_mean_")


def _is_constant(values: NDArray) -> bool:
    low, high = values.min(), values.max()
    return bool(high - low <= CONSTANT_TOLERANCE * max(abs(low), abs(high)))


def _is_independent(Z: NDArray) -> NDArray:
    """Which columns do not follow from those before them, shape (k,)."""
    kept = np.abs(np.diag(np.linalg.qr(Z, mode="r"))) / np.linalg.norm(Z, axis=0)
    return np.asarray(kept > COLLINEAR_TOLERANCE)


def _newton(Z: NDArray, y: NDArray, *, names: Sequence[str]) -> tuple[NDArray, NDArray]:
    """Slopes and information at the largest likelihood; Z has the intercept first."""
    slopes = np.zeros(Z.shape[1])
    slopes[0] = np.log(y.sum() / (len(y) - y.sum()))
    step = np.ones(len(slopes))
    for _ in range(MOST_ROUNDS):
        chances = expit(Z @ slopes)
        information = (Z * (chances * (1 - chances))[:, None]).T @ Z
        try:
            step = cho_solve(cho_factor(information), Z.T @ (y - chances))
        except (LinAlgError, ValueError):  # ValueError: the information is no longer finite
            break
        if np.abs(step).max() < LAST_STEP:
            return slopes + step, information
        slopes = _improved(slopes, step, Z=Z, y=y)
    raise WeightingError(_separation(step, names=names, n_known=int(y.sum()), n=len(y)))


def _improved(slopes: NDArray, step: NDArray, *, Z: NDArray, y: NDArray) -> NDArray:
    """Slopes after the step, or the part of it that does not lower the likelihood."""
    before = _loglik(slopes, Z=Z, y=y)
    for _ in range(MOST_HALVINGS):
        if _loglik(slopes + step, Z=Z, y=y) >= before - LOGLIK_ROUNDING * abs(before):
            break
        step = step / 2
    return slopes + step


def _loglik(slopes: NDArray, *, Z: NDArray, y: NDArray) -> float:
    return -float(np.logaddexp(0.0, (1 - 2 * y) * (Z @ slopes)).sum())


def _separation(step: NDArray, *, names: Sequence[str], n_known: int, n: int) -> str:
    size = np.abs(step[1:])
    away = [name for name, s in zip(names[1:], size, strict=True) if s >= RUNAWAY_SHARE * max(size)]
    return (
        f"The response model has no finite estimate: {away} separate the {n_known} known children "
        f"from the {n - n_known} others, or nearly so. Leave these columns out of the model's "
        "auxiliary variables, merge their categories in the codebook, or impute instead."
    )


def _left_out(names: Iterable[object], reason: str) -> list[str]:
    listed = ", ".join(map(str, names))
    return [f"Left out of the response model, because {reason}: {listed}."] if listed else []


def _fail_if_predictors_are_unknown(frame: pd.DataFrame) -> None:
    counts = frame.isna().sum()
    if counts.any():
        raise WeightingError(
            f"Unknown values among what must be known of all children: "
            f"{counts[counts > 0].to_dict()}. Impute them first, or leave the columns out of the "
            "model's auxiliary variables."
        )
