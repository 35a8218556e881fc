"""A sample is weighted until its margins are those of a population: raking.

Source: Deming & Stephan (1940), Annals of Mathematical Statistics 11:427; Deville, Särndal &
Sautory (1993), J. Amer. Statist. Assoc. 88:1013. Each margin in turn is met by multiplying the
weights of its categories, until all are met.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import WeightingError
from oablib.base.shown import showable
from oablib.statistics.weighting.weights import design_effect
from oablib.workers.threads import single_thread

Margins = Mapping[str, Mapping[int, float]]


@showable(private=("weights",))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Raked:
    """Weights of n children that meet all margins.

    weights: (n,), with mean 1. rounds: it took, each over all margins. gap: largest difference
    that is left between a weighted share and its margin, as a fraction. design_effect: Kish's
    factor 1 + cv^2. absent: categories of the population, as (margin, code), that no child of the
    sample has; the others of that margin stand for them in proportion.
    """

    weights: NDArray
    rounds: int
    gap: float
    design_effect: float
    absent: tuple[tuple[str, int], ...]


@single_thread()
def rake(frame: pd.DataFrame, *, margins: Margins, tolerance: float, most_rounds: int) -> Raked:
    """Weights with which each column of `margins` has the shares given by code.

    frame: one row a child, without unknown values in these columns. margins: column -> code ->
    share, which need not sum to 1. tolerance: on `gap`.
    Raises WeightingError when there is no margin or no child, when the frame lacks a column, when a
    value is unknown, when children have a category that the population lacks, and when the margins
    are not met within `most_rounds`.
    """
    _fail_if_nothing_to_rake(frame, margins)
    codes, targets, absent = {}, {}, []
    for name, shares in margins.items():
        codes[name], found = pd.factorize(frame[name], sort=True)
        _fail_if_unknown(codes[name], name=name)
        target = pd.Series(shares, dtype=np.float64)
        absent += [(name, int(code)) for code in target[target > 0].index if code not in found]
        counted = target.reindex(found).fillna(0.0).to_numpy()
        _fail_if_not_of_population(codes[name], counted, name=name)
        targets[name] = counted / counted.sum()
    weights, n = np.ones(len(frame)), len(frame)
    for number in range(1, most_rounds + 1):
        for name, target in targets.items():
            weights *= (n * target / np.bincount(codes[name], weights))[codes[name]]
        gap = max(
            float(np.abs(np.bincount(codes[name], weights) / n - target).max())
            for name, target in targets.items()
        )
        if gap <= tolerance:
            return Raked(weights, number, gap, design_effect(weights), tuple(absent))
    raise WeightingError(
        f"Raking did not meet the margins of {', '.join(margins)} in {most_rounds} rounds; a share "
        f"is still {gap:.2g} off. Combinations of categories are empty in the sample: merge "
        "categories or leave a margin out."
    )


def _fail_if_nothing_to_rake(frame: pd.DataFrame, margins: Margins) -> None:
    if not margins or frame.empty:
        raise WeightingError(
            f"{len(frame):,} rows and {len(margins):,} margins are given; expected at least one of "
            "both. Name a column and the shares of its categories."
        )
    if absent := [name for name in margins if name not in frame]:
        raise WeightingError(
            f"The sample has no column {', '.join(absent)}; expected each column that has a margin."
            " Add it, or leave the margin out."
        )


def _fail_if_unknown(codes: NDArray, *, name: str) -> None:
    if unknown := int((codes < 0).sum()):
        raise WeightingError(
            f"{name} is unknown in {unknown:,} of {len(codes):,} rows; expected completed data. "
            "Impute it first."
        )


def _fail_if_not_of_population(codes: NDArray, shares: NDArray, *, name: str) -> None:
    if outside := int((shares[codes] <= 0).sum()):
        raise WeightingError(
            f"In {outside:,} of {len(codes):,} rows {name} has a category that no child of the "
            "population has; expected the same categories. Compare the codes of both deliveries."
        )
