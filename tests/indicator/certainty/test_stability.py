"""Stability of schools' scores: each variant is a run with other rules, compared by hand."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import country_files
import numpy as np
import pandas as pd
import pytest

from oablib import allocation, pupil_scores
from oablib.base import language
from oablib.indicator import certainty
from oablib.indicator.certainty import settings, stability
from oablib.indicator.certainty.layout import Layout
from oablib.protocol import codebook
from oablib.report.certainty import stability as report
from oablib.report.exhibit import About

RULES = replace(settings.rules(), seeds=2)
LAW, SCORES = allocation.rules(), pupil_scores.rules()
SEED, M = 7, 4
CENT = 0.011  # points: scores of schools are rounded to cents, those of draws are not
SAME = 1e-9  # of sums of some thousand numbers in another order
ABOUT = About("3,000 children", "made up", drawn=True)

Made = tuple[Layout, Path, pd.DataFrame]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("country")
    country_files.write(folder, country_files.children(3000, seed=1), year=2020)
    children = pupil_scores.read(folder, year=2020, book=codebook.load())
    rule = replace(SCORES.education, iterations=1)
    country_files.drawn(folder, children, m=M, seed=3, rule=rule)
    path = next(folder.glob("*draw*.parquet"))
    layout = certainty.lay_out(
        children, path, indicator=country_files.indicator("indicator_2021"), rules=SCORES,
        law=LAW, seed=SEED,
    )  # fmt: skip
    table = stability.beside_variants(layout, path, before=None, rules=RULES, seed=SEED)
    return layout, path, table.set_index(["what", "value"])


def sites(layout: Layout, path: Path, **changed: object) -> pd.Series:
    """Scores of sites with pupils by the run's own functions, with something changed."""
    drawn = changed.pop("drawn", None) or pupil_scores.averaged(path, layout.children)
    options = {"rules": SCORES, "seed": SEED, **changed}
    scores = pupil_scores.score(layout.children, drawn, indicator=layout.indicator, **options)
    frame = layout.children.frame(score=scores.score)
    table = allocation.schools(frame, layout.children.sites, rules=LAW)
    return table[table["n_children"] > 0].set_index("school_id")["achterstandsscore"]


def moved(one: pd.Series, other: pd.Series) -> float:
    total = sum(one)
    return sum(abs(b * total / sum(other) - a) for a, b in zip(one, other, strict=True)) / 2 / total


@pytest.mark.parametrize(
    ("row", "matching"),
    [
        (("donors", "1"), {"donors": 1}),
        (("donors", "20"), {"donors": 20}),
        (("cells", "none"), {"cells": ()}),
        (("cells", "child_group, urbanity"), {"cells": ("child_group", "urbanity")}),
    ],
)
def test_other_rules_of_matching_are_runs_with_these_rules(
    made: Made, row: tuple[str, str], matching: dict
) -> None:
    layout, path, table = made
    rules = replace(SCORES, matching=replace(SCORES.matching, **matching))
    one, other = sites(layout, path), sites(layout, path, rules=rules)
    assert table.loc[row, "moved"] == pytest.approx(moved(one, other), abs=SAME)
    either = [(a, b) for a, b in zip(one, other, strict=True) if a > 0 or b > 0]
    assert table.loc[row, "sites"] == len(either)
    assert table.loc[row, "crossing"] == sum((a > 0) != (b > 0) for a, b in either)
    ranks = pd.DataFrame(either).rank()
    assert table.loc[row, "rank"] == pytest.approx(np.corrcoef(ranks[0], ranks[1])[0, 1])


def test_another_seed_is_the_mean_of_runs_with_these_seeds(made: Made) -> None:
    layout, path, table = made
    one = sites(layout, path)
    others = [moved(one, sites(layout, path, seed=SEED + number)) for number in (1, 2)]
    assert table.loc[("seed", "2"), "moved"] == pytest.approx(np.mean(others), abs=SAME)


