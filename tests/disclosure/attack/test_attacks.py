"""Attacks that succeeded on what reports published once, and fail on what they publish now.

Distances C - D of target children go from 4 to 11 points, so that A = 5.5 is one child.
"""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from oablib import disclosure
from oablib.disclosure import Rules, attack
from tests.disclosure.attack import cases
from tests.disclosure.attack.cases import DATE, Town

SCHOOL = [7.0] * 20 + [5.0] * 15  # of 150 pupils: A - B is 125

ONE_CHILD = Town([(100, [5.5]), (150, SCHOOL)], toddlers=(40, [6.0] * 12))
ONE_SCORE = Town([(100, [8.25] * 3), (150, SCHOOL)], toddlers=(40, [6.0] * 12))
ONE_TODDLER = Town([(150, SCHOOL), (120, SCHOOL)], toddlers=(40, [10.5]))
SMALL_SCHOOL = Town([(8, [6.0, 7.5]), (150, SCHOOL)], toddlers=(40, [6.0] * 12))
NOBODY = Town([(100, []), (150, SCHOOL)], toddlers=(40, [6.0] * 12))


@pytest.fixture(scope="module")
def rules() -> Rules:
    return disclosure.rules()


def found(
    released: attack.Released, town: Town, rules: Rules, sums: pd.DataFrame | None = None
) -> set[tuple[str, str]]:
    result = attack.attack(
        [released], truth=town.truth, rules=rules, sums=sums, whole_country=False
    )
    assert result.held == result.narrowed.empty
    return set(result.narrowed[["table", "what"]].itertuples(index=False, name=None))


@pytest.mark.parametrize("town", [ONE_CHILD, ONE_SCORE, SMALL_SCHOOL, NOBODY])
def test_nothing_follows_from_the_strict_profile(town: Town, rules: Rules) -> None:
    assert found(cases.by_profile(town, rules.strict), town, rules) == set()


def test_score_of_a_single_child_follows_from_its_sum_and_its_count(rules: Rules) -> None:
    assert ("sites", "child") in found(cases.exactly(ONE_CHILD), ONE_CHILD, rules)


def test_score_of_a_single_child_follows_without_its_count(rules: Rules) -> None:
    """A < 2 (C - boundary) says that there is one child."""
    released = cases.exactly(ONE_CHILD, decimals=2, counts=False)
    assert ("sites", "child") in found(released, ONE_CHILD, rules)


def test_one_score_of_all_asylum_children_follows_as_the_mean(rules: Rules) -> None:
    assert ("sites", "mean") in found(cases.exactly(ONE_SCORE), ONE_SCORE, rules)


def test_toddlers_follow_as_municipality_minus_schools(rules: Rules) -> None:
    assert ("toddlers", "child") in found(cases.exactly(ONE_TODDLER), ONE_TODDLER, rules)


def test_toddlers_of_schools_above_the_threshold_need_steps_of_five_children(rules: Rules) -> None:
    """Where no school has a 0, all that hides toddlers is the step of the municipality."""
    every = dataclasses.replace(rules.strict, fewest_toddlers=1)
    learned = found(cases.by_profile(ONE_TODDLER, every), ONE_TODDLER, rules)
    assert learned == {("toddlers", "count")}
    coarser = dataclasses.replace(every, municipal_step=20.0)
    assert found(cases.by_profile(ONE_TODDLER, coarser), ONE_TODDLER, rules) == set()
    assert found(cases.by_profile(ONE_TODDLER, rules.strict), ONE_TODDLER, rules) == set()


def test_a_hidden_school_follows_as_municipality_minus_visible_ones(rules: Rules) -> None:
    alone = dataclasses.replace(SMALL_SCHOOL, toddlers=(0, ()))
    learned = found(cases.exactly(alone, fewest=10), alone, rules)
    assert {("sites", "count"), ("sites", "mean"), ("sites", "hidden")} <= learned


def test_a_hidden_school_follows_from_a_sibling_table(rules: Rules) -> None:
    """The sum of a BRIN with one hidden site and one in two decimals."""
    released = cases.by_profile(SMALL_SCHOOL, rules.by_law)
    assert found(released, SMALL_SCHOOL, rules) == set()
    sites, _ = SMALL_SCHOOL.tables()
    total = (sites["A"] - sites["B"]).clip(lower=0).sum()
    sums = of_sites(SMALL_SCHOOL, low=total - 0.01, high=total + 0.01)
    assert ("sites", "count") in found(released, SMALL_SCHOOL, rules, sums)


def test_that_nobody_is_at_risk_follows_from_a_sum(rules: Rules) -> None:
    released = cases.exactly(NOBODY, decimals=2, counts=False)
    result = attack.attack([released], truth=NOBODY.truth, rules=rules, whole_country=False)
    of_sites = result.narrowed.query("table == 'sites' and what == 'count'")
    assert of_sites["left"].tolist() == [1.0] and result.fewest_values == 1


def test_that_everybody_is_at_risk_follows_from_a_high_score(rules: Rules) -> None:
    town = Town([(40, [10.9] * 38)])
    assert ("sites", "group") in found(cases.exactly(town), town, rules)


