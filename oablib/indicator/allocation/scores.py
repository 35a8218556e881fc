"""Achterstandsscores of school sites, schools and municipalities, and their means over draws.

Sources: Besluit bekostiging WPO, article 27 (schools); GOAB-besluit, article 3 (municipalities).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from oablib.base.errors import AllocationError
from oablib.base.shown import showable
from oablib.indicator.allocation import checks, exact, populations
from oablib.indicator.allocation.populations import National
from oablib.indicator.allocation.settings import Rules

SCHOOLS = ["school_id", "n_children", "n_target", "A", "B", "C", "G", "achterstandsscore", "note"]
MUNICIPALITIES = [
    *("municipality", "n_children", "n_pupils", "n_toddlers", "n_target", "n_target_toddlers"),
    *("A", "B", "C", "G"),
    *("achterstandsscore", "note"),
]
NO_PUPILS, NO_CHILDREN = "no pupils", "no children"
NO_TARGET_GROUP = "no target group, so that there is no mean of it"
BRIN_LENGTH = 4  # of the six characters that name a site


@showable(private=("schools", "municipalities"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Allocated:
    """Tables as `allocation.schools` and `allocation.municipalities` give; draws: behind each."""

    schools: pd.DataFrame
    municipalities: pd.DataFrame
    draws: int


def national_of_schools(children: pd.DataFrame, sites: pd.DataFrame, *, rules: Rules) -> National:
    """Target group and means over all pupils of schools that are not excluded.

    Children and sites as for `schools`. Raises AllocationError as `schools`.
    """
    return populations.of_units(populations.pupils(children, sites, rules=rules).units, rules=rules)


def schools(
    children: pd.DataFrame, sites: pd.DataFrame, *, rules: Rules, national: National | None = None
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
    means = national or populations.of_units(population.units, rules=rules)
    sums = exact.sums(population, size=len(sites), national=means)
    terms = exact.terms(sums, national=means, threshold=rules.threshold_schools)
    table = _scored(sums, terms, national=means, rules=rules).assign(
        school_id=sites["school_id"].to_numpy(dtype=object),
        G=means.G,
        note=np.where(sums.n == 0, NO_PUPILS, ""),
    )
    kept = table[populations.included(sites, rules=rules)]
    return kept.sort_values("school_id", ignore_index=True)[SCHOOLS]


def with_pupils(table: pd.DataFrame) -> pd.DataFrame:
    """The sites of `schools` that have pupils: those that closed or are still to open have none."""
    return table[table["n_children"] > 0].reset_index(drop=True)


def brins(table: pd.DataFrame) -> pd.DataFrame:
    """Schools by BRIN, out of `schools`: brin, sites, n_children, n_target, achterstandsscore.

    n_target where the table has it. A school's score is the sum of the rounded scores of its sites
    (article 27(5)), so that the drempel and the floor at 0 are applied to each.
    """
    grouped = table.groupby(table["school_id"].str[:BRIN_LENGTH].rename("brin"), sort=True)
    parts = {
        "sites": grouped.size(),
        "n_children": grouped["n_children"].sum(),
        # fsum: the same in every order of rows.
        **{name: grouped[name].agg(math.fsum) for name in ("n_target",) if name in table},
        "achterstandsscore": grouped["achterstandsscore"].agg(exact.decimal_sum),
    }
    return pd.DataFrame(parts).reset_index()


def national_of_municipalities(
    children: pd.DataFrame, sites: pd.DataFrame, *, rules: Rules
) -> National:
    """Target group and means over toddlers and pupils together; inputs as for `municipalities`."""
    return populations.of_units(
        populations.everybody(children, sites, rules=rules).units, rules=rules
    )


def municipalities(
    children: pd.DataFrame,
    sites: pd.DataFrame,
    municipalities: pd.DataFrame,
    *,
    rules: Rules,
    national: National | None = None,
) -> pd.DataFrame:
    """Achterstandsscore of each listed municipality, and its parts.

    Counted are toddlers who live there and pupils of schools that are there, wherever they live;
    each child once. Inputs as for `schools`, with the home municipality of toddlers; its categories
    are those of `municipalities` in their order. Children whose municipality is not listed count
    nowhere (see `accounted`). national: as for `schools`, by default of all these children.

    One row a municipality, by code; columns as of `schools`, with n_pupils + n_toddlers =
    n_children, n_target_toddlers of n_target, and the boundary, C and G of both together. G is the
    municipality's own where rules.G_scope is municipal, NaN where it has no target group.

    Raises AllocationError as `schools`, and when municipalities are repeated or not the categories.
    """
    checks.fail_if_columns_are_absent(children, checks.CHILDREN, name="children")
    checks.fail_if_municipalities_differ(children, municipalities)
    population = populations.everybody(children, sites, rules=rules)
    means = national or populations.of_units(population.units, rules=rules)
    size, municipal = len(municipalities), rules.G_scope == "municipal"
    sums = exact.sums(population, size=size, national=means)
    formula = exact.terms_by_own_mean if municipal else exact.terms
    terms = formula(sums, national=means, threshold=rules.threshold_municipalities)
    table = _scored(sums, terms, national=means, rules=rules)
    toddlers = populations.toddlers_of(population)
    n_toddlers = np.bincount(toddlers.row, minlength=size)
    nobody = (sums.target == 0) & municipal
    table = table.assign(
        municipality=municipalities["municipality"].to_numpy(dtype=object),
        n_pupils=table["n_children"] - n_toddlers,
        n_toddlers=n_toddlers,
        n_target_toddlers=exact.sums(toddlers, size=size, national=means).n_target,
        G=exact.own_means(sums, national=means) if municipal else means.G,
        note=np.where(sums.n == 0, NO_CHILDREN, np.where(nobody, NO_TARGET_GROUP, "")),
    )
    return table.sort_values("municipality", ignore_index=True)[MUNICIPALITIES]


def of_frames(
    frames: Iterable[pd.DataFrame], sites: pd.DataFrame, listed: pd.DataFrame, *, rules: Rules
) -> Allocated:
    """Allocate each frame of children in turn and average what schools and municipalities get.

    frames: as `schools` takes them, one a draw; one is in memory at a time. listed: municipalities.
    Averaging scores of schools after drempel and rounding is what CBS (2024), herijking fase 1,
    chapter 2, calls postponed averaging. Raises AllocationError without a frame.
    """
    pairs = [
        (schools(frame, sites, rules=rules), municipalities(frame, sites, listed, rules=rules))
        for frame in frames
    ]
    if not pairs:
        raise AllocationError("No draw of scores was given; expected one or more.")
    first, second = zip(*pairs, strict=True)
    return Allocated(averaged(first), averaged(second), len(pairs))


def averaged(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Means of the numbers of tables with the same rows; a single table is returned as it is.

    achterstandsscore is the mean of the rounded scores, not rounded again.
    """
    first = tables[0]
    if len(tables) == 1:
        return first
    numbers = [str(name) for name in first if pd.api.types.is_float_dtype(first[name])]
    means = {
        name: np.mean([table[name].to_numpy() for table in tables], axis=0) for name in numbers
    }
    return first.assign(**means)


