"""What is shown of groups of schools and of late registrations, attacked with what is left."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oablib import disclosure
from oablib.disclosure import of_places
from oablib.indicator.comparison import causes_of, causes_summary
from oablib.indicator.comparison.shapley import members

RULES = disclosure.rules()
FEWEST = RULES.fewest
AMOUNTS = ["mean", "sd", "mean_absolute", "share", "net_share"]
SIDES = ("all that change", "losers", "gainers")
MOST = {"lose most": "losers", "gain most": "gainers"}
some_examples = settings(max_examples=60, deadline=None)  # the machines of CI are slow


def is_few(count: float) -> bool:
    return 0 < round(count) < FEWEST


# Causes of the change of schools


def decomposed(changes: list[int], seed: int, *, tail: float = 3) -> pd.DataFrame:
    """Schools with such changes by three causes, of which some have far more than others."""
    rng, n = np.random.default_rng(seed), len(changes)
    change = np.array(changes, float)
    frame = pd.DataFrame({"school_id": [f"{row:04d}" for row in range(n)]})
    frame["donors"] = rng.standard_t(tail, n)
    frame["boundary"] = rng.standard_cauchy(n) * (rng.random(n) < 0.5)
    frame["standardisation"] = change - frame["donors"] - frame["boundary"]
    group = np.select([change < -7, change > 7], ["lose most", "gain most"], "others")
    return frame.assign(change=change, group=group)


CHANGES = st.one_of(
    st.lists(st.integers(-9, 9), max_size=14),
    st.lists(st.integers(-9, 9), min_size=25, max_size=70),
)


@some_examples
@given(CHANGES, st.integers(0, 2**16))
def test_groups_of_few_schools_are_hidden_and_do_not_follow(changes: list[int], seed: int) -> None:
    table = decomposed(changes, seed)
    shown, exact = of_places.causes(table, rules=RULES), causes_summary(table)
    pd.testing.assert_frame_equal(  # what is not hidden is as it was
        shown, exact.astype({"places": float}).where(shown.notna())
    )
    counts = shown.groupby("group")["places"].first().to_dict()
    true = exact.groupby("group")["places"].first().to_dict()
    assert not any(is_few(n) for n in counts.values() if not np.isnan(n))
    # Those that lose and that gain are all that change: one alone would follow.
    assert np.isnan(counts["losers"]) == np.isnan(counts["gainers"])
    if not np.isnan(counts["losers"]):
        assert counts["losers"] + counts["gainers"] == true["all that change"]
    for most, side in MOST.items():
        if not (np.isnan(counts[most]) or np.isnan(counts[side])):
            assert not is_few(abs(counts[side] - counts[most]))
    hidden = shown[shown["places"].isna()]
    assert hidden[AMOUNTS].isna().all(axis=None)


def is_dominated(sizes: pd.Series) -> bool:
    return bool(len(sizes) and sizes.max() > RULES.largest_part * sizes.sum())


@some_examples
@given(CHANGES, st.integers(0, 2**16))
def test_no_number_is_one_schools_and_none_follows_from_the_others(
    changes: list[int], seed: int
) -> None:
    table = decomposed(changes, seed)
    shown = of_places.causes(table, rules=RULES)
    names = causes_of(table)
    hidden = {
        group: set(part.loc[part["mean"].isna() & part["places"].gt(0), "cause"])
        for group, part in shown.groupby("group")
    }
    for group, few in hidden.items():
        sizes = table.loc[members(table, group), names].abs()
        left = [name for name in names if name not in few]
        if shown.loc[shown["group"] == group, "places"].gt(0).all():
            assert not any(is_dominated(sizes[name]) for name in left)
            # Shares of all causes are one: what is left out follows as a sum.
            assert len(few) != 1
            assert not few or not left or not is_dominated(sizes[sorted(few)].sum(axis=1))
    counts = shown.groupby("group")["places"].first()
    if counts[list(SIDES)].gt(0).all():  # a mean of all is that of both sides
        assert hidden["all that change"] == hidden["losers"] == hidden["gainers"]


def test_hand_made_causes_show_few_and_dominated_groups() -> None:
    """Twelve lose, nine gain; of donor selection one school that loses has nearly all."""
    change = np.repeat([-2.0, 3.0], [12, 9])
    donors = np.where(np.arange(21) == 0, 9.0, 0.3)
    table = pd.DataFrame({"school_id": range(21), "donors": donors, "boundary": 1.0})
    table["scale_values"] = change - donors - 1
    table = table.assign(change=change, group="others")
    shown = of_places.causes(table, rules=RULES).set_index(["group", "cause"])
    assert shown.loc["losers"].isna().all(axis=None) and shown.loc["gainers"].isna().all(axis=None)
    every = shown.loc["all that change"]
    assert every["places"].tolist() == [21] * 3
    # 9 of the 15 points of donor selection are one school's; the next cause is hidden with it.
    assert every["net_share"].isna().tolist() == [True, True, False]
    alike = table.assign(donors=0.3, scale_values=change - 1.3)
    every = of_places.causes(alike, rules=RULES)
    every = every[every["group"] == "all that change"]
    assert every.notna().all(axis=None)
    sides = of_places.causes(alike.iloc[:12], rules=RULES).set_index(["group", "cause"])
    assert sides.loc["losers", "places"].tolist() == [12] * 3
    assert sides.loc["gainers", "places"].tolist() == [0] * 3


# What schools that change most have in common

MEASURES = (("imputed", 0), ("in_debt", 0), ("origin", 1))
GROUPS = ("lose most", "gain most", "others")


def profile(schools: list[int], rows: list[list[tuple[int, int]]]) -> pd.DataFrame:
    """rows: children that have it, and others, of each measure and group."""
    frame = [("places", 0, group, n, n) for group, n in zip(GROUPS, schools, strict=True)]
    frame.append(("places", 0, "all", sum(schools), sum(schools)))
    children = [max(sum(cells[at]) for cells in rows) for at in range(len(GROUPS))]
    frame += [("children", 0, group, n, n) for group, n in zip(GROUPS, children, strict=True)]
    frame.append(("children", 0, "all", sum(children), sum(children)))
    for (measure, code), cells in zip(MEASURES, rows, strict=True):
        summed = tuple(map(sum, zip(*cells, strict=True)))
        for group, (has, lacks) in zip((*GROUPS, "all"), [*cells, summed], strict=True):
            n = has + lacks
            frame.append((measure, code, group, has / n if n else np.nan, n))
    columns = ["measure", "code", "group", "value", "n"]
    return pd.DataFrame(frame, columns=columns).astype({"value": float})


CELL = st.tuples(st.integers(0, 25), st.integers(0, 25))
CELLS = st.lists(CELL, min_size=3, max_size=3)
PROFILES = st.builds(
    profile,
    st.lists(st.integers(0, 30), min_size=3, max_size=3),
    st.lists(CELLS, min_size=3, max_size=3),
)


@settings(max_examples=150, deadline=None)
@given(PROFILES)
def test_no_number_of_few_is_in_a_profile_or_follows_from_it(exact: pd.DataFrame) -> None:
    shown = of_places.profile(exact, rules=RULES)
    assert shown[["measure", "code", "group"]].equals(exact[["measure", "code", "group"]])
    kept = shown["value"].notna()
    assert np.allclose(shown.loc[kept, "value"], exact.loc[kept, "value"], rtol=0, atol=0)
    sizes = shown[shown["measure"] == "places"].set_index("group")["value"]
    gone = set(sizes.index[sizes.isna()])
    assert shown.loc[shown["group"].isin(gone), ["value", "n"]].isna().all(axis=None)
    assert len(gone) != 1
    for (measure, _), part in exact.groupby(["measure", "code"]):
        true, seen = part.set_index("group"), shown.loc[part.index].set_index("group")
        counted = measure in ("places", "children")
        has = true["value"].fillna(0) * (1 if counted else true["n"])
        lacks = 0 * has if counted else true["n"] - has
        there = seen["value"].notna()
        for amount in (has, lacks):
            few_in_all = is_few(amount["all"])
            assert counted or not (there["all"] and few_in_all)
            assert not any(is_few(amount[name]) for name in GROUPS if there[name])
            unknown = [name for name in GROUPS if not there[name]]
            if there["all"] and not few_in_all:
                assert not is_few(amount[unknown].sum()), measure


def test_a_share_is_hidden_where_it_gives_that_of_small_groups_away() -> None:
    """Six and eight schools lose and gain most: 3 of their 100 children are what others lack."""
    rows = [[(50, 50)] * 3, [(2, 48), (1, 49), (40, 400)], [(30, 30)] * 3]
    shown = of_places.profile(profile([6, 8, 500], rows), rules=RULES)
    table = shown.set_index(["measure", "group"])["value"]
    assert np.isnan(table["places", "lose most"]) and np.isnan(table["places", "gain most"])
    assert np.isnan(table["in_debt", "others"]) and table["in_debt", "all"] == 43 / 540
    assert table["imputed", "others"] == table["imputed", "all"] == 0.5


def test_a_profile_of_enough_everywhere_stays_as_it_is() -> None:
    exact = profile([20, 30, 40], [[(50, 50)] * 3] * 3)
    shown = of_places.profile(exact, rules=RULES)
    pd.testing.assert_frame_equal(shown, exact.astype({"n": float}))


# Children registered late

COUNTED = ("pupils", "toddlers")
Months = list[tuple[int, int]]
Schools = list[tuple[int, int, int]]


def registrations(months: Months, schools: Schools) -> pd.DataFrame:
    """months: pupils and toddlers of each. schools: new ones with 1 or 2, 3 or 4, and more."""
    pupils, toddlers = np.cumsum(np.array(months), axis=0).T
    few, some, many = np.cumsum(np.array(schools), axis=0).T
    frame = pd.DataFrame(
        {
            "month": [f"2020-{10 + row}" for row in range(len(months))],
            "added": [sum(month) for month in months], "children": pupils + toddlers,
            "pupils": pupils, "toddlers": toddlers, "schools": few + some + many,
            "schools_3_or_4": some, "schools_5_or_more": many,
        }
    )  # fmt: skip
    return frame.astype(dict.fromkeys(frame.columns.drop("month"), "Int64"))


MONTHS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=3, max_size=3)
SCHOOLS = st.lists(st.tuples(*[st.integers(0, 14)] * 3), min_size=3, max_size=3)


def sums_of_months(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Each number that is shown as a sum of the pupils and toddlers of single months."""
    rows, values = [], []
    for row, name in itertools.product(range(len(frame)), ("added", "children", *COUNTED)):
        if pd.notna(frame[name].iloc[row]):
            of_months = np.zeros((len(frame), 2))
            first = row if name == "added" else 0
            columns = [COUNTED.index(name)] if name in COUNTED else [0, 1]
            of_months[first : row + 1, columns] = 1
            rows.append(of_months.ravel())
            values.append(float(frame[name].iloc[row]))
    return np.array(rows).reshape(len(rows), 2 * len(frame)), np.array(values)


