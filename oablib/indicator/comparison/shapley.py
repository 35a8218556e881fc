"""Which cause of a change moves how much: exact Shapley values."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ComparisonError
from oablib.indicator.comparison.schools import GAIN_MOST, LOSE_MOST, groups
from oablib.indicator.comparison.settings import Rules
from oablib.indicator.comparison.standardised import key_of

STANDARDISATION = "standardisation"
ALL_CHANGED, LOSERS, GAINERS = "all that change", "losers", "gainers"
ADDS_UP = 1e-9  # points; scores have two decimals and some sums of them five digits before

Value = Callable[[frozenset[str]], NDArray]


def shapley(causes: Sequence[str], *, value: Value) -> dict[str, NDArray]:
    """Part of each cause in the step from no cause as in the new situation to all of them.

    value(S), (n,): scores with the causes in S as in the new situation and the others as in the
    old; called once for each of the 2^k sets. A part is the mean of what its cause adds, over all
    orders in which causes may change one after the other. Returns cause -> (n,) in the order of
    `causes`; parts sum to value(all) - value(none): rounding errors are added to the largest part.
    Raises ComparisonError for a repeated cause, and for values of other lengths or not finite.
    Source: Shapley (1953), A value for n-person games, eq. 13.
    """
    if len(set(causes)) < len(causes):
        raise ComparisonError(
            f"{len(causes)} causes have {len(set(causes))} names; name each once."
        )
    values = {subset: np.asarray(value(subset), float) for subset in _subsets(causes)}
    _fail_if_values_differ_in_shape(values)
    if not causes:
        return {}
    parts = np.stack([_part(cause, causes, values) for cause in causes])
    whole = values[frozenset(causes)] - values[frozenset()]
    largest = np.abs(parts).argmax(axis=0), np.arange(parts.shape[1])
    parts[largest] += whole - parts.sum(axis=0)
    return dict(zip(causes, parts, strict=True))


def decomposed(
    parts: Mapping[str, NDArray], pairs: pd.DataFrame, *, keys: Iterable[str], rules: Rules
) -> pd.DataFrame:
    """Change of each place as the sum of its causes.

    parts: cause -> (n,) parts of the change of raw scores, as from `shapley`. keys (n,): the place
    of each element of these arrays. Returns, in the order of pairs: its key, one column
    a cause, standardisation (what scaling both to one sum adds), change, all in points, and group
    (lose most, gain most, others). Raises ComparisonError for a place of pairs
    without parts, and when parts do not add up.
    """
    key = key_of(pairs)
    frame = pd.DataFrame(dict(parts), index=pd.Index(list(keys), name=key))
    _fail_if_keys_differ(frame.index, pd.Index(pairs[key]))
    table = frame.reindex(pairs[key]).rename_axis(key).reset_index()
    scaling = (pairs["new"] - pairs["new_raw"]) - (pairs["current"] - pairs["current_raw"])
    table[STANDARDISATION] = scaling.to_numpy()
    table["change"] = pairs["change"].to_numpy()
    fail_if_parts_do_not_add_up(table)
    return table.assign(group=groups(pairs, rules=rules).to_numpy())


def causes_of(frame: pd.DataFrame) -> list[str]:
    """Columns of a decomposition that hold parts: all between the key and the change."""
    names = [str(name) for name in frame]
    return names[1 : names.index("change")]


def fail_if_parts_do_not_add_up(frame: pd.DataFrame) -> None:
    """Raise ComparisonError unless the parts of every place sum to its change."""
    gaps = (frame[causes_of(frame)].sum(axis=1) - frame["change"]).abs()
    wrong = int((~(gaps <= ADDS_UP)).sum())
    if wrong:
        raise ComparisonError(
            f"The parts of {wrong:,} of {len(frame):,} places do not add up to their change; the "
            f"largest gap is {gaps.max():.3g} points, expected {ADDS_UP:g} at most. Let the values "
            "of no cause and of all causes be the raw scores that are compared."
        )


def causes_summary(frame: pd.DataFrame) -> pd.DataFrame:
    """How much each cause moves: for all that change, losers, gainers, and the extremes of both.

    frame: as from `decomposed`. Columns: group; cause; places; mean, sd, mean_absolute (points a
    place); share: of the sum of absolute parts; net_share: of the sum of absolute changes, where a
    part against the change counts negative. Both shares sum to 1 in a group that has places.
    """
    groups = (ALL_CHANGED, LOSERS, GAINERS, LOSE_MOST, GAIN_MOST)
    parts = {name: frame[members(frame, name)] for name in groups}
    rows = [row for name, part in parts.items() for row in _summed(name, part)]
    return pd.DataFrame(rows)


def members(frame: pd.DataFrame, group: str) -> pd.Series:
    """Which places of a decomposition are in a group of its summary, (places,) bool."""
    change = frame["change"]
    signs = {ALL_CHANGED: change != 0, LOSERS: change < 0, GAINERS: change > 0}
    return signs[group] if group in signs else frame["group"] == group


def _subsets(causes: Sequence[str]) -> Iterable[frozenset[str]]:
    for size in range(len(causes) + 1):
        yield from map(frozenset, combinations(causes, size))


def _part(cause: str, causes: Sequence[str], values: Mapping[frozenset[str], NDArray]) -> NDArray:
    k = len(causes)
    others = [other for other in causes if other != cause]
    added = np.zeros_like(values[frozenset()])
    for before in _subsets(others):
        orders = factorial(len(before)) * factorial(k - 1 - len(before))
        added += orders * (values[before | {cause}] - values[before])
    return added / factorial(k)


def _summed(name: str, part: pd.DataFrame) -> list[dict[str, object]]:
    causes = causes_of(part)
    signs = np.sign(part["change"])
    moved, changed = float(part[causes].abs().sum().sum()), float(part["change"].abs().sum())
    return [
        {
            "group": name,
            "cause": cause,
            "places": len(part),
            "mean": part[cause].mean(),
            "sd": part[cause].std(ddof=0),
            "mean_absolute": part[cause].abs().mean(),
            "share": part[cause].abs().sum() / moved if moved else np.nan,
            "net_share": (part[cause] * signs).sum() / changed if changed else np.nan,
        }
        for cause in causes
    ]


def _fail_if_values_differ_in_shape(values: Mapping[frozenset[str], NDArray]) -> None:
    shapes = {scores.shape for scores in values.values()}
    if len(shapes) > 1 or len(next(iter(shapes))) != 1:
        raise ComparisonError(
            f"The values of {len(values)} sets of causes come in {len(shapes)} shapes, such as "
            f"{next(iter(shapes))}; expected one score for each place, the same places always."
        )
    unfit = sum(int((~np.isfinite(scores)).sum()) for scores in values.values())
    if unfit:
        raise ComparisonError(f"{unfit:,} values of sets of causes are not finite numbers.")


def _fail_if_keys_differ(keys: pd.Index, wanted: pd.Index) -> None:
    repeated, absent = int(keys.duplicated().sum()), int((~wanted.isin(keys)).sum())
    if repeated or absent:
        raise ComparisonError(
            f"{absent:,} of {len(wanted):,} places have no parts and {repeated:,} have them "
            "twice; expected keys to name every compared place once."
        )
