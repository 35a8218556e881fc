"""Scores of single children: what is added up, donors, and what scores do not depend on."""

import itertools
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import country_files
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from oablib import params, pupil_scores
from oablib.base.errors import ImputationError, ModelError, ParameterError
from oablib.indicator.pupil_scores import (
    Children,
    Education,
    Indicator,
    Provenance,
    Rules,
    education,
    matching,
)
from oablib.indicator.pupil_scores import children as children_module
from oablib.indicator.pupil_scores import scores as scoring
from oablib.indicator.pupil_scores.donor_line import Line
from oablib.protocol import codebook, models, roles
from oablib.protocol.codebook import Codebook, Table
from oablib.protocol.formed import Factor
from oablib.protocol.reference_dates import ReferenceDay

PUBLISHED = params.published("herijking2021")
# Sums of seven products of two-decimal numbers; the order of adding moves the last bits.
SUM_ATOL = 1e-12


@pytest.fixture(scope="module")
def book() -> Codebook:
    return codebook.load()


@pytest.fixture(scope="module")
def cohort(book: Codebook) -> Table:
    return book.table("cohort")


@pytest.fixture(scope="module")
def new() -> Indicator:
    return country_files.indicator("indicator_2021")


@pytest.fixture(scope="module")
def rules() -> Rules:
    return pupil_scores.rules()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return country_files.write(tmp_path / "country", country_files.children())


@pytest.fixture
def children(folder: Path, book: Codebook) -> Children:
    return pupil_scores.read(folder, year=2020, book=book)


def drawn_file(children: Children, folder: Path, *, m: int = 3, seed: int = 5) -> Path:
    """Made-up draws for who has a computable score and an unknown parent's education."""
    rng = np.random.default_rng(seed)
    columns: dict[str, NDArray] = {"key": children.key}
    wanted = np.zeros(len(children), dtype=bool)
    for parent in ("education_father", "education_mother"):
        unknown = children.computable & (children.codes[parent] == 255)
        wanted |= unknown
        for number in range(1, m + 1):
            codes = np.where(unknown, rng.integers(1, 9, len(children)), 255)
            columns[f"{parent}_{number}"] = codes.astype(np.uint8)
    path = folder / "draws.parquet"
    pd.DataFrame(columns)[wanted].sample(frac=1, random_state=1).to_parquet(path, index=False)
    return path


def nothing_drawn() -> Education:
    return Education(1, MappingProxyType({}), MappingProxyType({}))


# ------------------------------------------------------------------------------- the published sum


def every_combination() -> pd.DataFrame:
    levels, origins = range(1, 9), range(1, 9)
    rows = list(itertools.product(levels, levels, origins, range(3), range(2)))
    names = [
        "education_father",
        "education_mother",
        "origin",
        "residence_mother",
        "debt_restructuring",
    ]
    return pd.DataFrame(rows, columns=names)


def test_every_combination_of_categories_gives_the_published_sum(
    tmp_path: Path, book: Codebook, new: Indicator, rules: Rules
) -> None:
    """.82 f(father) + .82 g(mother) - .78 h(origin) + .08 mean g + .54 [0-5] + 1.53 [5-10]
    - 2.07 [debts].
    """
    combinations = every_combination()
    n = len(combinations)
    frame = country_files.children(n)
    registered = ["child_registered", "mother_registered", "father_registered"]
    frame = frame.assign(child_group=1, school_id="00AA00", asylum=0, asylum_registered=0)
    frame = frame.assign(municipality="GM0363", **dict.fromkeys(registered, 1)).assign(
        **{name: combinations[name].to_numpy() for name in combinations}
    )
    read = pupil_scores.read(country_files.write(tmp_path, frame), year=2020, book=book)
    result = scoring.compute(
        *(read, nothing_drawn()),
        indicator=new,
        rule=rules.school_mean,
        left_out=np.zeros(n, dtype=bool),
    )
    values, effects = PUBLISHED["scale_values"], PUBLISHED["direct_effects"]
    f, g, h = (values[k]["new"] for k in ("education_father", "education_mother", "origin"))
    mean = sum(g) / 8  # every level of the mothers is equally frequent
    by_id = {}
    for row, child in zip(combinations.itertuples(index=False), frame["child_id"], strict=True):
        by_id[child] = (
            effects["education_father"]["coef"] * f[row.education_father - 1]
            + effects["education_mother"]["coef"] * g[row.education_mother - 1]
            + effects["origin"]["coef"] * h[row.origin - 1]
            + effects["school_mean_education_mother"]["coef"] * mean
            + (0, effects["residence_0_5_years"]["coef"], effects["residence_5_10_years"]["coef"])[
                row.residence_mother
            ]
            + effects["debt_restructuring"]["coef"] * row.debt_restructuring
        )
    key = children_module.keys_of(country_files.pa.chunked_array([list(by_id)]))
    expected = pd.Series(list(by_id.values()), index=key).loc[read.key].to_numpy()
    np.testing.assert_allclose(result, expected, rtol=0, atol=SUM_ATOL)


