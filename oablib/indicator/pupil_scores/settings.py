"""How scores are computed: params/rules/pupil_scores.yaml."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Annotated, Literal

from oablib.base.shown import showable
from oablib.base.wording import did_you_mean
from oablib.params import checked, kinds
from oablib.protocol import reference_dates
from oablib.protocol.reference_dates import ReferenceDay

RULE = "pupil_scores"
Average = Literal["child", "school"]
Predictor = Literal[
    "school_score", "education_father", "education_mother", "origin", "residence_mother",
    "debt_restructuring", "age", "years_enrolled", "neighbourhood_income", "household_income",
]  # fmt: skip
Cell = Literal["child_group", "asylum", "urbanity"]


@showable()
@dataclass(frozen=True, slots=True)
class SchoolMean(kinds.Declaration):
    """Whose mothers count: per site or BRIN within a municipality; what toddlers get."""

    per: Literal["site", "brin_in_municipality"]
    toddlers: Literal["municipality", "country"]


@showable()
@dataclass(frozen=True, slots=True)
class EducationRule(kinds.Declaration):
    """What unknown education is drawn from, and how.

    background: columns beside the auxiliary ones of the run's model. school_shares: those of them
    whose share outside the reference category at school counts too. block: children imputed
    together. iterations: rounds of chained equations.
    """

    background: tuple[str, ...]
    school_shares: tuple[str, ...]
    block: Annotated[int, kinds.between(1000, 1_000_000)]
    iterations: Annotated[int, kinds.between(1, 1000)]

    def faults(self) -> Iterable[kinds.Fault]:
        """Shares at school of columns that nothing is drawn from."""
        for index, name in enumerate(self.school_shares):
            if name not in self.background:
                yield (
                    ("school_shares", index),
                    f"{name!r} is not in background{did_you_mean(name, self.background)}",
                )


@showable()
@dataclass(frozen=True, slots=True)
class Matching(kinds.Declaration):
    """predictors, cells: columns. donors: how many, of whom one is drawn."""

    predictors: Annotated[tuple[str, ...], kinds.like(Annotated[tuple[Predictor, ...], kinds.MANY])]
    cells: Annotated[tuple[str, ...], kinds.like(tuple[Cell, ...])]
    donors: Annotated[int, kinds.between(1, 1000)]


@showable()
@dataclass(frozen=True, slots=True)
class Asylum(kinds.Declaration):
    """Which mean asylum seekers get, when, and who of them is known in time."""

    target_share: kinds.Share
    mean_over: Literal["others", "all"]
    order: Literal["after_matching", "before_matching"]
    months_late: Annotated[int, kinds.between(0, 12)]


@showable()
@dataclass(frozen=True, slots=True)
class Rules(kinds.Declaration):
    """Fields are the keys of the file."""

    reference_days: Annotated[tuple[ReferenceDay, ...], kinds.MANY]
    average: Average
    school_mean: SchoolMean
    education: EducationRule
    matching: Matching
    asylum: Asylum

    def reference_date(self, year: int) -> datetime.date:
        """The day of a year whose children are counted."""
        return reference_dates.reference_date(year, days=self.reference_days)

    @property
    def shown(self) -> dict[str, object]:
        """Settings as a reader wants them, one value each."""
        settings: dict[str, object] = {"average": self.average}
        for name in ("school_mean", "education", "matching", "asylum"):
            part = getattr(self, name)
            for field in fields(part):
                settings[f"{name}: {field.name}"] = getattr(part, field.name)
        return settings


DECLARED = Rules


def rules(name: str = RULE) -> Rules:
    """Read params/rules/<name>.yaml. Raises ParameterError naming every fault with its line."""
    return checked.read("rules", name, Rules)
