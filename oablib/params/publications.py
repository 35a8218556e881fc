"""Figures and choices that others have printed: params/published, declared and checked.

`herziening2015` is the plan of 2015, `msv2021` a study of one region. Every other file holds the
figures of a recalibration: reports are compared with them, and synthetic data are drawn from those
of 2021.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

from oablib.params import checked, kinds
from oablib.params.kinds import Count, Number, Portion, Positive, Text, each, shaped, summing

PLAN = "herziening2015"
REGION = "msv2021"

PValue = Portion | Annotated[str, kinds.form(r"<0\.[0-9]+"), kinds.expecting("text as '<0.001'")]
ByWave = Mapping[int, Annotated[tuple[Number, ...], summing(100)]]
Locator = Annotated[
    str,
    kinds.form(r"(chapter|section|figure|table) [0-9][0-9.]*"),
    kinds.expecting("'section 3.1'"),
]
LEVELS = [{"code": int, "key": Text, "nl": Text}]
EFFECT = each("coef beta beta_current", Number) | {"se": Positive, "p": PValue}


def _faults(figures: Any) -> Iterator[kinds.Fault]:
    """Waves, and numbers of categories and classes, that differ within the file."""
    education, origin = len(figures.education_levels), len(figures.origin_groups)
    counts = each("education_father education_mother", education)
    for name, count in (counts | {"education_known": 4, "origin_child": origin}).items():
        margin = getattr(figures.margins, name)
        if set(margin) != set(figures.sample.waves):
            yield ("margins", name), f"has {list(margin)}; expected the waves of the sample"
        for wave, shares in margin.items():
            if len(shares) != count:
                yield ("margins", name, wave), f"has {len(shares)} shares; expected {count}"
    for name, values in figures.scale_values.items():
        if name not in figures.direct_effects:
            yield ("scale_values", name), "has no effect in direct_effects"
        count = origin if name == "origin" else education
        for part in ("new", "current"):
            if len(getattr(values, part)) != count:
                yield ("scale_values", name, part), f"expected {count} values, one a category"
    if len(figures.schools.change_counts) != len(figures.schools.change_breaks) + 1:
        yield ("schools", "change_counts"), "expected one more than there are change_breaks"


FIGURES = {
    "source": {"key": Text}
    | each(
        "education_known margins origin_child representativeness scale_values direct_effects fit",
        Locator,
    ),
    "sample": each("n n_original_indicator imputations", Count) | {"waves": [int]},
    "education_levels": LEVELS,
    "origin_groups": LEVELS,
    "margins": each("education_father education_mother education_known origin_child", ByWave),
    "representativeness": [
        {"variables": [Text], "categories": [Text], "sample": Literal["larger", "smaller"]}
    ],
    "direct_effects": {str: EFFECT},
    "scale_values": {str: each("new current", [Number])},
    "fit": each("aic bic loglik", Number)
    | each("r2_adjusted r2_adjusted_current", Portion)
    | each("free_parameters df", Count),
    "score_difference": each("total direct imputed", each("mean sd lower upper", Number)),
    "score_correlation": {"r": Number, "p": PValue},
    "target_group_share": Portion,
    "cutoff_shift": Number,
    "schools": each("zero_both positive_both", Count)
    | each("zero_current_positive_new positive_current_zero_new", Count)
    | each("share_within_24_points share_within_16_points_all", Portion)
    | {"change_breaks": [Number], "change_counts": [Count]},
    "municipalities": {
        "relative_change_interval": tuple[Number, Number],
        "largest_three_relative_change": Number,
        "largest_three": tuple[Text, Text, Text],
    },
    "asylum_late_registration": each("extra_total extra_school_age extra_toddlers", Count)
    | each("schools_with_five schools_with_three", Count),
}
"""Figures of a recalibration, in the order of the report."""


@dataclass(frozen=True, slots=True)
class Explained(kinds.Declaration):
    """Share of the variance of results that a predictor explains: one, or a range."""

    source: Text
    predictor: Text
    grade: int | Text
    share: Portion | tuple[Portion, Portion] = 0.0
    share_below: Portion = 0.0

    def faults(self) -> Iterator[kinds.Fault]:
        """Both shares, or none."""
        if bool(self.share) == bool(self.share_below):
            yield (), "expected either share or share_below"


PLAN_OF_2015 = {
    "submodels": {int: [Text]},
    "cool_sample": each("groep2_2007 groep2_2010 groep2_2007_found_in_2010", Count)
    | each("groep5_reference_2007 groep5_total_2007", Count)
    | {"nscct_participation": each("reference total", Portion)},
    "education_known_in_register": each(
        "enrolled_1_year enrolled_8_years", each("mother father", Portion)
    ),
    "school_size_range": tuple[Count, Count],
    "schools_under_100_pupils_share": Portion,
    "explained_variance_in_literature": [Explained],
    "urbanity_breaks_addresses_per_km2": tuple[Count, Count, Count, Count],
    "distribution_variants": [Text],
    "missing_education": [Literal["weighting", "imputation"]],
    "validation": Text,
}

OF_A_REGION = {
    "source": {"title": Text, "year": Count},
    "toddlers": Mapping[str, Portion],
    "national": Portion,
}
"""Shares of children at risk, by municipality."""


@cache
def declared(name: str) -> type[kinds.Declaration]:
    """What a file of params/published is declared to hold."""
    if name == PLAN:
        return shaped("PlanOf2015", PLAN_OF_2015)
    if name == REGION:
        return shaped("OfARegion", OF_A_REGION)
    return shaped("Figures", FIGURES, faults=_faults)


def published(name: str) -> dict[str, Any]:
    """Read params/published/<name>.yaml, as it is written.

    Raises ParameterError naming every fault with its line.
    """
    return checked.values("published", name, declared(name))