@some_examples
@given(MONTHS, SCHOOLS)
def test_no_few_late_registrations_follow_from_sums_and_differences(
    months: Months, schools: Schools
) -> None:
    """Whatever sum of months follows by linear algebra from what is shown is of enough."""
    exact = registrations(months, schools)
    shown = of_places.late(exact, rules=RULES)
    assert all(a is pd.NA or a == b for name in exact
               for a, b in zip(shown[name], exact[name], strict=True))  # fmt: skip
    equations, _ = sums_of_months(shown)
    true = np.array(months, float).ravel()
    rank = np.linalg.matrix_rank(equations) if len(equations) else 0
    spans = itertools.combinations(range(len(months) + 1), 2)
    for (first, last), columns in itertools.product(spans, ([0], [1], [0, 1])):
        asked = np.zeros((len(months), 2))
        asked[first:last, columns] = 1
        follows = np.linalg.matrix_rank(np.vstack([equations, asked.ravel()])) == rank
        assert not (follows and is_few(float(asked.ravel() @ true)))


@some_examples
@given(MONTHS, SCHOOLS)
def test_no_few_schools_of_late_registrations_follow(months: Months, schools: Schools) -> None:
    shown = of_places.late(registrations(months, schools), rules=RULES)
    for name in ("schools", "schools_3_or_4", "schools_5_or_more"):
        levels = shown[name].dropna().to_numpy(float)
        assert not any(map(is_few, levels))
        assert not any(is_few(b - a) for a, b in itertools.combinations(levels, 2))
    row = shown.iloc[-1]
    single = row["schools"] - row["schools_3_or_4"] - row["schools_5_or_more"]
    assert single is pd.NA or not is_few(float(single))


