"""Two indicators side by side: what the report of 2021 counts, and where changes come from."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from oablib import comparison, params
from oablib.base.errors import ComparisonError, ParameterError
from oablib.indicator.comparison import Rules
from oablib.protocol import codebook
from oablib.protocol.codebook import Table

PUBLISHED = params.published("herijking2021")
RULES = comparison.rules()
CAUSES = ("coefficients", "imputation", "boundary")
IMPUTED = 3
# Sums of a few hundred numbers of size 1,000 in another order.
ORDER_ATOL = 1e-9
# Published numbers have two decimals, and so has each of those that they were made of.
TWO_DECIMALS = 0.005


def scores(key: str = "school_id", **points: float) -> pd.DataFrame:
    """A table of achterstandsscores, by name of school."""
    return pd.DataFrame({key: list(points), "achterstandsscore": list(points.values())})


def paired(current: Sequence[float], new: Sequence[float], rules: Rules = RULES) -> pd.DataFrame:
    names = [f"s{row:03d}" for row in range(len(current))]
    sides = (scores(**dict(zip(names, side, strict=True))) for side in (current, new))
    return comparison.standardised(*sides, key="school_id", rules=rules)


def drawn(seed: int, *, n: int = 300) -> pd.DataFrame:
    """Pairs with zeros on both sides, as in a country."""
    rng = np.random.default_rng(seed)
    current = np.maximum(0, rng.normal(0, 100, n)).round(2)
    new = np.maximum(0, current + rng.normal(0, 25, n) * (rng.random(n) < 0.6)).round(2)
    return paired(current, new)


# Scaling to one national sum

SUMS = {  # current 10 + 30 = 40, new 20 + 60 = 80
    "new": [(20.0, 20.0), (60.0, 60.0)],
    "current": [(10.0, 10.0), (30.0, 30.0)],
    "mean": [(15.0, 15.0), (45.0, 45.0)],
}


@pytest.mark.parametrize("standard", SUMS)
def test_twice_the_score_everywhere_is_no_change(standard: Any) -> None:
    pairs = paired([10, 30], [20, 60], replace(RULES, standard=standard))
    assert list(zip(pairs["current"], pairs["new"], strict=True)) == SUMS[standard]
    assert pairs["change"].tolist() == [0, 0]
    assert pairs["current_raw"].tolist() == [10, 30]


def test_a_school_of_one_indicator_alone_has_zero_by_the_other() -> None:
    """Fault 41."""
    pairs = comparison.standardised(
        scores(b=30, a=10), scores(c=20, b=20), key="school_id", rules=RULES
    )
    assert pairs["school_id"].tolist() == ["a", "b", "c"]
    assert pairs["only_in"].tolist() == ["current", "both", "new"]
    assert pairs["current"].tolist() == [10, 30, 0]  # 40 / 40
    assert pairs["new"].tolist() == [0, 20, 20]


@pytest.mark.parametrize(
    ("current", "new", "said"),
    [
        (scores(a=0, b=0), scores(a=1, b=0), "by the indicator current"),
        (scores(a=1), scores(a=0), "by the indicator new"),
        (scores(), scores(a=1), "is not above 0"),
        (scores(a=np.nan, b=1), scores(a=1), "1 without a finite score, of 2"),
        (pd.concat([scores(a=1)] * 2), scores(a=1), "1 rows that repeat a school_id"),
        (scores(a=1), scores(a=np.inf), "The new scores have 0 rows"),
    ],
)
def test_scores_that_cannot_be_scaled_are_refused(
    current: pd.DataFrame, new: pd.DataFrame, said: str
) -> None:
    with pytest.raises(ComparisonError, match=said):
        comparison.standardised(current, new, key="school_id", rules=RULES)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    pairs = drawn(seed)
    names = {"current_raw": "achterstandsscore"}, {"new_raw": "achterstandsscore"}
    sides = [
        pairs[["school_id", *name]].rename(columns=name).sample(frac=1, random_state=seed)
        for name in names
    ]
    again = comparison.standardised(*sides, key="school_id", rules=RULES)
    pd.testing.assert_frame_equal(again, pairs)
    for made in (comparison.classes, comparison.bands, comparison.distribution):
        expected = made(pairs, rules=RULES)
        shuffled = made(pairs.sample(frac=1, random_state=seed), rules=RULES)
        pd.testing.assert_frame_equal(shuffled, expected, check_exact=True)


# Tables of schools


def test_the_crosstable_counts_changes_from_and_to_zero() -> None:
    pairs = paired([0, 0, 5, 5, 5, 0], [0, 2, 0, 3, 10, 0])
    frame = comparison.crosstable(pairs, published=PUBLISHED)
    assert frame["n"].tolist() == [2, 1, 1, 2]
    assert frame["share"].sum() == 1
    assert frame["published"].tolist() == [3577, 133, 41, 2497]
    assert frame["rescaled"].sum() == pytest.approx(6)
    assert frame["rescaled"].iloc[0] == pytest.approx(6 * 3577 / (3577 + 133 + 41 + 2497))


@pytest.mark.parametrize("seed", range(5))
def test_tables_of_schools_count_as_a_loop_does(seed: int) -> None:
    pairs = drawn(seed)
    rows = list(zip(pairs["current"], pairs["new"], pairs["change"], strict=True))
    crossed = comparison.crosstable(pairs)
    for cell in crossed.itertuples():
        asked = (cell.current == "above zero", cell.new == "above zero")
        assert cell.n == sum((a > 0, b > 0) == asked for a, b, _ in rows)
    moving = [change for a, b, change in rows if a > 0 or b > 0]
    mean = sum(moving) / len(moving)
    sd = (sum((each - mean) ** 2 for each in moving) / len(moving)) ** 0.5
    frame = comparison.classes(pairs, rules=RULES)
    for number, row in enumerate(frame.itertuples()):
        if number:
            assert row.lower == pytest.approx(mean + (number - 3) * sd, abs=ORDER_ATOL)
        assert row.n == sum(row.lower <= each < row.upper for each in moving)
    assert frame["n"].sum() == len(moving)
    of_groups = comparison.groups(pairs, rules=RULES)
    assert (of_groups == "lose most").sum() == sum(each < mean - 2 * sd for each in moving)
    assert (of_groups == "gain most").sum() == sum(each > mean + 2 * sd for each in moving)
    assert comparison.distribution(pairs, rules=RULES)["n"].sum() == len(moving)


def test_classes_of_a_drawn_example() -> None:
    """Changes -3, -1, -1, 1, 1, 3 and 0: mean 0, sd root of 22 / 7."""
    pairs = paired([10] * 7, [7, 9, 9, 11, 11, 13, 10])
    frame = comparison.classes(pairs, rules=RULES)
    sd = np.sqrt((9 + 1 + 1 + 1 + 1 + 9) / 7)
    np.testing.assert_allclose(frame["upper"][:-1], [-2 * sd, -sd, 0, sd, 2 * sd], atol=ORDER_ATOL)
    # An unchanged school counts in the class above the mean.
    assert frame["n"].tolist() == [0, 1, 2, 3, 1, 0]


def test_the_published_tables_agree_with_each_other() -> None:
    figures = PUBLISHED["schools"]
    moving = [figures[name] for name in figures if name.startswith(("zero_current", "positive"))]
    assert sum(figures["change_counts"]) == sum(moving) == 133 + 41 + 2497 == 2671
    # "Almost 80 %" within 24 points are the two middle classes.
    middle = sum(figures["change_counts"][2:4]) / sum(figures["change_counts"])
    assert figures["share_within_24_points"] - 0.02 < middle < figures["share_within_24_points"]
    # Without schools zero under both the sd is 23.8; with them root(2671 / 6248) of that, 16.
    n = figures["zero_both"] + 2671
    assert round(23.8 * np.sqrt(2671 / n)) == 16
    # Schools within 16 points that are not zero under both are some of those within 24.
    beside = comparison.bands(drawn(1), rules=RULES, published=PUBLISHED).set_index("schools")
    assert beside.loc["not zero under both", "published_share"] == middle
    assert beside.loc["not zero under both", "published_in_text"] == 0.80
    within_16 = (figures["share_within_16_points_all"] * n - figures["zero_both"]) / 2671
    assert 0 < within_16 < middle


def test_published_classes_are_shown_only_where_there_are_as_many() -> None:
    pairs = drawn(1)
    frame = comparison.classes(pairs, rules=RULES, published=PUBLISHED)
    assert frame["published"].tolist() == PUBLISHED["schools"]["change_counts"]
    assert frame["published_upper"].tolist()[:-1] == [-47.7, -23.8, 0, 23.8, 47.7]
    fewer = comparison.classes(pairs, rules=replace(RULES, class_sds=(-1, 1)), published=PUBLISHED)
    assert len(fewer) == 3 and "published" not in fewer


def test_bands_are_rounded_to_whole_points() -> None:
    pairs = paired([10, 10, 10, 10, 0, 0, 0, 0], [4, 16, 12, 8, 0, 0, 0, 0])
    frame = comparison.bands(pairs, rules=RULES, published=PUBLISHED).set_index("schools")
    # sd = root((36 + 36 + 4 + 4) / 4) = 4.47 and, of eight, 3.16
    assert frame["upper"].tolist() == [4, 3] and frame["lower"].tolist() == [-4, -3]
    assert frame["share"].tolist() == [2 / 4, 6 / 8]
    assert frame["published_upper"].tolist() == [24, 16]


# Children


def test_published_bounds_are_mean_and_two_standard_deviations() -> None:
    for row in PUBLISHED["score_difference"].values():
        reach = RULES.difference_sds * row["sd"]
        assert row["lower"] == pytest.approx(row["mean"] - reach, abs=3 * TWO_DECIMALS)
        assert row["upper"] == pytest.approx(row["mean"] + reach, abs=3 * TWO_DECIMALS)


def test_differences_of_scores_by_where_they_come_from() -> None:
    current, new = np.array([0.0, 1, 2, 3]), np.array([0.0, 2, 2, 5])  # differences 0, 1, 0, 2
    frame = comparison.score_differences(
        current, new, np.array([0, 0, IMPUTED, IMPUTED]), imputed=[IMPUTED], rules=RULES,
        published=PUBLISHED,
    ).set_index("scores")  # fmt: skip
    assert frame["n"].tolist() == [4, 2, 2]
    assert frame["mean"].tolist() == [(0 + 1 + 0 + 2) / 4, (0 + 1) / 2, (0 + 2) / 2]
    assert frame["sd"].tolist() == [pytest.approx(np.sqrt(11 / 16)), 0.5, 1.0]
    assert frame.loc["direct", ["lower", "upper"]].tolist() == [0.5 - 2 * 0.5, 0.5 + 2 * 0.5]
    assert frame["r"].iloc[0] == pytest.approx(np.corrcoef(current, new)[0, 1])
    assert frame["published_sd"].tolist() == [0.84, 0.30, 3.03]
    assert frame["published_r"].iloc[0] == 0.97


def test_asylum_seekers_are_neither_direct_nor_imputed() -> None:
    current, new = np.array([1.0, 2, 3, 0.1, 0.1, 0.1]), np.array([1.0, 4, 8, 9, 9, 9])
    frame = comparison.score_differences(
        current, new, np.array([0, 0, IMPUTED, 4, 4, 4]), imputed=[IMPUTED], asylum=[4],
        rules=RULES, published=PUBLISHED,
    ).set_index("scores")  # fmt: skip
    assert frame["n"].to_dict() == {"total": 6, "direct": 2, "imputed": 1, "asylum": 3}
    assert frame.loc["direct", "mean"] == 1 and frame.loc["asylum", "mean"] == pytest.approx(8.9)
    assert frame.loc["asylum", "sd"] == 0  # all get one mean
    assert frame.loc["asylum", ["r", "published_sd"]].isna().all()


def test_a_weight_of_two_is_two_children() -> None:
    rng = np.random.default_rng(3)
    current, new = rng.normal(size=(2, 40))
    codes, weights = rng.integers(0, 4, 40), rng.integers(1, 4, 40)
    options = {"imputed": [IMPUTED], "rules": RULES}
    weighted = comparison.score_differences(current, new, codes, weights=weights, **options)
    repeated = comparison.score_differences(
        *(np.repeat(each, weights) for each in (current, new, codes)), **options
    )
    pd.testing.assert_frame_equal(weighted.drop(columns="n"), repeated.drop(columns="n"))


def test_the_order_of_children_moves_last_bits_alone() -> None:
    rng = np.random.default_rng(4)
    current, new = rng.normal(size=(2, 5_000))
    codes, order = rng.integers(0, 4, 5_000), rng.permutation(5_000)
    options = {"imputed": [IMPUTED], "rules": RULES}
    frame = comparison.score_differences(current, new, codes, **options)
    again = comparison.score_differences(current[order], new[order], codes[order], **options)
    # Results tables keep ten digits.
    pd.testing.assert_frame_equal(again, frame, rtol=1e-12, atol=1e-13)


def test_nobody_imputed_is_no_division() -> None:
    values = np.array([1.0, 2.0])
    frame = comparison.score_differences(
        values, values, np.zeros(2), imputed=[IMPUTED], rules=RULES
    ).set_index("scores")
    assert frame.loc["imputed", "n"] == 0
    assert frame.loc["imputed", ["mean", "sd", "r"]].isna().all()


@pytest.mark.parametrize(
    ("new", "said"), [([1.0, np.nan], "1 of 2 children lack"), ([1.0], "hold 2, 1, 2 children")]
)
def test_unfit_scores_are_refused_with_a_count(new: list[float], said: str) -> None:
    with pytest.raises(ComparisonError, match=said):
        comparison.score_differences(
            np.array([1.0, 2.0]), np.array(new), np.zeros(2), imputed=[1], rules=RULES
        )


def test_a_boundary_that_moves_lets_children_in_and_out() -> None:
    current, new = np.array([1.0, 2, 3, 4]), np.array([3.0, 1, 2, 9])
    frame = comparison.cutoff(current, new, boundaries=(2.0, 2.13), published=PUBLISHED)
    values = frame.set_index("measure")["value"]
    assert values["shift"] == pytest.approx(0.13)
    assert values[["lowest_under_both", "only_current", "only_new"]].tolist() == [1 / 4] * 3
    published = frame.set_index("measure")["published"]
    assert published["shift"] == PUBLISHED["cutoff_shift"]
    # Both means are taken out: 3.75 - 2.5 here; 0.13 + 0.04 as published.
    assert values["net_shift"] == pytest.approx(0.13 - 1.25)
    assert published["net_shift"] == pytest.approx(0.17)


def test_density_counts_every_child_once() -> None:
    rng = np.random.default_rng(5)
    current = rng.normal(0, 3, 5_000)
    new = current + rng.normal(0, 0.5, 5_000)
    made = comparison.density(current, new, rules=RULES)
    order = rng.permutation(5_000)
    again = comparison.density(current[order], new[order], rules=RULES)
    pd.testing.assert_frame_equal(made.table, again.table, check_exact=True)
    assert made.table["n"].sum() + made.hidden_children == 5_000
    assert made.table["n"].min() >= RULES.density_fewest
    for cell in made.table.itertuples():
        inside = (current >= cell.x) & (current < cell.x + made.width)
        inside &= (new >= cell.y) & (new < cell.y + made.width)
        assert cell.n == inside.sum()


def test_density_of_too_few_children_says_what_to_do() -> None:
    with pytest.raises(ComparisonError, match="has 10 of the 3 children; set a larger"):
        comparison.density(np.zeros(3), np.arange(3.0), rules=RULES)


@pytest.mark.parametrize("seed", range(3))
def test_crowds_count_rows_by_both_scores_as_a_loop_does(seed: int) -> None:
    pairs = drawn(seed, n=2_000)
    made = comparison.crowds(pairs, steps=8, rules=RULES)
    moving = [(a, b) for a, b in zip(pairs["current"], pairs["new"], strict=True) if a or b]
    top = 1 + max(map(max, moving))
    edges = [top ** (k / 8) - 1 for k in range(10)]  # the largest score begins a cell of its own
    counted = 0
    for low, high in itertools.pairwise(edges):
        for left, right in itertools.pairwise(edges):
            n = sum(low <= a < high and left <= b < right for a, b in moving)
            if n < RULES.density_fewest:
                continue
            counted += 1
            of_cell = made.table["current"].between(low, high, inclusive="left")
            of_cell &= made.table["new"].between(left, right, inclusive="left")
            assert made.table.loc[of_cell, "n"].tolist() == [n]
    assert counted == len(made.table) > 5
    assert made.table["n"].sum() + made.hidden == len(moving) and made.hidden > 0


def test_where_all_lie_apart_no_crowd_is_shown() -> None:
    made = comparison.crowds(paired([1, 10, 100], [2, 20, 200]), steps=24, rules=RULES)
    assert made.table.empty and made.hidden == 3


# Municipalities


def relative(pairs: pd.DataFrame, shown: pd.DataFrame | None = None, **changed: Any) -> Any:
    """Relative changes where single municipalities may be counted, unless it is changed."""
    rules = replace(RULES, **{"largest": 2, "density_fewest": 1} | changed)
    shown = pairs if shown is None else shown
    return comparison.relative(pairs, shown, rules=rules, published=PUBLISHED)


def values_of(made: comparison.Relative) -> pd.Series:
    return made.summary.set_index("measure")["value"]


@pytest.fixture
def towns() -> pd.DataFrame:
    return comparison.standardised(
        scores("municipality", GM1=100, GM2=50, GM3=40, GM4=10, GM5=0, GM6=0),
        scores("municipality", GM1=90, GM2=50, GM3=44, GM4=15, GM5=1, GM6=0),
        key="municipality", rules=RULES,
    )  # fmt: skip


def test_relative_changes_leave_the_largest_apart(towns: pd.DataFrame) -> None:
    made = relative(towns)
    values = values_of(made)
    assert made.largest["municipality"].tolist() == ["GM1", "GM2"]
    assert made.largest["relative"].round(10).tolist() == [-0.1, 0]
    assert values[["municipalities", "with_current_score", "from_zero"]].tolist() == [6, 4, 1]
    assert values["gain_ordinary"] == 3 / 5 and values["lose"] == 1 / 5
    gains = values_of(relative(towns, ordinary_gain=2))[["gain_ordinary", "gain_more"]]
    assert gains.tolist() == [1 / 5, 2 / 5]
    assert values["largest_change"] == pytest.approx((90 + 50) / (100 + 50) - 1)
    beside = made.summary.set_index("measure")["published"]
    assert beside[["lower", "upper", "largest_change"]].tolist() == [-0.06, 0.22, -0.04]


def test_what_is_said_of_the_largest_follows_from_what_is_shown(towns: pd.DataFrame) -> None:
    """The largest is hidden on this page, and the others are in steps of ten."""
    steps = towns[1:].assign(new=[50.0, 40.0, 20.0, 0.0, 0.0])
    steps = steps.assign(change=steps["new"] - steps["current"])
    made = relative(towns, steps)
    assert made.largest["municipality"].tolist() == ["GM2", "GM3"]
    assert values_of(made)["largest_change"] == 0
    counts = ["municipalities", "with_current_score", "lose"]
    assert values_of(made)[counts].tolist() == values_of(relative(towns))[counts].tolist()


@pytest.mark.parametrize("few", ["gain", "lose", "same"])
def test_shares_of_which_one_is_of_few_municipalities_are_not_given(few: str) -> None:
    """They add up to all that are not zero, so that each would follow from the others."""
    sizes = {"gain": 30, "lose": 30, "same": 30}
    moved = {"gain": 5.0, "lose": -5.0, "same": 0.0}
    shares = ["gain_ordinary", "gain_more", "lose"]

    def shares_of(counts: dict[str, int]) -> pd.Series:
        change = np.repeat([moved[name] for name in counts], list(counts.values()))
        pairs = pd.DataFrame({"municipality": [f"GM{row}" for row in range(len(change))]})
        pairs = pairs.assign(current=100.0, new=100 + change, change=change)
        return values_of(relative(pairs, density_fewest=10))[shares]

    assert shares_of(sizes).tolist() == [1 / 3, 0, 1 / 3]
    assert shares_of(sizes | {few: 9}).isna().all()
    assert shares_of(sizes | {few: 10}).notna().all()


@pytest.mark.parametrize("count", [9, 10])
def test_few_municipalities_that_come_from_zero_are_not_counted(count: int) -> None:
    current = np.repeat([0.0, 50.0], [count, 40])
    pairs = paired(current, np.full(len(current), 60.0))
    values = values_of(relative(pairs, density_fewest=10))
    assert values["with_current_score"] == 40
    assert np.isnan(values["from_zero"]) == (count < 10)


def test_most_municipalities_lie_within_the_interval() -> None:
    """Its ends are given where as many as a cell needs lie beyond each."""
    pairs = drawn(7, n=700)
    values = values_of(relative(pairs, density_fewest=10))
    known = (pairs["change"] / pairs["current"])[pairs["current"] > 0]
    assert (known < values["lower"]).sum() >= 10 and (known > values["upper"]).sum() >= 10
    inside = known.between(values["lower"], values["upper"]).mean()
    at_both_ends = 1 / len(known)  # a quantile lies between two rows
    assert inside == pytest.approx(RULES.interval, abs=2 * at_both_ends)
    few = values_of(relative(drawn(7, n=300), density_fewest=10))
    assert few[["lower", "upper"]].isna().all()


# Causes

GAMES = arrays(
    np.float64, (2 ** len(CAUSES), 4), elements=st.floats(-1e3, 1e3).map(lambda x: round(x, 2))
)


def game(table: np.ndarray, causes: Sequence[str] = CAUSES) -> Any:
    """Scores of four schools for each set of causes, as rows of a table."""
    return lambda chosen: table[sum(2**bit for bit, c in enumerate(causes) if c in chosen)]


def by_permutations(causes: Sequence[str], value: Any) -> dict[str, np.ndarray]:
    """Mean of what a cause adds over all orders: the definition, without weights."""
    parts = {cause: np.zeros(4) for cause in causes}
    orders = list(itertools.permutations(causes))
    for order in orders:
        for rank, cause in enumerate(order):
            before, after = (value(frozenset(order[:end])) for end in (rank, rank + 1))
            parts[cause] += (after - before) / len(orders)
    return parts


@settings(deadline=None, max_examples=60)
@given(GAMES)
def test_parts_are_means_over_all_orders_and_sum_to_the_change(table: np.ndarray) -> None:
    parts = comparison.shapley(CAUSES, value=game(table))
    expected = by_permutations(CAUSES, game(table))
    for cause in CAUSES:
        np.testing.assert_allclose(parts[cause], expected[cause], atol=ORDER_ATOL)
    np.testing.assert_allclose(sum(parts.values()), table[-1] - table[0], atol=1e-12)


@settings(deadline=None, max_examples=60)
@given(GAMES)
def test_a_cause_without_effect_has_no_part(table: np.ndarray) -> None:
    table[4:] = table[:4]  # the third cause changes nothing
    assert (comparison.shapley(CAUSES, value=game(table))[CAUSES[2]] == 0).all()


@settings(deadline=None, max_examples=60)
@given(GAMES)
def test_causes_that_do_the_same_have_equal_parts(table: np.ndarray) -> None:
    table[2], table[6] = table[1], table[5]  # the second instead of the first
    parts = comparison.shapley(CAUSES, value=game(table))
    np.testing.assert_allclose(parts[CAUSES[0]], parts[CAUSES[1]], atol=ORDER_ATOL)


@settings(deadline=None, max_examples=30)
@given(GAMES, st.permutations(CAUSES))
def test_the_order_of_causes_changes_no_part(table: np.ndarray, order: list[str]) -> None:
    parts = comparison.shapley(CAUSES, value=game(table))
    again = comparison.shapley(order, value=game(table))
    for cause in CAUSES:
        np.testing.assert_allclose(parts[cause], again[cause], atol=ORDER_ATOL)


def test_each_set_of_causes_is_asked_once() -> None:
    asked: list[frozenset[str]] = []

    def value(chosen: frozenset[str]) -> np.ndarray:
        asked.append(chosen)
        return np.array([len(chosen) ** 2.0])

    assert comparison.shapley(CAUSES, value=value)[CAUSES[0]] == [3.0]
    assert len(asked) == len(set(asked)) == 2 ** len(CAUSES)


@pytest.mark.parametrize(
    ("causes", "value", "said"),
    [
        (["a", "a"], lambda s: np.zeros(1), "2 causes have 1 names"),
        (["a"], lambda s: np.zeros(1 + len(s)), "come in 2 shapes"),
        (["a"], lambda s: np.full(3, np.nan if s else 0.0), "3 values of sets"),
    ],
)
def test_values_that_cannot_be_shared_out_are_refused(
    causes: list[str], value: Any, said: str
) -> None:
    with pytest.raises(ComparisonError, match=said):
        comparison.shapley(causes, value=value)


def shared_out(*, keys: Sequence[str] = "bcda") -> pd.DataFrame:
    """Schools a to d; current 10 30 0 0, new 30 30 20 0: scaled by 2 and 1."""
    old = np.array([30.0, 0, 0, 10])  # in the order of the keys
    moved = {"x": np.array([0.0, 20, 0, 5]), "y": np.array([0.0, 0, 0, 15])}
    parts = comparison.shapley(
        list(moved), value=lambda chosen: old + sum(moved[each] for each in sorted(chosen))
        if chosen else old,
    )  # fmt: skip
    pairs = comparison.standardised(
        scores(a=10, b=30, c=0, d=0), scores(a=30, b=30, c=20, d=0), key="school_id", rules=RULES
    )
    return comparison.decomposed(parts, pairs, keys=keys, rules=RULES)


def test_a_change_is_the_sum_of_its_causes_and_of_the_scaling() -> None:
    frame = shared_out().set_index("school_id")
    assert frame["x"].tolist() == [5, 0, 20, 0] and frame["y"].tolist() == [15, 0, 0, 0]
    assert frame["standardisation"].tolist() == [-10, -30, 0, 0]  # current doubles
    assert frame["change"].tolist() == [10, -30, 20, 0]
    assert comparison.causes_of(frame.reset_index()) == ["x", "y", "standardisation"]


def test_parts_that_do_not_add_up_are_refused_with_count_and_gap() -> None:
    frame = shared_out()
    frame.loc[[0, 2], "x"] += [1e-6, 0.5]
    with pytest.raises(ComparisonError, match=r"2 of 4 places .* largest gap is 0\.5 points"):
        comparison.fail_if_parts_do_not_add_up(frame)
    with pytest.raises(ComparisonError, match="1 of 4 places have no parts"):
        shared_out(keys="bcdx")


def test_causes_are_summed_up_over_schools_that_change() -> None:
    frame = comparison.causes_summary(shared_out())
    every = frame[frame["group"] == "all that change"].set_index("cause")
    assert every["places"].tolist() == [3, 3, 3]
    assert every["mean_absolute"].tolist() == [25 / 3, 5, 40 / 3]
    # all parts 25 + 15 + 40 = 80; all changes 10 + 30 + 20 = 60
    assert every["share"].tolist() == [25 / 80, 15 / 80, 40 / 80]
    assert every["net_share"].tolist() == [25 / 60, 15 / 60, (30 - 10) / 60]
    losers = frame[frame["group"] == "losers"].set_index("cause")
    assert losers.loc["standardisation", ["places", "mean"]].tolist() == [1, -30]
    assert frame[frame["group"] == "lose most"]["share"].isna().all()  # nobody is so far out


# What schools have in common


@pytest.fixture(scope="module")
def cohort() -> Table:
    return codebook.load().table("cohort")


def pupils(seed: int, *, n: int = 4_000, schools: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    names = [f"s{row:03d}" for row in range(schools)]
    codes = {
        "provenance": [0, 1, IMPUTED], "origin": [*range(1, 9), 99], "residence_mother": [0, 1, 9],
        "debt_restructuring": [0, 1, 9], "education_father": [*range(1, 9), 99],
        "education_mother": [1, 2, 7, 99],
    }  # fmt: skip
    places = rng.integers(-1, schools, n)
    frame = pd.DataFrame({name: rng.choice(values, n) for name, values in codes.items()})
    joined = rng.random(n) < 0.1
    return frame.assign(school_id=pd.Categorical.from_codes(places, names), joined=joined)


def test_a_profile_counts_as_a_loop_does(cohort: Table) -> None:
    children, pairs = pupils(1), drawn(2, n=50)  # ten schools are in no pair
    rules = replace(RULES, extreme_sds=1)  # so that there are some
    frame = comparison.profile(children, pairs, table=cohort, imputed=[IMPUTED], rules=rules)
    values = frame.set_index(["measure", "code", "group"])["value"]
    of_school = comparison.groups(pairs, rules=rules)
    group = children["school_id"].astype("str").map(of_school)
    for name in ("lose most", "gain most", "others", "all"):
        part = children[group == name] if name != "all" else children[group.notna()]
        assert values["children", 0, name] == len(part)
        assert values["imputed", 0, name] == (part["provenance"] == IMPUTED).mean()
        known = part[part["origin"] != 99]
        assert values["origin", 8, name] == (known["origin"] == 8).mean()
        parents = part[["education_father", "education_mother"]]
        both = parents[(parents != 99).all(axis=1)]
        assert values["low_education", 0, name] == (both <= 2).all(axis=1).mean()
        joined = part[part["joined"]]
        assert values["joined", 0, name] == part["joined"].mean()
        assert values["joined_imputed", 0, name] == (joined["provenance"] == IMPUTED).mean()
        computed = joined[joined["provenance"] != IMPUTED]
        of_two = zip(computed["education_father"], computed["education_mother"], strict=True)
        low = [min(pair) <= 2 for pair in of_two if min(pair) <= 2 or max(pair) != 99]
        assert values["joined_low_education", 0, name] == np.mean(low)
        mothers = part.loc[part["residence_mother"] != 9, "residence_mother"]
        assert values["short_residence", 0, name] == (mothers == 1).mean()
        shares = (part["provenance"] == IMPUTED).groupby(part["school_id"].astype("str")).mean()
        assert values["imputed_over", 0, name] == (shares > RULES.imputed_over).mean()
    shuffled = children.sample(frac=1, random_state=1)
    again = comparison.profile(shuffled, pairs, table=cohort, imputed=[IMPUTED], rules=rules)
    pd.testing.assert_frame_equal(again, frame, check_exact=True)


def test_over_representation_is_a_share_by_that_of_all_schools(cohort: Table) -> None:
    rules = replace(RULES, extreme_sds=1)
    frame = comparison.profile(
        pupils(1), drawn(2, n=50), table=cohort, imputed=[IMPUTED], rules=rules
    )
    values = frame.set_index(["measure", "code", "group"])["value"]
    ratios = comparison.over_representation(frame).set_index(["measure", "code", "group"])["ratio"]
    assert ratios["origin", 8, "lose most"] == pytest.approx(
        values["origin", 8, "lose most"] / values["origin", 8, "all"]
    )
    assert "places" not in ratios.index.get_level_values("measure")
    nobody = comparison.over_representation(frame.assign(value=0.0))
    assert nobody["ratio"].isna().all()


def test_municipalities_that_change_most_are_a_share_of_those_that_can_change() -> None:
    rules = replace(RULES, extreme_share=0.25)
    current, new = [0.0, 10, 10, 10, 10, 0, 0], [0.0, 5, 9, 11, 16, 0, 0]
    towns = paired(current, new).rename(columns={"school_id": "municipality"})
    groups = comparison.groups(towns, rules=rules).tolist()
    assert groups == ["others", "lose most", "others", "others", "gain most", "others", "others"]
    gain = paired([10, 10, 10, 10], [20.0, 30, 40, 50]).rename(
        columns={"school_id": "municipality"}
    )
    gain["change"] = gain["change"].abs() + 1  # nobody loses, so that nobody loses most
    assert "lose most" not in comparison.groups(gain, rules=rules).tolist()


def test_what_is_redistributed_is_half_of_all_changes() -> None:
    assert comparison.redistributed(paired([10, 30], [20, 20])) == 10 / 40


def test_schools_without_children_are_divided_by_nothing(cohort: Table) -> None:
    """Faults 42 and 43: a school without pupils, and one with a single pupil, who is imputed."""
    pairs = paired([10, 10, 10], [4, 10, 16])
    children = pupils(1, n=1, schools=3)
    names = children["school_id"].cat.categories
    children["school_id"] = pd.Categorical.from_codes([1], names)
    children["provenance"] = IMPUTED
    rules = replace(RULES, extreme_sds=1)
    frame = comparison.profile(children, pairs, table=cohort, imputed=[IMPUTED], rules=rules)
    values = frame.set_index(["measure", "group"])["value"]
    assert values["places"].tolist() == [1, 1, 1, 3]
    assert values["children"].tolist() == [0, 0, 1, 1]
    assert np.isnan(values["imputed", "lose most"]) and np.isnan(
        values["imputed_over", "gain most"]
    )
    assert values["imputed", "others"] == values["imputed_over", "all"] == 1


def test_a_profile_asks_for_categories(cohort: Table) -> None:
    children = pupils(1).astype({"school_id": "str"})
    with pytest.raises(ComparisonError, match="expected a Categorical"):
        comparison.profile(children, drawn(1), table=cohort, imputed=[1], rules=RULES)


# Asylum seekers


def late(*rows: tuple[int, str | None, int]) -> pd.DataFrame:
    """Rows of month, school (None: a toddler) and number of children."""
    frame = pd.DataFrame(
        [(month, school) for month, school, n in rows for _ in range(n)],
        columns=["asylum_registered", "school_id"],
    )
    frame["school_id"] = pd.Categorical(frame["school_id"])
    return frame.assign(toddler=frame["school_id"].isna(), asylum=1)


def test_the_published_inflow_is_counted_as_published() -> None:
    """One school with five, four with three; 41 pupils and 3 toddlers in all."""
    clustered = [(202010, "five", 5), *((202011, f"three{i}", 3) for i in range(4))]
    single = [(202012, f"one{i}", 1) for i in range(41 - 5 - 4 * 3)]
    children = late(*clustered, *single, (202012, None, 3), (202009, "before", 9))
    frame = comparison.late_registrations(
        children.sample(frac=1, random_state=1), reference=202009, rules=RULES, published=PUBLISHED
    )
    assert frame["month"].tolist() == ["2020-10", "2020-11", "2020-12", "published"]
    assert frame["added"].tolist()[:3] == [5, 12, 27]
    assert frame["schools"].tolist()[:3] == [1, 1 + 4, 1 + 4 + 24]
    columns = ["children", "pupils", "toddlers", "schools_3_or_4", "schools_5_or_more"]
    assert frame.loc[2, columns].tolist() == frame.loc[3, columns].tolist() == [44, 41, 3, 4, 1]


def test_months_go_on_over_the_end_of_a_year_and_nobody_else_is_counted() -> None:
    children = late((202012, "a", 1), (202101, "a", 2), (202103, "a", 4), (0, "a", 8))
    children = pd.concat([children, late((202101, "a", 16)).assign(asylum=0)], ignore_index=True)
    frame = comparison.late_registrations(children, reference=202011, rules=RULES)
    assert frame["month"].tolist() == ["2020-12", "2021-01", "2021-02"]
    assert frame["children"].tolist() == [1, 3, 3]
    assert frame["schools_3_or_4"].tolist() == [0, 1, 1]


@pytest.mark.parametrize("reference", [202013, 202000, 2020])
def test_a_reference_that_is_no_month_is_refused(reference: int) -> None:
    with pytest.raises(ComparisonError, match=f"The reference is {reference}"):
        comparison.late_registrations(late((202010, "a", 1)), reference=reference, rules=RULES)


# Rules


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("standard: new", "standard: newest", "expected one of new, current, mean"),
        ("[-2, -1, 0, 1, 2]", "[2, 1]", "expected rising numbers"),
        ("interval: 0.90", "interval: 90", "interval is 90"),
        ("largest: 3", "largest: 0", "expected a whole number from 1"),
        ("in_debt: [1]", "in_debt: 1", "expected codes in brackets"),
        ("late_months: 3", "late_month: 3", "unknown key 'late_month'; did you"),
        ("band_sds: 1 ", "band_sds: -1 ", "expected a number above 0"),
        ("offset_from: 0.5", "offset_from: 0", "expected a number above 0, up to 1"),
        ("one_way_from: 0.5", "one_way_from: 0", "expected a number above 0, up to 1"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_with_its_line(
    own_rules: Path, old: str, new: str, said: str
) -> None:
    file = own_rules / "comparison.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ParameterError) as caught:
        comparison.rules()
    assert said in str(caught.value)
    line = text.partition(old)[0].count("\n") + 1
    assert f"params/rules/comparison.yaml line {line}: " in str(caught.value)
