"""Captions: every exhibit of a module has one in the file beside it, and no other is there."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

import oablib.report
from oablib.base.errors import ParameterError
from oablib.params import strict_yaml
from oablib.report.captions import SHARED, TEXTS, captions_beside
from oablib.report.drawing import exhibited
from oablib.report.table import show

FOLDER = Path(oablib.report.__file__).parent
FILES = sorted(FOLDER.rglob("*.yaml"))
FUNCTIONS = {"tbl": show, "fig": exhibited}


def by_name(path: Path) -> str:
    return str(path.relative_to(FOLDER).with_suffix(""))


def captions_used(module: Path) -> Iterator[tuple[str, set[str]]]:
    """Label, and names of the values that are given, of each caption that a module asks for."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "captions":
            yield ast.literal_eval(node.args[0]), {str(value.arg) for value in node.keywords}


def entries(path: Path) -> dict[str, Any]:
    values = strict_yaml.read(path).values
    return {label: entry for label, entry in values.items() if label != SHARED}


def test_every_module_that_shows_exhibits_has_captions() -> None:
    modules = {path for path in FOLDER.rglob("*.py") if list(captions_used(path))}
    assert modules == {path.with_suffix(".py") for path in FILES}
    assert len(modules) > 15


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_every_label_of_a_module_has_an_entry_and_every_entry_is_used(path: Path) -> None:
    labels = [label for label, _ in captions_used(path.with_suffix(".py"))]
    assert sorted(entries(path)) == sorted(labels)


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_an_entry_holds_a_title_and_arguments_of_its_kind_of_exhibit(path: Path) -> None:
    for label, entry in entries(path).items():
        arguments = inspect.signature(FUNCTIONS[label.partition("-")[0]]).parameters
        assert entry["title"], label
        assert set(entry) <= set(arguments) - {"label", "about"}, label


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_the_texts_of_an_entry_name_the_values_that_the_module_gives(path: Path) -> None:
    for label, values in captions_used(path.with_suffix(".py")):
        entry = entries(path)[label]
        texts = " ".join([label, *(entry.get(text, "") for text in TEXTS)])
        named = {field for _, field, _, _ in Formatter().parse(texts) if field is not None}
        assert named == values, label


@pytest.fixture
def module(tmp_path: Path) -> str:
    (tmp_path / "ages.yaml").write_text(
        "labels: {n: children, a: age}\n"
        "tbl-ages: {title: 'Ages of {n:,}', labels: {a: years}}\n"
        "fig-{what}: {title: 'Ages of {what}'}\n",
        encoding="utf-8",
    )
    return str(tmp_path / "ages.py")


def test_a_caption_holds_the_values_and_the_labels_of_the_file(module: str) -> None:
    captions = captions_beside(module)
    assert captions("tbl-ages", n=1200) == {
        "label": "ages", "title": "Ages of 1,200", "labels": {"n": "children", "a": "years"},
    }  # fmt: skip
    assert captions("fig-{what}", what="{n}") == {"label": "{n}", "title": "Ages of {n}"}


@pytest.mark.parametrize("label", ["tbl-age", "ages", "labels"])
def test_a_label_without_an_entry_is_named_with_the_file(module: str, label: str) -> None:
    with pytest.raises(ParameterError, match=rf"ages\.yaml has no caption of '{label}'"):
        captions_beside(module)(label)


def test_a_value_that_is_not_given_is_named_with_file_and_label(module: str) -> None:
    with pytest.raises(ParameterError, match=r"ages\.yaml: tbl-ages names 'n', which is not given"):
        captions_beside(module)("tbl-ages")


def test_a_file_that_is_absent_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"none\.yaml does not exist"):
        captions_beside(str(tmp_path / "none.py"))("tbl-ages")
