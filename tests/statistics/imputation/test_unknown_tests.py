"""Outcome, mediator, numbers, dummies' columns and properties of schools may be unknown."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.random import Generator

from oablib import (
    diagnostics,
    imputation,
    intake,
    pooling,
    prediction,
    sem,
    synthetic,
    two_step,
    weighting,
)
from oablib.base.errors import ImputationError
from oablib.protocol import codebook, models
from oablib.statistics.imputation import variables

N = 900
UNKNOWN = 0.15
EVERYTHING = (
    "cito", "nscct", "education_father", "education_mother", "origin", "residence_mother",
    "debt_restructuring", "household_income", "sex",
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(table: codebook.Table) -> pd.DataFrame:
    drawn = synthetic.draw(n=N, seed=4)
    education = {name: drawn.education[name] for name in ("education_father", "education_mother")}
    return intake.in_memory(drawn.children.assign(**education), table=table)


@pytest.fixture(scope="module")
def all_imputed(model: models.Model) -> models.Model:
    return replace(model, imputed=EVERYTHING)


@pytest.fixture(scope="module")
def children(whole: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    gone = {name: whole[name].astype(float).mask(rng.random(N) < UNKNOWN) for name in EVERYTHING}
    return whole.assign(**gone)


@pytest.fixture(scope="module")
def options(all_imputed: models.Model, table: codebook.Table) -> dict:
    rule = imputation.rule()
    return {"model": all_imputed, "table": table, "rule": rule, "iterations": 2, "seed": 1}


@pytest.fixture(scope="module")
def filled(children: pd.DataFrame, options: dict) -> imputation.Imputed:
    return imputation.impute(children, m=2, **options)


def test_everything_is_filled_with_what_can_be(children, filled, table) -> None:
    for completed in imputation.all_completed(children, cells=filled.cells):
        assert completed[list(EVERYTHING)].notna().all(axis=None)
        for name in EVERYTHING:
            known = children[name].notna()
            assert (completed.loc[known, name] == children.loc[known, name]).all()
            assert set(completed[name]) <= set(children[name].dropna())


def test_each_cell_names_the_engine_that_drew_it(children, filled, all_imputed) -> None:
    origin = imputation.provenance(children, imputed=filled, model=all_imputed)
    engines = {name: set(origin[name]) - {"observed"} for name in EVERYTHING}
    numbers = {"cito", "nscct", "household_income"}
    assert {name for name in EVERYTHING if engines[name] == {"pmm"}} == numbers
    assert {name for name in EVERYTHING if engines[name] == {"nominal"}} == {*EVERYTHING} - numbers


@pytest.mark.parametrize("engine", ["pmm", "forest"])
def test_other_engines_fill_tests_categories_and_dummies_too(
    engine, whole, children, options
) -> None:
    names = ["cito", "residence_mother", "sex"]
    asked = options | {"rule": imputation.rule(engine), "iterations": 1}
    asked["model"] = replace(options["model"], imputed=tuple(names))
    frame = whole.assign(**{name: children[name] for name in names})
    cells = imputation.impute(frame, m=1, **asked).cells
    assert len(cells) == frame[names].isna().sum().sum()


def test_the_analysis_keeps_or_leaves_out_children_without_an_outcome(
    children, filled, all_imputed
) -> None:
    asked = {"cells": filled.cells, "model": all_imputed}
    kept = imputation.analysed(children, **asked)
    left = imputation.analysed(children, **asked, unknown_outcome="left_out")
    known = children["cito"].notna()
    assert [len(frame) for frame in kept] == [N, N]
    for one, other in zip(kept, left, strict=True):
        pd.testing.assert_frame_equal(one[known].reset_index(drop=True), other)


def test_scores_of_levels_rest_on_children_of_whom_both_are_known(
    children, all_imputed, table
) -> None:
    origin = next(
        each
        for each in variables.read(children, model=all_imputed, table=table)
        if each.name == "origin"
    )
    both = children.dropna(subset=["origin", "cito"])
    expected = both.groupby("origin")["cito"].mean()
    np.testing.assert_allclose(origin.scores, expected)
    # A level that no child with an outcome has gets the mean of those who have one.
    frame = children.assign(cito=children["cito"].mask(children["origin"] == origin.codes[-1]))
    variable = variables.read(frame, model=all_imputed, table=table)[EVERYTHING.index("origin")]
    rest = frame.dropna(subset=["origin", "cito"])["cito"].mean()
    assert variable.scores[-1] == pytest.approx(rest)


@pytest.mark.parametrize("unknown_outcome", ["kept", "left_out"])
def test_checks_of_the_imputation_follow_the_analysis(
    unknown_outcome, whole, options, table
) -> None:
    """With the base model's own columns and both tests unknown for some."""
    tests = ("cito", "nscct", "education_father", "education_mother")
    rng = np.random.default_rng(3)
    gone = {name: whole[name].astype(float).mask(rng.random(N) < UNKNOWN) for name in tests}
    # Levels that few children have would be empty without those who are left out.
    frame = whole.assign(**gone, origin=rng.integers(1, 9, N))
    asked = options | {"model": replace(options["model"], imputed=tests), "iterations": 1}
    again = asked | {"m": 2, "unknown_outcome": unknown_outcome}
    cells = imputation.impute(frame, m=2, **asked).cells
    rows = {"model": asked["model"], "unknown_outcome": unknown_outcome}
    frames = imputation.analysed(frame, cells=cells, **rows)
    found = two_step.analyse(frames, model=asked["model"], table=table)
    n = N if unknown_outcome == "kept" else frame["cito"].notna().sum()
    assert found.pooled.n == n
    tests_of = two_step.tests_of_categories(frames, model=asked["model"], table=table)
    shifted = diagnostics.sensitivity(frame, found=found, tests=tests_of, **again)
    assert shifted.loc[shifted["shift"] == 1, "value"].notna().any()
    recovered = diagnostics.recover(frame, found=found, repeats=2, **again)
    assert recovered.table["se"].gt(0).all()


