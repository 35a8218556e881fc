"""The law by hand, what changes nothing, and what is refused or counted."""

import dataclasses
import datetime
import functools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from allocation_cases import UNLISTED, Country, children, country
from hypothesis import given, settings
from hypothesis import strategies as st

from oablib import allocation
from oablib.base.errors import AllocationError, ParameterError
from oablib.indicator.allocation import accounts, scores
from oablib.indicator.allocation.exact import Terms

# Sums of doubles: two places of fourteen are left where terms of 10^2 cancel.
ROUNDING = 1e-12
FEW = settings(max_examples=60, deadline=None)
SEEDS = st.integers(0, 400)


@functools.cache
def rules(**changed: Any) -> allocation.Rules:
    return dataclasses.replace(allocation.rules(), **changed)


# Two sites of one BRIN, one in each municipality; 20 pupils and 20 toddlers.
#
#   | score                    | pupils                  | toddlers                   |
#   | X: 01AB00                | 0, 2, six of 11         | two of 6, eight of 11      |
#   | Y: 01AB01                | 4, ten of 11, 18        | 6, 8, 9, seven of 11       |
#   | sum                      | 66 + 2 + 110 + 22 = 200 | 12 + 88 + 23 + 77 = 200    |
PUPILS = {"01AB00": [0, 2] + 6 * [11], "01AB01": [4] + 10 * [11] + [18]}
TODDLERS = {"X": 2 * [6] + 8 * [11], "Y": [6, 8, 9] + 7 * [11]}


@pytest.fixture
def by_hand() -> Country:
    sites = pd.DataFrame(
        {"school_id": list(PUPILS), "board": "10001", "municipality": ["X", "Y"], "school_type": 1}
    )
    rows = [(False, school, "X", each) for school, scores in PUPILS.items() for each in scores]
    rows += [(True, None, home, each) for home, scores in TODDLERS.items() for each in scores]
    listed = ["X", "Y"]
    return Country(
        children=children(rows, sites=sites, listed=listed),
        sites=sites,
        municipalities=pd.DataFrame({"municipality": listed}),
    )


def schools(drawn: Country, **changed: Any) -> pd.DataFrame:
    return allocation.schools(drawn.children, drawn.sites, rules=rules(**changed))


def municipalities(drawn: Country, **changed: Any) -> pd.DataFrame:
    frames = (drawn.children, drawn.sites, drawn.municipalities)
    return allocation.municipalities(*frames, rules=rules(**changed))


def accounted(drawn: Country) -> dict[str, int]:
    table = allocation.accounted(drawn.children, drawn.sites, rules=rules())
    return table.set_index("what")["children"].to_dict()


def test_schools_by_hand(by_hand: Country) -> None:
    """15% of 20 are 3: scores 0, 2 and 4; C = 200 / 20 = 10, G = 6 / 3 = 2."""
    table = schools(by_hand)
    assert table[["n_children", "n_target"]].to_numpy().tolist() == [[8, 2], [12, 1]]
    assert set(table["C"]) == {10.0} and set(table["G"]) == {2.0}
    assert table["A"].tolist() == [(10 - 0) + (10 - 2), 10 - 4]
    assert table["B"].tolist() == pytest.approx([8 * 0.12 * 8, 12 * 0.12 * 8], rel=ROUNDING)
    assert table["achterstandsscore"].tolist() == [10.32, 0.0]  # 18 - 7.68 and 6 - 11.52


def test_a_school_is_the_sum_of_its_sites_after_rounding_and_floor(by_hand: Country) -> None:
    brins = allocation.brins(schools(by_hand))
    assert brins.to_numpy().tolist() == [["01AB", 2, 20, 3.0, 10.32]]  # not 24 - 19.2 = 4.8


def test_municipalities_by_hand(by_hand: Country) -> None:
    """15% of 40 are 6: scores 0, 2, 4 and three of 6; C = 400 / 40 = 10, G = 24 / 6 = 4."""
    table = municipalities(by_hand)
    columns = ["n_children", "n_pupils", "n_toddlers", "n_target"]
    assert table[columns].to_numpy().tolist() == [[18, 8, 10, 4], [22, 12, 10, 2]]
    assert set(table["C"]) == {10.0} and set(table["G"]) == {4.0}
    assert table["A"].tolist() == [10 + 8 + 4 + 4, 6 + 4]
    assert table["achterstandsscore"].tolist() == [20.6, 3.4]  # less 18 and 22 times 0.05 x 6


