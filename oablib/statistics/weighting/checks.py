"""What stops weighting, and what a reader of weights should know."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import WeightingError


def school_flags(schools: pd.DataFrame, *, small_school: int, minimum_known: int) -> list[str]:
    """Flags on pooled schools and on children whom nobody represents; schools as in Weighted."""
    flags, small = [], schools["small"].to_numpy()
    if small.any():
        few = (schools["known"] < minimum_known).sum()
        under = (schools["pupils"] < small_school).sum()
        flags.append(
            f"Schools weighted together with others: {small.sum()} of {len(schools)} (under "
            f"{small_school} pupils: {under}; under {minimum_known} known children: {few})."
        )
    empty = schools[schools["known"] == 0]
    if len(empty):
        flags.append(
            f"Schools without a known child: {len(empty)}, with {empty['children'].sum()} "
            "children; they have no weighted mean of their own."
        )
    return flags


def weight_flags(
    weights: NDArray, *, raw: NDArray, bound: float, empty: Sequence[object], n: int
) -> list[str]:
    """Flags on what was cut, on what calibration made large again, and on pools without weight."""
    cut = int((raw > bound * np.median(raw)).sum())
    large = int((weights > bound * np.median(weights)).sum())
    lost = n - round(weights.sum())
    flags = []
    if cut:
        flags.append(f"Inverse chances cut to {bound:g} times their median: {cut}.")
    if large:
        flags.append(
            f"Weights above {bound:g} times the median after calibration: {large}; they stand in "
            "schools or pools with few known children."
        )
    if lost:
        listed = ", ".join(map(str, empty))
        flags.append(
            f"Nobody is known in: {listed}; the {lost} children there are not represented, and "
            f"weights add up to {n - lost} instead of {n}."
        )
    return flags


def fail_if_nobody_is_known(known: NDArray, *, wave: NDArray) -> None:
    """Raise WeightingError when no child is known, or none of some wave."""
    if not known.any():
        raise WeightingError(
            f"None of {len(known)} children is known; weighting needs children of whom all imputed "
            "variables are known. Check the codes for unknown in the codebook."
        )
    share = pd.Series(known).groupby(wave).agg(["sum", "size"])
    empty = share[share["sum"] == 0]
    if len(empty):
        counts = {str(name): int(size) for name, size in empty["size"].items()}
        raise WeightingError(
            f"Waves without a known child (children): {counts}; nobody can stand for them. Leave "
            "these waves out, or impute instead."
        )


def fail_if_school_is_absent(codes: NDArray, *, name: object) -> None:
    """Raise WeightingError for children without a school; codes: -1 for these."""
    absent = int((codes < 0).sum())
    if absent:
        raise WeightingError(f"{absent} children have no {name}; each needs its own.")


def fail_if_size_is_absent(size: NDArray) -> None:
    """Raise WeightingError when a school has no number of pupils."""
    absent = int((~(size > 0)).sum())
    if absent:
        raise WeightingError(
            f"{absent} of {len(size)} schools have no number of pupils; deliver it for each school "
            "of the cohort, or leave it away to count the children of the cohort itself."
        )


def fail_if_rows_differ(n: int, *, expected: int) -> None:
    """Raise WeightingError when a frame cannot be the one that was weighted."""
    if n != expected:
        raise WeightingError(
            f"The frame has {n} rows, but {expected} were weighted; give the same rows in the same "
            "order."
        )


def fail_if_values_are_unknown(values: NDArray, *, name: object) -> None:
    """Raise WeightingError when a column is unknown for a child that has a weight."""
    unknown = int(np.isnan(values).sum())
    if unknown:
        raise WeightingError(
            f"{name} is unknown for {unknown} of {len(values)} weighted children; a mean needs a "
            "column that is known for each, as the imputed variables and their values are."
        )


def fail_if_name_is_taken(name: str, columns: pd.Index) -> None:
    """Raise WeightingError when the weights would overwrite a column."""
    if name in columns:
        raise WeightingError(f"The data have a column {name!r} already; rename or drop it.")
