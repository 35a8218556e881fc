"""Tests of an imputation see what is right, and see what is wrong when it is made wrong."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from oablib import diagnostics, imputation, two_step
from oablib.analysis.diagnostics import over_imputation, sensitivity
from oablib.base.errors import EstimationError
from oablib.protocol import codebook, models
from oablib.report import diagnostics as summaries
from oablib.report import imputation as imputed_report
from oablib.report.exhibit import About
from oablib.report.labels import Labels
from oablib.report.labels import labels as labels_of
from oablib.statistics.two_step import Analysis, CategoryTests

N_SCHOOLS, PER_SCHOOL = 60, 15
HIDDEN, SHARE = 0.5, 0.2
ABOUT = About("900 pupils", "made up")
OPTIONS: dict[str, Any] = {"iterations": 3, "seed": 4}
# Shares out of some hundred cells, and effects over few repeats, are judged by their own errors.
FAR = 3.5


@pytest.fixture(scope="module")
def model() -> models.Model:
    return models.load("snijders_bosker")


@pytest.fixture(scope="module")
def table() -> codebook.Table:
    """Made-up pupils go beyond what the real ones have."""
    return codebook.load("codebook_snijders_bosker").table("cohort").unbounded("ses")


@pytest.fixture(scope="module")
def rule() -> imputation.Rule:
    return imputation.rule("pmm")


@pytest.fixture(scope="module")
def labels(model: models.Model, table: codebook.Table) -> Labels:
    return labels_of(table, [model])


@pytest.fixture(scope="module")
def pupils(model: models.Model, table: codebook.Table) -> pd.DataFrame:
    """Made-up pupils; schools differ much in ses, which moves both tests a little."""
    rng = np.random.default_rng(5)
    n = N_SCHOOLS * PER_SCHOOL
    school = np.repeat(np.arange(N_SCHOOLS), PER_SCHOOL)
    frame = pd.DataFrame({"child": np.arange(n), "school_id": school.astype(str)})
    frame["ses"] = 28 + 7 * rng.normal(size=N_SCHOOLS)[school] + 7 * rng.normal(size=n)
    frame["iq_verb"] = 12 + 0.05 * (frame["ses"] - 28) + 2 * rng.normal(size=n)
    frame["denomination"] = rng.integers(1, 5, n)
    expected = 40 + 2 * (frame["iq_verb"] - 12) + 0.2 * frame["ses"] + frame["denomination"]
    frame["lang_post"] = expected + 5 * rng.normal(size=n)
    for name in sorted({*model.numeric, *model.auxiliary} - set(frame)):
        column = table.column(name)
        frame[name] = rng.integers(0, 2, n) if column.categories else rng.normal(size=n)
    return frame


@pytest.fixture(scope="module")
def cohort(pupils: pd.DataFrame) -> pd.DataFrame:
    return imputation.hide(pupils, variable="ses", share=HIDDEN, given="iq_verb", seed=3)


@pytest.fixture(scope="module")
def options(model: models.Model, table: codebook.Table, rule: imputation.Rule) -> dict[str, Any]:
    return {"model": model, "table": table, "rule": rule, **OPTIONS}


@pytest.fixture(scope="module")
def found(cohort: pd.DataFrame, options: dict[str, Any]) -> Analysis:
    frames = imputation.all_completed(cohort, cells=imputation.impute(cohort, m=4, **options).cells)
    return two_step.analyse(frames, model=options["model"], table=options["table"])


@pytest.fixture(scope="module")
def tests(cohort: pd.DataFrame, options: dict[str, Any]) -> CategoryTests:
    frames = imputation.all_completed(cohort, cells=imputation.impute(cohort, m=4, **options).cells)
    return two_step.tests_of_categories(frames, model=options["model"], table=options["table"])


@pytest.fixture(scope="module")
def nothing_found(pupils: pd.DataFrame, options: dict[str, Any]) -> Analysis:
    return two_step.analyse([pupils], model=options["model"], table=options["table"])


@pytest.fixture(scope="module")
def over(pupils: pd.DataFrame, options: dict[str, Any]) -> diagnostics.OverImputed:
    fewer = imputation.hide(pupils, variable="ses", share=0.2, given="iq_verb", seed=3)
    return diagnostics.over_impute(fewer, share=SHARE, **options)


@pytest.fixture(scope="module")
def recovered(
    cohort: pd.DataFrame, found: Analysis, options: dict[str, Any]
) -> diagnostics.Recovered:
    return diagnostics.recover(cohort, found=found, m=4, **options)


@pytest.fixture(scope="module")
def shifted(
    cohort: pd.DataFrame, found: Analysis, tests: CategoryTests, options: dict[str, Any]
) -> pd.DataFrame:
    return sensitivity(cohort, found=found, tests=tests, m=4, **options)


def test_ranks_of_exchangeable_draws_are_uniform_also_with_many_ties() -> None:
    rng = np.random.default_rng(1)
    cells, draws = 20_000, 4
    truth, drawn = rng.integers(3, size=cells), rng.integers(3, size=(cells, draws))
    counts = np.bincount(over_imputation.ranks(truth, drawn, rng=rng), minlength=draws + 1)
    expected = cells / (draws + 1)
    # 16.3 is the 99.75th percentile of chi-square with 4 degrees of freedom.
    assert ((counts - expected) ** 2 / expected).sum() < 16.3


def test_the_interval_of_a_coverage_is_wilsons() -> None:
    for inside, cells in ((90, 100), (100, 100), (3, 7)):
        ours = over_imputation.wilson(inside / cells, n=cells)
        assert ours == pytest.approx(proportion_confint(inside, cells, method="wilson"))


def test_hidden_known_values_are_covered_as_promised(
    pupils: pd.DataFrame, options: dict[str, Any]
) -> None:
    """Over eight choices of hidden values: one choice of 144 is too few to judge."""
    fewer = imputation.hide(pupils, variable="ses", share=0.2, given="iq_verb", seed=3)
    seeds = [
        diagnostics.over_impute(fewer, share=SHARE, **options | {"seed": seed}).coverage
        for seed in range(8)
    ]
    rows = pd.concat(seeds)
    assert (rows["hidden"] == round(SHARE * 0.8 * len(pupils))).all()
    assert rows["nominal"].to_numpy() == pytest.approx(0.9)
    error = np.sqrt(0.9 * 0.1 / rows["hidden"].sum())
    assert abs(rows["coverage"].mean() - 0.9) < FAR * error


def test_shares_of_hidden_values_are_calibrated(over: diagnostics.OverImputed) -> None:
    shares = over.calibration
    assert shares[["known", "value"]].sum().to_numpy() == pytest.approx(1)
    assert shares["z"].abs().max() < FAR


def test_draws_that_are_too_sure_are_under_their_promise(
    cohort: pd.DataFrame, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Draws pulled half way to the mean stay inside a range that is too narrow."""
    whole = imputation.impute

    def timid(*args: Any, **more: Any) -> imputation.Imputed:
        filled = whole(*args, **more)
        middle = filled.cells["value"].mean()
        cells = filled.cells.assign(value=(filled.cells["value"] + middle) / 2)
        return imputation.Imputed(cells, filled.trace, filled.m)

    monkeypatch.setattr(imputation, "impute", timid)
    (row,) = diagnostics.over_impute(cohort, share=0.3, **options).coverage.itertuples()
    assert row.ci_upper < row.nominal