def test_draws_differ_as_their_variance_says(made: Made) -> None:
    layout, path, table = made
    rounds = [
        sites(layout, path, drawn=drawn, matches=layout.early.matches)
        for drawn in pupil_scores.education.rounds(path, layout.children)
    ]
    spread = np.std(rounds, axis=0, ddof=1)
    total = np.mean(rounds, axis=0).sum()
    assert len(rounds) == M
    for m in RULES.imputations:
        # Mean absolute difference of two normal means of m draws: 2 s / sqrt(pi m).
        expected = (2 * spread / np.sqrt(np.pi * m)).sum() / 2 / total
        slack = 2 * CENT * len(spread) / total
        assert table.loc[("late", str(m)), "moved"] == pytest.approx(expected, abs=slack)


def test_halves_of_the_draws_are_counted_apart(made: Made) -> None:
    layout, path, table = made
    halves = stability._halves(layout, path)
    whole = pupil_scores.averaged(path, layout.children)
    for name, counts in whole.counts.items():
        assert (halves[0].counts[name] + halves[1].counts[name] == counts).all()
        assert (halves[0].counts[name].sum(axis=1) == M // 2).all()
    pair = (sites(layout, path, drawn=half, matches=layout.early.matches) for half in halves)
    assert table.loc[("draws", str(M // 2)), "moved"] == pytest.approx(moved(*pair), abs=SAME)


def test_a_run_is_stable_against_itself(made: Made) -> None:
    layout = made[0]
    usual = stability.outcome(layout.children, layout.early.score, law=LAW)
    row = stability.compared(usual, usual)
    assert (row["moved"], row["crossing"], row["children"]) == (0, 0, 0)
    assert row["rank"] == pytest.approx(1)


def frame(**moved_by: float) -> pd.DataFrame:
    values = {"seed": 0.016, "donors": 0.02, "cells": 0.04, "draws": 0.03, "year": 0.06} | moved_by
    names = {"seed": "5", "donors": "20", "cells": "child_group, urbanity", "draws": "5"}
    rows = [(what, names.get(what, "1"), 0.98, by, 60.0, 2600.0) for what, by in values.items()]
    rows += [("late", m, np.nan, by, np.nan, 90.0) for m, by in (("5", 0.025), ("50", 0.008))]
    return pd.DataFrame(rows, columns=["what", "value", "rank", "moved", "crossing", "sites"])


@pytest.mark.parametrize(
    ("change", "texts"),
    [
        (lambda f: f, ["donors alike in toddler or pupil and urbanity (4.0%)", "60 of 2,600 sites",
                       "more than by any of these", "The order of schools lasts", "50 by 0.8%"]),
        (lambda f: f.assign(moved=f["moved"].mask(f["what"] == "year", 0.01)), ["no more than by"]),
        (lambda f: f.assign(rank=0.9), ["The order of schools does not last"]),
        (lambda f: f.assign(crossing=np.nan), ["Another seed alone moves 1.6% of all points betw"]),
        (lambda f: f.assign(moved=np.nan), ["No school has a score that could move."]),
    ],
)  # fmt: skip
def test_what_moves_most_and_whether_scores_last_is_said(
    change: Callable[[pd.DataFrame], pd.DataFrame], texts: list[str]
) -> None:
    given = change(frame())
    found = report.stability_finding(given, rules=RULES)
    assert all(text in found for text in texts) and "nan" not in found
    with language.use("nl"):
        assert report.stability_finding(given, rules=RULES) != found
    table = report.stability_table(given.assign(children=0.01), rules=RULES, about=ABOUT)
    rows = table.groups[0][1]
    assert [row[0] for row in rows][:2] == ["another seed", "one of the 20 nearest donors"]
    # Numbers of sites that were never counted are not said to be of too few.
    assert "–" in rows[-1] and "·" not in rows[-1]
