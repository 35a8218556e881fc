"""The codebook against the published lists, and against what nobody can mean."""

from copy import deepcopy

import pytest

from oablib import params
from oablib.base.errors import ParameterError
from oablib.params import checked, strict_yaml
from oablib.protocol import codebook, codebook_checks, codebook_page, indicators

BOOKS = ("codebook", "codebook_snijders_bosker")
# Predictors of the 2021 model and what the seven sub-models of 2015 and its auxiliaries name.
NAMED_BY_MODELS = (
    "school_id municipality wave sex age mother_age household_type divorced_parents "
    "household_income neighbourhood_income urbanity neighbourhood_incidents origin "
    "residence_mother residence_status debt_restructuring education_father education_mother "
    "nscct cito"
).split()


@pytest.fixture
def values():
    return deepcopy(params.rules("codebook"))


def column_of(values, key):
    return values["tables"]["cohort"]["columns"][key]


def locate(keys):
    return strict_yaml.read(params.named_file("rules", "codebook")).locate(keys)


def faults_after(values, change):
    change(values)
    faults = checked.faults_of(values, codebook.DECLARED, locate=locate)
    assert all(fault.startswith("params/rules/codebook.yaml line ") for fault in faults)
    return faults


@pytest.mark.parametrize("parent", ["father", "mother"])
def test_education_levels_are_the_published_ones(parent):
    column = codebook.load().table("cohort").column(f"education_{parent}")
    published = params.published("herijking2021")["education_levels"]
    assert [(c.code, c.key, c.label_nl) for c in column.categories] == [
        (level["code"], level["key"], level["nl"]) for level in published
    ]
    assert column.reference == "mbo2_mbo3"
    assert column.reference_code == 4


def test_origin_groups_are_the_published_ones():
    column = codebook.load().table("cohort").column("origin")
    published = params.published("herijking2021")["origin_groups"]
    assert [(c.code, c.key, c.label_nl) for c in column.categories] == [
        (group["code"], group["key"], group["nl"]) for group in published
    ]
    assert column.reference_code == 1


def test_waves_are_the_published_ones():
    column = codebook.load().table("cohort").column("wave")
    assert list(column.codes) == params.published("herijking2021")["sample"]["waves"]


def test_cohort_covers_the_models():
    columns = codebook.load().table("cohort").columns
    assert set(NAMED_BY_MODELS) == {c.key for c in columns if not c.optional} - {"child_id"}


def test_tables_of_the_delivery():
    tables = codebook.load().tables
    assert [table.name for table in tables] == [
        *("cohort", "schools", "municipalities", "children", "sites")
    ]
    assert {(table.delimiter, table.decimal, table.encoding) for table in tables} == {
        (";", ",", "utf-8")
    }


@pytest.mark.parametrize("name", BOOKS)
def test_every_label_is_given_in_both_languages(name):
    columns = [column for table in codebook.load(name).tables for column in table.columns]
    labelled = [*columns, *(category for column in columns for category in column.categories)]
    assert all(item.label_nl and item.label_en for item in labelled)


def test_numbers_have_units():
    columns = [c for name in BOOKS for t in codebook.load(name).tables for c in t.columns]
    assert [c.key for c in columns if c.is_numeric and not c.unit] == []


def test_category_is_found_by_code():
    column = codebook.load().table("cohort").column("education_mother")
    assert column.category(8).key == "hbo_wo_master_doctor"
    with pytest.raises(ParameterError, match="no category 99"):
        column.category(99)


def test_code_is_found_by_key():
    column = codebook.load().table("cohort").column("residence_mother")
    assert column.code("years_5_10") == 2
    with pytest.raises(ParameterError, match="did you mean 'years_0_5'"):
        column.code("years_0-5")


def test_unknown_table_and_column_get_the_nearest_name():
    book = codebook.load()
    with pytest.raises(ParameterError, match="did you mean 'schools'"):
        book.table("school")
    with pytest.raises(ParameterError, match="did you mean 'mother_age'"):
        book.table("cohort").column("mothers_age")


def test_only_the_child_is_personal():
    columns = [c for name in BOOKS for t in codebook.load(name).tables for c in t.columns]
    assert {column.key for column in columns if column.is_personal} == {"child_id"}


def test_indicators_are_the_36_of_2015():
    listed = indicators.load().indicators
    assert [indicator.number for indicator in listed] == list(range(1, 37))
    named = {20: "Taalbeheersing ouders", 30: "Armoede", 33: "Stedelijkheid", 36: "Cumulatie"}
    assert {n: listed[n - 1].label_nl for n in named} == named
    assert (listed[17].first_year, listed[17].last_year) == (
        1999,
        2012,
    )  # "01-09-1999 tot en met 2012", residence status


def test_indicators_and_columns_name_each_other():
    columns = codebook.load().table("cohort").columns
    by_column = {(c.indicator, c.key) for c in columns if c.indicator}
    by_indicator = {(i.number, key) for i in indicators.load().indicators for key in i.columns}
    assert by_column == by_indicator


def test_data_dictionary_is_up_to_date():
    page = (params.root() / codebook_page.PAGE).read_text(encoding="utf-8")
    assert page == codebook_page.page(), "run `oab dictionary`"


def test_data_dictionary_lists_every_column_and_indicator():
    page = codebook_page.page()
    columns = [c for name in BOOKS for t in codebook.load(name).tables for c in t.columns]
    assert [c.key for c in columns if f"| `{c.key}`" not in page] == []
    assert all(f"| {i.number} | {i.label_nl} |" in page for i in indicators.load().indicators)


