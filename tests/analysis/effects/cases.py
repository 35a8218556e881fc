"""The pupils that R read, as a cohort with numbers alone: nothing to scale, nothing imputed."""

from dataclasses import replace

from oablib.protocol import models
from oablib.protocol.models import Model

DIRECT = (
    "education_father", "education_mother", "origin", "school_mean_education_mother",
    "residence_0_5_years", "residence_5_10_years", "debt_restructuring",
)  # fmt: skip


def numbers_alone() -> Model:
    """The base model, its predictors numbers of the file."""
    return replace(
        models.load("base"), scaled={}, dummies={}, school_means={}, numeric=DIRECT, direct=DIRECT
    )
