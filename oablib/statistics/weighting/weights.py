"""Children with known education are weighted to represent all: the alternative to imputation.

Source: De Mooij et al. (2015), section 3.2.2: a weight for each child whose parents' education
is known, so that school by school the known are like all children in what is known of all;
small schools are taken together. A weight is the inverse of the chance to be known (weighted
complete-case analysis: Little & Rubin 2002, section 3.3), calibrated on numbers of children.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics.weighting import checks
from oablib.statistics.weighting import response as weighting_response
from oablib.statistics.weighting.response import Response
from oablib.statistics.weighting.settings import Rule
from oablib.workers.threads import single_thread

WEIGHT = "weight"
POOL = "small schools"


@showable(private=("known", "weights", "chances", "school", "cell", "schools"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Weighted:
    """Weights of one cohort of n children.

    known: (n,) bool, children whose imputed variables are all known; weights: (n_known,), theirs.
    chances: (n,), fitted chance to be known. response: term, est, se, z, p, the response model;
    empty when all are known. school, cell: (n,), each child's school, and what its weight was
    calibrated on: its school, or the pool. schools: school, children, known, pupils, small
    (whether pooled), weight (sum over its known children), in order of appearance.
    design_effect: n_known sum(w^2) / sum(w)^2 (Kish 1992, J. Official Statistics 8:183): factor
    on the variance of a mean by weights that have nothing to do with it. flags: what a reader
    should know.
    """

    known: NDArray
    weights: NDArray
    chances: NDArray
    response: pd.DataFrame
    school: NDArray
    cell: NDArray
    schools: pd.DataFrame
    design_effect: float
    flags: tuple[str, ...]


@single_thread()
def weights(
    frame: pd.DataFrame, *, model: Model, table: Table, rule: Rule, pupils: pd.Series | None = None
) -> Weighted:
    """Weight the children of `frame` whose model.imputed are all known.

    In each school of its own the weights add up to its number of children, and in each pool to
    that of its schools, those without a known child among them. pupils: size of each school, by
    its id; without it the number of its children in the frame, which fits a frame that holds
    whole schools. Standard errors that take weights as given, not as estimated, are as a rule too
    large rather than too small (Robins, Rotnitzky & Zhao 1994, J. Amer. Statist. Assoc. 89:846).

    Raises WeightingError when no child is known or none of some wave, a child has no school, a
    school has no size, a predictor has unknown values, or the response model is separated.
    """
    known = frame[list(model.imputed)].notna().all(axis=1).to_numpy()
    wave = model.waves(frame).to_numpy()
    checks.fail_if_nobody_is_known(known, wave=wave)
    schools, code = _schools(frame[model.cluster], known=known, pupils=pupils, rule=rule)
    school, small = frame[model.cluster].to_numpy(), schools["small"].to_numpy()[code]
    pools = [POOL if rule.pool == "all" else f"{POOL}, {name}" for name in wave]
    cell = np.where(small, np.array(pools, dtype=object), school)
    response = _response(frame, known=known, model=model, table=table, rule=rule)
    raw = 1 / response.chances[known]
    cut = np.minimum(raw, rule.trim * np.median(raw))
    final = calibrated(cut, cell=cell, known=known)
    schools[WEIGHT] = np.bincount(code[known], final, len(schools))
    sizes = {"small_school": rule.small_school, "minimum_known": rule.minimum_known}
    empty = sorted(set(cell) - set(cell[known]))
    flags = [
        *response.flags,
        *checks.school_flags(schools, **sizes),
        *checks.weight_flags(final, raw=raw, bound=rule.trim, empty=empty, n=len(known)),
    ]
    return Weighted(
        known=known,
        weights=final,
        chances=response.chances,
        response=response.table,
        school=school,
        cell=cell,
        schools=schools,
        design_effect=design_effect(final),
        flags=tuple(flags),
    )


def calibrated(raw: NDArray, *, cell: NDArray, known: NDArray) -> NDArray:
    """Weights of the known children whose sum in each cell is its number of children.

    raw: (n_known,), weights to start from; cell, known: (n,). A cell without a known child has
    no weights, and its children are not represented.
    """
    codes, labels = pd.factorize(cell)
    total = np.bincount(codes[known], raw, len(labels))
    children = np.bincount(codes, minlength=len(labels))
    return np.asarray(raw * (children[codes[known]] / total[codes[known]]))


def design_effect(weights: NDArray) -> float:
    """Kish's factor 1 + cv^2 of weights, shape (n,); 1 when all are equal."""
    return float(len(weights) * (weights**2).sum() / weights.sum() ** 2)