def test_children_without_tests_are_learned_from_and_not_predicted(whole, model, table) -> None:
    tests = ("cito", "nscct")
    rng = np.random.default_rng(3)
    gone = {name: whole[name].astype(float).mask(rng.random(N) < UNKNOWN) for name in tests}
    frame = whole.assign(**gone, origin=rng.integers(1, 9, N))
    predicted = prediction.predict(
        frame,
        model=replace(model, imputed=tests),
        table=table,
        rules=prediction.rules(),
        splits=1,
        seed=1,
        unknown_outcome="left_out",
    )
    assert (predicted.splits["failed"] == "").any()
    whole_part = predicted.splits.query("population == 'all'")["n"]
    assert whole_part.max() < 0.5 * frame[list(tests)].notna().all(axis=1).sum()


def test_weights_are_of_children_of_whom_all_is_known(whole, model, table) -> None:
    tests = ("cito", "education_father")
    rng = np.random.default_rng(3)
    gone = {name: whole[name].astype(float).mask(rng.random(N) < UNKNOWN) for name in tests}
    asked = {"model": replace(model, imputed=tests), "table": table, "rule": weighting.rule()}
    weighted = weighting.weights(whole.assign(**gone), **asked)
    assert weighted.known.sum() == whole.assign(**gone)[list(tests)].notna().all(axis=1).sum()
    assert "cito" not in set(weighted.response["term"])


def test_hidden_values_are_some_of_the_known_ones(children) -> None:
    options = {"variable": "nscct", "share": 0.4, "given": "cito", "seed": 3}
    hidden = imputation.hide(children, **options)
    known = children["nscct"].notna()
    assert (known & hidden["nscct"].isna()).sum() == round(0.4 * known.sum())
    assert (known & hidden["nscct"].isna() & children["cito"].isna()).any()


