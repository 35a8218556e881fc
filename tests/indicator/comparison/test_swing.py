"""Swings of scores, counted by loops over children of two years."""

from dataclasses import replace
from pathlib import Path

import country_files
import numpy as np
import pandas as pd
import pytest

from oablib import allocation, comparison, disclosure, pupil_scores
from oablib.disclosure import of_places
from oablib.indicator.comparison import Procedure, Situation, Year
from oablib.indicator.pupil_scores import Provenance
from oablib.protocol import codebook

RULES, GATE = comparison.rules(), disclosure.rules()
SAME = 1e-9  # points: sums of some thousand scores in another order


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Year, Year, Situation, Procedure]:
    folder: Path = tmp_path_factory.mktemp("country")
    now = country_files.children(3000, seed=1)
    before = pd.concat([now.iloc[:2200], country_files.children(800, seed=2)])
    how = Procedure(pupil_scores.rules(), allocation.rules(), seed=1)
    years = []
    for year, frame in ((2019, before), (2020, now)):
        country_files.write(folder, frame, year=year)
        children = pupil_scores.read(folder, year=year, book=codebook.load())
        rule = replace(pupil_scores.rules().education, iterations=1)
        drawn = country_files.drawn(folder, children, m=2, seed=3 + year, rule=rule)
        side = Situation(children, drawn, country_files.indicator("indicator_2021"))
        years.append(Year(children, pupil_scores.table(children, new=side.scored(how))))
    return years[0], years[1], side, how


def test_children_of_both_years_are_compared_by_where_their_scores_come_from(
    made: tuple[Year, Year, Situation, Procedure],
) -> None:
    before, now, side, how = made
    frame = comparison.swings(before, now, situation=side, how=how, rules=RULES).children
    rows = frame.set_index("scores")
    again = side.scored(replace(how, seed=how.seed + 1)).score
    position = {key: row for row, key in enumerate(before.children.key.tolist())}
    changes: dict[str, list[float]] = {name: [] for name in rows.index}
    for row, key in enumerate(now.children.key.tolist()):
        if key not in position:
            continue
        sources = {before.provenance[position[key]], now.provenance[row]}
        change = again[row] - before.score[position[key]]
        if Provenance.ASYLUM in sources:
            continue
        if sources == {Provenance.MATCHED}:
            changes["matched twice"].append(change)
            changes["another seed"].append(again[row] - now.score[row])
            changes["same seed"].append(now.score[row] - before.score[position[key]])
        elif Provenance.MATCHED in sources:
            changes["one of each"].append(change)
        else:
            changes["computed twice"].append(change)
    for name, values in changes.items():
        assert rows.loc[name, "n"] == len(values)
        if name == "one of each":
            continue  # nobody of these leaves or enters the register
        assert rows.loc[name, "mean"] == pytest.approx(np.mean(values), abs=SAME)
        assert rows.loc[name, "sd"] == pytest.approx(np.std(values), abs=SAME)
        assert rows.loc[name, "upper"] == pytest.approx(np.quantile(values, 0.95), abs=SAME)
    assert rows.loc["another seed", "sd"] > 0


def test_schools_are_in_classes_of_imputed_scores(
    made: tuple[Year, Year, Situation, Procedure],
) -> None:
    before, now, side, how = made
    schools = comparison.swings(before, now, situation=side, how=how, rules=RULES).schools
    site = now.children.site
    for number, school in enumerate(now.children.sites["school_id"]):
        pupils = site == number
        row = schools[schools["school_id"] == school]
        if not pupils.any() or not len(row):
            continue
        share = (now.provenance[pupils] == Provenance.MATCHED).mean()
        assert row["matched"].iloc[0] == pytest.approx(share)
    table = comparison.by_matched(schools, rules=RULES)
    assert table["schools"].sum() == len(schools)
    assert table["year"].sum() == pytest.approx(schools["year"].sum())
    first = schools["matched"] < RULES.matched_classes[1]
    assert table["schools"].iloc[0] == first.sum()
    shown = of_places.by_matched(table, rules=GATE)
    assert shown["schools"].min() >= GATE.fewest or shown["schools"].isna().all()


def test_a_mean_that_one_school_makes_up_is_not_shown() -> None:
    """Of 12 schools one changes by 100 points, the others by 1; in the other class all by 5."""
    schools = pd.DataFrame(
        {"school_id": [f"s{number}" for number in range(30)], "matched": [0.0] * 18 + [0.3] * 12,
         "year": [5.0] * 18 + [100.0] + [1.0] * 11, "lot": 2.0}
    )  # fmt: skip
    shown = of_places.by_matched(comparison.by_matched(schools, rules=RULES), rules=GATE)
    assert shown["schools"].tolist() == [18, 12] and shown["lot"].tolist() == [2.0, 2.0]
    assert shown["year"].iloc[0] == 5.0 and np.isnan(shown["year"].iloc[1])


def test_a_year_compared_with_itself_does_not_swing(
    made: tuple[Year, Year, Situation, Procedure],
) -> None:
    _before, now, side, how = made
    made_of_one = comparison.swings(now, now, situation=side, how=how, rules=RULES)
    rows = made_of_one.children.set_index("scores")
    assert (rows.loc[["same seed", "computed twice"], "sd"] == 0).all()
    assert rows.loc["matched twice", "sd"] == rows.loc["another seed", "sd"] > 0
    assert rows.loc["one of each", "n"] == 0
    assert (made_of_one.schools["year"] == made_of_one.schools["lot"]).all()


def test_swings_of_few_children_are_not_shown() -> None:
    columns = ["scores", "n", "mean", "sd", "lower", "upper", "r", "crossing", "beyond"]
    rows = [
        ("few", 9, 0.1, 1.0, -1.0, 1.0, 0.5, 0.5, 0),
        ("some", 100, 0.1, 1.0, -1.0, 1.0, 0.5, 0.05, 5),
        ("many", 1000, 0.1, 1.0, -1.0, 1.0, 0.5, 0.05, 50),
    ]
    shown = of_places.swings(pd.DataFrame(rows, columns=columns), rules=GATE).set_index("scores")
    assert shown.loc["few"].isna().all()
    assert shown.loc["some", ["lower", "upper", "beyond", "crossing"]].isna().all()
    assert shown.loc["some", "sd"] == 1.0 and shown.loc["many"].notna().all()
