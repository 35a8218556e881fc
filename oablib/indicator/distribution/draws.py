"""Draws of education one after the other: characteristics of each child, and its score by them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oablib.base.shown import showable
from oablib.indicator import pupil_scores
from oablib.indicator.distribution.settings import Variant
from oablib.indicator.pupil_scores import Children, Education, Indicator, education


@showable(private=("codes", "score"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Draw:
    """codes: column -> (n,) codes, education as drawn. score: (n,) points; None if not needed."""

    codes: Mapping[str, NDArray[np.uint8]]
    score: NDArray[np.float64] | None


def needed(variants: tuple[Variant, ...]) -> tuple[bool, bool]:
    """Whether some variant needs draws, and whether it needs their scores."""
    scored = any(variant.by_score and variant.average == "school" for variant in variants)
    return scored or any(not variant.by_score for variant in variants), scored


def draws(
    children: Children,
    path: Path,
    *,
    variants: tuple[Variant, ...],
    indicator: Indicator,
    rules: pupil_scores.Rules,
    seed: int,
) -> Iterator[Draw]:
    """Each draw of education in turn, one in memory; none where no variant needs one.

    path: the draws, as pupil_scores.draw made them. Scores are computed as pupil_scores.frames
    does for average "school", and only where a variant needs them.
    """
    wanted, scored = needed(variants)
    if not wanted:
        return
    for drawn in education.rounds(path, children):
        score = None
        if scored:
            scores = pupil_scores.score(
                children, drawn, indicator=indicator, rules=rules, seed=seed
            )
            score = scores.score
        yield Draw(_filled(children.codes, drawn), score)


def _filled(
    codes: Mapping[str, NDArray[np.uint8]], drawn: Education
) -> dict[str, NDArray[np.uint8]]:
    """Codes with those of one draw where nothing was known."""
    filled = dict(codes)
    for name, rows in drawn.rows.items():
        filled[name] = codes[name].copy()
        filled[name][rows] = drawn.counts[name].argmax(axis=1)
    return filled
