"""A small part of docs/certainty: intervals and chances of a few drawn countries hold the truth."""

from pathlib import Path

import pandas as pd
import pytest

from tests.measured import certainty as study

COUNTRIES, SITES, COHORT = 3, 20, 2400
# 90 % intervals of some 60 schools of three countries, which share the errors of three cohorts: in
# single countries of the study coverage runs from 65 to 100 %.
FEWEST = 0.7


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    parts = []
    for number in range(COUNTRIES):
        folder: Path = tmp_path_factory.mktemp("country")
        study.estimate(folder, n=COHORT, seed=number)
        study.draw_country(folder, world="at random", sites=SITES, seed=number)
        parts.append(study.judged(folder, seed=number).assign(replication=number))
    return pd.concat(parts, ignore_index=True)


def test_intervals_hold_the_truth(rows: pd.DataFrame) -> None:
    share, _error, n = study.coverage(rows)["all"]
    assert n == len(rows) >= COUNTRIES * (SITES - 2)
    assert share >= FEWEST


def test_schools_that_are_sure_are_right(rows: pd.DataFrame) -> None:
    positive = rows["true_points"] > 0
    sure, never = rows["chance"] > 0.99, rows["chance"] < 0.01
    assert sure.sum() > 5 and never.sum() > 5
    assert positive[sure].mean() > 0.9 and positive[never].mean() < 0.1


def test_limits_and_chances_are_in_order(rows: pd.DataFrame) -> None:
    assert (rows["low"] < rows["mean"]).all() and (rows["mean"] < rows["high"]).all()
    assert rows["chance"].between(0, 1, inclusive="neither").all()


def test_what_a_run_pays_lies_in_the_interval_of_each_school(rows: pd.DataFrame) -> None:
    """Scores averaged late are those of the estimates in use, around which draws are made."""
    low, high = rows["low"].clip(lower=0), rows["high"].clip(lower=0)
    assert rows["late"].between(low, high).all()
    # Draws of a cohort of 2,400 are noisy; their mean moves with that by less than its error.
    assert ((rows["late"] - rows["score"]).abs() < rows["se"]).all()
