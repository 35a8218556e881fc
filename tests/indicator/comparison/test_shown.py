"""The report on the comparison: numbers beside published ones, and descriptions of figures."""

import re
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from oablib import comparison, params
from oablib.indicator.comparison import Density, Relative, Rules
from oablib.protocol import codebook
from oablib.protocol.codebook import Table
from oablib.report import causes
from oablib.report import comparison as report
from oablib.report.comparison import scores
from oablib.report.exhibit import About, Figure
from oablib.report.exhibit import Table as Shown

ABOUT = About("400 schools", "made up", drawn=True)
LARGEST = 400_000  # bytes of a drawing of all schools of a country
COUNTRY = 6_248  # school sites in 2020
PUBLISHED = params.published("herijking2021")
NAMES = {"GM0001": "Rotterdam", "GM0002": "<b>Town", "GM0003": "Village"}


@dataclass(frozen=True, slots=True)
class Made:
    """Everything that is shown, for one small country."""

    rules: Rules
    book: Table
    pairs: pd.DataFrame
    parts: pd.DataFrame
    profile: pd.DataFrame
    differences: pd.DataFrame
    cutoff: pd.DataFrame
    density: Density
    municipal: pd.DataFrame
    relative: Relative
    late: pd.DataFrame

    @property
    def causes(self) -> pd.DataFrame:
        return comparison.causes_summary(self.parts)

    @property
    def crosstable(self) -> pd.DataFrame:
        return comparison.crosstable(self.pairs, published=PUBLISHED)

    @property
    def bands(self) -> pd.DataFrame:
        return comparison.bands(self.pairs, rules=self.rules, published=PUBLISHED)

    @property
    def classes(self) -> pd.DataFrame:
        return comparison.classes(self.pairs, rules=self.rules, published=PUBLISHED)


