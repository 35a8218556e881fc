"""What is refused before anything is computed; a message has counts, never a child's value."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from oablib.base.errors import AllocationError
from oablib.base.wording import shown_names
from oablib.indicator.allocation.settings import Rules

CHILDREN = ("toddler", "school_id", "municipality", "score")
SITES = ("school_id", "board", "municipality", "school_type")
EXACT = 2**53  # up to here every whole number is a double


def fail_if_inputs_are_unfit(children: pd.DataFrame, sites: pd.DataFrame, *, rules: Rules) -> None:
    """Raise AllocationError when children and sites are not what every allocation begins with."""
    fail_if_columns_are_absent(children, CHILDREN, name="children")
    fail_if_columns_are_absent(sites, SITES, name="sites")
    fail_if_repeated(sites["school_id"], name="sites")
    _fail_if_categories_differ(children["school_id"], sites["school_id"], name="sites")
    fail_if_scores_are_unfit(children["score"], rules=rules)
    _fail_if_toddlers_have_schools(children)


def fail_if_municipalities_differ(children: pd.DataFrame, municipalities: pd.DataFrame) -> None:
    """Raise AllocationError when home municipalities are not those of the list."""
    fail_if_columns_are_absent(municipalities, ("municipality",), name="municipalities")
    listed = municipalities["municipality"]
    fail_if_repeated(listed, name="municipalities")
    _fail_if_categories_differ(children["municipality"], listed, name="municipalities")


def fail_if_columns_are_absent(frame: pd.DataFrame, columns: Sequence[str], *, name: str) -> None:
    """Raise AllocationError for missing columns, and for a frame without rows."""
    missing = [column for column in columns if column not in frame]
    if missing:
        raise AllocationError(
            f"{name} lacks {', '.join(missing)}; it has {', '.join(shown_names(frame))}."
        )
    if frame.empty:
        raise AllocationError(f"{name} has no rows; expected at least one.")


def fail_if_repeated(values: pd.Series, *, name: str) -> None:
    """Raise AllocationError when a key is in two rows or is empty."""
    repeated, empty = int(values.duplicated().sum()), int(values.isna().sum())
    if repeated or empty:
        raise AllocationError(
            f"{name}: {repeated:,} rows repeat {values.name}, {empty:,} have none; expected one "
            "row each. Remove the repeated rows."
        )


def fail_if_scores_are_unfit(scores: ArrayLike, *, rules: Rules) -> None:
    """Raise AllocationError for scores without a number, out of range, or too many to add up."""
    values = np.asarray(scores, dtype=np.float64)
    if len(values) == 0:
        raise AllocationError("There are no children; expected at least one.")
    unknown = len(values) - int(np.count_nonzero(np.isfinite(values)))
    if unknown:
        raise AllocationError(
            f"{unknown:,} of {len(values):,} children have no finite score; fill or leave out "
            "these children first."
        )
    limit = rules.largest_score
    largest = max(-values.min(), values.max())
    if largest > limit:
        beyond = int(np.count_nonzero(np.abs(values) > limit))
        raise AllocationError(
            f"{beyond:,} of {len(values):,} scores are beyond {limit:,} points; expected points of "
            "the end test. Look whether they were multiplied by 100."
        )
    if len(values) * math.ceil(largest * 10**rules.score_decimals) > EXACT:
        raise AllocationError(
            f"Sums of {len(values):,} scores with {rules.score_decimals} decimals may not be "
            "exact; lower score_decimals in params/rules/allocation.yaml."
        )


def _fail_if_categories_differ(values: pd.Series, listed: pd.Series, *, name: str) -> None:
    if not isinstance(values.dtype, pd.CategoricalDtype):
        raise AllocationError(f"{values.name} is no Categorical; its categories have to be {name}.")
    categories, rows = values.cat.categories, pd.Index(listed)
    if len(categories) == len(rows) and bool((categories == rows).all()):
        return
    common = len(categories.intersection(rows))
    raise AllocationError(
        f"{values.name} has {len(categories):,} categories, {name} has {len(rows):,} rows, and "
        f"{common:,} are in both; expected the same in the same order."
    )


def _fail_if_toddlers_have_schools(children: pd.DataFrame) -> None:
    enrolled = children["school_id"].cat.codes.to_numpy() >= 0
    count = int(np.count_nonzero(enrolled & children["toddler"].to_numpy(dtype=bool)))
    if count:
        raise AllocationError(
            f"{count:,} toddlers have a school; expected none. A child in both counts once: as a "
            "pupil."
        )
