"""Achterstandsscores of school sites and of schools: Besluit bekostiging WPO, article 27."""

import math

import numpy as np
import pandas as pd

from oablib.indicator.allocation import exact, populations, target
from oablib.indicator.allocation.settings import Rules
from oablib.indicator.allocation.target import National

COLUMNS = ["school_id", "n_children", "n_target", "A", "B", "C", "G", "achterstandsscore", "note"]
NO_PUPILS = "no pupils"
BRIN_LENGTH = 4  # of the six characters that name a site


def national_of_schools(children: pd.DataFrame, sites: pd.DataFrame, *, rules: Rules) -> National:
    """Target group and means over all pupils of schools that are not excluded.

    Children and sites as for `schools`. Raises AllocationError as `schools`.
    """
    return target.of_units(populations.pupils(children, sites, rules=rules).units, rules=rules)


def schools(
    children: pd.DataFrame,
    sites: pd.DataFrame,
    *,
    rules: Rules,
    national: National | None = None,
) -> pd.DataFrame:
    """Achterstandsscore of each site (vestiging) as if it were a school of its own, and its parts.

    children: a row a child, with toddler (bool), school_id (Categorical over all sites in their
    order, missing for toddlers and where unknown), municipality (Categorical) and score (points).
    sites: school_id, board, municipality, school_type. national: boundary, C and G of another
    population or indicator; by default those of these pupils.

    One row a site that is not excluded, by school_id. n_children: E. n_target: its pupils among
    the lowest; no whole number where tied ones count in part. A: sum of C - D over them, B: drempel
    E x F x (C - G), C, G: national means, all in points, unrounded. achterstandsscore: A - B,
    rounded, and 0 where that is negative. note: why a row is empty. Rows of `children` in another
    order give equal bytes.

    Raises AllocationError when a score is no number or beyond the range, sites are repeated or not
    the categories, a toddler has a school, or nobody is left to count.
    """
    population = populations.pupils(children, sites, rules=rules)
    means = national or target.of_units(population.units, rules=rules)
    sums = exact.sums(population, size=len(sites), national=means)
    terms = exact.terms(sums, national=means, threshold=rules.threshold_schools)
    A, B = terms.as_points()
    table = pd.DataFrame(
        {
            "school_id": sites["school_id"].to_numpy(dtype=object),
            "n_children": sums.n.astype(np.int64),
            "n_target": sums.n_target,
            "A": A,
            "B": B,
            "C": means.C,
            "G": means.G,
            "achterstandsscore": terms.score(decimals=rules.decimals),
            "note": np.where(sums.n == 0, NO_PUPILS, ""),
        }
    )
    kept = table[populations.included(sites, rules=rules)]
    return kept.sort_values("school_id", ignore_index=True)[COLUMNS]


def with_pupils(table: pd.DataFrame) -> pd.DataFrame:
    """The sites of `schools` that have pupils: those that closed or are still to open have none."""
    return table[table["n_children"] > 0].reset_index(drop=True)


def brins(table: pd.DataFrame) -> pd.DataFrame:
    """Schools by BRIN, out of `schools`: brin, sites, n_children, n_target, achterstandsscore.

    A school's score is the sum of the rounded scores of its sites (article 27(5)), so that the
    drempel and the floor at 0 are applied to each.
    """
    grouped = table.groupby(table["school_id"].str[:BRIN_LENGTH].rename("brin"), sort=True)
    parts = {
        "sites": grouped.size(),
        "n_children": grouped["n_children"].sum(),
        # fsum: the same in every order of rows.
        "n_target": grouped["n_target"].agg(math.fsum),
        "achterstandsscore": grouped["achterstandsscore"].agg(exact.decimal_sum),
    }
    return pd.DataFrame(parts).reset_index()
