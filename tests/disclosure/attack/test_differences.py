"""Two reports side by side, against every way in which a few children can have changed."""

import dataclasses
import math
import random
from itertools import product

import pandas as pd
import pytest

from oablib import disclosure
from oablib.base.errors import DisclosureError
from oablib.disclosure import attack
from tests.attacks_on_two_reports import differences, joint

# Whole numbers, as in test_oracle: distances 2 to 5, then 3 to 6, and B = E.
ONE = attack.Constants(C=3, G=-1, boundary=1, threshold=0.25, range=3)
TWO = attack.Constants(C=4, G=0, boundary=1, threshold=0.25, range=3)
DRAWN = 40

# As of pupils in `cases`: distances 4 to 11, B is 0.6 a child.
REAL = attack.Constants(C=3.0, G=-2.0, boundary=-1.0, threshold=0.12, range=7.0)


def states(size: int, nearest: int) -> list[tuple[int, int]]:
    return [(n, A) for n in range(size + 1) for A in range(nearest * n, (nearest + 3) * n + 1)]


def draw(seed: int) -> dict:
    """A true change of one to three children in a place of up to four, and bounds around it."""
    rng = random.Random(seed)
    size, k = rng.randint(1, 4), rng.randint(1, 3)
    went = rng.randint(0, min(k, size))
    came = rng.randint(k - went, k)
    stay, out = rng.choice(states(size - went, 2)), rng.choice(states(went, 2))
    new = rng.choice(states(came, 3))
    scores = (stay[1] + out[1] - size, stay[1] + stay[0] + new[1] - (size - went + came))
    row = {"changed": k, "n_children_1": size, "n_children_2": size - went + came}
    for which, score in zip("12", scores, strict=True):
        floored = score <= 0
        row[f"low_{which}"] = -math.inf if floored else score - rng.randint(0, 1)
        row[f"high_{which}"] = max(score, 0) + rng.randint(0, 1)
    return row


def enumerated(row: dict) -> set[tuple[int, int, int, int]]:
    """Possible (before, after, left, joined)."""
    size, k, grown = row["n_children_1"], row["changed"], row["n_children_2"] - row["n_children_1"]
    found = set()
    for only_went, only_came in product(range(k + 1), repeat=2):
        both = k - only_went - only_came
        went, came = only_went + both, only_came + both
        if both < 0 or only_came - only_went != grown or went > size:
            continue
        for stay, out, new in product(states(size - went, 2), states(went, 2), states(came, 3)):
            first = stay[1] + out[1] - size
            second = stay[1] + stay[0] + new[1] - row["n_children_2"]
            if row["low_1"] <= first <= row["high_1"] and row["low_2"] <= second <= row["high_2"]:
                found.add((stay[0] + out[0], stay[0] + new[0], out[0], new[0]))
    return found


@pytest.mark.parametrize("seed", range(DRAWN))
def test_ways_are_those_that_enumeration_finds(seed: int) -> None:
    row = draw(seed)
    ways = joint(row, constants=(ONE, TWO))
    columns = (ways.before, ways.after, ways.left, ways.joined)
    found = set(zip(*(column.tolist() for column in columns), strict=True))
    assert found == enumerated(row) != set()


def report(n: int, A: float, step: float, *, held: bool = False) -> pd.DataFrame:
    score = max(A - float(REAL.drop(n)), 0)
    shown = math.floor(score / step + 0.5) * step
    table = pd.DataFrame({"place": ["01AB00"], "n_children": n, "step": step, "held": held})
    return attack.bounded(table.assign(achterstandsscore=shown), decimals=2, constants=REAL)


def found(earlier: pd.DataFrame, now: pd.DataFrame, *, changed: int, small: int = 50) -> list[str]:
    true = pd.DataFrame({"earlier": small, "now": small}, index=["01AB00"])
    frame = differences(
        earlier,
        now,
        changed=pd.Series({"01AB00": changed}),
        n_target=true,
        constants=(REAL, REAL),
        rules=disclosure.rules(),
    )
    return frame["what"].tolist()


def test_one_child_that_joins_is_found_where_the_row_differs() -> None:
    """Of 100 pupils with A = 130.2 one more, at 7.3: its score stands in the difference."""
    assert "difference" in found(report(100, 130.2, 0.01), report(101, 137.5, 0.01), changed=1)


def test_one_child_is_found_where_the_row_does_not_differ_as_well() -> None:
    """The score stayed within its step, so that the one who left cannot be of the target group."""
    earlier, now = report(100, 130.2, 1), report(100, 130.2, 1)
    assert found(earlier, now, changed=1) == []  # both or neither score is of the target group
    assert found(earlier, report(99, 130.2, 1), changed=1) == ["difference"]


def test_a_row_that_stands_as_first_published_says_nothing() -> None:
    earlier = report(100, 130.2, 0.01)
    assert found(earlier, earlier.assign(held=True, n_children=101), changed=1) == []


def test_a_row_may_differ_when_enough_children_changed() -> None:
    hold = disclosure.rules().hold
    earlier, now = report(100, 130.2, 1), report(100, 190.2, 1)
    assert found(earlier, now, changed=hold) == []
    assert "difference" in found(earlier, now, changed=hold - 1)


def test_two_roundings_of_one_score_together_are_found() -> None:
    """Nobody changed: 10 points in steps of 10 and a hair below them leave hardly any score."""
    earlier = report(30, 23.0, 10)  # B is 18: 5 points
    now = report(30, 23.0, 10).assign(low=-math.inf, high=5.0)
    assert earlier["low"].item() == pytest.approx(4.995)
    learned = found(earlier, now, changed=0, small=5)
    assert learned == ["count", "count"]  # in the earlier report and in this one


def test_a_hidden_row_is_found_by_the_report_that_showed_it() -> None:
    earlier, now = report(40, 60.0, 1), report(40, 60.0, 1).assign(low=-math.inf, high=math.inf)
    assert "hidden" in found(earlier, now, changed=0)


def test_a_change_that_explains_nothing_stops_the_attack() -> None:
    earlier, now = report(100, 130.2, 0.01), report(100, 430.2, 0.01)
    with pytest.raises(DisclosureError, match="how many changed"):
        found(earlier, now, changed=2)
    assert dataclasses.replace(REAL, C=4.0).nearest == 5.0
