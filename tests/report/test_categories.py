"""What is shown of scaled variables: each verdict and its opposite, in both languages."""

from dataclasses import replace

import pandas as pd
import pytest

from oablib.base import language
from oablib.protocol import models
from oablib.protocol.codebook import load
from oablib.report import categories
from oablib.report.exhibit import About
from oablib.report.labels import labels
from oablib.statistics.pooling import PooledTest
from oablib.statistics.pooling.pooled_tests import f_test, untested
from oablib.statistics.two_step import CategoryTests
from oablib.statistics.two_step.categories import CategoryTest, Rules

LABELS = labels(load().table("cohort"), [models.load("base")])
ABOUT = About("3 children", drawn=True)
RULES = Rules(source="here", level=0.05, weak_below=10.0)
NAMES = {"outcome": "cito", "labels": LABELS}
LARGE, SMALL = 30.0, 0.5  # F on 7 and 1,000 degrees of freedom


def pooled(f: float, df1: int = 7) -> PooledTest:
    return f_test("D1", f, df1=df1, df2=1000, riv=0.1)


@pytest.fixture
def tests() -> CategoryTests:
    """Education of the father: everything large and proportional; origin: nothing."""
    father = CategoryTest(
        "cito", "education_father", pooled(LARGE), pooled(LARGE), pooled(SMALL, 6), weak=False
    )
    origin = CategoryTest(
        "cito", "origin", pooled(SMALL), pooled(SMALL), pooled(SMALL, 6), weak=True
    )
    columns = {"value": 1.0, "se": 0.2, "ci_lower": 0.6, "ci_upper": 1.4, "fmi": 0.0}
    rows = [
        {"lhs": lhs, "variable": "origin", "code": code, "category": key, "n": n, **columns}
        for lhs in ("cito", "nscct")
        for code, key, n in ((1, "nederland", 30), (4, "noord_afrika", 12))
    ]
    effects = pd.DataFrame(rows).assign(on_line=0.8)
    return CategoryTests((father, origin), effects, RULES)


def changed(tests: CategoryTests, **fields: object) -> CategoryTests:
    both = tuple(replace(test, **fields) for test in tests.tests)  # type: ignore[arg-type]
    return replace(tests, tests=both)


def test_what_differs_and_what_does_not_is_named(tests: CategoryTests) -> None:
    text = categories.findings_text(tests, **NAMES)
    assert (
        "these scaled variables have a direct effect on the Cito score (5% level): education"
        in (text)
    )
    assert "Categories of origin show no difference in their direct effect." in text
    assert "below 10, because chance" in text and text.endswith(": origin (F 0.5).")
    every = changed(tests, joint=pooled(LARGE), weak=False)
    text = categories.findings_text(every, **NAMES)
    assert "no difference" not in text and "strong enough for slopes" in text
    none = categories.findings_text(changed(tests, joint=pooled(SMALL)), **NAMES)
    assert none.startswith("No scaled variable has a direct effect")
    with language.use("nl"):
        dutch = categories.findings_text(tests, **NAMES)
    assert "Categorieën van herkomst laten geen verschil" in dutch and "herkomst (F 0,5)" in dutch
    assert categories.findings_text(replace(tests, tests=()), **NAMES) == ""


def test_whether_one_slope_describes_all_categories(tests: CategoryTests) -> None:
    assert categories.proportional_text(tests, **NAMES).startswith(
        "The tests of proportionality show no"
    )
    bent = changed(tests, proportional=pooled(LARGE, 6))
    text = categories.proportional_text(bent, **NAMES)
    assert text.startswith("One slope does not describe the categories of education of the father")
    with language.use("nl"):
        assert "niet evenredig" in categories.proportional_text(bent, **NAMES)
    single = changed(tests, proportional=untested("D1", 0))
    assert categories.proportional_text(single, **NAMES) == ""


def test_the_joint_test_stands_beside_the_slope_and_its_mark(tests: CategoryTests) -> None:
    parameters = pd.DataFrame(
        {"lhs": "cito", "op": "~", "rhs": ["nscct", "education_father", "origin"],
         "est": [5.0, 0.8, -0.7], "ci_lower": [4.0, 0.7, -0.9], "ci_upper": [6.0, 0.9, -0.5]}
    )  # fmt: skip
    table = categories.tests_table(tests, parameters=parameters, labels=LABELS, about=ABOUT)
    ((group, rows),) = table.groups
    assert group == "Effect on the Cito score"
    assert rows[0][:4] == ("Education of the father", "30.00", "7", "<0.001")
    assert rows[1][0] == "Origin †" and rows[1][4:7] == ("−0.70", "−0.90", "−0.50")
    assert "below 10" in table.note


def test_effects_of_categories_are_those_on_the_outcome(tests: CategoryTests) -> None:
    table = categories.effects_table(
        tests.effects, outcome="cito", mediator="nscct", labels=LABELS, about=ABOUT
    )
    ((group, rows),) = table.groups
    assert group == "Origin" and [row[0] for row in rows] == ["Netherlands", "North Africa"]
    assert rows[1][1:] == ("12", "1.00", "0.20", "0.60", "1.40", "0.80")
