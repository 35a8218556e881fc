"""Rules of the country, checked: params/rules/synthetic_country.yaml and municipalities.yaml."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from oablib import params
from oablib.base.errors import ParameterError
from oablib.base.wording import did_you_mean
from oablib.params import strict_yaml
from oablib.params.strict_yaml import YamlFile
from oablib.synthetic.population import Rules

RULE, PLACES = "synthetic_country", "municipalities"
PATTERNS = ("child", "both", "mother", "father")
"""Who is not in the population register, in the order in which it is drawn."""

FOREIGN = (
    "turkije", "noord_afrika", "suriname_antillen", "overig_afrika_azie_latijns_amerika",
    "oost_azie", "nieuwe_eu_transitie", "eu15_ontwikkeld",
)  # fmt: skip
_DRIVERS = dict.fromkeys(("mother_age", "foreign", "household_income"), 0.0)
_EIGHT = [0.0] * 8

# What must stand in the file: a number, a list of numbers, or what must stand under a key. The
# numbers themselves mean nothing here.
SHAPE: Mapping[str, Any] = {
    "sites": 0.0,
    "toddlers_per_pupil": 0.0,
    "smallest_country": 0.0,
    "places": {
        **dict.fromkeys(("areas", "fewest_areas", "first_postcode"), 0.0),
        "inhabitants": {"median": 0.0, "sigma": 0.0},
        **dict.fromkeys(("municipality_share", "size_slope", "urbanity_noise"), 0.0),
        "urbanity_shares": [0.0] * 5,
    },
    "schools": {
        **dict.fromkeys(("size_median", "size_sigma", "area_share", "further_site"), 0.0),
        **dict.fromkeys(("board_median", "board_sigma", "board_largest"), 0.0),
        **dict.fromkeys(("travelling", "travelling_standing"), 0.0),
        "size_range": [0.0] * 2,
        "travelling_size": [0.0] * 2,
    },
    "homes": dict.fromkeys(
        ("spread", "elsewhere", "elsewhere_reach", "school_weight", "area_weight"), 0.0
    ),
    "children": {"delayed": 0.0, "left_country": 0.0},
    "margins": {"education_father": _EIGHT, "education_mother": _EIGHT, "origin": _EIGHT},
    "education": {"standing": {"father": 0.0, "mother": 0.0}, "family": 0.0, "own": 0.0},
    "origin": {group: dict.fromkeys(("standing", "city", "school"), 0.0) for group in FOREIGN},
    "residence": {"years_0_5": 0.0, "years_5_10": 0.0, "longest": 0.0},
    "debt": {"ends": 0.0},
    "income": dict.fromkeys(
        ("log_mean", "education", "standing", "foreign", "own", "area", "growth", "change"), 0.0
    ),
    "mother_age_at_birth": {"mean": 0.0, "sd": 0.0, "per_education": 0.0, "range": [0.0] * 2},
    "unknown_education": {
        **dict.fromkeys(("mother", "father", "both"), _DRIVERS),
        "learned": 0.0,
    },
    "not_registered": {
        "shares": dict.fromkeys(PATTERNS, 0.0),
        **dict.fromkeys(("school", "newcomer_sites", "newcomer_bonus"), 0.0),
        **dict.fromkeys(("foreign", "recent", "asylum", "changed"), 0.0),
    },
    "asylum": {
        **dict.fromkeys(("share", "sites_near_centre", "near_centre", "own_origin"), 0.0),
        **dict.fromkeys(("arrived", "status_after"), 0.0),
        "tendency": dict.fromkeys((FOREIGN[3], FOREIGN[5], FOREIGN[0], FOREIGN[1]), 0.0),
        "late_months": [0.0] * 3,
        "late_months_shares": [0.0] * 3,
        "late": dict.fromkeys(
            ("pupils", "toddlers", "schools_with_five", "schools_with_three"), 0.0
        ),
    },
    "turnover": dict.fromkeys(
        ("home", "home_far", "school", "opened", "closed", "merged", "closed_gave", "merged_gave"),
        0.0,
    ),
}
SAID = ("source", "date")


def rules(name: str = RULE) -> Rules:
    """Read params/rules/<name>.yaml.

    Raises ParameterError, naming file and lines, for keys that are missing or unknown at any depth
    and for values that are not numbers where numbers are expected.
    """
    file = strict_yaml.read(params.named_file("rules", name))
    shape = {**dict.fromkeys(SAID, ""), **SHAPE}
    faults = [
        f"params/rules/{name}.yaml line {file.line(*way)}: {fault}."
        for way, fault in _faults(file.values, shape, ())
    ]
    if faults:
        raise ParameterError("\n".join(faults))
    return file.values


def municipalities() -> pd.DataFrame:
    """Municipalities by code: municipality, name, inhabitants (thousands, NaN where not given).

    Raises ParameterError, naming file and line, when an entry lacks its code or name, has another
    key, or a code stands twice.
    """
    file = strict_yaml.read(params.named_file("rules", PLACES))
    listed = file.values.get("municipalities")
    if not isinstance(listed, list) or not listed:
        raise ParameterError(f"params/rules/{PLACES}.yaml has no list `municipalities`.")
    _fail_if_entries_are_unfit(listed, file=file)
    frame = pd.DataFrame(listed).rename(columns={"code": "municipality"})
    if frame["municipality"].duplicated().any():
        twice = int(frame["municipality"].duplicated().sum())
        raise ParameterError(f"params/rules/{PLACES}.yaml lists {twice} codes twice.")
    return frame.sort_values("municipality", ignore_index=True)


def _fail_if_entries_are_unfit(listed: list[Any], *, file: YamlFile) -> None:
    needed, known = {"code", "name"}, {"code", "name", "inhabitants"}
    for place, entry in enumerate(listed):
        if not isinstance(entry, dict) or not needed <= set(entry) <= known:
            raise ParameterError(
                f"params/rules/{PLACES}.yaml line {file.line('municipalities', place)}: expected "
                "code, name and, where known, inhabitants."
            )


def _faults(found: Any, wanted: Any, way: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Ways to what is not as wanted, and what is wrong there."""
    if not isinstance(wanted, Mapping):
        if not _is_like(found, wanted):
            yield way, f"{'.'.join(way)} is {found!r}; expected {_told(wanted)}"
        return
    if not isinstance(found, Mapping):
        yield way, f"{'.'.join(way)} is {found!r}; expected {', '.join(wanted)}"
        return
    for key in wanted.keys() - found.keys():
        yield way, f"{'.'.join((*way, key))} is missing"
    for key in found.keys() - wanted.keys():
        near = did_you_mean(str(key), wanted)
        yield (*way, str(key)), f"{'.'.join((*way, str(key)))} is unknown{near.rstrip('.')}"
    for key in found.keys() & wanted.keys():
        yield from _faults(found[key], wanted[key], (*way, key))


def _is_like(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, str):
        return isinstance(found, str)
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(_is_like(each, 0.0) for each in found)
        )
    return type(found) in (int, float)


def _told(wanted: Any) -> str:
    if isinstance(wanted, list):
        return f"a list of {len(wanted)} numbers"
    return "a text" if isinstance(wanted, str) else "a number"
