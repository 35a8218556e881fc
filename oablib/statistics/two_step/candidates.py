"""Tests of paths from scaled variables to the mediator, that a model leaves out.

A scale value holds the chance mean of the mediator in its category, times the mediator's effect,
so that a score test of the path is drawn to significance: with values of the same children it
rejects a path that is not there in up to a fifth of cohorts (docs/two_step_bias). The values
tested here are the effects of the categories at equal values of the mediator, averaged over
imputations. Without a path they are the scale values but for noise, and theirs is independent of
the mediator. Beside it stands a test of all categories at once, which needs no scale: the other
finds nothing where a path is not proportional to these effects, nor where all of a variable's
effect runs through the mediator, so that they are 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from oablib.statistics.pooling import modification
from oablib.statistics.sem import ScoreTest
from oablib.statistics.two_step import from_sums
from oablib.statistics.two_step.combinations import CONSTANT
from oablib.statistics.two_step.sums import Products

# The cotangent of anything smaller is infinite.
SMALLEST_P = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class PathTests:
    """One path from a scaled variable to the mediator, in each of m data sets.

    scaled: the test with one value a category. joint: that of all categories, one term each.
    """

    scaled: list[ScoreTest]
    joint: list[ScoreTest]

    def p_values(self) -> dict[str, float]:
        """p of "scaled", "joint" and both "combined", each by "D2" and "D1" as robust_p_values."""
        scaled, joint = robust_p_values(self.scaled), robust_p_values(self.joint)
        both = {pool: combined(scaled[pool], joint[pool]) for pool in scaled}
        by_test = {"scaled": scaled, "joint": joint, "combined": both}
        return {f"{test} {pool}": p[pool] for pool in scaled for test, p in by_test.items()}


def robust_p_values(tests: Sequence[ScoreTest]) -> dict[str, float]:
    """p of one test over m data sets, robust, by "D2" and "D1"; of a single one by "D2" alone."""
    if len(tests) == 1:
        return {"D2": float(chdtrc(tests[0].df, tests[0].mi_robust))}
    four = modification.four_tests(modification.Scores(list(tests)))
    return {"D2": four["d2_robust"].p, "D1": four["d1_robust"].p}


def combined(scaled: float, joint: float) -> float:
    """One p of the p of both tests, whatever their dependence.

    Liu & Xie (2020, J. Am. Stat. Assoc. 115:393), the Cauchy combination test.
    """
    # tan(pi (1/2 - p)) without loss of digits near 0.
    mean = np.mean([1 / np.tan(np.pi * max(p, SMALLEST_P)) for p in (scaled, joint)])
    return float(np.arctan2(1.0, mean) / np.pi)


@dataclass(frozen=True, slots=True, eq=False)
class _Equation:
    """The mediator's equation on one data set, as sums of columns of products.

    total: (q, q). predictors: (q, p), a constant first. residual: (q,). variance: of the residual.
    spread: standard deviation of the mediator.
    """

    products: Products
    total: NDArray
    predictors: NDArray
    residual: NDArray
    variance: float
    spread: float


def score_tests(
    read: Sequence[Products], *, indirect: Sequence[str], names: Sequence[str]
) -> dict[str, PathTests]:
    """Score tests of the path from each scaled variable in `names` to the mediator.

    read: completed data sets of the same children, by school. indirect: what predicts the mediator
    already. Robust variances are clustered by school. Raises EstimationError as
    from_sums.values_of_all.
    """
    if not names:
        return {}
    equations = [_equation(products, indirect) for products in read]
    effects = [
        from_sums.direct_effects_of(each.products, each.total[None])[0] for each in equations
    ]
    averaged, columns = np.mean(effects, axis=0), from_sums.indicators(read[0])
    result = {}
    for name in names:
        named = [*read[0].categories[name].values()]
        places = [columns.index(each) for each in named]
        unit = np.eye(len(read[0].columns))[:, read[0].indices(named)]
        result[name] = PathTests(
            scaled=[_test(each, unit @ averaged[places, None], (name,)) for each in equations],
            joint=[_test(each, unit, tuple(named)) for each in equations],
        )
    return result


def _equation(products: Products, indirect: Sequence[str]) -> _Equation:
    model, total = products.model, products.sums.sum(axis=0)
    known = from_sums.values_of_all(products)
    unit = np.eye(len(products.columns))
    constant = unit[:, [products.columns.index(CONSTANT)]]
    paths = from_sums.into_columns(products, indirect, known)
    predictors = np.concatenate([constant, paths], axis=1)
    mediator = unit[products.columns.index(model.mediator)]
    inner = predictors.T @ total @ predictors
    residual = mediator - predictors @ np.linalg.solve(inner, predictors.T @ total @ mediator)
    n, mean = total[0, 0], total[0] @ mediator / total[0, 0]
    return _Equation(
        products=products, total=total, predictors=predictors, residual=residual,
        variance=float(residual @ total @ residual / n),
        spread=float(np.sqrt(mediator @ total @ mediator / n - mean**2)),
    )  # fmt: skip


def _test(equation: _Equation, added: NDArray, names: tuple[str, ...]) -> ScoreTest:
    """Score test of the columns `added`, (q, d); as sem.score_tests of a model with their paths."""
    total, Z = equation.total, equation.predictors
    left = added - Z @ np.linalg.solve(Z.T @ total @ Z, Z.T @ total @ added)
    by_school = (equation.products.sums @ equation.residual) @ left / equation.variance
    G, score = len(by_school), by_school.sum(axis=0)
    information = left.T @ total @ left / equation.variance
    epc = np.linalg.solve(information, score)
    means = total[0] @ added / total[0, 0]
    spread = np.sqrt(np.diag(added.T @ total @ added) / total[0, 0] - means**2)
    return ScoreTest(
        lhs=equation.products.model.mediator, op="~", rhs=" + ".join(names), group="",
        score=score, information=information, meat=G / (G - 1) * by_school.T @ by_school,
        epc=epc, sepc=epc * spread / equation.spread, reverse_path=False,
    )  # fmt: skip
