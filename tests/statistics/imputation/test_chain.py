"""The chain keeps what is known, sees the school when it is asked to, and says what it lacks."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from oablib import imputation, intake, synthetic
from oablib.base.errors import ImputationError, ParameterError
from oablib.protocol import codebook, models
from oablib.statistics import two_step

N = 2000
EDUCATION = ["education_father", "education_mother"]
# Some ten cells a school with a spread of 1.2 each: twice the relative error of a slope.
KEPT = 0.1
# Of 1,100 cells, four standard errors of a difference of shares of up to a quarter; coefficients
# that are drawn anew double the variance, four imputations halve what cells add.
SHARE = 4 * (2 * 0.25 * 0.75 / 1100) ** 0.5
# Without the school level half of the other parent's codes, and the score, tell of the school.
LOST = 0.8


@pytest.fixture(scope="module")
def drawn() -> synthetic.Cohort:
    return synthetic.draw(n=N, seed=4)


@pytest.fixture(scope="module")
def children(drawn: synthetic.Cohort, table: codebook.Table) -> pd.DataFrame:
    return intake.in_memory(drawn.children, table=table)


@pytest.fixture(scope="module")
def truth(drawn: synthetic.Cohort, table: codebook.Table) -> pd.DataFrame:
    education = {name: drawn.education[name] for name in EDUCATION}
    return intake.in_memory(drawn.children.assign(**education), table=table)


@pytest.fixture(scope="module")
def impute(model: models.Model, table: codebook.Table):
    def run(frame: pd.DataFrame, engine: str = "nominal", **options) -> imputation.Imputed:
        options = {"m": 2, "iterations": 2, "seed": 1, "rule": imputation.rule(engine)} | options
        return imputation.impute(frame, model=model, table=table, **options)

    return run


@pytest.fixture(scope="module")
def nominal(children: pd.DataFrame, impute) -> imputation.Imputed:
    return impute(children)


@pytest.mark.parametrize("engine", ["nominal", "pmm"])
def test_known_values_stay_and_unknown_ones_are_levels(engine, children, impute) -> None:
    cells = impute(children, engine).cells
    for filled in imputation.all_completed(children, cells=cells):
        for name in EDUCATION:
            known = children[name].notna()
            assert (filled.loc[known, name] == children.loc[known, name]).all()
            assert set(filled[name]) <= set(range(1, 9))


def test_two_processes_draw_what_one_does(children, impute, nominal) -> None:
    pd.testing.assert_frame_equal(impute(children, workers=2).cells, nominal.cells)


def test_first_imputations_do_not_depend_on_their_number(children, impute, nominal) -> None:
    three = impute(children, m=3).cells
    first = three[three["imputation"] <= 2].reset_index(drop=True)
    pd.testing.assert_frame_equal(first, nominal.cells)


def test_every_cell_has_its_provenance(children, nominal, model) -> None:
    origin = imputation.provenance(children, imputed=nominal, model=model)
    for name in EDUCATION:
        assert ((origin[name] == "observed") == children[name].notna()).all()
        assert set(origin[name]) == {"observed", "nominal"}


def test_shift_moves_levels_and_stops_at_the_ends(children, impute, nominal) -> None:
    by_one = impute(children, shift=1).cells
    assert by_one["value"].min() == 2 and by_one["value"].max() == 8
    assert by_one["value"].mean() > nominal.cells["value"].mean() + 0.5
    # Eight levels up, everybody is at the highest one in all imputations: nothing to pool.
    with pytest.raises(ImputationError, match="same values"):
        impute(children, shift=8)


@pytest.fixture(scope="module")
def schools_apart(truth: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Education that hardly anything but the school tells of: complete, half of it hidden at
    random, and the standing of the schools."""
    rng = np.random.default_rng(8)
    frame = truth.assign(school_id=rng.integers(100, size=len(truth)).astype(str))
    standing = pd.Series(rng.normal(size=100), index=np.arange(100).astype(str))
    for name in EDUCATION:
        own = 4.5 + 1.5 * frame["school_id"].map(standing) + rng.normal(size=len(frame))
        frame[name] = own.round().clip(1, 8)
    frame["cito"] = 530 + frame[EDUCATION[1]] + 8 * rng.normal(size=len(frame))
    frame["nscct"] = rng.normal(size=len(frame))
    some = {name: frame[name].mask(rng.random(len(frame)) < 0.5) for name in EDUCATION}
    return frame, frame.assign(**some), standing


def slope_on_standing(frame: pd.DataFrame, standing: pd.Series, *, rows: pd.Series) -> float:
    mean = frame.loc[rows, EDUCATION[1]].groupby(frame["school_id"]).mean()
    return float(np.polyfit(standing.loc[mean.index], mean, 1)[0])


@pytest.mark.parametrize("engine", ["nominal", "pmm"])
def test_schools_stay_as_far_apart_as_they_are(engine, schools_apart, impute) -> None:
    complete, hidden, standing = schools_apart
    rows, slopes = hidden[EDUCATION[1]].isna(), {}
    for seen in (True, False):
        cells = impute(hidden, engine, m=1, iterations=5, school_level=seen).cells
        filled = imputation.complete(hidden, cells=cells, imputation=1)
        slopes[seen] = slope_on_standing(filled, standing, rows=rows)
    planted = slope_on_standing(complete, standing, rows=rows)
    assert slopes[True] == pytest.approx(planted, rel=KEPT)
    assert slopes[False] < LOST * planted


