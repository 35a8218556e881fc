"""Labels of variables, categories and models, in both languages."""

from dataclasses import replace

import pytest

from oablib.base import language
from oablib.protocol import codebook, models
from oablib.protocol.formed import Factor, Spline
from oablib.report.labels import Labels, labels


@pytest.fixture(scope="module")
def base() -> Labels:
    table = codebook.load().table("cohort")
    return labels(table, [models.load(name) for name in ("base", "ocw_2", "indicator_2019")])


@pytest.mark.parametrize(
    ("name", "english", "dutch"),
    [
        ("education_mother", "education of the mother", "opleidingsniveau van de moeder"),
        ("cito", "Cito score", "Cito-score"),
        ("base", "base model", "basismodel"),
        ("indicator_2019", "indicator of 2019", "indicator van 2019"),
    ],
)
def test_a_name_has_words_in_both_languages(
    base: Labels, name: str, english: str, dutch: str
) -> None:
    assert base(name) == english
    with language.use("nl"):
        assert base(name) == dutch


def test_what_a_model_makes_of_a_column_has_words_that_follow_from_it(base: Labels) -> None:
    assert base("school_mean_education_mother") == "school mean of the education of the mother"
    assert base("residence_0_5_years") == "length of residence of the mother: 0 to 5 years"
    with language.use("nl"):
        assert "opleidingsniveau van de moeder" in base("school_mean_education_mother")
        assert base("residence_0_5_years").endswith("0 tot 5 jaar")


def test_a_heading_has_a_capital(base: Labels) -> None:
    assert base.heading("origin") == "Origin"


def test_a_code_has_the_label_of_its_category(base: Labels) -> None:
    assert base.category("origin", 8.0) == "Turkey"
    with language.use("nl"):
        assert base.category("origin", 8) == "Turkije"
    assert base.category("age", 11.5) == "11.5"  # a number has no categories


def test_a_unit_is_that_of_the_codebook_and_empty_where_it_has_none(base: Labels) -> None:
    assert base.unit("cito") == "points"
    with language.use("nl"):
        assert base.unit("cito") == "punten"
    assert base.unit("base") == base.unit("school_id") == ""


def test_a_path_goes_from_predictor_to_outcome(base: Labels) -> None:
    assert base.path("nscct", "origin") == "origin → NSCCT score"


@pytest.mark.parametrize(
    ("book", "model"), [("codebook", "base"), ("codebook_snijders_bosker", "snijders_bosker")]
)
def test_no_variable_of_a_model_goes_by_the_name_of_its_column(book: str, model: str) -> None:
    chosen = models.load(model)
    made = labels(codebook.load(book).table("cohort"), [chosen])
    names = {chosen.outcome, chosen.mediator, *chosen.direct, *chosen.auxiliary, chosen.name}
    for code in language.LANGUAGES:
        with language.use(code):
            assert not [name for name in names if name and "_" in made(name)]


def test_every_variable_category_and_unit_of_a_codebook_has_dutch() -> None:
    lacking = []
    for name in ("codebook", "codebook_snijders_bosker"):
        book = codebook.load(name)
        for table in book.tables:
            for column in table.columns:
                if column.unit and not column.unit_nl:
                    lacking.append(f"{name} {table.name}.{column.key}: unit_nl")
                if bool(column.short_en) != bool(column.short_nl):
                    lacking.append(f"{name} {table.name}.{column.key}: short_nl or short_en")
    assert lacking == []


def test_every_model_has_its_names_in_both_languages() -> None:
    from oablib import params

    lacking = []
    for name in params.names("models"):
        model = models.load(name)
        lacking += [
            f"{name}: {field}"
            for field in ("title", "title_nl", "label", "label_nl")
            if not getattr(model, field)
        ]
    assert lacking == []


def test_products_and_curves_have_words_that_follow_from_their_factors() -> None:
    age = Factor("age", 11.5)
    model = replace(
        models.load("base"),
        numeric=("age",),
        products={"squared": (age, age), "mixed": (Factor("education_mother"), age)},
        splines={"bend": Spline("age", (10, 11, 12, 13))},
    )
    own = labels(codebook.load().table("cohort"), [model])
    age_label = own("age")
    assert own("squared") == f"({age_label} − 11.5)²"
    assert own("mixed") == f"education of the mother × ({age_label} − 11.5)"
    assert own("bend") == f"curve of the {age_label}"
    assert own("bend_2") == f"curve of the {age_label}, part 2"
    with language.use("nl"):
        assert own("mixed").startswith("opleidingsniveau van de moeder × (")
        assert own("mixed").endswith("− 11,5)")
        assert own("bend_2").endswith(", deel 2")
