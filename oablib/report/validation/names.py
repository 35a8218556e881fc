"""Methods, quantities and cohorts of the validation study as a reader sees them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from oablib.base.language import Words
from oablib.report import drawing
from oablib.report.exhibit import About
from oablib.report.labels import Labels
from oablib.report.table import show
from oablib.report.texts import Later, sentence, texts_beside
from oablib.studies.validation.verdicts import GIVEN

_ = texts_beside(__file__)

MONTE_CARLO = 1.96  # an interval that includes what endless replications give, in 95 of 100 studies
SHARES = ("coverage", "coverage_mce", "coverage_known", "without")
show_effects = partial(show, shares=SHARES, digits=3)


@dataclass(frozen=True, slots=True)
class Names:
    """Words for methods and quantities.

    methods, worlds: name -> label, in the order of the rules. labels: of variables. default,
    reference: the method that is judged, and the one with complete data.
    """

    methods: Mapping[str, Words]
    worlds: Mapping[str, Words]
    labels: Labels
    default: str
    reference: str

    def method(self, name: str) -> str:
        """Label of a method."""
        return str(self.methods[name])

    def cohorts(self, world: str, n: int) -> str:
        """Cohorts of a world and a size."""
        return _("{world}, {n:,} children", world=str(self.worlds[world]), n=n)

    def by_cohorts(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows in the order of worlds, the largest cohorts first, with a column `cohorts`."""
        position = {world: index for index, world in enumerate(self.worlds)}
        order = np.lexsort([-frame["n"], frame["world"].map(position)])
        ordered = frame.iloc[order]
        pairs = zip(ordered["world"], ordered["n"], strict=True)
        return ordered.assign(cohorts=[self.cohorts(*pair) for pair in pairs])

    def quantity(self, name: str) -> str:
        """Words for an effect, or for a scale value such as `origin=turkije`.

        "education_mother given origin=turkije" is education of mothers of that origin.
        """
        of, given, origin = name.partition(GIVEN)
        if given:
            return _("{name}, {origin}", name=self.labels(of), origin=self.quantity(origin))
        variable, is_value, key = name.partition("=")
        if not is_value:
            return self.labels(name)
        category = self.category(variable, key)
        return _("{variable}: {category}", variable=self.labels(variable), category=category)

    def category(self, variable: str, key: str) -> str:
        """Label of a category."""
        return self.labels.category(variable, self.labels.columns[variable].code(key))

    def heading(self, name: str) -> str:
        """The same with a capital."""
        return sentence(self.quantity(name))

    def colour(self, method: str) -> str:
        """The default method is blue, all others are orange."""
        return drawing.OURS if method == self.default else drawing.INDIRECT

    def order(self, frame: pd.DataFrame) -> list[str]:
        """Methods of a frame in the order of the rules."""
        there = set(frame["method"])
        return [method for method in self.methods if method in there]

    def by_method(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Methods in the order of the rules, under their labels; others first, as they are."""
        names = {name: str(label) for name, label in self.methods.items()}
        position = frame["method"].map({name: index for index, name in enumerate(names)})
        ordered = frame.iloc[position.fillna(-1).argsort(kind="stable")]
        return ordered.assign(method=ordered["method"].map(names).fillna(ordered["method"]))

    def named(self, frame: pd.DataFrame) -> pd.DataFrame:
        """As `by_method`, with the names of quantities in words as well."""
        ordered = self.by_method(frame)
        return ordered.assign(name=[self.heading(name) for name in ordered["name"]])


def largest(frame: pd.DataFrame, by: Any) -> dict[str, Any]:
    """The row with the largest of some values, one a row; NaN is left out."""
    row = frame.iloc[int(np.nanargmax(np.asarray(by, dtype=float)))]
    return {str(name): value for name, value in row.items()}


def about_cohorts(n: int) -> About:
    """Who the numbers are about: cohorts of n children, which the study draws itself."""
    return About(_.later("cohorts of {n:,} children", n=n), _source(), drawn=True)


def about_all_cohorts() -> About:
    """The same for what covers cohorts of several sizes."""
    return About(_.later("all cohorts of the study"), _source(), drawn=True)


def _source() -> Later:
    return _.later("rows of all replications (rows.csv.xz)")
