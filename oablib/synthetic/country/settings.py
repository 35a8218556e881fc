"""How the synthetic country is drawn: params/rules/synthetic_country.yaml."""

from typing import Any

from oablib.params import checked
from oablib.params.kinds import Count, Number, Portion, Positive, Text, adding_up, each, shaped
from oablib.synthetic.settings import BOTH, FOREIGN

RULE = "synthetic_country"
PATTERNS = ("child", "both", "mother", "father")
"""Who is not in the population register, in the order in which it is drawn."""

RANGE = tuple[Count, Count]
_DRIVERS = each("mother_age foreign household_income", Number)
_ASYLUM_GROUPS = (FOREIGN[3], FOREIGN[5], FOREIGN[0], FOREIGN[1])

DECLARED = shaped(
    "SyntheticCountry",
    {
        "source": Text,
        "date": Text,
        "sites": Count,
        "toddlers_per_pupil": Positive,
        "smallest_country": Count,
        "places": each("areas fewest_areas first_postcode", Count)
        | {
            "inhabitants": each("median sigma", Positive),
            "municipality_share": Portion,
            "size_slope": Number,
            "urbanity_noise": Number,
            "urbanity_shares": adding_up(Portion, 5, to=1),
        },
        "schools": each("size_median size_sigma board_median board_sigma", Positive)
        | each("area_share further_site", Portion)
        | each("board_largest travelling", Count)
        | {"size_range": RANGE, "travelling_size": RANGE, "travelling_standing": Number},
        "homes": each("spread school_weight area_weight", Number)
        | {"elsewhere": Portion, "elsewhere_reach": Count},
        "children": each("delayed left_country", Portion),
        "margins": each("education_father education_mother origin", adding_up(Number, 8, to=100)),
        "education": each("family own", Number) | {"standing": BOTH},
        "origin": dict.fromkeys(FOREIGN, each("standing city school", Number)),
        "residence": each("years_0_5 years_5_10", Portion) | {"longest": Positive},
        "debt": {"ends": Portion},
        "income": each("log_mean education standing foreign own area growth change", Number),
        "mother_age_at_birth": each("mean sd", Positive)
        | {"per_education": Number, "range": RANGE},
        "unknown_education": each("mother father both", _DRIVERS) | {"learned": Portion},
        "not_registered": each("newcomer_sites changed", Portion)
        | each("school newcomer_bonus foreign recent asylum", Number)
        | {"shares": dict.fromkeys(PATTERNS, Portion)},
        "asylum": each("share sites_near_centre", Portion)
        | each("near_centre own_origin arrived", Number)
        | {
            "status_after": Positive,
            "tendency": dict.fromkeys(_ASYLUM_GROUPS, Number),
            "late_months": tuple[Count, Count, Count],
            "late_months_shares": adding_up(Portion, 3, to=1),
            "late": each("pupils toddlers schools_with_five schools_with_three", Count),
        },
        "turnover": each("home home_far school opened closed merged", Portion)
        | each("closed_gave merged_gave", Portion),
    },
)


def rules(name: str = RULE) -> dict[str, Any]:
    """Read params/rules/<name>.yaml, as it is written.

    Raises ParameterError naming every fault with its line.
    """
    return checked.values("rules", name, DECLARED)