def test_products_are_those_of_the_published_tables(cohort: Table, new: Indicator) -> None:
    """As anybody can compute with the report in hand: -2.31 x 0.82 = -1.89."""
    table = pupil_scores.contributions(new, table=cohort).set_index(["variable", "category"])
    points = table["points"].round(2)
    assert points["education_father", "basisonderwijs"] == -1.89
    assert points["education_mother", "hbo_wo_master_doctor"] == 5.02
    assert points["origin", "turkije"] == -2.27
    assert points["origin", "oost_azie"] == 0.81
    # 8 + 8 + 8 levels and origins, 3 lengths of stay, 2 of debts, and the school mean.
    assert len(table) == 30


# ------------------------------------------------------------------------------------- indicators


@pytest.mark.parametrize(
    ("name", "column"), [("indicator_2021", "new"), ("indicator_2019", "current")]
)
def test_files_of_indicators_hold_the_published_scale_values(name: str, column: str) -> None:
    held = models.load(name).fixed_values
    for variable, listed in PUBLISHED["scale_values"].items():
        assert list(held[variable].values()) == listed[column]


def test_files_of_indicators_hold_the_published_effects() -> None:
    effects = PUBLISHED["direct_effects"]
    assert models.load("indicator_2021").fixed_effects == {k: v["coef"] for k, v in effects.items()}
    betas = models.load("indicator_2019").standardised_effects
    assert betas == {k: v["beta_current"] for k, v in effects.items() if k != "origin"}


def test_derived_effects_agree_with_what_else_is_published(cohort: Table) -> None:
    """Chapter 4: children of Turkish origin gain less than 0.02, which bounds the old effect."""
    model = models.load("indicator_2019")
    old = pupil_scores.given(model, table=cohort, published=PUBLISHED)
    turkish = -0.78 * 2.91 - old.effects["origin"] * 3.22
    assert 0 < turkish < 0.02
    # Derived like the others, its interval by rounding must hold that value.
    whole = replace(model, standardised_effects={**model.standardised_effects, "origin": -0.07})
    range_ = pupil_scores.bounds(whole, published=PUBLISHED).set_index("name").loc["origin"]
    assert range_["low"] < old.effects["origin"] < range_["high"]


def test_an_effect_derived_from_the_new_indicator_is_the_new_effect() -> None:
    """Betas and scale values of 2021 give back the published coefficients, but for rounding."""
    effects = PUBLISHED["direct_effects"]
    betas = {name: each["beta"] for name, each in effects.items()}
    same = {**PUBLISHED, "scale_values": {
        name: {"new": each["new"], "current": each["new"]}
        for name, each in PUBLISHED["scale_values"].items()
    }}  # fmt: skip
    model = replace(models.load("indicator_2019"), standardised_effects=betas)
    ranges = pupil_scores.bounds(model, published=same).set_index("name")
    for name, each in effects.items():
        assert ranges.loc[name, "low"] <= each["coef"] <= ranges.loc[name, "high"]


def test_an_indicator_without_an_effect_is_refused(cohort: Table) -> None:
    model = replace(models.load("indicator_2021"), fixed_effects={"origin": -0.78})
    with pytest.raises(ModelError, match="no effect for"):
        pupil_scores.given(model, table=cohort, published=PUBLISHED)
    model = replace(models.load("indicator_2021"), fixed_values={})
    with pytest.raises(ModelError, match="no scale value for"):
        pupil_scores.given(model, table=cohort, published=PUBLISHED)


