"""From a full model down: the term that is missed least leaves, one by one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.analysis.selection import equations
from oablib.analysis.selection.design import Design
from oablib.analysis.selection.equations import Data, Paths
from oablib.analysis.selection.settings import Criterion
from oablib.base.shown import showable
from oablib.protocol import formed
from oablib.protocol.models import Model
from oablib.statistics import pooling
from oablib.statistics.pooling import pooled_tests
from oablib.statistics.two_step import from_sums
from oablib.statistics.two_step.categories import joint_test

TRAIL = ["step", "lhs", "term", "columns", "df", "statistic", "change", "p", "decision"]
REMOVED, KEPT, NEEDED = "removed", "kept", "needed"


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Backward:
    """What is left of a full model, and the way there.

    paths: that are left. trail: a row for each term that was removed, in the order of steps, and
    for each that was kept (or needed: a product or spline of it is kept), as judged in the last
    step: step; lhs; term (a column of the cohort or a school mean); columns (its predictors); df
    (of a scaled variable, its categories beside the reference); statistic (pooled likelihood ratio
    D4 or, by p, pooled Wald test D1 with errors clustered by school, on the scale of chi2); change
    of the criterion if it were removed (NaN by p); p (NaN by a criterion); decision.
    """

    paths: Paths
    trail: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Term:
    """Predictors of one equation that are made of one column; a product or spline is its own."""

    lhs: str
    name: str
    columns: tuple[str, ...]


def backward(design: Design, *, start: Model, criterion: Criterion, alpha: float) -> Backward:
    """Take terms out of `start`, a variant of the design, as long as one can be missed.

    A term is all predictors of one equation that are made of one column; a scaled variable is
    judged by all its categories in that equation, in the place of its scale. By "aic" or "bic" the
    term leaves whose removal lowers the criterion most, with scale values counted as parameters;
    by "p" the one with the largest p above alpha. The mediator stays, and a term of which a
    product or spline is left.
    """
    data = equations.of_design(design)
    paths, rows, step = equations.of_model(start), list[dict[str, object]](), 1
    while True:
        judged = {
            term: _judged(design, data, paths, term, criterion) for term in terms(paths, start)
        }
        free = {term: row for term, row in judged.items() if not _is_needed(term, paths, start)}
        leaving = _least_missed(free, criterion=criterion, alpha=alpha)
        if leaving is None:
            break
        rows.append({"step": step, **judged[leaving], "decision": REMOVED})
        paths, step = without(paths, leaving, start), step + 1
    for term, row in judged.items():
        rows.append({"step": step, **row, "decision": KEPT if term in free else NEEDED})
    return Backward(paths, pd.DataFrame(rows, columns=TRAIL))


def _least_missed(
    judged: dict[Term, dict[str, Any]], *, criterion: Criterion, alpha: float
) -> Term | None:
    if not judged:
        return None
    if criterion == "p":
        term = max(judged, key=lambda each: judged[each]["p"])
        return term if judged[term]["p"] > alpha else None
    term = min(judged, key=lambda each: judged[each]["change"])
    return term if judged[term]["change"] < 0 else None


def terms(paths: Paths, model: Model) -> list[Term]:
    """Predictors of each equation, those of one column together."""
    result = []
    for lhs, names in ((model.outcome, paths.outcome[1:]), (model.mediator, paths.mediator)):
        groups: dict[str, list[str]] = {}
        for name in names:
            groups.setdefault(_term_of(name, model), []).append(name)
        result += [Term(lhs, term, tuple(columns)) for term, columns in groups.items()]
    return result


def _term_of(predictor: str, model: Model) -> str:
    if predictor in model.school_means or predictor in model.products:
        return predictor
    return model.spline_of.get(predictor) or model.columns_of(predictor)[0]


def _is_needed(term: Term, paths: Paths, model: Model) -> bool:
    """Whether a product or spline of the same equation must not stand without this term."""
    names = paths.outcome if term.lhs == model.outcome else paths.mediator
    others = [name for name in names if name not in term.columns]
    return any({*formed.needed_beside(name, model)} & {*term.columns} for name in others)


def without(paths: Paths, term: Term, model: Model) -> Paths:
    """The paths without those of a term."""
    outcome, mediator = (
        tuple(name for name in names if term.lhs != lhs or name not in term.columns)
        for lhs, names in ((model.outcome, paths.outcome), (model.mediator, paths.mediator))
    )
    return Paths(outcome, mediator)


def _judged(
    design: Design, data: Data, paths: Paths, term: Term, criterion: Criterion
) -> dict[str, Any]:
    """Row of the trail, but for step and decision."""
    pair = {"with": paths, "without": without(paths, term, design.reference)}
    judged = equations.by_categories(pair, categories=design.categories)
    wider, less = judged["with"], judged["without"]
    row: dict[str, Any] = {"lhs": term.lhs, "term": term.name, "columns": ", ".join(term.columns)}
    row["df"] = wider.size - less.size
    if criterion == "p":
        test = _test(design, wider, less, lhs=0 if term.lhs == design.reference.outcome else 1)
        return row | {"statistic": test.chi2, "change": np.nan, "p": test.p}
    counts = [equations.parameters_with_scales(each, costs=design.costs) for each in (wider, less)]
    penalty, gain = float(data.penalties[criterion]), float(data.gain(wider, less))
    change = gain - penalty * (counts[0] - counts[1])
    return row | {"statistic": gain, "change": change, "p": np.nan}


def _test(design: Design, wider: Paths, less: Paths, *, lhs: int) -> pooling.PooledTest:
    """Joint test of the paths that `less` lacks; categories as in two_step.categories."""
    rhs = wider[lhs]
    chosen = [number for number, name in enumerate(rhs) if name not in less[lhs]]
    if rhs[chosen[0]] not in design.columns:
        return joint_test([_added(design, i, lhs, rhs, chosen) for i in range(design.m)])
    fits = [clustered(design, i, lhs, rhs) for i in range(design.m)]
    estimates = np.stack([slope[chosen] for slope, _ in fits])
    covariances = np.stack([covariance[np.ix_(chosen, chosen)] for _, covariance in fits])
    if design.m == 1:
        k = len(chosen)
        distance = float(estimates[0] @ np.linalg.solve(covariances[0], estimates[0]))
        return pooled_tests.f_test("D1", distance / k, df1=k, df2=np.inf, riv=0.0)
    return pooling.d1(estimates, covariances, df_complete=design.n_clusters - 1)


def _added(
    design: Design, imputation: int, lhs: int, rhs: tuple[str, ...], chosen: list[int]
) -> NDArray:
    """What each school adds to the slopes of `chosen` if all of them are 0, (G, k)."""
    rest = [name for number, name in enumerate(rhs) if number not in chosen]
    slope = np.zeros(len(rhs))
    slope[[rhs.index(name) for name in rest]] = equations.slopes(
        design.covariances[imputation], lhs, design.indices(rest)
    )
    return _pull(design, imputation, lhs, rhs, slope)[chosen].T


def clustered(
    design: Design, imputation: int, lhs: int, rhs: tuple[str, ...]
) -> tuple[NDArray, NDArray]:
    """Slopes of one equation in one data set, and their covariance clustered by school.

    As sem.fit gives it: the sandwich of casewise scores summed by school, times G / (G - 1).
    """
    slope = equations.slopes(design.covariances[imputation], lhs, design.indices(rhs))
    half = _pull(design, imputation, lhs, rhs, slope)
    G = half.shape[1]
    return slope, G / (G - 1) * half @ half.T


def _pull(
    design: Design, imputation: int, lhs: int, rhs: tuple[str, ...], slope: NDArray
) -> NDArray:
    """What each school adds to the slopes of an equation, from these slopes on: (k, G)."""
    products, predictors = design.products[imputation], design.indices(rhs)
    centred = from_sums.centred(products, design.into[imputation], design.means[imputation])
    error = centred[:, lhs] - centred[:, predictors] @ slope
    scores = (products.sums @ error) @ centred[:, predictors]
    inner = design.n * design.covariances[imputation][np.ix_(predictors, predictors)]
    return np.asarray(np.linalg.solve(inner, scores.T))
