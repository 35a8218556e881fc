"""Reports on children and scores: counts that add up, and exhibits with descriptions."""

from dataclasses import replace
from pathlib import Path

import country_files
import numpy as np
import pandas as pd
import pytest

from oablib import params, pupil_scores
from oablib.base import language
from oablib.indicator.pupil_scores import Children, Education, Provenance, Scores
from oablib.protocol import codebook, models
from oablib.report import children as children_report
from oablib.report import exhibit, labels
from oablib.report import pupil_scores as report
from oablib.report.exhibit import About

ABOUT = About("children of a made-up country", "made up", drawn=True)
LARGEST_DRAWING = 150_000  # bytes, as of every figure
TABLE = codebook.load().table("cohort")
PUBLISHED = params.published("herijking2021")
LABELS = labels.labels(TABLE, [models.load("base")])
DAYS = pupil_scores.rules().reference_date


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
    indicator, rules = country_files.indicator("indicator_2021"), pupil_scores.rules()
    return pupil_scores.score(children, drawn, indicator=indicator, rules=rules, seed=1)


def test_children_who_came_stayed_and_left_add_up(folder: Path, children: Children) -> None:
    before = pupil_scores.read(folder, year=2019, book=codebook.load())
    count = pupil_scores.turnover(before, children).set_index("what")["children"]
    assert (count["before"], count["now"]) == (1900, 2000)
    assert count["left"] == 400 and count["new"] == 500
    assert count["changed_school"] == 0
    dates = {"before": DAYS(2019), "now": DAYS(2020)}
    shown = children_report.turnover_table(count.reset_index(), about=ABOUT, **dates)
    assert shown.groups[0][1][-1] == ("children on 1 October 2020", "2,000")


def test_sites_are_those_of_the_files_less_those_left_out(children: Children) -> None:
    types = children.sites.assign(school_type=np.where(children.sites.index == 0, 2, 1))
    one_is_excluded = replace(children, sites=types)
    frame = pupil_scores.sites_counted(one_is_excluded, excluded=[2], published=PUBLISHED)
    by_what = frame.set_index("what")
    count = by_what["sites"]
    assert count["listed"] == count["with_pupils"] + count["empty"] == len(children.sites)
    assert count["counted"] == count["with_pupils"] - count["excluded"] == 11
    assert by_what.loc["with_pupils", "published"] == 6248
    assert "published" not in pupil_scores.sites_counted(children, excluded=[], published=None)


def test_absent_persons_are_counted_once(children: Children) -> None:
    frame = pupil_scores.registered(children)
    assert frame["children"].sum() == len(children)
    codes = children.codes
    alone = (codes["child_registered"] == 1) & (codes["mother_registered"] == 0)
    both = alone & (codes["father_registered"] == 0)
    count = frame.set_index("absent")["children"]
    assert count["parents"] == both.sum()
    assert count["mother"] == (alone & ~both).sum()
    assert children_report.registered_table(frame, about=ABOUT).groups


def test_known_education_is_beside_the_published_shares(children: Children) -> None:
    frame = pupil_scores.known_by_year(children, published=params.published("herziening2015"))
    known_by = frame.set_index(["parent", "years"])
    assert known_by.loc[("mother", 1), "published"] == 0.667
    assert known_by.loc[("father", 8), "published"] == 0.462
    years = children.numbers["years_enrolled"] == 3
    known = children.codes["education_father"] != 255
    assert known_by.loc[("father", 3), "known"] == pytest.approx(known[years].mean())
    figure = children_report.known_figure(frame, labels=LABELS, about=ABOUT)
    assert "in year 8" in figure.alt and len(figure.svg) < LARGEST_DRAWING
    assert pupil_scores.known_by_year(children, published=None)["published"].isna().all()


def test_known_and_drawn_levels_are_shares(children: Children, drawn: Education) -> None:
    frame = pupil_scores.levels(children, drawn, table=TABLE)
    sums = frame.groupby("variable")[["known", "drawn"]].sum()
    np.testing.assert_allclose(sums, 1)
    figure = children_report.levels_figure(frame, labels=LABELS, about=ABOUT)
    assert "two lowest levels" in figure.alt and len(figure.svg) < LARGEST_DRAWING


def test_every_score_is_in_one_bar(scores: Scores) -> None:
    frame = pupil_scores.distribution(scores)
    counts = frame.drop(columns=["lower", "upper"])
    assert counts.to_numpy().sum() == (scores.provenance != Provenance.ASYLUM).sum()
    figure = report.distribution_figure(frame, boundary=-1.5, about=ABOUT)
    assert "the boundary is at −1.5" in figure.alt and len(figure.svg) < LARGEST_DRAWING


def test_schools_by_share_of_scores_from_donors_are_all_schools(
    children: Children, scores: Scores
) -> None:
    frame = pupil_scores.matched_by_school(children, scores)
    assert frame["schools"].sum() == len(np.unique(children.site[children.site >= 0]))
    assert frame["pupils"].sum() == (children.site >= 0).sum()
    assert report.matched_by_school_table(frame, about=ABOUT).groups


