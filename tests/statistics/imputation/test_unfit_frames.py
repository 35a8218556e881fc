"""A frame of one's own is imputed as the delivery would be, or refused with columns and counts."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from oablib import imputation, intake, synthetic
from oablib.base.errors import ImputationError
from oablib.protocol import codebook, models

N = 400
FATHER = "education_father"
CODES = r"expected the codes of the codebook, 1, 2, 3, 4, 5, 6, 7, 8, and NaN where unknown"


@pytest.fixture(scope="module")
def children(table: codebook.Table) -> pd.DataFrame:
    return intake.in_memory(synthetic.draw(n=N, seed=4).children, table=table)


@pytest.fixture(scope="module")
def impute(model: models.Model, table: codebook.Table):
    def run(frame: pd.DataFrame, **options) -> pd.DataFrame:
        options = {"model": model, "m": 2, "iterations": 1, "seed": 1} | options
        rule = imputation.rule("pmm")
        cells = imputation.impute(frame, table=table, rule=rule, **options).cells
        return imputation.complete(frame, cells=cells, imputation=1)

    return run


@pytest.fixture(scope="module")
def expected(children: pd.DataFrame, impute) -> pd.DataFrame:
    return impute(children)


def some(children: pd.DataFrame, value: object, *, column: str = FATHER) -> pd.DataFrame:
    """Seven known values of a column are another value."""
    rows = children.index[children[column].notna()][:7]
    frame = children.astype({column: object})
    frame.loc[rows, column] = value
    return frame


@pytest.mark.parametrize(
    "value", [np.inf, -np.inf, -99, 9, 0, 2.5, 1e300, 999], ids=lambda value: f"{value}"
)
def test_codes_that_the_codebook_lacks_are_counted(value, children, impute) -> None:
    known = children[FATHER].notna().sum()
    with pytest.raises(ImputationError, match=rf"{FATHER}: 7 of {known} known .*; {CODES}"):
        impute(some(children, value).astype({FATHER: float}))


def test_a_code_for_unknown_is_named_as_such(children, table, impute) -> None:
    code = next(iter(table.column(FATHER).missing))
    with pytest.raises(ImputationError, match="7 of them a code for unknown"):
        impute(some(children, code).astype({FATHER: float}))


WORD = "a word that nobody should see"
TEXTS = {
    "words": lambda s: s.map(lambda v: WORD, na_action="ignore"),
    "codes as text": lambda s: s.map(lambda v: str(int(v)), na_action="ignore"),
    "text for unknown": lambda s: s.astype(object).fillna(WORD),
    "half text": lambda s: s.astype(object).where(np.arange(len(s)) % 2 == 0, WORD),
    "categories of text": lambda s: s.map(lambda v: WORD, na_action="ignore").astype("category"),
    "pandas text": lambda s: s.map(lambda v: WORD, na_action="ignore").astype("string"),
    "dates": lambda s: pd.to_datetime(s, unit="D"),
    "complex numbers": lambda s: s + 1j,
    "lists": lambda s: s.map(lambda v: [WORD], na_action="ignore"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_refused_and_never_shown(name, children, impute) -> None:
    frame = children.assign(**{FATHER: TEXTS[name](children[FATHER])})
    with pytest.raises(ImputationError, match=rf"{FATHER}: \d+ of \d+ known .*{CODES}") as caught:
        impute(frame)
    assert WORD not in str(caught.value)


KINDS = {
    "nullable integers": lambda s: s.astype("Int64"),
    "nullable numbers": lambda s: s.astype("Float64"),
    "small floats": lambda s: s.astype("float32"),
    "pandas categories": lambda s: s.astype("Int64").astype("category"),
    "objects": lambda s: s.astype(object).where(s.notna(), None),
    "objects with NA": lambda s: s.astype("Int64").astype(object),
    "Arrow": lambda s: s.astype("Int64").astype("int64[pyarrow]"),
}


@pytest.mark.parametrize("name", KINDS)
def test_numbers_of_any_kind_give_the_same(name, children, impute, expected) -> None:
    kinds = {column: KINDS[name](children[column]) for column in (FATHER, "origin", "mother_age")}
    frame = children.assign(**kinds)
    before = frame.copy()
    completed = impute(frame)
    assert completed[FATHER].dtype == "float64"
    pd.testing.assert_series_equal(completed[FATHER], expected[FATHER])
    pd.testing.assert_frame_equal(frame, before)


def test_booleans_are_codes_only_where_these_are_0_and_1(children, model, impute) -> None:
    """The sex of the codebook is 1 and 2, so that False is no code."""
    with pytest.raises(ImputationError, match=r"sex: \d+ of 400 known values are not allowed by"):
        impute(children.assign(sex=children["sex"] == 2))


@pytest.mark.parametrize("column", ["origin", "age", "cito", "sex"])
@pytest.mark.parametrize("value", [np.inf, np.nan, "12"])
def test_predictors_are_known_finite_numbers(column, value, children, impute) -> None:
    with pytest.raises(ImputationError, match=rf"{column}: 7 of 400 (known )?values are "):
        impute(some(children, value, column=column))


@pytest.mark.parametrize("column", ["school_id", "wave"])
def test_school_and_wave_are_known(column, children, impute) -> None:
    with pytest.raises(ImputationError, match=rf"{column}: 7 of 400 values are unknown"):
        impute(some(children, None, column=column))


def test_infinite_numbers_are_no_schools(children, impute) -> None:
    schools = pd.Series(pd.factorize(children["school_id"])[0] * 1.0).mask(children.index < 3)
    with pytest.raises(ImputationError, match="school_id: 3 of 400 values are unknown or inf"):
        impute(children.assign(school_id=schools.fillna(np.inf)))


@pytest.mark.parametrize("value", [5, None])
def test_each_row_is_another_child(value, children, impute) -> None:
    frame = children.astype({"child": object})
    frame.loc[frame.index[10:13], "child"] = value
    with pytest.raises(ImputationError, match="child: 3 of 400 values are unknown or that of"):
        impute(frame)


def test_all_faults_are_told_together(children, impute) -> None:
    frame = some(some(children, 9), np.nan, column="age")
    with pytest.raises(ImputationError, match=rf"2 faults .*\n- {FATHER}: .*\n- age: "):
        impute(frame)


def test_absent_and_repeated_columns_are_named(children, impute) -> None:
    with pytest.raises(ImputationError, match=r"absent columns: child, origin; .* twice: none"):
        impute(children.drop(columns=["origin", "child"]))
    twice = pd.concat([children, children[["sex"]]], axis=1)
    with pytest.raises(ImputationError, match=r"absent columns: none; .* twice: sex"):
        impute(twice)


def test_an_empty_frame_has_no_rows(children, impute) -> None:
    with pytest.raises(ImputationError, match="The frame has 0 rows"):
        impute(children[children["age"] > 1e9])


@pytest.mark.parametrize("make", [lambda f: [f], lambda f: f.to_numpy(), dict, lambda f: None])
def test_one_frame_is_asked(make, children, impute) -> None:
    with pytest.raises(ImputationError, match="Expected one pandas DataFrame"):
        impute(make(children))


@pytest.mark.parametrize("value", [-99, 1e6, np.inf])
def test_numbers_outside_the_range_are_not_drawn(value, children, model, impute) -> None:
    """-99 in a number would be lent to others, as a code in a category would be."""
    frame = some(children.astype({"age": float}), value, column="age")
    frame.loc[frame.index[-9:], "age"] = np.nan
    ages = dataclasses.replace(model, imputed=(*model.imputed, "age"))
    with pytest.raises(ImputationError, match=r"age: 7 of 391 .*; expected numbers from \d+ to"):
        impute(frame, model=ages)