@pytest.fixture(scope="module")
def pupils() -> models.Model:
    model = models.load("snijders_bosker")
    return replace(model, imputed=("lang_post", "denomination", "school_ses"), auxiliary=(
        *model.auxiliary, "school_ses"))  # fmt: skip


@pytest.fixture(scope="module")
def pupil_table() -> codebook.Table:
    made_up = ("lang_post", "iq_verb", "school_ses")
    return codebook.load("codebook_snijders_bosker").table("cohort").unbounded(*made_up)


SCHOOLS, PUPILS = 80, 8


@pytest.fixture(scope="module")
def in_schools(pupils: models.Model, pupil_table: codebook.Table) -> pd.DataFrame:
    """Denomination and mean ses of a school: unknown in some, and of some pupils of another."""
    rng = np.random.default_rng(5)
    school = np.repeat(np.arange(SCHOOLS), PUPILS)
    n = len(school)
    frame = pd.DataFrame({"child": np.arange(n), "school_id": school.astype(str)})
    for name in dict.fromkeys((*pupils.columns, *pupils.auxiliary)):
        if name not in frame:
            codes = pupil_table.column(name).codes
            frame[name] = rng.choice(codes, n) if codes else rng.normal(size=n)
    standing = rng.normal(size=SCHOOLS)
    frame["ses"] = 30 + 3 * standing[school] + rng.normal(size=n)
    frame["school_ses"] = (30 + 3 * standing + rng.normal(size=SCHOOLS))[school]
    frame["denomination"] = (rng.integers(1, 5, SCHOOLS)[school]).astype(float)
    for name in ("denomination", "school_ses"):
        frame[name] = frame[name].mask(school < 20)
        frame.loc[frame["school_id"] == "30", name] = frame[name].where(frame["child"] % 2 == 0)
    frame["lang_post"] = frame["lang_post"].mask(rng.random(n) < UNKNOWN)
    return frame


@pytest.mark.parametrize("engine", ["nominal", "pmm", "forest"])
def test_properties_of_a_school_are_drawn_once(engine, in_schools, pupils, pupil_table) -> None:
    asked = {"model": pupils, "table": pupil_table, "rule": imputation.rule(engine)}
    cells = imputation.impute(in_schools, m=2, iterations=2, seed=1, **asked).cells
    first, second = imputation.all_completed(in_schools, cells=cells)
    for name in ("denomination", "school_ses"):
        for completed in (first, second):
            assert (completed.groupby("school_id")[name].nunique() == 1).all()
        known = in_schools.loc[in_schools["school_id"] == "30", name].dropna().iloc[0]
        assert (first.loc[first["school_id"] == "30", name] == known).all()
        assert (first[name] != second[name]).any()
    # Mean ses of a school is like that of its pupils, which pmm finds school by school.
    if engine == "pmm":
        gone = first[first["school_id"].astype(int) < 20].groupby("school_id")
        assert gone[["ses", "school_ses"]].mean().corr().iloc[0, 1] > 0.5


def test_known_schools_are_counted_and_not_their_children(in_schools, pupils, pupil_table) -> None:
    frame = in_schools.assign(
        denomination=in_schools["denomination"].mask(in_schools["child"] < 40 * PUPILS)
    )
    with pytest.raises(ImputationError, match=r"\{'denomination': 40\}; at least 50"):
        imputation.impute(
            frame, model=pupils, table=pupil_table, rule=imputation.rule(), m=2, iterations=1,
            seed=1,
        )  # fmt: skip


@pytest.mark.parametrize(("column", "part"), [("school_id", "cluster"), ("wave", "wave")])
def test_cluster_and_wave_cannot_be_imputed(column, part, model) -> None:
    faults = [text for _, text in replace(model, imputed=(*model.imputed, column)).faults()]
    assert any(text.startswith(f"imputed names '{column}', the model's {part}") for text in faults)


