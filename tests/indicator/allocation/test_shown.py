"""Exhibits of the allocation: descriptions in words, and no small school."""

import pandas as pd
import pytest
from allocation_cases import Country, country

from oablib import allocation
from oablib.indicator.allocation import settings
from oablib.protocol import codebook
from oablib.report import allocation as report
from oablib.report.exhibit import About, Exhibit

ABOUT = About("pupils of made-up schools", "made up", drawn=True)
LARGEST_DRAWING = 150_000  # bytes, as of every figure


@pytest.fixture(scope="module")
def rules() -> allocation.Rules:
    return allocation.rules()


@pytest.fixture(scope="module")
def drawn() -> Country:
    return country(8)


@pytest.fixture(scope="module")
def schools(drawn: Country, rules: allocation.Rules) -> pd.DataFrame:
    table = allocation.schools(drawn.children, drawn.sites, rules=rules)
    return allocation.shown(table, drawn.sites, rules=rules)


@pytest.fixture(scope="module")
def municipalities(drawn: Country, rules: allocation.Rules) -> pd.DataFrame:
    frames = (drawn.children, drawn.sites, drawn.municipalities)
    return allocation.municipalities(*frames, rules=rules)


@pytest.fixture(scope="module")
def means(drawn: Country, rules: allocation.Rules) -> allocation.National:
    return allocation.national_of_schools(drawn.children, drawn.sites, rules=rules)


@pytest.fixture(scope="module")
def names(drawn: Country) -> pd.DataFrame:
    return drawn.municipalities.assign(name="in " + drawn.municipalities["municipality"])


@pytest.fixture(scope="module")
def divided(rules: allocation.Rules) -> allocation.Grants:
    frame = pd.DataFrame({"municipality": ["a", "b", "c"], "score_t1": [90.0, 9.0, 1.0]}).assign(
        score_t2=lambda frame: frame["score_t1"], A_t1=95.0, A_t2=95.0
    )
    return allocation.grants(frame, budget=1_000_000, rules=rules)


def cells(exhibit: Exhibit) -> list[list]:
    return exhibit.payload()["rows"]


def test_national_figures_of_both_populations_are_side_by_side(means) -> None:
    rows = cells(report.national_table({"schools": means, "both": means}, about=ABOUT))
    assert [row[0] for row in rows] == ["schools", "both"]
    assert rows[0][1:3] == [means.n, means.n_target]
    assert rows[0][6] == pytest.approx(means.C - means.G)


def test_hidden_schools_are_in_no_table_and_no_figure(schools: pd.DataFrame) -> None:
    hidden = set(schools.loc[schools["n_children"].isna(), "school_id"]) | {allocation.NOT_SHOWN}
    assert len(hidden) > 1
    rows = cells(report.largest_schools_table(schools, about=ABOUT))
    assert hidden.isdisjoint(row[0] for row in rows)
    assert len(rows) == len(schools) - len(hidden)
    shown = schools[~schools["school_id"].isin(hidden)]
    counted = report.sizes_figure(schools, about=ABOUT).numbers["school sites"].sum()
    assert counted == (shown["n_children"] > 0).sum() == len(shown) - 1  # one has no pupils


def test_largest_come_first_under_their_names(municipalities, names: pd.DataFrame) -> None:
    named = report.named(municipalities, names)
    rows = cells(report.municipalities_figure(named, about=ABOUT))
    scores = [row[-1] for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert all(row[0].startswith("in GM") for row in rows)


def test_accounts_end_with_their_sum(drawn: Country, rules: allocation.Rules) -> None:
    frame = allocation.accounted(drawn.children, drawn.sites, rules=rules)
    rows = cells(report.accounted_table(frame, about=ABOUT))
    assert rows[-1] == ["all children", len(drawn.children)]
    assert all(row[1] > 0 for row in rows)


def test_grants_are_shown_under_names(divided: allocation.Grants) -> None:
    known = pd.DataFrame({"municipality": ["a", "b"], "name": ["Aa", "Bee"]})
    counts = pd.DataFrame({"municipality": ["a", "b", "c"], "n_children": 9, "n_target": 2.0})
    table = report.grants_table(divided, municipalities=counts, names=known, about=ABOUT)
    assert [row[0] for row in cells(table)] == ["Aa", "Bee", "c"]


def test_rules_are_shown_in_words_with_their_sources() -> None:
    table = report.rules_table(settings(), codebook=codebook.load())
    rows = {row[0]: row[1:] for row in cells(table)}
    assert rows["minimum grant"] == ["€64,000 a year", 2019, "GOAB-besluit art. 4(2)"]
    assert rows["equal scores at the boundary"][-1] == "own choice"
    assert rows["excluded schools"][0].startswith("school for children of travelling families")
    assert not any("_" in str(cell) for row in cells(table) for cell in row)


def test_figures_are_small_and_described_in_words(schools, municipalities, means, names) -> None:
    named = report.named(municipalities, names)
    zeros = int(((schools["achterstandsscore"] == 0) & (schools["n_children"] > 0)).sum())
    figures = {
        f"{zeros} of": report.scores_figure(schools, about=ABOUT),
        "Mean scores by thirds of size": report.sizes_figure(schools, about=ABOUT),
        "in GM": report.municipalities_figure(named, about=ABOUT),
        "one above it nothing": report.cliff_figure(means, about=ABOUT),
    }
    for text, figure in figures.items():
        assert text in figure.alt
        assert len(figure.svg) < LARGEST_DRAWING
        assert len(figure.numbers) > 0


def test_a_country_that_may_show_nothing_has_its_figures(schools: pd.DataFrame) -> None:
    nothing = schools[schools["n_children"].isna()]
    assert "No score is above 0" in report.scores_figure(nothing, about=ABOUT).alt
    assert "No site may be shown" in report.sizes_figure(nothing, about=ABOUT).alt


def test_the_step_at_the_boundary_is_the_distance_to_the_mean(means) -> None:
    numbers = report.cliff_figure(means, about=ABOUT).numbers
    assert numbers["contribution to A (points)"].tolist()[1:] == pytest.approx(
        [means.C - means.boundary, 0, 0]
    )
