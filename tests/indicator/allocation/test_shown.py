"""Exhibits of the allocation say in words what they draw, and show no small school."""

import pandas as pd
import pytest
from allocation_cases import Country, country

from oablib import allocation
from oablib.indicator.allocation import settings
from oablib.report import allocation as tables_allocation
from oablib.report.exhibit import About, Exhibit

ABOUT = About("pupils of made-up schools", "made up")
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
def places(drawn: Country, rules: allocation.Rules) -> pd.DataFrame:
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
        score_t2=lambda each: each["score_t1"], A_t1=95.0, A_t2=95.0
    )
    return allocation.grants(frame, budget=1_000_000, rules=rules)


def cells(exhibit: Exhibit) -> list[list]:
    return exhibit.payload()["rows"]


def test_national_figures_of_both_populations_are_shown(means) -> None:
    rows = cells(tables_allocation.national_table({"schools": means, "both": means}, about=ABOUT))
    assert [row[0] for row in rows] == ["schools", "both"]
    assert rows[0][1:3] == [means.n, means.n_target]
    assert rows[0][6] == pytest.approx(means.C - means.G)


def test_hidden_schools_are_in_no_table_and_no_figure(schools: pd.DataFrame) -> None:
    hidden = set(schools.loc[schools["n_children"].isna(), "school_id"]) | {allocation.NOT_SHOWN}
    assert len(hidden) > 1
    rows = cells(tables_allocation.largest_schools_table(schools, about=ABOUT))
    assert hidden.isdisjoint(row[0] for row in rows)
    assert len(rows) == len(schools) - len(hidden)
    shown = schools[~schools["school_id"].isin(hidden)]
    counted = tables_allocation.sizes_figure(schools, about=ABOUT).numbers["sites"].sum()
    assert counted == (shown["n_children"] > 0).sum() == len(shown) - 1  # one has no pupils


def test_largest_come_first_under_their_names(places, names: pd.DataFrame) -> None:
    table = tables_allocation.largest_municipalities_table(places, names=names, about=ABOUT)
    scores = [row[-1] for row in cells(table)]
    assert scores == sorted(scores, reverse=True)
    assert all(row[0].startswith("in GM") for row in cells(table))


def test_accounts_end_with_their_sum(drawn: Country, rules: allocation.Rules) -> None:
    frame = allocation.accounted(drawn.children, drawn.sites, rules=rules)
    rows = cells(tables_allocation.accounted_table(frame, about=ABOUT))
    assert rows[-1] == ["all children", len(drawn.children)]


def test_grants_are_reported_with_the_number_at_the_minimum(divided: allocation.Grants) -> None:
    known = pd.DataFrame({"municipality": ["a", "b"], "name": ["Aa", "Bee"]})
    table = tables_allocation.grants_table(divided, names=known, about=ABOUT)
    assert [row[0] for row in cells(table)] == ["Aa", "Bee", "c"]
    assert "1 of 3 municipalities are lifted" in table.note
    text = tables_allocation.answer_grants(divided)
    assert "**1 of 3 municipalities**" in text and "**9,454.55 euro**" in text


def test_rules_are_shown_with_their_sources() -> None:
    html = tables_allocation.settings_table(settings())._repr_html_()
    assert "GOAB-besluit art. 4(2)" in html and "in force from" in html


def test_figures_are_small_and_reported_in_words(schools, places, means, names) -> None:
    named = tables_allocation.named(places, names)
    zeros = int(((schools["achterstandsscore"] == 0) & (schools["n_children"] > 0)).sum())
    figures = {
        f"{zeros} of": tables_allocation.scores_figure(schools, about=ABOUT),
        "Mean scores by size": tables_allocation.sizes_figure(schools, about=ABOUT),
        "in GM": tables_allocation.municipalities_figure(named, about=ABOUT),
        "one above it nothing": tables_allocation.cliff_figure(means, about=ABOUT),
    }
    for text, figure in figures.items():
        assert text in figure.alt
        assert len(figure.svg) < LARGEST_DRAWING
        assert len(figure.numbers) > 0


def test_a_country_that_may_show_nothing_has_its_figures(schools: pd.DataFrame) -> None:
    nothing = schools[schools["n_children"].isna()]
    assert "No score is above 0" in tables_allocation.scores_figure(nothing, about=ABOUT).alt
    assert "no site may be shown" in tables_allocation.sizes_figure(nothing, about=ABOUT).alt


def test_the_step_at_the_boundary_is_the_distance_to_the_mean(means) -> None:
    numbers = tables_allocation.cliff_figure(means, about=ABOUT).numbers
    assert numbers["adds"].tolist()[1:] == pytest.approx([means.C - means.boundary, 0, 0])


def test_the_answer_counts_places_and_names_the_step(schools, places, means) -> None:
    text = tables_allocation.answer(schools, places, of_schools=means)
    above = int((places["achterstandsscore"] > 0).sum())
    assert f"**{above} of {len(places)} municipalities**" in text
    assert f"**{means.C - means.boundary:.2f} points**" in text
