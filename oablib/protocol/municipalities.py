"""Municipalities of the country: params/rules/municipalities.yaml."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Annotated

import pandas as pd

from oablib.params import checked, kinds

RULE = "municipalities"


@dataclass(frozen=True, slots=True)
class Municipality(kinds.Declaration):
    """A code of Statistics Netherlands and its name; inhabitants in thousands, where known."""

    code: Annotated[str, kinds.form("GM[0-9]{4}"), kinds.expecting("a code such as GM0014")]
    name: kinds.Text
    inhabitants: Annotated[kinds.Positive | None, kinds.IF_GIVEN] = None


@dataclass(frozen=True, slots=True)
class Division(kinds.Declaration):
    """The year whose division of the country into municipalities is listed, and its source."""

    year: kinds.Count
    source: kinds.Text


@dataclass(frozen=True, slots=True)
class Municipalities(kinds.Declaration):
    """The file."""

    source: kinds.Text
    division: Division
    unit: kinds.Text
    municipalities: Annotated[tuple[Municipality, ...], kinds.MANY]

    def faults(self) -> Iterable[kinds.Fault]:
        """Codes that are listed twice."""
        for index in kinds.repeated(each.code for each in self.municipalities):
            code = self.municipalities[index].code
            yield ("municipalities", index, "code"), f"{code} is listed already"


DECLARED = Municipalities


def municipalities() -> pd.DataFrame:
    """Municipalities by code: municipality, name, inhabitants (thousands, NaN where not given).

    Raises ParameterError naming every fault with its line.
    """
    listed = checked.read("rules", RULE, Municipalities).municipalities
    frame = pd.DataFrame([asdict(each) for each in listed]).rename(columns={"code": "municipality"})
    frame = frame.astype({"inhabitants": float})
    return frame.sort_values("municipality", ignore_index=True)


def division() -> Division:
    """The division of the country that is listed."""
    return checked.read("rules", RULE, Municipalities).division