# ----------------------------------------------------------------------------------- school means


def test_a_product_with_drawn_education_is_the_mean_over_the_draws(
    children: Children, folder: Path, new: Indicator, rules: Rules
) -> None:
    factors = {"mother_x_stay": (Factor("education_mother"), Factor("residence_0_5_years", 0.5))}
    model = replace(new.model, products=factors, direct=(*new.model.direct, *factors))
    wide = replace(new, model=model, effects={**new.effects, "mother_x_stay": 2.0})
    path = drawn_file(children, folder, m=3)
    nobody = np.zeros(len(children), dtype=bool)
    options = {"rule": rules.school_mean, "left_out": nobody}
    drawn = education.averaged(path, children)
    extra = scoring.compute(children, drawn, indicator=wide, **options)
    extra -= scoring.compute(children, drawn, indicator=new, **options)
    stay = new.values["residence_0_5_years"][children.codes["residence_mother"]] - 0.5
    points = new.values["education_mother"]
    mother = [
        each.values("education_mother", codes=children.codes["education_mother"], points=points)
        for each in education.rounds(path, children)
    ]
    expected = np.where(np.isnan(extra), np.nan, 2.0 * np.mean(mother, axis=0) * stay)
    assert np.isfinite(extra).any()
    np.testing.assert_allclose(extra, expected, rtol=0, atol=SUM_ATOL)


def test_a_product_of_two_imputed_variables_is_no_indicator(new: Indicator) -> None:
    factors = {"parents": (Factor("education_mother"), Factor("education_father"))}
    model = replace(new.model, products=factors, direct=(*new.model.direct, *factors))
    with pytest.raises(ModelError, match="parents multiplies 2 imputed variables"):
        replace(new, model=model)


@pytest.mark.parametrize("per", ["site", "brin_in_municipality"])
def test_school_means_are_plain_means_of_the_mothers_counted(
    children: Children, rules: Rules, per: str
) -> None:
    rng = np.random.default_rng(2)
    values, counted = rng.normal(size=len(children)), rng.random(len(children)) < 0.7
    rule = replace(rules.school_mean, per=per)
    result = scoring.school_means(children, values, counted=counted, rule=rule)
    schools = children.sites["school_id"].to_numpy()
    places = children.sites["municipality"].to_numpy()
    for i in rng.choice(len(children), 60, replace=False):
        if children.toddler[i]:
            same = children.toddler & (children.home == children.home[i])
        elif per == "site":
            same = children.site == children.site[i]
        else:
            mine = (schools[children.site[i]][:4], places[children.site[i]])
            group = [(s[:4], p) == mine for s, p in zip(schools, places, strict=True)]
            same = (children.site >= 0) & np.array(group)[children.site]
        chosen = values[same & counted]
        assert result[i] == pytest.approx(chosen.mean() if len(chosen) else values[counted].mean())


# -------------------------------------------------------------------------------- drawn education


def test_the_mean_over_draws_is_the_mean_of_the_draws(
    children: Children, folder: Path, new: Indicator, rules: Rules
) -> None:
    path = drawn_file(children, folder)
    options = {"indicator": new, "rule": rules.school_mean}
    left_out = np.zeros(len(children), dtype=bool)
    own = [
        scoring.compute(children, each, left_out=left_out, **options)
        for each in education.rounds(path, children)
    ]
    mean = scoring.compute(
        children, education.averaged(path, children), left_out=left_out, **options
    )
    assert len(own) == 3
    np.testing.assert_allclose(np.mean(own, axis=0), mean, rtol=0, atol=SUM_ATOL)


def test_memory_of_the_draws_does_not_grow_with_their_number(
    children: Children, folder: Path
) -> None:
    sizes = []
    for m in (2, 40):
        held = education.averaged(drawn_file(children, folder, m=m), children)
        assert held.m == m
        sizes.append(sum(each.nbytes for each in (*held.counts.values(), *held.rows.values())))
    assert sizes[0] == sizes[1]


