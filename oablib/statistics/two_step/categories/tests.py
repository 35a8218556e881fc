"""Joint tests of the categories of scaled variables, pooled over imputations.

A test reads what each school adds to the estimates under the hypothesis. Their covariance is
that of these parts around their mean: the robust score test of Rotnitzky & Jewell (1990,
Biometrika 77:485) in the form of a Wald test, so that it pools by D1. Wald tests with covariances
at the estimates reject far too often when few schools have a category (docs/categories), score
tests do not (Guo, Pan, Connett, Hannan & French, 2005, Stat. Med. 24:3479).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import EstimationError
from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import pooling
from oablib.statistics.pooling import PooledTest, pooled_tests
from oablib.statistics.pooling.rules import t_tests
from oablib.statistics.two_step import sums
from oablib.statistics.two_step.categories import equations, settings
from oablib.statistics.two_step.categories.equations import Effects
from oablib.statistics.two_step.categories.settings import Rules

EFFECTS = [
    "lhs", "variable", "code", "category", "n", "value", "se", "ci_lower", "ci_upper", "fmi",
    "on_line",
]  # fmt: skip
COLUMNS = [
    "lhs", "variable", "f", "df1", "df2", "p", "fmi", "weak", "total_f", "total_df1", "total_p",
    "proportional_f", "proportional_df1", "proportional_p",
]  # fmt: skip
CATEGORIES, SLOPE = "categories", "slope"
"""What a test is of: codes of the column `tested`."""

ONE_CATEGORY = "One category beside the reference: every effect is proportional to its scale value."
ALL_FIXED = "No scale value of this variable is estimated."


@showable()
@dataclass(frozen=True, slots=True)
class CategoryTest:
    """Tests of one scaled variable in one equation, each to be compared with F.

    lhs: outcome or mediator. joint: all effects of its categories are 0, at equal values of the
    other predictors. total: all its scale values are 0. proportional: effects are one slope times
    scale values. weak: the F of `total` is so low that the slope says little.
    """

    lhs: str
    variable: str
    joint: PooledTest
    total: PooledTest
    proportional: PooledTest
    weak: bool


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CategoryTests:
    """Scaled variables of a model, tested by their categories.

    tests: of each equation and scaled variable. effects: one row a category and equation: lhs,
    variable, code, category, n (children, mean over imputations), value (effect against the
    reference, whose own is 0), se, ci_lower, ci_upper, fmi, on_line (what one slope times the
    scale values gives). rules: by which they were judged.
    """

    tests: tuple[CategoryTest, ...]
    effects: pd.DataFrame
    rules: Rules

    @property
    def weak(self) -> frozenset[str]:
        """Scaled variables whose slopes say little, because their total effect is weak."""
        return frozenset(test.variable for test in self.tests if test.weak)

    def judged(self, parameters: pd.DataFrame) -> pd.DataFrame:
        """A fit's table of parameters, paths of scaled variables judged by the joint tests.

        Adds tested ("categories", "slope", or empty where there is no test), differs (p below the
        level) and weak. Where categories are tested, p is that of the joint test, and t (or z) and
        df of the slope are NaN: they would test what is never 0. A school mean of a scaled variable
        keeps its test, and is weak with it.
        """
        result = parameters.copy()
        tests = {(test.lhs, test.variable): test for test in self.tests}
        paths = zip(result["lhs"], result["op"], result["rhs"], strict=True)
        found = [tests.get((lhs, rhs)) if op == "~" else None for lhs, op, rhs in paths]
        scaled = np.array([test is not None for test in found], dtype=bool)
        result.loc[scaled, result.columns.intersection(["t", "z", "df"])] = np.nan
        result.loc[scaled, "p"] = [test.joint.p for test in found if test is not None]
        result["tested"] = np.where(scaled, CATEGORIES, np.where(result["p"].isna(), "", SLOPE))
        result["differs"] = result["p"] < self.rules.level
        result["weak"] = result["rhs"].isin(self.weak) & (result["op"] == "~")
        return result

    @property
    def table(self) -> pd.DataFrame:
        """One row an equation and scaled variable.

        lhs, variable, weak; f, df1, df2, p of the joint test, fmi its share of information missing;
        total_f, total_df1, total_p of the scale values; proportional_f, proportional_df1,
        proportional_p of proportionality (NaN where there is nothing to test).
        """
        rows = []
        for test in self.tests:
            row: dict[str, object] = {"lhs": test.lhs, "variable": test.variable}
            joint, total, line = test.joint, test.total, test.proportional
            row |= {"f": joint.statistic, "df1": joint.df1, "df2": joint.df2, "p": joint.p}
            row |= {"fmi": joint.fmi, "weak": test.weak}
            row |= {"total_f": total.statistic, "total_df1": total.df1, "total_p": total.p}
            row |= {"proportional_f": line.statistic, "proportional_df1": line.df1}
            rows.append(row | {"proportional_p": line.p})
        return pd.DataFrame(rows, columns=COLUMNS)


def tests_of_categories(
    frames: Sequence[pd.DataFrame], *, model: Model, table: Table, rules: Rules | None = None
) -> CategoryTests:
    """Test the scaled variables of a model on completed data sets of the same children.

    Pooled by D1 and Rubin's rules with G - 1 degrees of freedom of G schools; a single data set,
    in which nothing was unknown, is compared with F(k, G - 1). rules: params/rules/categories.yaml.
    Raises EstimationError when a category has fewer than 5 children, a child has no school,
    columns depend on each other, or a variable has as many categories as there are schools.
    """
    rules = rules or settings.rules()
    products = (sums.products(frame, model=model, table=table) for frame in frames)
    found = [equations.effects(each) for each in products]
    tests, rows = [], []
    for lhs, name in found[0]:
        each = [effects[lhs, name] for effects in found]
        tests.append(_tested(lhs, name, each, weak_below=rules.weak_below))
        rows.append(_rows(frames, each, variable=name, table=table).assign(lhs=lhs))
    shown = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=EFFECTS)
    return CategoryTests(tuple(tests), shown[EFFECTS], rules)


def joint_test(added: Sequence[NDArray]) -> PooledTest:
    """Test that k numbers are 0, pooled over m data sets by D1.

    added: of each data set (G, k), what each of G schools adds to the numbers if they are 0.
    """
    G, k = added[0].shape
    if k >= G - 1:
        raise EstimationError(
            f"{k} categories beside the reference and {G} schools: a test clustered by school "
            "needs more schools than categories. Merge categories in the codebook."
        )
    estimates = np.stack([each.sum(axis=0) for each in added])
    centred = [each - each.mean(axis=0) for each in added]
    covariances = np.stack([G / (G - 1) * each.T @ each for each in centred])
    return pooled_tests.wald(estimates, covariances, df_complete=G - 1)


def _tested(lhs: str, name: str, each: Sequence[Effects], *, weak_below: float) -> CategoryTest:
    total = pooled_tests.untested("D1", 0, reason=ALL_FIXED)
    if each[0].no_value.shape[1]:
        total = joint_test([effects.no_value for effects in each])
    proportional = pooled_tests.untested("D1", 0, reason=ONE_CATEGORY)
    if len(each[0].est) > 1:
        # Deviations from the line are only seen across it: one slope is estimated.
        values = np.mean([effects.values for effects in each], axis=0)
        across = np.linalg.svd(values[None, :])[2][1:].T
        proportional = joint_test([effects.on_line @ across for effects in each])
    return CategoryTest(
        lhs=lhs,
        variable=name,
        joint=joint_test([effects.no_effect for effects in each]),
        total=total,
        proportional=proportional,
        weak=bool(total.statistic < weak_below),
    )


def _rows(
    frames: Sequence[pd.DataFrame], each: Sequence[Effects], *, variable: str, table: Table
) -> pd.DataFrame:
    """Effects of the categories of a variable, in codebook order."""
    column = table.column(variable)
    others = [code != column.reference_code for code in column.codes]
    pooled = pooling.rubin(
        [effects.est for effects in each],
        [effects.covariance for effects in each],
        df_complete=len(each[0].no_effect) - 1,
    )
    counts = [frame[variable].value_counts().reindex(column.codes) for frame in frames]
    result = pd.DataFrame(
        {
            "variable": variable,
            "code": column.codes,
            "category": [category.key for category in column.categories],
            "n": np.mean(counts, axis=0).round().astype(int),
        }
    )
    tests = t_tests(pooled)
    line = np.mean([effects.slope * effects.values for effects in each], axis=0)
    numbers = {
        "value": tests["est"], "se": tests["se"], "ci_lower": tests["ci_lower"],
        "ci_upper": tests["ci_upper"], "fmi": pooled.fmi, "on_line": line,
    }  # fmt: skip
    for name, number in numbers.items():
        result[name] = 0.0  # of the reference
        result.loc[others, name] = np.asarray(number)
    return result
