"""The house is as docs/architecture.md says; import-linter (`-s lint`) holds who imports whom."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import oablib
from oablib.workers import modules
from tests.places import ROOT

PACKAGE = ROOT / "oablib"
MODULES = sorted(PACKAGE.rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]

# What a reader takes in at one sitting; the longest module of the code bases we follow.
LONGEST_MODULE = 300
SHORTEST_MODULE = 25
SHORT_WITH_REASON = {"oablib/__main__.py"}
THIN_FRONT = 400  # lines of oablib/notebook
MOST_SHORT_NAMES = 12
NOTEBOOK_LIBRARIES = frozenset({"IPython", "numpy", "oablib", "pandas"})
CLOSED_TO_NOTEBOOKS = {"running", "render", "workers", "base"}


def rows(title: str) -> list[list[str]]:
    """Return the cells of the Markdown table under a heading of docs/architecture.md."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = re.split(r"^## ", text.split(f"## {title}\n")[1], flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip(" `/") for cell in line.strip("|").split("|")] for line in lines]


def by_name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.AST) -> Iterator[str]:
    """Dotted names that a text imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports name the whole way, so that they can be searched"
            yield from (f"{node.module}.{each.name}" for each in node.names)


def imports_of(path: Path) -> set[str]:
    return set(imported(ast.parse(path.read_text(encoding="utf-8"))))


def imports_of_notebook(path: Path) -> set[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return {name for source in code for name in imported(ast.parse(source))}


def test_folder_contract_and_table_name_the_same_rooms_in_one_order() -> None:
    found = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    order = CONTRACTS[0]["layers"]
    assert len(order) == 15 and set(order) == found
    assert [row[0] for row in rows("Rooms")] == order[::-1]


def test_no_module_lies_outside_the_rooms() -> None:
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py"}


def test_contracts_have_no_exceptions() -> None:
    assert not [each for each in CONTRACTS if "ignore_imports" in each]


def doors() -> list[tuple[str, str]]:
    """Library and the folder in which alone it is imported, from the last column of the table."""
    found = []
    for room, _, libraries in rows("Rooms"):
        for text in filter(None, libraries.split(", ")):
            library, _, part = text.partition(" in ")
            found.append((library, f"{room}/{part}".rstrip("/")))
    return found


@pytest.mark.parametrize(("library", "door"), doors())
def test_library_has_one_door(library: str, door: str) -> None:
    importers = {
        by_name(path)
        for path in MODULES
        if library in {name.split(".")[0] for name in imports_of(path)}
    }
    assert importers
    assert {name for name in importers if not name.startswith(f"oablib/{door}/")} == set()


@pytest.mark.parametrize("path", MODULES, ids=by_name)
def test_module_has_the_length_of_one_thought(path: Path) -> None:
    """The front of a package may be shorter: it says what the package is, and what it offers."""
    length = len(path.read_text(encoding="utf-8").splitlines())
    assert length <= LONGEST_MODULE
    short = length < SHORTEST_MODULE and path.name != "__init__.py"
    assert not short or by_name(path) in SHORT_WITH_REASON


def test_the_front_of_notebooks_is_thin() -> None:
    files = (PACKAGE / "notebook").glob("*.py")
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files) <= THIN_FRONT


def test_short_names_are_few_and_lead_to_their_rooms() -> None:
    assert len(oablib.SHORT) <= MOST_SHORT_NAMES
    for name, place in oablib.SHORT.items():
        assert getattr(oablib, name).__name__ == f"oablib.{place}"
    with pytest.raises(AttributeError, match="no attribute 'absent'"):
        oablib.absent  # noqa: B018 - asking is the test


def test_a_short_name_loads_what_it_names_and_no_run() -> None:
    code = (
        "import sys; import oablib; assert 'numpy' not in sys.modules; from oablib import sem; "
        "assert 'oablib.statistics.sem' in sys.modules and 'oablib.running' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_notebook_imports_allowed_libraries_only(path: Path) -> None:
    names = imports_of_notebook(path)
    libraries = {name.split(".")[0] for name in names}
    assert libraries - NOTEBOOK_LIBRARIES - sys.stdlib_module_names == set()
    rooms = {name.split(".")[1] for name in names if name.startswith("oablib.")}
    assert rooms & CLOSED_TO_NOTEBOOKS == set()


def test_modules_import_each_other_in_no_circle() -> None:
    """A circle cannot be read, tested or replaced one at a time; within sem it is one subject."""
    known = {dotted(path): path for path in MODULES}
    ahead = {}
    for name, path in known.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        top = [each for each in tree.body if isinstance(each, ast.Import | ast.ImportFrom)]
        named = set(imported(ast.Module(top, [])))
        targets = {each if each in known else each.rpartition(".")[0] for each in named}
        ahead[name] = {each for each in targets if each in known and each != name}
    while free := {name for name, targets in ahead.items() if not targets & ahead.keys()}:
        ahead = {name: targets for name, targets in ahead.items() if name not in free}
    assert set(ahead) == set()


def test_what_a_stage_hides_depends_on_no_score_of_places() -> None:
    """Else a cohort would be imputed anew when somebody changes the comparison of schools."""
    assert not [name for name in modules.of("oablib.disclosure") if ".indicator" in name]