# A known truth: x at child and school level, m given x, y given m and x, both unknown at random
# given x and the school.
A, B, C = 0.5, 0.6, 0.3
SYNTAX = "lang_post ~ iq_verb + ses\niq_verb ~ ses"
TRUTH = {("iq_verb", "ses"): A, ("lang_post", "iq_verb"): B, ("lang_post", "ses"): C}
REPLICATIONS = 40
FAR = 3.5  # of its Monte Carlo error; of three effects, beyond once in 700 runs by chance


def world(rng: Generator) -> pd.DataFrame:
    school = np.repeat(np.arange(40), 12)
    n, of_school = len(school), rng.normal(size=(3, 40))[:, school]
    x = 0.6 * of_school[0] + rng.normal(size=n)
    m = A * x + 0.4 * of_school[1] + rng.normal(size=n)
    y = B * m + C * x + 0.4 * of_school[2] + rng.normal(size=n)
    columns = {"child": np.arange(n), "school_id": school, "ses": x, "iq_verb": m, "lang_post": y}
    return pd.DataFrame(columns)


def pooled(frame: pd.DataFrame, *, seed: int, unknown_outcome: str = "kept") -> pd.DataFrame:
    model = replace(
        models.load("snijders_bosker"), imputed=("lang_post", "iq_verb"), scaled={},
        numeric=("ses",), school_means={}, direct=("ses",), indirect=("ses",), auxiliary=(),
    )  # fmt: skip
    table = codebook.load("codebook_snijders_bosker").table("cohort")
    table = table.unbounded("lang_post", "iq_verb", "ses")
    rule = imputation.rule()
    filled = imputation.impute(
        frame, model=model, table=table, rule=rule, m=5, iterations=4, seed=seed
    )
    frames = imputation.analysed(
        frame, cells=filled.cells, model=model, unknown_outcome=unknown_outcome
    )
    fits = [sem.fit(SYNTAX, each, cluster="school_id") for each in frames]
    return pooling.pool(fits).parameters.query("op == '~'").set_index(["lhs", "rhs"])


def test_mediator_and_outcome_missing_at_random_leave_effects_and_coverage_right() -> None:
    errors, inside = [], []
    for seed in range(REPLICATIONS):
        rng = np.random.default_rng(seed)
        frame = world(rng)
        mean = frame.groupby("school_id")["ses"].transform("mean")
        for name in ("iq_verb", "lang_post"):
            chance = 1 / (1 + np.exp(1.2 + 0.8 * frame["ses"] + 0.8 * mean))
            frame[name] = frame[name].mask(rng.random(len(frame)) < chance)
        rows = pooled(frame, seed=seed).loc[list(TRUTH)]
        truth = np.array(list(TRUTH.values()))
        errors.append(rows["est"].to_numpy() - truth)
        inside.append((rows["ci_lower"] < truth) & (truth < rows["ci_upper"]))
    spread = np.std(errors, axis=0, ddof=1) / np.sqrt(REPLICATIONS)
    assert (np.abs(np.mean(errors, axis=0)) < FAR * spread).all()
    count = np.size(inside)
    # The three intervals of a data set count as independent, which they nearly are.
    assert abs(np.mean(inside) - 0.95) < FAR * np.sqrt(0.95 * 0.05 / count)


def test_leaving_out_bends_the_mediator_where_it_decides_who_has_an_outcome() -> None:
    """Why children with an imputed outcome are kept unless the run says otherwise."""
    kept, left = [], []
    for seed in range(10):
        rng = np.random.default_rng(100 + seed)
        frame = world(rng)
        gone = rng.random(len(frame)) < 1 / (1 + np.exp(1 + 2 * frame["iq_verb"]))
        frame["lang_post"] = frame["lang_post"].mask(gone)
        frame.loc[frame.index[:5], "iq_verb"] = np.nan
        for result, choice in ((kept, "kept"), (left, "left_out")):
            rows = pooled(frame, seed=seed, unknown_outcome=choice)
            result.append(rows.loc[("iq_verb", "ses"), "est"] - A)
    error = np.std(kept, ddof=1) / np.sqrt(len(kept))
    assert abs(np.mean(kept)) < FAR * error
    assert np.mean(left) < -2 * FAR * error