def test_late_registrations_by_hand() -> None:
    """12 and 30 children in the first and last month; 3 in the second gives both away."""
    exact = registrations([(12, 0), (0, 3), (10, 20)], [(12, 0, 0), (0, 0, 0), (10, 0, 0)])
    shown = of_places.late(exact, rules=RULES)
    assert shown["children"].tolist() == [pd.NA, pd.NA, 45]
    assert shown["added"].isna().all()
    assert shown["pupils"].tolist() == [pd.NA, pd.NA, 22]
    enough = registrations([(12, 10), (11, 10), (10, 20)], [(12, 0, 0), (0, 0, 0), (10, 0, 0)])
    pd.testing.assert_frame_equal(of_places.late(enough, rules=RULES), enough)


@pytest.mark.parametrize("count", [9, 10])
def test_the_published_row_is_treated_as_the_others(count: int) -> None:
    exact = registrations([(12, 10), (11, 10), (10, 20)], [(12, 0, 0), (0, 0, 0), (10, 0, 0)])
    printed = exact.iloc[[-1]].assign(month="published", toddlers=count, added=pd.NA, schools=pd.NA)
    both = pd.concat([exact, printed], ignore_index=True)
    shown = of_places.late(both, rules=RULES)
    pd.testing.assert_frame_equal(shown.iloc[:-1], exact)
    assert shown.iloc[-1][list(COUNTED)].isna().all() == (count < FEWEST)


