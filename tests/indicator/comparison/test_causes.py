"""Why a school's score changed: parts that add up, on a country small enough to see through."""

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from math import factorial

import country_files
import numpy as np
import pandas as pd
import pytest

from oablib import allocation, comparison, params, pupil_scores
from oablib.indicator.comparison import causes, shapley
from oablib.indicator.comparison.causes import Between, Procedure, Situation
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
    parts = shapley(named, value=Between(before, after, how=how).value())
    change = own_scores(after, how) - own_scores(before, how)
    assert np.abs(change).max() > 0
    gap = np.abs(sum(parts.values()) - change)
    assert gap.max() <= ADDS_UP
    assert all(np.abs(part).max() > 0 for part in parts.values())


def test_the_two_ends_are_the_scores_themselves(
    sides: Callable[[int, str], Situation], how: Procedure
) -> None:
    before, after = sides(2019, "indicator_2019"), sides(2020, "indicator_2021")
    value = Between(before, after, how=how).value()
    assert (value(frozenset()) == own_scores(before, how)).all()
    assert (value(frozenset(causes.ALL)) == own_scores(after, how)).all()


def test_municipalities_are_taken_apart_as_schools_are(
    sides: Callable[[int, str], Situation], how: Procedure
) -> None:
    """A part by hand, over all orders of causes, from the law's own tables of municipalities."""
    before, after = sides(2020, "indicator_2019"), sides(2020, "indicator_2021")
    between = Between(before, after, how=how)
    value = between.value("municipalities")
    ends = [side.scored(how).score for side in (before, after)]
    for chosen, score in ((frozenset[str](), ends[0]), (frozenset(causes.ALL), ends[1])):
        children = before.children
        frame, sites, listed = children.frame(score=score), children.sites, children.municipalities
        table = allocation.municipalities(frame, sites, listed, rules=how.allocation)
        assert (value(chosen) == table["achterstandsscore"].to_numpy()).all()
    result = comparison.decompose(
        between, causes=causes.OF_THE_INDICATOR, level="municipalities", rules=comparison.rules()
    )
    comparison.fail_if_parts_do_not_add_up(result.table)
    by_hand = 0.0
    for order in permutations(causes.OF_THE_INDICATOR):
        earlier = frozenset(order[: order.index("donors")])
        by_hand = by_hand + (value(earlier | {"donors"}) - value(earlier)) / factorial(len(order))
    keys = result.places["municipality"]
    parts = result.table.set_index("municipality")["donors"]
    assert parts.to_numpy() == pytest.approx(pd.Series(by_hand, keys)[parts.index], abs=ADDS_UP)


def test_who_joined_is_in_the_target_group_by_the_new_indicator_alone(
    sides: Callable[[int, str], Situation], how: Procedure
) -> None:
    before, after = sides(2020, "indicator_2019"), sides(2020, "indicator_2021")
    between, children = Between(before, after, how=how), before.children
    counts = []
    for level, here in (("schools", children.site >= 0), ("municipalities", True)):
        here = here & np.ones(len(children), bool)
        target = []
        for side in (before, after):
            score = side.scored(how).score.round(6)
            target.append(score <= np.sort(score[here])[int(0.15 * here.sum()) - 1])
        joined = between.joined(level)
        assert (joined == (target[1] & ~target[0]))[here].all()
        counts.append(int((joined & here).sum()))
    assert all(counts)
    tables = {level: between.places(level, after=True) for level in causes.KEYS}
    pairs = {
        level: comparison.standardised(
            between.places(level, after=False), table, key=causes.KEYS[level],
            rules=comparison.rules(),
        )
        for level, table in tables.items()
    }  # fmt: skip
    made = comparison.profiles(
        between, pairs, table=codebook.load().table("children"), rules=comparison.rules()
    )
    for (level, frame), count in zip(made.items(), counts, strict=True):
        values = frame.set_index(["measure", "code", "group"])
        n = values.loc[("children", 0, "all"), "value"]
        assert n == tables[level]["n_children"].sum()
        assert values.loc[("joined", 0, "all"), "value"] * n == pytest.approx(count)
    named = comparison.named(made, rules=comparison.rules())
    assert set(named["found"]) <= {"found", "absent", "unjudged"}
    row = named.iloc[0]
    assert (row["found"] == "found") == (row["ratio"] >= comparison.rules().over_represented)


def test_what_does_not_differ_causes_nothing(
    sides: Callable[[int, str], Situation], how: Procedure
) -> None:
    """Same scale values on both sides: their part is exactly zero for every school."""
    before = sides(2020, "indicator_2019")
    effects = sides(2020, "indicator_2021").indicator.effects
    after = replace(before, indicator=replace(before.indicator, effects=effects))
    parts = shapley(causes.ALL, value=Between(before, after, how=how).value())
    assert not parts["scale_values"].any() and not parts["population"].any()
    assert parts["coefficients"].any()


