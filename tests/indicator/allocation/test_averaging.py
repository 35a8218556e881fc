"""Averages over draws, pairs of years, and sites without pupils."""

import pandas as pd
import pytest
from allocation_cases import country

from oablib import allocation
from oablib.base.errors import AllocationError


def table(**columns: list) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_scores_of_draws_are_averaged_after_rounding() -> None:
    one = table(school_id=["a", "b"], n_children=[10, 20], achterstandsscore=[0.0, 3.25])
    two = table(school_id=["a", "b"], n_children=[10, 20], achterstandsscore=[1.0, 3.5])
    mean = allocation.averaged([one, two])
    assert mean["achterstandsscore"].tolist() == [0.5, 3.375]  # (0 + 1) / 2, (3.25 + 3.5) / 2
    assert mean["n_children"].tolist() == [10, 20]
    assert allocation.averaged([one]) is one


def test_a_frame_of_each_draw_gives_the_mean_of_their_tables() -> None:
    drawn, rules = country(3), allocation.rules()
    moved = drawn.children.assign(score=drawn.children["score"].to_numpy()[::-1].copy())
    tables = (drawn.sites, drawn.municipalities)
    result = allocation.of_frames([drawn.children, moved], *tables, rules=rules)
    own = [allocation.schools(each, drawn.sites, rules=rules) for each in (drawn.children, moved)]
    halves = [each["achterstandsscore"].to_numpy() / 2 for each in own]
    assert result.draws == 2
    assert result.schools["achterstandsscore"].to_numpy() == pytest.approx(halves[0] + halves[1])
    with pytest.raises(AllocationError, match="No draw of scores"):
        allocation.of_frames([], *tables, rules=rules)


def test_early_and_late_averages_are_reported_apart() -> None:
    early = table(n_target=[3.0, 1.0], achterstandsscore=[4.0, 0.0])
    late = table(n_target=[3.5, 0.5], achterstandsscore=[3.0, 1.0])
    result = allocation.early_and_late(early, late).set_index("measure")
    assert result.loc["above_zero"].tolist() == [1, 2]
    assert result.loc["sum"].tolist() == [4, 4]
    assert result.loc["mean_absolute", "late"] == 1  # (|3 - 4| + |1 - 0|) / 2
    assert result.loc["correlation", "late"] == pytest.approx(1)


def test_schools_at_zero_by_both_averages_do_not_dilute_their_difference() -> None:
    """Most schools have 0 either way: only the others say what postponed averaging changes."""
    early = table(achterstandsscore=[4.0, 0.0, 2.0, 0.0, 0.0, 0.0])
    late = table(achterstandsscore=[3.0, 1.0, 5.0, 0.0, 0.0, 0.0])
    result = allocation.early_and_late(early, late).set_index("measure")
    assert result.loc["above_zero"].tolist() == [2, 3]
    assert result.loc["sum"].tolist() == [6, 9]
    # Differences of -1, 1 and 3.
    assert result.loc["mean_absolute", "late"] == pytest.approx((1 + 1 + 3) / 3)
    assert result.loc["sd", "late"] == pytest.approx((8 / 3) ** 0.5)
    # Of all six: products 4 * 3 + 2 * 5, squares 20 and 35, less six times those of the means.
    r = (22 - 9) / ((20 - 6) * (35 - 13.5)) ** 0.5
    assert result.loc["correlation", "late"] == pytest.approx(r)


def test_no_school_above_zero_has_no_differences() -> None:
    nothing = table(achterstandsscore=[0.0, 0.0])
    result = allocation.early_and_late(nothing, nothing).set_index("measure")
    assert result.loc[["above_zero", "sum"]].to_numpy().tolist() == [[0, 0], [0, 0]]
    assert result.loc[["mean_absolute", "sd", "correlation"]].isna().all(axis=None)


def test_a_municipality_of_one_date_alone_has_nothing_on_the_other() -> None:
    latest = table(municipality=["GM1", "GM2"], achterstandsscore=[5.0, 1.0], A=[6.0, 2.0])
    earlier = table(municipality=["GM2", "GM3"], achterstandsscore=[2.0, 3.0], A=[3.0, 4.0])
    result = allocation.two_dates(latest, earlier).set_index("municipality")
    assert result.loc["GM1"].tolist() == [5.0, 6.0, 0.0, 0.0]
    assert result.loc["GM2"].tolist() == [1.0, 2.0, 2.0, 3.0]
    assert result.loc["GM3"].tolist() == [0.0, 0.0, 3.0, 4.0]


def test_a_site_without_pupils_is_no_part_of_a_comparison() -> None:
    drawn, rules = country(3), allocation.rules()
    schools = allocation.schools(drawn.children, drawn.sites, rules=rules)
    result = allocation.with_pupils(schools)
    assert (result["n_children"] > 0).all()
    assert len(result) == len(schools) - (schools["note"] == "no pupils").sum()
