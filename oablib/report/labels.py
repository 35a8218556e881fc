"""Labels of variables, categories, models and sources of rules, in the language in use.

A label is in the codebook, or follows from how the model makes a variable out of columns of it.
Within Markdown no character of it has a meaning.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oablib.base.wording import words
from oablib.protocol.codebook import Column, Table
from oablib.protocol.formed import Factor
from oablib.protocol.models import Model
from oablib.report import numbers
from oablib.report.texts import literal, named, sentence, texts_beside

_ = texts_beside(__file__)

NOT_PRINTED = {"ours": named("own choice"), "measured": named("measured")}
"""Sources of a rule that are no publication."""

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"


@dataclass(frozen=True, slots=True)
class Labels:
    """Name -> label; called with a name it gives the words that it has within a sentence.

    columns: of the codebook's table, by name. models: the run's model first.
    """

    columns: Mapping[str, Column]
    models: Mapping[str, Model]

    def __call__(self, name: str) -> str:
        """Words for a variable or for a model within a sentence: "education of the mother"."""
        if name in self.columns:
            return literal(self.columns[name].short)
        for model in self.models.values():
            if name in model.dummies:
                column, key = model.dummies[name]
                category = next(c for c in self.columns[column].categories if c.key == key)
                return _(
                    "{variable}: {category}",
                    variable=self(column),
                    category=literal(_inner(category.label)),
                )
            if name in model.school_means:
                return _("school mean of the {variable}", variable=self(model.school_means[name]))
            if name in model.products:
                return self._product(model.products[name])
            if name in model.splines:
                return _("curve of the {variable}", variable=self(model.splines[name].of))
            if name in model.spline_of:
                spline = model.spline_of[name]
                return _(
                    "curve of the {variable}, part {number}",
                    variable=self(model.splines[spline].of),
                    number=model.splines[spline].columns(spline).index(name) + 1,
                )
        return literal(self.models[name].short if name in self.models else words(name))

    def _product(self, factors: Sequence[Factor]) -> str:
        """The factors with a sign between them; what occurs more than once has an exponent."""
        counts = Counter(factors)
        return " × ".join(
            self._factor(factor) + (SUPERSCRIPTS[count] if count > 1 else "")
            for factor, count in counts.items()
        )

    def _factor(self, factor: Factor) -> str:
        label = self(factor.name)
        if not factor.centre:
            return label
        sign = "−" if factor.centre > 0 else "+"
        return f"({label} {sign} {numbers.formatted(abs(factor.centre), 'g')})"

    def heading(self, name: str) -> str:
        """The same with a capital, for a row, an axis or a heading."""
        return sentence(self(name))

    def category(self, variable: str, code: Any) -> str:
        """Label of a code; the code itself where the variable has no categories."""
        column = self.columns[variable]
        if column.categories:
            return literal(column.category(int(code)).label)
        return numbers.formatted(float(code), "g")

    def within(self, variable: str, code: Any) -> str:
        """Label of a code as words of a sentence."""
        return _inner(self.category(variable, code))

    def unit(self, name: str) -> str:
        """Unit of a variable's numbers; empty without one."""
        return self.columns[name].unit_here if name in self.columns else ""

    def path(self, lhs: str, rhs: str) -> str:
        """A path of a model: "origin → intelligence"."""
        return f"{self(rhs)} → {self(lhs)}"


def labels(table: Table, models: Iterable[Model]) -> Labels:
    """Labels of a table's columns and of what models make of them."""
    return Labels(
        columns={column.key: column for column in table.columns},
        models={model.name: model for model in models},
    )


def urbanity(table: Table, code: float) -> str:
    """A class of urbanity as words of a sentence, without its limits, which stand in brackets."""
    label = table.column("urbanity").category(int(code)).label
    return literal(_inner(label.partition(" (")[0]))


def source_of_rule(source: str) -> str:
    """Where a rule comes from; source: as its entry has it, such as "ours; GOAB-besluit art. 2"."""
    return "; ".join(_(NOT_PRINTED.get(part, part)) for part in source.split("; "))


def _inner(label: str) -> str:
    """A label that follows a colon: without the capital that begins a heading."""
    return label[:1].lower() + label[1:]
