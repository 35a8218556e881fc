"""A model file says which column plays which part, and nothing else."""

from pathlib import Path

import pytest

from oablib import models, params
from oablib.errors import ModelError, ParameterError


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
    from oablib.codebook import load

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
    with pytest.raises(ModelError, match=r"missing \['mediator'\], unknown \['mediater'\]"):
        models.load("mine")


def test_an_unknown_model_names_the_nearest() -> None:
    with pytest.raises(ParameterError, match="did you mean 'base'"):
        models.load("bace")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("fixed_values: {sex: {girl: 1.0}}", "sex"),
        ("fixed_values: {origin: {turkije: much}}", "no numbers"),
    ],
)
def test_a_fixed_value_that_cannot_be_meant_is_refused(
    folder: Path, line: str, expected: str
) -> None:
    spoil(folder, "numeric: [", f"{line}\nnumeric: [")
    with pytest.raises(ModelError, match=expected):
        models.load("mine")
