"""Verdicts and classes, counted by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from oablib.base.errors import ParameterError
from oablib.indicator import certainty
from oablib.indicator.certainty import SOURCES, Rules
from oablib.indicator.certainty.classes import AMOUNT, COIN, DOUBT, NONE, WIDE
from oablib.indicator.certainty.measured import Certainty


@pytest.fixture
def rules() -> Rules:
    return replace(certainty.rules(), sizes=(1.0, 100.0), unknown=(0.0, 0.5))


def sites() -> pd.DataFrame:
    """One site of each kind."""
    frame = pd.DataFrame(
        {
            "chance": [0.0, 1.0, 1.0, 0.9, 0.5],
            "score": [0.0, 100.0, 100.0, 20.0, 2.0],
            "low": [-90.0, 80.0, 50.0, -5.0, -20.0],
            "high": [-10.0, 120.0, 150.0, 60.0, 20.0],
            "mean": [-50.0, 100.0, 100.0, 20.0, 0.0],
            "early": [0.0, 110.0, 90.0, 25.0, 0.0],
            "late": [0.0, 108.0, 92.0, 26.0, 1.0],
            "n_children": [50, 200, 200, 100, 99],
            "unknown": [0.2, 0.5, 0.6, 0.4, 0.1],
            "matched": [0.0, 0.0, 0.0, 0.1, 0.0],
            "urbanity": [1, 1, 2, 2, 2],
            "rank_low": [5.0, 1.0, 1.0, 3.0, 4.0],
            "rank_high": [5.0, 2.0, 2.0, 3.0, 4.0],
            "beyond_se": [10.0, 20.0, 30.0, 20.0, 10.0],
            "beyond_chance": [0.1, 1.0, 0.9, 0.8, 0.5],
            "beyond_low": [-95.0, 70.0, 40.0, -10.0, -25.0],
            "beyond_high": [-5.0, 130.0, 160.0, 70.0, 25.0],
        }
    )
    return frame.assign(**{**dict.fromkeys(SOURCES, 1.0), "education": 5.0})


def test_each_site_has_the_verdict_of_its_draws(rules: Rules) -> None:
    assert certainty.verdicts(sites(), rules=rules).tolist() == [NONE, AMOUNT, WIDE, DOUBT, COIN]
    table = certainty.by_verdict(sites(), rules=rules).set_index("verdict")
    assert table["places"].tolist() == [1] * 5
    assert table.loc[AMOUNT, "share_points"] == pytest.approx(110 / 225)
    assert table["share_points"].sum() == pytest.approx(1)


def test_classes_are_by_size_share_imputed_and_urbanity(rules: Rules) -> None:
    table = certainty.by_class(sites(), rules=rules).set_index(["by", "at_least"])
    assert table["schools"].to_dict() == {
        ("size", 1): 2, ("size", 100): 3, ("unknown", 0): 2, ("unknown", 0.5): 3,
        ("urbanity", 1): 2, ("urbanity", 2): 3,
    }  # fmt: skip
    large = table.loc["size", 100]
    # Half widths, cut at 0, by the run's scores: 20 / 110, 50 / 90 and 30 / 25.
    assert large["half"] == pytest.approx(50 / 90) and large["paid"] == 3
    assert large["wrong"] == pytest.approx((0 + 0 + 0.1) / 3)
    assert large["ranks"] == pytest.approx(1 / 5)


def test_half_the_interval_of_a_score_is_never_below_zero(rules: Rules) -> None:
    """Of a site that a run pays, although all but a few draws say that it has no score."""
    frame = sites().assign(early=10.0, low=[-90.0, -60.0, -60.0, -60.0, -60.0], high=-1.0)
    table = certainty.by_class(frame, rules=rules)
    assert (table["half"] == 0).all()


def test_sites_of_unknown_urbanity_are_in_no_class_of_it(rules: Rules) -> None:
    frame = sites().assign(urbanity=[1.0, np.nan, 2.0, np.nan, 2.0])
    table = certainty.by_class(frame, rules=rules)
    of_urbanity = table[table["by"] == "urbanity"]
    assert dict(zip(of_urbanity["at_least"], of_urbanity["schools"], strict=True)) == {1: 1, 2: 2}
    assert table[table["by"] == "size"]["schools"].sum() == 5


def test_shares_of_sources_add_up_and_follow_their_variances(rules: Rules) -> None:
    table = certainty.sources(sites(), rules=rules)
    assert table[list(SOURCES)].sum(axis=1).to_numpy() == pytest.approx(1)
    assert table["education"].to_numpy() == pytest.approx(5 / 8)


def test_coins_are_counted_by_size(rules: Rules) -> None:
    table = certainty.coins(sites(), rules=rules)
    assert table.to_numpy().tolist() == [[1, 2, 1, 0.0], [100, 3, 0, 0.0]]


def test_reliability_is_what_noise_leaves_of_the_variance() -> None:
    frame = pd.DataFrame({"mean": [10.0, 30.0], "n_children": 10, "beyond_se": [5.0, 5.0]})
    # Points a child 1 and 3: variance 2; noise .5 squared.
    assert certainty.reliability(frame) == pytest.approx(1 - 0.25 / 2)
    assert np.isnan(certainty.reliability(frame[:1]))
    assert certainty.reliability(frame.assign(beyond_se=100.0)) == 0


def test_averages_are_means_a_site_by_share_imputed(rules: Rules) -> None:
    frame = sites().assign(truth=[0.0, 100.0, 100.0, 30.0, 0.0])
    table = certainty.averaging(frame, rules=rules)
    assert table["early"].tolist() == [0.0, 75.0, 45.0]
    assert table["truth"].tolist() == [0.0, pytest.approx(230 / 3), 46.0]
    assert table[["schools", "paid"]].to_numpy().tolist() == [[2, 0], [3, 3], [5, 3]]
    assert np.isnan(table["at_least"].iloc[-1])
    assert certainty.averaging(sites(), rules=rules)["truth"].isna().all()


def test_boards_stand_beside_sites(rules: Rules) -> None:
    every = Certainty(sites(), sites().assign(n_children=[1, 10, 900, 1000, 2000]), sites()[:2])
    rules = replace(rules, municipality_sizes=(1.0, 1000.0))
    table = certainty.by_size(every, rules=rules)
    assert table["what"].tolist() == ["site", "site", "board", "board", *["municipality"] * 2]
    assert table["places"].tolist() == [2, 3, 1, 1, 3, 2]
    # Of large sites with a chance of half and more: half widths 30, 60 and 35 by scores 100, 100
    # and 20; of small ones the one on a coin: 12.5 by 2.
    assert table["half"].head(2).tolist() == pytest.approx([12.5 / 2, 125 / 220])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sizes: [1, 50", "sizes: [10, 50", "expected 1 or less"),
        ("municipality_sizes: [1,", "municipality_sizes: [100,", "expected 1 or less"),
        ("unknown: [0, 0.5", "unknown: [0.1, 0.5", "expected 0 or less"),
        ("sizes: [1, 50, 100, 200, 400]", "sizes: [1]", "expected two classes or more"),
        ("doubt: 0.05", "doubt: 0.3", "expected no more than the first of coin"),
        ("alike: 1.25", "alike: 0.8", "expected 1 or more"),
    ],
)
def test_rules_that_leave_places_out_or_cross_are_refused(
    own_rules: Path, old: str, new: str, said: str
) -> None:
    path = own_rules / "certainty.yaml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ParameterError, match=said):
        certainty.rules()
