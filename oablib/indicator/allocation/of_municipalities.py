"""Achterstandsscores of municipalities: GOAB-besluit, article 3."""

import numpy as np
import pandas as pd

from oablib.indicator.allocation import checks, exact, populations, target
from oablib.indicator.allocation.settings import Rules
from oablib.indicator.allocation.target import National

COLUMNS = [
    "municipality", "n_children", "n_pupils", "n_toddlers", "n_target", "A", "B", "C", "G",
    "achterstandsscore", "note",
]  # fmt: skip
NO_CHILDREN = "no children"
NO_TARGET_GROUP = "no target group, so that there is no mean of it"


def national_of_municipalities(
    children: pd.DataFrame, sites: pd.DataFrame, *, rules: Rules
) -> National:
    """Target group and means over toddlers and pupils together; inputs as for `municipalities`."""
    return target.of_units(populations.everybody(children, sites, rules=rules).units, rules=rules)


def municipalities(
    children: pd.DataFrame,
    sites: pd.DataFrame,
    municipalities: pd.DataFrame,
    *,
    rules: Rules,
    national: National | None = None,
) -> pd.DataFrame:
    """Achterstandsscore of each listed municipality, and its parts.

    Counted are toddlers living there and pupils of schools that stand there, wherever they live;
    each child once. Inputs as for `schools`, with the home municipality of toddlers; its categories
    are those of `municipalities` in their order. Children whose municipality is not listed count
    nowhere (see `accounted`).

    One row a municipality, by code; columns as of `schools`, with n_pupils + n_toddlers =
    n_children, and the boundary, C and G of both together. G is the municipality's own where
    rules.G_scope is municipal, NaN where it has no target group.

    Raises AllocationError as `schools`, and when municipalities are repeated or not the categories.
    """
    checks.fail_if_columns_are_absent(children, checks.CHILDREN, name="children")
    checks.fail_if_municipalities_differ(children, municipalities)
    population = populations.everybody(children, sites, rules=rules)
    means = national or target.of_units(population.units, rules=rules)
    size = len(municipalities)
    sums = exact.sums(population, size=size, national=means)
    n_toddlers = np.bincount(population.place[population.toddler], minlength=size)
    n_children = sums.n.astype(np.int64)
    table = pd.DataFrame(
        {
            "municipality": municipalities["municipality"].to_numpy(dtype=object),
            "n_children": n_children,
            "n_pupils": n_children - n_toddlers,
            "n_toddlers": n_toddlers,
            "n_target": sums.n_target,
            **_scored(sums, national=means, rules=rules),
            "note": _notes(sums, rules=rules),
        }
    )
    return table.sort_values("municipality", ignore_index=True)[COLUMNS]


def _scored(sums: exact.Sums, *, national: National, rules: Rules) -> dict[str, object]:
    own = rules.G_scope == "municipal"
    formula = exact.terms_by_own_mean if own else exact.terms
    terms = formula(sums, national=national, threshold=rules.threshold_municipalities)
    A, B = terms.as_points()
    G = exact.own_means(sums, national=national) if own else national.G
    score = terms.score(decimals=rules.decimals)
    return {"A": A, "B": B, "C": national.C, "G": G, "achterstandsscore": score}


def _notes(sums: exact.Sums, *, rules: Rules) -> np.ndarray:
    nobody = (sums.target == 0) & (rules.G_scope == "municipal")
    return np.where(sums.n == 0, NO_CHILDREN, np.where(nobody, NO_TARGET_GROUP, ""))