def test_only_unknown_education_of_computable_children_is_drawn(
    children: Children, book: Codebook, rules: Rules
) -> None:
    rule = replace(rules.education, block=400)  # two blocks, as many as workers
    options = {"roles": roles.load("base"), "table": book.table("cohort"), "rule": rule}
    result = pupil_scores.draw(children, m=2, seed=3, **options)
    rows = np.searchsorted(children.key, result["key"].to_numpy())
    for parent in ("education_father", "education_mother"):
        drawn = result[f"{parent}_1"].to_numpy() != 255
        unknown = children.codes[parent] == 255
        assert (unknown & children.computable).sum() == drawn.sum()
        assert unknown[rows[drawn]].all() and children.computable[rows].all()
        assert result.loc[drawn, f"{parent}_2"].between(1, 8).all()
    again = pupil_scores.draw(children, m=2, seed=3, workers=2, **options)
    pd.testing.assert_frame_equal(result, again)


def test_draws_that_are_all_the_same_are_refused() -> None:
    same = pd.DataFrame({"key": [1, 2], "education_mother_1": [3, 4], "education_mother_2": [3, 4]})
    model = replace(models.load("base"), imputed=("education_mother",))
    with pytest.raises(ImputationError, match="All 2 draws gave 2 children the same"):
        education._fail_if_all_are_the_same(same, model=model, m=2)


# --------------------------------------------------------------------------------------- matching


def nearest_by_hand(
    predicted: NDArray, donors: NDArray, cell: NDArray, child: int, *, k: int
) -> set[int]:
    """Donors of the child's cell that are no farther than the k-th nearest."""
    own = [d for d in donors if cell[d] == cell[child]]
    distance = sorted((abs(predicted[d] - predicted[child]), d) for d in own)
    bound = distance[min(k, len(distance)) - 1][0]
    return {d for gap, d in distance if gap <= bound}


def test_a_donor_is_among_the_nearest_in_prediction(
    children: Children, folder: Path, new: Indicator, rules: Rules
) -> None:
    drawn = education.averaged(drawn_file(children, folder), children)
    scores = pupil_scores.score(children, drawn, indicator=new, rules=rules, seed=1)
    result, computed = scores.matches, scores.computed
    assert len(result.recipients) > 40 and result.patterns >= 4
    predictors = matching._predictors(children, drawn, computed, indicator=new, rule=rules.matching)
    donors = np.flatnonzero(~np.isnan(computed))
    cell = children.codes["child_group"]
    for recipient, donor in zip(result.recipients, result.donors, strict=True):
        known = [x for x in predictors.values() if not np.isnan(x[recipient])]
        design = np.column_stack([np.ones(len(children)), *known])
        slopes = np.linalg.lstsq(design[donors], computed[donors], rcond=None)[0]
        predicted = np.round(design @ slopes, 6)
        assert donor in nearest_by_hand(predicted, donors, cell, recipient, k=rules.matching.donors)
        assert scores.score[recipient] == computed[donor]


def test_equal_predictions_share_their_recipients(children: Children) -> None:
    """Where a thousand donors are equally near, no few of them may serve everybody."""
    line = Line.ordered(
        np.zeros(1000, dtype=np.int64), np.ones(1000, dtype=np.int64), np.arange(1000)
    )
    lot = np.random.default_rng(3).random(1000)
    everyone, cell = np.arange(1000), np.ones(1000, np.int64)
    chosen = line.nearest(everyone, np.zeros(1000, np.int64), cell, k=5).drawn(lot)
    # 1,000 draws with replacement out of 1,000 leave 1 - 1/e = 63 % of donors used; sd 1 %.
    assert 0.58 < len(set(chosen)) / 1000 < 0.68


@pytest.mark.parametrize(("own", "few", "outside"), [(2, 7, 0), (0, 0, 7)])
def test_cells_with_too_few_donors_are_counted(own: int, few: int, outside: int) -> None:
    cell = np.array([1] * 50 + [2] * own + [2] * 7)
    predicted = np.arange(len(cell), dtype=np.int64) * 1000
    donors, rows = np.arange(50 + own), np.arange(50 + own, len(cell))
    line = Line.ordered(predicted[donors], cell[donors], donors)
    found = line.nearest(np.arange(7), predicted[rows], cell[rows], k=5)
    chosen = found.drawn(np.full(7, 0.5))
    assert (found.few, found.outside) == (few, outside)
    assert set(cell[chosen]) == ({2} if own else {1})