def test_counts_follow_from_floored_scores_of_small_schools(rules: Rules) -> None:
    """A score of 0 at 20 pupils leaves 0 to 3 of the target group, so that it must be hidden."""
    town = Town([(20, [6.0]), (150, SCHOOL)], toddlers=(40, [6.0] * 12))
    by_law = dataclasses.replace(rules.by_law, fewest_pupils=10)
    assert ("sites", "count") in found(cases.by_profile(town, by_law), town, rules)
    assert found(cases.by_profile(town, rules.strict), town, rules) == set()


def test_that_a_place_is_small_is_no_finding(rules: Rules) -> None:
    """Of three pupils none to three can belong to the target group, whatever is released."""
    town = Town([(3, [6.0]), (150, SCHOOL)], toddlers=(40, [6.0] * 12))
    result = attack.attack(
        [cases.by_profile(town, rules.strict)], truth=town.truth, rules=rules, whole_country=False
    )
    assert result.held and result.fewest_values > 4


@pytest.mark.parametrize("town", [ONE_CHILD, ONE_SCORE, NOBODY])
def test_sums_of_published_scores_say_nothing_new(town: Town, rules: Rules) -> None:
    """BRINs, boards and grants are computed from published rows."""
    released = cases.by_profile(town, rules.strict)
    low, high = (released.sites[name].clip(lower=0).sum() for name in ("low", "high"))
    sums = of_sites(town, low=low, high=high)
    plain = attack.attack([released], truth=town.truth, rules=rules, whole_country=False)
    summed = attack.attack(
        [released], truth=town.truth, rules=rules, sums=sums, whole_country=False
    )
    assert summed.held and plain.fewest_values == summed.fewest_values


def test_dates_are_attacked_together_with_their_own_constants(rules: Rules) -> None:
    one = cases.exactly(ONE_CHILD)
    two = dataclasses.replace(cases.by_profile(ONE_CHILD, rules.strict), date="2019-10-01")
    truth = pd.concat([ONE_CHILD.truth, ONE_CHILD.truth.assign(date="2019-10-01")])
    result = attack.attack([one, two], truth=truth, rules=rules, whole_country=False)
    assert set(result.narrowed["date"]) == {DATE} and result.places == 8


def test_what_was_found_does_not_show_itself(rules: Rules) -> None:
    result = attack.attack(
        [cases.exactly(ONE_CHILD)], truth=ONE_CHILD.truth, rules=rules, whole_country=False
    )
    assert not result.held and "01AB00" not in repr(result) + result._repr_html_()


def of_sites(town: Town, *, low: float, high: float) -> pd.DataFrame:
    rows = {"name": "01AB", "date": DATE, "table": "sites", "place": town.codes}
    return pd.DataFrame(rows).assign(low=low, high=high)


@pytest.mark.parametrize("step", [0.01, 0.03, 0.5, 1, 10])
def test_interval_holds_the_scores_that_are_shown_so_and_no_others(step: float) -> None:
    """Against rounding by law and in steps of every thousandth of a point from -3 to 25."""
    thousandths = np.arange(-3000, 25_001)
    cents = np.maximum((2 * thousandths + 10) // 20, 0)  # halves up, which is away from zero
    each = round(step * 100)
    shown = (2 * cents + each) // (2 * each) * each / 100
    low, high = attack.interval(shown, step, decimals=2)
    points = thousandths / 1000
    assert ((low <= points + 1e-9) & (points <= high + 1e-9)).all()
    ends = pd.DataFrame({"shown": shown, "points": points, "low": low, "high": high})
    inner = ends[(ends["shown"] > 0) & (ends["shown"] < ends["shown"].max())]
    seen = inner.groupby("shown").agg({"points": ["min", "max"], "low": "first", "high": "first"})
    # An upper end rounds up itself, so that the last thousandth is just below it.
    np.testing.assert_allclose(seen["points", "min"], seen["low", "first"], atol=1e-9)
    np.testing.assert_allclose(seen["points", "max"] + 0.001, seen["high", "first"], atol=1e-9)


def test_bounds_of_a_row_that_stands_hold_whatever_few_children_changed() -> None:
    """Of 100 pupils up to nine joined, left or took another score since the row was published."""
    hold, constants = disclosure.rules().hold, cases.PUPILS
    few = hold - 1
    published = 140.0 - float(constants.drop(100))
    for grown, A in ((few, 140 + few * 11), (few, 140), (-few, 140 - few * 11), (0, 140 - few * 7)):
        n = 100 + grown
        row = pd.DataFrame({"n_children": [n], "step": 1.0, "achterstandsscore": [published]})
        options = {"decimals": 2, "constants": constants}
        exact = A - float(constants.drop(n))
        standing = attack.bounded(row, changed=[few], **options)
        assert standing["low"].item() <= exact <= standing["high"].item()
        made_anew = attack.bounded(row, **options)
        assert not made_anew["low"].item() <= exact <= made_anew["high"].item()


def test_hidden_scores_and_municipalities_without_pupils_are_open() -> None:
    low, high = attack.interval([np.nan, 0.0], [10, 10], decimals=2)
    assert np.isneginf(low).all() and np.isposinf(high[0]) and high[1] == 4.995
