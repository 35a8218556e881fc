"""Why a school's score changed: parts that add up, on a country small enough to see through."""

from collections.abc import Callable
from dataclasses import replace

import country_files
import numpy as np
import pandas as pd
import pytest

from oablib import allocation, comparison, params, pupil_scores
from oablib.indicator.comparison import causes, shapley
from oablib.indicator.comparison.causes import Procedure, Situation
from oablib.protocol import codebook

PUBLISHED = params.published("herijking2021")
ADDS_UP = 1e-9  # points, as the project promises; scores of schools have two decimals
CONSTANT = 0.011  # points: a score near half a hundredth may be rounded to the other side


@pytest.fixture(scope="module")
def how() -> Procedure:
    return Procedure(pupil_scores.rules(), allocation.rules(), seed=1)


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, str], Situation]:
    """A situation of 2019 or 2020 under an indicator; a part of the children are in both."""
    folder = tmp_path_factory.mktemp("country")
    now = country_files.children(3000, seed=1)
    stayed = now.iloc[:2200].assign(debt_restructuring=np.int8(0))
    before = pd.concat([stayed, country_files.children(800, seed=2)])
    country_files.write(folder, now, year=2020)
    country_files.write(folder, before, year=2019)
    book = codebook.load()

    def make(year: int, name: str) -> Situation:
        children = pupil_scores.read(folder, year=year, book=book)
        rule = replace(pupil_scores.rules().education, iterations=1)
        drawn = country_files.drawn(folder, children, m=2, seed=3, rule=rule)
        return Situation(children, drawn, country_files.indicator(name))

    return make


def own_scores(side: Situation, how: Procedure) -> np.ndarray:
    scores = pupil_scores.score(
        side.children, side.drawn, indicator=side.indicator, rules=how.scores, seed=how.seed
    )
    frame = side.children.frame(score=scores.score)
    table = allocation.schools(frame, side.children.sites, rules=how.allocation)
    return table["achterstandsscore"].to_numpy()


@pytest.mark.parametrize("year", [2019, 2020])
def test_parts_add_up_to_the_change_of_each_school(
    sides: Callable[[int, str], Situation], how: Procedure, year: int
) -> None:
    before, after = sides(year, "indicator_2019"), sides(2020, "indicator_2021")
    named = causes.OF_THE_INDICATOR if year == 2020 else causes.ALL
    parts = shapley(named, value=causes.value(before, after, how=how))
    change = own_scores(after, how) - own_scores(before, how)
    assert np.abs(change).max() > 0
    gap = np.abs(sum(parts.values()) - change)
    assert gap.max() <= ADDS_UP
    assert all(np.abs(part).max() > 0 for part in parts.values())


def test_the_two_ends_are_the_scores_themselves(
    sides: Callable[[int, str], Situation], how: Procedure
) -> None:
    before, after = sides(2019, "indicator_2019"), sides(2020, "indicator_2021")
    value = causes.value(before, after, how=how)
    assert (value(frozenset()) == own_scores(before, how)).all()
    assert (value(frozenset(causes.ALL)) == own_scores(after, how)).all()


def test_what_does_not_differ_causes_nothing(
    sides: Callable[[int, str], Situation], how: Procedure
) -> None:
    """Same scale values on both sides: their part is exactly zero for every school."""
    before = sides(2020, "indicator_2019")
    effects = sides(2020, "indicator_2021").indicator.effects
    after = replace(before, indicator=replace(before.indicator, effects=effects))
    parts = shapley(causes.ALL, value=causes.value(before, after, how=how))
    assert not parts["scale_values"].any() and not parts["population"].any()
    assert parts["coefficients"].any()


def test_nothing_changes_between_equal_situations(
    sides: Callable[[int, str], Situation], how: Procedure
) -> None:
    side = sides(2020, "indicator_2021")
    parts = shapley(causes.ALL, value=causes.value(side, side, how=how))
    assert not any(part.any() for part in parts.values())


def test_the_constant_of_an_indicator_is_no_cause(
    sides: Callable[[int, str], Situation], how: Procedure
) -> None:
    """Every scale value of mothers moved by one is a constant: each child moves alike."""
    before, after = sides(2020, "indicator_2019"), sides(2020, "indicator_2021")
    values = after.indicator.values
    moved = replace(
        after.indicator, values={**values, "education_mother": values["education_mother"] + 1.0}
    )
    parts = [
        shapley(causes.OF_THE_INDICATOR, value=causes.value(before, each, how=how))
        for each in (after, replace(after, indicator=moved))
    ]
    for name in causes.OF_THE_INDICATOR:
        # Scores of two decimals: moved by rounding of the sixth decimal at most.
        assert np.abs(parts[0][name] - parts[1][name]).max() <= CONSTANT


def test_a_decomposition_scales_and_adds_up(
    sides: Callable[[int, str], Situation], how: Procedure
) -> None:
    before, after = sides(2019, "indicator_2019"), sides(2020, "indicator_2021")
    result = comparison.decompose(
        before, after, causes=causes.ALL, how=how, rules=comparison.rules()
    )
    comparison.fail_if_parts_do_not_add_up(result.table)
    assert (result.schools["achterstandsscore"].to_numpy() == own_scores(after, how)).all()
    raw = result.pairs.set_index("school_id")
    assert (raw["current_raw"].to_numpy() == own_scores(before, how)).all()
    assert set(result.summary["cause"]) == {*causes.ALL, "standardisation"}


def test_points_of_late_registrations_are_those_of_their_schools(
    sides: Callable[[int, str], Situation], how: Procedure
) -> None:
    """Schools of who registers from October to December, and no others, however these change."""
    side, rules = sides(2020, "indicator_2021"), comparison.rules()
    children, asylum = side.children, replace(how.scores.asylum, months_late=3)
    scores = side.scored(how)
    later = side.scored(
        replace(how, scores=replace(how.scores, asylum=asylum)), matches=scores.matches
    )
    # The donor of one of them may be among them: such a child keeps its score.
    after = np.where(np.isfinite(later.score), later.score, scores.score)
    totals = [
        allocation.schools(
            children.frame(score=score), children.sites, rules=how.allocation
        ).set_index("school_id")["achterstandsscore"]
        for score in (scores.score, after)
    ]
    late = np.isin(children.registered, [202010, 202011, 202012]) & (children.site >= 0)
    schools = children.sites["school_id"].iloc[np.unique(children.site[late])]
    gains = {school: totals[1][school] - totals[0][school] for school in schools}
    assert 0 < len(gains) < len(totals[0])
    added, share = comparison.late_points(side, how=how, rules=rules)
    assert added == pytest.approx(sum(gains.values()), abs=ADDS_UP)
    assert share == pytest.approx(added / totals[0].sum())