def test_without_any_donor_matching_is_refused(
    children: Children, new: Indicator, rules: Rules
) -> None:
    nobody = replace(children, codes={**children.codes, "mother_registered": np.zeros(
        len(children), dtype=np.uint8)})  # fmt: skip
    with pytest.raises(ImputationError, match=r"need the score of a donor and none of 900 has one"):
        pupil_scores.score(nobody, nothing_drawn(), indicator=new, rules=rules, seed=1)


def test_a_child_is_no_part_of_the_school_score_that_predicts_it(children: Children) -> None:
    computed = np.where(children.computable, np.arange(len(children), dtype=float), np.nan)
    result = matching._school_scores(children, computed)
    overall = np.nanmean(computed)
    for i in np.flatnonzero(children.site >= 0)[:40]:
        mates = (children.site == children.site[i]) & ~np.isnan(computed)
        mates[i] = False
        assert result[i] == pytest.approx((computed[mates].sum() + overall) / (mates.sum() + 1))


# ----------------------------------------------------------------------------------------- asylum


def lowest_by_hand(scores: list[Fraction], seekers: int, *, among_all: bool) -> Fraction:
    places = len(scores) * 15 // 100
    if among_all:
        places = (len(scores) + seekers) * 15 // 100 - seekers
    lowest = sorted(scores)[:places]
    return sum(lowest, Fraction(0)) / len(lowest)


@pytest.mark.parametrize("mean_over", ["others", "all"])
def test_asylum_seekers_get_the_mean_of_the_lowest(rules: Rules, mean_over: str) -> None:
    rule = replace(rules.asylum, mean_over=mean_over)
    rng = np.random.default_rng(4)
    for _ in range(50):
        scores = rng.integers(-40, 40, 200) / 4
        seekers = int(rng.integers(1, 20))
        result = scoring.lowest_mean(scores, seekers=seekers, rule=rule)
        exact = lowest_by_hand([Fraction(s) for s in scores], seekers, among_all=mean_over == "all")
        assert result == pytest.approx(float(exact), abs=SUM_ATOL)


def test_among_all_their_mean_is_the_mean_of_all_the_lowest(rules: Rules) -> None:
    """The circle closes: with their scores filled in, the lowest 15 % of all have that mean."""
    rule = replace(rules.asylum, mean_over="all")
    scores = np.random.default_rng(5).normal(size=1000)
    mean = scoring.lowest_mean(scores, seekers=30, rule=rule)
    everybody = np.sort(np.append(scores, np.full(30, mean)))
    assert everybody[: int(0.15 * 1030)].mean() == pytest.approx(mean)


def test_no_room_among_the_lowest_is_refused(rules: Rules) -> None:
    rule = replace(rules.asylum, mean_over="all")
    with pytest.raises(ImputationError, match="50 asylum seekers beside 100 scored children"):
        scoring.lowest_mean(np.zeros(100), seekers=50, rule=rule)


@pytest.mark.parametrize(("late", "month"), [(0, 202009), (1, 202010), (3, 202012), (4, 202101)])
def test_registrations_count_until_the_reference_date_and_some_months_more(
    late: int, month: int
) -> None:
    assert pupil_scores.last_month(2020, months_late=late) == month


@pytest.mark.parametrize(("year", "month"), [(2021, 202109), (2022, 202201), (2023, 202301)])
def test_the_reference_date_is_in_february_from_2022(year: int, month: int) -> None:
    assert pupil_scores.last_month(year, months_late=0) == month


def test_the_rules_say_from_when_on_a_reference_day_counts(rules: Rules) -> None:
    days = (ReferenceDay(2000, "10-01", "law"), ReferenceDay(2019, "02-15", "law"))
    changed = replace(rules, reference_days=days)
    assert changed.reference_date(2018).isoformat() == "2018-10-01"
    assert changed.reference_date(2020).isoformat() == "2020-02-15"
    assert pupil_scores.last_month(2020, months_late=1, rules=changed) == 202002
    with pytest.raises(ParameterError, match="begins in 2000, and 1999 was asked for"):
        changed.reference_date(1999)


