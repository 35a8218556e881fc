"""A module counts where it is imported, directly or not, and for nothing else."""

import ast
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from oablib.workers import modules
from tests.places import ROOT

NOTEBOOK = "from oablib.shapes import square\nsquare(3)"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small package in the place of oablib."""
    write(tmp_path, "__init__", "'A package.'")
    write(tmp_path, "shapes/__init__", "from oablib.shapes.sides import square")
    write(
        tmp_path,
        "shapes/sides",
        """
        "What has sides."
        from oablib import tools

        SIDES = 4
        "How many there are."

        def square(side):
            "Its area."
            return tools.product(side, side)
        """,
    )
    write(tmp_path, "tools", "def product(a, b):\n    return a * b\n")
    write(tmp_path, "other", "import oablib.tools\n")
    monkeypatch.setattr(modules, "PACKAGE", tmp_path)
    monkeypatch.setattr(modules.oablib, "SHORT", {"sides": "shapes.sides"})
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / modules.COMPILED))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    clear()
    yield tmp_path
    clear()


def clear() -> None:
    """As a new process begins."""
    for function in (modules._modules, modules._paths, modules._beside):
        function.cache_clear()


def write(folder: Path, name: str, text: str) -> None:
    path = folder / f"{name}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    clear()


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / f"{name}.py").read_text(encoding="utf-8")
    assert old in text
    write(folder, name, text.replace(old, new))


def imported(code: str) -> set[str]:
    return set(modules.of_code(code))


ALL = {"oablib", "oablib.shapes", "oablib.shapes.sides", "oablib.tools"}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (NOTEBOOK, ALL),
        ("import oablib.shapes.sides as s", ALL),
        ("from oablib import shapes", ALL),
        ("from oablib import tools", {"oablib", "oablib.tools"}),
        ("from oablib.tools import *", {"oablib", "oablib.tools"}),
        ("def f():\n    from oablib import tools", {"oablib", "oablib.tools"}),
        ("import oablib", {"oablib"}),
        ("from oablib import absent\nimport oablib.absent", {"oablib"}),
        ("import pandas\nfrom math import pi\noablib = 'tools'", set()),
    ],
)
def test_imports_are_followed_with_the_packages_around_them(
    package: Path, code: str, expected: set[str]
) -> None:
    assert imported(code) == expected


@pytest.mark.parametrize(
    "code",
    [
        "from oablib import sides",
        "from oablib.sides import square",
        "import oablib\noablib.sides.square(3)",
    ],
)
def test_a_short_name_leads_to_its_module(package: Path, code: str) -> None:
    assert imported(code) == ALL


def test_imports_in_a_circle_end(package: Path) -> None:
    write(package, "tools", "from oablib.shapes import sides\ndef product(a, b):\n    return a * b")
    assert imported(NOTEBOOK) == ALL


def test_code_that_is_no_python_is_refused(package: Path) -> None:
    with pytest.raises(SyntaxError):
        modules.of_code("%matplotlib inline")


@pytest.mark.parametrize(
    ("name", "old", "new", "changed"),
    [
        ("tools", "a * b", "a + b", {"oablib.tools"}),
        ("shapes/sides", "SIDES = 4", "SIDES = 5", {"oablib.shapes.sides"}),
        ("shapes/__init__", "import square", "import square as square", {"oablib.shapes"}),
        ("other", "import oablib.tools", "import oablib.shapes", set()),
        ("__init__", "A package.", "The package.", set()),
        ("shapes/sides", "Its area.", "Its surface.", set()),
        ("shapes/sides", "How many there are.", "Of a square.", set()),
        ("shapes/sides", "return tools", "# a comment\n    return tools", set()),
        ("tools", "(a, b)", "(\n    a, b,\n)", set()),
    ],
)
def test_a_fingerprint_follows_the_meaning_of_a_module(
    package: Path, name: str, old: str, new: str, changed: set[str]
) -> None:
    before = modules.of_code(NOTEBOOK)
    edit(package, name, old, new)
    after = modules.of_code(NOTEBOOK)
    assert {module for module in before if before[module] != after[module]} == changed


@pytest.mark.parametrize("name", ["shapes/style.css", "shapes/inner/data.txt"])
def test_files_beside_a_module_count_if_it_asks_where_it_is(package: Path, name: str) -> None:
    path = package / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("one", encoding="utf-8")
    clear()
    before = modules.of_code(NOTEBOOK)
    path.write_text("two", encoding="utf-8")
    clear()
    assert modules.of_code(NOTEBOOK) == before
    edit(package, "shapes/sides", "SIDES = 4", "SIDES = __file__")
    before = modules.of_code(NOTEBOOK)
    path.write_text("three", encoding="utf-8")
    clear()
    after = modules.of_code(NOTEBOOK)
    assert {each for each in before if before[each] != after[each]} == {"oablib.shapes.sides"}


@pytest.mark.parametrize("name", ["shapes/sides.yaml", "shapes/nl/sides.po"])
def test_a_file_with_the_name_of_a_module_counts_for_that_one_alone(
    package: Path, name: str
) -> None:
    edit(package, "shapes/sides", "SIDES = 4", "SIDES = __file__")
    edit(package, "shapes/__init__", "import square", "import square\nPATH = __file__")
    path = package / name
    path.parent.mkdir(exist_ok=True)
    before = modules.of_code(NOTEBOOK)
    path.write_text("one", encoding="utf-8")
    clear()
    after = modules.of_code(NOTEBOOK)
    assert {name for name in before if before[name] != after[name]} == {"oablib.shapes.sides"}


def test_a_catalogue_of_no_module_counts_for_all_that_look_there(package: Path) -> None:
    edit(package, "shapes/sides", "SIDES = 4", "SIDES = __file__")
    path = package / "shapes" / "nl" / "pages.po"
    path.parent.mkdir()
    before = modules.of_code(NOTEBOOK)
    path.write_text("one", encoding="utf-8")
    clear()
    after = modules.of_code(NOTEBOOK)
    assert {name for name in before if before[name] != after[name]} == {"oablib.shapes.sides"}


def stored(package: Path) -> list[Path]:
    return list(package.rglob("modules.*.json"))


def test_what_was_read_is_stored_and_serves_until_a_file_changes(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = modules.of("oablib.shapes")
    assert len(stored(package)) == 1
    clear()
    with monkeypatch.context() as context:
        context.setattr(ast, "parse", lambda _: pytest.fail("read anew"))
        assert modules.of("oablib.shapes") == before
    edit(package, "tools", "a * b", "a + b")
    after = modules.of("oablib.shapes")
    assert {name for name in before if before[name] != after[name]} == {"oablib.tools"}
    assert len(stored(package)) == 1


@pytest.mark.parametrize(
    "content", [b"", b"half", b"[]", b'{"made_from": "x"}', b'{"made_from": "x", "modules": {}}']
)
def test_what_is_stored_in_another_form_is_read_anew(package: Path, content: bytes) -> None:
    before = modules.of_code(NOTEBOOK)
    (path,) = stored(package)
    path.write_bytes(content)
    clear()
    assert modules.of_code(NOTEBOOK) == before
    assert len(path.read_bytes()) > 100


def test_what_another_version_stored_is_not_used(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = modules.of_code(NOTEBOOK)
    (path,) = stored(package)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("oablib.tools", "oablib.other"), encoding="utf-8")
    monkeypatch.setattr(sys, "version", "another")
    clear()
    assert modules.of_code(NOTEBOOK) == before


def test_nothing_is_stored_where_python_stores_nothing(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    modules.of_code(NOTEBOOK)
    assert stored(package) == []


def test_a_folder_that_cannot_be_written_to_is_no_fault(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", str(package / "tools.py"))  # no folder at all
    assert imported(NOTEBOOK) == ALL


def test_every_process_gives_the_same_fingerprints(tmp_path: Path) -> None:
    """Each has its own order of names in sets; none finds what another one stored."""
    code = (
        "from oablib.workers import modules; import json;"
        "print(json.dumps(dict(modules.of('oablib.statistics.sem', 'oablib.report.intake'))))"
    )
    results = {
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT,
            env=os.environ
            | {"PYTHONHASHSEED": str(seed), "PYTHONPYCACHEPREFIX": str(tmp_path / str(seed))},
        ).stdout
        for seed in range(1, 4)
    }  # fmt: skip
    assert len(results) == 1


def test_cells_of_a_notebook_are_read_one_by_one_and_magics_passed_over() -> None:
    cells = ["from oablib.notebook import start", "%timeit 1", "from oablib.report import table"]
    found = modules.of_cells([*cells, cells[0]])
    assert [name for name in found if name.count(".") >= 2] == [
        "oablib.notebook.start", "oablib.report.table"
    ]  # fmt: skip
