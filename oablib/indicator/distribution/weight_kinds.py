"""Kinds of weight that a child may have, as a row of the rules on distribution declares them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal, TypeAlias, get_args

from oablib.params import kinds

Distance = Literal["mean", "boundary"]
Column = Literal[
    "education_father", "education_mother", "origin", "residence_mother", "debt_restructuring"
]
Weight = Annotated[Fraction, kinds.made(lambda w: Fraction(str(w)), of=kinds.Number)]
TargetShare = Annotated[
    Fraction, kinds.made(lambda s: Fraction(str(s)), of=Annotated[float, kinds.between(0.05, 0.25)])
]
_Asked = kinds.shaped(
    "_Asked",
    kinds.each(" ".join(get_args(Column)), Annotated[tuple[int, ...], kinds.MANY]),
    may_lack=True,
)
Conditions = Annotated[Mapping[Column, tuple[int, ...]], kinds.like(_Asked)]


@dataclass(frozen=True, slots=True)
class OwnWeight(kinds.Declaration):
    """Each child of the lowest `share` weighs its distance to the mean or to the boundary."""

    share: TargetShare
    distance: Distance


@dataclass(frozen=True, slots=True)
class Percentiles(kinds.Declaration):
    """shares: rising upper ends of groups of the lowest scores; weights: of a child in each."""

    shares: Annotated[tuple[kinds.ExactShare, ...], kinds.MANY]
    weights: Annotated[tuple[Weight, ...], kinds.MANY]

    def faults(self) -> Iterable[kinds.Fault]:
        """Shares that do not rise, another number of weights, weights that are not falling."""
        if any(low >= high for low, high in pairwise(self.shares)):
            yield ("shares",), "expected rising numbers."
        if len(self.weights) != len(self.shares):
            yield ("weights",), f"has {len(self.weights)}; expected one of each share."
        yield from _not_falling(self.weights)


@dataclass(frozen=True, slots=True)
class Deciles(kinds.Declaration):
    """weights: of a child in the first tenth of the scores, the second and so on."""

    weights: Annotated[tuple[Weight, ...], kinds.MANY]

    def faults(self) -> Iterable[kinds.Fault]:
        """More weights than there are deciles to pay, or weights that are not falling."""
        if len(self.weights) > 9:
            yield ("weights",), f"has {len(self.weights)}; expected nine or fewer."
        yield from _not_falling(self.weights)

    @property
    def shares(self) -> tuple[Fraction, ...]:
        """Upper ends of the deciles that have a weight."""
        return tuple(Fraction(number, 10) for number in range(1, len(self.weights) + 1))


@dataclass(frozen=True, slots=True)
class Question(kinds.Declaration):
    """Who answers yes: a child whose code is one of those named, in each column that is named."""

    when: Conditions
    weight: Weight


@dataclass(frozen=True, slots=True)
class Written(kinds.Declaration):
    """Questions asked in their order; a child has the weight of the first that it answers yes."""

    questions: Annotated[tuple[Question, ...], kinds.MANY]

    def faults(self) -> Iterable[kinds.Fault]:
        """More questions than the plan of 2015 calls simple, and weights that pay nobody."""
        if len(self.questions) > 3:
            yield ("questions",), f"has {len(self.questions)}; expected three or fewer."
        for index, question in enumerate(self.questions):
            if question.weight < 0:
                yield ("questions", index, "weight"), "expected a number from 0."
            if not question.when:
                yield ("questions", index, "when"), "is empty; expected a column and its codes."


@dataclass(frozen=True, slots=True)
class Learned(kinds.Declaration):
    """A tree of `depth` questions on columns, learned from the scores, and a weight per group.

    Leaves are taken from the lowest mean score on; those within the share `large` of the children
    have the first weight, those within `middling` the second, others none.
    """

    columns: Annotated[tuple[Column, ...], kinds.MANY]
    depth: Annotated[int, kinds.between(1, 3)]
    large: kinds.ExactShare
    middling: kinds.ExactShare
    weights: tuple[Weight, Weight]

    def faults(self) -> Iterable[kinds.Fault]:
        """Groups that do not hold each other, columns named twice."""
        if self.large > self.middling:
            yield ("large",), "expected no more than middling."
        for index in kinds.repeated(self.columns):
            yield ("columns", index), f"names {self.columns[index]!r} twice."
        yield from _not_falling(self.weights)


@dataclass(frozen=True, slots=True)
class Ramp(kinds.Declaration):
    """Distance to the mean times a ramp: 0 at the boundary of share `none`, 1 at that of `full`."""

    full: kinds.ExactShare
    none: kinds.ExactShare

    def faults(self) -> Iterable[kinds.Fault]:
        """A ramp that does not rise towards lower scores."""
        if self.full >= self.none:
            yield ("full",), "expected less than none."


@dataclass(frozen=True, slots=True)
class Logistic(kinds.Declaration):
    """Distance to the mean times 1 / (1 + exp((D - boundary of share) / width)); width: points."""

    share: kinds.ExactShare
    width: kinds.Positive


@dataclass(frozen=True, slots=True)
class Former(kinds.Declaration):
    """The gewichtenregeling until 2019 on the education of both parents.

    primary, low: codes of education. weights: where one parent has at most primary education and
    the other at most low; where both have at most low. cap: largest score of a place as a share of
    its children. impulse: a share of the postcode areas, those of lowest income, whose school
    sites get `impulse_weight` for each child with a weight.
    """

    primary: Annotated[tuple[int, ...], kinds.MANY]
    low: Annotated[tuple[int, ...], kinds.MANY]
    weights: tuple[Weight, Weight]
    cap: kinds.ExactShare
    impulse: Annotated[
        Fraction, kinds.made(lambda s: Fraction(str(s)), of=Annotated[float, kinds.between(0, 0.5)])
    ]
    impulse_weight: Weight

    def faults(self) -> Iterable[kinds.Fault]:
        """Weights that are not falling."""
        yield from _not_falling(self.weights)

    @property
    def questions(self) -> tuple[Question, ...]:
        """The same as questions; the first answer counts."""
        both, either = self.weights
        low = (*self.primary, *self.low)
        return (
            Question({"education_father": self.primary, "education_mother": low}, both),
            Question({"education_father": low, "education_mother": self.primary}, both),
            Question({"education_father": low, "education_mother": low}, either),
        )


Kind: TypeAlias = OwnWeight | Percentiles | Deciles | Written | Learned | Ramp | Logistic | Former


def _not_falling(weights: tuple[Fraction, ...]) -> Iterable[kinds.Fault]:
    if any(high < low for high, low in pairwise(weights)) or min(weights) < 0 or not any(weights):
        yield ("weights",), "expected numbers from 0, none larger than the one before."