def test_the_mean_of_a_municipality_alone_by_hand(by_hand: Country) -> None:
    """X has 0, 2, 6, 6 with mean 3.5, Y has 4 and 6 with mean 5."""
    table = municipalities(by_hand, G_scope="municipal")
    assert table["G"].tolist() == [3.5, 5.0]
    # 26 - 18 x 0.05 x 6.5 = 20.15; 10 - 22 x 0.05 x 5 = 4.5
    assert table["achterstandsscore"].tolist() == [20.15, 4.5]


def test_a_municipality_without_target_group_has_no_mean_and_says_so(by_hand: Country) -> None:
    better = by_hand.children.assign(score=by_hand.children["score"].mask(_at(by_hand, "Y"), 12.0))
    table = municipalities(dataclasses.replace(by_hand, children=better), G_scope="municipal")
    row = table.set_index("municipality").loc["Y"]
    assert np.isnan(row["G"]) and row[["A", "B", "achterstandsscore"]].tolist() == [0, 0, 0]
    assert row["note"] == scores.NO_TARGET_GROUP


def _at(drawn: Country, municipality: str) -> pd.Series:
    """Toddlers living there and pupils at school there."""
    of_school = drawn.sites.set_index("school_id")["municipality"]
    school = drawn.children["school_id"].astype(object).map(of_school)
    return school.where(~drawn.children["toddler"], drawn.children["municipality"]).eq(municipality)


@pytest.mark.parametrize(
    ("thousandths", "score"), [(4, 0.0), (5, 0.01), (1005, 1.01), (1014, 1.01), (-1005, 0.0)]
)
def test_a_half_is_rounded_up_even_where_doubles_cannot_say_so(
    thousandths: int, score: float
) -> None:
    """1.005 as a double lies below it; round() would give 1.0."""
    whole = np.array([thousandths], dtype=object)
    terms = Terms(A=whole, B=0 * whole, over=1000)
    assert terms.score(decimals=2).tolist() == [score]


# k = 3 of 20 children; scores 1 to 5 belong to the third, which several share.
@pytest.mark.parametrize(
    ("ties", "n_target", "G"),
    [("all", 5, (1 + 2 + 3 * 3) / 5), ("none", 2, (1 + 2) / 2), ("share", 3, (1 + 2 + 3) / 3)],
)
def test_ties_at_the_boundary_follow_the_rule(ties: str, n_target: int, G: float) -> None:
    scores = np.array([1.0, 2.0] + 3 * [3.0] + 15 * [9.0])
    result = allocation.national(scores, rules=rules(ties=ties))
    assert (result.n_target, result.G, result.boundary) == (n_target, G, 3.0)


def test_a_tie_that_fits_whole_counts_under_every_rule() -> None:
    scores = np.array([1.0, 3.0, 3.0] + 17 * [9.0])
    result = [
        allocation.national(scores, rules=rules(ties=each)) for each in ("all", "none", "share")
    ]
    assert {each.n_target for each in result} == {3} and {each.G for each in result} == {7 / 3}


def test_a_school_of_asylum_seekers_at_one_score_shares_a_tie(by_hand: Country) -> None:
    """Six of 20 pupils at 0, of whom three count: each for a half."""
    low = by_hand.children["school_id"].eq("01AB00")
    scores = by_hand.children["score"].mask(low, 0.0)
    drawn = dataclasses.replace(by_hand, children=by_hand.children.assign(score=scores))
    table = schools(drawn, ties="share").set_index("school_id")
    assert table["n_target"].tolist() == [8 * 3 / 8, 0.0]


