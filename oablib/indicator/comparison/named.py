"""What a report says of the places that change most, beside what is found here."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from oablib.indicator.comparison.causes import Level
from oablib.indicator.comparison.profile import over_representation
from oablib.indicator.comparison.settings import Named, Rules

FOUND, ABSENT, UNJUDGED = "found", "absent", "unjudged"


def named(profiles: Mapping[Level, pd.DataFrame], *, rules: Rules) -> pd.DataFrame:
    """Each characteristic that rules.named names, with a verdict; profiles: as from `profile`.

    Columns: level, group, measure, code, expected; share, of_all, ratio, as from
    over_representation; found: found, absent, or unjudged where a share is unknown or hidden.
    Source: Walhout & Scholtus (2021), sections 4.1 and 4.2.
    """
    key = ["group", "measure", "code"]
    ratios = {
        level: over_representation(profile).set_index(key).to_dict("index")
        for level, profile in profiles.items()
    }
    rows = []
    for claim in rules.named:
        row = ratios[claim.level][claim.group, claim.measure, claim.code]
        values = {name: float(row[name]) for name in ("share", "of_all", "ratio")}
        names = {name: getattr(claim, name) for name in ("level", *key, "expected")}
        rows.append({**names, **values, "found": _verdict(claim, values, rules=rules)})
    return pd.DataFrame(rows)


def _verdict(claim: Named, values: Mapping[str, float], *, rules: Rules) -> str:
    decisive = values["share" if claim.expected == "often" else "ratio"]
    if np.isnan(decisive):
        return UNJUDGED
    is_so = {
        "over": decisive >= rules.over_represented,
        "not_over": decisive < rules.over_represented,
        "often": decisive >= rules.often,
    }[claim.expected]
    return FOUND if is_so else ABSENT
