"""A model file says which column plays which part, and nothing else."""

import re
from pathlib import Path

import pytest

from oablib import params
from oablib.base.errors import ModelError, ParameterError
from oablib.protocol import codebook, models
from oablib.protocol.formed import Factor


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params" / "models").mkdir(parents=True)
    (tmp_path / "notebooks").mkdir()
    text = params.named_file("models", "base").read_text(encoding="utf-8")
    monkeypatch.setenv("OAB_ROOT", str(tmp_path))
    (tmp_path / "params" / "models" / "mine.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "params" / "models"


def spoil(folder: Path, old: str, new: str) -> None:
    path = folder / "mine.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_base_model_is_the_published_one() -> None:
    """Figure 2.1.1 and table 3.1.1 of Walhout & Scholtus (2021)."""
    model = models.load("base")
    published = params.published("herijking2021")
    assert list(model.direct) == list(published["direct_effects"])
    assert model.syntax == (
        "cito ~ nscct + education_father + education_mother + origin"
        " + school_mean_education_mother + residence_0_5_years + residence_5_10_years"
        " + debt_restructuring\n"
        "nscct ~ education_father + education_mother"
    )


def test_every_model_names_columns_of_its_codebook() -> None:
    from oablib.protocol.codebook import load

    for name in params.names("models"):
        model = models.load(name)
        table = load(model.codebook).table("cohort")
        for column in (*model.columns, *model.auxiliary):
            table.column(column)
        for column, category in model.dummies.values():
            table.column(column).code(category)
        assert all(table.column(column).reference for column in model.scaled)


def test_a_predictor_without_definition_is_refused(folder: Path) -> None:
    spoil(folder, "numeric: [debt_restructuring]", "numeric: []")
    with pytest.raises(ModelError, match="debt_restructuring"):
        models.load("mine")


def test_an_unknown_and_a_missing_field_are_refused_together(folder: Path) -> None:
    spoil(folder, "mediator: nscct", "mediater: nscct")
    with pytest.raises(ModelError) as caught:
        models.load("mine")
    missing, unknown = str(caught.value).splitlines()
    assert "mediator is missing; expected text" in missing
    line = line_of(folder, "mediater: nscct")
    assert f"mine.yaml line {line}: unknown key 'mediater'; did you mean 'mediator'?" in unknown


def test_an_unknown_model_names_the_nearest() -> None:
    with pytest.raises(ParameterError, match="did you mean 'base'"):
        models.load("bace")


def line_of(folder: Path, text: str) -> int:
    lines = (folder / "mine.yaml").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("outcome: cito", 'outcome: ""', "outcome is ''; expected text"),
        ("outcome: cito\n", "", "outcome is missing"),
        ("numeric: [debt", "numeric: [cito, debt", "circular path: cito is the model's outcome"),
        ("indirect: [", "indirect: [nscct, ", "circular path: nscct is the model's mediator"),
        ("indirect: [", "indirect: [no_such, ", "indirect names 'no_such'"),
        ("indirect: [", "indirect: [education_mother, ", "'education_mother' twice"),
        ("- nscct ~ origin", "- nscct ~ cito", "circular path"),
        ("- nscct ~ origin", "- nscct ~ education_father", "a path that is already free"),
        ("- nscct ~ origin", "- cito ~ nscct", "a path that is already free"),
        ("- nscct ~ origin", "- nscct ~ no_such", "names 'no_such'"),
        ("- nscct ~ origin", "- origin", "expected `nscct ~ x`"),
        ("- nscct ~ origin", "- nscct ~ debt_restructuring", "is there twice"),
        ("numeric: [debt", "confounders: [no_such]\nnumeric: [debt", "no predictor"),
    ],
)
def test_a_path_that_cannot_be_meant_is_refused_with_file_and_line(
    folder: Path, old: str, new: str, said: str
) -> None:
    spoil(folder, old, new)
    with pytest.raises(ModelError, match=said) as caught:
        models.load("mine")
    lines = re.findall(r"params/models/mine.yaml line (\d+)", str(caught.value))
    wanted = new.splitlines()[0] if new else "# The base model"
    assert line_of(folder, wanted) in {int(number) for number in lines} or "twice" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "numeric: [debt_restructuring]",
            "numeric: debt_restructuring",
            "numeric is 'debt_restructuring'; expected a list",
        ),
        ("school_means:\n  school", "school_means: []\nx:\n  school", "unknown"),
        ("outcome: cito", "outcome: 8", "outcome is 8; expected text"),
        (
            "[residence_mother, years_0_5]",
            "residence_mother",
            "years is 'residence_mother'; expected a list of 2 texts",
        ),
        ("origin: -1", "origin: -2", "origin is -2; expected one of 1, -1"),
        (
            "indirect: [education_father, education_mother]",
            "indirect: ~",
            "indirect is None; expected a list",
        ),
    ],
)
def test_a_field_of_another_shape_is_refused(folder: Path, old: str, new: str, said: str) -> None:
    spoil(folder, old, new)
    with pytest.raises(ModelError, match=said) as caught:
        models.load("mine")
    assert "params/models/mine.yaml line " in str(caught.value)