def test_another_indicators_boundary_and_means_can_be_given(by_hand: Country) -> None:
    """What if C were 11, G 1 and the boundary 1? Only the score 0 counts."""
    other = allocation.national(np.array(3 * [1.0] + 17 * [215 / 17]), rules=rules())
    table = allocation.schools(by_hand.children, by_hand.sites, rules=rules(), national=other)
    C, G = (3 + 215) / 20, 1
    assert table["n_target"].tolist() == [1.0, 0.0]
    assert table["A"].tolist() == pytest.approx([C - 0, 0], rel=1e-6)  # 215/17 has six decimals
    assert table["B"].tolist() == pytest.approx([8 * 0.12 * (C - G), 12 * 0.12 * (C - G)], rel=1e-6)


# Invariants


@FEW
@given(seed=SEEDS, millionths=st.integers(-400_000_000, 400_000_000))
def test_a_constant_added_to_all_scores_changes_nothing(seed: int, millionths: int) -> None:
    drawn = country(seed)
    moved = drawn.children.assign(score=drawn.children["score"].round(6) + millionths / 10**6)
    columns = ["n_children", "n_target", "A", "B", "achterstandsscore"]
    for table in (schools, municipalities):
        before, after = table(drawn), table(dataclasses.replace(drawn, children=moved))
        pd.testing.assert_frame_equal(before[columns], after[columns], check_exact=True)


@FEW
@given(seed=SEEDS, order=st.randoms(use_true_random=False), ties=st.sampled_from(["all", "share"]))
def test_the_order_of_rows_changes_no_byte(seed: int, order: Any, ties: str) -> None:
    drawn = country(seed)
    rows = list(range(len(drawn.children)))
    order.shuffle(rows)
    mixed = dataclasses.replace(drawn, children=drawn.children.iloc[rows])
    for table in (schools, municipalities):
        assert table(drawn, ties=ties).to_parquet() == table(mixed, ties=ties).to_parquet()


@FEW
@given(seed=SEEDS)
def test_the_order_of_sites_changes_no_byte(seed: int) -> None:
    drawn = country(seed)
    sites = drawn.sites.iloc[::-1].reset_index(drop=True)
    names = drawn.children["school_id"].cat.reorder_categories(sites["school_id"])
    turned = dataclasses.replace(
        drawn, sites=sites, children=drawn.children.assign(school_id=names)
    )
    assert schools(drawn).to_parquet() == schools(turned).to_parquet()
    assert municipalities(drawn).to_parquet() == municipalities(turned).to_parquet()


@FEW
@given(seed=SEEDS)
def test_every_child_is_accounted_for_and_all_sums_agree(seed: int) -> None:
    drawn = country(seed)
    shared = rules(ties="share")
    assert sum(accounted(drawn).values()) == len(drawn.children)
    table, places = schools(drawn, ties="share"), municipalities(drawn, ties="share")
    frames = (drawn.children, drawn.sites)
    means = {
        "of_schools": allocation.national_of_schools(*frames, rules=shared),
        "of_municipalities": allocation.national_of_municipalities(*frames, rules=shared),
    }
    accounts_ = allocation.accounted(*frames, rules=shared)
    allocation.fail_if_sums_differ(table, places, accounted=accounts_, **means)
    for name, each in (("of_schools", table), ("of_municipalities", places)):
        k = int(shared.target_share * means[name].n)
        assert means[name].n_target == k
        assert each["n_target"].sum() == pytest.approx(k, rel=ROUNDING)


@FEW
@given(seed=SEEDS)
def test_scores_are_not_negative_and_have_two_decimals(seed: int) -> None:
    for table in (schools(country(seed)), municipalities(country(seed))):
        scores = table["achterstandsscore"]
        assert (scores >= 0).all() and (scores == scores.round(2)).all()


# Refused or counted