def test_classes_of_change_are_shown_all_or_none() -> None:
    """Of 139 schools 70 lose: with the two middle classes shown, 12 and 12 would be left."""
    ends = pd.DataFrame({"lower": [-np.inf, -54.0, 0.0, 54.0], "upper": [-54.0, 0.0, 54.0, np.inf]})
    for counts, shown in (([12, 58, 57, 12], True), ([7, 63, 57, 12], False)):
        n = pd.Series(counts)
        made = of_places.classes(ends.assign(n=n, share=n / n.sum()), rules=RULES)
        assert made[["n", "share"]].notna().to_numpy().all() == shown
        assert made["n"].isna().all() != shown


def late_points(children: tuple[int, ...], *, places: tuple[int, ...]) -> pd.DataFrame:
    rows = [
        (level, month + 1, float(n), float(p), 4.4 * n, 0.001 * n, 0.1, 3_333.3 * n)
        for level in ("schools", "municipalities")
        for month, (n, p) in enumerate(zip(children, places, strict=True))
    ]
    names = ["level", "months", "children", "places", "points", "share", "largest", "euro"]
    return pd.DataFrame(rows, columns=names)


def test_points_of_late_registrations_are_in_steps_and_of_months_that_are_shown() -> None:
    counts = pd.DataFrame({"month": ["a", "b", "c", "published"], "children": [17, 32, 44, 44]})
    exact = late_points((17, 32, 44), places=(12, 25, 29))
    shown = of_places.late_points(exact, counts=counts, rules=RULES, step=50)
    amounts = shown.dropna()
    assert (amounts["points"] % 50 == 0).all() and (amounts["euro"] % 1000 == 0).all()
    # Four more schools in the last month than in the one before: that one has no number of them.
    assert shown["points"].notna().all()
    assert shown["places"].isna().tolist() == [False, True, False] * 2
    near = late_points((17, 32, 40), places=(12, 22, 32))
    shown = of_places.late_points(near, counts=counts, rules=RULES, step=50)
    assert shown["points"].isna().tolist() == [False, True, False] * 2
    shown = of_places.late_points(exact, counts=counts, rules=RULES, step=50)
    assert {"children", "largest"}.isdisjoint(shown.columns)
    hidden = counts.assign(children=[pd.NA, 32, 44, 44])
    shown = of_places.late_points(exact, counts=hidden, rules=RULES, step=50)
    assert shown["points"].isna().tolist() == [True, False, False] * 2
    one = exact.assign(largest=0.6)
    assert of_places.late_points(one, counts=counts, rules=RULES, step=50)["points"].isna().all()