def test_levels_are_ranked_by_score_and_calibrated_per_level(
    pupils: pd.DataFrame, options: dict[str, Any]
) -> None:
    """The same with a column of levels as the imputed one."""
    model = options["model"]
    levels = models.Model(
        **{name: getattr(model, name) for name in model.__slots__} | {"imputed": ("denomination",)}
    )
    hidden = imputation.hide(pupils, variable="denomination", share=0.3, given="iq_verb", seed=1)
    over = diagnostics.over_impute(hidden, share=0.3, **options | {"model": levels})
    assert list(over.calibration["code"]) == sorted(pupils["denomination"].unique())
    assert over.calibration["z"].abs().max() < FAR
    (row,) = over.coverage.itertuples()
    assert row.ci_lower < row.nominal < row.ci_upper


def test_planted_effects_come_back_and_the_school_mean_is_planted_at_zero(
    recovered: diagnostics.Recovered, model: models.Model, found: Analysis
) -> None:
    table = recovered.table.set_index("name")
    assert list(table.index) == [model.mediator, *model.direct]
    assert table.loc["school_mean_ses", "planted"] == 0
    rows = found.parameters.query("lhs == 'lang_post' and op == '~'").set_index("rhs")
    assert table.loc["ses", "planted"] == round(rows.loc["ses", "est"], 2)
    assert recovered.failed == []
    assert (table["repeats"] == 5).all()
    # 35 intervals of 95 %: fewer than 29 inside happens once in 200 times.
    assert table["inside"].sum() >= 29