def test_both_indicators_are_side_by_side() -> None:
    new, old = map(country_files.indicator, ("indicator_2021", "indicator_2019"))
    effects = pupil_scores.effects(new, old, published=PUBLISHED)
    by_name = effects.set_index("name")
    assert by_name.loc["origin", "current_from"] == "published"
    assert by_name.loc["education_father", "current_from"] == "derived"
    bounded = by_name.dropna(subset=["low"])
    assert bounded["current"].between(bounded["low"], bounded["high"]).all()
    three = {"new": new, "beside": None, "current": old}
    shown = report.effects_table(effects, **three, labels=LABELS, about=ABOUT)
    assert [text for text, _ in shown.headings][:2] == ["predictor", "Indicator of 2021 (applied)"]
    both = pupil_scores.contributions_of(new, old, table=TABLE)
    assert (both["difference"] == both["new"] - both["current"]).all()
    assert list(dict.fromkeys(both["variable"]))[:2] == ["education_father", "education_mother"]
    pair = {"new": new, "current": old}
    assert report.contributions_table(both, **pair, labels=LABELS, about=ABOUT).groups


def test_the_published_indicator_is_that_of_its_model_file() -> None:
    published = pupil_scores.of_published(models.load("base"), table=TABLE, published=PUBLISHED)
    given = country_files.indicator("indicator_2021")
    assert published is not None and published.effects == given.effects
    for name, values in given.values.items():
        np.testing.assert_array_equal(published.values[name], values)
    fewer = {**PUBLISHED, "direct_effects": {}}
    assert pupil_scores.of_published(models.load("base"), table=TABLE, published=fewer) is None


def test_the_same_scores_have_the_same_lowest_children(scores: Scores) -> None:
    pair = {"new": scores, "beside": replace(scores, score=2 * scores.score)}
    row = pupil_scores.agreement(pair, applied="new", share=0.15).iloc[0]
    assert row["same"] == 1 and row["correlation"] == pytest.approx(1)
    turned = {"new": scores, "beside": replace(scores, score=-scores.score)}
    row = pupil_scores.agreement(turned, applied="new", share=0.15).iloc[0]
    assert row["same"] == 0 and row["correlation"] == pytest.approx(-1)
    assert pupil_scores.agreement({"new": scores}, applied="new", share=0.15).empty


def test_answers_and_tables_hold_the_key_numbers(
    folder: Path, children: Children, scores: Scores
) -> None:
    origin = pupil_scores.origin(folder)
    country = pupil_scores.country_facts(children, origin=origin, date=DAYS(2020))
    registered = pupil_scores.registered(children)
    known = pupil_scores.known_by_year(children, published=None)
    text = children_report.answer(country, registered, known)
    assert "**2,000 children**" in text and "files of the data holder" in country["source"][0]
    population = exhibit.about_country(country).population
    assert "2,000 children on 1 October 2020" in str(population)
    with language.use("nl"):
        assert "2.000 kinderen op 1 oktober 2020" in str(population)
    later = country.assign(reference_date=DAYS(2022).isoformat())
    assert "on 1 February 2022" in str(exhibit.about_country(later).population)
    sources = pupil_scores.sources(children, scores)
    rows = report.sources_table(sources, about=ABOUT).groups[0][1]
    counts = [(scores.provenance == source).sum() for source in Provenance]
    shares = [float(row[2].removesuffix("%")) for row in rows]
    # Of the 2,000 children in the files; one decimal is shown.
    assert shares == pytest.approx([count / 20 for count in counts], abs=0.0501)
    assert report.settings_table(pupil_scores.rules(), labels=LABELS).groups
    assert len(pupil_scores.score_facts({"new": scores})) == 1


def test_margins_count_pupils_known_or_drawn(children: Children, drawn: Education) -> None:
    names = ["education_mother", "origin", "absent"]
    found = pupil_scores.margins(children, drawn, names=names, table=TABLE)
    assert list(dict.fromkeys(found["variable"])) == names[:2]
    pupils = [row for row in range(len(children)) if not children.toddler[row]]
    of_row = {row: at for at, row in enumerate(drawn.rows["education_mother"])}
    counts = dict.fromkeys(range(1, 9), 0.0)
    for row in pupils:
        code = int(children.codes["education_mother"][row])
        for level in counts:
            if code == level:
                counts[level] += 1
            elif row in of_row:
                counts[level] += drawn.counts["education_mother"][of_row[row]][level] / drawn.m
    part = found[found["variable"] == "education_mother"].set_index("code")
    total = sum(counts.values())
    for level, count in counts.items():
        assert part.loc[level, "share"] == pytest.approx(count / total)
    assert part["n"].iloc[0] == round(total)