def test_what_is_left_out_or_thin_is_flagged(children, impute) -> None:
    flags = impute(children, school_level=False).flags
    assert any("school level was left out" in flag for flag in flags)
    frame = children.assign(sex=1)
    first = frame["school_id"].iloc[0]
    frame.loc[frame["school_id"] == first, EDUCATION[0]] = np.nan
    frame.loc[(frame["wave"] == 2007) & (frame[EDUCATION[1]] == 3), EDUCATION[1]] = np.nan
    flags = impute(frame, "pmm").flags
    assert any(flag == "Left out of the predictors as constant: sex." for flag in flags)
    assert any(flag.startswith(f"{EDUCATION[0]}: all values are unknown in ") for flag in flags)
    assert any("1 of 24 combinations of level and wave" in flag for flag in flags)


@pytest.mark.parametrize("engine", ["nominal", "pmm"])
def test_few_schools_are_not_looked_at(engine, children, impute) -> None:
    """The means of a few schools and a child's other values would give away its own value, and
    imputed values would stay what they were at the start."""
    nobody = children.assign(school_id=children["child"].astype(str))
    expected = impute(nobody, engine, school_level=False).cells
    for schools, words in ((1, "are in one school"), (9, "left out: 9 schools are too few")):
        school = (np.arange(len(children)) % schools).astype(str)
        found = impute(children.assign(school_id=school), engine)
        pd.testing.assert_frame_equal(found.cells, expected)
        assert any(words in flag for flag in found.flags)
    enough = (np.arange(len(children)) % 10).astype(str)
    found = impute(children.assign(school_id=enough), engine)
    assert not found.cells.equals(expected)
    assert not any("too few" in flag for flag in found.flags)


def test_the_index_of_the_rows_does_not_matter(children, impute, nominal) -> None:
    twice = children.set_axis(np.arange(len(children)) // 2)
    pd.testing.assert_frame_equal(impute(twice).cells, nominal.cells)


def test_the_order_of_the_rows_decides_about_chance_only(children, impute) -> None:
    cells = impute(children.sample(frac=1, random_state=3), m=4).cells
    ours = impute(children, m=4).cells
    assert set(cells["child"]) == set(ours["child"])
    for name in EDUCATION:
        share = [
            each.loc[each["variable"] == name, "value"].value_counts(normalize=True).sort_index()
            for each in (cells, ours)
        ]
        assert share[0].to_numpy() == pytest.approx(share[1].to_numpy(), abs=SHARE)


def test_a_level_that_nobody_has_is_never_drawn(children, impute) -> None:
    frame = children.assign(**{EDUCATION[0]: children[EDUCATION[0]].replace(3, np.nan)})
    for engine in ("nominal", "pmm"):
        cells = impute(frame, engine).cells
        assert 3 not in set(cells.loc[cells["variable"] == EDUCATION[0], "value"])


def test_faults_say_what_was_found(children, impute) -> None:
    with pytest.raises(ImputationError, match="age: 2 of 2000 values are unknown"):
        impute(children.assign(age=children["age"].where(children["child"] > 2)))
    for options in ({"m": 0}, {"iterations": 0}, {"workers": -1}):
        with pytest.raises(ImputationError, match=rf"Asked were {options}; expected 1 or more"):
            impute(children, **options)
    known = children[EDUCATION[0]].notna()
    few = children[EDUCATION[0]].where(known.cumsum() <= 10)
    with pytest.raises(ImputationError, match=r"{'education_father': 10}; at least 50"):
        impute(children.assign(**{EDUCATION[0]: few}))
    same = children[EDUCATION[0]].mask(known, 4.0)
    with pytest.raises(ImputationError, match="known values are the same"):
        impute(children.assign(**{EDUCATION[0]: same}))


def test_empty_donor_pool_is_refused(children, impute) -> None:
    rule = imputation.rule("pmm")
    many = dataclasses.replace(rule, category={"engine": "pmm", "donors": 10**6})
    with pytest.raises(ImputationError, match="1000000 donors were asked of"):
        impute(children, rule=many)
    none = dataclasses.replace(rule, category={"engine": "pmm", "donors": 0})
    with pytest.raises(ImputationError, match="0 donors were asked of"):
        impute(children, rule=none)


def test_engine_that_does_not_exist_is_refused_with_the_nearest(children, impute) -> None:
    with pytest.raises(ParameterError, match="did you mean 'nominal'"):
        imputation.rule("nominl")
    odd = dataclasses.replace(imputation.rule("pmm"), category={"engine": "pnm"})
    with pytest.raises(ParameterError, match="did you mean 'pmm'"):
        impute(children, rule=odd)


def test_one_data_set_is_not_pooled_but_flagged(truth, model, table) -> None:
    found = two_step.analyse([truth], model=model, table=table)
    assert any("m = 1" in flag for flag in found.pooled.flags)


def test_equal_imputations_are_flagged_where_they_are_pooled(truth, model, table) -> None:
    found = two_step.analyse([truth, truth], model=model, table=table)
    assert any("identical estimates" in flag for flag in found.pooled.flags)