def test_nothing_changes_between_equal_situations(
    sides: Callable[[int, str], Situation], how: Procedure
) -> None:
    side = sides(2020, "indicator_2021")
    parts = shapley(causes.ALL, value=Between(side, side, how=how).value())
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
        shapley(causes.OF_THE_INDICATOR, value=Between(before, each, how=how).value())
        for each in (after, replace(after, indicator=moved))
    ]
    for name in causes.OF_THE_INDICATOR:
        # Scores of two decimals: moved by rounding of the sixth decimal at most.
        assert np.abs(parts[0][name] - parts[1][name]).max() <= CONSTANT


def test_a_decomposition_scales_and_adds_up(
    sides: Callable[[int, str], Situation], how: Procedure
) -> None:
    before, after = sides(2019, "indicator_2019"), sides(2020, "indicator_2021")
    between = Between(before, after, how=how)
    result = comparison.decompose(between, causes=causes.ALL, rules=comparison.rules())
    comparison.fail_if_parts_do_not_add_up(result.table)
    assert (result.places["achterstandsscore"].to_numpy() == own_scores(after, how)).all()
    raw = result.pairs.set_index("school_id")
    assert (raw["current_raw"].to_numpy() == own_scores(before, how)).all()
    assert set(result.summary["cause"]) == {*causes.ALL, "standardisation"}


def test_those_that_change_most_are_found_among_the_places_that_are_compared(
    sides: Callable[[int, str], Situation], how: Procedure
) -> None:
    """The profile and the parts describe the same groups; parts are those of all places.

    Pairs are those of the scores that are compared, as another report on them has them.
    """
    before, after = sides(2020, "indicator_2019"), sides(2020, "indicator_2021")
    between, rules = Between(before, after, how=how), comparison.rules()
    given = {"causes": causes.OF_THE_INDICATOR, "rules": rules}
    every = comparison.decompose(between, **given)
    only = set(every.table["school_id"].iloc[::2])
    some = comparison.decompose(between, **given, only=only)
    assert set(some.table["school_id"]) == set(some.pairs["school_id"]) == only
    tables = [between.places("schools", after=end) for end in (False, True)]
    alone = [table[table["school_id"].isin(only)] for table in tables]
    pairs = comparison.standardised(*alone, key="school_id", rules=rules)
    pd.testing.assert_frame_equal(some.pairs, pairs, check_exact=True)
    columns = ["school_id", *causes.OF_THE_INDICATOR]
    kept = every.table[every.table["school_id"].isin(only)]
    pd.testing.assert_frame_equal(
        some.table[columns], kept[columns].reset_index(drop=True), check_exact=True
    )
    exact = comparison.profiles(
        between, {"schools": some.pairs}, table=codebook.load().table("children"), rules=rules
    )["schools"]
    places = exact[exact["measure"] == "places"].set_index("group")["value"]
    groups = some.table["group"].value_counts()
    assert all(places[group] == groups.get(group, 0) for group in ("lose most", "gain most"))


def test_points_of_late_registrations_are_those_of_their_places(
    sides: Callable[[int, str], Situation], how: Procedure
) -> None:
    """Places of who registers from October on, and no others, however these change."""
    side, rules = sides(2020, "indicator_2021"), comparison.rules()
    children = side.children
    budgets = {"schools": None, "municipalities": 1e6}
    frame = comparison.late_points(side, how=how, rules=rules, budgets=budgets)
    rows = frame.set_index(["level", "months"])
    assert list(rows.index.unique("months")) == [1, 2, 3]
    scores = side.scored(how)
    for months, last in ((1, [202010]), (3, [202010, 202011, 202012])):
        asylum = replace(how.scores.asylum, months_late=months)
        later = side.scored(
            replace(how, scores=replace(how.scores, asylum=asylum)), matches=scores.matches
        )
        # The donor of one of them may be among them: such a child keeps its score.
        after = np.where(np.isfinite(later.score), later.score, scores.score)
        late = np.isin(children.registered, last)
        sites, listed = children.sites, children.municipalities
        site_of = sites["municipality"].to_numpy()[children.site]
        home_of = listed["municipality"].to_numpy()[children.home]
        places = {
            "schools": sites["school_id"].to_numpy()[children.site[late & (children.site >= 0)]],
            "municipalities": np.where(children.site >= 0, site_of, home_of)[late],
        }
        totals = {"schools": [], "municipalities": []}
        for score in (scores.score, after):
            given = children.frame(score=score), sites
            table = allocation.schools(*given, rules=how.allocation).set_index("school_id")
            totals["schools"].append(table["achterstandsscore"])
            table = allocation.municipalities(*given, listed, rules=how.allocation)
            totals["municipalities"].append(table.set_index("municipality")["achterstandsscore"])
        for level, names in places.items():
            first, second = totals[level]
            gains = [second[name] - first[name] for name in set(names)]
            row = rows.loc[(level, months)]
            assert 0 < len(gains) == row["places"] <= row["children"] == len(names)
            assert row["points"] == pytest.approx(sum(gains), abs=ADDS_UP)
            assert row["share"] == pytest.approx(sum(gains) / first.sum())
            assert row["largest"] == pytest.approx(
                max(map(abs, gains)) / sum(map(abs, gains)), nan_ok=True
            )
    municipal = rows.loc["municipalities"]
    assert municipal["euro"].tolist() == pytest.approx((municipal["share"] * 1e6).tolist())
    assert rows.loc["schools", "euro"].isna().all()
