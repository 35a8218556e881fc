"""How scores are computed: params/rules/pupil_scores.yaml."""

from dataclasses import dataclass, fields
from typing import Literal

from oablib.base.shown import showable
from oablib.params import checked
from oablib.params.checked import SHARE, one_of, some_of, whole

RULE = "pupil_scores"
Average = Literal["child", "school"]
PREDICTORS = (
    "school_score", "education_father", "education_mother", "origin", "residence_mother",
    "debt_restructuring", "age", "years_enrolled", "neighbourhood_income", "household_income",
)  # fmt: skip
CELLS = ("child_group", "asylum", "urbanity")

EXPECTED = {
    "average": one_of("child", "school"),
    "school_mean.per": one_of("site", "brin_in_municipality"),
    "school_mean.toddlers": one_of("municipality", "country"),
    "education.block": whole(1000, 1_000_000),
    "education.iterations": whole(1, 1000),
    "matching.predictors": some_of(PREDICTORS, fewest=1),
    "matching.cells": some_of(CELLS, fewest=0),
    "matching.donors": whole(1, 1000),
    "asylum.target_share": SHARE,
    "asylum.mean_over": one_of("others", "all"),
    "asylum.order": one_of("after_matching", "before_matching"),
    "asylum.months_late": whole(0, 12),
}


@showable()
@dataclass(frozen=True, slots=True)
class SchoolMean:
    """Whose mothers count: per site or BRIN within a municipality; what toddlers get."""

    per: Literal["site", "brin_in_municipality"]
    toddlers: Literal["municipality", "country"]


@showable()
@dataclass(frozen=True, slots=True)
class EducationRule:
    """block: children imputed together. iterations: rounds of chained equations."""

    block: int
    iterations: int


@showable()
@dataclass(frozen=True, slots=True)
class Matching:
    """predictors, cells: columns. donors: how many, of whom one is drawn."""

    predictors: tuple[str, ...]
    cells: tuple[str, ...]
    donors: int


@showable()
@dataclass(frozen=True, slots=True)
class Asylum:
    """Which mean asylum seekers get, when, and who of them is known in time."""

    target_share: float
    mean_over: Literal["others", "all"]
    order: Literal["after_matching", "before_matching"]
    months_late: int


@showable()
@dataclass(frozen=True, slots=True)
class Rules:
    """Fields are the keys of the file."""

    average: Average
    school_mean: SchoolMean
    education: EducationRule
    matching: Matching
    asylum: Asylum

    @property
    def shown(self) -> dict[str, object]:
        """Settings as a reader wants them, one value each."""
        told: dict[str, object] = {"average": self.average}
        for name in ("school_mean", "education", "matching", "asylum"):
            part = getattr(self, name)
            for each in fields(part):
                value = getattr(part, each.name)
                told[f"{name}: {each.name}"] = (
                    ", ".join(value) if isinstance(value, tuple) else value
                )
        return told


def rules(name: str = RULE) -> Rules:
    """Read params/rules/<name>.yaml.

    Raises ParameterError, naming file and line, for a key that is missing, unknown or cannot be.
    """
    values = checked.read(name, EXPECTED)
    matching = values["matching"]
    return Rules(
        average=values["average"],
        school_mean=SchoolMean(**values["school_mean"]),
        education=EducationRule(**values["education"]),
        matching=Matching(
            predictors=tuple(matching["predictors"]),
            cells=tuple(matching["cells"]),
            donors=matching["donors"],
        ),
        asylum=Asylum(**values["asylum"]),
    )
