"""Known values stay, seeds decide, the school level is seen, and nothing missing passes through."""

import numpy as np
import pandas as pd
import pytest

from oablib import imputation
from oablib.base.errors import ImputationError
from oablib.protocol import codebook, models

N_SCHOOLS, PER_SCHOOL = 40, 15


@pytest.fixture(scope="module")
def model() -> models.Model:
    return models.load("snijders_bosker")


@pytest.fixture(scope="module")
def table() -> codebook.Table:
    """Made-up pupils go beyond what the real ones have."""
    return codebook.load("codebook_snijders_bosker").table("cohort").unbounded("ses")


@pytest.fixture(scope="module")
def rule() -> imputation.Rule:
    return imputation.rule("forest")


@pytest.fixture(scope="module")
def pupils(model: models.Model, table: codebook.Table) -> pd.DataFrame:
    """Made-up pupils with the columns of the real ones."""
    rng = np.random.default_rng(5)
    n = N_SCHOOLS * PER_SCHOOL
    school = np.repeat(np.arange(N_SCHOOLS), PER_SCHOOL)
    frame = pd.DataFrame({"child": np.arange(n), "school_id": school.astype(str)})
    standing = rng.normal(size=N_SCHOOLS)[school]
    frame["ses"] = 28 + 6 * standing + 7 * rng.normal(size=n)
    frame["iq_verb"] = 12 + 0.08 * (frame["ses"] - 28) + 2 * rng.normal(size=n)
    frame["lang_post"] = 40 + 2 * (frame["iq_verb"] - 12) + 0.1 * frame["ses"] + rng.normal(size=n)
    frame["denomination"] = rng.integers(1, 5, n)
    for name in sorted({*model.numeric, *model.auxiliary} - set(frame)):
        column = table.column(name)
        frame[name] = rng.integers(0, 2, n) if column.categories else rng.normal(size=n)
    return frame


@pytest.fixture(scope="module")
def hidden(pupils: pd.DataFrame) -> pd.DataFrame:
    return imputation.hide(pupils, variable="ses", share=0.4, given="iq_verb", seed=3)


def impute(
    frame: pd.DataFrame,
    model: models.Model,
    table: codebook.Table,
    rule: imputation.Rule,
    **options,
):
    options = {"m": 2, "iterations": 2, "seed": 1} | options
    return imputation.impute(frame, model=model, table=table, rule=rule, **options)


def test_the_asked_share_is_hidden_and_more_often_where_the_driver_is_high(
    pupils: pd.DataFrame, hidden: pd.DataFrame
) -> None:
    gone = hidden["ses"].isna()
    assert gone.sum() == round(0.4 * len(pupils))
    assert pupils.loc[gone, "iq_verb"].mean() > pupils.loc[~gone, "iq_verb"].mean()


def test_known_values_are_untouched_in_all_imputations(
    pupils: pd.DataFrame, hidden: pd.DataFrame, model: models.Model, table, rule
) -> None:
    result = impute(hidden, model, table, rule, m=3)
    known = hidden["ses"].notna()
    for k in (1, 2, 3):
        filled = imputation.complete(hidden, cells=result.cells, imputation=k)
        assert filled["ses"].notna().all()
        pd.testing.assert_series_equal(filled.loc[known, "ses"], pupils.loc[known, "ses"])
        pd.testing.assert_frame_equal(filled.drop(columns="ses"), hidden.drop(columns="ses"))


def test_imputed_values_differ_between_imputations_and_are_possible(
    hidden: pd.DataFrame, model, table, rule
) -> None:
    cells = impute(hidden, model, table, rule).cells
    one, two = (cells.loc[cells["imputation"] == k, "value"].to_numpy() for k in (1, 2))
    assert len(one) == hidden["ses"].isna().sum()
    assert (one != two).any()
    assert set(cells["value"]) <= set(hidden["ses"].dropna())


def test_same_seed_same_values_and_first_imputations_do_not_depend_on_m(
    hidden: pd.DataFrame, model, table, rule
) -> None:
    two, again, three = (impute(hidden, model, table, rule, m=m).cells for m in (2, 2, 3))
    pd.testing.assert_frame_equal(two, again)
    pd.testing.assert_frame_equal(two, three[three["imputation"] <= 2])


def test_nothing_unknown_passes_one_data_set_through(
    pupils: pd.DataFrame, model, table, rule
) -> None:
    result = impute(pupils, model, table, rule, m=5)
    assert result.m == 1
    assert result.cells.empty
    filled = imputation.complete(pupils, cells=result.cells, imputation=1)
    pd.testing.assert_frame_equal(filled, pupils)


def test_all_unknown_is_refused_with_a_count(pupils: pd.DataFrame, model, table, rule) -> None:
    with pytest.raises(ImputationError, match=r"\{'ses': 0\}; at least 50"):
        impute(pupils.assign(ses=np.nan), model, table, rule)


def test_school_level_of_imputed_values_follows_the_schools(
    pupils: pd.DataFrame, hidden: pd.DataFrame, model, table, rule
) -> None:
    """Imputed ses lies between schools as true ses does: it is not drawn to one mean.

    Without school means among the predictors the slope here is about 0.2. Of one imputation it is
    anything from 0.4 to 1.1.
    """
    result = impute(hidden, model, table, rule, m=10, iterations=5)
    gone = hidden["ses"].isna()
    truth = pupils.groupby("school_id")["ses"].mean()
    slopes = []
    for filled in imputation.all_completed(hidden, cells=result.cells):
        imputed = filled[gone].groupby("school_id")["ses"].mean()
        slopes.append(np.polyfit(truth.loc[imputed.index], imputed, 1)[0])
    assert np.mean(slopes) > 0.6


def test_shift_moves_numbers_by_standard_deviations(hidden: pd.DataFrame, model, table) -> None:
    rule = imputation.rule("pmm")
    cells = [impute(hidden, model, table, rule, iterations=1, shift=by).cells for by in (0, 1)]
    moved = (cells[1]["value"] - cells[0]["value"]).to_numpy()
    assert moved == pytest.approx(np.full(len(moved), hidden["ses"].std()))


def test_leave_one_out_mean_by_hand() -> None:
    values, school = np.array([1.0, 2.0, 6.0, 7.0]), np.array([0, 0, 0, 1])
    overall = (1 + 2 + 6 + 7) / 4
    expected = [(2 + 6 + overall) / 3, (1 + 6 + overall) / 3, (1 + 2 + overall) / 3, overall]
    assert imputation.leave_one_out(values, school=school) == pytest.approx(expected)


def test_pattern_counts_every_child_once(hidden: pd.DataFrame, model) -> None:
    pattern = imputation.pattern(hidden, model=model)
    assert pattern["n"].sum() == len(hidden)
    assert pattern["share"].sum() == pytest.approx(1)
