"""Onderwijsscores by both indicators, child by child."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ComparisonError
from oablib.base.shown import showable
from oablib.indicator.comparison.settings import Rules

ROUNDING = 1e-9  # points; a spread below it is none, as where all children get one mean
TOTAL, DIRECT, IMPUTED, ASYLUM = "total", "direct", "imputed", "asylum"


@showable()
@dataclass(frozen=True, slots=True, repr=False)
class Density:
    """How many children have which pair of scores, in square cells.

    table: x (current), y (new): lower ends of a cell in points, on multiples of `width`; n:
    children, at least the rules' density_fewest. hidden_cells, hidden_children: what had fewer.
    """

    table: pd.DataFrame
    width: float
    hidden_cells: int
    hidden_children: int


def score_differences(
    current: NDArray,
    new: NDArray,
    provenance: NDArray,
    *,
    imputed: Sequence[int],
    asylum: Sequence[int] = (),
    rules: Rules,
    weights: NDArray | None = None,
    published: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Differences new - current of scores, of all children and by where the score comes from.

    current, new (n,): points. provenance (n,): codes, of which `imputed` are those of a donor's
    scores and `asylum` those of asylum seekers, who get a mean; all others are direct: computed
    from the child's own characteristics. weights (n,): of children, 1 if None. Rows total, direct,
    imputed and, where codes are given, asylum, which no publication has apart; columns scores, n,
    mean, sd, lower, upper (mean -/+ difference_sds times sd, points), r (correlation of both
    scores). With published figures also published_mean and so on, and published_r of all children.
    Numbers of an empty group are NaN; r is NaN without spread. Raises ComparisonError for arrays of
    other lengths and scores that are not finite.
    Source: Walhout & Scholtus (2021), table 3.2.3.
    """
    _fail_if_scores_are_unfit(current, new, provenance)
    is_imputed, is_asylum = (np.isin(provenance, np.array(codes)) for codes in (imputed, asylum))
    weights = np.ones(len(current)) if weights is None else weights
    direct = ~(is_imputed | is_asylum)
    parts = {TOTAL: np.ones_like(direct), DIRECT: direct, IMPUTED: is_imputed}
    if asylum:
        parts[ASYLUM] = is_asylum
    frame = pd.DataFrame(
        [
            {"scores": name, **_difference(current[part], new[part], weights[part], rules=rules)}
            for name, part in parts.items()
        ]
    )
    if published is None:
        return frame
    listed = pd.DataFrame(published["score_difference"]).T.add_prefix("published_")
    r = {TOTAL: published["score_correlation"]["r"]}
    return frame.join(listed, on="scores").assign(published_r=frame["scores"].map(r))


def cutoff(
    current: NDArray,
    new: NDArray,
    *,
    boundaries: tuple[float, float],
    published: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """How the boundary of the lowest scores moved, and which children crossed it.

    current, new (n,): points. boundaries: highest score that still counts, by the current and by
    the new indicator. Columns measure, value; with published figures also published. Measures:
    boundary_current, boundary_new, shift, mean_difference (of all scores), net_shift: the shift
    less the mean difference, which holds the constants of both indicators (points);
    lowest_under_both, only_current, only_new (fractions of all children).
    """
    _fail_if_scores_are_unfit(current, new, current)
    old, other = current <= boundaries[0], new <= boundaries[1]
    n = max(len(current), 1)
    shift, mean = boundaries[1] - boundaries[0], float((new - current).sum()) / n
    values = {
        "boundary_current": boundaries[0],
        "boundary_new": boundaries[1],
        "shift": shift,
        "mean_difference": mean,
        "net_shift": shift - mean,
        "lowest_under_both": np.count_nonzero(old & other) / n,
        "only_current": np.count_nonzero(old & ~other) / n,
        "only_new": np.count_nonzero(~old & other) / n,
    }
    frame = pd.DataFrame({"measure": list(values), "value": np.array(list(values.values()), float)})
    if published is None:
        return frame
    shift, mean = published["cutoff_shift"], published["score_difference"]["total"]["mean"]
    listed = {"shift": shift, "mean_difference": mean, "net_shift": shift - mean}
    return frame.assign(published=frame["measure"].map(listed))


def density(current: NDArray, new: NDArray, *, rules: Rules) -> Density:
    """Children by cell of a grid of both scores (figure 3.2.2).

    current, new (n,): points. Raises ComparisonError for arrays of other lengths, scores that are
    not finite, and when no cell has enough children.
    """
    _fail_if_scores_are_unfit(current, new, current)
    width = rules.density_width
    column, row = (np.floor(values / width).astype(np.int64) for values in (current, new))
    lowest = row.min(initial=0)
    height = row.max(initial=0) - lowest + 1
    # The distinct cells, not the whole grid: one score far off would make that grid boundless.
    cells, counts = np.unique(column * height + (row - lowest), return_counts=True)
    shown = counts >= rules.density_fewest
    if not shown.any():
        raise ComparisonError(
            f"No cell of {width:g} by {width:g} points has {rules.density_fewest} of the "
            f"{len(current):,} children; set a larger density_width."
        )
    x, y = cells[shown] // height, cells[shown] % height + lowest
    return Density(
        table=pd.DataFrame({"x": x * width, "y": y * width, "n": counts[shown]}),
        width=width,
        hidden_cells=int((~shown).sum()),
        hidden_children=int(counts[~shown].sum()),
    )


def _difference(
    current: NDArray, new: NDArray, weights: NDArray, *, rules: Rules
) -> dict[str, float]:
    if not len(current):
        return {"n": 0} | dict.fromkeys(["mean", "sd", "lower", "upper", "r"], np.nan)
    share = weights / weights.sum()
    mean, sd = _moments(new - current, share)
    reach = rules.difference_sds * sd
    r = _correlation(current, new, share)
    return {
        "n": len(current), "mean": mean, "sd": sd, "lower": mean - reach, "upper": mean + reach,
        "r": r,
    }  # fmt: skip


def _moments(values: NDArray, share: NDArray) -> tuple[float, float]:
    """Mean and standard deviation, of all children and no sample; share (n,) sums to 1."""
    mean = float(values @ share)
    sd = float(np.sqrt((values - mean) ** 2 @ share))
    return mean, sd if sd > ROUNDING else 0.0


def _correlation(one: NDArray, other: NDArray, share: NDArray) -> float:
    (mean, sd), (mean_other, sd_other) = _moments(one, share), _moments(other, share)
    if not (sd > 0 and sd_other > 0):
        return np.nan
    return float(((one - mean) * (other - mean_other)) @ share / (sd * sd_other))


def _fail_if_scores_are_unfit(current: NDArray, new: NDArray, provenance: NDArray) -> None:
    lengths = [len(values) for values in (current, new, provenance)]
    if len(set(lengths)) > 1:
        raise ComparisonError(
            f"The arrays hold {', '.join(f'{length:,}' for length in lengths)} children; expected "
            "scores by both indicators of the same children, in one order."
        )
    unfit = int((~(np.isfinite(current) & np.isfinite(new))).sum())
    if unfit:
        raise ComparisonError(
            f"{unfit:,} of {len(current):,} children lack a finite score by one of the indicators; "
            "expected both of each child. Impute scores first."
        )
