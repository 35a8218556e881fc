"""Scores of places are hidden and rounded by public numbers, and all that is derived follows."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oablib import allocation, comparison, disclosure
from oablib.disclosure import of_places
from oablib.disclosure.of_places import scores as places

RULES = disclosure.rules()
STRICT, BY_LAW = RULES.strict, RULES.by_law
SECRET = {"n_target", "A", "B", "C", "G", "n_children_of_target"}


def schools(*rows: tuple[str, int, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["school_id", "n_children", "achterstandsscore"])
    return frame.assign(n_target=3.0, A=12.3, B=4.5, C=2.6, G=-2.5, note="")


def towns(*rows: tuple[str, int, float], toddlers: int = 60) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["municipality", "n_pupils", "achterstandsscore"])
    return frame.assign(
        n_children=frame["n_pupils"] + toddlers, n_target=3.0, A=12.3, B=4.5, note=""
    )


def names(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[["municipality"]].assign(name="Town " + frame["municipality"])


@given(cents=st.integers(0, 10**7), step=st.sampled_from([0.01, 0.1, 1.0, 10.0, 25.0]))
def test_scores_are_whole_steps_a_half_away_from_zero(cents: int, step: float) -> None:
    score = Decimal(cents) / 100
    each = Decimal(str(step))
    expected = (score / each).quantize(Decimal(1), ROUND_HALF_UP) * each
    assert Decimal(str(places.whole_steps(float(score), step))) == expected


def test_a_site_shows_pupils_and_a_score_by_its_public_size() -> None:
    table = schools(("01AA00", 29, 50.0), ("02AA00", 30, 14.99), ("03AA00", 99, 15.0),
                    ("04AA00", 100, 15.5), ("05AA00", 0, 0.0))  # fmt: skip
    shown = of_places.sites(table, profile=STRICT)
    assert shown["n_children"].tolist() == [29, 30, 99, 100, 0]
    assert shown["achterstandsscore"].tolist()[1:] == [10.0, 20.0, 16.0, 0.0]
    assert np.isnan(shown["achterstandsscore"][0])
    assert shown["note"].tolist() == ["fewer than 30 pupils", "", "", "", ""]
    assert not SECRET & set(shown)


def test_nothing_that_is_hidden_or_rounded_depends_on_the_target_group() -> None:
    one = schools(("01AA00", 29, 0.0), ("02AA00", 60, 12.0), ("03AA00", 300, 12.0))
    other = one.assign(n_target=[29.0, 1.0, 0.0], A=99.0, B=0.0)
    pd.testing.assert_frame_equal(
        of_places.sites(one, profile=STRICT), of_places.sites(other, profile=STRICT)
    )


def test_a_municipality_shows_pupils_alone_so_that_its_toddlers_stay_unknown() -> None:
    table = towns(("GM0001", 74, 60.0), ("GM0002", 75, 74.9), ("GM0003", 0, 30.0))
    shown = of_places.municipalities(table, names=names(table), profile=STRICT)
    assert list(shown) == places.MUNICIPALITIES and "n_children" not in shown
    assert shown["achterstandsscore"].isna().tolist() == [True, False, True]
    assert shown["achterstandsscore"][1] == 70.0
    few = towns(("GM0002", 75, 74.9), toddlers=59)
    assert of_places.municipalities(few, names=names(few), profile=STRICT)["note"][0] == (
        "fewer than 75 pupils or 60 toddlers"
    )


def test_by_law_shows_cents() -> None:
    table = schools(("01AA00", 29, 50.0), ("02AA00", 30, 14.99))
    assert of_places.sites(table, profile=BY_LAW)["achterstandsscore"][1] == 14.99


def test_a_brin_is_the_sum_of_what_its_sites_show_and_absent_where_one_is_hidden() -> None:
    table = schools(("01AA00", 50, 14.9), ("01AA01", 50, 14.9), ("02BB00", 20, 9.0),
                    ("02BB01", 200, 9.0))  # fmt: skip
    shown = of_places.brins(of_places.sites(table, profile=STRICT))
    assert shown[["brin", "n_children", "achterstandsscore"]].values.tolist() == [["01AA", 100, 20]]


@pytest.fixture
def paid() -> allocation.Grants:
    scores = pd.DataFrame(
        {"municipality": ["GM0001", "GM0002", "GM0003", "GM0004"],
         "score_t1": [4012.34, 51.0, 0.0, 3.0], "score_t2": [3988.1, 50.2, 0.0, 3.0],
         "A_t1": [5000.0, 300.0, 9.0, 30.0], "A_t2": [5000.0, 300.0, 9.0, 30.0]}
    )  # fmt: skip
    return allocation.grants(scores, budget=5_000_000, rules=allocation.rules())


def shown_grants(paid: allocation.Grants) -> pd.DataFrame:
    both = []
    for date in ("t1", "t2"):
        table = paid.table.rename(columns={f"score_{date}": "achterstandsscore"})
        table = table.assign(n_pupils=[9000, 400, 60, 300], n_children=9999, note="")
        both.append(of_places.municipalities(table, names=names(table), profile=STRICT))
    return of_places.grants(*both, divided=paid, constants=RULES.constants)


def test_grants_follow_from_what_is_shown(paid: allocation.Grants) -> None:
    shown = shown_grants(paid)
    point = of_places.point_value(paid)
    assert shown["grant"][0] == round((4010 + 3990) / 2 * point / 1000) * 1000
    # A site below the profile, and one that shows 0: neither the minimum nor its absence.
    assert shown["grant"].isna().tolist() == [False, False, True, True]
    assert shown["at_minimum"].tolist() == [False, True, False, False]


def test_grants_agree_with_what_is_paid_to_their_own_precision(paid: allocation.Grants) -> None:
    shown, exact = shown_grants(paid), paid.table
    known = shown["grant"].notna()
    point = of_places.point_value(paid)
    # Half a step of the score, half a step of euro, and tens of euro a point.
    reach = 5 * point + 500 + 5 * (exact["score_t1"] + exact["score_t2"]) / 2
    assert ((shown["grant"] - exact["grant"]).abs()[known] <= reach[known]).all()


def test_national_figures_have_the_decimals_of_the_rules() -> None:
    means = allocation.national(pd.Series(np.arange(100) / 7), rules=allocation.rules())
    shown = of_places.nationals({"all": means}, constants=RULES.constants)
    for name, decimals in (("C", 2), ("G", 2), ("distance", 2), ("boundary", 1)):
        assert shown[name][0] == round(shown[name][0], decimals)
        assert shown[name][0] == pytest.approx(getattr(means, name, means.C - means.G), abs=0.051)


def test_boundaries_and_shifts_have_the_decimals_of_national_figures() -> None:
    rng = np.random.default_rng(1)
    current, new = rng.normal(size=(2, 400))
    exact = comparison.cutoff(current, new, boundaries=(-1.2345678, -1.1111111))
    shown = of_places.cutoff(exact, constants=RULES.constants).set_index("measure")["value"]
    exact = exact.set_index("measure")["value"]
    for name, value in exact.items():
        if str(name).startswith("boundary"):
            assert shown[name] == round(value, RULES.constants.boundary) != value
        elif name in ("shift", "mean_difference", "net_shift"):
            assert shown[name] == round(value, RULES.constants.means) != value
        else:  # fractions of all children
            assert shown[name] == value


def test_sums_of_what_averaging_changes_are_in_whole_steps() -> None:
    early = pd.DataFrame({"n_target": [3.0, 1.0], "achterstandsscore": [4123.45, 0.0]})
    late = pd.DataFrame({"n_target": [3.5, 0.5], "achterstandsscore": [4001.2, 61.7]})
    exact = allocation.early_and_late(early, late)
    exact.loc[exact["measure"] == "above_zero", ["early", "late"]] = [126.0, 135.0]
    shown = of_places.averaging(exact, sites=311, rules=RULES).set_index("measure")
    assert shown.loc["sum", ["early", "late"]].tolist() == [4100, 4100]
    assert shown.loc["above_zero", ["early", "late"]].tolist() == [130, 140]
    whole = ["above_zero", "sum"]
    means = shown.drop(whole)[["early", "late"]]
    expected = exact.set_index("measure").drop(whole)[["early", "late"]].round(2)
    pd.testing.assert_frame_equal(means, expected, check_dtype=False)
