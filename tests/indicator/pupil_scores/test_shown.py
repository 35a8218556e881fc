"""Facts of children and scores: counts that add up, and exhibits that say what they show."""

from pathlib import Path

import country_files
import numpy as np
import pandas as pd
import pytest

from oablib import params, pupil_scores
from oablib.indicator.pupil_scores import Children, Education, Scores
from oablib.protocol import codebook
from oablib.report import children as tables_pupil_scores
from oablib.report import exhibit, table
from oablib.report import pupil_scores as figures_pupil_scores
from oablib.report.exhibit import About

ABOUT = About("children of a made-up country", "made up")
LARGEST_DRAWING = 150_000  # bytes, as of every figure
TABLE = codebook.load().table("cohort")
PUBLISHED = params.published("herijking2021")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("country")
    now = country_files.children(2000, seed=1)
    before = pd.concat([now.iloc[:1500], country_files.children(400, seed=2)])
    country_files.write(folder, before, year=2019)
    return country_files.write(folder, now, year=2020)


@pytest.fixture(scope="module")
def children(folder: Path) -> Children:
    return pupil_scores.read(folder, year=2020, book=codebook.load())


@pytest.fixture(scope="module")
def drawn(folder: Path, children: Children) -> Education:
    return country_files.drawn(folder, children, m=2, seed=1)


@pytest.fixture(scope="module")
def scores(children: Children, drawn: Education) -> Scores:
    options = {
        "indicator": country_files.indicator("indicator_2021"),
        "rules": pupil_scores.rules(),
    }
    return pupil_scores.score(children, drawn, seed=1, **options)


def test_children_who_came_stayed_and_left_add_up(folder: Path, children: Children) -> None:
    before = pupil_scores.read(folder, year=2019, book=codebook.load())
    count = pupil_scores.turnover(before, children).set_index("what")["children"]
    assert (count["children in 2019"], count["children in 2020"]) == (1900, 2000)
    assert count["left before 2020"] == 400 and count["new in 2020"] == 500
    assert count["pupils who changed school"] == 0
    assert tables_pupil_scores.turnover_table(count.reset_index(), about=ABOUT).groups


def test_absent_persons_are_counted_once(children: Children) -> None:
    frame = pupil_scores.registered(children)
    assert frame["children"].sum() == len(children)
    codes = children.codes
    alone = (codes["child_registered"] == 1) & (codes["mother_registered"] == 0)
    both = alone & (codes["father_registered"] == 0)
    count = frame.set_index("absent")["children"]
    assert count["both parents"] == both.sum()
    assert count["the mother"] == (alone & ~both).sum()
    assert tables_pupil_scores.registered_table(frame, about=ABOUT).groups


def test_known_education_is_shown_with_the_published_shares(children: Children) -> None:
    frame = pupil_scores.known_by_year(children, published=params.published("herziening2015"))
    table = frame.set_index(["parent", "years"])
    assert table.loc[("mother", 1), "published"] == 0.667
    assert table.loc[("father", 8), "published"] == 0.462
    years = children.numbers["years_enrolled"] == 3
    known = children.codes["education_father"] != 255
    assert table.loc[("father", 3), "known"] == pytest.approx(known[years].mean())
    figure = tables_pupil_scores.known_figure(frame, about=ABOUT)
    assert "after 8 years" in figure.alt and len(figure.svg) < LARGEST_DRAWING
    assert tables_pupil_scores.known_table(frame, about=ABOUT).groups
    assert pupil_scores.known_by_year(children, published=None)["published"].isna().all()


def test_known_and_drawn_levels_are_shares(children: Children, drawn: Education) -> None:
    frame = pupil_scores.levels(children, drawn, table=TABLE)
    sums = frame.groupby("variable")[["known", "drawn"]].sum()
    np.testing.assert_allclose(sums, 1)
    figure = tables_pupil_scores.levels_figure(frame, about=ABOUT)
    assert "lowest two levels" in figure.alt and len(figure.svg) < LARGEST_DRAWING


def test_every_score_is_in_one_bar(scores: Scores) -> None:
    frame = pupil_scores.distribution(scores)
    counts = frame.drop(columns="lower")
    assert counts.to_numpy().sum() == len(scores.score)
    figure = figures_pupil_scores.distribution_figure(frame, boundary=-1.5, about=ABOUT)
    assert "the boundary lies at −1.50" in figure.alt and len(figure.svg) < LARGEST_DRAWING


def test_schools_by_share_of_lent_scores_are_all_schools(
    children: Children, scores: Scores
) -> None:
    frame = pupil_scores.matched_by_school(children, scores)
    assert frame["schools"].sum() == len(np.unique(children.site[children.site >= 0]))
    assert frame["pupils"].sum() == (children.site >= 0).sum()
    assert figures_pupil_scores.matched_by_school_table(frame, about=ABOUT).groups


def test_both_indicators_are_shown() -> None:
    new, old = map(country_files.indicator, ("indicator_2021", "indicator_2019"))
    effects = pupil_scores.effects(new, old, published=PUBLISHED)
    table = effects.set_index("name")
    assert table.loc["origin", "current_from"] == "published"
    assert table.loc["education_father", "current_from"] == "derived"
    bounded = table.dropna(subset=["low"])
    assert bounded["current"].between(bounded["low"], bounded["high"]).all()
    assert figures_pupil_scores.effects_table(effects, about=ABOUT).groups
    both = pupil_scores.contributions_of(new, old, table=TABLE)
    assert (both["difference"] == both["new"] - both["current"]).all()
    assert figures_pupil_scores.contributions_table(both, about=ABOUT).groups


def test_answers_and_tables_hold_the_key_numbers(
    folder: Path, children: Children, scores: Scores
) -> None:
    country = pupil_scores.country_facts(children, source=pupil_scores.source(folder))
    registered = pupil_scores.registered(children)
    known = pupil_scores.known_by_year(children, published=None)
    text = tables_pupil_scores.answer(country, registered, known)
    assert "**2,000 children**" in text and "files of the data holder" in country["source"][0]
    assert "2,000 children on 1 October 2020" in exhibit.about_country(country).population
    sources = pupil_scores.sources(children, scores)
    text = figures_pupil_scores.answer(sources, boundary=-1.0, mean=2.5, many=3)
    assert "**3.50 points**" in text and "At 3 school sites" in text
    assert figures_pupil_scores.sources_table(sources, about=ABOUT).groups
    assert figures_pupil_scores.reuse_table(pupil_scores.reuse(scores), about=ABOUT).groups
    settings = table.settings_rows(pupil_scores.rules().shown)
    assert figures_pupil_scores.settings_table(settings).groups
    assert len(pupil_scores.score_facts({"new": scores})) == 1