def early_and_late(early: pd.DataFrame, late: pd.DataFrame) -> pd.DataFrame:
    """What postponed averaging changes: measure, early, late.

    early, late: tables with the same rows. Rows above 0; sum of scores; and, in `late`, mean
    absolute difference and standard deviation of differences of rows that are above 0 in one of
    both, and the correlation of all rows.
    """
    a, b = (table["achterstandsscore"].to_numpy(float) for table in (early, late))
    either = (a > 0) | (b > 0)
    differences = b[either] - a[either]
    spread = differences.size > 1
    rows = [
        ("above_zero", float((a > 0).sum()), float((b > 0).sum())),
        ("sum", float(a.sum()), float(b.sum())),
        ("mean_absolute", np.nan, float(np.abs(differences).mean()) if either.any() else np.nan),
        ("sd", np.nan, float(differences.std()) if spread else np.nan),
        ("correlation", np.nan, float(np.corrcoef(a, b)[0, 1]) if spread else np.nan),
    ]
    return pd.DataFrame(rows, columns=["measure", "early", "late"])


def _scored(
    sums: exact.Sums, terms: exact.Terms, *, national: National, rules: Rules
) -> pd.DataFrame:
    """What tables of schools and of municipalities have in common, in the order of `sums`."""
    A, B = terms.as_points()
    return pd.DataFrame(
        {
            "n_children": sums.n.astype(np.int64),
            "n_target": sums.n_target,
            "A": A,
            "B": B,
            "C": national.C,
            "achterstandsscore": terms.score(decimals=rules.decimals),
        }
    )