def schools(rng: np.random.Generator, *, n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pairs of schools, and their change by two causes."""
    ids = [f"{number // 100:02d}AB{number % 100:02d}" for number in range(n)]
    current = np.maximum(0, rng.normal(0, 150, n))
    moved = {"coefficients": rng.normal(0, 5, n), "imputation": rng.standard_t(3, n) * 9}

    def value(chosen: frozenset[str]) -> np.ndarray:
        return np.maximum(0, current + sum(moved[cause] for cause in sorted(chosen)))

    sides = (
        pd.DataFrame({"school_id": ids, "achterstandsscore": value(frozenset(chosen))})
        for chosen in ((), moved)
    )
    rules = comparison.rules()
    pairs = comparison.standardised(*sides, key="school_id", rules=rules)
    parts = comparison.shapley(list(moved), value=value)
    return pairs, comparison.decomposed(parts, pairs, keys=ids, rules=rules)


def pupils(rng: np.random.Generator, ids: pd.Series, *, n: int) -> pd.DataFrame:
    codes = {
        "provenance": [0, 0, 0, 1], "origin": range(1, 9), "residence_mother": range(3),
        "debt_restructuring": range(2), "education_father": range(1, 9),
        "education_mother": range(1, 9),
    }  # fmt: skip
    frame = pd.DataFrame({name: rng.choice(list(values), n) for name, values in codes.items()})
    schools = rng.integers(0, len(ids), n)
    frame["school_id"] = pd.Categorical.from_codes(schools, list(ids))
    months = rng.choice([0, 202009, 202010, 202012], n, p=[0.97, 0.01, 0.01, 0.01])
    frame["joined"] = rng.random(n) < 0.1
    return frame.assign(toddler=False, asylum=(months > 0).astype(int), asylum_registered=months)


@pytest.fixture(scope="module")
def made() -> Made:
    rng, rules = np.random.default_rng(2021), comparison.rules()
    book = codebook.load().table("cohort")
    pairs, parts = schools(rng, n=400)
    children = pupils(rng, pairs["school_id"], n=20_000)
    current = rng.normal(0, 3, 20_000)
    new = current + rng.normal(-0.04, 0.84, 20_000)
    table = pd.DataFrame({"municipality": list(NAMES), "achterstandsscore": [900.0, 80.0, 0.0]})
    other = table.assign(achterstandsscore=[850.0, 90.0, 5.0])
    municipal = comparison.standardised(table, other, key="municipality", rules=rules)
    options = {"rules": rules, "published": PUBLISHED}
    return Made(
        rules=rules, book=book, pairs=pairs, parts=parts,
        profile=comparison.profile(children, pairs, table=book, imputed=[1], rules=rules),
        differences=comparison.score_differences(
            current, new, children["provenance"].to_numpy(), imputed=[1], **options
        ),
        cutoff=comparison.cutoff(current, new, boundaries=(-3, -2.9), published=PUBLISHED),
        density=comparison.density(current, new, rules=rules),
        municipal=municipal,
        relative=comparison.relative(municipal, municipal, **options),
        late=comparison.late_registrations(children, reference=202009, **options),
    )  # fmt: skip


def all_tables(made: Made) -> list[Shown]:
    options = {"rules": made.rules, "about": ABOUT}
    return [
        report.score_differences_table(made.differences, **options),
        report.cutoff_table(made.cutoff, about=ABOUT),
        report.crosstable_table(made.crosstable, about=ABOUT),
        report.classes_table(made.classes, **options),
        report.relative_table(made.relative.summary, **options),
        causes.causes_table(made.causes, about=ABOUT),
        causes.profile_table(made.profile, table=made.book, **options),
        causes.late_registrations_table(made.late, about=ABOUT),
    ]


def all_figures(made: Made) -> list[Figure]:
    changes = comparison.distribution(made.pairs, rules=made.rules)
    return [
        report.density_figure(made.density, about=ABOUT),
        crowds_figure(made.pairs, what="schools"),
        crowds_figure(made.municipal, what="municipalities"),
        report.changes_figure(changes, what="schools", about=ABOUT),
        causes.causes_figure(made.causes, about=ABOUT),
        causes.profile_figure(made.profile, table=made.book, rules=made.rules, about=ABOUT),
    ]


def crowds_figure(pairs: pd.DataFrame, *, what: str) -> Figure:
    rules = comparison.rules()
    crowds = comparison.crowds(pairs, steps=rules.steps_schools, rules=rules)
    return report.crowds_figure(crowds, pairs, what=what, about=ABOUT)


def row(table: Shown, name: str) -> list[str]:
    return next(list(row) for _, rows in table.groups for row in rows if row[0] == name)


def test_every_exhibit_has_its_own_name_and_names_its_population(made: Made) -> None:
    shown = [*all_tables(made), *all_figures(made)]
    assert len({exhibit.label for exhibit in shown}) == len(shown) == 14
    for exhibit in shown:
        assert exhibit.about_line.endswith("400 schools; source: made up. Synthetic data.")
        assert "_" not in " ".join(map(str, exhibit.numbers))


def test_published_figures_are_beside(made: Made) -> None:
    tables = {table.label.removeprefix("tbl-"): table for table in all_tables(made)}
    printed = dict(tables["score-differences"].groups)["Published"][0]
    assert list(printed) == ["all", "–", "−0.04", "0.84", "−1.72", "1.64", "0.97"]
    assert "not shown" not in tables["score-differences"].note
    assert row(tables["cutoff"], "shift of the boundary (points)")[1:] == ["0.10", "0.13"]
    assert row(tables["crosstable"], "zero")[4] == "3,577"
    assert row(tables["cutoff"], "shift less mean change (points)")[2] == "0.17"
    assert list(tables["classes"].groups[0][1][0])[3:] == ["less than −47.7", "107", "4.0%"]
    assert row(tables["relative"], "relative change, upper bound (%)")[2] == "22.0"
    late = row(tables["late-registrations"], "published")
    assert late[1:6] == ["–", "44", "41", "3", "–"]  # what it does not say, it does not hide


def test_without_published_figures_there_is_nothing_beside(made: Made) -> None:
    bare = [
        report.crosstable_table(comparison.crosstable(made.pairs), about=ABOUT),
        report.classes_table(
            comparison.classes(made.pairs, rules=made.rules), rules=made.rules, about=ABOUT
        ),
        report.cutoff_table(made.cutoff.drop(columns="published"), about=ABOUT),
    ]
    assert not any("published" in name for table in bare for name, _ in table.headings)


def test_origins_of_a_profile_have_the_labels_of_the_codebook(made: Made) -> None:
    shown = causes.profile_table(made.profile, table=made.book, rules=made.rules, about=ABOUT)
    names = [cells[0] for cells in shown.groups[0][1]]
    assert names[-1] == "Origin Turkey" and len(names) == 10 + 8
    assert row(shown, "Schools")[-1] == "400"
    assert row(shown, "Scores imputed from a donor")[-1].startswith("2")  # a quarter


def test_figures_are_described_in_words_and_numbers(made: Made) -> None:
    texts = {figure.label: figure.alt for figure in all_figures(made)}
    for name, text in texts.items():
        is_few = name == "fig-crowds-municipalities"  # three of them
        assert is_few or sum(character.isdigit() for character in text) >= 4
        assert text.endswith(".") and "nan" not in text
    moving = comparison.not_zero_under_both(made.pairs)
    gain = int((moving["change"] > 0).sum())
    assert (
        f"Of {len(moving)} with a score above zero by either indicator {gain} lie above"
        in (texts["fig-crowds-schools"])
    )
    assert texts["fig-crowds-municipalities"].endswith("Few lie above the line, or below it.")
    assert "imputation: size " in texts["fig-causes"] and "lose most −" in texts["fig-causes"]


def test_all_schools_of_a_country_make_a_small_drawing_of_crowds() -> None:
    pairs, _ = schools(np.random.default_rng(4), n=COUNTRY)
    drawn = crowds_figure(pairs, what="schools")
    assert len(drawn.svg) < LARGEST
    assert drawn.numbers["schools"].min() >= comparison.rules().density_fewest
    not_drawn = int(re.search(r"([\d,]+) in places with fewer", drawn.note)[1].replace(",", ""))
    moving = comparison.not_zero_under_both(pairs)
    assert drawn.numbers["schools"].sum() + not_drawn == len(moving)


def test_no_pair_of_scores_of_a_school_is_drawn(made: Made) -> None:
    """Dots are in the middle of their cell, wherever its schools are."""
    rules = made.rules
    crowds = comparison.crowds(made.pairs, steps=rules.steps_schools, rules=rules)
    assert (crowds.table["n"] >= rules.density_fewest).all()
    pairs = set(map(tuple, made.pairs[["current", "new"]].round(6).to_numpy()))
    drawn = set(map(tuple, crowds.table[["current", "new"]].round(6).to_numpy()))
    assert drawn and not drawn & pairs


def test_equal_numbers_in_another_order_are_equal_bytes(made: Made) -> None:
    shuffled = made.pairs.sample(frac=1, random_state=1)
    first, again = (crowds_figure(pairs, what="schools") for pairs in (made.pairs, shuffled))
    assert first.payload() == again.payload()


def test_cells_of_a_density_are_joined_without_loss(made: Made) -> None:
    """The outline of all cells covers what the cells cover."""
    table, width = made.density.table, made.density.width
    path = scores._outline(table, width)
    corners = path.vertices.reshape(-1, 5, 2)
    sizes = np.ptp(corners, axis=1).prod(axis=1)
    assert sizes.sum() == pytest.approx(len(table) * width**2)
    assert len(corners) < len(table)
    middles = table[["x", "y"]].to_numpy() + width / 2
    assert path.contains_points(middles).all()


def test_a_density_without_cells_of_some_class_has_its_figure(made: Made) -> None:
    table = pd.DataFrame({"x": [0.0, 0.5, 1.0], "y": [0.0, 0.5, 1.0], "n": [10, 12, 500]})
    drawn = report.density_figure(replace(made.density, table=table), about=ABOUT)
    assert "(500)" in drawn.alt


def test_a_country_where_nobody_is_far_out_still_has_its_figures(made: Made) -> None:
    calm = replace(made.rules, extreme_sds=99)
    groups = made.parts.assign(group="others")
    summary = comparison.causes_summary(groups)
    assert causes.causes_table(summary, about=ABOUT).groups
    assert causes.causes_figure(summary, about=ABOUT).svg
    children = pupils(np.random.default_rng(1), made.pairs["school_id"], n=2_000)
    frame = comparison.profile(children, made.pairs, table=made.book, imputed=[1], rules=calm)
    assert causes.profile_figure(frame, table=made.book, rules=calm, about=ABOUT).svg
