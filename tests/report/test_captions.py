"""Captions: every exhibit of a module has one in the file beside it, and no other is there."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

import oablib.report
from oablib.params import strict_yaml
from oablib.report.drawing import exhibited
from oablib.report.table import show
from oablib.report.texts import LABELS, TEXTS, WORDS

FOLDER = Path(oablib.report.__file__).parent
FILES = sorted(FOLDER.rglob("*.yaml"))
FUNCTIONS = {"tbl": show, "fig": exhibited}
CALLS = ("captions", "_.captions")
UNNAMED = "None"  # values that a call passes on as `**values`


def by_name(path: Path) -> str:
    return str(path.relative_to(FOLDER).with_suffix(""))


def captions_used(module: Path) -> Iterator[tuple[str, set[str]]]:
    """Label, and names of the values that are given, of each caption that a module asks for."""
    for node in calls(module, *CALLS):
        yield ast.literal_eval(node.args[0]), {str(value.arg) for value in node.keywords}


def calls(module: Path, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
            yield node


def entries(path: Path) -> dict[str, Any]:
    values = strict_yaml.read(path).values
    return {label: entry for label, entry in values.items() if label not in (LABELS, WORDS)}


def test_every_module_that_shows_exhibits_has_captions() -> None:
    modules = {path for path in FOLDER.rglob("*.py") if list(captions_used(path))}
    with_entries = {path.with_suffix(".py") for path in FILES if entries(path)}
    assert modules == with_entries
    assert len(modules) > 15


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_every_label_of_a_module_has_an_entry_and_every_entry_is_used(path: Path) -> None:
    labels = {label for label, _ in captions_used(path.with_suffix(".py"))}
    assert set(entries(path)) == labels


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_every_group_of_words_is_asked_for_and_every_one_that_is_asked_for_is_there(
    path: Path,
) -> None:
    nodes = list(calls(path.with_suffix(".py"), "_.words"))
    asked = {node.args[0].value for node in nodes if isinstance(node.args[0], ast.Constant)}
    there = set(strict_yaml.read(path).values.get(WORDS, {}))
    assert asked <= there
    if len(asked) == len(nodes):  # none is asked for by a name that is computed
        assert there == asked


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_an_entry_holds_a_title_and_arguments_of_its_kind_of_exhibit(path: Path) -> None:
    for label, entry in entries(path).items():
        arguments = inspect.signature(FUNCTIONS[label.partition("-")[0]]).parameters
        assert entry["title"], label
        assert set(entry) <= set(arguments) - {"label", "about"}, label


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_the_texts_of_an_entry_name_the_values_that_the_module_gives(path: Path) -> None:
    shared = strict_yaml.read(path).values.get(LABELS, {}).values()
    for label, values in captions_used(path.with_suffix(".py")):
        entry = entries(path)[label]
        texts = [label, *(entry.get(text, "") for text in TEXTS), *entry.get(LABELS, {}).values()]
        texts += shared if label.startswith("tbl-") else ()
        named = {field for _, field, _, _ in Formatter().parse(" ".join(texts)) if field}
        assert values - {UNNAMED} <= named, label
        assert UNNAMED in values or named <= values, label