def changed(drawn: Country, at: int, **values: Any) -> Country:
    """One child with other values."""
    frame = drawn.children.copy()
    for name, value in values.items():
        frame.loc[frame.index[at], name] = value
    return dataclasses.replace(drawn, children=frame)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"score": np.nan}, "1 of 40 children have no finite score"),
        ({"score": -np.inf}, "1 of 40 children have no finite score"),
        ({"score": 53_300.0}, "1 of 40 scores are beyond 1,000 points"),
        ({"toddler": True}, "1 toddlers have a school"),
    ],
)
def test_unfit_children_are_refused_with_their_number(
    by_hand: Country, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(AllocationError, match=message):
        schools(changed(by_hand, 0, **values))


def test_frames_that_cannot_be_meant_are_refused(by_hand: Country) -> None:
    people, sites = by_hand.children, by_hand.sites
    cases = {
        "children has no rows": (people.iloc[:0], sites),
        "sites has no rows": (people, sites.iloc[:0]),
        "sites lacks board": (people, sites.drop(columns="board")),
        "sites: 1 rows repeat school_id": (people, pd.concat([sites, sites.iloc[:1]])),
        "2 categories, sites has 2 rows, and 2 are in both": (people, sites.iloc[::-1]),
        "2 categories, sites has 1 rows, and 1 are in both": (people, sites.iloc[:1]),
        "is no Categorical": (people.astype({"school_id": object}), sites),
        "0 children count": (people, sites.assign(school_type=2)),
    }
    for message, frames in cases.items():
        with pytest.raises(AllocationError, match=message):
            allocation.schools(*frames, rules=rules())
    with pytest.raises(AllocationError, match="municipality has 2 categories"):
        allocation.municipalities(people, sites, by_hand.municipalities.iloc[:1], rules=rules())


def test_fewer_children_than_make_a_target_group_are_refused() -> None:
    with pytest.raises(AllocationError, match=r"6 children count, of whom 15.0% is not one"):
        allocation.national(np.arange(6.0), rules=rules())
    with pytest.raises(AllocationError, match="20 of 20 children have the lowest score, of whom 3"):
        allocation.national(np.zeros(20), rules=rules(ties="none"))
    with pytest.raises(AllocationError, match="no children"):
        allocation.national(np.array([]), rules=rules())


def test_sums_that_doubles_cannot_hold_are_refused_and_ordinary_ones_are_not() -> None:
    """2^53 is 9.007 x 10^15: 9,008 scores of 1,000 points in units of 10^-9 are beyond it."""
    fine = rules(score_decimals=9)
    with pytest.raises(AllocationError, match="Sums of 9,008 scores with 9 decimals may not be"):
        allocation.national(np.full(9008, 1000.0), rules=fine)
    assert allocation.national(np.full(9007, 1000.0), rules=fine).C == 1000
    assert allocation.national(np.full(9008, -10.0), rules=fine).C == -10


def test_a_school_without_pupils_has_a_row_and_a_reason(by_hand: Country) -> None:
    empty = pd.DataFrame(
        {"school_id": ["02CD00"], "board": "10002", "municipality": "X", "school_type": 1}
    )
    sites = pd.concat([by_hand.sites, empty], ignore_index=True)
    people = by_hand.children
    people = people.assign(school_id=people["school_id"].cat.add_categories(["02CD00"]))
    row = allocation.schools(people, sites, rules=rules()).iloc[2]
    assert row[["n_children", "n_target", "A", "B", "achterstandsscore"]].tolist() == [0] * 5
    assert row["note"] == scores.NO_PUPILS


def test_a_school_whose_municipality_is_not_listed_counts_as_a_school_alone(
    by_hand: Country,
) -> None:
    moved = by_hand.sites.assign(municipality=["X", UNLISTED])
    drawn = dataclasses.replace(by_hand, sites=moved)
    pd.testing.assert_frame_equal(schools(drawn), schools(by_hand))
    assert accounted(drawn)[accounts.PUPILS_OF_SCHOOLS] == 12
    assert municipalities(drawn)["n_pupils"].tolist() == [8, 0]


def test_children_of_unknown_places_and_excluded_schools_are_counted_apart(
    by_hand: Country,
) -> None:
    drawn = changed(changed(by_hand, 0, school_id=None), 39, municipality=None)
    assert accounted(drawn) == {
        accounts.PUPILS: 19,
        accounts.PUPILS_OF_SCHOOLS: 0,
        accounts.TODDLERS: 19,
        accounts.UNLISTED: 1,
        accounts.UNKNOWN: 1,
        accounts.EXCLUDED: 0,
    }
    travelling = dataclasses.replace(by_hand, sites=by_hand.sites.assign(school_type=[1, 2]))
    assert accounted(travelling)[accounts.EXCLUDED] == 12
    assert schools(travelling)["school_id"].tolist() == ["01AB00"]


def test_sums_that_differ_are_named(by_hand: Country) -> None:
    frames = (by_hand.children, by_hand.sites)
    means = {
        "of_schools": allocation.national_of_schools(*frames, rules=rules()),
        "of_municipalities": allocation.national_of_municipalities(*frames, rules=rules()),
    }
    accounts_ = allocation.accounted(*frames, rules=rules())
    places = municipalities(by_hand)
    places.loc[0, "n_toddlers"] += 1
    with pytest.raises(
        AllocationError, match="1 of 9 sums differ: toddlers of municipalities: 21 instead of 20"
    ):
        allocation.fail_if_sums_differ(schools(by_hand), places, accounted=accounts_, **means)


# Grants


def of(*halves: float, A: float = 1.0) -> pd.DataFrame:
    """Municipalities with H + I as given: the same score on both dates."""
    names = [f"GM{number}" for number in range(len(halves))]
    frame = pd.DataFrame({"municipality": names, "score_t1": halves, "score_t2": halves})
    target = np.where(np.array(halves) > 0, np.array(halves) + 1, A)
    return frame.assign(A_t1=target, A_t2=target)


def test_grants_by_hand() -> None:
    """At 10,000 a point the third would get 10,000; lifted, 936,000 are left for 99 points."""
    result = allocation.grants(of(90, 9, 1), budget=1_000_000, rules=rules())
    assert result.table["grant"].tolist() == [850_909.09, 85_090.91, 64_000.0]
    assert result.table["at_minimum"].tolist() == [False, False, True]
    assert result.table["share"].tolist() == [0.9, 0.09, 0.01]
    J = 936_000 / 99 * 100
    assert (result.J, result.K, result.rounds) == (pytest.approx(J, rel=ROUNDING), 100.0, 2)
    assert pytest.approx(1_000_000 - (64_000 - J / 100), rel=ROUNDING) == result.J


def test_a_part_of_the_country_has_its_part_of_the_budget_and_of_the_minimum() -> None:
    whole = allocation.grants(of(90, 9, 1), budget=1_000_000, rules=rules())
    part = allocation.grants(of(90, 9, 1), budget=1_000_000, share=0.05, rules=rules())
    assert (part.budget, part.minimum, part.share) == (50_000, 3_200, 0.05)
    assert (whole.budget, whole.minimum, whole.share) == (1_000_000, 64_000, 1.0)
    assert part.table["grant"].sum() == 50_000
    np.testing.assert_allclose(part.table["grant"] * 20, whole.table["grant"], atol=0.2)


def test_only_a_drawn_country_can_be_a_part_of_one() -> None:
    facts = pd.DataFrame({"sites": [rules().national_sites // 4], "drawn": [True]})
    assert allocation.share_of_country(facts, rules=rules()) == 0.25
    assert allocation.share_of_country(facts.assign(drawn=False), rules=rules()) == 1
    assert allocation.share_of_country(facts.assign(sites=99_999), rules=rules()) == 1


def test_lifting_one_may_push_another_below_the_minimum() -> None:
    """66,667 for the second at first; 63,047 once the third is lifted."""
    result = allocation.grants(of(90, 6.5, 1), budget=1_000_000, rules=rules())
    assert result.table["grant"].tolist() == [872_000.0, 64_000.0, 64_000.0]
    assert result.rounds == 3


def test_a_target_group_without_a_score_gets_the_minimum_by_the_letter_of_article_4() -> None:
    letter = allocation.grants(of(100, 0), budget=1_000_000, rules=rules())
    assert letter.table["grant"].tolist() == [936_000.0, 64_000.0]
    article_2 = allocation.grants(of(100, 0), budget=1_000_000, rules=rules(minimum_if="score"))
    assert article_2.table["grant"].tolist() == [1_000_000.0, 0.0]
    nobody = allocation.grants(of(100, 0, A=0.0), budget=1_000_000, rules=rules())
    assert nobody.table["grant"].tolist() == [1_000_000.0, 0.0]


@FEW
@given(
    scores=st.lists(st.integers(0, 10**7), min_size=1, max_size=40).filter(any),
    extra=st.integers(0, 10**10),
)
def test_grants_add_up_to_the_budget_and_none_is_below_the_minimum(
    scores: list[int], extra: int
) -> None:
    cents = 64_000_00 * len(scores) + extra
    frame = of(*[each / 100 for each in scores])
    result = allocation.grants(frame, budget=cents / 100, rules=rules()).table
    assert int((result["grant"] * 100).round().sum()) == cents
    assert (result["grant"] >= 64_000).all()
    assert (result["grant"][result["at_minimum"]] == 64_000).all()


@pytest.mark.parametrize(
    ("frame", "budget", "message"),
    [
        (of(9, 1), 127_999.5, r"0.50 euro short of 2 minima of 64,000 euro; expected 128,000"),
        (of(9, 1), -1, "expected a positive number"),
        (of(9, 1), 200_000.001, "whole cents"),
        (of(9, 1), float("nan"), "expected a positive number"),
        (of(0, 0), 200_000, "None of 2 municipalities has a score above 0"),
        (of(9, np.nan), 200_000, "1 of 2 municipalities have a score or A that is missing"),
        (of(9, 1).assign(A_t2=0.0), 200_000, "2 scores are above 0 where A is 0"),
        (of(9, 1).assign(municipality="X"), 200_000, "1 rows repeat municipality"),
    ],
)
def test_budgets_and_scores_that_cannot_be_divided_are_refused(
    frame: pd.DataFrame, budget: float, message: str
) -> None:
    with pytest.raises(AllocationError, match=message):
        allocation.grants(frame, budget=budget, rules=rules())


# Rules


def test_shares_are_exact_and_rules_are_those_of_the_day() -> None:
    earlier = allocation.rules(date=datetime.date(2020, 10, 1))
    assert (20 * earlier.target_share, 25 * earlier.threshold_schools) == (3, 3)
    assert earlier.minimum_payment == 64_000
    with pytest.raises(ParameterError, match="is known from 2019-01-01, and was asked for on 2018"):
        allocation.rules(date=datetime.date(2018, 10, 1))


def test_every_entry_is_shown_with_its_source() -> None:
    frame = allocation.settings()
    assert len(frame) == len(dataclasses.fields(allocation.Rules))
    assert frame["source"].str.len().min() > 3
    assert set(frame["rule"]) == {field.name for field in dataclasses.fields(allocation.Rules)}


@pytest.fixture
def file(own_rules: Path) -> Path:
    return own_rules / "allocation.yaml"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("value: 0.15", "value: 15", "share.0.value is 15; expected a number between 0 and 1"),
        ("value: 0.05", "value: 0,05", "value is 0; expected a number"),
        ("value: all", "value: some", "ties.0.value is 'some'; expected one of all, none, share"),
        ("value: 64000", "value: 64.000", "minimum_payment.0.value is 64.0; expected whole euros"),
        ("value: [2]", "value: 2", "types.0.value is 2; expected a list of codes"),
        ("from: 2022-01-01", "from: 2018-01-01", "threshold_schools: entries are out of order"),
        ("from: 2022-01-01", "from: 1-1-2022", "schools.1.from is '1-1-2022'; expected a day"),
        ("\nties:", "\ntie:", r"unknown key 'tie'; did you mean 'ties'\?"),
        ("\nties:", "\nties: []\nextra:", "unknown key 'extra'"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_with_its_line(
    file: Path, old: str, new: str, message: str
) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(
        ParameterError, match=rf"params/rules/allocation.yaml line \d+: .*{message}"
    ):
        allocation.rules()


def test_a_new_year_adds_an_entry_and_leaves_the_old_ones(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    old = "  - {from: 2019-01-01, value: 0.05,"
    new = old.replace("2019", "2027").replace("0.05", "0.06") + ' unit: x, source: "y"}\n'
    at = text.index("decimals:")
    file.write_text(text[:at] + new + text[at:], encoding="utf-8")
    of_year = {year: datetime.date(year, 10, 1) for year in (2026, 2027)}
    shares = [allocation.rules(date=day).threshold_municipalities for day in of_year.values()]
    assert [float(each) for each in shares] == [0.05, 0.06]