def test_a_variable_that_the_codebook_lacks_is_refused_with_file_and_line(
    folder: Path, table: codebook.Table
) -> None:
    spoil(folder, "numeric: [debt_restructuring]", "numeric: [debt_restructuring, shoe_size]")
    place = f"params/models/mine.yaml line {line_of(folder, 'shoe_size')}: variable 'shoe_size'"
    with pytest.raises(ModelError, match=place):
        models.fail_if_columns_are_unknown("mine", table=table)
    spoil(folder, "shoe_size", "age")
    spoil(folder, "[residence_mother, years_0_5]", "[residence_mother, centuries]")
    with pytest.raises(ModelError, match="no category 'centuries'"):
        models.fail_if_columns_are_unknown("mine", table=table)


def test_a_variant_says_only_what_differs(folder: Path) -> None:
    (folder / "wider.yaml").write_text(
        "extends: mine\ntitle: wider\nindirect: [education_father, education_mother, origin]\n",
        encoding="utf-8",
    )
    mine, wider = models.load("mine"), models.load("wider")
    assert wider.indirect == (*mine.indirect, "origin")
    assert (wider.direct, wider.outcome, wider.scaled) == (mine.direct, mine.outcome, mine.scaled)


def test_a_fault_in_what_is_extended_names_that_file(folder: Path) -> None:
    (folder / "wider.yaml").write_text("extends: mine\ntitle: wider\n", encoding="utf-8")
    spoil(folder, "indirect: [", "indirect: [no_such, ")
    with pytest.raises(ModelError, match=r"params/models/mine\.yaml line"):
        models.load("wider")


def test_models_that_extend_each_other_are_refused(folder: Path) -> None:
    (folder / "one.yaml").write_text("extends: two\n", encoding="utf-8")
    (folder / "two.yaml").write_text("extends: one\n", encoding="utf-8")
    with pytest.raises(ModelError, match="one -> two -> one"):
        models.load("one")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("fixed_values: {sex: {girl: 1.0}}", "sex"),
        ("fixed_values: {origin: {turkije: much}}", "turkije is 'much'; expected a number"),
    ],
)
def test_a_fixed_value_that_cannot_be_meant_is_refused(
    folder: Path, line: str, expected: str
) -> None:
    spoil(folder, "numeric: [", f"{line}\nnumeric: [")
    with pytest.raises(ModelError, match=expected):
        models.load("mine")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "fixed_effects: {shoe_size: 1.0}",
            r"line \d+: fixed_effects.shoe_size: 'shoe_size' is no predictor in direct",
        ),
        ("fixed_effects: {origin: much}", "fixed_effects.origin is 'much'; expected a number"),
        (
            "standardised_effects: {origin: 1.0, x: 2}",
            "standardised_effects.x: 'x' is no predictor in direct",
        ),
        ("standardised_effects: 0.2", "standardised_effects is 0.2; expected lines"),
    ],
)
def test_effects_of_an_indicator_are_numbers_of_its_predictors(
    folder: Path, text: str, said: str
) -> None:
    path = folder / "mine.yaml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{text}\n", encoding="utf-8")
    with pytest.raises(ModelError, match=said) as caught:
        models.load("mine")
    assert "params/models/mine.yaml line " in str(caught.value)


