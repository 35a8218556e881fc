"""Every child is accounted for, and sums agree on every level."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from oablib.base.errors import AllocationError
from oablib.indicator.allocation import checks, populations
from oablib.indicator.allocation.populations import National
from oablib.indicator.allocation.settings import Rules

PUPILS = "pupils who count"
PUPILS_OF_SCHOOLS = "pupils who count for their school alone: its municipality is not listed"
TODDLERS = "toddlers who count"
UNLISTED = "toddlers whose municipality is unknown"
UNKNOWN = "pupils whose school is unknown"
EXCLUDED = "pupils of excluded schools"
SAME = 1e-9  # relative: last bits of a sum of doubles over schools; one child of a million is more


def accounted(children: pd.DataFrame, sites: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """What becomes of each child: what, children; rows add up to all.

    Inputs as for `municipalities`. Raises AllocationError as that.
    """
    checks.fail_if_inputs_are_unfit(children, sites, rules=rules)
    toddler = children["toddler"].to_numpy(dtype=bool)
    site = children["school_id"].cat.codes.to_numpy()
    excluded = np.append(~populations.included(sites, rules=rules), False)[site]
    listed = populations.municipality(children, sites, rules=rules) >= 0
    at_school = ~toddler & (site >= 0) & ~excluded
    masks = {
        PUPILS: at_school & listed,
        PUPILS_OF_SCHOOLS: at_school & ~listed,
        TODDLERS: toddler & listed,
        UNLISTED: toddler & ~listed,
        UNKNOWN: ~toddler & (site < 0),
        EXCLUDED: excluded,
    }
    counts = [int(np.count_nonzero(mask)) for mask in masks.values()]
    return pd.DataFrame({"what": list(masks), "children": counts})


def excluded_sites(children: pd.DataFrame, sites: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Sites with pupils, those of them that the law excludes, and pupils of these: one row.

    Columns: sites, excluded, pupils. Inputs as for `municipalities`.
    """
    pupils = np.bincount(children["school_id"].cat.codes.to_numpy() + 1, minlength=len(sites) + 1)
    excluded = ~populations.included(sites, rules=rules)
    counts = {
        "sites": int(np.count_nonzero(pupils[1:])),
        "excluded": int(np.count_nonzero(pupils[1:][excluded])),
        "pupils": int(pupils[1:][excluded].sum()),
    }
    return pd.DataFrame([counts])


def fail_if_sums_differ(
    schools: pd.DataFrame,
    municipalities: pd.DataFrame,
    *,
    accounted: pd.DataFrame,
    of_schools: National,
    of_municipalities: National,
) -> None:
    """Raise AllocationError when schools, municipalities, country and accounts do not agree.

    Tables as `schools`, `municipalities` and `accounted` give them for the same children, with the
    national figures of these children.
    """
    counts = accounted.set_index("what")["children"]
    at_school = int(counts[PUPILS] + counts[PUPILS_OF_SCHOOLS])
    pairs = [
        ("pupils of schools", schools["n_children"].sum(), at_school),
        ("pupils of municipalities", municipalities["n_pupils"].sum(), counts[PUPILS]),
        ("toddlers of municipalities", municipalities["n_toddlers"].sum(), counts[TODDLERS]),
        *_with_country(schools, national=of_schools, name="schools"),
        *_with_country(municipalities, national=of_municipalities, name="municipalities"),
    ]
    wrong = [
        f"{name}: {actual:.12g} instead of {expected:.12g}"
        for name, actual, expected in pairs
        if not math.isclose(actual, expected, rel_tol=SAME)
    ]
    if wrong:
        raise AllocationError(
            f"{len(wrong)} of {len(pairs)} sums differ: {'; '.join(wrong)}. Compute all "
            "tables from the same children and rules."
        )


def _with_country(
    table: pd.DataFrame, *, national: National, name: str
) -> Iterator[tuple[str, float, float]]:
    """Sums of a table, and those of the country; of C - D over the target group, n (C - G)."""
    yield f"children of {name}", int(table["n_children"].sum()), national.n
    yield f"target group of {name}", math.fsum(table["n_target"]), national.n_target
    whole = national.n_target * (national.exact_mean - national.exact_target_mean)
    yield f"A of {name}", math.fsum(table["A"]), float(whole)