def test_the_self_test_sees_an_imputation_without_the_school_level(
    cohort: pd.DataFrame,
    found: Analysis,
    tests: CategoryTests,
    labels: Labels,
    options: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Leaving out the school level turns an effect of 0 into a large one."""
    blind = functools.partial(imputation.impute, school_level=False)
    monkeypatch.setattr(imputation, "impute", blind)
    recovered = diagnostics.recover(cohort, found=found, m=4, repeats=20, **options)
    assert "school_mean_ses" in recovered.failed
    text = summaries.self_test_text(recovered, labels=labels)
    assert "The self-test failed" in text
    assert "school mean of the socio-economic status" in text


def test_the_hidden_pattern_keeps_its_share_and_its_relation_to_the_outcome(
    cohort: pd.DataFrame, model: models.Model, table: codebook.Table
) -> None:
    from oablib.analysis.diagnostics import planted

    rng = np.random.default_rng(2)
    truth = cohort.assign(ses=28.0, lang_post=rng.normal(size=len(cohort)))
    hidden = planted._hidden_alike(truth, like=cohort, model=model, table=table, rng=rng)
    assert hidden["ses"].isna().sum() == cohort["ses"].isna().sum()
    for reference in (True, False):
        rows = (cohort["denomination"] == 1) == reference
        assert hidden.loc[rows, "ses"].isna().sum() == cohort.loc[rows, "ses"].isna().sum()
    before, after = (
        frame["ses"].isna().groupby(frame["lang_post"].rank(pct=True) > 0.5).mean()
        for frame in (cohort, hidden)
    )
    assert after.to_numpy() == pytest.approx(before.to_numpy(), abs=0.02)


def test_a_shift_leaves_known_values_and_its_middle_is_what_was_found(
    shifted: pd.DataFrame, found: Analysis, model: models.Model
) -> None:
    assert list(shifted["shift"].unique()) == list(diagnostics.SHIFTS)
    assert list(shifted.loc[shifted["shift"] == 0, "name"]) == list(model.direct)
    middle = shifted[shifted["shift"] == 0].set_index("name")["value"]
    rows = found.parameters.query("lhs == 'lang_post' and op == '~'").set_index("rhs")
    assert (middle == rows.loc[middle.index, "est"]).all()
    wide = shifted.pivot(index="name", columns="shift", values="value")
    assert (wide.loc["ses", [-1, 1]] != wide.loc["ses", 0]).all()


def test_a_scaled_variable_is_judged_by_its_categories_under_every_shift(
    shifted: pd.DataFrame, tests: CategoryTests
) -> None:
    rows = shifted[shifted["name"] == "denomination"].set_index("shift")
    joint = tests.table.set_index(["lhs", "variable"])["p"]
    assert rows.loc[0, "p"] == joint["lang_post", "denomination"]
    assert (rows["differs"] == (rows["p"] < tests.rules.level)).all()
    inside = (shifted["ci_lower"] > 0) | (shifted["ci_upper"] < 0)
    others = shifted["name"] != "denomination"
    assert (shifted["differs"][others].astype(bool) == inside[others]).all()


def test_a_shift_that_cannot_be_analysed_is_left_blank(
    cohort: pd.DataFrame,
    found: Analysis,
    tests: CategoryTests,
    labels: Labels,
    options: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any, **__: Any) -> Analysis:
        raise EstimationError("denomination: fewer than 5 children")

    monkeypatch.setattr(two_step, "analyse", refuse)
    rows = sensitivity(cohort, found=found, tests=tests, m=2, **options)
    assert rows.loc[rows["shift"] != 0, "value"].isna().all()
    assert rows.loc[rows["shift"] == 0, "value"].notna().all()
    # A row without numbers is no reason to show nothing.
    shown = {"labels": labels, "about": ABOUT}
    assert summaries.sensitivity_figure(rows, **shown).svg
    assert "–" in summaries.sensitivity_table(rows, outcome="lang_post", **shown)._repr_html_()
    text = summaries.sensitivity_text(rows, labels=labels)
    assert text.count("could not be estimated") == 2
    assert "No shift" not in text


def test_nothing_unknown_gives_empty_tables_with_their_columns(
    pupils: pd.DataFrame, nothing_found: Analysis, tests: CategoryTests, options: dict[str, Any]
) -> None:
    over = diagnostics.over_impute(pupils, **options)
    assert over.coverage.empty and list(over.coverage) == over_imputation.COVERAGE
    recovered = diagnostics.recover(pupils, found=nothing_found, m=2, **options)
    assert recovered.table.empty and recovered.failed == []
    assert sensitivity(pupils, found=nothing_found, tests=tests, m=2, **options).empty


@pytest.mark.parametrize("check", ["over_impute", "recover", "sensitivity"])
def test_the_same_seed_gives_the_same_tables(
    check: str, cohort: pd.DataFrame, found: Analysis, tests: CategoryTests, options: dict[str, Any]
) -> None:
    calls: dict[str, Callable[[], pd.DataFrame]] = {
        "over_impute": lambda: diagnostics.over_impute(cohort, **options).calibration,
        "recover": lambda: (
            diagnostics.recover(cohort, found=found, m=2, repeats=1, **options).table
        ),
        "sensitivity": lambda: sensitivity(cohort, found=found, tests=tests, m=2, **options),
    }
    pd.testing.assert_frame_equal(calls[check](), calls[check]())


def test_counts_by_engine_add_up_to_all_children(
    cohort: pd.DataFrame, options: dict[str, Any], model: models.Model
) -> None:
    filled = imputation.impute(cohort, m=2, **options)
    counts = imputed_report.imputed_counts(cohort, model=model, imputed=filled)
    (row,) = counts.itertuples()
    assert (row.known, row.imputed) == (cohort["ses"].notna().sum(), cohort["ses"].isna().sum())
    assert row.engine == "pmm"
    nothing = imputation.Imputed(filled.cells.iloc[:0], filled.trace.iloc[:0], 1)
    whole = cohort.assign(ses=1.0)
    assert imputed_report.imputed_counts(whole, model=model, imputed=nothing)["engine"][0] == "none"


def test_shares_per_wave_and_imputation_sum_to_one_and_are_drawn(
    cohort: pd.DataFrame,
    options: dict[str, Any],
    model: models.Model,
    table: codebook.Table,
    labels: Labels,
) -> None:
    filled = imputation.impute(cohort, m=2, **options)
    values: dict[str, Any] = {"imputed": filled, "model": model, "table": table}
    shares = imputed_report.value_shares(cohort, **values)
    assert set(shares["imputation"]) == {0, 1, 2}
    sums = shares.groupby(["variable", "wave", "imputation"])["share"].sum()
    assert sums.to_numpy() == pytest.approx(1)
    drawn = imputed_report.shares_figure(shares, wave="", labels=labels, about=ABOUT)
    assert "Socio-economic status: " in drawn.alt
    assert set(drawn.numbers["variable"]) == {"Socio-economic status"}
    assert (
        "Socio-economic"
        in imputed_report.trace_figure(filled.trace, labels=labels, about=ABOUT).alt
    )
    levels = imputed_report.level_shares(cohort, **values)
    assert levels[["known", "imputed"]].sum().to_numpy() == pytest.approx(1)
    assert levels["imputed"].between(levels["lowest"], levels["highest"]).all()
    assert imputed_report.margins(cohort, **values, figures=None).empty


def test_tables_and_figures_of_the_checks_name_their_source(
    over: diagnostics.OverImputed,
    recovered: diagnostics.Recovered,
    shifted: pd.DataFrame,
    found: Analysis,
    labels: Labels,
) -> None:
    shown = {"labels": labels, "about": ABOUT}
    lost = summaries.information(found.pooled.parameters)
    tables = [
        imputed_report.coverage_table(over.coverage, **shown),
        summaries.self_test_table(recovered.table, **shown),
        summaries.sensitivity_table(shifted, outcome="lang_post", **shown),
        summaries.information_table(lost, m=4, **shown),
    ]
    assert all("900 pupils" in each._repr_html_() for each in tables)
    drawn = [
        imputed_report.calibration_figure(over.calibration, **shown),
        summaries.sensitivity_figure(shifted, **shown),
    ]
    assert all("900 pupils" in each.about_line and each.alt for each in drawn)