FORMED = """
extends: base
title: "Products"
numeric: [debt_restructuring, age, household_income]
products:
  age_squared: [age - 11.5, age-11.5]
  mother_x_origin: [education_mother, origin]
splines:
  income_curve: {of: household_income, knots: [10, 30, 50, 90]}
direct: [education_father, education_mother, origin, school_mean_education_mother,
         residence_0_5_years, residence_5_10_years, debt_restructuring,
         age, age_squared, household_income, income_curve, mother_x_origin]
indirect: [education_mother, age]
candidates: [nscct ~ origin, nscct ~ age_squared]
"""


def test_products_and_splines_stand_in_equations(folder: Path) -> None:
    (folder / "base.yaml").symlink_to(folder / "mine.yaml")
    (folder / "formed.yaml").write_text(FORMED, encoding="utf-8")
    model = models.load("formed")
    assert model.direct[-5:] == (
        *("age_squared", "household_income", "income_curve_1", "income_curve_2"),
        "mother_x_origin",
    )
    assert "income_curve_2" in model.syntax
    assert model.products["age_squared"] == (Factor("age", 11.5), Factor("age", 11.5))
    assert "mother_x_origin" not in model.plain
    assert {"age_squared", "income_curve_1"} < {*model.plain}
    assert model.columns_of("mother_x_origin") == ("education_mother", "origin")
    assert model.columns_of("income_curve_2") == ("household_income",)
    assert model.columns_of("residence_0_5_years") == ("residence_mother",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[education_mother, origin]", "[education_mother, nscct]", "is the model's mediator"),
        ("[education_mother, origin]", "[education_mother]", "1 factors; expected two or more"),
        ("[education_mother, origin]", "[origin, origin]", "a square has no meaning"),
        ("[education_mother, origin]", "[origin, school_mean_education_mother]", "school means"),
        ("[education_mother, origin]", "[origin, age_squared]", "formed itself"),
        ("[education_mother, origin]", "[origin, agge]", "did you mean 'age'"),
        ("[education_mother, origin]", "[origin, age * 2]", "is no factor; expected `x`"),
        (
            "[education_mother, origin]",
            "[residence_0_5_years, residence_5_10_years]",
            "multiplies 2 categories of residence_mother",
        ),
        (
            "[education_mother, origin]",
            "[education_mother, education_father, origin]",
            "3 scaled factors; expected 2",
        ),
        ("[10, 30, 50, 90]", "[10, 30]", "knots has 2 numbers; expected 3 or more"),
        ("[10, 30, 50, 90]", "[10, 50, 30, 90]", "30 follows 50; expected a rise"),
        ("of: household_income", "of: origin", "'origin' is no predictor in numeric"),
        ("age, age_squared,", "age_squared,", "direct names 'age_squared' and not 'age'"),
        ("indirect: [", "indirect: [mother_x_origin, ", "'mother_x_origin' and not 'origin'"),
        ("nscct ~ age_squared", "nscct ~ mother_x_origin", "origin is not in indirect"),
        (", nscct ~ age_squared", ", nscct ~ income_curve", "household_income is not in indirect"),
        ("indirect: [education_mother, age]", "confounders: [age]", "add it to confounders"),
        ("mother_x_origin:", "residence_0_5_years:", "defined in dummies as well"),
        ("mother_x_origin", "mother x origin", "is no name"),
    ],
)
def test_a_product_that_cannot_be_meant_is_refused_with_file_and_line(
    folder: Path, old: str, new: str, said: str
) -> None:
    (folder / "base.yaml").symlink_to(folder / "mine.yaml")
    assert old in FORMED
    (folder / "formed.yaml").write_text(FORMED.replace(old, new), encoding="utf-8")
    with pytest.raises(ModelError, match=re.escape(said)) as caught:
        models.load("formed")
    assert re.search(r"params/models/formed.yaml line \d+", str(caught.value))


def test_a_product_does_not_take_the_name_of_a_column(folder: Path, table: codebook.Table) -> None:
    (folder / "base.yaml").symlink_to(folder / "mine.yaml")
    text = FORMED.replace("mother_x_origin", "divorced_parents")
    (folder / "formed.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match="'divorced_parents' is a column of the codebook"):
        models.fail_if_columns_are_unknown("formed", table=table)
