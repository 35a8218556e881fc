"""Two reports of one name, side by side: what follows about the few children that changed."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import DisclosureError
from oablib.disclosure.attack.known import CHILD, COUNT, HIDDEN, MEAN
from oablib.disclosure.attack.places import EXACT
from oablib.disclosure.attack.released import Constants
from oablib.disclosure.settings import Rules

DIFFERENCE = "difference"
FOUND = ["place", "what", "left"]
BOUNDS = ["low", "high"]

Numbers = NDArray[np.float64]


def differences(
    earlier: pd.DataFrame,
    now: pd.DataFrame,
    *,
    changed: pd.Series,
    n_target: pd.DataFrame,
    constants: tuple[Constants, Constants],
    rules: Rules,
) -> pd.DataFrame:
    """Attack the rows of one table that both reports have: place, what, left; a row a finding.

    earlier, now: place, n_children, low, high (of A - B, as from `bounded`); now also held, rows
    that stand as first published. changed: by place, children who joined, left, or have another
    score or side of the boundary; 0 where a place is absent. n_target: by place, true counts
    `earlier` and `now`. constants: of both.

    difference: a released row differs though fewer than rules.hold children changed (left: how
    many); or what is possible leaves fewer values than rules.attack.counts, and than those children
    allow, for how many of them joined or left the target group (left: values); or both reports give
    the sum of their distances within rules.attack.width (left: points). count, mean, child, hidden:
    as of `attack`, for either report, with both known. Held rows say nothing new and are passed by.

    Raises DisclosureError when no change of so many children explains both rows.
    """
    columns = ["place", "n_children", *BOUNDS]
    both = earlier[columns], now[[*columns, "held"]]
    rows = both[0].merge(both[1], on="place", suffixes=("_1", "_2"), validate="1:1")
    rows = rows.assign(changed=rows["place"].map(changed).fillna(0).astype(int))
    rows = rows[(rows["changed"] < rules.hold) & ~rows["held"].astype(bool)]
    true = n_target.reindex(rows["place"])
    found = [
        (row["place"], what, float(left))
        for row, small in zip(
            rows.to_dict("records"), (true < rules.fewest).to_numpy(), strict=True
        )
        for what, left in _found(row, small, constants=constants, rules=rules)
    ]
    return pd.DataFrame(found, columns=FOUND)


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """Every way in which both rows can be true, each of shape (ways,).

    before, after: target group. left, joined: those of it who left and came. difference, A: lowest
    and highest sum of distances of who joined less that of who left, and of all now; (2, ways).
    """

    before: NDArray[np.intp]
    after: NDArray[np.intp]
    left: NDArray[np.intp]
    joined: NDArray[np.intp]
    difference: Numbers
    A: Numbers


def joint(row: dict, *, constants: tuple[Constants, Constants]) -> Joint:
    """All ways, by trying every number of children.

    A of the earlier report is `stay` plus what the `left` leavers had; A of the later one is stay,
    moved by the change of C for each who stays, plus what the joined bring. With three sums between
    bounds and two sums of them between bounds, the bounds below are what is left of each.
    """
    one, two = constants
    k, grown = row["changed"], row["n_children_2"] - row["n_children_1"]
    # Of k who changed, some only came and some only went, and the place grew by the difference; all
    # others did both, as who has another score. So many went at the least, of whatever group.
    went = -((grown - k) // 2)
    sizes = (row["n_children_1"], max(min(k, k - grown), 0), max(min(k, k + grown), 0))
    n, out, new = (axis.ravel() for axis in np.indices([int(size) + 1 for size in sizes]))
    stay = n - out
    room = stay + np.maximum(np.maximum(out, new - grown), went) <= row["n_children_1"]
    (low_1, high_1), (low_2, high_2) = _sums(row, "1", one), _sums(row, "2", two)
    moved = stay * (two.C - one.C)
    gone, come = (
        np.array([count * each.nearest, count * each.farthest])
        for count, each in ((out, one), (new, two))
    )
    lowest = np.max([stay * one.nearest, low_1 - gone[1], low_2 - moved - come[1]], axis=0)
    highest = np.min([stay * one.farthest, high_1 - gone[0], high_2 - moved - come[0]], axis=0)
    after = stay + new
    fits = room & (stay >= 0) & (lowest <= highest + EXACT) & (k >= abs(grown))
    A = np.array(
        [np.maximum(lowest + moved + come[0], low_2), np.minimum(highest + moved + come[1], high_2)]
    )
    before = np.array([np.maximum(lowest + gone[0], low_1), np.minimum(highest + gone[1], high_1)])
    difference = np.array(
        [
            np.maximum(come[0] - gone[1], A[0] - moved - before[1]),
            np.minimum(come[1] - gone[0], A[1] - moved - before[0]),
        ]
    )
    return Joint(n[fits], after[fits], out[fits], new[fits], difference[:, fits], A[:, fits])


def _sums(row: dict, which: str, constants: Constants) -> tuple[float, float]:
    """Bounds of A in one of both reports."""
    B = float(constants.drop(row[f"n_children_{which}"]))
    return max(B + row[f"low_{which}"], 0.0), B + row[f"high_{which}"]


def _found(
    row: dict, small: NDArray[np.bool_], *, constants: tuple[Constants, Constants], rules: Rules
) -> list[tuple[str, float]]:
    ways = joint(row, constants=constants)
    if not ways.before.size:
        raise DisclosureError(
            f"No change of {row['changed']} children explains both released rows of a place; give "
            "how many changed, and the constants and bounds of both reports."
        )
    limits, found = rules.attack, []
    differs = any(row[f"{bound}_1"] != row[f"{bound}_2"] for bound in BOUNDS)
    if row["changed"] and differs:
        found.append((DIFFERENCE, row["changed"]))
    elif row["changed"]:
        found += _of_changed(ways, row, rules=rules)
    for n, size, few in zip(
        (ways.before, ways.after), (row["n_children_1"], row["n_children_2"]), small, strict=True
    ):
        values = np.unique(n).size
        if few and size > 0 and values < min(limits.counts, size + 1):
            found.append((COUNT, values))
    return found + _of_sums(ways, row, few=bool(small[1]), rules=rules)


def _of_changed(ways: Joint, row: dict, *, rules: Rules) -> list[tuple[str, float]]:
    """What follows about those who changed, though the row is as it was."""
    found: list[tuple[str, float]] = []
    for count in (ways.left, ways.joined):
        values, allowed = np.unique(count).size, min(row["changed"], row["n_children_2"]) + 1
        if values < min(rules.attack.counts, allowed):
            found.append((DIFFERENCE, values))
    width = float(ways.difference[1].max() - ways.difference[0].min())
    if width <= rules.attack.width:
        found.append((DIFFERENCE, max(width, 0.0)))
    return found


def _of_sums(ways: Joint, row: dict, *, few: bool, rules: Rules) -> list[tuple[str, float]]:
    """Mean of a small target group now, and A of a place whose score is hidden now."""
    found, some = [], ways.after > 0
    if few and some.any():
        means = ways.A[:, some] / ways.after[some]
        width = float(means[1].max() - means[0].min())
        if width <= rules.attack.width:
            single = set(ways.after.tolist()) == {1}
            found.append((CHILD if single else MEAN, max(width, 0.0)))
    size = row["n_children_2"]
    width = float(ways.A[1].max() - ways.A[0].min())
    if size > 0 and np.isinf(row["high_2"]) and width <= rules.attack.width * size:
        found.append((HIDDEN, max(width, 0.0) / size))
    return found