def test_order_of_operations_changes_the_mean_and_nothing_else(
    children: Children, folder: Path, new: Indicator, rules: Rules
) -> None:
    drawn = education.averaged(drawn_file(children, folder), children)
    before = replace(rules, asylum=replace(rules.asylum, order="before_matching"))
    one, other = (
        pupil_scores.score(children, drawn, indicator=new, rules=each, seed=1)
        for each in (rules, before)
    )
    differ = one.score != other.score
    assert differ.any() and (one.provenance[differ] == Provenance.ASYLUM).all()


# ------------------------------------------------------------------------------------- provenance


def test_every_score_has_one_provenance(
    children: Children, folder: Path, new: Indicator, rules: Rules
) -> None:
    drawn = education.averaged(drawn_file(children, folder), children)
    scores = pupil_scores.score(children, drawn, indicator=new, rules=rules, seed=1)
    table = pupil_scores.sources(children, scores).set_index("provenance")
    assert table["children"].sum() == len(children)
    assert (table["pupils"] + table["toddlers"] == table["children"]).all()
    seekers = children.is_asylum(until=202009)
    known = (children.codes["education_father"] != 255) & (
        children.codes["education_mother"] != 255
    )
    plain = children.computable & ~seekers
    assert table.loc["direct", "children"] == (plain & known).sum()
    assert table.loc["education", "children"] == (plain & ~known).sum()
    assert table.loc["matched", "children"] == (~children.computable & ~seekers).sum()
    assert table.loc["asylum", "children"] == seekers.sum()
    assert np.isfinite(scores.score).all()
    assert pupil_scores.reuse(scores)["share"].sum() == pytest.approx(1)


def test_sources_of_scores_have_their_share_in_all_children(
    children: Children, folder: Path, new: Indicator, rules: Rules
) -> None:
    """Each child has one source: counts of this country over all children, and means by hand."""
    drawn = education.averaged(drawn_file(children, folder), children)
    scores = pupil_scores.score(children, drawn, indicator=new, rules=rules, seed=1)
    table = pupil_scores.sources(children, scores)
    assert table["provenance"].tolist() == ["direct", "education", "matched", "asylum"]
    counts = [int((scores.provenance == code).sum()) for code in (1, 2, 3, 4)]
    assert min(counts) > 0 and sum(counts) == len(children) == 900
    assert table["share"].tolist() == [count / 900 for count in counts]
    assert table["share"].sum() == pytest.approx(1)
    means = [scores.score[scores.provenance == code].mean() for code in (1, 2)]
    assert table["mean"].tolist()[:2] == pytest.approx(means)
    # Asylum seekers share one score, which the mean of matched scores would help to find.
    assert table["mean"].isna().tolist() == [False, False, True, True]
    assert table["toddlers"].tolist() == [
        int(((scores.provenance == code) & children.toddler).sum()) for code in (1, 2, 3, 4)
    ]


def test_late_registrations_become_asylum_seekers_when_months_are_added(
    children: Children, folder: Path, new: Indicator, rules: Rules
) -> None:
    drawn = education.averaged(drawn_file(children, folder), children)
    later = replace(rules, asylum=replace(rules.asylum, months_late=3))
    counts = [
        (pupil_scores.score(children, drawn, indicator=new, rules=each, seed=1).provenance
         == Provenance.ASYLUM).sum()
        for each in (rules, later)
    ]  # fmt: skip
    assert counts[1] == (children.registered > 0).sum() > counts[0]


def test_scores_averaged_per_school_come_draw_by_draw(
    children: Children, folder: Path, new: Indicator, rules: Rules
) -> None:
    path = drawn_file(children, folder, m=3)
    options = {"indicator": new, "rules": rules, "seed": 1}
    early = list(pupil_scores.frames(children, path, average="child", **options))
    late = list(pupil_scores.frames(children, path, average="school", **options))
    assert (len(early), len(late)) == (1, 3)
    assert not np.array_equal(late[0]["score"], late[1]["score"])
