"""The 36 indicators of 2015: params/rules/indicators.yaml."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from oablib.base.shown import showable
from oablib.params import checked, kinds

Group = Literal["school_performance", "family", "health", "neighbourhood", "school"]
Use = Literal["outcome", "mediator", "predictor", "confounder", "imputation"]


OR_NONE = kinds.made(lambda names: names or (), of=tuple[kinds.Text, ...] | None)


@showable()
@dataclass(frozen=True, slots=True)
class Indicator(kinds.Declaration):
    """One of the 36 indicators of 2015 (De Mooij et al. 2015, appendix 2).

    first_year, last_year: of availability on 30 November 2015, None where none is given.
    columns: keys in codebook.yaml, empty when the indicator has no column. unknown: share without a
    value, detail: how fine, as the source has them, empty where it has none. use: what for, by our
    own judgement.
    """

    number: int
    label_nl: Annotated[kinds.Text, kinds.key("nl")]
    label_en: Annotated[kinds.Text, kinds.key("en")]
    group: Group
    first_year: int | None
    last_year: int | None
    definition: kinds.Text
    source: kinds.Text
    note: str
    columns: Annotated[tuple[str, ...], kinds.key("column"), OR_NONE]
    definition_nl: kinds.Text
    use: Annotated[tuple[Use, ...], kinds.MANY]
    source_nl: str = ""
    unknown: str = ""
    unknown_nl: str = ""
    detail: str = ""
    detail_nl: str = ""


@dataclass(frozen=True, slots=True)
class Indicators(kinds.Declaration):
    """The file."""

    title: kinds.Text
    source: kinds.Text
    indicators: tuple[Indicator, ...]

    def faults(self) -> Iterable[kinds.Fault]:
        """Numbers that do not count from 1."""
        for index, indicator in enumerate(self.indicators):
            if indicator.number != index + 1:
                yield ("indicators", index, "number"), f"expected {index + 1}, in order of number"


DECLARED = Indicators


def load() -> Indicators:
    """Read params/rules/indicators.yaml. Raises ParameterError naming every fault with its line."""
    listed: Indicators = checked.read("rules", "indicators", DECLARED)
    return listed
