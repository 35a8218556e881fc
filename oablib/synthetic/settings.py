"""How the synthetic cohort is drawn: params/rules/synthetic.yaml."""

from collections.abc import Mapping
from typing import Annotated, Any

from oablib.params import checked
from oablib.params.kinds import Count, Number, Portion, Positive, Share, Text, each, shaped, summing

RULE = "synthetic"
FOREIGN = (
    "turkije", "noord_afrika", "suriname_antillen", "overig_afrika_azie_latijns_amerika",
    "oost_azie", "nieuwe_eu_transitie", "eu15_ontwikkeld",
)  # fmt: skip
"""Groups of origin but the Dutch one."""

BOTH = each("father mother", Number)
_DRIVERS = each("mother_age foreign household_income cito", Number)
_TESTS = each("foreign nscct cito", Number)
MISSING = {"published": "unknown_education", "by_tests": "unknown_education_by_tests"}
"""What decides whose education is unknown -> its entry of the file."""

DECLARED = shaped(
    "SyntheticCohort",
    {
        "source": Text,
        "tested_share": Share,
        "wave_shares": Annotated[Mapping[int, Portion], summing(1)],
        "schools": each("children_per_school size_median size_sigma", Positive)
        | {
            "size_range": tuple[Count, Count],
            "size_exponent": Number,
            "schools_per_municipality": Count,
            "denomination_shares": Annotated[Mapping[str, Portion], summing(1)],
        },
        "education": each("family own", Number)
        | {"school": BOTH, "origin_shift": dict.fromkeys(("nederland", *FOREIGN), Number)},
        "origin_segregation": dict.fromkeys(FOREIGN, each("standing school", Number)),
        "residence": {
            "shares": each("years_0_5 years_5_10", Portion),
            "recency": dict.fromkeys(FOREIGN, Number),
        },
        "debt_restructuring": {"share": Share, "education_slope": Number},
        "outcomes": each("cito_precision cito_school_sd nscct_effect nscct_sd", Positive)
        | {
            "cito_mean": Number,
            "cito_bounds": tuple[Count, Count],
            "nscct_school_share": Portion,
            "nscct_cut": tuple[Number, Number],
        },
        "early_test": each("nscct_effect shared_sd school_sd noise_sd", Positive)
        | {
            "mean": Number,
            "bounds": tuple[Number, Number],
            "known_share": Share,
            "effects": each("education_father education_mother origin", Number),
        },
        "unknown_education": each("mother father both", _DRIVERS),
        "unknown_education_by_tests": each("mother father both", _TESTS),
    },
)


def rules() -> dict[str, Any]:
    """Read the file, as it is written. Raises ParameterError naming every fault with its line."""
    return checked.values("rules", RULE, DECLARED)
