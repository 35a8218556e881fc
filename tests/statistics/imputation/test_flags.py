"""What a reader is warned of: chains that have not settled."""

import pickle

import numpy as np
import pandas as pd
import pytest

from oablib.statistics.imputation import Flag, drift
from oablib.statistics.imputation.flags import of_trace


def trace(*, slope: float, rounds: int, imputations: int = 5, noise: float = 0.01) -> pd.DataFrame:
    """Means of one variable (sd 2) that move by `slope` sd a round."""
    rng = np.random.default_rng(1)
    rows = [
        ("education_mother", m, i, 4 + 2 * (slope * i + noise * rng.normal()), 2.0)
        for m in range(1, imputations + 1)
        for i in range(1, rounds + 1)
    ]
    return pd.DataFrame(rows, columns=["variable", "imputation", "iteration", "mean", "sd"])


def test_a_trend_in_the_second_half_is_flagged() -> None:
    (flag,) = of_trace(trace(slope=0.05, rounds=10))
    assert "education_mother: imputed means still move after 10 rounds, by +0.2" in flag
    assert "`iterations`" in flag


@pytest.mark.parametrize(
    "quiet",
    [
        {"slope": 0.0, "rounds": 10},
        {"slope": 0.005, "rounds": 10},  # 0.025 sd in the second half: less than would show
        {"slope": 0.05, "rounds": 10, "noise": 1.0},  # lost in chance
        {"slope": 0.05, "rounds": 3},  # too few rounds to tell
        {"slope": 0.05, "rounds": 10, "imputations": 1},
    ],
)
def test_chance_and_trifles_are_not(quiet: dict) -> None:
    assert of_trace(trace(**quiet)) == ()


def test_a_trend_of_the_first_rounds_alone_is_burn_in() -> None:
    frame = trace(slope=0.0, rounds=10)
    frame.loc[frame["iteration"] <= 3, "mean"] += 1.0
    assert of_trace(frame) == ()


def test_the_drift_is_judged_by_variable_and_not_at_all_from_few_rounds() -> None:
    still = trace(slope=0.0, rounds=10)
    moving = trace(slope=0.05, rounds=10).assign(variable="education_father")
    rows = drift(pd.concat([still, moving])).set_index("variable")
    assert list(rows["settled"]) == [True, False]
    assert rows.loc["education_father", "drift"] == pytest.approx(0.25, abs=0.02)
    assert rows.loc["education_mother", "allowed"] >= 0.05
    assert drift(trace(slope=0.0, rounds=3)).empty


def test_a_flag_is_a_sentence_and_keeps_what_it_says() -> None:
    flag = Flag("unknown_schools", variable="ses", empty=2, schools=1300)
    assert flag.startswith("ses: all values are unknown in 2 of 1,300 schools")
    again = pickle.loads(pickle.dumps(flag))
    assert (again, again.kind, again.values) == (flag, flag.kind, flag.values)