def complete(frame: pd.DataFrame, *, weighted: Weighted) -> pd.DataFrame:
    """The known children, numbered anew, with their weights in the column `weight`.

    frame: the rows that were weighted, in their order. Raises WeightingError when it has another
    number of rows, or a column of this name.
    """
    checks.fail_if_rows_differ(len(frame), expected=len(weighted.known))
    checks.fail_if_name_is_taken(WEIGHT, frame.columns)
    return frame[weighted.known].reset_index(drop=True).assign(**{WEIGHT: weighted.weights})


def school_means(
    frame: pd.DataFrame,
    *,
    weighted: Weighted,
    column: str,
    by: Literal["school", "cell"] = "school",
) -> pd.DataFrame:
    """Weighted mean of a numeric column per school: school, children, known, small, mean, se.

    frame: the rows that were weighted, in their order; the column is read of the known alone, so
    it may be unknown elsewhere. by="cell": small schools as the one pool that they were weighted
    in, which is where the plan would read them. se is of the linearised ratio, known children
    drawn from the school's finite number (Särndal, Swensson & Wretman 1992, section 5.7): of
    response alone, 0 when all are known, NaN with one known child; mean is NaN without any.

    Raises WeightingError when rows differ, or the column is unknown for a known child.
    """
    checks.fail_if_rows_differ(len(frame), expected=len(weighted.known))
    labels = weighted.school if by == "school" else weighted.cell
    codes, names = pd.factorize(labels)
    children, inside = np.bincount(codes), codes[weighted.known]
    y, w = frame[column].to_numpy(dtype=float)[weighted.known], weighted.weights
    checks.fail_if_values_are_unknown(y, name=column)
    count, total = (np.bincount(inside, x, len(names)) for x in (np.ones(len(w)), w))
    small = np.zeros(len(names), dtype=bool)
    small[codes] = weighted.cell != weighted.school
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(inside, w * y, len(names)) / total
        spread = np.bincount(inside, (w * (y - mean[inside])) ** 2, len(names))
        se = np.sqrt((1 - count / children) * count / (count - 1) * spread) / total
    se[count < 2] = np.nan
    numbers = {"children": children, "known": count.astype(int), "small": small}
    return pd.DataFrame({by: names} | numbers | {"mean": mean, "se": se})


def _schools(
    school: pd.Series, *, known: NDArray, pupils: pd.Series | None, rule: Rule
) -> tuple[pd.DataFrame, NDArray]:
    """One row a school, in order of appearance, and the row of each child."""
    code, names = pd.factorize(school)
    checks.fail_if_school_is_absent(code, name=school.name)
    children, count = np.bincount(code), np.bincount(code[known], minlength=len(names))
    size = children if pupils is None else pupils.reindex(names).to_numpy()
    checks.fail_if_size_is_absent(size)
    small = (size < rule.small_school) | (count < rule.minimum_known)
    columns = {"school": names, "children": children, "known": count, "pupils": size}
    return pd.DataFrame(columns | {"small": small}), code


def _response(
    frame: pd.DataFrame, *, known: NDArray, model: Model, table: Table, rule: Rule
) -> Response:
    if known.all():
        nothing = pd.DataFrame(columns=weighting_response.TABLE)
        flags = ("All children are known; their weights are 1.",)
        return Response(np.ones(len(frame)), nothing, np.empty((0, 0)), flags)
    design, merged = weighting_response.predictors(
        frame, model=model, table=table, smallest_category=rule.smallest_category
    )
    fitted = weighting_response.fit(design, known=known)
    return replace(fitted, flags=(*merged, *fitted.flags))