def test_bar_in_a_label_does_not_break_the_table(values):
    column_of(values, "sex")["categories"][0]["nl"] = "Jongen | knaap"
    book = checked.check(values, codebook.DECLARED, locate=locate)
    page = codebook_page.to_markdown([book], listed=indicators.load())
    assert "Jongen \\| knaap" in page


# Each change is one fault; the text is what the message must say of it.
FAULTS = {
    "misspelt_field": (
        lambda v: column_of(v, "sex").update(refrence="boy"),
        "unknown key 'tables.cohort.columns.sex.refrence'; did you mean 'reference'?",
    ),
    "misspelt_top_field": (lambda v: v.update(tabels={}), "did you mean 'tables'?"),
    "missing_field": (
        lambda v: column_of(v, "sex").pop("level"),
        "cohort.columns.sex.level is missing",
    ),
    "text_for_number": (
        lambda v: column_of(v, "sex").update(indicator="ten"),
        "sex.indicator is 'ten'; expected a whole number",
    ),
    "truth_value_for_code": (
        lambda v: column_of(v, "sex")["categories"][0].update(code=True),
        "sex.categories.0.code is True; expected a whole number",
    ),
    "unknown_type": (
        lambda v: column_of(v, "child_id").update(type="text_id"),
        "expected one of id, category, integer, number, month, text; did you mean 'text'?",
    ),
    "unknown_level": (
        lambda v: column_of(v, "sex").update(level="kid"),
        "level is 'kid'; expected one of child, school",
    ),
    "reference_is_no_category": (
        lambda v: column_of(v, "origin").update(reference="nederlands"),
        "reference 'nederlands' is no category; did you mean 'nederland'?",
    ),
    "range_out_of_order": (
        lambda v: column_of(v, "cito").update(range=[550, 501]),
        "cohort.columns.cito.range: range [550, 501] is not in order",
    ),
    "range_of_three": (
        lambda v: column_of(v, "cito").update(range=[501, 550, 560]),
        "cito.range is [501, 550, 560]; expected a list of 2 numbers",
    ),
    "number_without_range": (
        lambda v: column_of(v, "cito").pop("range"),
        "a range belongs to a column of type integer or number",
    ),
    "duplicate_code": (
        lambda v: column_of(v, "sex")["categories"][1].update(code=1),
        "code 1 is the code of more than one category",
    ),
    "duplicate_label": (
        lambda v: column_of(v, "sex")["categories"][1].update(nl="JONGEN"),
        "'jongen' names more than one category",
    ),
    "missing_code_inside_range": (
        lambda v: column_of(v, "cito").update(missing={540: "x"}),
        "a missing code lies inside the range",
    ),
    "missing_code_is_a_category": (
        lambda v: column_of(v, "education_father").update(missing={8: "x"}),
        "code 8 is a category and a missing code",
    ),
    "missing_code_without_consequence": (
        lambda v: column_of(v, "cito").pop("required"),
        "a missing code needs nullable",
    ),
    "nullable_and_required": (
        lambda v: column_of(v, "cito").update(nullable=True),
        "nullable and required contradict",
    ),
    "optional_but_never_unknown": (
        lambda v: column_of(v, "sex").update(optional=True),
        "an optional column must be nullable",
    ),
    "unknown_list": (
        lambda v: column_of(v, "urbanity").update(categories="urbanety"),
        "there is no list 'urbanety'; did you mean 'urbanity'?",
    ),
    "categories_of_a_number": (
        lambda v: column_of(v, "age").update(categories="urbanity"),
        "categories belong to a column of type category",
    ),
    "broken_pattern": (
        lambda v: column_of(v, "school_id").update(pattern="[0-9"),
        "pattern is no regular expression",
    ),
    "reserved_key": (
        lambda v: v["tables"]["cohort"]["columns"].update(child=column_of(v, "sex")),
        "cohort.columns.child: a column key is",
    ),
    "key_is_no_column": (
        lambda v: v["tables"]["cohort"].update(keys=["child"]),
        "no column 'child'; did you mean 'child_id'?",
    ),
    "link_to_nowhere": (
        lambda v: v["tables"]["cohort"].update(links={"school_id": "pupils"}),
        "school_id links to 'pupils'",
    ),
    "alias_is_another_column": (
        lambda v: column_of(v, "sex").update(aliases=["AGE"]),
        "'age' names more than one column",
    ),
    "delimiter_is_decimal": (
        lambda v: v["dialect"].update(delimiter=","),
        "delimiter must be one character that is not the decimal sign",
    ),
    "unknown_encoding": (
        lambda v: v["dialect"].update(encoding="utf8000"),
        "encoding is not known",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_refused(values, fault):
    change, expected = FAULTS[fault]
    assert any(expected in each for each in faults_after(values, change))


def test_all_faults_are_named_together(values):
    def change(v):
        column_of(v, "origin").update(reference="belgie")
        column_of(v, "cito").update(range=[550, 501])

    faults = faults_after(values, change)
    assert len(faults) == 2
    assert "cohort.columns.origin" in faults[0] and "cohort.columns.cito" in faults[1]


def test_labels_compare_without_case_blanks_and_accent_form():
    decomposed = "Oost-Azie\u0308"
    assert codebook_checks.plain(f"  {decomposed.upper()} ") == codebook_checks.plain("Oost-Azië")
