"""Ways of distributing a budget: params/rules/distribution.yaml."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal

from oablib.base.errors import AllocationError
from oablib.base.language import Words
from oablib.base.shown import showable
from oablib.indicator.allocation.settings import Rules as Law
from oablib.indicator.distribution.weight_kinds import (
    Deciles,
    Former,
    Kind,
    Learned,
    Logistic,
    OwnWeight,
    Percentiles,
    Ramp,
    Written,
)
from oablib.params import checked, kinds

RULE = "distribution"

Average = Literal["child", "school"]
Choice = Literal[
    "law", "target_group", "distance", "groups", "characteristics", "cliff", "threshold",
    "averaging", "boards", "several", "former",
]  # fmt: skip
Threshold = Annotated[
    Fraction, kinds.made(lambda f: Fraction(str(f)), of=Annotated[float, kinds.between(0, 0.2)])
]
KINDS = (
    "own_weight", "percentiles", "deciles", "decision_rules", "learned", "ramp", "logistic",
    "gewichtenregeling",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Variant(kinds.Declaration):
    """One way of distributing; exactly one of the keys in KINDS says which weight a child has.

    choice: what it changes against the law. threshold, threshold_municipalities: F of the drempel
    E x F x mean weight. average: draws of education per child, or results per school. small: sites
    with fewer pupils are taken together by board; 0 for none. decimals: of a score.
    """

    name: kinds.OwnName
    label: kinds.Text
    label_nl: kinds.Text
    choice: Choice
    threshold: Threshold
    threshold_municipalities: Threshold
    average: Average
    decimals: Annotated[int, kinds.between(0, 6)]
    small: Annotated[int, kinds.between(0)] = 0
    own_weight: Annotated[OwnWeight | None, kinds.IF_GIVEN] = None
    percentiles: Annotated[Percentiles | None, kinds.IF_GIVEN] = None
    deciles: Annotated[Deciles | None, kinds.IF_GIVEN] = None
    decision_rules: Annotated[Written | None, kinds.IF_GIVEN] = None
    learned: Annotated[Learned | None, kinds.IF_GIVEN] = None
    ramp: Annotated[Ramp | None, kinds.IF_GIVEN] = None
    logistic: Annotated[Logistic | None, kinds.IF_GIVEN] = None
    gewichtenregeling: Annotated[Former | None, kinds.IF_GIVEN] = None

    def faults(self) -> Iterable[kinds.Fault]:
        """No kind, or more than one."""
        given = [name for name in KINDS if getattr(self, name) is not None]
        if len(given) != 1:
            found = f"has {' and '.join(given)}" if given else "has none of them"
            yield (), f"{found}; expected exactly one of {', '.join(KINDS)}."

    @property
    def words(self) -> Words:
        """The label in both languages."""
        return Words(en=self.label, nl=self.label_nl)

    @property
    def kind(self) -> Kind:
        """What says which weight a child has."""
        found: Kind = next(k for name in KINDS if (k := getattr(self, name)) is not None)
        return found

    @property
    def by_score(self) -> bool:
        """Whether a weight depends on the score alone."""
        return not isinstance(self.kind, Written | Learned | Former)

    @property
    def columns(self) -> frozenset[str]:
        """Characteristics that it asks for."""
        match self.kind:
            case Written(questions=questions) | Former(questions=questions):
                return frozenset(name for question in questions for name in question.when)
            case Learned(columns=columns):
                return frozenset(columns)
        return frozenset()


@showable()
@dataclass(frozen=True, slots=True)
class Rules(kinds.Declaration):
    """variants: in the order in which they are shown.

    sizes: smallest number of pupils of each size class of school sites but the first. lowest:
    share of children who are to be reached. jump: mean weights, from which a change from one score
    to the next is a cliff.
    """

    sizes: Annotated[tuple[kinds.Count, ...], kinds.MANY]
    lowest: kinds.ExactShare
    jump: kinds.Positive
    variants: Annotated[tuple[Variant, ...], kinds.NAMED, kinds.MANY]

    def faults(self) -> Iterable[kinds.Fault]:
        """No variant, or several, of today's law; size classes that do not rise."""
        laws = [variant.name for variant in self.variants if variant.choice == "law"]
        if len(laws) != 1:
            yield ("variants",), f"has {len(laws)} with choice: law; expected one to compare with."
        if any(low >= high for low, high in pairwise(self.sizes)):
            yield ("sizes",), "expected rising numbers."

    def on(self, columns: Container[str]) -> "Rules":
        """The law, and the variants that ask for no other columns than these."""
        kept = [
            variant
            for variant in self.variants
            if variant.choice == "law" or all(name in columns for name in variant.columns)
        ]
        return replace(self, variants=tuple(kept))

    @property
    def law(self) -> Variant:
        """The variant that is today's law."""
        return next(variant for variant in self.variants if variant.choice == "law")

    def fail_if_law_differs(self, law: Law) -> None:
        """Raise AllocationError where the row of the law has other numbers than the law."""
        row = self.law
        found = {
            "target_share": row.own_weight and row.own_weight.share,
            "threshold_schools": row.threshold,
            "threshold_municipalities": row.threshold_municipalities,
            "decimals": row.decimals,
        }
        wrong = [name for name, value in found.items() if value != getattr(law, name)]
        if wrong:
            raise AllocationError(
                f"The row {row.name!r} of params/rules/distribution.yaml is not the law; expected "
                f"the {', '.join(wrong)} that params/rules/allocation.yaml has for this date. "
                "Change the row, and the variants that change one of its choices."
            )


DECLARED = Rules


def rules(name: str = RULE) -> Rules:
    """Read params/rules/<name>.yaml. Raises ParameterError naming every fault with its line."""
    return checked.read("rules", name, Rules)
